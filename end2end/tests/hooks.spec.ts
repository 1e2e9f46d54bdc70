import { ClaudeCode } from "../support/claude_code.ts";
import { Dashboard } from "../support/dashboard.ts";
import { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.stop());

test("two sessions of Claude Code are seen from start to conflict to end", async ({ page }) => {
  const dashboard = new Dashboard(page);
  const cece = await ClaudeCode.of(server, "alexa", "Cece", "0a5f1c2e-0000-4000-8000-000000000001");
  const dan = await ClaudeCode.of(server, "bob", "Dan", "0a5f1c2e-0000-4000-8000-000000000002");
  await server.open(page);
  await expect(dashboard.conflicts).toBeHidden();

  await cece.hook("SessionStart", { source: "startup" });
  await dan.hook("SessionStart", { source: "startup" });
  await cece.hook("UserPromptSubmit", { prompt: "Fix the login\nand tell me" });
  await expect(dashboard.tile(cece.session).getByTestId("tile-task")).toHaveText("Fix the login");
  await expect(dashboard.tile(dan.session)).toContainText("for bob");

  await cece.edits("src/login.rs");
  const file = dashboard.rows("x.file").filter({ hasText: "src/login.rs" });
  await expect(file).toHaveText(/Cece works on “?src\/login\.rs/);
  await expect(dashboard.conflicts).toBeHidden();
  expect(await dan.edits("src/login.rs")).toContain("Cece");
  await expect(dashboard.conflicts).toContainText("Dan and Cece both work on");
  await expect(dashboard.conflicts).toContainText("src/login.rs");
  await expect(dashboard.rows("conflict.warning")).toHaveCount(1);

  // Whoever opens the page later sees it too.
  await page.reload();
  await expect(dashboard.conflicts).toContainText("src/login.rs");

  await cece.hook("Stop", { stop_hook_active: true });
  await expect(dashboard.rows("task.completed")).toHaveText(/Cece finished “?Fix the login/);
  await cece.hook("SessionEnd", { reason: "prompt_input_exit" });
  await expect(dashboard.tile(cece.session)).toHaveCount(0);
  // Alone on the file, Dan is in nobody's way.
  await expect(dashboard.conflicts).toBeHidden();
  await dan.hook("SessionEnd", { reason: "prompt_input_exit" });
  await expect(dashboard.tiles).toHaveCount(0);

  const story = await dashboard.rows().evaluateAll((rows) =>
    rows.map((row) => row.getAttribute("data-event-type")).reverse(),
  );
  expect(story.filter((type) => type !== "session.updated")).toEqual([
    "session.started",
    "session.started",
    "task.started",
    "x.file",
    "x.file",
    "conflict.warning",
    "task.completed",
    "session.ended",
    "session.ended",
  ]);
  await cece.remove();
  await dan.remove();
});
