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

fn bound(fabric: &Fabric, nodes: &[NodeId], op: Op, bytes: u64) -> u64 {
    BoundModel::new(fabric, nodes).bound(op, Bytes(bytes), Rank(0)).time.ps()
}

/// Reductions and copies by the switch: the larger of both ways, the first segment and the latency of both links.
#[test]
fn the_other_operations_have_closed_forms() {
    let (gpus, segments) = (8, 16);
    let fabric = server(gpus, 2);
    let bytes = Bytes(4000 * 4096);
    let sb = 4096 * 10_000;
    let p = u64::from(gpus);
    let k = u64::from(segments);
    let rows = [
        (Op::Broadcast, sb + sb / k),
        (Op::Reduce, sb + sb / k),
        // Up S / p from each while (p - 1) S / p come down, and the other way about.
        (Op::AllGather, sb / p / k + sb * (p - 1) / p),
        (Op::ReduceScatter, sb + sb / p / k),
    ];
    for (op, drains) in rows {
        let ask = |request: &mut Request| request.segments = Some(segments);
        let asked = Asked { ask: &ask, ..Asked::on_all(&fabric, op, Algorithm::Nvls, bytes) };
        let found = time(&fabric, asked);
        assert_eq!(found, Time(drains + 2 * L), "{op}");
        assert!(bound(&fabric, fabric.endpoints(), op, bytes.get()) <= found.ps(), "{op}");
    }
}

/// Two servers of p GPUs. With links between servers that are slow enough, everything else is the filling of the
/// pipeline: x bytes of a segment of one of both trees, of which both use a link at once.
#[test]
fn a_tree_over_two_servers_is_as_slow_as_its_slowest_stage() {
    for gpus in [1, 2, 4, 8_u64] {
        for segments in [1, 4, 32_u64] {
            let x = 64_000;
            let bytes = Bytes(2 * segments * x);
            let (across, hop) = (4, 500_000);
            let fabric = cluster(2, gpus as u32, 1, InNetwork::BOTH, (across, hop));
            let ask = |request: &mut Request| request.segments = Some(segments as u32);
            let asked =
                Asked { ask: &ask, ..Asked::on_all(&fabric, Op::AllReduce, Algorithm::NvlsTree, bytes) };
            // Picoseconds that a byte of each tree takes.
            let inside = |bytes: u64| 2 * bytes * 1000 / NVLINK;
            let network = 2 * (x / gpus) * 1000 / across;
            let up = inside(x - x / gpus) + inside(x / gpus) + 2 * L;
            let down = inside(x / gpus) + inside(x) + 2 * L;
            let between = (segments + 1) * network + 2 * 2 * hop;
            let expected = between + if gpus > 1 { up + down } else { 0 };
            assert_eq!(time(&fabric, asked), Time(expected), "{gpus} GPUs, {segments} segments");
        }
    }
}

/// Four servers, one segment: two levels up, two down, at each of which every busy link carries both trees' shares.
#[test]
fn a_tree_over_four_servers_goes_two_levels_up_and_down() {
    let (x, gpus, across, hop) = (64_000, 8, 40, 500_000);
    let fabric = cluster(4, gpus as u32, 2, InNetwork::BOTH, (across, hop));
    let ask = |request: &mut Request| request.segments = Some(1);
    let asked =
        Asked { ask: &ask, ..Asked::on_all(&fabric, Op::AllReduce, Algorithm::NvlsTree, Bytes(2 * x)) };
    let inside = |bytes: u64| 2 * bytes * 1000 / NVLINK;
    let network = 2 * (x / gpus) * 1000 / across;
    let expected = inside(x) + 4 * (network + 2 * hop) + inside(x / gpus) + inside(x) + 4 * L;
    assert_eq!(time(&fabric, asked), Time(expected));
}

/// Part of a server's GPUs, and of each of several servers'.
#[test]
fn subsets_of_servers_are_served() {
    let fabric = cluster(2, 8, 2, InNetwork::BOTH, (50, 500_000));
    let ends = fabric.endpoints();
    let some: Vec<NodeId> = [1, 4, 6].map(|gpu| ends[gpu]).to_vec();
    let bytes = Bytes(4000 * 4096);
    let asked = Asked { nodes: some, ..Asked::on_all(&fabric, Op::AllReduce, Algorithm::Nvls, bytes) };
    let segments = bytes.get().div_ceil(256 << 10);
    assert_eq!(segments, 63);
    let found = time(&fabric, asked).ps();
    let sb = 4096 * 10_000;
    assert!((sb + sb / segments + 2 * L..sb + sb / segments + 2 * L + 200).contains(&found), "{found}");
    let some: Vec<NodeId> = [1, 4, 9, 12].map(|gpu| ends[gpu]).to_vec();
    let asked = Asked { nodes: some, ..Asked::on_all(&fabric, Op::AllReduce, Algorithm::NvlsTree, bytes) };
    // Two ranks a server, 16 segments of two trees: 17 times half a segment of each tree over the network and both of
    // its hops, and two segments and a half of each inside, to fill the pipeline.
    let (x, segments) = (bytes.get() / 32, 16);
    let network = (segments + 1) * (x * 1000 / 50) + 4 * 500_000;
    assert_eq!(time(&fabric, asked), Time(network + 5 * x * 1000 / NVLINK + 4 * L));
}

/// Both engines come to the same where the pipeline is even.
#[test]
fn the_analytic_engine_agrees() {
    let fabric = server(8, 2);
    let pod = cluster(4, 8, 1, InNetwork::BOTH, (50, 500_000));
    for (fabric, algorithm, exact) in [(&fabric, Algorithm::Nvls, true), (&pod, Algorithm::NvlsTree, false)] {
        for op in ops(algorithm) {
            for bytes in [Bytes(4000), Bytes(4000 * 4096)] {
                let ask = |request: &mut Request| request.segments = Some(16);
                let asked = || Asked { ask: &ask, ..Asked::on_all(fabric, *op, algorithm, bytes) };
                let all = [asked()];
                let (routes, collectives) = together(fabric, &all, vec![proved(fabric, &all[0])]);
                let job = Job { routes: &routes, collectives };
                let told = analytic::run(&job, &mut Silent).collectives[0].finish;
                let fluid = play(fabric, &all).collectives[0].finish;
                let (told, fluid) = (told.ps() as f64, fluid.ps() as f64);
                let within = if exact { 1.01 } else { 1.5 };
                assert!(
                    told / fluid < within && fluid / told < within,
                    "{algorithm} {op} {bytes}: {told} {fluid}"
                );
            }
        }
    }
}

/// What is wrong with a schedule, by every way of proving it.
fn faults(schedule: &Schedule) -> [String; 2] {
    let sampled = verify_sampled(schedule).map(|proof| panic!("{proof:?}"));
    [verify(schedule.clone()).map(|_| ()).unwrap_err().to_string(), sampled.unwrap_err().to_string()]
}

/// A schedule of which the first phase's lanes are others.
fn changed(schedule: &Schedule, change: impl Fn(&mut Vec<((u32, u32, u32), Vec<AtomRange>)>)) -> Schedule {
    let mut changed = schedule.clone();
    let phase = &mut changed.phases[0];
    let (Pattern::Pairs(pairs), Payload::Strided { starts, ranges, stride }) =
        (&phase.pattern, &phase.payload)
    else {
        panic!("{phase:?}")
    };
    let own = |lane: usize| ranges[starts[lane] as usize..starts[lane + 1] as usize].to_vec();
    let mut lanes: Vec<_> = pairs.iter().copied().zip((0..pairs.len()).map(own)).collect();
    change(&mut lanes);
    let (mut starts, mut ranges) = (vec![0], Vec::new());
    for (_, own) in &lanes {
        ranges.extend(own.iter().copied());
        starts.push(ranges.len() as u32);
    }
    let stride = *stride;
    phase.payload = Payload::Strided { starts: starts.into(), ranges: ranges.into(), stride };
    phase.pattern = Pattern::Pairs(lanes.into_iter().map(|(ends, _)| ends).collect());
    changed
}

#[test]
fn a_missing_or_doubled_contribution_is_found() {
    let four = Request { segments: Some(2), ..request(Op::AllReduce, 1, 4, &[1]) };
    let right = schedule(Algorithm::Nvls, &four).unwrap();
    let missing = changed(&right, |lanes| drop(lanes.remove(2)));
    let text = "step 0 of phase 1 (`multicast`) from switch 0 to rank 2 overwrites the contribution of rank 2 to atom 0";
    assert_eq!(faults(&missing)[0], text);
    let doubled = changed(&right, |lanes| lanes.push(lanes[1].clone()));
    let text = "step 0 of phase 0 (`reduce in switch`) from rank 1 to switch 0 adds the contribution of rank 1 to atom 0 a second time";
    assert_eq!(faults(&doubled)[0], text);
    let hasty = {
        let mut hasty = right.clone();
        hasty.phases[1].waits.clear();
        hasty
    };
    let text = "step 0 of phase 1 (`multicast`) from switch 0 to rank 0 carries atom 0, of which its sender has nothing yet";
    assert_eq!(faults(&hasty)[0], text);

    let pod = Request { segments: Some(1), ..request(Op::AllReduce, 4, 3, &[1]) };
    let right = schedule(Algorithm::NvlsTree, &pod).unwrap();
    for lane in 0..12 {
        let missing = changed(&right, |lanes| drop(lanes.remove(lane)));
        let found = faults(&missing);
        assert!(found[0].contains(&format!("rank {lane}")), "{}", found[0]);
        faults(&changed(&right, |lanes| lanes.push(lanes[lane].clone())));
    }
    // No phase may forget to wait for another.
    for phase in 0..right.phases.len() {
        for wait in 0..right.phases[phase].waits.len() {
            let mut hasty = right.clone();
            let gone = hasty.phases[phase].waits.remove(wait);
            if hasty.phases[phase].waits.iter().all(|left| *left != gone) {
                assert!(verify_sampled(&hasty).is_err(), "phase {phase} without wait {wait}");
            }
        }
    }
}

#[test]
fn switches_do_only_what_they_can() {
    let text = |op, in_network| {
        let mut made = schedule(Algorithm::Nvls, &request(op, 1, 4, &[1])).unwrap();
        made.switches = vec![in_network];
        verify(made).map(|_| ()).unwrap_err().to_string()
    };
    let (multicast, reduce) =
        (InNetwork { reduce: false, ..InNetwork::BOTH }, InNetwork { multicast: false, ..InNetwork::BOTH });
    let cannot = |what| format!("phase {what}, which it cannot do");
    let sum = cannot("0 (`reduce in switch`) lets switch 0 reduce");
    let copy = cannot("1 (`multicast`) lets switch 0 multicast");
    assert_eq!(text(Op::AllReduce, multicast), sum);
    assert_eq!(text(Op::AllReduce, reduce), copy);
    assert_eq!(text(Op::Broadcast, reduce), copy);
    assert_eq!(
        text(Op::AllReduce, InNetwork::NONE),
        cannot("0 (`reduce in switch`) lets switch 0 take part")
    );
    // A sum that only one rank gets is no multicast.
    for op in [Op::ReduceScatter, Op::Reduce] {
        let mut made = schedule(Algorithm::Nvls, &request(op, 1, 4, &[1])).unwrap();
        made.switches = vec![reduce];
        assert_eq!(verify(made).unwrap().proof(), Proof::Exact, "{op}");
    }
}

#[test]
fn refusals_say_what_is_needed() {
    let text = |algorithm, request: &Request| schedule(algorithm, request).unwrap_err().to_string();
    let nvls = |op, request: Request| text(Algorithm::Nvls, &Request { op, ..request });
    let plain = request(Op::AllReduce, 1, 8, &[]);
    let needs = |what: &str| format!("`nvls` cannot serve these ranks: it needs {what}");
    let linked = "(`in_network`; in templates `nvswitch_in_network`), linked to rank 0 and all other ranks of its server";
    assert_eq!(
        nvls(Op::AllReduce, plain.clone()),
        needs(&format!("a switch that can multicast and reduce {linked}"))
    );
    assert_eq!(nvls(Op::AllGather, plain.clone()), needs(&format!("a switch that can multicast {linked}")));
    assert_eq!(nvls(Op::Reduce, plain), needs(&format!("a switch that can reduce {linked}")));
    let pod = request(Op::AllReduce, 2, 2, &[1]);
    assert_eq!(
        nvls(Op::AllReduce, pod.clone()),
        needs("all ranks in one server (NVLink domain), not in 2; across servers there is `nvls-tree`")
    );
    assert_eq!(nvls(Op::Broadcast, pod.clone()), needs("all ranks in one server (NVLink domain), not in 2"));
    let tree = |request: &Request| text(Algorithm::NvlsTree, request);
    let needs = |what: &str| format!("`nvls-tree` cannot serve these ranks: it needs {what}");
    assert_eq!(
        tree(&request(Op::AllReduce, 1, 4, &[1])),
        needs("ranks in several servers; within one there is `nvls`")
    );
    assert_eq!(
        tree(&Request { servers: vec![0, 0, 0, 1], ..pod.clone() }),
        needs("servers with equally many ranks each")
    );
    let mut lacking = pod.clone();
    lacking.switches.pop();
    assert_eq!(
        tree(&lacking),
        needs(
            "a switch that can multicast and reduce (`in_network`; in templates `nvswitch_in_network`), linked to rank 2 and all other ranks of its server"
        )
    );
    let mut uneven = pod;
    uneven.switches.push(SwitchPlace { weight: 7, ..uneven.switches[1] });
    assert_eq!(
        tree(&uneven),
        needs("as many such switches, as wide, in the server of rank 2 as in that of rank 0")
    );
    // With one rank a server there is nothing to do in switches.
    let alone = Request { switches: Vec::new(), ..request(Op::AllReduce, 5, 1, &[]) };
    assert_eq!(schedule(Algorithm::NvlsTree, &alone).unwrap().switches, []);
}

/// A fabric whose switches do nothing has the bounds that it had; with switches that reduce, an all-reduce is bound by
/// S / B, and by what leaves a server, whatever its switches do.
#[test]
fn bounds_know_what_switches_do() {
    let bytes = 4000 * 4096;
    let sb = 4096 * 10_000;
    let plain = cluster(1, 8, 2, InNetwork::NONE, (1, 0));
    let near = |found: u64, expected: u64| expected - 1 <= found && found <= expected;
    let all = |fabric: &Fabric, op| bound(fabric, fabric.endpoints(), op, bytes);
    assert!(near(all(&plain, Op::AllReduce), sb * 14 / 8 + 2 * L));
    assert!(near(all(&server(8, 2), Op::AllReduce), sb + 2 * L));
    for op in [Op::AllGather, Op::ReduceScatter, Op::Broadcast, Op::Reduce, Op::AllToAll, Op::SendRecv] {
        let (with, without) = (all(&server(8, 2), op), all(&plain, op));
        assert!(with <= without && without - with <= L, "{op}: {with} {without}");
    }
    // Four servers send 2 * 3 S over 4 * 8 adapters of 5 GB/s in all; inside a server nothing is as slow.
    let sum = bytes * 6 * 1000 / 4 / 40;
    for in_network in [InNetwork::NONE, InNetwork::BOTH] {
        let pod = cluster(4, 8, 2, in_network, (5, 500_000));
        let found = all(&pod, Op::AllReduce);
        assert!((sum..sum + 2_000_000).contains(&found), "{in_network:?} {found} {sum}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// No time of switches that sum and copy is under the bound, of whole servers or parts of them.
    #[test]
    fn no_schedule_of_switches_beats_its_bound(
        (servers, gpus, switches) in (1u32..5, 2u32..6, 1u32..4),
        across in 1u64..400,
        latency in 0u64..2_000_000,
        left_out in 0u32..3,
        bytes in 0u64..20_000_000,
        segments in 1u32..9,
        root in 0u32..2,
    ) {
        let fabric = cluster(servers, gpus, switches, InNetwork::BOTH, (across, latency));
        let kept = (gpus - left_out.min(gpus - 1)) as usize;
        let nodes: Vec<NodeId> =
            fabric.endpoints().chunks(gpus as usize).flat_map(|server| server[..kept].to_vec()).collect();
        let algorithm = if servers == 1 { Algorithm::Nvls } else { Algorithm::NvlsTree };
        let model = BoundModel::new(&fabric, &nodes);
        for op in ops(algorithm) {
            let root = Rank(root % nodes.len() as u32);
            let ask = |request: &mut Request| {
                request.segments = Some(segments);
                request.root = root;
            };
            let asked = Asked { ask: &ask, nodes: nodes.clone(), ..Asked::on_all(&fabric, *op, algorithm, Bytes(bytes)) };
            let found = time(&fabric, asked);
            let bound = model.bound(*op, Bytes(bytes), root);
            prop_assert!(bound.time <= found, "{op}: {found:?} {bound:?}");
        }
    }
}
