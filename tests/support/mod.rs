//! Small ideal fabrics and a short way to run collectives on them.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

use railspine::collective::algo::{Request, SwitchPlace, schedule};
use railspine::collective::{Algorithm, Op, Verified, verify};
use railspine::engine::{Collective, Job, Outcome, Silent, Steps, fluid};
use railspine::fabric::{Builder, Cable, Fabric, LinkClass, Node, NodeKind};
use railspine::ids::{NodeId, PathId, Rank};
use railspine::route::{Flow, Router, Routes};
use railspine::units::{Bandwidth, Bytes, Time};

/// Full-duplex 50 GB/s.
pub const B: Bandwidth = Bandwidth::from_gigabytes(50);

/// `n` GPUs on one switch; a path has latency `a`, half of it on each link.
pub fn star(n: u32, bandwidth: Bandwidth, a: Time) -> Fabric {
    let mut builder = Builder::new("star", LinkClass::builtin());
    let class = builder.class("ideal").unwrap();
    let switch = builder.add_node(Node::new("switch0", NodeKind::Switch));
    let half = Some(Time(a.ps() / 2));
    for i in 0..n {
        let gpu = builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu));
        builder.add_cable(gpu, switch, Cable::new(class, bandwidth).latency(half));
    }
    builder.finish().unwrap()
}

/// `leaves` leaves of `hosts` GPUs and as many spines as `up` links a leaf, each link with latency `hop`.
pub fn two_tier(leaves: u32, hosts: u32, up: u32, bandwidth: Bandwidth, hop: Time) -> Fabric {
    let mut builder = Builder::new("two-tier", LinkClass::builtin());
    let class = builder.class("ideal").unwrap();
    let cable = Cable::new(class, bandwidth).latency(Some(hop));
    let spines: Vec<_> =
        (0..up).map(|i| builder.add_node(Node::new(format!("spine{i}"), NodeKind::Spine))).collect();
    for leaf in 0..leaves {
        let switch = builder.add_node(Node::new(format!("leaf{leaf}"), NodeKind::Leaf));
        for spine in &spines {
            builder.add_cable(switch, *spine, cable.clone());
        }
        for host in 0..hosts {
            let gpu = builder.add_node(Node::new(format!("gpu{}", leaf * hosts + host), NodeKind::Gpu));
            builder.add_cable(gpu, switch, cable.clone());
        }
    }
    builder.finish().unwrap()
}

/// `servers` servers of `gpus` GPUs on an NVSwitch, and one switch a rail: inside a path has latency `a1` and rate
/// `b1`, across `a2` and `b2`.
pub fn rails(servers: u32, gpus: u32, (a1, b1): (Time, Bandwidth), (a2, b2): (Time, Bandwidth)) -> Fabric {
    let mut builder = Builder::new("rails", LinkClass::builtin());
    let (inside, across) = (builder.class("nvlink").unwrap(), builder.class("ideal").unwrap());
    let mut inner = Cable::new(inside, b1).latency(Some(Time(a1.ps() / 2)));
    inner.efficiency = Some(1.0);
    let outer = Cable::new(across, b2).latency(Some(Time(a2.ps() / 2)));
    let leaves: Vec<_> =
        (0..gpus).map(|i| builder.add_node(Node::new(format!("leaf{i}"), NodeKind::Leaf))).collect();
    for server in 0..servers {
        let node = Node::new(format!("host{server}/nvswitch"), NodeKind::NvSwitch).in_server(server);
        let switch = builder.add_node(node);
        for (rail, leaf) in leaves.iter().enumerate() {
            let node = Node::new(format!("host{server}/gpu{rail}"), NodeKind::Gpu);
            let gpu = builder.add_node(node.in_server(server).on_rail(rail as u32));
            builder.add_cable(gpu, switch, inner.clone());
            builder.add_cable(gpu, *leaf, outer.clone());
        }
    }
    builder.finish().unwrap()
}

/// A torus of GPUs that forward, each link with latency `hop`.
pub fn torus(sides: &[u32], bandwidth: Bandwidth, hop: Time) -> Fabric {
    let mut builder = Builder::new("torus", LinkClass::builtin());
    let class = builder.class("ici").unwrap();
    let mut cable = Cable::new(class, bandwidth).latency(Some(hop));
    cable.efficiency = Some(1.0);
    let count: u32 = sides.iter().product();
    let nodes: Vec<_> = (0..count)
        .map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).forwarding()))
        .collect();
    for i in 0..count {
        let mut stride = count;
        for side in sides {
            let block = stride;
            stride /= side;
            let at = i % block / stride;
            let next = i - at * stride + (at + 1) % side * stride;
            if *side > 2 || (*side == 2 && at == 0) {
                let lanes = if *side == 2 { 2 } else { 1 };
                builder.add_cable(nodes[i as usize], nodes[next as usize], cable.clone().lanes(lanes));
            }
        }
    }
    builder.set_torus(sides.to_vec());
    builder.finish().unwrap()
}

/// What is asked of a collective: changes to a plain request.
pub type Ask<'a> = &'a dyn Fn(&mut Request);

/// One collective on some nodes of a fabric.
pub struct Asked<'a> {
    pub op: Op,
    pub algorithm: Algorithm,
    pub bytes: Bytes,
    pub nodes: Vec<NodeId>,
    pub steps: Steps,
    pub start: Time,
    pub ask: Ask<'a>,
}

impl Asked<'_> {
    /// On all endpoints, receipt-driven, at once.
    pub fn on_all(fabric: &Fabric, op: Op, algorithm: Algorithm, bytes: Bytes) -> Self {
        let (nodes, steps) = (fabric.endpoints().to_vec(), Steps::Receipt);
        Self { op, algorithm, bytes, nodes, steps, start: Time::ZERO, ask: &|_| {} }
    }
}

/// The switches that work on data, where every rank's server is known and has the switches with its own number.
fn working(fabric: &Fabric, asked: &Asked<'_>) -> impl Iterator<Item = (NodeId, SwitchPlace)> {
    let servers: Vec<Option<u32>> = asked.nodes.iter().map(|node| fabric.node(*node).server).collect();
    let nodes = (0..).map(NodeId).zip(fabric.nodes());
    let working = nodes.filter(move |(_, node)| node.in_network.any() && servers.contains(&node.server));
    working.filter_map(|(id, node)| {
        let links = fabric.out_links(id);
        let weight = fabric.link(*links.first()?).bandwidth.bits_per_sec();
        Some((id, SwitchPlace { server: node.server?, in_network: node.in_network, weight }))
    })
}

/// What an algorithm is asked for.
pub fn request(fabric: &Fabric, asked: &Asked<'_>) -> Request {
    let mut request = Request::new(asked.op, asked.nodes.len() as u32, asked.bytes);
    if let Some(servers) =
        asked.nodes.iter().map(|node| fabric.node(*node).server).collect::<Option<Vec<_>>>()
    {
        request.servers = servers;
    }
    request.switches = working(fabric, asked).map(|(_, place)| place).collect();
    request.torus = fabric.torus().map(<[u32]>::to_vec);
    (asked.ask)(&mut request);
    request
}

/// The proved schedule of what is asked.
pub fn proved(fabric: &Fabric, asked: &Asked<'_>) -> Verified {
    let request = request(fabric, asked);
    verify(schedule(asked.algorithm, &request).unwrap_or_else(|e| panic!("{e}")))
        .unwrap_or_else(|e| panic!("{e}"))
}

/// The table of paths for several collectives, and each one's lanes in it.
pub fn routed(fabric: &Fabric, all: &[(Verified, &[NodeId])]) -> (Routes, Vec<Vec<PathId>>) {
    let mut router = Router::new(fabric, 1);
    let paths = all
        .iter()
        .map(|(verified, nodes)| {
            let flows: Vec<Flow> = verified
                .schedule()
                .phases
                .iter()
                .flat_map(|phase| phase.pattern.lanes().map(move |lane| (lane, phase.channel)))
                .map(|(lane, channel)| Flow {
                    src: nodes[lane.src.index()],
                    dst: nodes[lane.dst.index()],
                    channel,
                })
                .collect();
            router.paths(&flows).unwrap()
        })
        .collect();
    (router.finish(), paths)
}

/// Collectives routed together, and their paths.
pub fn together(fabric: &Fabric, asked: &[Asked<'_>], proofs: Vec<Verified>) -> (Routes, Vec<Collective>) {
    let nodes: Vec<Vec<NodeId>> = asked
        .iter()
        .map(|one| one.nodes.iter().copied().chain(working(fabric, one).map(|(node, _)| node)).collect())
        .collect();
    let pairs: Vec<_> = proofs.iter().cloned().zip(nodes.iter().map(|nodes| &nodes[..])).collect();
    let (routes, paths) = routed(fabric, &pairs);
    let collectives = asked.iter().zip(proofs).zip(paths).map(|((one, schedule), paths)| Collective {
        schedule,
        bytes: one.bytes,
        paths,
        fold: None,
        start: one.start,
        steps: one.steps,
    });
    (routes, collectives.collect())
}

/// Plays collectives together in the fluid engine.
pub fn play(fabric: &Fabric, asked: &[Asked<'_>]) -> Outcome {
    let proofs: Vec<Verified> = asked.iter().map(|one| proved(fabric, one)).collect();
    let (routes, collectives) = together(fabric, asked, proofs);
    let outcome = fluid::run(&Job { routes: &routes, collectives }, &mut Silent);
    assert!(!outcome.cancelled, "it ends");
    outcome
}

/// The time of one collective.
pub fn time(fabric: &Fabric, asked: Asked<'_>) -> Time {
    let start = asked.start;
    play(fabric, &[asked]).collectives[0].finish - start
}

/// Rank 0, for requests.
pub const ROOT: Rank = Rank(0);
