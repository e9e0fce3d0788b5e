//! Scenarios at scale, from the checked scenario to the result, by criterion: what symmetry, repetition and path windows
//! leave to do. `cargo bench --bench short_cuts`. For whole processes and their memory see `benches/scale.rs`.

use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use railspine::input::{LoadOptions, load_scenario};
use railspine::run::{Quiet, RunOptions, run};

/// Those that take well under a second.
const SCENARIOS: [&str; 5] = [
    "scale-ring-1024",
    "scale-ring-16384",
    "scale-all-to-all-4096",
    "scale-hierarchical-4096",
    "scale-two-level-16384",
];

fn scenarios(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("short cuts");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for name in SCENARIOS {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
        let loaded = load_scenario(&file.to_string_lossy(), &LoadOptions::default());
        let scenario = loaded.expect("the scenario is right").value;
        let options = RunOptions { threads: Some(1), ..RunOptions::default() };
        group.bench_function(name, |bencher| {
            bencher.iter(|| run(&scenario, &options, &Quiet).expect("it ends"));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    // Criterion's own plots would need a font of the system.
    config = Criterion::default().without_plots();
    targets = scenarios
}
criterion_main!(benches);
