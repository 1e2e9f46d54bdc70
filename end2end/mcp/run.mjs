// The conformance suite of the specification in both versions, and the inspector's
// command line once, against the real server. Ends with 1 if anything fails that
// expected.json does not list with a reason, or if something listed passes.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startProxy, startServer } from "./server.mjs";

const VERSIONS = ["2025-11-25", "2026-07-28"];
const here = new URL(".", import.meta.url).pathname;
const node = process.execPath;
const expected = JSON.parse(readFileSync(join(here, "expected.json"), "utf8"));

/** Runs a program of node_modules; its exit code and what it printed. */
function run(program, args, limit) {
  return new Promise((resolve) => {
    const child = spawn(node, [join(here, "node_modules", program), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limit,
    });
    let output = "";
    child.stdout.on("data", (part) => (output += part));
    child.stderr.on("data", (part) => (output += part));
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** The checks of one version, as `scenario/check` with their status and message. */
async function conformance(url, version) {
  const results = mkdtempSync(join(tmpdir(), "leitl-conformance-results-"));
  const program = "@modelcontextprotocol/conformance/dist/index.js";
  const args = ["server", "--url", `${url}/mcp`, "--requirements", version, "-o", results];
  const { output } = await run(program, args, 300_000);
  const checks = readdirSync(results).flatMap((folder) => {
    const scenario = folder.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[-\d]+Z$/, "");
    const found = JSON.parse(readFileSync(join(results, folder, "checks.json"), "utf8"));
    return found.map((check) => ({
      name: `${scenario}/${check.id}`,
      status: check.status,
      message: check.errorMessage ?? "",
    }));
  });
  rmSync(results, { recursive: true, force: true });
  if (checks.length === 0) throw new Error(`the suite ran nothing:\n${output}`);
  return checks;
}

/** What a version's checks say that was not expected of them. */
function judge(version, checks) {
  const reasons = new Map(
    Object.entries(expected[version]).flatMap(([reason, names]) => names.map((name) => [name, reason])),
  );
  const of = (status) => checks.filter((check) => check.status === status);
  const failed = of("FAILURE");
  const names = new Set(failed.map((check) => check.name));
  const unexpected = failed.filter((check) => !reasons.has(check.name));
  const stale = [...reasons.keys()].filter((name) => !names.has(name));
  console.log(
    `MCP ${version}: ${of("SUCCESS").length} checks passed, ${unexpected.length} failed, ` +
      `${failed.length - unexpected.length} not applicable (expected.json says why), ` +
      `${of("SKIPPED").length} skipped by the suite`,
  );
  for (const check of unexpected) console.log(`  failed: ${check.name}: ${check.message}`);
  for (const name of stale) console.log(`  passes, or is gone, and should leave expected.json: ${name}`);
  return unexpected.length === 0 && stale.length === 0;
}

/** The inspector's command line lists the tools and calls one, with the token itself. */
async function inspect(url, token) {
  const program = "@modelcontextprotocol/inspector/clients/launcher/build/index.js";
  const common = ["--cli", `${url}/mcp`, "--transport", "http", "--header", `Authorization: Bearer ${token}`];
  const listed = await run(program, [...common, "--method", "tools/list"], 60_000);
  const joined = await run(
    program,
    [...common, "--method", "tools/call", "--tool-name", "join", "--tool-arg", "agent_name=Inspector"],
    60_000,
  );
  const good = listed.output.includes('"claim_files"') && joined.output.includes("leitl-inspector-");
  console.log(`MCP inspector: ${good ? "lists the tools and calls one" : "failed"}`);
  if (!good) console.log(listed.output, joined.output);
  return good;
}

const server = await startServer();
let good = true;
try {
  const token = server.token("conformance");
  const proxy = await startProxy(server.url, token);
  try {
    for (const version of VERSIONS) {
      good = judge(version, await conformance(proxy.url, version)) && good;
    }
  } finally {
    proxy.stop();
  }
  good = (await inspect(server.url, token)) && good;
} finally {
  await server.stop();
}
process.exitCode = good ? 0 : 1;
