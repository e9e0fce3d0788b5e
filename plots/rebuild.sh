#!/usr/bin/env bash
# Rebuilds the gallery: every picture in this folder, from the scenarios.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked
program=target/release/railspine
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
rm -f plots/*.svg plots/*.png
for scenario in scenarios/*.toml; do
    grep -q '^heavy = true' "$scenario" && continue
    name=$(basename "$scenario" .toml)
    "$program" run "$scenario" --out "$out/$name" >/dev/null 2>&1
    for picture in "$out/$name"/*.svg "$out/$name"/*.png; do
        cp "$picture" "plots/$name-$(basename "$picture")"
    done
done
"$program" compare scenarios/roce-ecmp.toml scenarios/roce-spray.toml --out "$out/compare" >/dev/null 2>&1
for picture in "$out/compare"/*.svg "$out/compare"/*.png; do
    cp "$picture" "plots/roce-ecmp-vs-spray-$(basename "$picture")"
done
