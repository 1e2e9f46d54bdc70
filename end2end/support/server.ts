// The real server, as an operator starts it: the binary, a free port, a data
// directory of its own with a Redis of its own in it.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Page } from "@playwright/test";

const run = promisify(execFile);
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The binary under test. */
export const binary = resolve(root, process.env["LEITL_BINARY"] ?? "target/debug/leitl");

const site = resolve(root, process.env["LEPTOS_SITE_ROOT"] ?? "target/site");

/** How long the server may take to accept connections, in milliseconds. */
const START_LIMIT = 30_000;

export class Server {
  /** The server's address, such as `http://127.0.0.1:41234`. */
  url = "";
  private child: ChildProcess | undefined;
  /** Its Redis, as a process that may outlive a killed server. */
  private redis: number[] = [];
  private log: string[] = [];

  private constructor(
    /** Its data directory. */
    readonly dataDir: string,
    private readonly env: Record<string, string>,
  ) {}

  /** Starts a server in a fresh data directory. `env` is its configuration. */
  static async start(env: Record<string, string> = {}): Promise<Server> {
    await access(binary);
    const dataDir = await mkdtemp(join(tmpdir(), "leitl-end2end-"));
    const server = new Server(dataDir, env);
    await server.serve("127.0.0.1:0");
    return server;
  }

  /** Starts it again on the same port and data, after a `kill`. */
  async restart(): Promise<void> {
    await this.serve(new URL(this.url).host);
  }

  /** Stops the process and waits until it is gone. */
  async kill(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    this.redis = await this.children();
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  /** Holds its Redis, as an overloaded machine does, until `release` is called. */
  async holdRedis(): Promise<{ release: () => void }> {
    const pids = await this.children();
    const signal = (name: NodeJS.Signals) => pids.forEach((child) => process.kill(child, name));
    signal("SIGSTOP");
    return { release: () => signal("SIGCONT") };
  }

  /** Loses all of Redis' data, as a broken disk does; keys and tokens stay. */
  async forget(): Promise<void> {
    await rm(join(this.dataDir, "redis"), { recursive: true, force: true });
  }

  /** Stops it for good and removes its data. */
  async stop(): Promise<void> {
    await this.kill("SIGTERM");
    for (const pid of this.redis) {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (command.includes(this.dataDir)) process.kill(pid, "SIGTERM");
    }
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** A user token, from the command line. */
  async token(user = "alexa"): Promise<string> {
    return this.command("token", "--user", user);
  }

  /** Puts a file into a user's share, as any WebDAV client does. */
  async put(path: string, text: string, user = "alexa"): Promise<void> {
    const credentials = Buffer.from(`${user}:${await this.token(user)}`).toString("base64");
    const answer = await fetch(`${this.url}/dav/${user}/${path}`, {
      method: "PUT",
      headers: { authorization: `Basic ${credentials}` },
      body: text,
    });
    if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status} ${await answer.text()}`);
  }

  /** Calls the REST API as a user. */
  async call(path: string, body: object, user = "alexa"): Promise<void> {
    const answer = await fetch(`${this.url}/api/leitl/${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await this.token(user)}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  /** A one-time sign-in link, from the command line. */
  async loginLink(user = "alexa"): Promise<string> {
    return this.command("login", "--user", user, "--url", this.url);
  }

  /** Signs a page in and waits until it is live. */
  async open(page: Page, user = "alexa"): Promise<void> {
    await page.goto(await this.loginLink(user));
    await page.waitForURL("**/leitl-dashboard");
    await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
  }

  private async children(): Promise<number[]> {
    const pid = this.child?.pid;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    return children.split(" ").filter(Boolean).map(Number);
  }

  private async command(name: string, ...flags: string[]): Promise<string> {
    const { stdout } = await run(binary, [name, ...flags, "--data-dir", this.dataDir], {
      cwd: root,
    });
    return stdout.trim();
  }

  private async serve(addr: string): Promise<void> {
    const child = spawn(binary, ["serve", "--addr", addr, "--data-dir", this.dataDir], {
      cwd: root,
      env: { ...process.env, LEPTOS_SITE_ROOT: site, ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    createInterface({ input: child.stderr }).on("line", (line) => this.log.push(line));
    this.url = await new Promise<string>((started, failed) => {
      const fail = (why: string) =>
        failed(new Error(`${why}\n${this.log.slice(-20).join("\n")}`));
      const limit = setTimeout(() => fail("the server did not start in time"), START_LIMIT);
      child.once("error", (error) => fail(error.message));
      child.once("exit", (code) => fail(`the server ended with ${code}`));
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.log.push(line);
        const live = /^LEITL is live at (http:\S+)/.exec(line);
        if (live?.[1]) {
          clearTimeout(limit);
          started(live[1].replace(/\/$/, ""));
        }
      });
    });
  }
}
