//! Families of fabrics with servers: closed forms against built fabrics and published tables, and traffic over them.

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use railspine::collective::{Algorithm, Op};
use railspine::fabric::template::{Counts, FAMILIES, Fault, Tree, Value, Values, family, tree};
use railspine::fabric::{Builder, Fabric, LinkClass, NodeKind, Routing};
use railspine::ids::LinkId;
use railspine::route::{Flow, Router};
use railspine::units::{Bandwidth, Bytes};
use support::{Asked, time};

type Given<'a> = &'a [(&'a str, u32)];

fn values<'a>(name: &str, given: Given<'a>, sides: Option<Vec<u32>>) -> Values<'a> {
    let mut all: BTreeMap<&str, Value> = given.iter().map(|(key, n)| (*key, Value::Count(*n))).collect();
    if let Some(sides) = sides {
        all.insert("sides", Value::Sides(sides));
    }
    Values::new(family(name).unwrap().params, all).unwrap()
}

fn counts(name: &str, values: &Values<'_>) -> Result<Counts, Vec<Fault>> {
    (family(name).unwrap().counts.unwrap())(values)
}

fn try_build(name: &str, values: &Values<'_>) -> Result<Fabric, Vec<Fault>> {
    let mut builder = Builder::new(name, LinkClass::builtin());
    (family(name).unwrap().build)(values, &mut builder)?;
    Ok(builder.finish().unwrap())
}

fn build(name: &str, given: Given<'_>) -> Fabric {
    try_build(name, &values(name, given, None)).unwrap()
}

/// Counts the nodes and cables of a built fabric; tiers are those of the kinds of switches.
fn count(fabric: &Fabric) -> Counts {
    let mut found = Counts::default();
    let mut servers: Vec<u32> = fabric.nodes().iter().filter_map(|node| node.server).collect();
    servers.sort_unstable();
    servers.dedup();
    found.servers = servers.len() as u64;
    for node in fabric.nodes() {
        match node.kind {
            NodeKind::Leaf | NodeKind::Switch => found.leaves += 1,
            NodeKind::Spine => found.spines += 1,
            NodeKind::Core => found.cores += 1,
            _ => {}
        }
    }
    for link in fabric.links().iter().step_by(2) {
        let (from, to) = (fabric.node(link.from), fabric.node(link.to));
        let mut kinds = [from.kind, to.kind];
        kinds.sort_unstable();
        let lanes = u64::from(link.lanes);
        match kinds {
            [NodeKind::Nic, NodeKind::Nic | NodeKind::Leaf | NodeKind::Switch] => found.host_cables += lanes,
            [NodeKind::Leaf, NodeKind::Spine] => found.spine_cables += lanes,
            [NodeKind::Spine, NodeKind::Core] => found.core_cables += lanes,
            [NodeKind::Switch, NodeKind::Switch] => {
                let group = |name: &str| name.split('/').next().unwrap().to_owned();
                if group(&from.name) == group(&to.name) {
                    found.spine_cables += lanes;
                } else {
                    found.core_cables += lanes;
                }
            }
            _ => assert!(from.server.is_some() && from.server == to.server, "{} - {}", from.name, to.name),
        }
    }
    found.tiers = match (found.leaves, found.spines, found.cores) {
        (0, ..) => 0,
        (_, 0, _) => 1,
        (_, _, 0) => 2,
        _ => 3,
    };
    found
}

/// Both tell the same, or the same faults.
fn agree(name: &str, values: &Values<'_>) -> Result<bool, TestCaseError> {
    let told = counts(name, values);
    match try_build(name, values) {
        Ok(fabric) => {
            prop_assert_eq!(told.as_ref(), Ok(&count(&fabric)), "{}", name);
            Ok(true)
        }
        Err(faults) => {
            let Err(told) = told else { return Err(TestCaseError::fail(format!("{name}: {faults:?}"))) };
            prop_assert!(!told.is_empty() && told.iter().all(|fault| faults.contains(fault)), "{told:?}");
            Ok(false)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn tiered_families_are_counted_as_they_are_built(
        which in 0usize..4,
        servers in 1u32..60,
        nics in prop::sample::select(vec![1u32, 2, 4]),
        radix in 2u32..40,
        leaf_down in prop::option::weighted(0.3, 1u32..20),
        leaf_up in prop::option::weighted(0.3, 1u32..20),
        spine_radix in prop::option::weighted(0.3, 2u32..40),
        spine_down in prop::option::weighted(0.3, 1u32..20),
        core_radix in prop::option::weighted(0.3, 2u32..64),
        tiers in prop::option::weighted(0.3, 1u32..=3),
        pod_servers in prop::option::weighted(0.3, 1u32..16),
        spare in prop::option::weighted(0.2, 0u32..3),
        planes in prop::option::of(prop::sample::select(vec![1u32, 2, 4, 8])),
    ) {
        let name = ["server-tree", "rail-optimised", "rail-only", "multi-plane"][which];
        let mut given = vec![
            ("servers", servers), ("gpus_per_server", 4), ("nics_per_server", nics), ("radix", radix),
        ];
        let options = [
            ("leaf_down", leaf_down),
            ("leaf_up", leaf_up),
            ("spine_radix", spine_radix),
            ("spine_down", spine_down),
            ("core_radix", core_radix),
            ("tiers", tiers),
            ("pod_servers", pod_servers),
            ("spare_servers_per_pod", spare),
            ("planes", planes.filter(|_| name == "multi-plane")),
        ];
        given.extend(options.into_iter().filter_map(|(name, value)| Some((name, value?))));
        agree(name, &values(name, &given, None))?;
    }

    #[test]
    fn dragonflies_and_tori_are_counted_as_they_are_built(
        torus in any::<bool>(),
        servers in 1u32..40,
        nics in prop::sample::select(vec![1u32, 2, 4, 12]),
        radix in 2u32..24,
        down in prop::option::weighted(0.4, 1u32..8),
        switches in prop::option::weighted(0.4, 1u32..8),
        global in prop::option::weighted(0.4, 0u32..8),
        groups in prop::option::weighted(0.4, 1u32..20),
        sides in prop::collection::vec(1u32..6, 0..5),
    ) {
        let mut given = vec![("gpus_per_server", 12), ("nics_per_server", nics)];
        if torus {
            agree("server-torus", &values("server-torus", &given, Some(sides)))?;
        } else {
            given.extend([("servers", servers), ("radix", radix)]);
            let options =
                [("switch_down", down), ("group_switches", switches), ("switch_global", global), ("groups", groups)];
            given.extend(options.into_iter().filter_map(|(name, value)| Some((name, value?))));
            let values = values("server-dragonfly", &given, None);
            if agree("server-dragonfly", &values)? {
                let fabric = try_build("server-dragonfly", &values).unwrap();
                for (i, _) in fabric.nodes().iter().enumerate().filter(|(_, n)| n.kind == NodeKind::Switch) {
                    let node = railspine::ids::NodeId::from_index(i);
                    let used: u32 = fabric.out_links(node).iter().map(|id| fabric.link(*id).lanes).sum();
                    prop_assert!(used <= radix, "{} uses {used} of {radix}", fabric.node(node).name);
                }
            }
        }
    }
}

/// Many sets of parameters that all can be built, so that the tests above do not compare faults only.
#[test]
fn counts_are_those_of_built_fabrics() {
    let mut built = 0;
    for servers in [1, 2, 7, 16, 33, 64] {
        for nics in [1, 2, 4] {
            for (radix, leaf_down) in [(16, 8), (16, 12), (24, 12), (40, 20)] {
                for name in ["server-tree", "rail-optimised", "rail-only", "multi-plane"] {
                    let given = [
                        ("servers", servers),
                        ("gpus_per_server", 4),
                        ("nics_per_server", nics),
                        ("radix", radix),
                        ("leaf_down", leaf_down),
                    ];
                    built += usize::from(agree(name, &values(name, &given, None)).unwrap());
                }
                let given = [
                    ("servers", servers),
                    ("gpus_per_server", 4),
                    ("nics_per_server", nics),
                    ("radix", radix),
                ];
                let name = "server-dragonfly";
                built += usize::from(agree(name, &values(name, &given, None)).unwrap());
            }
        }
    }
    for (sides, nics) in [(vec![5], 2), (vec![2], 4), (vec![1], 3), (vec![3, 1, 2], 4), (vec![2, 3, 4], 6)] {
        let given = [("gpus_per_server", 12), ("nics_per_server", nics)];
        assert!(agree("server-torus", &values("server-torus", &given, Some(sides))).unwrap());
        built += 1;
    }
    assert!(built > 330, "{built}");
}

/// NVIDIA DGX SuperPOD reference architecture, H100, table 4: nodes, leaves, spines, compute and fabric manager cables
/// (four go to fabric managers), spine-leaf cables. The row of one unit leaves a place of each pod empty.
#[test]
fn superpod_h100_table_4() {
    for (nodes, leaves, spines, compute, spine_leaf) in
        [(31, 8, 4, 252, 256), (63, 16, 8, 508, 512), (95, 24, 16, 764, 768), (127, 32, 16, 1020, 1024)]
    {
        let given = [("servers", nodes), ("pod_servers", 32)];
        let found = counts("rail-optimised", &values("rail-optimised", &given, None)).unwrap();
        assert_eq!((found.leaves, found.spines, found.cores, found.tiers), (leaves, spines, 0, 2));
        assert_eq!((found.host_cables + 4, found.spine_cables), (compute, spine_leaf));
        // one plane is the same network
        let given = [("servers", nodes), ("pod_servers", 32), ("planes", 1)];
        assert_eq!(counts("multi-plane", &values("multi-plane", &given, None)), Ok(found));
    }
    let given = [("servers", 31), ("pod_servers", 32), ("spare_servers_per_pod", 1)];
    let found = counts("rail-optimised", &values("rail-optimised", &given, None)).unwrap();
    assert_eq!((found.leaves, found.spines, found.host_cables, found.spine_cables), (8, 4, 248, 256));
}

/// NVIDIA DGX SuperPOD reference architecture, B200, table of larger component counts, also in plain numbers.
#[test]
fn superpod_b200_larger_table() {
    for (nodes, leaves, spines, cores, node_leaf, leaf_spine, spine_core) in [
        (64, 16, 8, 0, 512, 512, 0),
        (128, 32, 16, 0, 1024, 1024, 0),
        (256, 64, 32, 0, 2048, 2048, 0),
        (512, 128, 128, 64, 4096, 4096, 4096),
        (1024, 256, 256, 128, 8192, 8192, 8192),
        (2048, 512, 512, 256, 16384, 16384, 16384),
    ] {
        let given = [("servers", nodes), ("pod_servers", 32)];
        let found = counts("rail-optimised", &values("rail-optimised", &given, None)).unwrap();
        let expected = Counts {
            servers: nodes.into(),
            leaves,
            spines,
            cores,
            host_cables: node_leaf,
            spine_cables: leaf_spine,
            core_cables: spine_core,
            tiers: if cores > 0 { 3 } else { 2 },
        };
        assert_eq!(found, expected);
        // with cores, the leaves of one rail form a group, of at most 32 leaves
        let (three, pods) = (cores > 0, nodes / 32);
        let (groups, per_group) = if three { (8 * pods.div_ceil(32), pods.min(32)) } else { (1, 8 * pods) };
        let plain = tree(&Tree {
            leaf_up: 32,
            leaves_per_group: per_group,
            groups,
            spine_radix: 64,
            spine_down: 32,
            spine_up: 32,
            core_radix: 64,
            three,
        })
        .unwrap();
        assert_eq!(u64::from(groups * plain.spines_per_group), spines);
        assert_eq!(u64::from(plain.planes * plain.cores_per_plane), cores);
        assert_eq!(u64::from(groups * per_group * plain.spines_per_group * plain.spine_lanes), leaf_spine);
    }
}

/// Wang et al., "Rail-only" (arXiv 2307.12169): 32,768 GPUs in domains of 256. Switches and transceivers, two a cable,
/// cables of GPUs included, of a Clos network over all GPUs and of a network a rail, for switches of 64, 128 and 256
/// ports. A switch of 256 ports serves two rails of 128.
#[test]
fn rail_only_against_clos() {
    for (radix, clos, rail_only) in [
        (64, (2560, 196_608), (1536, 131_072)),
        (128, (1280, 196_608), (256, 65_536)),
        (256, (384, 131_072), (128, 65_536)),
    ] {
        let given = [("servers", 32_768), ("gpus_per_server", 1), ("radix", radix)];
        let found = counts("server-tree", &values("server-tree", &given, None)).unwrap();
        assert_eq!((found.switches(), 2 * found.cables()), clos, "{radix}");

        let given = [("servers", 128), ("gpus_per_server", 256), ("radix", radix)];
        let found = counts("rail-only", &values("rail-only", &given, None)).unwrap();
        // leaves that are alone use a port a server, so several may share a switch
        let rails_a_switch = if found.tiers == 1 { u64::from(radix) / found.servers } else { 1 };
        let switches = found.switches() / rails_a_switch;
        assert_eq!((switches, 2 * found.cables()), rail_only, "{radix}");
    }
}

/// A full dragonfly (Kim et al., ISCA 2008) has a h + 1 groups of a switches, p endpoints on each, and
/// a (a h + 1) (a - 1 + h) / 2 cables between switches, one between every two groups.
#[test]
fn dragonfly_closed_forms() {
    for (p, a, h) in [(2, 4, 2), (1, 2, 1), (3, 6, 3), (2, 3, 5), (16, 32, 16)] {
        let groups = a * h + 1;
        let given = [
            ("servers", groups * a),
            ("gpus_per_server", p),
            ("radix", p + a - 1 + h),
            ("switch_down", p),
            ("group_switches", a),
            ("switch_global", h),
        ];
        let values = values("server-dragonfly", &given, None);
        let found = counts("server-dragonfly", &values).unwrap();
        let (a, h, groups) = (u64::from(a), u64::from(h), u64::from(groups));
        assert_eq!((found.servers, found.leaves), (groups * a, a * groups));
        assert_eq!(found.host_cables, groups * a * u64::from(p));
        assert_eq!(found.spine_cables + found.core_cables, a * groups * (a - 1 + h) / 2);
        assert_eq!(found.core_cables, groups * (groups - 1) / 2);
        if found.leaves < 1000 {
            let fabric = try_build("server-dragonfly", &values).unwrap();
            let report = railspine::route::metrics::report(&fabric);
            assert!(report.hops.switches_max <= 4, "{p} {a} {h}");
        }
    }
    // the balanced defaults: 63 of 64 ports
    let found = counts("server-dragonfly", &values("server-dragonfly", &[("servers", 64)], None)).unwrap();
    assert_eq!((found.leaves, found.spine_cables, found.core_cables), (32, 32 * 31 / 2, 0));
}

#[test]
fn servers_stand_where_the_families_say() {
    let at = |fabric: &Fabric, name: &str| -> Vec<String> {
        let node = fabric.nodes().iter().position(|node| node.name == name).unwrap();
        let links = fabric.out_links(railspine::ids::NodeId::from_index(node));
        let others = links.iter().map(|id| fabric.node(fabric.link(*id).to).name.clone());
        others.filter(|other| !other.starts_with(&name[..5])).collect()
    };
    let tree =
        build("server-tree", &[("servers", 5), ("gpus_per_server", 2), ("radix", 8), ("leaf_down", 5)]);
    assert_eq!(at(&tree, "host1/nic1"), ["leaf0"]);
    assert_eq!(at(&tree, "host2/nic0"), ["leaf1"]);
    // plane by plane: two pods of two rails a plane
    let given = [("servers", 4), ("gpus_per_server", 2), ("planes", 2), ("pod_servers", 2), ("radix", 4)];
    let planes = build("multi-plane", &given);
    assert_eq!(at(&planes, "host0/nic1"), ["leaf1", "leaf5"]);
    assert_eq!(at(&planes, "host3/nic0"), ["leaf2", "leaf6"]);
    // a server of four adapters on two switches of three ports
    let given = [
        ("servers", 4),
        ("gpus_per_server", 4),
        ("radix", 8),
        ("switch_down", 3),
        ("group_switches", 4),
        ("switch_global", 1),
    ];
    let dragonfly = build("server-dragonfly", &given);
    assert_eq!(at(&dragonfly, "host1/nic2"), ["group0/switch2"]);
    assert_eq!(at(&dragonfly, "host1/nic3"), ["group0/switch3"]);
    assert_eq!(at(&dragonfly, "host2/nic0"), ["group1/switch0"]);
    let given = [("gpus_per_server", 8)];
    let torus = try_build("server-torus", &values("server-torus", &given, Some(vec![2, 3]))).unwrap();
    // two adapters a direction: up and down the first side, up and down the second
    assert_eq!(at(&torus, "host0/nic1"), ["host3/nic3"]);
    assert_eq!(at(&torus, "host0/nic2"), ["host3/nic0"]);
    assert_eq!(at(&torus, "host2/nic4"), ["host0/nic6"]);
}

/// What a flow puts on each link, as a part of the flow, and its rate alone in bytes a second.
fn route(fabric: &Fabric, from: usize, to: usize) -> (BTreeMap<LinkId, f64>, f64) {
    let mut router = Router::new(fabric, 1);
    let ends = fabric.endpoints();
    let path = router.paths(&[Flow { src: ends[from], dst: ends[to], channel: 0 }]).unwrap()[0];
    let routes = router.finish();
    let parts = routes.hops(path).iter().map(|hop| {
        let resource = routes.resources()[hop.resource.index()];
        (resource.link, f64::from(hop.weight) / f64::from(routes.unit()))
    });
    (parts.collect(), routes.alone_rate(path))
}

/// A flow is sprayed over all planes alike and gets the whole adapter's rate, in the engine too.
#[test]
fn planes_add_up_to_the_adapter() {
    let servers = 8;
    let base = [("servers", servers), ("pod_servers", 4), ("radix", 32)];
    let single = build("rail-optimised", &base);
    // 4096 bytes of 4162 on the wire are payload
    let whole = 50e9 * 4096.0 / 4162.0;
    let one = |fabric: &Fabric| {
        let mut asked = Asked::on_all(fabric, Op::SendRecv, Algorithm::Direct, Bytes(1 << 30));
        // the same rail of both pods: over spines
        asked.nodes = vec![fabric.endpoints()[3], fabric.endpoints()[7 * 8 + 3]];
        time(fabric, asked)
    };
    let expected = one(&single);
    for planes in [1, 2, 4, 8] {
        let given = [&base[..], &[("planes", planes)]].concat();
        let fabric = build("multi-plane", &given);
        let (parts, rate) = route(&fabric, 3, 7 * 8 + 3);
        assert!((rate / whole - 1.0).abs() < 1e-9, "{planes} planes: {rate}");
        let mut out = Vec::new();
        for (link, part) in &parts {
            let link = fabric.link(*link);
            if fabric.node(link.from).kind == NodeKind::Nic && fabric.node(link.to).kind == NodeKind::Leaf {
                assert_eq!(link.bandwidth, Bandwidth::from_gbps(400 / u64::from(planes)));
                out.push(*part);
            }
        }
        assert_eq!(out, vec![1.0 / f64::from(planes); planes as usize]);
        assert_eq!(one(&fabric), expected, "{planes} planes");
    }
    // a hashed flow stays in one plane
    let values = values("multi-plane", &base, None);
    let mut builder = Builder::new("hashed", LinkClass::builtin());
    (family("multi-plane").unwrap().build)(&values, &mut builder).unwrap();
    builder.set_routing(Routing::Ecmp);
    let (_, rate) = route(&builder.finish().unwrap(), 3, 7 * 8 + 3);
    assert!((rate / (whole / 2.0) - 1.0).abs() < 1e-9, "{rate}");
}

/// Traffic to a server that is not next passes through the GPUs of those between, over all lanes of a direction.
#[test]
fn servers_of_a_torus_pass_traffic_on() {
    let given = [("gpus_per_server", 8)];
    let fabric = try_build("server-torus", &values("server-torus", &given, Some(vec![5]))).unwrap();
    let (parts, _) = route(&fabric, 0, 2 * 8);
    let crossed = |from: &str, to: &str| -> f64 {
        let on = |(link, part): (&LinkId, &f64)| {
            let link = fabric.link(*link);
            let (a, b) = (&fabric.node(link.from).name, &fabric.node(link.to).name);
            if a.starts_with(from) && b.starts_with(to) && a.contains("nic") && b.contains("nic") {
                *part
            } else {
                0.0
            }
        };
        parts.iter().map(on).sum()
    };
    assert!((crossed("host0", "host1") - 1.0).abs() < 1e-9 && (crossed("host1", "host2") - 1.0).abs() < 1e-9);
    let relays = parts.keys().filter(|link| {
        let to = fabric.node(fabric.link(**link).to);
        to.kind == NodeKind::Gpu && to.server == Some(1)
    });
    assert!(relays.count() > 1);
    // the other way round is shorter to the last but one
    let (parts, _) = route(&fabric, 0, 3 * 8);
    assert!(parts.keys().all(|link| fabric.node(fabric.link(*link).to).server != Some(1)));
}

/// Every family with servers carries a ring all-reduce over all its GPUs; no adapter sends faster than it can.
#[test]
fn all_families_run_an_all_reduce() {
    let bytes = 64 << 20;
    for family in FAMILIES.iter().filter(|family| family.counts.is_some()) {
        let gpus = if family.name == "server-torus" { 6 } else { 4 };
        let mut given = vec![("gpus_per_server", gpus)];
        let sides = family.params.iter().any(|param| param.name == "sides").then(|| vec![2, 2, 2]);
        if sides.is_none() {
            given.extend([("servers", 8), ("radix", 15)]);
        }
        let fabric = try_build(family.name, &values(family.name, &given, sides)).unwrap();
        let ranks = fabric.endpoints().len();
        assert_eq!(ranks, 8 * gpus as usize, "{}", family.name);
        for algorithm in [Algorithm::Ring, Algorithm::HalvingDoubling] {
            if algorithm == Algorithm::HalvingDoubling && !ranks.is_power_of_two() {
                continue;
            }
            let took = time(&fabric, Asked::on_all(&fabric, Op::AllReduce, algorithm, Bytes(bytes)));
            // a rank sends 2 (n - 1) / n of the size, at most at NVLink's rate
            let least = 2.0 * (1.0 - 1.0 / ranks as f64) * bytes as f64 / 450e9;
            assert!(took.as_secs() > least && took.as_secs() < 1.0, "{}: {took}", family.name);
        }
    }
}

/// The texts of faults.
#[test]
fn faults_say_what_does_not_fit() {
    let told = |name: &str, given: Given<'_>, sides: Option<Vec<u32>>| {
        let faults = counts(name, &values(name, given, sides)).unwrap_err();
        faults.iter().map(|fault| format!("{}: {}", fault.param, fault.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        told("server-tree", &[("servers", 9), ("leaf_down", 7), ("nics_per_server", 8)], None),
        ["leaf_down: a leaf of 7 ports down has no room for a server of 8 adapters"]
    );
    assert_eq!(
        told("server-tree", &[("servers", 9), ("pod_servers", 5)], None),
        [
            "pod_servers: a leaf has 32 ports down, so a pod holds at most 4 servers; raise `radix` or `leaf_down`"
        ]
    );
    assert_eq!(
        told("server-tree", &[("servers", 9), ("tiers", 1)], None),
        ["tiers: a single leaf holds 8 servers, not 9"]
    );
    assert_eq!(
        told("rail-only", &[("servers", 65), ("tiers", 1)], None),
        ["tiers: a single leaf a rail holds 64 servers, not 65"]
    );
    assert_eq!(
        told("server-dragonfly", &[("servers", 9), ("switch_down", 40)], None),
        [
            "switch_down: 40 ports down, 31 to the group and 16 to other groups do not fit a switch of 64 ports"
        ]
    );
    assert_eq!(
        told("server-dragonfly", &[("servers", 9), ("radix", 8), ("switch_down", 1)], None),
        ["switch_down: a server of 8 adapters does not fit a group of 4 switches with 1 ports down each"]
    );
    assert_eq!(
        told("server-dragonfly", &[("servers", 129), ("groups", 2)], None),
        ["groups: 129 servers fill 3 groups of 64, not 2"]
    );
    let few = [("servers", 9), ("nics_per_server", 2), ("radix", 8), ("switch_global", 0)];
    assert_eq!(
        told("server-dragonfly", &few, None),
        [
            "servers: 3 groups cannot all be joined: a group has 0 ports to others; raise `radix` or `switch_global`"
        ]
    );
    assert_eq!(
        told("server-torus", &[], Some(vec![2, 2, 2, 2])),
        [
            "sides: expected 1 to 3 side lengths, found 4",
            "nics_per_server: 8 adapters cannot be dealt evenly to 6 directions"
        ]
    );
    let values = values("multi-plane", &[("servers", 9), ("planes", 3), ("nics_per_server", 3)], None);
    let faults = try_build("multi-plane", &values).unwrap_err();
    let told: Vec<_> = faults.iter().map(|fault| format!("{}: {}", fault.param, fault.message)).collect();
    assert_eq!(
        told,
        [
            "nics_per_server: 8 GPUs cannot share 3 adapters evenly",
            "planes: 400000000000 bits a second cannot be split into 3 equal ports"
        ]
    );
}
