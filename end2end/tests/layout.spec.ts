import { AxeBuilder } from "@axe-core/playwright";

import { Agent } from "../support/agent.ts";
import { Dashboard } from "../support/dashboard.ts";
import { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
  const long = await Agent.join(server, {
    agent_name: "A".repeat(64),
    agent_type: "b".repeat(64),
    current_task: "c".repeat(500),
    tags: ["d".repeat(64), "short"],
    context_sources: [`webdav://${"e".repeat(400)}/`],
  });
  await long.broadcast("task.started", { title: "f".repeat(2_000) });
  await long.broadcast("broadcast.message", { text: "g".repeat(2_000) }, ["h".repeat(96)]);
  for (const name of ["Cece", "Claude", "Codex"]) {
    await Agent.join(server, { agent_name: name, tags: ["development"] });
  }
  await server.put(`${"i".repeat(120)}.md`, `walrus ${"j".repeat(3_000)}\n`);
});
test.afterAll(() => server.stop());

for (const width of [320, 390, 768, 1024, 1440, 2560]) {
  test(`nothing is wider than the window at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 844 });
    await server.open(page);
    const dashboard = new Dashboard(page);
    await expect(dashboard.tiles).toHaveCount(4);
    await page.getByRole("button", { name: "Add a source" }).click();
    await dashboard.search("walrus");
    await dashboard.matches.getByText("Show text").click();
    await dashboard.pastAlerts.locator("summary").click();
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    ).toBeLessThanOrEqual(0);
    const inside = await page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((element) => {
          const box = element.getBoundingClientRect();
          return box.width > 1 && (box.right > window.innerWidth + 1 || box.left < -1);
        })
        // Text in a line may be cut; a box may not.
        .filter((element) => getComputedStyle(element).display !== "inline")
        .map((element) => element.className),
    );
    expect(inside).toEqual([]);
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`readable and usable for all, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await server.open(page);
    await page.getByText("How another agent joins").click();
    await new Dashboard(page).metric("delivery").locator("summary").click();
    await page.getByRole("button", { name: "Add a source" }).click();
    await new Dashboard(page).search("walrus");
    await new Dashboard(page).matches.getByText("Show text").click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });
}

test("the sign-in page is readable too", async ({ page }) => {
  await page.goto(`${server.url}/leitl-dashboard?login=refused`);
  await expect(page.getByTestId("sign-in")).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});

test("a wide room fills the window and its panels scroll", async ({ page }) => {
  await server.open(page);
  expect(
    await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight),
  ).toBeLessThanOrEqual(0);
  await expect(page.getByTestId("composer")).toBeInViewport({ ratio: 1 });
});
