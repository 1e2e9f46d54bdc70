import { Agent } from "../support/agent.ts";
import { Dashboard } from "../support/dashboard.ts";
import { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

let server: Server;
let cece: Agent;
test.beforeAll(async () => {
  server = await Server.start();
  cece = await Agent.join(server, { agent_name: "Cece", current_task: "Write", tags: ["docs"] });
  await Agent.join(server, { agent_name: "Claude", context_sources: ["webdav://docs/"] });
  await cece.broadcast("task.progress", { title: "Tests", percent: 40 });
  await cece.broadcast("broadcast.message", { text: "hello" }, ["Claude"]);
});
test.afterAll(() => server.stop());

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the server renders the room as it is", async ({ page }) => {
    const dashboard = new Dashboard(page);
    await page.goto(await server.loginLink());
    await expect(dashboard.tiles).toHaveCount(2);
    await expect(dashboard.tile(cece.id).getByTestId("tile-task")).toHaveText("Write");
    await expect(dashboard.rows("task.progress")).toContainText("40 %");
    await expect(dashboard.messages).toHaveText([/hello/]);
    await expect(dashboard.source("share")).toContainText("/dav/alexa/");
    await expect(dashboard.connection).toHaveAttribute("data-state", "connecting");
  });
});

test("the browser takes over what the server rendered", async ({ page }) => {
  const dashboard = new Dashboard(page);
  // Seen before any script runs, so it is the server's own element.
  await page.addInitScript(() => {
    document.addEventListener("DOMContentLoaded", () => {
      document
        .querySelectorAll('[data-testid="tile"], [data-testid="feed-row"], [data-testid="source"]')
        .forEach((element) => Object.assign(element, { rendered: "by the server" }));
    });
  });
  await server.open(page);
  for (const element of [
    dashboard.tile(cece.id),
    dashboard.rows().first(),
    dashboard.source("share"),
  ]) {
    expect(await element.evaluate((element) => "rendered" in element)).toBe(true);
  }
});

test("all scripts and styles are allowed by name", async ({ page }) => {
  const answer = await page.goto(await server.loginLink());
  const policy = answer?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("script-src 'self' 'nonce-");
  expect(policy).not.toContain("unsafe-inline");
  await expect(page.getByTestId("connection")).toHaveAttribute("data-state", "live");
});

test.describe("an address that leads nowhere", () => {
  test.use({ tolerated: /status of 404/ });

  test("says so and leads back", async ({ page }) => {
    const answer = await page.goto(`${server.url}/nowhere`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
    await page.getByRole("link", { name: "Go to the dashboard" }).click();
    await expect(page).toHaveURL(/\/leitl-dashboard$/);
  });
});
