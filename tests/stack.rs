//! What a communication library adds, against closed forms, and what must hold under every built-in profile.

mod support;

#[path = "stack/site.rs"]
mod site;

use std::sync::Arc;

use proptest::prelude::*;
use railspine::collective::algo::ops;
use railspine::collective::{Algorithm, Op};
use railspine::engine::fluid;
use railspine::fabric::{Builder, Cable, Fabric, InNetwork, LinkClass, Node, NodeKind};
use railspine::input::stack::{builtin, builtin_names};
use railspine::input::{LoadOptions, load_topology};
use railspine::report::json;
use railspine::result::{Case, RunResult};
use railspine::run::{CollectiveSpec, Quiet, RunOptions, Scenario, run};
use railspine::stack::{Generation, Library, Medium, Overrides, Profile, Protocol, Site, Stack, param};
use railspine::units::{Bandwidth, Bytes, Time};
use support::star;

/// Latency of a path through the switch of [`server`].
const A: u64 = 600_000;

/// `n` GPUs on an NVSwitch at 100 GB/s, all of it payload.
fn server(n: u32) -> Fabric {
    let mut builder = Builder::new("server", LinkClass::builtin());
    let class = builder.class("nvlink").unwrap();
    let mut cable = Cable::new(class, Bandwidth::from_gigabytes(100)).latency(Some(Time(A / 2)));
    cable.efficiency = Some(1.0);
    let switch = Node::new("nvswitch", NodeKind::NvSwitch).in_server(0).working(InNetwork::BOTH);
    let switch = builder.add_node(switch);
    for i in 0..n {
        let gpu = builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).in_server(0));
        builder.add_cable(gpu, switch, cable.clone());
    }
    builder.finish().unwrap()
}

fn template(text: &str) -> Fabric {
    let options = LoadOptions { stdin: Some(text.to_owned()), ..LoadOptions::default() };
    load_topology("-", &options).unwrap_or_else(|_| panic!("not a topology: {text}")).value
}

fn rails(servers: u32) -> Fabric {
    template(&format!(
        "name = \"rails\"\ntemplate = \"rail-optimised\"\n[params]\nservers = {servers}\ngpus_per_server = 8\n\
         pod_servers = 32\nradix = 64\nbandwidth = \"400 Gbps\"\nnvswitch_in_network = true\n"
    ))
}

fn spec(fabric: &Fabric, op: Op, algorithm: Algorithm, sizes: &[u64]) -> CollectiveSpec {
    let mut spec = CollectiveSpec::new(op, algorithm, fabric.endpoints().to_vec());
    spec.sizes = sizes.iter().copied().map(Bytes).collect();
    spec
}

fn scenario(fabric: Fabric, stack: Option<Stack>, mut collectives: Vec<CollectiveSpec>) -> Scenario {
    let first = collectives.remove(0);
    let mut scenario = Scenario::of_one("stack", Arc::new(fabric), stack, first);
    scenario.collectives.append(&mut collectives);
    scenario
}

/// What a library sees of a fabric.
fn site_of(fabric: &Fabric) -> Site {
    let spec = spec(fabric, Op::AllReduce, Algorithm::Ring, &[8]);
    spec.site(fabric, &spec.request(fabric, Bytes(0)))
}

fn play(scenario: &Scenario) -> RunResult {
    play_with(scenario, fluid::Options::default(), 1)
}

fn play_with(scenario: &Scenario, options: fluid::Options, threads: usize) -> RunResult {
    let options = RunOptions { threads: Some(threads), fluid: options, ..RunOptions::default() };
    run(scenario, &options, &Quiet).unwrap_or_else(|error| panic!("{error}"))
}

/// The only case of one collective on all GPUs.
fn one(fabric: Fabric, stack: Stack, op: Op, algorithm: Algorithm, bytes: u64) -> Case {
    let specs = vec![spec(&fabric, op, algorithm, &[bytes])];
    let case = play(&scenario(fabric, Some(stack), specs)).cases.remove(0);
    let parts = &case.critical_path;
    let sum = parts.launch_ps + parts.latency_ps + parts.transfer_ps + parts.sharing_ps;
    assert_eq!(sum, case.time_ps, "parts add up: {case:?}");
    case
}

/// A library with the constants given, those of times in microseconds, of rates in GB/s.
fn made(library: Library, constants: &[(param::Param, f64)]) -> Stack {
    let mut profile = Profile::new("made", library, Generation::Hopper);
    for (param, value) in constants {
        profile.set(*param, *value);
    }
    Stack::new(profile)
}

fn with(mut stack: Stack, change: impl Fn(&mut Overrides)) -> Stack {
    change(&mut stack.overrides);
    stack
}

const US: u64 = 1_000_000;
/// Chunks of a ring differ by a byte, and what of them flows behind a latency is worked out from one of them.
fn slack(ps: u64) -> u64 {
    ps + ps / 1_000
}

#[test]
fn ideal_is_no_stack_to_the_byte() {
    for op in [Op::AllReduce, Op::AllGather, Op::AllToAll, Op::Broadcast] {
        let played = |stack: Option<Stack>| {
            let specs = vec![spec(&rails(2), op, Algorithm::Auto, &[8, 1 << 20, 1 << 30])];
            json::run(&play(&scenario(rails(2), stack, specs)))
        };
        assert_eq!(played(None), played(Some(Stack::new(Profile::ideal()))), "{op:?}");
    }
}

#[test]
fn a_ring_in_simple_takes_a_step_and_a_chunk_each_time() {
    for (n, channels, part, rate, least) in [
        // 10 channels of 4 GB/s are the least; then the part that is got of links.
        (4, 10.0, 0.5, 4.0, 40),
        (4, 20.0, 0.5, 4.0, 50),
        (8, 5.0, 0.25, 4.0, 20),
        (8, 5.0, 0.25, 8.0, 25),
    ] {
        let stack = made(
            Library::Nccl,
            &[
                (param::LAUNCH_SIMPLE, 5.0),
                (param::RING_SIMPLE, 3.0),
                (param::PART_SCALEUP, part),
                (param::CHANNELS, channels),
                (param::RATE_SIMPLE, rate),
            ],
        );
        let stack = with(stack, |imposed| imposed.protocol = Some(Protocol::Simple));
        let chunk = 1_000_000;
        for (op, rounds) in [(Op::AllReduce, 2), (Op::AllGather, 1), (Op::ReduceScatter, 1)] {
            let case = one(server(n), stack.clone(), op, Algorithm::Ring, u64::from(n) * chunk);
            let steps = rounds * (u64::from(n) - 1);
            let wanted = 5 * US + steps * (A + 3 * US + chunk * 1_000 / least);
            assert_eq!(case.time_ps, wanted, "{op:?} of {n}, {channels} channels");
            assert_eq!(case.critical_path.launch_ps, 5 * US);
            assert_eq!(case.protocol, "simple");
        }
    }
}

#[test]
fn chunks_beyond_the_first_cost_a_step_each() {
    let stack = made(
        Library::Nccl,
        &[
            (param::LAUNCH_SIMPLE, 5.0),
            (param::RING_SIMPLE, 3.0),
            (param::PART_SCALEUP, 0.5),
            (param::CHANNELS, 10.0),
            (param::RATE_SIMPLE, 50.0),
            (param::CHUNK_RING, 10_000.0),
        ],
    );
    let stack = with(stack, |imposed| imposed.protocol = Some(Protocol::Simple));
    // A block of 1 MB is 10 chunks in each of 10 channels: nine more.
    let case = one(server(4), stack, Op::AllReduce, Algorithm::Ring, 4_000_000);
    let wanted = 5 * US + 6 * (A + 3 * US + 20 * US + 9 * 3 * US);
    assert!(case.time_ps.abs_diff(wanted) <= 6, "{} {wanted}", case.time_ps);
}

#[test]
fn a_ring_in_ll_hides_what_flows_behind_its_latency() {
    let stack = made(
        Library::Nccl,
        &[
            (param::LAUNCH_LL, 4.0),
            (param::RING_LL, 2.0),
            (param::PART_SCALEUP, 1.0),
            (param::CHANNELS, 10.0),
            (param::RATE_LL, 5.0),
            (param::RATE_LL_ALL, 25.0),
        ],
    );
    let stack = with(stack, |imposed| {
        imposed.protocol = Some(Protocol::Ll);
        imposed.min_channels = Some(10);
    });
    // A chunk takes its bytes at 25 GB/s or 2 us, whichever is more.
    for (chunk, step) in [(10_000, 2_000_000), (50_000, 2_000_000), (500_000, 20_000_000)] {
        let case = one(server(4), stack.clone(), Op::AllReduce, Algorithm::Ring, 4 * chunk);
        assert_eq!(case.time_ps, 4 * US + 6 * (A + step), "{chunk}");
    }
}

#[test]
fn a_ring_in_ll128_takes_a_step_and_its_bytes_each_time() {
    let stack = made(
        Library::Nccl,
        &[
            (param::LAUNCH_LL128, 14.0),
            (param::RING_LL128, 2.0),
            (param::PART_SCALEUP, 1.0),
            (param::PART_LL128, 0.5),
            (param::CHANNELS, 10.0),
            (param::RATE_LL128, 20.0),
        ],
    );
    let stack = with(stack, |imposed| imposed.protocol = Some(Protocol::Ll128));
    // Half of the links is less than ten channels.
    let case = one(server(4), stack, Op::AllReduce, Algorithm::Ring, 4_000_000);
    assert_eq!(case.time_ps, 14 * US + 6 * (A + 2 * US + 20 * US));
}

#[test]
fn channels_cross_the_network_at_their_own_rate() {
    let constants = [
        (param::LAUNCH_SIMPLE, 5.0),
        (param::NET_RING_SIMPLE, 3.0),
        (param::PART_NETWORK, 1.0),
        (param::RATE_SIMPLE, 5.0),
        (param::CHANNELS_NET, 16.0),
    ];
    // One channel of 5 GB/s, 16 of them, and what the links of 50 GB/s carry.
    for (most, links, us) in [(1, 100, 200), (64, 100, 0), (64, 50, 20)] {
        let stack = with(made(Library::Nccl, &constants), |imposed| {
            imposed.protocol = Some(Protocol::Simple);
            imposed.max_channels = Some(most);
        });
        let fabric = star(4, Bandwidth::from_gigabytes(links), Time(A));
        let case = one(fabric, stack, Op::AllReduce, Algorithm::Ring, 4_000_000);
        let chunk = if us == 0 { 12_500_000 } else { us * US };
        assert_eq!(case.time_ps, 5 * US + 6 * (A + 3 * US + chunk), "{most} channels, {links} GB/s");
    }
}

#[test]
fn a_tree_of_two_goes_up_and_down_once() {
    let stack = made(
        Library::Nccl,
        &[(param::LAUNCH_LL, 4.0), (param::TREE_LL, 2.0), (param::PART_SCALEUP, 1.0), (param::RATE_LL, 1.0)],
    );
    let stack = with(stack, |imposed| imposed.protocol = Some(Protocol::Ll));
    let case = one(server(2), stack, Op::AllReduce, Algorithm::DoubleTree, 1_000);
    // One channel for so little: 1 GB/s, of which each tree has a half for its half of the data.
    assert_eq!(case.time_ps, 4 * US + 2 * (A + 2 * US + US));
}

#[test]
fn nvls_goes_into_the_switch_and_out_of_it() {
    let stack = made(
        Library::Nccl,
        &[
            (param::LAUNCH_NVLS, 7.0),
            (param::NVLS_STEP, 3.0),
            (param::RATE_NVLS, 50.0),
            (param::COST_NVLS, 0.0),
            (param::PART_SCALEUP, 1.0),
        ],
    );
    // 16 channels and 8 heads with chunks of 16 KiB hold this in one segment.
    let case = one(server(8), stack, Op::AllReduce, Algorithm::Nvls, 1_000_000);
    assert_eq!(case.time_ps, 7 * US + 2 * (A / 2 + 3 * US + 20 * US));
}

#[test]
fn reducing_switches_give_no_more_than_the_part_of_an_accelerators_links() {
    let stack = made(
        Library::Nccl,
        &[
            (param::LAUNCH_NVLS, 0.0),
            (param::NVLS_STEP, 0.0),
            (param::RATE_NVLS, 298.0),
            (param::COST_NVLS, 0.0),
            (param::PART_SCALEUP, 0.8),
        ],
    );
    let case = one(server(8), stack, Op::AllReduce, Algorithm::Nvls, 680_000);
    // 0.85 of 0.8 of 100 GB/s.
    assert_eq!(case.time_ps, A + 2 * 10 * US);
}

#[test]
fn sends_have_their_own_launch_step_and_part() {
    let stack = made(
        Library::Nccl,
        &[
            (param::LAUNCH_P2P, 6.0),
            (param::P2P_STEP, 2.0),
            (param::PART_P2P, 0.5),
            (param::PART_SCALEUP, 1.0),
        ],
    );
    let case = one(server(2), stack.clone(), Op::SendRecv, Algorithm::Auto, 1_000_000);
    assert_eq!(case.time_ps, 6 * US + A + 2 * US + 20 * US);
    // Seven of eight shares leave each GPU, together.
    let case = one(server(8), stack, Op::AllToAll, Algorithm::Auto, 8_000_000);
    assert_eq!(case.time_ps, 6 * US + A + 2 * US + 7 * 20 * US);
}

#[test]
fn messages_of_mpi_are_copied_or_ask_first_and_sums_take_their_time() {
    let stack = made(
        Library::Mpi,
        &[
            (param::MPI_LAUNCH, 1.0),
            (param::MPI_STEP, 2.0),
            (param::MPI_PARTNER, 0.5),
            (param::MPI_ASK, 4.0),
            (param::MPI_EAGER, 8_000.0),
            (param::MPI_COPY, 5.0),
            (param::MPI_RATE, 10.0),
            (param::MPI_RAILS, 1024.0),
            (param::MPI_REDUCE, 2.0),
            (param::MPI_REDUCE_LARGE, 1.0),
            (param::MPI_LARGE, 1e6),
            (param::MPI_RATE_LARGE, 5.0),
            (param::PART_NETWORK, 1.0),
        ],
    );
    let fabric = || star(2, Bandwidth::from_gigabytes(100), Time(A));
    // Nanoseconds a byte: 0.1 on the wire, 0.2 for a copy, 0.5 for a sum; large 0.2 and 1.
    for (op, algorithm, bytes, step, ps_a_byte) in [
        (Op::SendRecv, Algorithm::Direct, 8_000, 2 * US, 300),
        (Op::SendRecv, Algorithm::Direct, 10_000, 4 * US, 100),
        (Op::SendRecv, Algorithm::Direct, 1_000_000, 4 * US, 200),
        (Op::AllReduce, Algorithm::RecursiveDoubling, 8_000, 2 * US + US / 2, 800),
        (Op::AllReduce, Algorithm::RecursiveDoubling, 10_000, 4 * US + US / 2, 600),
        (Op::AllReduce, Algorithm::RecursiveDoubling, 1_000_000, 4 * US + US / 2, 1_200),
        (Op::AllGather, Algorithm::Ring, 20_000, 4 * US, 50),
    ] {
        let case = one(fabric(), stack.clone(), op, algorithm, bytes);
        let wanted = US + A + step + bytes * ps_a_byte;
        assert!(case.time_ps.abs_diff(wanted) <= 1, "{op:?} of {bytes}: {} {wanted}", case.time_ps);
        assert_eq!(case.protocol, "", "{op:?}");
    }
}

#[test]
fn messages_that_a_rank_starts_at_once_cost_it_each() {
    for (op, further) in [(Op::SendRecv, 0), (Op::AllToAll, 3), (Op::Broadcast, 3), (Op::Reduce, 3)] {
        let time = |message: f64| {
            let stack = made(Library::Mpi, &[(param::MPI_MESSAGE, message)]);
            let fabric = star(5, Bandwidth::from_gigabytes(100), Time(A));
            one(fabric, stack, op, Algorithm::Direct, 1_000).time_ps
        };
        assert_eq!(time(3.0) - time(1.0), further * 2 * US, "{op:?}");
    }
}

#[test]
fn launch_is_added_once_to_each_of_several_that_start_at_their_own_times() {
    let stack =
        made(Library::Nccl, &[(param::LAUNCH_P2P, 6.0), (param::P2P_STEP, 2.0), (param::PART_P2P, 0.5)]);
    let fabric = server(4);
    let mut specs = Vec::new();
    for (pair, start) in [(0..2, 0), (2..4, 50 * US)] {
        let mut spec = spec(&fabric, Op::SendRecv, Algorithm::Direct, &[1_000_000]);
        spec.nodes = fabric.endpoints()[pair].to_vec();
        spec.start = Time(start);
        spec.group = format!("pair{start}");
        specs.push(spec);
    }
    let mut scenario = scenario(fabric, Some(stack), specs);
    scenario.together = true;
    let result = play(&scenario);
    assert_eq!(result.cases.len(), 2);
    for (case, start) in result.cases.iter().zip([0, 50 * US]) {
        assert_eq!((case.start_ps, case.time_ps), (start, 28 * US + A), "{case:?}");
        assert_eq!(case.critical_path.launch_ps, 6 * US);
    }
}

/// Fabrics that libraries meet.
fn fabrics() -> Vec<Fabric> {
    let boxes = "template = \"full-mesh-box\"\nname = \"box\"\n[params]\n";
    vec![
        server(8),
        server(3),
        star(4, Bandwidth::from_gigabytes(25), Time(A)),
        rails(2),
        rails(3),
        template(&format!("{boxes}servers = 1\n")),
        template(&format!("{boxes}servers = 2\n")),
        template(&format!("{boxes}servers = 3\ngpus_per_server = 4\n")),
        template("template = \"hybrid-cube-mesh\"\nname = \"cube\"\n"),
    ]
}

const OPS: [Op; 7] =
    [Op::AllReduce, Op::AllGather, Op::ReduceScatter, Op::Broadcast, Op::Reduce, Op::AllToAll, Op::SendRecv];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 40 } else { 400 }))]

    #[test]
    fn bounds_hold_and_short_cuts_and_threads_change_nothing(
        which in 0..9_usize,
        profile in prop::sample::select(builtin_names().collect::<Vec<_>>()),
        op in prop::sample::select(OPS.to_vec()),
        size in 3_u32..34,
        odd in 0_u64..7,
        protocol in prop::sample::select(vec![None, Some(Protocol::Ll), Some(Protocol::Ll128), Some(Protocol::Simple)]),
        (least, shared) in (prop::option::of(1_u32..200), any::<bool>()),
    ) {
        let fabric = fabrics().remove(which);
        let mut stack = Stack::new(builtin(profile).unwrap());
        stack.overrides.protocol = protocol;
        stack.overrides.min_channels = least;
        stack.shared_process = shared;
        let mut of = spec(&fabric, op, Algorithm::Auto, &[(1 << size) + odd]);
        if op == Op::SendRecv {
            of.nodes.truncate(2);
        }
        let scenario = scenario(fabric, Some(stack), vec![of]);
        let result = play(&scenario);
        for case in &result.cases {
            prop_assert!(case.bound_ps <= case.time_ps, "{case:?}");
            prop_assert!(case.time_ps > 0 && case.time_ps < 1 << 60, "{case:?}");
            for link in &case.busiest_links {
                prop_assert!(link.utilisation <= 1.0 + 1e-9, "{link:?}");
            }
        }
        prop_assert_eq!(json::run(&result), json::run(&play_with(&scenario, fluid::Options::default(), 4)));
        let slow = fluid::Options { symmetry: false, skip: false };
        let slow = play_with(&scenario, slow, 1);
        for (fast, slow) in result.cases.iter().zip(&slow.cases) {
            prop_assert_eq!(fast.time_ps, slow.time_ps, "{}", fast.algorithm);
        }
    }

    #[test]
    fn more_bytes_take_no_less_and_less_of_a_link_no_less(
        which in 0..9_usize,
        op in prop::sample::select(vec![Op::AllReduce, Op::AllGather, Op::ReduceScatter]),
        protocol in prop::sample::select(vec![Protocol::Ll, Protocol::Ll128, Protocol::Simple]),
        size in 3_u32..30,
        part in prop::sample::select(vec![param::PART_SCALEUP, param::PART_PCIE, param::PART_NETWORK, param::RATE_SIMPLE, param::RATE_LL]),
    ) {
        let fabric = fabrics().remove(which);
        let mut stack = Stack::new(builtin("nccl-hopper").unwrap());
        stack.overrides.protocol = Some(protocol);
        // Another channel may well make more bytes take less, and so may another segment of a pipeline.
        (stack.overrides.min_channels, stack.overrides.max_channels) = (Some(8), Some(8));
        let sizes = [1 << size, 2 << size, (2 << size) + (1 << size) / 3, 4 << size];
        let specs = vec![spec(&fabric, op, Algorithm::Ring, &sizes)];
        let mut scenario = scenario(fabric, Some(stack), specs);
        let before: Vec<u64> = play(&scenario).cases.iter().map(|case| case.time_ps).collect();
        prop_assert!(before.windows(2).all(|pair| pair[0] <= slack(pair[1])), "{before:?}");
        let stack = scenario.stack.as_mut().unwrap();
        stack.profile.set(part, stack.profile.get(part) / 2.0);
        let after: Vec<u64> = play(&scenario).cases.iter().map(|case| case.time_ps).collect();
        prop_assert!(before.iter().zip(&after).all(|(before, after)| *before <= slack(*after)), "{before:?} {after:?}");
    }
}

#[test]
fn folded_rings_under_a_stack_take_as_long_as_plain_ones() {
    let stack = Stack::new(builtin("nccl-hopper").unwrap());
    for (servers, algorithm, bytes) in [
        (32, Algorithm::Ring, 1 << 28),
        (32, Algorithm::Ring, 1_000_003),
        (8, Algorithm::DoubleTree, 1 << 20),
    ] {
        let fabric = rails(servers);
        let specs = vec![spec(&fabric, Op::AllReduce, algorithm, &[bytes])];
        let scenario = scenario(fabric, Some(stack.clone()), specs);
        let fast = play(&scenario).cases.remove(0);
        let plain = fluid::Options { symmetry: false, ..fluid::Options::default() };
        let plain = play_with(&scenario, plain, 2).cases.remove(0);
        assert_eq!(fast.time_ps, plain.time_ps, "{servers} servers, {algorithm:?}, {bytes} bytes");
        assert_eq!(fast.critical_path, plain.critical_path);
    }
}

#[test]
fn every_algorithm_runs_under_every_profile() {
    let fabric = rails(2);
    for name in builtin_names() {
        let stack = Stack::new(builtin(name).unwrap());
        for algorithm in
            [Algorithm::Ring, Algorithm::DoubleTree, Algorithm::HalvingDoubling, Algorithm::Hierarchical]
        {
            for op in ops(algorithm) {
                let specs = vec![spec(&fabric, *op, algorithm, &[1, 1 << 20])];
                for case in play(&scenario(fabric.clone(), Some(stack.clone()), specs)).cases {
                    assert!(case.time_ps >= case.bound_ps, "{name} {algorithm:?} {op:?}");
                }
            }
        }
    }
}
