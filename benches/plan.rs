//! What it takes to search a space of designs: `cargo bench --bench plan`.
//!
//! The small one (64 accelerators) is timed by criterion. The large one, more than a million designs for 16,384
//! accelerators and a step of Llama-3 405B, is searched once, with its time printed: `scenarios/plan-405b-16384.toml`.

#![expect(clippy::print_stdout, reason = "the large search is timed once and printed")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use railspine::engine::fluid;
use railspine::input::plan::Plan;
use railspine::input::{LoadOptions, load_plan};
use railspine::planner::front::NoJournal;
use railspine::planner::planned::certify;
use railspine::run::{Quiet, RunOptions};

fn plan(name: &str) -> Plan {
    let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    load_plan(&path, &LoadOptions::default()).expect("the plan loads").value
}

fn options() -> RunOptions {
    RunOptions { fluid: fluid::Options { symmetry: true, skip: true }, threads: None, max_memory: None }
}

fn small(c: &mut Criterion) {
    let plan = plan("plan-8b-64");
    let mut group = c.benchmark_group("plan");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    group.bench_function("64 accelerators", |b| {
        b.iter(|| {
            let found = certify(black_box(&plan), &options(), &NoJournal, &Quiet, &|_| {});
            found.expect("the plan is searched").designs()
        });
    });
    group.finish();
}

fn large(_: &mut Criterion) {
    let plan = plan("plan-405b-16384");
    let started = Instant::now();
    let found = certify(&plan, &options(), &NoJournal, &Quiet, &|_| {}).expect("the plan is searched");
    let (simulated, networks) = found.networks();
    println!(
        "16,384 accelerators: front of {} designs certified in {:.1} s, {simulated} of {networks} networks simulated to the end",
        found.designs(),
        started.elapsed().as_secs_f64(),
    );
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = small, large
}
criterion_main!(benches);
