//! The fast fluid engine and its plain twin come to the same picosecond, on random fabrics, routes and collectives.

mod support;

use proptest::prelude::*;
use railspine::collective::algo::serves;
use railspine::collective::{Algorithm, Op};
use railspine::engine::fluid::reference;
use railspine::engine::{Job, Probe, Silent, Steps, TransferRecord, fluid};
use railspine::fabric::{Builder, Cable, Fabric, LinkClass, Node, NodeKind, Routing};
use railspine::ids::NodeId;
use railspine::units::{Bandwidth, Bytes, Time};
use support::{Asked, together};

/// Leaves of GPUs under spines, every link with a rate and latency of its own, drawn in turn from `draws`.
fn lopsided(leaves: u32, hosts: u32, spines: u32, routing: Routing, draws: &[u32]) -> Fabric {
    let mut builder = Builder::new("lopsided", LinkClass::builtin());
    builder.set_routing(routing);
    let class = builder.class("ideal").unwrap();
    let mut draws = draws.iter().copied().cycle();
    let mut cable = |lanes: u32| {
        let (rate, latency) = (draws.next().unwrap() % 7 + 1, draws.next().unwrap() % 4);
        let cable = Cable::new(class, Bandwidth::from_gigabytes(u64::from(rate))).lanes(lanes);
        cable.latency(Some(Time(u64::from(latency) * 700_001)))
    };
    let tops: Vec<_> =
        (0..spines).map(|i| builder.add_node(Node::new(format!("spine{i}"), NodeKind::Spine))).collect();
    for leaf in 0..leaves {
        let switch = builder.add_node(Node::new(format!("leaf{leaf}"), NodeKind::Leaf));
        for (i, top) in tops.iter().enumerate() {
            builder.add_cable(switch, *top, cable(1 + i as u32 % 2));
        }
        for host in 0..hosts {
            let node = Node::new(format!("gpu{}", leaf * hosts + host), NodeKind::Gpu).in_server(leaf);
            let gpu = builder.add_node(node);
            builder.add_cable(gpu, switch, cable(1));
        }
    }
    builder.finish().unwrap()
}

const ROUTINGS: [Routing; 4] = [Routing::Spray, Routing::Ecmp, Routing::Static, Routing::Shortest];

/// Keeps all that a probe is told.
#[derive(Default)]
struct Keep(Vec<TransferRecord>);

impl Probe for Keep {
    const TRANSFERS: bool = true;

    fn transfer(&mut self, record: TransferRecord) {
        self.0.push(record);
    }
}

/// Runs collectives on both engines and holds the results against each other.
fn twins(fabric: &Fabric, asked: &[Asked<'_>]) -> Result<(), TestCaseError> {
    let mut proofs = Vec::new();
    for one in asked {
        let mut request =
            railspine::collective::algo::Request::new(one.op, one.nodes.len() as u32, one.bytes);
        request.segments = Some(3);
        request.servers = one.nodes.iter().map(|node| fabric.node(*node).server.unwrap()).collect();
        let Ok(made) = railspine::collective::algo::schedule(one.algorithm, &request) else { return Ok(()) };
        if made.transfer_count() > 400 {
            return Ok(());
        }
        proofs.push(railspine::collective::verify(made).unwrap());
    }
    let (routes, collectives) = together(fabric, asked, proofs);
    let job = Job { routes: &routes, collectives };
    let fast = fluid::run(&job, &mut Silent);
    let plain = fluid::run_with(&job, fluid::Options::PLAIN, &mut Silent);
    let mut keep = Keep::default();
    let watched = fluid::run(&job, &mut keep);
    prop_assert_eq!(&plain, &watched, "a probe changes nothing");
    prop_assert_eq!(fast.flows, plain.flows);
    prop_assert_eq!(&fast.resource_bytes, &plain.resource_bytes);
    for (fast, plain) in fast.collectives.iter().zip(&plain.collectives) {
        prop_assert_eq!((fast.start, fast.finish), (plain.start, plain.finish));
    }
    prop_assert_eq!(keep.0.len() as u64, fast.flows);
    let (finish, bytes) = reference::run(&job).expect("it ends");
    let ends: Vec<Time> = fast.collectives.iter().map(|c| c.finish).collect();
    prop_assert_eq!(&ends, &finish, "{:?}", asked.iter().map(|a| (a.op, a.algorithm)).collect::<Vec<_>>());
    let last = ends.iter().copied().max().unwrap_or_default();
    let first = job.collectives.iter().map(|c| c.start).min().unwrap_or_default();
    for ((fast, plain), resource) in fast.resource_bytes.iter().zip(&bytes).zip(routes.resources()) {
        prop_assert!((fast - plain).abs() <= 1e-6 * plain.max(1.0), "{fast} against {plain} bytes");
        // No link is busy longer than the makespan.
        prop_assert!(*fast <= resource.capacity * (last - first).as_secs() * (1.0 + 1e-9) + 1.0);
    }
    for told in &fast.collectives {
        let parts = told.breakdown;
        prop_assert_eq!(parts.latency + parts.transfer + parts.sharing, told.finish - told.start);
    }
    Ok(())
}

fn op_and_algorithm() -> impl Strategy<Value = (Op, Algorithm)> {
    let all: Vec<(Op, Algorithm)> =
        Op::ALL.iter().flat_map(|op| serves(*op).into_iter().map(move |a| (*op, a))).collect();
    prop::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn one_collective(
        (op, algorithm) in op_and_algorithm(),
        (leaves, hosts, spines) in (1u32..4, 1u32..4, 1u32..4),
        routing in prop::sample::select(ROUTINGS.to_vec()),
        draws in prop::collection::vec(0u32..1000, 8..40),
        bytes in prop_oneof![Just(0u64), 1u64..100, 1_000u64..5_000_000],
        lockstep in any::<bool>(),
    ) {
        let fabric = lopsided(leaves, hosts, spines, routing, &draws);
        let steps = if lockstep { Steps::Lockstep } else { Steps::Receipt };
        let asked = Asked { steps, ..Asked::on_all(&fabric, op, algorithm, Bytes(bytes)) };
        twins(&fabric, &[asked])?;
    }

    #[test]
    fn two_collectives_at_once(
        first in op_and_algorithm(),
        second in op_and_algorithm(),
        (leaves, hosts, spines) in (2u32..4, 2u32..4, 1u32..3),
        routing in prop::sample::select(ROUTINGS.to_vec()),
        draws in prop::collection::vec(0u32..1000, 8..40),
        bytes in (1u64..3_000_000, 1u64..3_000_000),
        later in 0u64..2_000_000_000,
    ) {
        let fabric = lopsided(leaves, hosts, spines, routing, &draws);
        let ends = fabric.endpoints();
        let half = ends.len() / 2;
        let nodes = |part: usize| -> Vec<NodeId> {
            // Interleaved, so that both groups cross the same links.
            ends.iter().copied().skip(part).step_by(2).take(half).collect()
        };
        let asked = [
            Asked { nodes: nodes(0), ..Asked::on_all(&fabric, first.0, first.1, Bytes(bytes.0)) },
            Asked {
                nodes: nodes(1),
                start: Time(later),
                ..Asked::on_all(&fabric, second.0, second.1, Bytes(bytes.1))
            },
        ];
        twins(&fabric, &asked)?;
    }
}
