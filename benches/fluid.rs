//! How fast the fluid engine is: flows (transfers) per CPU second, printed beside criterion's times.
//!
//! `cargo bench --bench fluid`; with `-- --test NAME` each case whose name has NAME in it is run for a second and its
//! rate printed. No short cuts are taken: every transfer of every rank is simulated.

#![expect(clippy::print_stdout, reason = "rates are printed beside the times of criterion")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use railspine::collective::algo::{Request, schedule};
use railspine::collective::{Algorithm, Op, verify};
use railspine::engine::fluid::{self, Options};
use railspine::engine::{Collective, Job, Outcome, Silent, Steps};
use railspine::fabric::{Builder, Cable, Fabric, LinkClass, Node, NodeKind, Routing};
use railspine::rng::mix;
use railspine::route::{Flow, Router, Routes};
use railspine::units::{Bandwidth, Bytes, Time};

/// `n` GPUs on one switch.
fn star(n: u32) -> Fabric {
    let mut builder = Builder::new("star", LinkClass::builtin());
    let class = builder.class("infiniband").expect("a built-in class");
    let switch = builder.add_node(Node::new("switch0", NodeKind::Switch));
    for i in 0..n {
        let gpu = builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu));
        builder.add_cable(gpu, switch, Cable::new(class, Bandwidth::from_gbps(400)));
    }
    builder.finish().expect("a star is a fabric")
}

/// `leaves` leaves of 32 GPUs under 32 spines.
fn fat_tree(leaves: u32, routing: Routing) -> Fabric {
    let mut builder = Builder::new("fat-tree", LinkClass::builtin());
    builder.set_routing(routing);
    let class = builder.class("infiniband").expect("a built-in class");
    let cable = Cable::new(class, Bandwidth::from_gbps(400));
    let spines: Vec<_> =
        (0..32).map(|i| builder.add_node(Node::new(format!("spine{i}"), NodeKind::Spine))).collect();
    for leaf in 0..leaves {
        let switch = builder.add_node(Node::new(format!("leaf{leaf}"), NodeKind::Leaf));
        for spine in &spines {
            builder.add_cable(switch, *spine, cable.clone());
        }
        for host in 0..32 {
            let gpu = builder.add_node(Node::new(format!("gpu{}", leaf * 32 + host), NodeKind::Gpu));
            builder.add_cable(gpu, switch, cable.clone());
        }
    }
    builder.finish().expect("a fat tree is a fabric")
}

/// Servers of 8 GPUs on an NVSwitch, and a switch for every rail.
fn rails(servers: u32) -> Fabric {
    let mut builder = Builder::new("rails", LinkClass::builtin());
    let nvlink = builder.class("nvlink").expect("a built-in class");
    let infiniband = builder.class("infiniband").expect("a built-in class");
    let inside = Cable::new(nvlink, Bandwidth::from_gigabytes(450));
    let across = Cable::new(infiniband, Bandwidth::from_gbps(400));
    let leaves: Vec<_> =
        (0..8).map(|i| builder.add_node(Node::new(format!("leaf{i}"), NodeKind::Leaf))).collect();
    for server in 0..servers {
        let node = Node::new(format!("host{server}/nvswitch"), NodeKind::NvSwitch);
        let switch = builder.add_node(node.in_server(server));
        for (rail, leaf) in (0..).zip(&leaves) {
            let node = Node::new(format!("host{server}/gpu{rail}"), NodeKind::Gpu);
            let gpu = builder.add_node(node.in_server(server).on_rail(rail));
            builder.add_cable(gpu, switch, inside.clone());
            builder.add_cable(gpu, *leaf, across.clone());
        }
    }
    builder.finish().expect("rails are a fabric")
}

/// Routes and collectives of a case, ready to run again and again, and its transfers.
type Case = (Routes, Vec<Collective>, u64);

fn prepare(fabric: &Fabric, op: Op, algorithm: Algorithm, bytes: Bytes) -> Case {
    let request = Request::new(op, fabric.endpoints().len() as u32, bytes);
    route(fabric, algorithm, &request)
}

/// Rings through servers of 8 GPUs, one a rail.
fn prepare_rails(servers: u32, bytes: Bytes) -> Case {
    let fabric = rails(servers);
    let mut request = Request::new(Op::AllReduce, servers * 8, bytes);
    request.servers = (0..servers * 8).map(|rank| rank / 8).collect();
    request.channels = Some(8);
    route(&fabric, Algorithm::Ring, &request)
}

/// Everybody sends to everybody at once, sizes drawn evenly from 0.5 to 1.5 of the mean: one collective a pair.
fn prepare_uneven(fabric: &Fabric, mean: u64) -> Case {
    let request = Request::new(Op::Broadcast, 2, Bytes(mean));
    let verified = verify(schedule(Algorithm::Direct, &request).expect("it serves")).expect("it is right");
    let ends = fabric.endpoints();
    let pairs = ends.iter().flat_map(|src| ends.iter().map(move |dst| (*src, *dst)));
    let flows: Vec<Flow> =
        pairs.filter(|(src, dst)| src != dst).map(|(src, dst)| Flow { src, dst, channel: 0 }).collect();
    let mut router = Router::new(fabric, 1);
    let paths = router.paths(&flows).expect("it is connected");
    let collectives = (0..).zip(paths).map(|(number, path)| Collective {
        schedule: verified.clone(),
        bytes: Bytes(mean / 2 + mix(number) % (mean + 1)),
        paths: vec![path],
        fold: None,
        start: Time::ZERO,
        steps: Steps::Receipt,
    });
    let collectives: Vec<_> = collectives.collect();
    (router.finish(), collectives, flows.len() as u64)
}

fn route(fabric: &Fabric, algorithm: Algorithm, request: &Request) -> Case {
    let bytes = request.bytes;
    let verified = verify(schedule(algorithm, request).expect("it serves")).expect("it is right");
    let ends = fabric.endpoints();
    let flows: Vec<Flow> = verified
        .schedule()
        .phases
        .iter()
        .flat_map(|phase| phase.pattern.lanes().map(move |lane| (lane, phase.channel)))
        .map(|(lane, channel)| Flow { src: ends[lane.src.index()], dst: ends[lane.dst.index()], channel })
        .collect();
    let mut router = Router::new(fabric, 1);
    let paths = router.paths(&flows).expect("it is connected");
    let transfers = verified.schedule().transfer_count();
    let collective =
        Collective { schedule: verified, bytes, paths, fold: None, start: Time::ZERO, steps: Steps::Receipt };
    (router.finish(), vec![collective], transfers)
}

/// CPU time of this process so far, where the system tells it.
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// Peak resident memory of this process so far, in MiB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib / 1024)
}

/// Every transfer, one by one.
fn play(job: &Job<'_>) -> Outcome {
    fluid::run_with(job, Options::PLAIN, &mut Silent)
}

fn cases(criterion: &mut Criterion) {
    type Make = fn() -> Case;
    // Made one after the other, so that the peak memory told is not that of later cases.
    let all: [(&str, Make); 9] = [
        ("ring all-reduce, 1024 ranks, star", || {
            prepare(&star(1024), Op::AllReduce, Algorithm::Ring, Bytes(64 << 20))
        }),
        ("ring all-reduce, 1024 ranks, fat tree, spray", || {
            prepare(&fat_tree(32, Routing::Spray), Op::AllReduce, Algorithm::Ring, Bytes(64 << 20))
        }),
        ("ring all-reduce, 1024 ranks, fat tree, ECMP", || {
            prepare(&fat_tree(32, Routing::Ecmp), Op::AllReduce, Algorithm::Ring, Bytes(64 << 20))
        }),
        ("direct all-to-all, 256 ranks, star", || {
            prepare(&star(256), Op::AllToAll, Algorithm::Direct, Bytes(64 << 20))
        }),
        ("halving-doubling all-reduce, 1024 ranks, fat tree, static", || {
            prepare(
                &fat_tree(32, Routing::Static),
                Op::AllReduce,
                Algorithm::HalvingDoubling,
                Bytes(64 << 20),
            )
        }),
        ("double-tree all-reduce, 256 ranks, fat tree, spray", || {
            prepare(&fat_tree(8, Routing::Spray), Op::AllReduce, Algorithm::DoubleTree, Bytes(256 << 20))
        }),
        ("ring all-reduce, 1024 ranks in servers of 8, 8 channels, rails", || {
            prepare_rails(128, Bytes(64 << 20))
        }),
        ("uneven all-to-all, 128 ranks, star", || prepare_uneven(&star(128), 1 << 20)),
        ("uneven all-to-all, 128 ranks, fat tree, spray", || {
            prepare_uneven(&fat_tree(4, Routing::Spray), 1 << 20)
        }),
    ];
    let mut group = criterion.benchmark_group("fluid");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    for (name, make) in all {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part)) {
            continue;
        }
        let (routes, collectives, transfers) = make();
        let job = Job { routes: &routes, collectives };
        let (mut runs, mut solves, before) = (0u64, 0, cpu_time());
        let wall = std::time::Instant::now();
        while runs == 0 || wall.elapsed() < Duration::from_secs(1) {
            let outcome = play(&job);
            assert!(!outcome.cancelled);
            solves = outcome.solves;

            runs += 1;
        }
        if let (Some(before), Some(after)) = (before, cpu_time()) {
            let spent = (after - before).as_secs_f64().max(0.01);
            let rate = (runs * transfers) as f64 / spent / 1e6;
            let peak =
                peak_memory().map_or_else(String::new, |peak| format!(", peak memory so far {peak} MiB"));
            println!(
                "{name}: {transfers} flows, {solves} solves, {:.3} CPU seconds a run, {rate:.2} million flows per \
                 CPU second{peak}",
                spent / runs as f64,
            );
        }
        group.throughput(Throughput::Elements(transfers));
        group.bench_with_input(BenchmarkId::from_parameter(name), &job, |bencher, job| {
            bencher.iter(|| play(job));
        });
    }
    group.finish();
}

// Plots of criterion need a system font; the times do not.
criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = cases
}
criterion_main!(benches);
