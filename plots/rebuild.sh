#!/usr/bin/env bash
# Rebuilds the gallery: every picture in this folder, from the scenarios. The pictures of the validation need measured
# runs and step times, which are not part of this repository: `plots/rebuild.sh FOLDER CSV` draws them from those, without
# them the old pictures stay.
set -euo pipefail
measured=${1:+$(realpath "$1")}
steps=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
cargo build --release --locked
program=target/release/railspine
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
keep=
# The plot of instruction counts needs valgrind; without it the old one stays.
command -v valgrind >/dev/null || keep='scale-instructions.*'
find plots -name '*.svg' -o -name '*.png' | while read -r old; do
    case $(basename "$old") in
        validation-scatter.*) [ -z "$measured" ] || rm -f "$old" ;;
        steps-scatter.*) [ -z "$steps" ] || rm -f "$old" ;;
        $keep) [ -n "$keep" ] || rm -f "$old" ;;
        *) rm -f "$old" ;;
    esac
done
# A plan draws its front, its cost and its power.
plan() {
    "$program" plan "scenarios/$1.toml" --out "$out/$1" --fresh ${2:+"$2"} >/dev/null
    for picture in "$out/$1"/*.svg "$out/$1"/*.png; do
        cp "$picture" "plots/$1-$(basename "$picture")"
    done
}
# And the racks, the floor and the network of the design that is recommended, else of the first.
design() {
    local id
    id=$(sed -n 's/^  "recommended": "\(.*\)",\{0,1\}$/\1/p' "$out/$1/plan.json")
    for picture in elevations floor network; do
        cp "$out/$1/${id:-d1}/$picture".svg "plots/$1-$picture.svg"
        cp "$out/$1/${id:-d1}/$picture".png "plots/$1-$picture.png"
    done
}
for scenario in scenarios/*.toml; do
    grep -q '^heavy = true' "$scenario" && continue
    name=$(basename "$scenario" .toml)
    if grep -q '^kind = "plan"' "$scenario"; then
        plan "$name"
        continue
    fi
    "$program" run "$scenario" --out "$out/$name" >/dev/null
    for picture in "$out/$name"/*.svg "$out/$name"/*.png; do
        cp "$picture" "plots/$name-$(basename "$picture")"
    done
done
"$program" compare scenarios/roce-ecmp.toml scenarios/roce-spray.toml --out "$out/compare" >/dev/null
for picture in "$out/compare"/*.svg "$out/compare"/*.png; do
    cp "$picture" "plots/roce-ecmp-vs-spray-$(basename "$picture")"
done
"$program" compare scenarios/step-1f1b.toml scenarios/step-zero-bubble.toml --out "$out/schedules" >/dev/null
for picture in "$out/schedules"/*.svg "$out/schedules"/*.png; do
    cp "$picture" "plots/step-1f1b-vs-zero-bubble-$(basename "$picture")"
done
if [ -n "$measured" ]; then
    "$program" validate --measured "$measured" --out "$out/validate" >/dev/null
    for picture in "$out/validate"/scatter.svg "$out/validate"/scatter.png; do
        cp "$picture" "plots/validation-$(basename "$picture")"
    done
fi
if [ -n "$steps" ]; then
    "$program" validate --steps "$steps" --out "$out/steps" >/dev/null
    for picture in "$out/steps"/*.svg "$out/steps"/*.png; do
        cp "$picture" "plots/steps-$(basename "$picture")"
    done
fi
# The worked plans. Drawing up all designs of 16,384 accelerators takes long, so the largest has no pictures of one.
for name in plan-70b-1024 plan-moe; do
    plan "$name"
    design "$name"
done
plan plan-405b-16384 --no-designs
"$program" tune scenarios/tune-llama3-70b.toml --out "$out/tune" >/dev/null
for picture in "$out/tune"/*.svg "$out/tune"/*.png; do
    cp "$picture" "plots/tune-$(basename "$picture")"
done
if [ -z "$keep" ]; then
    cargo bench --locked --bench growth -- --draw plots
fi
