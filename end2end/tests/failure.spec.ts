import { Agent } from "../support/agent.ts";
import { Dashboard } from "../support/dashboard.ts";
import { expect, test } from "../support/test.ts";

test.use({ tolerated: /status of 50\d/ });

test("without Redis the page says so, and comes up when Redis does", async ({ page, server }) => {
  const dashboard = new Dashboard(page);
  const cece = await Agent.join(server, { agent_name: "Cece" });
  await server.open(page);
  const redis = await server.holdRedis();
  try {
    await page.reload();
    await expect(page.getByTestId("failure")).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole("heading")).toHaveText("The server cannot do this now");
  } finally {
    redis.release();
  }
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(dashboard.tile(cece.id)).toBeVisible();
  await expect(dashboard.connection).toHaveAttribute("data-state", "live");
  await cece.broadcast("broadcast.message", { text: "hello again" });
  await expect(dashboard.messages).toHaveText([/hello again/]);
});
