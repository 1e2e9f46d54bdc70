// Pictures of the dashboard with the three agents of `leitl demo`: wide and
// narrow, light and dark, into screenshots/.

import { spawn } from "node:child_process";
import { once } from "node:events";

import { Dashboard } from "./support/dashboard.ts";
import { binary } from "./support/server.ts";
import { SlowFolder } from "./support/slow_folder.ts";
import { expect, test } from "./support/test.ts";

test.use({ env: { LEITL_CONTEXT__ALLOWED_NETWORKS: "127.0.0.0/8" } });

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
  const wiki = await SlowFolder.start(["a.md", "b.md", "c.md", "d.md"]);
  try {
    const dashboard = new Dashboard(page);
    await server.open(page);
    await expect(dashboard.tiles).toHaveCount(3);
    await server.put(
      "docs/authentication.md",
      "# Authentication\n\nAgents sign in with a session token, people with a one-time link. " +
        "A token is checked at each call; the key that signed it is named in its header.\n",
    );
    await server.put("src/key_ring.py", "def verify_token(token):\n    return KeyRing().verify(token)\n");
    await server.put("logo.png", "\x89PNG\r\n\x1a\n\0\0\0");
    await server.put("notes.md", "Tides and boats.\n", "ben");
    await server.call("sources", { name: "wiki", url: wiki.url });
    await expect.poll(() => wiki.asked).toBe(4);
    wiki.release(3);
    await expect(dashboard.source("wiki")).toContainText("3 of 4");
    await dashboard.search("token authentication");
    await expect(dashboard.matches).toHaveCount(2);
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
    await wiki.stop();
  }
});
