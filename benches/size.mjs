// What a visitor downloads before the dashboard lives: WASM and JavaScript after
// brotli, against the limit. Run after `cargo leptos build --release`.
// Usage: node benches/size.mjs [site directory]
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const LIMIT_BYTES = 250_000;
const folder = join(process.argv[2] ?? "target/site", "pkg");

// cargo-leptos writes .br files when it precompresses. Without one, or with one
// of an older build, the same quality (11) is computed here.
function compressedBytes(file) {
  const ready = statSync(`${file}.br`, { throwIfNoEntry: false });
  return ready && ready.mtimeMs >= statSync(file).mtimeMs
    ? ready.size
    : brotliCompressSync(readFileSync(file)).length;
}

const show = (bytes, what) => console.log(`${String(bytes).padStart(9)} bytes  ${what}`);

let names = [];
try {
  names = readdirSync(folder).filter((name) => /\.(wasm|js)$/.test(name));
} catch {
  // No folder is no files.
}
if (!names.some((name) => name.endsWith(".wasm"))) {
  console.error(`size: there is no WASM in ${folder}; run cargo leptos build --release first`);
  process.exit(1);
}
let total = 0;
for (const name of names) {
  const bytes = compressedBytes(join(folder, name));
  show(bytes, name);
  total += bytes;
}
show(total, `in all, the limit is ${LIMIT_BYTES}`);
process.exitCode = total <= LIMIT_BYTES ? 0 : 1;
