import { Agent } from "../support/agent.ts";
import { BrokenFolder } from "../support/broken_folder.ts";
import { Dashboard } from "../support/dashboard.ts";
import { expect, test } from "../support/test.ts";

test.use({
  env: { LEITL_CONTEXT__ALLOWED_NETWORKS: "127.0.0.0/8" },
});

// The bar is refreshed every 10 s.
const soon = { timeout: 30_000 };

test("each metric is moved by its real cause", async ({ page, server }) => {
  test.slow();
  const dashboard = new Dashboard(page);
  await server.open(page);
  await expect(dashboard.metric("sessions")).toContainText("0");
  await expect(dashboard.metric("cache")).toContainText("No data yet");

  const cece = await Agent.join(server, { agent_name: "Cece" });
  await cece.connect();
  await cece.broadcast("broadcast.message", { text: "hello" });
  await server.put("notes.md", "A walrus sleeps.\n");
  await dashboard.search("walrus");
  await expect(dashboard.matches).toHaveCount(1);
  await expect(dashboard.metric("sessions").locator(".vital-value")).toHaveText("1", soon);
  await expect(dashboard.metric("sockets").locator(".vital-value")).toHaveText("2", soon);
  await expect(dashboard.metric("delivery").locator(".vital-value")).toHaveText(/^[\d.,]+ m?s$/, soon);
  await expect(dashboard.metric("cache").locator(".vital-value")).toHaveText(/^\d+(\.\d)? %$/, soon);
  await expect(dashboard.metric("sync").locator(".vital-value")).toHaveText("100 %", soon);
  await expect(dashboard.metric("delivery")).toHaveAttribute("data-state", "known");

  // The last hour is drawn, and told.
  const line = dashboard.metric("delivery").getByRole("img");
  await expect(line).toHaveAttribute("aria-label", /^Last hour, minute by minute: [\d.,]+ m?s/);
  await expect(line.locator("path")).toHaveAttribute("d", /^M\d/);

  // The figures are behind it, one metric at a time, by keyboard too.
  await dashboard.metric("delivery").locator("summary").press("Enter");
  await expect(dashboard.metric("delivery")).toContainText("5 min\t1 h\t24 h");
  await expect(dashboard.figure("delivery", "Deliveries")).toHaveText(/^[1-9]\d*\t[1-9]\d*\t[1-9]\d*$/);
  await expect(dashboard.figure("delivery", "99 % within (p99)")).toHaveText(/^[\d.,]+ m?s\t/);
  await dashboard.metric("sockets").locator("summary").press("Enter");
  await expect(dashboard.figure("delivery", "Deliveries")).toBeHidden();
  await expect(dashboard.figure("sockets", "Broke off")).toHaveText("0\t0\t0");
  cece.breakOff();
  await expect(dashboard.figure("sockets", "Broke off")).toHaveText("1\t1\t1", soon);
  await expect(dashboard.figure("sockets", "Mean life")).toHaveText(/^\d/);
  await cece.connect();
  await cece.leave();
  await expect(dashboard.metric("sessions").locator(".vital-value")).toHaveText("0", soon);
});

test("a source that fails lowers the share of good synchronisations", async ({ page, server }) => {
  const dashboard = new Dashboard(page);
  const wiki = await BrokenFolder.start();
  try {
    await server.open(page);
    await server.call("sources", { name: "wiki", url: wiki.url });
    await expect(dashboard.source("wiki")).toContainText("up to date");
    wiki.broken = true;
    await page.getByRole("button", { name: "Sync now: wiki" }).click();
    await expect(dashboard.source("wiki")).toHaveAttribute("data-state", "failed", soon);
    await dashboard.metric("sync").locator("summary").click();
    await expect(dashboard.figure("sync", "Failed")).toHaveText(/^[1-9]/, soon);
    await expect(dashboard.figure("sync", "Success")).not.toHaveText(/^100 %/);
  } finally {
    await wiki.stop();
  }
});

test("the bar is there before the browser takes over, and asks for nothing when hidden", async ({
  page,
  server,
}) => {
  const cece = await Agent.join(server, { agent_name: "Cece" });
  await page.goto(await server.loginLink());
  const html = await (await page.request.get(`${server.url}/leitl-dashboard`)).text();
  expect(html).toMatch(/data-testid="metric-sessions".*?<b class="vital-value">1<\/b>/s);

  await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
  });
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/api/leitl/status")) asked += 1;
  });
  // Longer than from one question to the next, as the page's own clock has it.
  const uptime = async () => {
    const text = await new Dashboard(page).tile(cece.id).getByTestId("tile-uptime").innerText();
    const [, minutes, seconds] = /(?:(\d+)m )?(\d+)s/.exec(text) ?? [];
    return Number(minutes ?? 0) * 60 + Number(seconds);
  };
  const then = await uptime();
  await expect.poll(uptime, soon).toBeGreaterThan(then + 12);
  expect(asked).toBe(0);
  await page.evaluate(() => Reflect.deleteProperty(document, "hidden"));
  await expect.poll(() => asked).toBe(1);
});
