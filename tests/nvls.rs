//! Sums and copies made in switches: `nvls` and `nvls-tree`, their proofs, closed forms and bounds.

mod support;

use proptest::prelude::*;
use railspine::bound::BoundModel;
use railspine::collective::algo::{Request, SwitchPlace, ops, schedule};
use railspine::collective::{
    Algorithm, AtomRange, Op, Order, Pattern, Payload, Proof, Schedule, verify, verify_order, verify_sampled,
};
use railspine::engine::{Job, Silent, analytic};
use railspine::fabric::{Builder, Cable, Fabric, InNetwork, LinkClass, Node, NodeKind};
use railspine::ids::{NodeId, Rank};
use railspine::units::{Bandwidth, Bytes, Time};
use support::{Asked, play, proved, time, together};

/// Rate of NVLink, per GPU and direction: 400 GB/s, so that 4000 bytes take 10 ns.
const NVLINK: u64 = 400;
/// Latency of an NVLink.
const L: u64 = 300_000;

/// `servers` servers of `gpus` GPUs linked to `switches` NVSwitches that do `in_network`, at [`NVLINK`] over all of
/// them, and, where there are several servers, to one leaf a rail at `across` GB/s, `latency` a hop.
fn cluster(
    servers: u32,
    gpus: u32,
    switches: u32,
    in_network: InNetwork,
    (across, latency): (u64, u64),
) -> Fabric {
    let mut builder = Builder::new("cluster", LinkClass::builtin());
    let ideal = builder.class("ideal").unwrap();
    let cable = |rate: Bandwidth, latency| Cable::new(ideal, rate).latency(Some(Time::from_ps(latency)));
    let leaves: Vec<NodeId> = (0..gpus * u32::from(servers > 1))
        .map(|rail| builder.add_node(Node::new(format!("leaf{rail}"), NodeKind::Leaf)))
        .collect();
    for server in 0..servers {
        let node = |kind, part: &str, number: u32| {
            Node::new(format!("host{server}/{part}{number}"), kind).in_server(server)
        };
        let ends: Vec<NodeId> =
            (0..gpus).map(|gpu| builder.add_node(node(NodeKind::Gpu, "gpu", gpu))).collect();
        for switch in 0..switches {
            let switch = node(NodeKind::NvSwitch, "nvswitch", switch).working(in_network);
            let switch = builder.add_node(switch);
            for gpu in &ends {
                let rate = Bandwidth::from_gigabytes(NVLINK / u64::from(switches));
                builder.add_cable(*gpu, switch, cable(rate, L));
            }
        }
        for (gpu, leaf) in ends.iter().zip(&leaves) {
            builder.add_cable(*gpu, *leaf, cable(Bandwidth::from_gigabytes(across), latency));
        }
    }
    builder.finish().unwrap()
}

fn server(gpus: u32, switches: u32) -> Fabric {
    cluster(1, gpus, switches, InNetwork::BOTH, (1, 0))
}

/// A request for `servers` servers of `size` ranks with `switches` switches each, of those widths.
fn request(op: Op, servers: u32, size: u32, widths: &[u64]) -> Request {
    let switches = (0..servers).flat_map(|server| {
        widths.iter().map(move |weight| SwitchPlace { server, in_network: InNetwork::BOTH, weight: *weight })
    });
    Request {
        servers: (0..servers * size).map(|rank| rank / size).collect(),
        switches: switches.collect(),
        ..Request::new(op, servers * size, Bytes(1_000_003))
    }
}

/// Requests of many shapes, with what is asked for.
fn all() -> Vec<(Algorithm, Request)> {
    let mut all = Vec::new();
    for widths in [&[1][..], &[50, 50, 50], &[400, 100, 100]] {
        for size in [1, 2, 3, 8] {
            for (channels, segments) in [(None, None), (Some(1), Some(1)), (Some(3), Some(4))] {
                for op in ops(Algorithm::Nvls) {
                    let request = Request { channels, segments, ..request(*op, 1, size, widths) };
                    all.push((Algorithm::Nvls, Request { root: Rank(size - 1), ..request.clone() }));
                    all.push((Algorithm::Nvls, request));
                }
                for servers in [2, 3, 4, 7] {
                    let request = request(Op::AllReduce, servers, size, widths);
                    all.push((Algorithm::NvlsTree, Request { channels, segments, ..request }));
                }
            }
        }
    }
    all
}

#[test]
fn all_schedules_are_proved_in_every_order_and_by_samples() {
    for (algorithm, request) in all() {
        let made = schedule(algorithm, &request).unwrap_or_else(|e| panic!("{e}"));
        let proof = verify(made.clone()).unwrap_or_else(|e| panic!("{algorithm} {request:?}: {e}")).proof();
        assert_eq!(proof, Proof::Exact, "{algorithm} {request:?}");
        for order in [Order::Lazy, Order::Lockstep, Order::Random(1), Order::Random(2)] {
            verify_order(&made, order).unwrap_or_else(|e| panic!("{algorithm} {order:?} {request:?}: {e}"));
        }
        let sampled = verify_sampled(&made).unwrap_or_else(|e| panic!("{algorithm} {request:?}: {e}"));
        assert!(matches!(sampled, Proof::Fingerprint | Proof::Sampled { .. }), "{sampled:?}");
    }
}

#[test]
fn large_schedules_are_proved_by_samples() {
    let domain = Request { segments: Some(64), ..request(Op::ReduceScatter, 1, 72, &[50; 18]) };
    let pod = Request { segments: Some(128), ..request(Op::AllReduce, 128, 8, &[450]) };
    for (algorithm, request) in [(Algorithm::Nvls, domain), (Algorithm::NvlsTree, pod)] {
        let proof = verify(schedule(algorithm, &request).unwrap()).unwrap().proof();
        assert!(matches!(proof, Proof::Sampled { .. }), "{algorithm}: {proof:?}");
    }
}

/// All-reduce over p GPUs and ideal switches: S up and S down, one segment apart: S/B (1 + 1/k) + 2 l.
#[test]
fn all_reduce_takes_the_data_once_each_way() {
    let bytes = Bytes(4000 * 4096);
    let sb = 4096 * 10_000;
    for gpus in [2, 3, 8] {
        for switches in [1, 2, 4] {
            for segments in [1, 2, 16, 128] {
                for channels in [1, 2] {
                    let fabric = server(gpus, switches);
                    let ask = |request: &mut Request| {
                        request.segments = Some(segments);
                        request.channels = Some(channels);
                    };
                    let asked =
                        Asked { ask: &ask, ..Asked::on_all(&fabric, Op::AllReduce, Algorithm::Nvls, bytes) };
                    let expected = sb + sb / u64::from(segments) + 2 * L;
                    assert_eq!(time(&fabric, asked), Time(expected), "{gpus} {switches} {segments}");
                }
            }
        }
    }
}
