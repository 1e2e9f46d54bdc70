// Pictures of the dashboard with the three agents of `leitl demo`: wide and
// narrow, light and dark, into screenshots/.

import { spawn } from "node:child_process";
import { once } from "node:events";

import { Dashboard } from "./support/dashboard.ts";
import { binary } from "./support/server.ts";
import { expect, test } from "./support/test.ts";

const WIDTHS = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };

test("pictures of a room at work", async ({ page, server }) => {
  const demo = spawn(binary, [
    "demo",
    "--url",
    server.url,
    "--data-dir",
    server.dataDir,
    "--pace",
    "4",
  ]);
  try {
    const dashboard = new Dashboard(page);
    await server.open(page);
    await expect(dashboard.tiles).toHaveCount(3);
    await expect.poll(() => dashboard.messages.count(), { timeout: 150_000 }).toBeGreaterThan(4);
    await expect.poll(() => dashboard.rows().count()).toBeGreaterThan(14);
    const atWork = page.locator('[data-testid="tile-task"]:not(.none)');
    await expect.poll(() => atWork.count(), { timeout: 60_000 }).toBeGreaterThan(1);
    for (const [name, viewport] of Object.entries(WIDTHS)) {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.screenshot({
          path: `screenshots/dashboard-${name}-${colorScheme}.png`,
          fullPage: name === "narrow",
        });
      }
    }
  } finally {
    const exited = once(demo, "exit");
    demo.kill("SIGTERM");
    await exited;
  }
});
