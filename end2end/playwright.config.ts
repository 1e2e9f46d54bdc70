import { existsSync } from "node:fs";

import { chromium, defineConfig } from "@playwright/test";

/** Playwright's own Chromium where it is installed, else the system's. */
const systemChromium = "/usr/bin/chromium";
const executablePath =
  !existsSync(chromium.executablePath()) && existsSync(systemChromium)
    ? systemChromium
    : undefined;

export default defineConfig({
  testDir: "tests",
  // Each file starts a server of its own; one after the other, since some of
  // them are about seconds.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  reporter: [["list"]],
  outputDir: "test-results",
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
