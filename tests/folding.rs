//! Runs come to the same result, to the last byte, with symmetry and skipping and without, on templates of all kinds;
//! but for which of several equally long critical paths is told, where rounds were skipped.

use std::fmt::Write;

use proptest::prelude::*;
use railspine::engine::fluid;
use railspine::input::{LoadError, LoadOptions, load_scenario};
use railspine::report::json;
use railspine::run::{Quiet, RunOptions, Scenario, forecast, run};

/// A scenario on standard input, if it is one.
fn read(text: &str) -> Result<Scenario, LoadError> {
    let options = LoadOptions { stdin: Some(text.to_owned()), ..LoadOptions::default() };
    load_scenario("-", &options).map(|loaded| loaded.value)
}

fn scenario(text: &str) -> Scenario {
    read(text).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

/// The result as a file, without critical paths where rounds may be skipped; or why there is none.
fn told(scenario: &Scenario, fluid: fluid::Options, paths: bool) -> Result<String, String> {
    let options = RunOptions { fluid, threads: Some(1), max_memory: None };
    let mut result = run(scenario, &options, &Quiet).map_err(|error| error.to_string())?;
    for case in &mut result.cases {
        let parts = &mut case.critical_path;
        assert_eq!(parts.latency_ps + parts.transfer_ps + parts.sharing_ps, case.time_ps);
        if !paths {
            (parts.latency_ps, parts.transfer_ps, parts.sharing_ps) = (0, 0, 0);
        }
    }
    Ok(json::run(&result))
}

/// Holds runs with short cuts against the plain run.
fn same(scenario: &Scenario) -> bool {
    let all = told(scenario, fluid::Options::default(), false);
    let folded = told(scenario, fluid::Options { symmetry: true, skip: false }, true);
    all == told(scenario, fluid::Options::PLAIN, false)
        && folded == told(scenario, fluid::Options::PLAIN, true)
}

/// How many lanes of how many are kept.
fn kept(scenario: &Scenario) -> (u64, u64) {
    let options = RunOptions { threads: Some(1), ..RunOptions::default() };
    let told = forecast(scenario, &options).unwrap();
    (told.classes.unwrap_or(told.lanes), told.lanes)
}

/// `[fabric]` of a template with parameters and other keys.
fn fabric(template: &str, params: &[(&str, String)], keys: &str) -> String {
    let mut text = format!("kind = \"run\"\n[fabric]\ntemplate = \"{template}\"\n{keys}\n[fabric.params]\n");
    for (name, value) in params {
        writeln!(text, "{name} = {value}").unwrap();
    }
    text
}

fn collective(op: &str, algorithm: &str, bytes: u64, keys: &str) -> String {
    format!("[[collective]]\nop = \"{op}\"\nalgorithm = \"{algorithm}\"\nsize = \"{bytes} B\"\n{keys}\n")
}

/// A rail-optimised fabric of three tiers: `pods` pods of `servers` servers of `gpus` GPUs.
fn rails(pods: u32, servers: u32, gpus: u32, keys: &str) -> String {
    let params = [
        ("servers", (pods * servers).to_string()),
        ("gpus_per_server", gpus.to_string()),
        ("pod_servers", servers.to_string()),
        ("tiers", "3".into()),
        ("radix", (2 * servers.max(gpus).max(pods)).to_string()),
    ];
    fabric("rail-optimised", &params, keys)
}

const OPS: [(&str, &str); 11] = [
    ("all-reduce", "halving-doubling"),
    ("all-reduce", "recursive-doubling"),
    ("all-reduce", "hierarchical"),
    ("all-reduce", "ring"),
    ("all-reduce", "double-tree"),
    ("all-gather", "direct"),
    ("all-gather", "bruck"),
    ("reduce-scatter", "pairwise"),
    ("all-to-all", "direct"),
    ("all-to-all", "pairwise"),
    ("all-to-all", "bruck"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn rails_of_any_shape(
        (op, algorithm) in prop::sample::select(OPS.to_vec()),
        (pods, servers, gpus) in (1u32..5, 2u32..7, prop::sample::select(vec![2u32, 4, 8])),
        chunk in prop_oneof![1u64..300, 1000u64..50_000],
        uneven in prop::bool::weighted(0.2),
        routing in prop::sample::select(vec!["spray", "spray", "spray", "ecmp", "static"]),
        removed in prop::bool::weighted(0.2),
        lockstep in prop::bool::weighted(0.3),
    ) {
        let ranks = u64::from(pods * servers * gpus);
        let bytes = chunk * ranks * 8 + u64::from(uneven);
        let keys = format!("routing = \"{routing}\"\n");
        let steps = if lockstep { "steps = \"lockstep\"" } else { "" };
        let text = rails(pods, servers, gpus, &keys) + &collective(op, algorithm, bytes, steps);
        let without = "\n[[fabric.remove]]\nlink = [\"leaf0\", \"spine0\"]\n";
        let text = if removed && read(&(text.clone() + without)).is_ok() { text + without } else { text };
        // Some algorithms need a power of two.
        let Ok(scenario) = read(&text) else { return Ok(()) };
        prop_assert!(same(&scenario), "{}", text);
    }
}

#[test]
fn other_templates() {
    let params = |list: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        list.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let fabrics = [
        fabric(
            "fat-tree",
            &params(&[("endpoints", "48"), ("radix", "16"), ("leaf_down", "12"), ("leaf_up", "4")]),
            "",
        ),
        fabric("single-switch", &params(&[("endpoints", "32")]), ""),
        fabric("torus", &params(&[("sides", "[4, 4, 2]")]), ""),
        fabric("hypercube", &params(&[("dimensions", "5")]), ""),
    ];
    let mut read_all = 0;
    for base in &fabrics {
        for (op, algorithm) in OPS {
            let text = base.clone() + &collective(op, algorithm, 48 * 4096, "");
            // The file is at fault only where an algorithm needs a power of two.
            let Ok(loaded) = read(&text) else { continue };
            read_all += 1;
            assert!(same(&loaded), "{text}");
        }
    }
    assert!(read_all > 36, "{read_all}");
}

#[test]
fn what_is_kept_of_regular_schedules() {
    let base = rails(4, 8, 8, "routing = \"spray\"\n");
    let kept = |op, algorithm, bytes, keys| {
        kept(&scenario(&(base.clone() + &collective(op, algorithm, bytes, keys))))
    };
    // A lane a round, whichever rank it is of.
    assert_eq!(kept("all-reduce", "halving-doubling", 1 << 20, ""), (16, 16 * 256));
    // The lanes that leave one rank.
    assert_eq!(kept("all-to-all", "direct", 1 << 20, ""), (255, 255 * 256));
    // Rings across servers look alike from pod to pod, and from rail to rail.
    assert_eq!(kept("all-reduce", "hierarchical", 1 << 20, "segments = 1"), (3 * 8, 3 * 256));
    // A byte too many: sizes differ, so that nothing is alike.
    assert_eq!(kept("all-reduce", "halving-doubling", (1 << 20) + 1, "").0, 16 * 256);
}
