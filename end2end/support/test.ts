// Playwright's test, where a page must also be quiet: an error or a warning in
// the console fails the test, a hydration mismatch included.

import { test as base } from "@playwright/test";

import { Server } from "./server.ts";

export { expect } from "@playwright/test";

type Options = {
  /** What may stand in the console. */
  tolerated: RegExp | undefined;
  /** The configuration of `server`. */
  env: Record<string, string>;
};

type Fixtures = {
  /** A server for this test alone, gone with it, whatever becomes of it. */
  server: Server;
};

export const test = base.extend<Options & Fixtures>({
  env: [{}, { option: true }],
  server: async ({ env }, use) => {
    const server = await Server.start(env);
    await use(server);
    await server.stop();
  },
  tolerated: [undefined, { option: true }],
  page: async ({ page, tolerated }, use) => {
    const noise: string[] = [];
    const note = (text: string) => {
      if (!tolerated?.test(text)) noise.push(text);
    };
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) note(message.text());
    });
    page.on("pageerror", (error) => note(error.message));
    await use(page);
    if (noise.length > 0) throw new Error(`the console was not quiet:\n${noise.join("\n")}`);
  },
});
