//! Closed forms that the fluid engine must come to, row by row: N ranks, S bytes, s = S/N, rate B, path latency a.
//!
//! Where every drain is a whole number of picoseconds they are equal to the picosecond; else each chained event may
//! round up by one. Sources of the formulas: the cost comments of MPICH's collectives (Thakur, Rabenseifner and Gropp,
//! IJHPCA 19(1), 2005), Patarasuk and Yuan 2009, Bruck et al. 1997, or the derivation given.

mod support;

use railspine::collective::{Algorithm, Op};
use railspine::engine::Steps;
use railspine::fabric::{Builder, Cable, Fabric, LinkClass, Node, NodeKind};
use railspine::units::{Bandwidth, Bytes, Time};
use support::{Asked, B, play, rails, star, time, torus, two_tier};

const N: u64 = 64;
const S: u64 = 16 << 20;
/// Path latency: 1 us.
const A: u64 = 1_000_000;
/// S / B in picoseconds.
const SB: u64 = 335_544_320;
/// s / B in picoseconds.
const CB: u64 = SB / N;

fn ideal() -> Fabric {
    star(N as u32, B, Time(A))
}

fn on_star(op: Op, algorithm: Algorithm) -> Time {
    let fabric = ideal();
    time(&fabric, Asked::on_all(&fabric, op, algorithm, Bytes(S)))
}

fn on_star_lockstep(op: Op, algorithm: Algorithm) -> Time {
    let fabric = ideal();
    time(&fabric, Asked { steps: Steps::Lockstep, ..Asked::on_all(&fabric, op, algorithm, Bytes(S)) })
}

/// A row that holds both receipt-driven and in lockstep.
fn both(op: Op, algorithm: Algorithm, expected: u64) {
    assert_eq!(on_star(op, algorithm), Time(expected), "{op} {algorithm} receipt-driven");
    assert_eq!(on_star_lockstep(op, algorithm), Time(expected), "{op} {algorithm} in lockstep");
}

/// Row 1: one flow: the sum of latencies plus S/B of the slowest link.
#[test]
fn row_01_one_flow() {
    let fabric = star(2, B, Time(A));
    let asked = Asked::on_all(&fabric, Op::Broadcast, Algorithm::Direct, Bytes(S));
    assert_eq!(time(&fabric, asked), Time(A + SB));
}

/// Row 2: k equal flows into one link: a + kS/B.
#[test]
fn row_02_equal_flows_share_a_link() {
    let fabric = star(4, B, Time(A));
    let asked = Asked::on_all(&fabric, Op::Reduce, Algorithm::Direct, Bytes(50_000_000));
    assert_eq!(time(&fabric, asked), Time(3_001_000_000));
}

fn pair<'a>(fabric: &Fabric, from: usize, to: usize, bytes: u64) -> Asked<'a> {
    let ends = fabric.endpoints();
    Asked {
        nodes: vec![ends[from], ends[to]],
        ..Asked::on_all(fabric, Op::Broadcast, Algorithm::Direct, Bytes(bytes))
    }
}

/// Row 3: two flows S1 < S2 on one link: a + 2 S1/B, then a + (S1 + S2)/B.
#[test]
fn row_03_the_shorter_flow_ends_first() {
    let fabric = star(3, B, Time(A));
    let outcome = play(&fabric, &[pair(&fabric, 0, 2, 50_000_000), pair(&fabric, 1, 2, 150_000_000)]);
    let ends: Vec<Time> = outcome.collectives.iter().map(|c| c.finish).collect();
    assert_eq!(ends, [Time(2_001_000_000), Time(4_001_000_000)]);
}

/// A line of three nodes; the first link carries 1 GB/s, the second 2 GB/s.
fn line(latency: Time) -> Fabric {
    let mut builder = Builder::new("line", LinkClass::builtin());
    let class = builder.class("ideal").unwrap();
    let nodes: Vec<_> =
        (0..3).map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).forwarding())).collect();
    for (i, gigabytes) in [(0, 1), (1, 2)] {
        let cable = Cable::new(class, Bandwidth::from_gigabytes(gigabytes)).latency(Some(latency));
        builder.add_cable(nodes[i], nodes[i + 1], cable);
    }
    builder.finish().unwrap()
}

/// Row 4: the parking lot: rates 1/2, 1/2 and 3/2 GB/s, so that 1, 1 and 3 GB all end at 2 s.
#[test]
fn row_04_parking_lot() {
    let fabric = line(Time::ZERO);
    let asked = [
        pair(&fabric, 0, 2, 1_000_000_000),
        pair(&fabric, 0, 1, 1_000_000_000),
        pair(&fabric, 1, 2, 3_000_000_000),
    ];
    let outcome = play(&fabric, &asked);
    assert!(outcome.collectives.iter().all(|c| c.finish == Time(2_000_000_000_000)), "{outcome:?}");
}

/// Row 5: flows with different latency on one link have equal rates (it is the link's, not TCP's, fairness).
#[test]
fn row_05_latency_does_not_weigh() {
    let fabric = line(Time(1_000_000));
    let outcome = play(&fabric, &[pair(&fabric, 0, 2, 1_000_000_000), pair(&fabric, 0, 1, 1_000_000_000)]);
    let ends: Vec<Time> = outcome.collectives.iter().map(|c| c.finish).collect();
    assert_eq!(ends, [Time(2_000_002_000_000), Time(2_000_001_000_000)]);
}

/// Rows 6 and 7: ring reduce-scatter and all-gather, (N-1)(a + s/B).
#[test]
fn row_06_07_ring_halves() {
    both(Op::ReduceScatter, Algorithm::Ring, (N - 1) * (A + CB));
    both(Op::AllGather, Algorithm::Ring, (N - 1) * (A + CB));
}

/// Row 8: ring all-reduce, 2(N-1)(a + s/B), for many N.
#[test]
fn row_08_ring_all_reduce() {
    both(Op::AllReduce, Algorithm::Ring, 2 * (N - 1) * (A + CB));
    for n in [2u64, 3, 5, 8, 12, 100, 256] {
        let fabric = star(n as u32, B, Time(A));
        let asked = Asked::on_all(&fabric, Op::AllReduce, Algorithm::Ring, Bytes(n * 50_000));
        assert_eq!(time(&fabric, asked), Time(2 * (n - 1) * (A + 1_000_000)), "{n} ranks");
    }
}

/// Four leaves of four hosts in rank order: hops inside a leaf have latency 2 h, across 4 h.
const HOP: u64 = 500_000;

/// Row 9: ring all-reduce over unequal latencies in lockstep, 2(N-1)(max a + s/B).
#[test]
fn row_09_lockstep_ring_goes_at_the_pace_of_the_slowest_hop() {
    let fabric = two_tier(4, 4, 4, B, Time(HOP));
    let asked = Asked::on_all(&fabric, Op::AllReduce, Algorithm::Ring, Bytes(16 * 50_000));
    let asked = Asked { steps: Steps::Lockstep, ..asked };
    assert_eq!(time(&fabric, asked), Time(30 * (4 * HOP + 1_000_000)));
}

/// Row 9b: the same driven by receipt: 2(N-1) s/B plus the largest sum of a over 2(N-1) hops in a row.
#[test]
fn row_09b_receipt_driven_ring_averages_latency() {
    let fabric = two_tier(4, 4, 4, B, Time(HOP));
    let asked = Asked::on_all(&fabric, Op::AllReduce, Algorithm::Ring, Bytes(16 * 50_000));
    let hop = |i: u64| if i % 4 == 3 { 4 * HOP } else { 2 * HOP };
    let longest = (0..16).map(|first| (first..first + 30).map(hop).sum::<u64>()).max().unwrap();
    assert_eq!(time(&fabric, asked), Time(30 * 1_000_000 + longest));
}

/// Row 10: recursive doubling all-reduce, lg N (a + S/B).
#[test]
fn row_10_recursive_doubling() {
    both(Op::AllReduce, Algorithm::RecursiveDoubling, 6 * (A + SB));
}

/// Row 11: halving-doubling all-reduce, 2 lg N a + 2(N-1)/N S/B.
#[test]
fn row_11_halving_doubling() {
    both(Op::AllReduce, Algorithm::HalvingDoubling, 12 * A + 2 * (N - 1) * CB);
}

/// Row 12: the same for N not a power of two (p the next lower one): (2 lg p + 2) a + (2(p-1)/p + 2) S/B.
#[test]
fn row_12_halving_doubling_folds() {
    for n in [3u32, 6, 12, 100] {
        let p = u64::from(n.next_power_of_two() / 2);
        let fabric = star(n, B, Time(A));
        let asked = Asked::on_all(&fabric, Op::AllReduce, Algorithm::HalvingDoubling, Bytes(S));
        let expected = (2 * u64::from(p.ilog2()) + 2) * A + 2 * (p - 1) * SB / p + 2 * SB;
        assert_eq!(time(&fabric, asked), Time(expected), "{n} ranks");
    }
}

/// Row 13: recursive halving reduce-scatter, lg N a + (N-1)/N S/B.
#[test]
fn row_13_recursive_halving() {
    both(Op::ReduceScatter, Algorithm::HalvingDoubling, 6 * A + (N - 1) * CB);
}

/// Rows 14 and 19: pairwise, in lockstep (N-1)(a + s/B); driven by sending a + (N-1) s/B.
#[test]
fn row_14_19_pairwise() {
    for op in [Op::ReduceScatter, Op::AllToAll] {
        assert_eq!(on_star_lockstep(op, Algorithm::Pairwise), Time((N - 1) * (A + CB)), "{op}");
        assert_eq!(on_star(op, Algorithm::Pairwise), Time(A + (N - 1) * CB), "{op}");
    }
}

/// Row 16: recursive doubling all-gather, lg N a + (N-1)/N S/B.
#[test]
fn row_16_recursive_doubling_all_gather() {
    both(Op::AllGather, Algorithm::RecursiveDoubling, 6 * A + (N - 1) * CB);
}

/// Row 17: Bruck all-gather for any N, ceil(lg N) a + (N-1)/N S/B.
#[test]
fn row_17_bruck_all_gather() {
    both(Op::AllGather, Algorithm::Bruck, 6 * A + (N - 1) * CB);
    for n in [3u64, 5, 33, 100] {
        let fabric = star(n as u32, B, Time(A));
        let asked = Asked::on_all(&fabric, Op::AllGather, Algorithm::Bruck, Bytes(n * 50_000));
        let rounds = u64::from(n.next_power_of_two().ilog2());
        assert_eq!(time(&fabric, asked), Time(rounds * A + (n - 1) * 1_000_000), "{n} ranks");
    }
}

/// Row 20: burst all-to-all, a + (N-1) s/B; the same for all-gather and reduce-scatter sent at once.
#[test]
fn row_20_burst() {
    for op in [Op::AllToAll, Op::AllGather, Op::ReduceScatter] {
        assert_eq!(on_star(op, Algorithm::Direct), Time(A + (N - 1) * CB), "{op}");
    }
}

/// Row 21: Bruck all-to-all, lg N (a + S/(2B)).
#[test]
fn row_21_bruck_all_to_all() {
    both(Op::AllToAll, Algorithm::Bruck, 6 * (A + SB / 2));
}

/// Rows 22 and 27: binomial broadcast and reduce, lg N (a + S/B).
#[test]
fn row_22_27_binomial() {
    assert_eq!(on_star_lockstep(Op::Broadcast, Algorithm::Binomial), Time(6 * (A + SB)));
    assert_eq!(on_star_lockstep(Op::Reduce, Algorithm::Binomial), Time(6 * (A + SB)));
    assert_eq!(on_star(Op::Reduce, Algorithm::Binomial), Time(6 * (A + SB)));
}

/// Row 23: flat broadcast with concurrent sends, a + (N-1) S/B; the flat reduce mirrors it.
#[test]
fn row_23_flat() {
    assert_eq!(on_star(Op::Broadcast, Algorithm::Direct), Time(A + (N - 1) * SB));
    assert_eq!(on_star(Op::Reduce, Algorithm::Direct), Time(A + (N - 1) * SB));
}

/// Row 26: pipelined chain of m segments, in lockstep (N-1 + m-1)(a + S/(mB)); driven by receipt
/// (N-1) a + (N+m-2) S/(mB).
#[test]
fn row_26_chain() {
    let fabric = ideal();
    let m = 128;
    let asked = |steps| Asked {
        steps,
        ask: &|request| request.segments = Some(128),
        ..Asked::on_all(&fabric, Op::Broadcast, Algorithm::Chain, Bytes(S))
    };
    let segment = SB / m;
    assert_eq!(time(&fabric, asked(Steps::Lockstep)), Time((N - 1 + m - 1) * (A + segment)));
    assert_eq!(time(&fabric, asked(Steps::Receipt)), Time((N - 1) * A + (N + m - 2) * segment));
}

/// Row 33: hierarchical all-reduce, g GPUs a server: 2(g-1)(a1 + S/(g B1)) + 2(N/g-1)(a2 + S/(N B2)).
#[test]
fn row_33_hierarchical() {
    let (g, bytes, b1) = (8u64, 64u64 << 20, 450_000_000_000u64);
    let fabric = rails(8, 8, (Time(A), Bandwidth::from_gigabytes(450)), (Time(A), B));
    let asked = Asked {
        ask: &|request| {
            request.channels = Some(1);
            request.segments = Some(1);
        },
        ..Asked::on_all(&fabric, Op::AllReduce, Algorithm::Hierarchical, Bytes(bytes))
    };
    let inside = (bytes / g) as f64 * 1e12 / b1 as f64;
    let across = bytes / N * 1_000 / 50;
    let exact = 2.0 * (g - 1) as f64 * (A as f64 + inside) + 2.0 * (N / g - 1) as f64 * (A + across) as f64;
    let found = time(&fabric, asked).ps() as f64;
    // 582.580196 us; every one of 14 drains inside may round up by a picosecond.
    assert!((exact - 582_580_196.0).abs() < 1.0, "{exact}");
    assert!(found >= exact.floor() && found <= exact + 14.0, "{found} against {exact}");
}

/// Row 34: rings dimension by dimension on a torus, one direction: 2 sum(d_i - 1) a + 2(N-1)/N S/B.
#[test]
fn row_34_multi_ring_one_direction() {
    for sides in [vec![8u32, 8], vec![4, 4, 4]] {
        let fabric = torus(&sides, B, Time(500_000));
        let bytes = 64u64 << 20;
        let asked = Asked {
            ask: &|request| request.channels = Some(1),
            ..Asked::on_all(&fabric, Op::AllReduce, Algorithm::MultiRing, Bytes(bytes))
        };
        let hops: u64 = sides.iter().map(|side| u64::from(side - 1)).sum();
        let expected = 2 * hops * 500_000 + 2 * 63 * (bytes / 64 * 20);
        assert_eq!(time(&fabric, asked), Time(expected), "{sides:?}");
    }
}

/// Row 35: d rotated parts and both directions at once on a square torus: 2 sum(d_i - 1) a + 2(N-1)/N S/(2dB).
#[test]
fn row_35_multi_ring_all_directions() {
    for (sides, channels) in [(vec![8u32, 8], 4u32), (vec![4, 4, 4], 6)] {
        let fabric = torus(&sides, B, Time(500_000));
        let bytes = 64u64 * 6 * 50_000 * 4;
        let asked = Asked {
            ask: &|request| request.channels = Some(channels),
            ..Asked::on_all(&fabric, Op::AllReduce, Algorithm::MultiRing, Bytes(bytes))
        };
        let hops: u64 = sides.iter().map(|side| u64::from(side - 1)).sum();
        let expected = 2 * hops * 500_000 + 2 * 63 * (bytes / 64 / u64::from(channels) * 20);
        assert_eq!(time(&fabric, asked), Time(expected), "{sides:?}");
    }
}

/// Row 36: burst all-to-all on a k x k torus, k even, antipodal traffic split: N k/8 s/B on every link, and then the
/// latency of the longest paths, which drain last like all others.
#[test]
fn row_36_burst_on_a_torus() {
    for k in [4u32, 8] {
        let fabric = torus(&[k, k], B, Time(500_000));
        let ranks = u64::from(k * k);
        let asked = Asked::on_all(&fabric, Op::AllToAll, Algorithm::Direct, Bytes(ranks * 50_000));
        let drained = ranks * u64::from(k) / 8 * 1_000_000;
        assert_eq!(time(&fabric, asked), Time(drained + u64::from(k) * 500_000), "{k} x {k}");
    }
}

/// Row 37: burst all-to-all on two tiers, perfectly spread. Host-limited: (N-1) s/B; uplink-limited:
/// m(N-m)/u s/B; then the latency across.
#[test]
fn row_37_burst_on_two_tiers() {
    let (leaves, m) = (4u64, 4u64);
    let n = leaves * m;
    for up in [4u64, 2, 1] {
        let fabric = two_tier(leaves as u32, m as u32, up as u32, B, Time(HOP));
        let asked = Asked::on_all(&fabric, Op::AllToAll, Algorithm::Direct, Bytes(n * 50_000));
        let blocks = (m * (n - m) / up).max(n - 1);
        assert_eq!(time(&fabric, asked), Time(blocks * 1_000_000 + 4 * HOP), "{up} uplinks");
    }
}

/// Row 39: a double tree cannot beat 2S/B less what a leaf saves, and comes near it with many segments.
#[test]
fn row_39_double_tree() {
    let fabric = ideal();
    let asked = Asked {
        ask: &|request| request.segments = Some(256),
        ..Asked::on_all(&fabric, Op::AllReduce, Algorithm::DoubleTree, Bytes(S))
    };
    let found = time(&fabric, asked).ps();
    assert!(found >= 2 * (N - 1) * CB, "{found}");
    assert!(found < 2 * SB + SB / 4 + 40 * A, "{found}");
}

/// Row 40: nothing beats 2(N-1)/N S/B for all-reduce and (N-1)/N S/B for its halves.
#[test]
fn row_40_lower_bounds() {
    let fabric = star(12, B, Time(A));
    for op in [Op::AllReduce, Op::AllGather, Op::ReduceScatter] {
        let times = if op == Op::AllReduce { 2 } else { 1 };
        for algorithm in railspine::collective::algo::serves(op) {
            let request = railspine::collective::algo::Request::new(op, 12, Bytes(12 * 50_000));
            if railspine::collective::algo::schedule(algorithm, &request).is_err() {
                continue;
            }
            let found = time(&fabric, Asked::on_all(&fabric, op, algorithm, Bytes(12 * 50_000)));
            assert!(found >= Time(times * 11 * 1_000_000 + A), "{op} {algorithm}: {found}");
        }
    }
}
