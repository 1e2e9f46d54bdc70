import { Dashboard } from "../support/dashboard.ts";
import { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
  await server.put("docs/auth.md", "# Sign in\n\n😀 Authentication goes by Größe and token.\n");
  await server.put("src/auth.py", "def authentication():\n    return 'authentication'\n");
});
test.afterAll(() => server.stop());

test("a file that was put is found, with its words marked", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  await expect(dashboard.searchState).toHaveAttribute("data-state", "empty");
  await dashboard.search("größe authentication");
  const match = dashboard.matches.filter({ hasText: "docs/auth.md" });
  await expect(match.locator("mark:not(:empty)")).toHaveText(["Authentication", "Größe"]);
  await expect(match).toContainText("share");
  await expect(match).toContainText("version 1");
  await expect(match).toContainText(/(just now|ago)/);
  const relevance = match.getByRole("meter");
  await expect(relevance).toHaveAccessibleName(/share of the best possible match/);
  expect(Number(await relevance.getAttribute("value"))).toBeGreaterThan(0);
  await expect(dashboard.searchState).toContainText("2 files match.");

  const text = match.getByText("goes by Größe and token", { exact: false }).last();
  await expect(match.locator("pre")).toBeHidden();
  await match.getByText("Show text").click();
  await expect(match.locator("pre")).toContainText("# Sign in");
  await expect(text).toBeVisible();
});

test("types select, and nothing is asked before Enter", async ({ page }) => {
  const dashboard = new Dashboard(page);
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/leitl/context?")) asked.push(request.url());
  });
  await server.open(page);
  await page.getByRole("searchbox").pressSequentially("authentication");
  await page.getByRole("textbox", { name: "Only these types" }).pressSequentially("py");
  expect(asked).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(dashboard.matches).toHaveText([/src\/auth\.py/]);
  expect(asked.length).toBe(1);
});

test("what is in no file is found nowhere, and the page says how words match", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  await dashboard.search("quetzalcoatlus");
  await expect(dashboard.searchState).toHaveAttribute("data-state", "found");
  await expect(dashboard.searchState).toContainText("Nothing found.");
  await expect(dashboard.searchState).toContainText("path:docs/");
  await expect(dashboard.matches).toHaveCount(0);
  await dashboard.search("");
  await expect(dashboard.searchState).toHaveAttribute("data-state", "empty");
});

test("the text of a file stays text", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.put("evil.md", "walrus <img src=x onerror=\"document.title='x'\"> </script>\n");
  await server.open(page);
  await dashboard.search("walrus");
  await expect(dashboard.matches).toContainText(["<img src=x"]);
  await expect(dashboard.matches.locator("img")).toHaveCount(0);
});

test.describe("a server that cannot answer", () => {
  test.use({ tolerated: /status of 50\d/ });

  test("says so, and the words stay", async ({ page }) => {
    const dashboard = new Dashboard(page);
    await server.open(page);
    const redis = await server.holdRedis();
    try {
      await dashboard.search("authentication");
      await expect(dashboard.searchState).toHaveAttribute("data-state", "searching");
      await expect(dashboard.searchState).toHaveAttribute("data-state", "failed", {
        timeout: 30_000,
      });
      await expect(dashboard.searchState).toContainText("cannot do this now");
    } finally {
      redis.release();
    }
    await page.getByRole("button", { name: "Search" }).click();
    await expect(dashboard.matches.first()).toBeVisible({ timeout: 30_000 });
  });
});
