#!/bin/sh
# What a visitor downloads before the dashboard lives: WASM and JavaScript after
# brotli, against the limit. Run after `cargo leptos build --release`.
# Usage: benches/size.sh [site directory]
set -eu
site=${1:-target/site}
limit=250000

if ! ls "$site"/pkg/*.wasm >/dev/null 2>&1; then
    echo "size: there is no $site/pkg/*.wasm; run cargo leptos build --release first" >&2
    exit 1
fi

total=0
for file in "$site"/pkg/*.wasm "$site"/pkg/*.js; do
    [ -e "$file" ] || continue
    # cargo-leptos writes .br files when it precompresses; otherwise the same
    # quality (11) is computed here.
    if [ -e "$file.br" ] && [ "$file.br" -nt "$file" ]; then
        bytes=$(wc -c <"$file.br")
    else
        bytes=$(node -e 'const { brotliCompressSync: brotli } = require("node:zlib");
            process.stdout.write(String(brotli(require("node:fs").readFileSync(process.argv[1])).length))' "$file")
    fi
    printf '%9d bytes  %s\n' "$bytes" "${file##*/}"
    total=$((total + bytes))
done
printf '%9d bytes  in all, the limit is %d\n' "$total" "$limit"
[ "$total" -le "$limit" ]
