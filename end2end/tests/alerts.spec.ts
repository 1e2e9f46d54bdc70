import { AxeBuilder } from "@axe-core/playwright";

import { Agent } from "../support/agent.ts";
import { BrokenFolder } from "../support/broken_folder.ts";
import { Dashboard } from "../support/dashboard.ts";
import { SlowReader } from "../support/slow_reader.ts";
import { expect, test } from "../support/test.ts";

const env = {
  LEITL_SESSIONS__STALE_SECONDS: "3",
  LEITL_SESSIONS__HEARTBEAT_SECONDS: "1",
  LEITL_ALERTS__CLEAR_AFTER_SECONDS: "1",
  LEITL_CONTEXT__ALLOWED_NETWORKS: "127.0.0.0/8",
  LEITL_LIMITS__BROADCASTS_PER_MINUTE: "100000",
  LEITL_LIMITS__USER_BROADCASTS_PER_MINUTE: "100000",
  LEITL_LIMITS__FRAMES_PER_SECOND: "100000",
};
// Calls that Redis' absence refuses are told in the console too.
test.use({ env, tolerated: /status of 503/ });

const soon = { timeout: 30_000 };

test("an agent that stops: raised once, told, cleared once", async ({ page, server }) => {
  test.slow();
  const dashboard = new Dashboard(page);
  const cece = await Agent.join(server, { agent_name: "Cece" });
  await server.open(page);
  await dashboard.message.focus();

  // A toast takes nobody's focus, and goes when it is sent away.
  await expect(dashboard.raisedToasts).toContainText("Agent silent: ", soon);
  await expect(dashboard.message).toBeFocused();
  await dashboard.raisedToasts.getByRole("button", { name: "Dismiss" }).click();
  await expect(dashboard.raisedToasts).toHaveCount(0, { timeout: 5_000 });

  await expect(dashboard.alerts).toContainText("Agent silent: Cece");
  await expect(dashboard.alerts).toContainText(/since \d\d:\d\d:\d\d, for \d+s/);
  await expect(dashboard.metric("sessions")).toHaveAttribute("data-state", "alarmed");
  await expect(dashboard.rows("alert.raised")).toHaveText(/^Alert raised/);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);

  // Whoever opens the page later sees it too, and no toast of it.
  await page.reload();
  await expect(dashboard.alerts).toContainText("Agent silent: ");
  await expect(dashboard.raisedToasts).toHaveCount(0);

  const alive = setInterval(() => void cece.heartbeat().catch(() => {}), 500);
  try {
    await expect(dashboard.clearedToasts).toContainText("is over", soon);
    await expect(dashboard.alerts).toBeHidden();
    await expect(dashboard.metric("sessions")).toHaveAttribute("data-state", "known");
    await expect(dashboard.rows("alert.cleared")).toHaveCount(1);
    // This one goes by itself.
    await expect(dashboard.clearedToasts).toHaveCount(0, { timeout: 15_000 });
    await dashboard.pastAlerts.locator("summary").click();
    await expect(dashboard.pastAlerts).toContainText(/Agent silent: .*over since/);
    // It is asked for anew by whoever comes later.
    await page.reload();
    await dashboard.connection.and(page.locator('[data-state="live"]')).waitFor();
    await dashboard.pastAlerts.locator("summary").click();
    await expect(dashboard.pastAlerts).toContainText(/Agent silent: .*over since/);
  } finally {
    clearInterval(alive);
  }
});

test("a WebDAV server that breaks", async ({ page, server }) => {
  const dashboard = new Dashboard(page);
  const wiki = await BrokenFolder.start();
  try {
    await server.open(page);
    await server.call("sources", { name: "wiki", url: wiki.url });
    await expect(dashboard.source("wiki")).toContainText("up to date");
    wiki.broken = true;
    await page.getByRole("button", { name: "Sync now: wiki" }).click();
    await expect(dashboard.alerts).toContainText("Sync failed: ", soon);
    await expect(dashboard.metric("sync")).toHaveAttribute("data-state", "alarmed");
    wiki.broken = false;
    await page.getByRole("button", { name: "Sync now: wiki" }).click();
    await expect(dashboard.alerts).toBeHidden(soon);
    await expect(dashboard.clearedToasts).toContainText("Sync failed: ");
  } finally {
    await wiki.stop();
  }
});

test("a Redis that stops: the room stays, says so, and catches up", async ({ page, server }) => {
  test.slow();
  const dashboard = new Dashboard(page);
  const cece = await Agent.join(server, { agent_name: "Cece" });
  await server.open(page);
  const live = page.locator('.room[data-connection="live"]');
  await dashboard.message.fill("can you hear me?");

  const redis = await server.holdRedis();
  try {
    await expect(dashboard.outage).toBeVisible(soon);
    await expect(dashboard.outage).toContainText("Nothing can be written until it is back");
    await expect(page.getByRole("button", { name: "Send" })).toBeDisabled();
    await dashboard.message.press("Enter");
    await expect(page.getByText("Nothing can be sent while Redis is away")).toBeVisible();
    await expect(dashboard.message).toHaveValue("can you hear me?");
    await expect(live).toBeVisible();
    await expect(dashboard.tile(cece.id)).toBeVisible();
  } finally {
    redis.release();
  }
  await expect(dashboard.outage).toBeHidden(soon);
  await expect(live).toBeVisible();
  await dashboard.message.press("Enter");
  await expect(dashboard.messages).toHaveText([/can you hear me\?/]);
  await cece.broadcast("broadcast.message", { text: "loud and clear" });
  await expect(dashboard.messages).toHaveText([/can you hear me\?/, /loud and clear/]);
  await dashboard.pastAlerts.locator("summary").click();
  await expect(dashboard.pastAlerts).toContainText("Redis lost: ", soon);
});

test.describe("a reader that hangs", () => {
  test.use({ env: { ...env, LEITL_ALERTS__CLEAR_AFTER_SECONDS: "5" } });

  test("is told while much is said, and over when it is gone", async ({ page, server }) => {
    test.slow();
    const dashboard = new Dashboard(page);
    await server.open(page);
    const reader = await SlowReader.join(server);
    const cece = await Agent.join(server, { agent_name: "Cece" });
    const piledUp = dashboard.alerts.getByText("Messages pile up: ");
    try {
      const filler = "a".repeat(12_000);
      const speak = async () => {
        for (let n = 0; n < 400; n += 1) {
          await cece.broadcast("task.progress", { title: "Much to say", filler });
        }
      };
      const spoken = Promise.all([speak(), speak(), speak(), speak()]);
      await expect(piledUp).toBeVisible({ timeout: 120_000 });
      await expect(dashboard.metric("delivery")).toHaveAttribute("data-state", "alarmed");
      await spoken;
    } finally {
      reader.leave();
    }
    await expect(piledUp).toBeHidden(soon);
    await dashboard.pastAlerts.locator("summary").click();
    await expect(dashboard.pastAlerts).toContainText("Messages pile up: ", soon);
    // The server takes its time to stop after so much, and the page would try to come
    // back to it.
    await page.goto("about:blank");
  });
});
