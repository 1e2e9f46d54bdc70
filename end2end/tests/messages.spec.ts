import { Agent } from "../support/agent.ts";
import { Dashboard } from "../support/dashboard.ts";
import { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start({ LEITL_LIMITS__USER_BROADCASTS_PER_MINUTE: "6" });
});
test.afterAll(() => server.stop());

test("a person and an agent talk", async ({ page }) => {
  const dashboard = new Dashboard(page);
  const cece = await Agent.join(server, { agent_name: "Cece" });
  await cece.connect();
  await server.open(page);

  await dashboard.message.fill("Cece, are the tests\ngreen?");
  await dashboard.addressee.selectOption({ label: "Cece" });
  await dashboard.message.press("Enter");
  await expect
    .poll(() => cece.received("broadcast.message"))
    .toMatchObject([
      { user: "alexa", to: [cece.id], data: { text: "Cece, are the tests\ngreen?" } },
    ]);
  expect(cece.received("broadcast.message")[0]).not.toHaveProperty("agent_name");
  await expect(dashboard.message).toHaveValue("");
  const own = dashboard.messages.first();
  await expect(own).toContainText("alexa");
  await expect(own).toContainText("in person");
  await expect(own.getByRole("list", { name: "Addressed to" })).toHaveText("Cece");

  await cece.broadcast("broadcast.message", { text: "All but one." });
  await expect(dashboard.messages.last()).toContainText("Cece");
  await expect(dashboard.messages.last()).toContainText("All but one.");
  await expect(dashboard.messages).toHaveCount(2);
  await cece.leave();
});

test("shift and enter make a new line, an empty message is none", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  const send = page.getByRole("button", { name: "Send" });
  await expect(send).toBeDisabled();
  await dashboard.message.fill("  ");
  await expect(send).toBeDisabled();
  await dashboard.message.fill("one");
  await dashboard.message.press("Shift+Enter");
  await dashboard.message.pressSequentially("two");
  await expect(dashboard.message).toHaveValue("one\ntwo");
  await expect(send).toBeEnabled();
});

test("an addressee who leaves is no addressee any more", async ({ page }) => {
  const dashboard = new Dashboard(page);
  await server.open(page);
  const codex = await Agent.join(server, { agent_name: "Codex" });
  await dashboard.addressee.selectOption({ label: "Codex" });
  await codex.leave();
  await expect(dashboard.addressee).toHaveValue("");
  await expect(page.getByTestId("composer")).toContainText("has left");
});

test.describe("too many messages", () => {
  test.use({ tolerated: /status of 429/ });

  test("are refused in words, and the text stays", async ({ page }) => {
    const dashboard = new Dashboard(page);
    await server.open(page);
    const composer = page.getByTestId("composer");
    let sent = 0;
    await expect(async () => {
      sent += 1;
      await dashboard.message.fill(`message ${sent}`);
      await dashboard.message.press("Enter");
      await expect(composer).toContainText("That was a lot at once", { timeout: 300 });
    }).toPass({ intervals: [0] });
    await expect(composer).toContainText(/in \d+ s/);
    await expect(dashboard.message).toHaveValue(/^message \d+$/);
  });
});
