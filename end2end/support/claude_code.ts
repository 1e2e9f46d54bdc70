// A session of Claude Code as the room knows it: what it does is told by hooks alone.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { binary, type Server } from "./server.ts";

type Json = { [member: string]: unknown };

export class ClaudeCode {
  private constructor(
    /** Its own id. */
    readonly id: string,
    private readonly home: string,
    private readonly env: Record<string, string>,
  ) {}

  /** One that works in a clone of its own. */
  static async of(server: Server, user: string, name: string, id: string): Promise<ClaudeCode> {
    const home = await mkdtemp(join(tmpdir(), "leitl-claude-"));
    await mkdir(join(home, "repository/.git"), { recursive: true });
    await writeFile(join(home, "repository/.git/HEAD"), "ref: refs/heads/main\n");
    await writeFile(
      join(home, "repository/.git/config"),
      '[remote "origin"]\n\turl = git@example.org:team/app.git\n',
    );
    return new ClaudeCode(id, home, {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      LEITL_URL: server.url,
      LEITL_TOKEN: await server.token(user),
      LEITL_AGENT_NAME: name,
      // The tests share two processors with the browser.
      LEITL_HOOK_LIMIT_MS: "5000",
    });
  }

  /** The session's id in the room. */
  get session(): string {
    return `leitl-claude-${this.id}`;
  }

  /** Calls a hook; what it answers. */
  async hook(event: string, members: Json = {}): Promise<string> {
    const child = spawn(binary, ["hook", event], {
      env: this.env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    let answer = "";
    child.stdout.on("data", (piece) => (answer += String(piece)));
    child.stdin.end(
      JSON.stringify({
        session_id: this.id,
        transcript_path: "/nonexistent",
        cwd: join(this.home, "repository"),
        permission_mode: "default",
        hook_event_name: event,
        ...members,
      }),
    );
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`hook ${event} ended with ${code}`);
    return answer;
  }

  /** It is about to change a file. */
  async edits(path: string): Promise<string> {
    const file_path = join(this.home, "repository", path);
    return this.hook("PreToolUse", { tool_name: "Edit", tool_input: { file_path } });
  }

  /** Removes its files. */
  async remove(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}
