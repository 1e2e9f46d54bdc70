// The server under test, and the way to it.

import { spawn, execFileSync } from "node:child_process";
import { createInterface } from "node:readline";
import { createServer, request } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const binary = new URL("../../target/debug/leitl", import.meta.url).pathname;
const PATIENCE = 20_000;

/** Starts the binary on a free port; `stop` ends it and removes its data. */
export async function startServer() {
  const directory = mkdtempSync(join(tmpdir(), "leitl-conformance-"));
  const data = join(directory, "data");
  const server = spawn(binary, ["serve", "--addr", "127.0.0.1:0", "--data-dir", data], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, RUST_LOG: "warn,leitl=error,rmcp=error" },
  });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const stop = async () => {
    server.kill("SIGTERM");
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the server does not start")), PATIENCE);
    createInterface({ input: server.stdout }).once("line", (line) => {
      clearTimeout(late);
      resolve(line.replace("LEITL is live at ", ""));
    });
    server.once("error", reject);
  });
  const token = (user) =>
    execFileSync(binary, ["token", "--user", user, "--data-dir", data], { encoding: "utf8" }).trim();
  return { url, token, stop };
}

/** Hands requests to `url` with a token: the suite cannot send one. */
export async function startProxy(url, token) {
  const target = new URL(url);
  const proxy = createServer((incoming, answer) => {
    const outgoing = request(
      {
        host: target.hostname,
        port: target.port,
        path: incoming.url,
        method: incoming.method,
        headers: { ...incoming.headers, authorization: `Bearer ${token}` },
      },
      (response) => {
        answer.writeHead(response.statusCode, response.headers);
        response.pipe(answer);
      },
    );
    outgoing.on("error", () => answer.destroy());
    answer.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    proxy.close();
    proxy.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${proxy.address().port}`, stop };
}
