//! Symmetry, repetition and path windows come to the same picoseconds as playing every transfer.

mod support;

use proptest::prelude::*;
use railspine::collective::{Algorithm, Op};
use railspine::engine::{Collective, Job, Outcome, Silent, Steps, fluid};
use railspine::fabric::{Builder, Cable, Fabric, LinkClass, Node, NodeKind};
use railspine::units::{Bandwidth, Bytes, Time};
use support::{Asked, proved, routed};

/// Pods of servers of GPUs: NVLink inside, a leaf a rail and pod, one spine over all. Latencies in nanoseconds.
struct Pods {
    pods: u32,
    servers: u32,
    gpus: u32,
    inside: (u64, u64),
    across: (u64, u64),
    up: (u64, u64),
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
                    builder.add_cable(gpu, *leaf, cable(self.across));
                }
            }
        }
        builder.finish().unwrap()
    }
}

/// Plays what is asked with short cuts and without, and holds the results against each other; what they did.
fn both(fabric: &Fabric, asked: &[Asked<'_>]) -> Result<(Outcome, Outcome), TestCaseError> {
    let proofs: Vec<_> = asked.iter().map(|one| proved(fabric, one)).collect();
    let pairs: Vec<_> = proofs.iter().cloned().zip(asked.iter().map(|one| &one.nodes[..])).collect();
    let (routes, paths) = routed(fabric, &pairs);
    let collectives = asked.iter().zip(proofs).zip(paths).map(|((one, schedule), paths)| Collective {
        schedule,
        bytes: one.bytes,
        paths,
        fold: None,
        start: one.start,
        steps: one.steps,
    });
    let job = Job { routes: &routes, collectives: collectives.collect() };
    let plain = fluid::run_with(&job, fluid::Options::PLAIN, &mut Silent);
    let fast = fluid::run(&job, &mut Silent);
    for (fast, plain) in fast.collectives.iter().zip(&plain.collectives) {
        prop_assert_eq!(fast.finish, plain.finish);
        let parts = fast.breakdown;
        prop_assert_eq!(parts.latency + parts.transfer + parts.sharing, fast.finish - fast.start);
    }
    prop_assert_eq!(&fast.resource_bytes, &plain.resource_bytes);
    prop_assert_eq!(fast.flows, plain.flows);
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
                    let pods = Pods { pods, servers, gpus, inside, across: (1237, 50), up: (450, 400) };
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
    #![proptest_config(ProptestConfig::with_cases(200))]

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
        let fabric = Pods { pods, servers, gpus, inside, across, up }.build();
        let ranks = fabric.endpoints().len() as u64;
        let steps = if lockstep { Steps::Lockstep } else { Steps::Receipt };
        let bytes = Bytes(chunk * ranks * u64::from(gpus));
        both(&fabric, &[Asked { steps, ..Asked::on_all(&fabric, op, Algorithm::Ring, bytes) }])?;
    }
}
