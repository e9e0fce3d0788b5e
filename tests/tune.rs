//! The search for a division of a training step: against plain loops, on any number of threads, and what the program makes
//! of it.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::process::{Command, Output};

use proptest::prelude::*;

use railspine::cli::render::render_all;
use railspine::input::{LoadError, LoadOptions, load_scenario};
use railspine::planner::{Candidate, Question, Rated, Settings, search, tune};
use railspine::report::tune::{line, table};
use railspine::run::{Quiet, RunOptions, Scenario, run_step};
use railspine::workload::{
    Network, Parallel, Recompute, Schedule, Sharding, Step, Tier, memory, rules, step_time,
};

#[path = "support/golden.rs"]
mod golden;
#[path = "support/schema.rs"]
mod schema;

fn text(servers: u32, model: &str, batch: u32, more: &str) -> String {
    format!(
        "kind = \"run\"\nname = \"small\"\n[fabric]\ntemplate = \"rail-optimised\"\n[fabric.params]\nservers = {servers}\n\
         gpus_per_server = 4\nradix = 64\n[workload]\nmodel = \"{model}\"\naccelerator = \"h200\"\nsoftware = \"nemo-2024\"\n\
         batch = {batch}\nsequence = 4096\n{more}"
    )
}

fn open(text: &str) -> Scenario {
    let options = LoadOptions { stdin: Some(text.to_owned()), open: true, ..LoadOptions::default() };
    match load_scenario("-", &options) {
        Ok(loaded) => loaded.value,
        Err(LoadError::Rejected { sources, diagnostics }) => {
            panic!("{}", render_all(&diagnostics, &sources, false))
        }
        Err(error @ LoadError::Io { .. }) => panic!("{error}"),
    }
}

fn network() -> Network {
    let tier = |bandwidth, latency| Tier { bandwidth, latency, launch: 1e-5 };
    Network { scaleup: tier(360e9, 2e-6), scaleout: tier(46e9, 6e-6), domain: 4 }
}

/// What plain loops find: the candidates that fit, in their order, with counts of all valid ones, of pipelines that are not
/// filled, and of what does not fit.
fn brute(question: &Question<'_>, schedules: &[Schedule], micros: u32) -> (Vec<Rated>, [u64; 3]) {
    let base = question.base().unwrap();
    let ranks = u32::try_from(question.ranks()).unwrap();
    let experts = base.model.experts.map_or(1, |experts| experts.count);
    let recomputes = [Recompute::None, Recompute::Full];
    let shardings = [Sharding::None, Sharding::Optimizer, Sharding::Gradients, Sharding::Parameters];
    let (mut found, mut counts) = (Vec::new(), [0; 3]);
    let all = |of: u32| 1..=of;
    for (tp, pp, cp) in all(ranks)
        .flat_map(|tp| all(ranks / tp).flat_map(move |pp| all(ranks / tp / pp).map(move |cp| (tp, pp, cp))))
    {
        let dp = ranks / (tp * pp * cp);
        let sequence = base.parallel.sequence && tp > 1;
        for vpp in all(base.model.layers + 2) {
            for (ep, etp) in all(experts).flat_map(|ep| all(tp).map(move |etp| (ep, etp))) {
                if tp % etp != 0 {
                    continue;
                }
                for &schedule in schedules {
                    for micro in all(micros) {
                        let parallel =
                            Parallel { tp, sequence, pp, vpp, cp, dp, ep, etp, schedule, ..base.parallel };
                        let mut batch = base.batch;
                        batch.micro = micro;
                        if parallel.check(base.model, &batch, u64::from(ranks)).is_err() {
                            continue;
                        }
                        let alone = parallel.replicas() == 1 && parallel.expert_replicas() == 1;
                        for &sharding in &shardings[..if alone { 1 } else { 4 }] {
                            for recompute in recomputes {
                                let parallel = Parallel { sharding, ..parallel };
                                let candidate = Candidate { parallel, micro, recompute };
                                let step = candidate.step(&base);
                                let bytes = memory(&step).total();
                                counts[0] += 1;
                                if !rules::is_filled(schedule, pp, vpp, step.micro_batches()) {
                                    counts[1] += 1;
                                } else if bytes > question.limit() {
                                    counts[2] += 1;
                                } else {
                                    let seconds = step_time(&step).total();
                                    found.push(Rated { candidate, seconds, bytes });
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    found.sort_by(Rated::before);
    (found, counts)
}

fn agree(scenario: &Scenario, schedules: &[Schedule], micros: u32) {
    let workload = scenario.workload.as_deref().unwrap();
    let question =
        Question { scenario, workload, network: network(), ranks: scenario.fabric.endpoints().len() as u64 };
    let (all, [valid, unfilled, unfit]) = brute(&question, schedules, micros);
    let found = search(&question, 50, &Quiet).unwrap();
    assert_eq!((found.counts.valid, found.counts.unfilled, found.counts.unfit), (valid, unfilled, unfit));
    assert_eq!(found.counts.evaluated, all.len() as u64);
    assert!(found.counts.pruned <= unfit && found.counts.configurations >= valid);
    assert_eq!(found.best, all[..50.min(all.len())], "to the last bit");
    for pair in all.windows(2) {
        assert!(pair[0].before(&pair[1]).is_lt(), "no two are alike");
    }
    if let Some((given, before)) = found.given {
        assert_eq!(all.iter().filter(|own| own.before(&given).is_lt()).count() as u64, before);
        let fits = given.bytes <= question.limit();
        assert_eq!(all.contains(&given), fits);
    }
}

#[test]
fn the_search_finds_what_plain_loops_find() {
    let plain = [Schedule::OneForwardOneBackward];
    agree(&open(&text(4, "llama3-8b", 64, "")), &plain, 64);
    // Most of a model that is too large for few does not fit.
    let tight = text(2, "llama3-8b", 32, "[tune]\nmemory_limit = \"40 GB\"");
    agree(&open(&tight), &plain, 32);
    agree(&open(&text(3, "llama3-8b", 24, "[workload.parallel]\ntp = 4\n")), &plain, 24);
    let all = Schedule::ALL.map(|(_, schedule)| schedule);
    let more = "[tune]\nschedule = [\"1f1b\", \"zb-h1\", \"zb-v\", \"dualpipe\"]";
    agree(&open(&text(4, "llama3-8b", 96, more)), &all, 96);
}

#[test]
fn the_search_finds_what_plain_loops_find_with_experts() {
    agree(&open(&text(4, "mixtral-8x7b", 16, "")), &[Schedule::OneForwardOneBackward], 16);
}

/// The base of a small search, for properties of memory.
fn with_step(check: impl Fn(&Step<'_>)) {
    let scenario = open(&text(4, "mixtral-8x7b", 1 << 12, ""));
    let workload = scenario.workload.as_deref().unwrap();
    let question = Question {
        scenario: &scenario,
        workload,
        network: network(),
        ranks: scenario.fabric.endpoints().len() as u64,
    };
    check(&question.base().unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// What is left out unseen does not fit: memory grows with the micro-batch.
    #[test]
    fn memory_grows_with_the_micro_batch(
        pp in 0u32..5, tp in 0u32..3, vpp in 1u32..8, micro in 0u32..8, schedule in 0usize..4, again in 0usize..3,
    ) {
        with_step(|base| {
            let (schedule, recompute) = (Schedule::ALL[schedule].1, Recompute::ALL[again].1);
            let of = |micro: u32| {
                let parallel = Parallel { pp: 1 << pp, tp: 1 << tp, vpp, dp: 4, schedule, ..base.parallel };
                memory(&Candidate { parallel, micro, recompute }.step(base)).total()
            };
            let (less, more) = (of(1 << micro), of(2 << micro));
            assert!(more >= less * (1.0 - 1e-12), "{less} {more}");
        });
    }
}

fn settings(confirm: usize, threads: usize) -> Settings {
    Settings { confirm, run: RunOptions { threads: Some(threads), ..RunOptions::default() } }
}

#[test]
fn any_number_of_threads_finds_the_same() {
    let scenario = open(&text(2, "llama3-8b", 32, "[stack]\nprofile = \"nccl-hopper\"\n[tune]\ntop = 20"));
    let one = tune(&scenario, &settings(2, 1), &Quiet).unwrap();
    assert_eq!(one.best.len(), 20);
    for threads in [2, 5] {
        assert_eq!(tune(&scenario, &settings(2, threads), &Quiet).unwrap(), one);
    }
}

#[test]
fn what_is_told_of_a_small_search() {
    let more =
        "[workload.parallel]\ntp = 4\n[stack]\nprofile = \"nccl-hopper\"\n[tune]\ntop = 5\nvpp = [1, 2, 4]\n";
    let result = tune(&open(&text(2, "llama3-8b", 32, more)), &settings(3, 2), &Quiet).unwrap();
    golden::check("tests/tune/small.txt", &table(&result, None));
    for own in &result.best {
        let closed: f64 = own.closed.iter().map(|part| part.seconds).sum();
        assert!((closed - own.closed_s).abs() < 1e-9 * closed);
        if let Some(simulated) = own.simulated_s {
            let parts: f64 = own.simulated.iter().map(|part| part.seconds).sum();
            assert!((parts - simulated).abs() < 1e-9 * parts);
        }
        let kept: u64 = own.memory.iter().map(|kind| kind.bytes).sum();
        assert!(kept.abs_diff(own.memory_bytes) < 10);
        assert_eq!(own.reason.is_empty(), own.rank == 1);
    }
    let simulated: Vec<f64> = result.best.iter().filter_map(|own| own.simulated_s).collect();
    assert!(simulated.len() == 3 && simulated.is_sorted());
}

#[test]
fn axes_are_kept_to() {
    let more = "[tune]\ntp = [1, 4]\npp = { min = 2 }\nvpp = 2\nsharding = \"zero-3\"\nrecompute = [\"full\"]\n\
                micro_batch = { max = 2 }\nschedule = \"interleaved\"\nmemory_limit = 0.9\n";
    let result = tune(&open(&text(4, "llama3-8b", 64, more)), &settings(0, 2), &Quiet).unwrap();
    assert_eq!(result.memory_limit, 126_900_000_000);
    assert!(!result.best.is_empty());
    for own in &result.best {
        let division = &own.division;
        assert!([1, 4].contains(&division.tp) && division.pp >= 2 && division.micro_batch <= 2);
        assert_eq!(
            (division.vpp, division.sharding.as_str(), division.recompute.as_str()),
            (2, "zero-3", "full")
        );
        assert!(own.memory_bytes <= result.memory_limit && own.simulated_s.is_none());
    }
}

fn railspine(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_railspine")).args(args).output().unwrap()
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn written(folder: &std::path::Path, text: &str) -> String {
    let file = folder.join("small.toml");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn the_best_is_a_scenario_that_runs_as_it_was_simulated() {
    let folder = tempfile::tempdir().unwrap();
    let topology = std::path::Path::new("topologies/dgx-h100-superpod.toml").canonicalize().unwrap();
    std::fs::copy(topology, folder.path().join("pod.toml")).unwrap();
    let file = written(
        folder.path(),
        "kind = \"run\"\n[fabric]\nfile = \"pod.toml\"\nparams = { servers = 2, pod_servers = 2 }\n[workload]\n\
         model = \"llama3-8b\"\naccelerator = \"h100\"\nsoftware = \"nemo-2024\"\nbatch = 48\nsequence = 8192\n\
         [tune]\npp = { min = 2 }\nmicro_batch = 1\ncp = [1, 2]\n",
    );
    let out = folder.path().join("out/here");
    let told =
        railspine(&["tune", &file, "--confirm", "2", "--format", "json", "--out", out.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(0), "{}", string(&told.stderr));
    schema::check(&string(&railspine(&["schema", "tune"]).stdout), &string(&told.stdout));
    let result: railspine::result::TuneResult = serde_json::from_slice(&told.stdout).unwrap();
    for name in ["tune.json", "tune.csv", "best.toml", "best.svg", "best.png"] {
        assert!(out.join(name).exists(), "{name}");
    }
    let best = out.join("best.toml");
    let loaded = load_scenario(best.to_str().unwrap(), &LoadOptions::default());
    let scenario = match loaded {
        Ok(loaded) => {
            assert!(loaded.warnings.iter().all(|warning| warning.code == "W0303"), "{:?}", loaded.warnings);
            loaded.value
        }
        Err(LoadError::Rejected { sources, diagnostics }) => {
            panic!("{}", render_all(&diagnostics, &sources, false))
        }
        Err(error @ LoadError::Io { .. }) => panic!("{error}"),
    };
    let ran = run_step(&scenario, &RunOptions::default(), &Quiet).unwrap().unwrap();
    let (first, facts) = (&result.best[0], &ran.workload);
    let simulated = railspine::units::Time::from_ps(ran.step_ps).as_secs();
    assert!((first.simulated_s.unwrap() - simulated).abs() < 1e-9, "{first:?} {simulated}");
    let division = &first.division;
    assert_eq!(
        (facts.tp, facts.pp, facts.vpp, facts.cp, facts.dp, facts.ep),
        (division.tp, division.pp, division.vpp, division.cp, division.dp, division.ep)
    );
    assert_eq!(
        (&facts.sharding, &facts.schedule, &facts.recompute, facts.micro_batch),
        (&division.sharding, &division.schedule, &division.recompute, division.micro_batch)
    );
}

#[test]
fn where_nothing_fits_the_nearest_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), &text(1, "llama3-70b", 16, "[tune]\nmemory_limit = \"80 GB\"\n"));
    let out = folder.path().join("out");
    let told = railspine(&["tune", &file, "--out", out.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(1));
    golden::check("tests/tune/nothing.txt", &string(&told.stdout));
    assert!(
        string(&told.stderr).ends_with("error: nothing fits in 80.0 GB: the nearest takes 204.6 GB more\n"),
        "{}",
        string(&told.stderr)
    );
    assert!(!out.join("best.toml").exists() && out.join("tune.json").exists());
}

#[test]
fn wrong_use_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let told = |command: &str, text: &str| {
        let file = written(folder.path(), text);
        let told = railspine(&[command, &file, "--out", out.to_str().unwrap()]);
        (told.status.code(), string(&told.stderr))
    };
    let collectives = "kind = \"run\"\n[fabric]\ntemplate = \"single-switch\"\n\
                       params = { endpoints = 8, bandwidth = \"400 Gbps\" }\n[[collective]]\nop = \"all-reduce\"\n\
                       size = \"1 MiB\"\n";
    assert_eq!(
        told("tune", collectives),
        (
            Some(2),
            "error: there is no `[workload]`: only training steps have a division to search\n".to_owned()
        )
    );
    let nothing = text(4, "llama3-8b", 16, "[tune]\ntp = 4\npp = 8\n");
    assert_eq!(
        told("tune", &nothing),
        (
            Some(1),
            "error: no division of 16 GPUs keeps to `[tune]`: none of 3400 combinations of its values suits\n"
                .to_owned()
        )
    );
    // 16 replicas do not divide 24 sequences: left open, this is no fault of the file, but cannot run.
    let (code, message) = told("run", &text(4, "llama3-8b", 24, "[tune]\ntp = 4\n"));
    assert_eq!(
        (code, message.as_str()),
        (
            Some(2),
            "error: the step cannot be divided so: `dp` 16 x `micro_batch` 1 = 16 does not divide 24 sequences; say how \
             with `[workload.parallel]`, or let `railspine tune` find it\n"
        )
    );
    assert!(!out.exists(), "nothing came to be there");
}

#[test]
fn a_search_that_is_stopped_says_so() {
    struct Stopped;
    impl railspine::run::Watch for Stopped {
        fn stop(&self) -> bool {
            true
        }
    }
    let scenario = open(&text(4, "llama3-8b", 16, ""));
    let workload = scenario.workload.as_deref().unwrap();
    let question = Question {
        scenario: &scenario,
        workload,
        network: network(),
        ranks: scenario.fabric.endpoints().len() as u64,
    };
    let error = search(&question, 10, &Stopped).unwrap_err();
    assert_eq!(error.to_string(), "interrupted");
}

#[test]
fn a_division_is_told_in_a_line() {
    let scenario = open(&text(2, "mixtral-8x7b", 16, "[tune]\nep = 8\npp = 1\n"));
    let result = tune(&scenario, &settings(0, 1), &Quiet).unwrap();
    let told = line(&result.best[0].division);
    assert!(told.contains(", ep 8, ") && told.contains("micro-batch ") && !told.contains("vpp"), "{told}");
}
