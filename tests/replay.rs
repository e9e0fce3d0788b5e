//! Traces that are played: by hand, and against the step that they were made of.

use std::sync::Arc;

use railspine::collective::{Algorithm, Op};
use railspine::exchange::trace::{
    Ground, Group, RankTrace, ReplayError, Trace, TraceKind, TraceNode, TraceOp, of_step, replay,
};
use railspine::exchange::{aicb, chakra};
use railspine::input::{self, LoadOptions, workload};
use railspine::result::ReplayResult;
use railspine::run::{CollectiveSpec, Quiet, RunOptions, Scenario, run_step, step_graph};
use railspine::units::{Bytes, Time};

fn scenario(text: &str) -> Scenario {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = text.replace("ROOT", root);
    let options = LoadOptions { stdin: Some(text), ..LoadOptions::default() };
    input::load_scenario("-", &options).unwrap().value
}

/// Eight accelerators on one switch.
fn switch() -> Scenario {
    let path = format!("{}/topologies/single-switch-8.toml", env!("CARGO_MANIFEST_DIR"));
    let fabric = input::load_topology(&path, &LoadOptions::default()).unwrap().value;
    let spec = CollectiveSpec::new(Op::AllReduce, Algorithm::Auto, fabric.endpoints().to_vec());
    Scenario::of_one("switch", Arc::new(fabric), None, spec)
}

fn compute(us: u64) -> TraceKind {
    TraceKind::Compute {
        duration: Some(Time::from_ps(us * 1_000_000)),
        flops: None,
        bytes: None,
        host: false,
    }
}

fn node(id: u64, kind: TraceKind, deps: &[usize]) -> TraceNode {
    TraceNode { id, name: Arc::from("node"), kind, data_deps: deps.to_vec(), ctrl_deps: Vec::new() }
}

fn play(trace: &Trace, scenario: &Scenario) -> Result<ReplayResult, ReplayError> {
    let ground = Ground { scenario, accelerator: None, bubble_share: 0.0, format: "chakra" };
    replay(trace, &ground, &RunOptions::default(), &Quiet)
}

fn pair(nodes: [Vec<TraceNode>; 2]) -> Trace {
    let ranks = nodes.into_iter().zip(0..).map(|(nodes, rank)| RankTrace { rank, nodes }).collect();
    Trace { name: "pair".into(), size: 2, ranks, groups: vec![Group { name: "0".into(), ranks: vec![0, 1] }] }
}

#[test]
fn a_chain_takes_its_sum_and_two_at_once_share_the_accelerator() {
    let scenario = switch();
    let chain = vec![node(0, compute(3), &[]), node(1, compute(4), &[0])];
    let both = vec![node(0, compute(3), &[]), node(1, compute(4), &[])];
    let told = play(&pair([chain, both]), &scenario).unwrap();
    assert_eq!(told.time_ps, 7_000_000, "one accelerator does seven microseconds of work in seven");
    assert_eq!(told.ranks[0].computing_ps, 7_000_000);
    assert_eq!(told.ranks[1].idle_ps, 0);
}

#[test]
fn a_collective_waits_for_the_last_rank_and_takes_what_it_takes_alone() {
    let scenario = switch();
    let all = TraceKind::Collective { op: TraceOp::AllReduce, bytes: Bytes(1 << 20), group: 0 };
    let slow = vec![node(0, compute(50), &[]), node(1, all, &[0])];
    let fast = vec![node(0, compute(10), &[]), node(1, all, &[0]), node(2, compute(5), &[1])];
    let told = play(&pair([slow, fast]), &scenario).unwrap();
    let alone = told.collectives[0].alone_ps;
    assert!(alone > 0);
    assert_eq!(told.time_ps, 55_000_000 + alone);
    assert_eq!((told.ranks[1].computing_ps, told.ranks[1].idle_ps), (15_000_000, 40_000_000));
    assert_eq!(told.ranks[0].exposed_ps, alone);
    // The same collective as a scenario of its own.
    let mut spec =
        CollectiveSpec::new(Op::AllReduce, Algorithm::Auto, scenario.fabric.endpoints()[..2].to_vec());
    spec.sizes = vec![Bytes(1 << 20)];
    let own = Scenario::of_one("own", scenario.fabric.clone(), None, spec);
    let run = railspine::run::run(&own, &RunOptions::default(), &Quiet).unwrap();
    assert_eq!(run.cases[0].time_ps, alone);
}

#[test]
fn messages_that_share_a_link_take_longer() {
    let scenario = switch();
    let bytes = Bytes(1 << 24);
    let send = |to, tag| TraceKind::Send { to, bytes, tag };
    let receive = |from, tag| TraceKind::Receive { from, bytes, tag };
    let trace = |count: u32| {
        let ranks = (0..=count)
            .map(|rank| {
                let nodes = if rank == 0 {
                    (0..count).map(|other| node(other.into(), receive(other + 1, 0), &[])).collect()
                } else {
                    vec![node(0, send(0, 0), &[])]
                };
                RankTrace { rank, nodes }
            })
            .collect();
        Trace { name: "incast".into(), size: count + 1, ranks, groups: Vec::new() }
    };
    let [one, four] = [1, 4].map(|count| play(&trace(count), &scenario).unwrap());
    let latency = Time::from_ps(one.time_ps).as_secs() - bytes.as_f64() / capacity(&scenario);
    let expected = latency + 4.0 * bytes.as_f64() / capacity(&scenario);
    let found = Time::from_ps(four.time_ps).as_secs();
    assert!((found / expected - 1.0).abs() < 1e-6, "expected {expected}, found {found}");
}

/// Bytes per second of the first accelerator's link.
fn capacity(scenario: &Scenario) -> f64 {
    scenario.fabric.capacity(railspine::ids::LinkId(0))
}

const STEP: &str = r#"
kind = "run"
name = "exported"
[fabric]
file = "ROOT/topologies/dgx-h100-superpod.toml"
params = { servers = 2 }
[stack]
profile = "nccl-hopper"
[workload]
model = "llama3-8b"
accelerator = "h100"
software = "nemo-2024"
batch = 16
sequence = 8192
[workload.parallel]
tp = 2
pp = 2
[workload.set]
slowdown = 0
straggle = 0
step = "0 s"
pressure = 0
shared = 0
"#;

#[test]
fn an_exported_step_takes_what_the_step_takes() {
    let scenario = scenario(STEP);
    let step = run_step(&scenario, &RunOptions::default(), &Quiet).unwrap().unwrap();
    let graph = step_graph(&scenario).unwrap().unwrap();
    let parallel = scenario.workload.as_ref().unwrap().parallel;
    let trace = of_step("exported", &parallel, &graph).unwrap();
    trace.check().unwrap();
    // Through files and back.
    let files = chakra::write(&trace).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for file in &files {
        std::fs::write(folder.path().join(&file.name), &file.bytes).unwrap();
    }
    let read = chakra::read_folder(folder.path(), None).unwrap();
    assert_eq!(read, trace);
    let played = play(&read, &scenario).unwrap();
    let off = played.time_ps as f64 / step.step_ps as f64 - 1.0;
    // Parts of a collective that run beside computation are collectives of their own here, with a latency each.
    assert!(off.abs() < 0.01, "step {}, trace {}: {off}", step.step_ps, played.time_ps);
    let again = play(&trace, &scenario).unwrap();
    assert_eq!(again, played);
}

#[test]
fn a_workload_of_aicb_runs_and_its_bubble_is_added() {
    let path = format!("{}/tests/exchange/aicb/experts.txt", env!("CARGO_MANIFEST_DIR"));
    let read = aicb::read("experts.txt", &std::fs::read(path).unwrap()).unwrap();
    let which = aicb::Which::One(0);
    let trace = read.lower(&aicb::Lowering { ranks: None, which }).unwrap();
    let text = STEP.replace("servers = 2", &format!("servers = {}", trace.size.div_ceil(8)));
    let text = text.replace("batch = 16", &format!("batch = {}", 16 * trace.size));
    let scenario = scenario(&text);
    let mut ground = Ground { scenario: &scenario, accelerator: None, bubble_share: 0.0, format: "aicb" };
    let bare = replay(&trace, &ground, &RunOptions::default(), &Quiet).unwrap();
    assert!(bare.time_ps > 0 && bare.bubble_ps == 0);
    assert!(bare.ranks[0].exposed_ps > 0, "its collectives are not all hidden");
    ground.bubble_share = 0.25;
    let more = replay(&trace, &ground, &RunOptions::default(), &Quiet).unwrap();
    assert_eq!(more.bubble_ps, (bare.time_ps as f64 * 0.25).round() as u64);
    assert_eq!(more.time_ps, bare.time_ps + more.bubble_ps);
}

#[test]
fn what_cannot_be_played_is_told() {
    let scenario = switch();
    let unknown = TraceKind::Compute { duration: None, flops: Some(1e12), bytes: None, host: false };
    let trace = pair([vec![node(7, unknown, &[])], Vec::new()]);
    let told = play(&trace, &scenario).unwrap_err().to_string();
    let expected = "rank 0, node 7 `node`: it tells no time, only operations or bytes; name an accelerator with \
                    `--accelerator`";
    assert_eq!(told, expected);
    let h100 = workload::accelerator("h100").unwrap();
    let ground =
        Ground { scenario: &scenario, accelerator: Some(&h100), bubble_share: 0.0, format: "chakra" };
    let known = replay(&trace, &ground, &RunOptions::default(), &Quiet).unwrap();
    assert_eq!(known.accelerator, "h100");
    assert!(
        (1.2e9..1.4e9).contains(&(known.time_ps as f64)),
        "10^12 operations at 794 TFLOP/s: {}",
        known.time_ps
    );
    let gather = TraceKind::Collective { op: TraceOp::Gather, bytes: Bytes(8), group: 0 };
    let trace = pair([vec![node(3, gather, &[])], vec![node(3, gather, &[])]]);
    assert_eq!(
        play(&trace, &scenario).unwrap_err().to_string(),
        "`gather` is not simulated: rank 0, node 3 `node`"
    );
    let large = Trace { size: 9, ..pair([Vec::new(), Vec::new()]) };
    let told = play(&large, &scenario).unwrap_err().to_string();
    assert_eq!(told, "the trace is of 9 ranks, and the fabric has 8 accelerators");
}
