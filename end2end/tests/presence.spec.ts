import { Agent } from "../support/agent.ts";
import { Dashboard } from "../support/dashboard.ts";
import { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start({
    LEITL_SESSIONS__HEARTBEAT_SECONDS: "1",
    LEITL_SESSIONS__STALE_SECONDS: "3",
    LEITL_SESSIONS__END_SECONDS: "7",
  });
});
test.afterAll(() => server.stop());

test("a silent session goes stale and then away", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  const cece = await Agent.join(server, { agent_name: "Cece" });
  const tile = dashboard.tile(cece.id);
  await expect(tile).toHaveAttribute("data-status", "active");
  await expect(tile).toHaveAttribute("data-health", "late");
  await expect(tile).toHaveAttribute("data-status", "stale");
  await expect(tile).toHaveAttribute("data-health", "silent");
  await expect(tile.getByText("stale")).toBeVisible();
  await expect(tile).toHaveCount(0);
  await expect(dashboard.rows("session.ended").first()).toContainText(
    "Cece was let go — no heartbeat",
  );
});

test("a session that speaks again is no longer stale", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  const cece = await Agent.join(server, { agent_name: "Cece" });
  const tile = dashboard.tile(cece.id);
  await expect(tile).toHaveAttribute("data-status", "stale");
  await cece.heartbeat();
  await expect(tile).toHaveAttribute("data-status", "active");
  await expect(tile).toHaveAttribute("data-health", "fresh");
  await cece.leave();
});
