import { Agent } from "../support/agent.ts";
import { Dashboard } from "../support/dashboard.ts";
import { expect, test } from "../support/test.ts";

// The browser says so when a socket fails; it must.
test.use({ tolerated: /WebSocket connection to|ERR_CONNECTION_REFUSED/ });

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`after ${signal} and a restart nothing is lost or doubled`, async ({ page, server }) => {
    const dashboard = new Dashboard(page);
    const cece = await Agent.join(server, { agent_name: "Cece" });
    await server.open(page);
    await dashboard.tile(cece.id).evaluate((tile) => Object.assign(tile, { marked: true }));
    await cece.broadcast("broadcast.message", { text: "before" });
    await expect(dashboard.messages).toHaveText([/before/]);

    await server.kill(signal);
    await expect(dashboard.connection).toHaveAttribute("data-state", "reconnecting");
    await expect(page.getByText("The server cannot be reached")).toBeVisible();
    await expect(dashboard.connection).toContainText(/next try in \d+ s/);
    await expect(dashboard.tile(cece.id)).toBeVisible();

    await server.restart();
    await cece.broadcast("broadcast.message", { text: "during" });
    await expect(dashboard.connection).toHaveAttribute("data-state", "live", { timeout: 30_000 });
    await cece.broadcast("broadcast.message", { text: "after" });
    await expect(dashboard.messages).toHaveText([/before/, /during/, /after/]);
    await expect(dashboard.rows("broadcast.message")).toHaveText([/after/, /during/, /before/]);
    await expect(dashboard.rows("session.started")).toHaveCount(1);
    expect(await dashboard.tile(cece.id).evaluate((tile) => "marked" in tile)).toBe(true);
    await expect(page.getByText("The server cannot be reached")).toHaveCount(0);
  });
}

test("what could not be sent stays, and is said once when it can", async ({ page, server }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  await server.kill("SIGKILL");
  await expect(dashboard.connection).toHaveAttribute("data-state", "reconnecting");
  await dashboard.message.fill("is anybody there?");
  await dashboard.message.press("Enter");
  await expect(page.getByText("The server cannot take it now")).toBeVisible();
  await expect(dashboard.message).toHaveValue("is anybody there?");

  // Tries come less and less often, so a person may ask for one.
  await expect(dashboard.connection).toContainText(/next try in ([7-9]|1\d) s/, {
    timeout: 30_000,
  });
  await server.restart();
  await page.getByRole("button", { name: "Try now" }).click();
  await expect(dashboard.connection).toHaveAttribute("data-state", "live", { timeout: 4_000 });
  await dashboard.message.press("Enter");
  await expect(dashboard.messages).toHaveText([/is anybody there\?/]);
  await expect(dashboard.message).toHaveValue("");
  await expect(page.getByText("The server cannot take it now")).toHaveCount(0);
});

test("a cookie that is no longer good ends in the sign-in page", async ({ page, server }) => {
  const dashboard = new Dashboard(page);
  await Agent.join(server, { agent_name: "Cece" });
  await server.open(page);
  await page.context().clearCookies();
  await server.kill("SIGTERM");
  await server.restart();
  await expect(dashboard.connection).toHaveAttribute("data-state", "signed-out", {
    timeout: 30_000,
  });
  await expect(page.getByText("You are signed out.")).toBeVisible();
  await expect(dashboard.tiles).toHaveCount(1);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByTestId("sign-in")).toBeVisible();
});

test("a room that lost its data is loaded anew", async ({ page, server }) => {
  const dashboard = new Dashboard(page);
  const cece = await Agent.join(server, { agent_name: "Cece" });
  await server.open(page);
  await cece.broadcast("broadcast.message", { text: "before" });
  await expect(dashboard.messages).toHaveText([/before/]);

  await server.kill("SIGTERM");
  await server.forget();
  await server.restart();
  const claude = await Agent.join(server, { agent_name: "Claude" });
  await expect(dashboard.connection).toHaveAttribute("data-state", "live", { timeout: 30_000 });
  await expect(dashboard.tile(claude.id)).toBeVisible();
  await expect(dashboard.tile(cece.id)).toHaveCount(0);
  await expect(dashboard.messages).toHaveCount(0);
});
