//! What a closed form of a training step costs, what its memory, and a search over millions of divisions:
//! `cargo bench --bench step`.

#![expect(clippy::print_stdout, reason = "rates are printed beside the times of criterion")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use railspine::input::{LoadOptions, load_scenario};
use railspine::planner::{Question, search};
use railspine::run::{Quiet, Scenario, threads};
use railspine::workload::{Network, Step, Tier, memory, step_time};

/// Two tiers as of DGX H100 with InfiniBand, so that no fabric need be measured.
const NETWORK: Network = Network {
    scaleup: Tier { bandwidth: 360e9, latency: 2e-6, launch: 1e-5 },
    scaleout: Tier { bandwidth: 46e9, latency: 6e-6, launch: 1e-5 },
    domain: 8,
};

/// A model on a number of servers of eight.
fn scenario(servers: u32, model: &str, batch: u32, length: u32, more: &str) -> Scenario {
    let text = format!(
        "kind = \"run\"\n[fabric]\ntemplate = \"rail-optimised\"\n[fabric.params]\nservers = {servers}\n\
         gpus_per_server = 8\npod_servers = 1024\ntiers = 3\nradix = 2048\n[workload]\nmodel = \"{model}\"\n\
         accelerator = \"h100\"\nsoftware = \"nemo-2024\"\nbatch = {batch}\nsequence = {length}\n{more}"
    );
    let options = LoadOptions { stdin: Some(text), open: true, ..LoadOptions::default() };
    load_scenario("-", &options).expect("the scenario is right").value
}

fn step(scenario: &Scenario) -> Step<'_> {
    let workload = scenario.workload.as_deref().expect("it has one");
    workload.step(NETWORK).expect("it is a training step")
}

fn one(criterion: &mut Criterion) {
    let cases = [
        ("dense", scenario(32, "llama3-70b", 1024, 8192, "[workload.parallel]\ntp = 4\npp = 4\nvpp = 5\n")),
        ("experts", scenario(256, "deepseek-v3", 15360, 4096, "[workload.parallel]\npp = 16\nep = 64\n")),
        ("deep pipeline", scenario(512, "llama3-405b", 2048, 8192, "[workload.parallel]\ntp = 8\npp = 64\n")),
    ];
    let mut group = criterion.benchmark_group("step");
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for (name, scenario) in &cases {
        let step = step(scenario);
        group.bench_function(format!("closed form, {name}"), |bench| {
            bench.iter(|| step_time(black_box(&step)).total());
        });
        group.bench_function(format!("memory, {name}"), |bench| {
            bench.iter(|| memory(black_box(&step)).total());
        });
    }
    group.finish();
}

/// Whole searches, once each: divisions per second.
fn all(_: &mut Criterion) {
    let more = "[tune]\nschedule = [\"1f1b\", \"zb-h1\", \"zb-v\", \"dualpipe\"]\n";
    let cases = [
        ("llama3-405b, 16384 GPUs", scenario(2048, "llama3-405b", 2048, 8192, more)),
        ("deepseek-v3, 2048 GPUs", scenario(256, "deepseek-v3", 15360, 4096, "")),
        ("deepseek-v3, 2048 GPUs, all schedules", scenario(256, "deepseek-v3", 15360, 4096, more)),
        ("deepseek-v3, 16384 GPUs", scenario(2048, "deepseek-v3", 15360, 4096, "")),
    ];
    for count in [1, 2] {
        let pool = threads(Some(count)).expect("there are threads");
        for (name, scenario) in &cases {
            let workload = scenario.workload.as_deref().expect("it has one");
            let question = Question {
                scenario,
                workload,
                network: NETWORK,
                ranks: scenario.fabric.endpoints().len() as u64,
            };
            let begin = Instant::now();
            let found = pool.install(|| search(&question, 10, &Quiet)).expect("there are divisions");
            let took = begin.elapsed();
            let valid = found.counts.valid;
            #[expect(clippy::cast_precision_loss, reason = "for display only")]
            let rate = valid as f64 / took.as_secs_f64() / 1e6;
            println!(
                "search, {count} threads: {name:<40} {valid:>9} valid, {:>9} timed, {took:>9.2?}, {rate:.2} M/s",
                found.counts.evaluated
            );
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = one, all
}
criterion_main!(benches);
