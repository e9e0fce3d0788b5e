//! Symmetry, repetition and path windows come to the same picoseconds as playing every transfer.

mod support;

use proptest::prelude::*;
use railspine::collective::algo::serves;
use railspine::collective::{Algorithm, Op};
use railspine::engine::{Job, Outcome, Silent, Steps, Work, fluid};
use railspine::fabric::{Builder, Cable, Fabric, LinkClass, Node, NodeKind};
use railspine::units::{Bandwidth, Bytes, Time};
use support::{Asked, proved, together};

/// Pods of servers of GPUs: NVLink inside, a leaf a rail and pod, one spine over all. Latencies in nanoseconds.
struct Pods {
    pods: u32,
    servers: u32,
    gpus: u32,
    inside: (u64, u64),
    across: (u64, u64),
    up: (u64, u64),
    /// Servers whose links to their leaves have half the bandwidth, or none such.
    slow: Option<u32>,
}

impl Pods {
    fn build(&self) -> Fabric {
        let mut builder = Builder::new("pods", LinkClass::builtin());
        let class = builder.class("ideal").unwrap();
        let cable = |(ns, rate): (u64, u64)| {
            Cable::new(class, Bandwidth::from_gigabytes(rate)).latency(Some(Time(ns * 1000)))
        };
        let spine = builder.add_node(Node::new("spine", NodeKind::Spine));
        for pod in 0..self.pods {
            let leaves: Vec<_> = (0..self.gpus)
                .map(|rail| builder.add_node(Node::new(format!("leaf{pod}/{rail}"), NodeKind::Leaf)))
                .collect();
            for leaf in &leaves {
                builder.add_cable(*leaf, spine, cable(self.up));
            }
            for number in pod * self.servers..(pod + 1) * self.servers {
                let node = Node::new(format!("host{number}/nvswitch"), NodeKind::NvSwitch);
                let switch = builder.add_node(node.in_server(number));
                for (rail, leaf) in leaves.iter().enumerate() {
                    let node = Node::new(format!("host{number}/gpu{rail}"), NodeKind::Gpu);
                    let gpu = builder.add_node(node.in_server(number).on_rail(rail as u32));
                    builder.add_cable(gpu, switch, cable(self.inside));
                    let (latency, rate) = self.across;
                    let rate = if self.slow == Some(number) { rate / 2 } else { rate };
                    builder.add_cable(gpu, *leaf, cable((latency, rate)));
                }
            }
        }
        builder.finish().unwrap()
    }
}

/// Plays what is asked with short cuts and without, and holds the results against each other; what they did.
fn both(fabric: &Fabric, asked: &[Asked<'_>]) -> Result<(Outcome, Outcome), TestCaseError> {
    let proofs: Vec<_> = asked.iter().map(|one| proved(fabric, one)).collect();
    let (routes, collectives) = together(fabric, asked, proofs);
    let job = Job { routes: &routes, collectives };
    let plain = fluid::run_with(&job, fluid::Options::PLAIN, &mut Silent);
    let fast = fluid::run(&job, &mut Silent);
    for (fast, plain) in fast.collectives.iter().zip(&plain.collectives) {
        prop_assert_eq!(fast.finish, plain.finish);
        let parts = fast.breakdown;
        prop_assert_eq!(parts.latency + parts.transfer + parts.sharing, fast.finish - fast.start);
    }
    prop_assert_eq!(&fast.resource_bytes, &plain.resource_bytes);
    prop_assert_eq!(fast.flows, plain.flows);
    prop_assert_eq!(fast.work.simulated + fast.work.skipped, fast.flows);
    prop_assert_eq!((plain.work.classes, plain.work.skipped), (plain.work.lanes, 0));
    Ok((fast, plain))
}

#[test]
fn rings_over_servers_go_by_batches() {
    let mut by_batches = 0;
    let mut same_parts = 0;
    for servers in [2, 4, 6] {
        for gpus in [2, 3, 4, 8] {
            for pods in [1, 2] {
                for bytes in [1 << 10, 24 << 10, 1 << 20] {
                    let inside = (300, 400);
                    let pods =
                        Pods { pods, servers, gpus, inside, across: (1237, 50), up: (450, 400), slow: None };
                    let fabric = pods.build();
                    let ranks = fabric.endpoints().len() as u64;
                    let bytes = Bytes(bytes / ranks / u64::from(gpus) * ranks * u64::from(gpus));
                    for op in [Op::AllReduce, Op::AllGather, Op::ReduceScatter] {
                        let asked = Asked::on_all(&fabric, op, Algorithm::Ring, bytes);
                        let (fast, plain) = both(&fabric, &[asked]).unwrap();
                        by_batches += u32::from(fast.solves == 0);
                        same_parts += u32::from(fast.collectives == plain.collectives);
                    }
                }
            }
        }
    }
    println!("{by_batches} of 216, {same_parts} with the same parts");
    assert!(by_batches > 100, "{by_batches}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn rings_in_pods(
        (pods, servers, gpus) in (1u32..4, 1u32..5, 1u32..5),
        inside in (0u64..400, 100u64..500),
        across in (0u64..4000, 20u64..100),
        up in (0u64..2000, 20u64..800),
        op in prop::sample::select(vec![Op::AllReduce, Op::AllGather, Op::ReduceScatter]),
        chunk in prop_oneof![1u64..2000, 1000u64..100_000],
        lockstep in any::<bool>(),
    ) {
        let fabric = Pods { pods, servers, gpus, inside, across, up, slow: None }.build();
        let ranks = fabric.endpoints().len() as u64;
        let steps = if lockstep { Steps::Lockstep } else { Steps::Receipt };
        let bytes = Bytes(chunk * ranks * u64::from(gpus));
        both(&fabric, &[Asked { steps, ..Asked::on_all(&fabric, op, Algorithm::Ring, bytes) }])?;
    }

    /// Anything on fabrics that are even, oversubscribed, or have a slow server.
    #[test]
    fn anything_in_pods(
        (op, algorithm) in op_and_algorithm(),
        (pods, servers, gpus) in (1u32..4, 1u32..5, 1u32..5),
        inside in (0u64..400, 100u64..500),
        across in (0u64..4000, 20u64..100),
        up in (0u64..2000, 20u64..800),
        slow in prop::option::weighted(0.3, 0u32..8),
        chunk in prop_oneof![Just(0u64), 1u64..2000, 1000u64..100_000],
        uneven in prop::option::weighted(0.3, 1u64..50),
        lockstep in any::<bool>(),
    ) {
        let fabric = Pods { pods, servers, gpus, inside, across, up, slow }.build();
        let ranks = fabric.endpoints().len() as u64;
        let steps = if lockstep { Steps::Lockstep } else { Steps::Receipt };
        let bytes = Bytes(chunk * ranks * u64::from(gpus) + uneven.unwrap_or(0));
        if let Some(asked) = served(&fabric, Asked { steps, ..Asked::on_all(&fabric, op, algorithm, bytes) }) {
            both(&fabric, &[asked])?;
        }
    }

    /// Two groups at once, interleaved over the servers or side by side, one of them later.
    #[test]
    fn groups_in_pods(
        first in op_and_algorithm(),
        second in op_and_algorithm(),
        (pods, servers, gpus) in (1u32..3, 1u32..4, 2u32..5),
        inside in (0u64..400, 100u64..500),
        across in (0u64..4000, 20u64..100),
        chunks in (1u64..20_000, 1u64..20_000),
        later in prop_oneof![Just(0u64), 0u64..200_000_000],
        interleaved in any::<bool>(),
    ) {
        let fabric = Pods { pods, servers, gpus, inside, across, up: (500, 200), slow: None }.build();
        let ends = fabric.endpoints();
        let half = ends.len() / 2;
        let group = |part: usize| -> Vec<_> {
            let of = |at: usize| if interleaved { at % 2 == part } else { at / half == part };
            ends.iter().enumerate().filter(|(at, _)| of(*at)).map(|(_, node)| *node).take(half).collect()
        };
        let asked = [(first, chunks.0, 0), (second, chunks.1, later)].into_iter().enumerate();
        let asked: Vec<Asked<'_>> = asked
            .filter_map(|(part, ((op, algorithm), chunk, start))| {
                let bytes = Bytes(chunk * half as u64 * u64::from(gpus));
                let on_all = Asked::on_all(&fabric, op, algorithm, bytes);
                served(&fabric, Asked { nodes: group(part), start: Time(start), ..on_all })
            })
            .collect();
        both(&fabric, &asked)?;
    }
}

/// What is asked, if its algorithm serves its ranks.
fn served<'a>(fabric: &Fabric, asked: Asked<'a>) -> Option<Asked<'a>> {
    let request = support::request(fabric, &asked);
    railspine::collective::algo::schedule(asked.algorithm, &request).is_ok().then_some(asked)
}

fn op_and_algorithm() -> impl Strategy<Value = (Op, Algorithm)> {
    let all: Vec<(Op, Algorithm)> =
        Op::ALL.iter().flat_map(|op| serves(*op).into_iter().map(move |a| (*op, a))).collect();
    prop::sample::select(all)
}

/// How much of a collective on all endpoints was played, once it is the same as the plain run.
fn work(fabric: &Fabric, op: Op, algorithm: Algorithm, steps: Steps, bytes: u64) -> Work {
    let asked = Asked { steps, ..Asked::on_all(fabric, op, algorithm, Bytes(bytes)) };
    both(fabric, &[asked]).unwrap().0.work
}

#[test]
fn lanes_of_one_role_are_played_once() {
    let even = Pods {
        pods: 2,
        servers: 4,
        gpus: 4,
        inside: (300, 400),
        across: (900, 50),
        up: (450, 400),
        slow: None,
    };
    let fabric = even.build();
    let receipt = Steps::Receipt;
    // A class a round of recursive halving and doubling, whether partners share a server, a pod or neither.
    let exchange = work(&fabric, Op::AllReduce, Algorithm::HalvingDoubling, receipt, 32 << 10);
    assert_eq!((exchange.lanes, exchange.classes), (10 * 32, 10));
    // Pairs inside a server, on one rail of a pod, off rail or between pods: a few classes of 992 pairs.
    let burst = work(&fabric, Op::AllToAll, Algorithm::Direct, receipt, 32 << 10);
    assert_eq!(burst.lanes, 992);
    assert!(burst.classes <= 6, "{burst:?}");
    // One slow server: pairs with it and pairs without are apart, but not all pairs from one another.
    let slow = Pods { slow: Some(3), ..even }.build();
    let uneven = work(&slow, Op::AllToAll, Algorithm::Direct, receipt, 32 << 10);
    assert!(uneven.classes > burst.classes && uneven.classes < 200, "{uneven:?}");
    // Sizes that do not divide evenly are classes of their own.
    let odd = work(&fabric, Op::AllToAll, Algorithm::Direct, receipt, (32 << 10) + 5);
    assert!(odd.classes > burst.classes, "{odd:?}");
}

#[test]
fn rounds_that_repeat_are_skipped() {
    // In lockstep every round takes as long as its slowest hop, once that has come round.
    let fabric = support::star(64, support::B, Time::from_ps(2_000_000));
    let ring = work(&fabric, Op::AllReduce, Algorithm::Ring, Steps::Lockstep, 64 << 10);
    assert_eq!((ring.lanes, ring.classes), (64, 1));
    assert!(ring.simulated < 20, "{ring:?}");
    let pods = Pods {
        pods: 2,
        servers: 8,
        gpus: 4,
        inside: (300, 400),
        across: (900, 50),
        up: (450, 400),
        slow: Some(3),
    };
    let ring = work(&pods.build(), Op::AllReduce, Algorithm::Ring, Steps::Lockstep, 1 << 20);
    assert!(ring.simulated * 2 < ring.simulated + ring.skipped, "{ring:?}");
    // Driven by receipt, path windows need no rounds at all.
    let ring = work(&fabric, Op::AllReduce, Algorithm::Ring, Steps::Receipt, 64 << 10);
    assert_eq!((ring.simulated, ring.skipped), (0, 64 * 126));
}

/// Latencies of ten thousand seconds a link over so many steps that time ends first: nothing overflows.
#[test]
fn the_end_of_time_is_no_panic() {
    let far = 10_000_000_000_000;
    let base = Pods {
        pods: 2,
        servers: 64,
        gpus: 4,
        inside: (far, 400),
        across: (far, 50),
        up: (far, 400),
        slow: None,
    };
    let fabric = base.build();
    let asked = Asked::on_all(&fabric, Op::AllReduce, Algorithm::Ring, Bytes(4 << 20));
    let (fast, plain) = both(&fabric, &[asked]).unwrap();
    assert_eq!((fast.cancelled, fast.collectives[0].finish), (plain.cancelled, plain.collectives[0].finish));
}
