//! Bounds against closed forms.

mod hand;

use hand::{cables, every_schedule, fabric, route};
use proptest::prelude::*;
use railspine::bound::{BoundKind, BoundModel};
use railspine::collective::Op;
use railspine::fabric::{Builder, Cable, Fabric, LinkClass, Node, NodeKind};
use railspine::ids::{NodeId, Rank};
use railspine::units::{Bandwidth, Bytes, Time};

/// `gpus` GPUs on one switch, `gigabytes` GB/s each way, half a microsecond a hop.
fn star(gigabytes: &[u64]) -> Fabric {
    let mut builder = Builder::new("star", LinkClass::builtin());
    let ideal = builder.class("ideal").unwrap();
    let switch = builder.add_node(Node::new("switch", NodeKind::Switch));
    for (index, rate) in gigabytes.iter().enumerate() {
        let gpu = builder.add_node(Node::new(format!("gpu{index}"), NodeKind::Gpu));
        let cable = Cable::new(ideal, Bandwidth::from_gigabytes(*rate));
        builder.add_cable(gpu, switch, cable.latency(Some(Time::from_ps(500_000))));
    }
    builder.finish().unwrap()
}

/// `servers` servers of `gpus` GPUs on an NVSwitch (450 GB/s each), with an adapter each (25 GB/s) to the leaf of
/// its rail.
fn rails(servers: u32, gpus: u32) -> Fabric {
    let mut builder = Builder::new("rails", LinkClass::builtin());
    let ideal = builder.class("ideal").unwrap();
    let cable = |gigabytes: u64, ns: u64| {
        Cable::new(ideal, Bandwidth::from_gigabytes(gigabytes)).latency(Some(Time::from_ps(ns * 1_000)))
    };
    let leaves: Vec<NodeId> =
        (0..gpus).map(|rail| builder.add_node(Node::new(format!("leaf{rail}"), NodeKind::Leaf))).collect();
    for server in 0..servers {
        let name = format!("host{server}");
        let nvswitch =
            builder.add_node(Node::new(format!("{name}/nvswitch"), NodeKind::NvSwitch).in_server(server));
        for rail in 0..gpus {
            let node = |kind, part: &str| Node::new(format!("{name}/{part}{rail}"), kind).in_server(server);
            let gpu = builder.add_node(node(NodeKind::Gpu, "gpu"));
            let nic = builder.add_node(node(NodeKind::Nic, "nic"));
            builder.add_cable(gpu, nvswitch, cable(450, 150));
            builder.add_cable(gpu, nic, cable(64, 250));
            builder.add_cable(nic, leaves[rail as usize], cable(25, 450));
        }
    }
    builder.finish().unwrap()
}

/// `sides` of a torus with 50 GB/s links and half a microsecond a hop.
fn torus(sides: &[u32]) -> Fabric {
    let mut builder = Builder::new("torus", LinkClass::builtin());
    let ideal = builder.class("ideal").unwrap();
    let count: u32 = sides.iter().product();
    let nodes: Vec<NodeId> = (0..count)
        .map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).forwarding()))
        .collect();
    let mut stride = count;
    for side in sides {
        stride /= side;
        for index in (0..count).filter(|_| *side > 1) {
            let place = index / stride % side;
            if *side == 2 && place == 1 {
                continue;
            }
            let next = index - place * stride + (place + 1) % side * stride;
            let cable = Cable::new(ideal, Bandwidth::from_gigabytes(50));
            let cable = cable.latency(Some(Time::from_ps(500_000)));
            builder.add_cable(nodes[index as usize], nodes[next as usize], cable);
        }
    }
    builder.set_torus(sides.to_vec());
    builder.finish().unwrap()
}

fn bound(fabric: &Fabric, op: Op, bytes: u64) -> (u64, BoundKind, String) {
    let bound = BoundModel::new(fabric, fabric.endpoints()).bound(op, Bytes(bytes), Rank(0));
    (bound.time.ps(), bound.kind, bound.detail)
}

/// Within rounding of a picosecond in 10^12, and never over.
#[track_caller]
fn assert_is(found: (u64, BoundKind, String), ps: u64, kind: BoundKind, detail: &str) {
    assert!(found.0 <= ps && ps - found.0 <= 1 + ps / 100_000_000_000, "{found:?}, not {ps} ps");
    assert_eq!((found.1, found.2.as_str()), (kind, detail));
}

#[test]
fn a_star_is_bound_by_injection() {
    // 16 MiB over 50 GB/s take 335,544,320 ps; a path is 1 us.
    let fabric = star(&[50; 64]);
    let (whole, a) = (335_544_320, 1_000_000);
    let all = "what all 64 GPUs together can send and receive";
    let ring = 2 * 63 * whole / 64 + a;
    assert_is(bound(&fabric, Op::AllReduce, 16 << 20), ring, BoundKind::Injection, all);
    let most = 63 * whole / 64 + a;
    assert_is(bound(&fabric, Op::AllGather, 16 << 20), most, BoundKind::Injection, "entering `gpu0`");
    assert_is(bound(&fabric, Op::ReduceScatter, 16 << 20), most, BoundKind::Injection, "leaving `gpu0`");
    assert_is(bound(&fabric, Op::AllToAll, 16 << 20), most, BoundKind::Injection, "leaving `gpu0`");
    for op in [Op::Broadcast, Op::Reduce, Op::SendRecv] {
        let (time, kind, _) = bound(&fabric, op, 16 << 20);
        assert_eq!((time, kind), (whole + a - 1, BoundKind::Injection), "{op}");
    }
}

#[test]
fn small_and_empty_buffers_are_bound_by_latency() {
    let fabric = star(&[50; 8]);
    for op in Op::ALL {
        let (time, kind, _) = bound(&fabric, op, 0);
        assert_eq!((time, kind), (1_000_000, BoundKind::Latency), "{op}");
        let (time, kind, _) = bound(&fabric, op, 1 << 10);
        assert!((1_000_000..1_050_000).contains(&time) && kind == BoundKind::Latency, "{op}: {time}");
    }
    let one = BoundModel::new(&fabric, &fabric.endpoints()[..1]);
    for op in Op::ALL {
        assert_eq!(one.bound(op, Bytes(1 << 30), Rank(0)).time, Time::ZERO);
    }
}

#[test]
fn the_counterexample_to_twice_the_gather_optimum_holds() {
    // Three ranks with 10, 10 and 1 GB/s, 3 GB: all-reduce takes 3 s, not twice the 2 s of an all-gather.
    let fabric = star(&[10, 10, 1]);
    let second = 1_000_000_000_000;
    let (time, ..) = bound(&fabric, Op::AllReduce, 3_000_000_000);
    assert!((3 * second - 3..3 * second + 2_000_000).contains(&time), "{time}");
    let (time, ..) = bound(&fabric, Op::AllGather, 3_000_000_000);
    assert!((2 * second - 3..2 * second + 2_000_000).contains(&time), "{time}");
}

#[test]
fn a_server_with_slow_adapters_is_a_cut() {
    let fabric = rails(4, 8);
    // 1 GB; a server sends 8 x 25 GB/s, and the nearest GPU of another server is 0.25 + 0.45 + 0.45 + 0.25 us
    // away. All-reduce: 2 * 3 * 1e9 / (4 * 200e9) s; gathering: 0.75e9 / 200e9 s.
    let gigabyte = 1_000_000_000;
    let all = "what all 4 servers together can send and receive";
    assert_is(bound(&fabric, Op::AllReduce, gigabyte), 7_500_000_000 + 1_400_000, BoundKind::Cut, all);
    let entering = "entering the 8 GPUs of server 0";
    let most = 3_750_000_000 + 1_400_000;
    assert_is(bound(&fabric, Op::AllGather, gigabyte), most, BoundKind::Cut, entering);
    // The farthest pair is on different rails of different servers: 1.4 us and an NVSwitch.
    let (time, kind, detail) = bound(&fabric, Op::AllReduce, 0);
    assert_eq!((time, kind), (1_700_000, BoundKind::Latency), "{detail}");
    // All-to-all: 8 * 24 pairs of 1e9 / 32 bytes leave a server.
    let pairs = 8 * 24 * 31_250_000 * 5;
    assert_is(
        bound(&fabric, Op::AllToAll, gigabyte),
        pairs + 1_400_000,
        BoundKind::Cut,
        "leaving the 8 GPUs of server 0",
    );
    // Rank 7 to rank 8 changes the server and the rail; only one buffer leaves a server.
    let (time, kind, _) = bound(&fabric, Op::SendRecv, 0);
    assert_eq!((time, kind), (1_700_000, BoundKind::Latency));
}

#[test]
fn a_torus_is_cut_in_halves() {
    // All-to-all on 8 x 8: the busiest link carries N k / 8 = 64 shards of 1 MiB; nearest neighbours are a hop off.
    let fabric = torus(&[8, 8]);
    let shard = (1u64 << 20) * 20;
    assert_is(
        bound(&fabric, Op::AllToAll, 64 << 20),
        64 * shard + 500_000,
        BoundKind::Cut,
        "leaving the 32 GPUs of a half along dimension 0",
    );
    // The farthest pair is 8 hops apart.
    assert_eq!(bound(&fabric, Op::AllReduce, 0).0, 4_000_000);
    // All-reduce with four links a rank.
    let whole = (64u64 << 20) * 20;
    let (time, kind, _) = bound(&fabric, Op::AllReduce, 64 << 20);
    assert_eq!((time / 1_000, kind), ((2 * 63 * whole / 256 + 500_000) / 1_000, BoundKind::Injection));
}

#[test]
fn gathering_meets_the_published_optima() {
    // ForestColl's program: 4 x 4 torus and mesh of 50 GB/s links, 0.075 and 0.15 s per GB of shard.
    let shard = 1_000_000_000;
    let (time, ..) = bound(&torus(&[4, 4]), Op::AllGather, 16 * shard);
    assert_eq!(time / 1_000_000, 75_000);
}

#[test]
fn flows_find_the_narrow_place_of_an_odd_fabric() {
    // Two triangles of 50 GB/s links joined by one link of 10 GB/s: no structure says so.
    let mut builder = Builder::new("dumbbell", LinkClass::builtin());
    let ideal = builder.class("ideal").unwrap();
    let nodes: Vec<NodeId> =
        (0..6).map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).forwarding())).collect();
    let cable = |gigabytes| {
        Cable::new(ideal, Bandwidth::from_gigabytes(gigabytes)).latency(Some(Time::from_ps(500_000)))
    };
    for (a, b) in [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)] {
        builder.add_cable(nodes[a], nodes[b], cable(50));
    }
    builder.add_cable(nodes[2], nodes[3], cable(10));
    let fabric = builder.finish().unwrap();
    let (time, kind, detail) = bound(&fabric, Op::Broadcast, 1_000_000_000);
    assert_eq!((time.div_ceil(1_000_000), kind), (100_001, BoundKind::Cut), "{detail}");
    let (time, kind, _) = bound(&fabric, Op::AllGather, 6_000_000_000);
    assert_eq!((time.div_ceil(1_000_000), kind), (300_001, BoundKind::Cut));
}

#[test]
fn a_subset_counts_what_leaves_its_nodes() {
    // Two of eight ranks of a server: they can use all eight adapters through the NVSwitch.
    let fabric = rails(2, 8);
    let endpoints = fabric.endpoints();
    let nodes = [endpoints[0], endpoints[1], endpoints[8], endpoints[9]];
    let model = BoundModel::new(&fabric, &nodes);
    let found = model.bound(Op::AllReduce, Bytes(1_000_000_000), Rank(0));
    // A GPU and its adapter send at most 450 + 25 GB/s, and 200 GB/s leave a server.
    let sum = 2.0 * 3.0 / (4.0 * 475.0);
    let cut = 1.0 / 200.0;
    let expected = f64::max(sum, cut) * 1e12;
    assert!((found.time.ps() as f64 - expected).abs() < 2_000_000.0, "{found:?}, {expected}");
}

#[test]
fn bounds_grow_with_bytes() {
    for fabric in [star(&[10, 20, 50, 50]), rails(3, 2), torus(&[3, 4]), torus(&[2, 2, 2])] {
        let model = BoundModel::new(&fabric, fabric.endpoints());
        for op in Op::ALL {
            let times: Vec<Time> =
                (0..30).map(|shift| model.bound(op, Bytes((1 << shift) - 1), Rank(1)).time).collect();
            assert!(times.is_sorted(), "{op}: {times:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// No schedule of any operation, run with max-min fair sharing, is faster than its bound.
    #[test]
    fn no_schedule_beats_its_bound((ranks, cables) in cables(), bytes in 0u64..50_000_000) {
        let fabric = fabric(ranks, &cables);
        let model = BoundModel::new(&fabric, &fabric.endpoints()[..ranks as usize]);
        for schedule in every_schedule(ranks) {
            let (routes, paths) = route(&fabric, &schedule);
            let bound = model.bound(schedule.op, Bytes(bytes), Rank(0));
            let time = hand::plain::finish(&schedule, &routes, &paths, Bytes(bytes));
            prop_assert!(time + 1e-3 >= bound.time.ps() as f64, "{} takes {time} ps: {bound:?}", schedule.op);
        }
    }
}
