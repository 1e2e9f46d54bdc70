import type { Page, WebSocketRoute } from "@playwright/test";

import { Dashboard } from "../support/dashboard.ts";
import { Server } from "../support/server.ts";
import { SlowFolder } from "../support/slow_folder.ts";
import { expect, test } from "../support/test.ts";

let server: Server;
let other: Server;
test.beforeAll(async () => {
  server = await Server.start({ LEITL_CONTEXT__ALLOWED_NETWORKS: "127.0.0.0/8" });
  other = await Server.start();
});
test.afterAll(async () => {
  await other.stop();
  await server.stop();
});

/** Fills the form in; `secret` is the password or token. */
async function fill(
  page: Page,
  source: { name: string; url: string; auth?: string; user?: string; secret?: string },
): Promise<void> {
  const form = page.getByRole("form", { name: "Add a source" });
  if (!(await form.isVisible())) {
    await page.getByRole("button", { name: "Add a source" }).click();
  }
  await form.getByRole("textbox", { name: "Name" }).fill(source.name);
  await form.getByRole("textbox", { name: "Address" }).fill(source.url);
  await form.getByLabel("Sign in").selectOption(source.auth ?? "none");
  if (source.user) await form.getByRole("textbox", { name: "User" }).fill(source.user);
  if (source.secret) await form.getByLabel("Password").fill(source.secret);
}

test("the share counts what is put there, without a reload", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  const share = dashboard.source("share");
  await expect(share).toContainText("/dav/alexa/");
  await expect(share).toContainText("0 files");
  await expect(share).toContainText(`-T file.md ${server.url}/dav/alexa/`);

  await server.put("docs/auth.md", "# Sign in\n\nAuthentication by token.\n");
  await expect(share).toContainText("1 file,");
  await expect(share).toHaveAttribute("data-state", "idle");
  await expect(share).toContainText("up to date");
  await expect(share.getByText("Nothing is in your share yet")).toBeHidden();
  await expect(share).toContainText(/last sync(just now|\ds ago)/);
  await expect(share).toContainText(/nextin [45]m/);
  await expect(dashboard.rows("context.updated").first()).toContainText(
    "alexa has new context in share — 1 new",
  );
  await expect(dashboard.rows("context.sync")).toHaveCount(0);
  await expect(share.getByRole("button", { name: /Remove/ })).toHaveCount(0);

  // What cannot be read is counted, and named when somebody asks.
  await server.put("photo.png", "\x89PNG\r\n\x1a\n\0\0\0");
  await share.getByText("1 skipped").click();
  await expect(share.getByLabel("Files that are left out")).toContainText(/photo\.png: /);
  await page.reload();
  await expect(dashboard.source("share")).toContainText("1 file,");
  await expect(dashboard.source("share")).toContainText("1 skipped");
});

test.describe("a source that does not work", () => {
  test.use({ tolerated: /status of 422/ });

  test("is refused at the field that is wrong", async ({ page }) => {
    const dashboard = new Dashboard(page);
    await server.open(page);
    const add = page.getByRole("button", { name: "Add", exact: true });
    await fill(page, { name: "", url: "http://10.0.0.1/" });
    await add.click();
    await expect(page.locator("#source-name-error")).toContainText("must have 1 to 64 characters");
    await fill(page, {
      name: "wiki",
      url: "http://10.0.0.1/",
      auth: "basic",
      user: "alexa",
      secret: "once",
    });
    await add.click();
    await expect(page.locator("#source-url-error")).toContainText("allowed_networks");
    const address = page.getByRole("textbox", { name: "Address" });
    await expect(address).toHaveAttribute("aria-invalid", "true");
    await expect(address).toHaveAccessibleDescription(/allowed_networks/);
    await expect(address).toHaveValue("http://10.0.0.1/");
    await expect(page.locator("#source-name-error")).toBeHidden();
    await expect(page.getByLabel("Password")).toHaveValue("");
    await expect(dashboard.source("wiki")).toHaveCount(0);
  });
});

test("a source is added, synchronised, searched and removed", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await other.put("tides.md", "# Tides\n\nThe harbour is deepest at noon.\n", "ben");
  await server.open(page);
  await fill(page, {
    name: "harbour",
    url: `${other.url}/dav/ben/`,
    auth: "basic",
    user: "ben",
    secret: await other.token("ben"),
  });
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const card = dashboard.source("harbour");
  await expect(card).toContainText("1 file,");
  await expect(card).toHaveAttribute("data-state", "idle");
  await expect(page.getByRole("form", { name: "Add a source" })).toBeHidden();
  await expect(page.getByRole("button", { name: "Add a source" })).toBeFocused();
  await dashboard.search("harbour");
  await expect(dashboard.matches).toHaveText([/tides\.md/]);
  await expect(dashboard.matches.first()).toContainText("harbour");

  await other.put("boats.md", "# Boats\n\nTwo of them.\n", "ben");
  await card.getByRole("button", { name: "Sync now: harbour" }).click();
  await expect(card).toContainText("2 files,");

  await card.getByRole("button", { name: "Remove: harbour" }).click();
  await expect(card.getByRole("button", { name: "Keep it" })).toBeFocused();
  await card.getByRole("button", { name: "Keep it" }).click();
  await expect(card.getByRole("button", { name: "Remove: harbour" })).toBeFocused();
  await card.getByRole("button", { name: "Remove: harbour" }).click();
  await card.getByRole("button", { name: "Remove it" }).click();
  await expect(card).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Add a source" })).toBeFocused();
  await dashboard.search("boats");
  await expect(dashboard.searchState).toContainText("Nothing found");
});

test("one sees how far a synchronisation is, and why one failed", async ({ page }) => {
  const dashboard = new Dashboard(page);
  const folder = await SlowFolder.start(["a.txt", "b.txt", "c.txt"]);
  await server.open(page);
  await fill(page, { name: "slow", url: folder.url });
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const card = dashboard.source("slow");
  await expect(card).toHaveAttribute("data-state", "running");
  await expect(card).toContainText("0 of 3 files read");
  await expect.poll(() => folder.asked).toBe(3);
  folder.release(2);
  await expect(card).toContainText("2 of 3 files read");
  folder.release();
  await expect(card).toHaveAttribute("data-state", "idle");
  await expect(card).toContainText("3 files, 30 B");
  await expect(card.getByText("files read")).toBeHidden();

  await folder.stop();
  await card.getByRole("button", { name: /Sync now/ }).click();
  await expect(card).toHaveAttribute("data-state", "failed", { timeout: 40_000 });
  await expect(card.getByTestId("source-error")).toBeVisible();
  await expect(card.getByTestId("source-error")).not.toBeEmpty();
  await expect(card).toContainText("3 files, 30 B");
});

test("another user sees that there is a source, and nothing in it", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.put("diary.md", "Nobody reads about the walrus.\n");
  await server.open(page, "eve");
  await expect(page.getByTestId("other-sources")).toContainText("share of alexa (up to date)");
  await expect(page.getByTestId("source")).toHaveCount(1);
  await expect(dashboard.source("share")).toContainText("0 files");
  await dashboard.search("walrus");
  await expect(dashboard.searchState).toContainText("Nothing found");
  await server.put("diary.md", "Nobody reads about the walrus and the seal.\n");
  const row = dashboard.rows("context.updated").first();
  await expect(row).toContainText("alexa has new context in share");
  await expect(row).not.toContainText("changed");
  await expect(page.locator("body")).not.toContainText("diary");
});

test("what changed while the line was cut is there after it", async ({ page }) => {
  const dashboard = new Dashboard(page);
  const folder = await SlowFolder.start([]);
  let cut = false;
  const lines: WebSocketRoute[] = [];
  await page.routeWebSocket(/\/api\/leitl\/ws/, (line) => {
    if (cut) return void line.close();
    line.connectToServer();
    lines.push(line);
  });
  await server.open(page);
  await fill(page, { name: "brief", url: folder.url });
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const card = dashboard.source("brief");
  await expect(card).toContainText("up to date");

  cut = true;
  for (const line of lines) await line.close();
  await expect(dashboard.connection).toHaveAttribute("data-state", "reconnecting");
  // Nothing tells of a removal: only the list does.
  await server.call("sources/delete", { id: await card.getAttribute("data-source-id") });
  await expect(card).toBeVisible();
  cut = false;
  await expect(dashboard.connection).toHaveAttribute("data-state", "live", { timeout: 30_000 });
  await expect(card).toHaveCount(0);
  await folder.stop();
});
