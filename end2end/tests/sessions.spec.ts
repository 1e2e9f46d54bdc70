import { Agent } from "../support/agent.ts";
import { Dashboard } from "../support/dashboard.ts";
import { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.stop());

test("an empty room says how to join, until an agent does", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  await expect(dashboard.empty).toContainText("leitl demo");
  await expect(dashboard.empty).toContainText(`${server.url}/api/leitl/session/register`);

  const cece = await Agent.join(server, {
    agent_name: "Cece",
    current_task: "Building WebDAV integration",
    tags: ["backend", "webdav"],
    context_sources: ["webdav://docs/"],
  });
  const tile = dashboard.tile(cece.id);
  await expect(tile).toHaveAttribute("data-status", "active");
  await expect(tile).toContainText("Cece");
  await expect(tile).toContainText("code_assistant");
  await expect(tile).toContainText("for alexa");
  await expect(tile).toContainText("backend");
  await expect(tile).toContainText("webdav://docs/");
  await expect(tile.getByTestId("tile-task")).toHaveText("Building WebDAV integration");
  await expect(dashboard.empty).toBeHidden();
  await expect(dashboard.rows("session.started")).toHaveText(/Cece joined to work on/);

  await cece.leave("done for today");
  await expect(tile).toHaveCount(0);
  await expect(dashboard.empty).toBeVisible();
  await expect(dashboard.rows("session.ended")).toHaveText(/Cece left — done for today/);
});

test("time passes on a tile without any event", async ({ page }) => {
  const dashboard = new Dashboard(page);
  const cece = await Agent.join(server, { agent_name: "Cece" });
  await server.open(page);
  const tile = dashboard.tile(cece.id);
  const uptime = tile.getByTestId("tile-uptime");
  const before = await uptime.textContent();
  await expect(uptime).not.toHaveText(before ?? "");
  await expect(tile.getByTestId("tile-heartbeat")).toHaveText(/^\d+s ago$/);
  await cece.heartbeat();
  await expect(tile.getByTestId("tile-heartbeat")).toHaveText("just now");
  await cece.leave();
});

test("a task event is in the feed, as a sentence", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  const cece = await Agent.join(server, { agent_name: "Cece" });
  await cece.broadcast("task.started", {
    task_id: "task-001",
    task_description: "Create LEITL protocol",
    estimated_duration: "15m",
  });
  await expect(dashboard.rows("task.started").first()).toContainText(
    "Cece started Create LEITL protocol — 15m",
  );
  await cece.broadcast("task.completed", { task_id: "task-001", result: "success" });
  await expect(dashboard.rows().first()).toContainText("Cece finished task-001 — success");
  await cece.leave();
});

test("an event touches only the tile it is about", async ({ page }) => {
  const dashboard = new Dashboard(page);
  const cece = await Agent.join(server, { agent_name: "Cece", current_task: "one" });
  const claude = await Agent.join(server, { agent_name: "Claude", current_task: "two" });
  await server.open(page);
  for (const { id } of [cece, claude]) {
    await dashboard.tile(id).evaluate((tile) => Object.assign(tile, { marked: true }));
  }
  // Counts every change of the page that is not the clock's.
  await dashboard.tile(claude.id).evaluate((tile) => {
    const touched: string[] = [];
    Object.assign(tile, { touched });
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        if (!element?.closest(".facts")) touched.push(element?.outerHTML ?? "");
      }
    }).observe(tile, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
  });

  await cece.update({ current_task: "three", status: "busy" });
  await expect(dashboard.tile(cece.id).getByTestId("tile-task")).toHaveText("three");
  await expect(dashboard.tile(cece.id)).toHaveAttribute("data-status", "busy");
  const codex = await Agent.join(server, { agent_name: "Codex" });
  await expect(dashboard.tile(codex.id)).toBeVisible();
  await codex.leave();
  await expect(dashboard.tile(codex.id)).toHaveCount(0);

  for (const { id } of [cece, claude]) {
    expect(await dashboard.tile(id).evaluate((tile) => "marked" in tile)).toBe(true);
  }
  const touched = await dashboard
    .tile(claude.id)
    .evaluate((tile) => (tile as unknown as { touched: string[] }).touched);
  expect(touched).toEqual([]);
  await cece.leave();
  await claude.leave();
});

test("one can look at the activity of one session alone", async ({ page }) => {
  const dashboard = new Dashboard(page);
  const cece = await Agent.join(server, { agent_name: "Cece" });
  const claude = await Agent.join(server, { agent_name: "Claude" });
  await server.open(page);
  await claude.broadcast("task.started", { title: "Read the sources" });
  await cece.broadcast("task.started", { title: "Write the tests" });
  await expect(dashboard.rows().first()).toContainText("Write the tests");

  await page.getByRole("button", { name: "Show only the activity of Claude" }).click();
  await expect(dashboard.rows().first()).toContainText("Read the sources");
  await expect(dashboard.rows().filter({ hasText: "Cece" })).toHaveCount(0);
  await page.getByRole("button", { name: /only Claude/ }).click();
  await expect(dashboard.rows().first()).toContainText("Write the tests");
  await cece.leave();
  await claude.leave();
});

test("what agents call themselves stays text", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  const name = '<img src=x onerror="document.title=1">';
  const mallory = await Agent.join(server, { agent_name: name, current_task: "</script><b>x" });
  const tile = dashboard.tile(mallory.id);
  await expect(tile.getByRole("heading")).toHaveText(name);
  await page.reload();
  await expect(tile.getByRole("heading")).toHaveText(name);
  await expect(tile.getByTestId("tile-task")).toHaveText("</script><b>x");
  await expect(tile.locator("img, b")).toHaveCount(0);
  await mallory.leave();
});
