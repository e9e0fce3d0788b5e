//! Families of fabrics with servers: closed forms against built fabrics and published tables, and traffic over them.

mod support;

#[path = "server_families/asides.rs"]
mod asides;
#[path = "server_families/published.rs"]
mod published;
#[path = "server_families/traffic.rs"]
mod traffic;

use std::collections::BTreeMap;

use proptest::prelude::*;
use railspine::fabric::template::{Counts, Fault, Value, Values, family};
use railspine::fabric::{Builder, Fabric, LinkClass, NodeKind};

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
        local in prop::option::weighted(0.4, 1u32..4),
        sides in prop::collection::vec(1u32..6, 0..5),
    ) {
        let mut given = vec![("gpus_per_server", 12), ("nics_per_server", nics)];
        if torus {
            agree("server-torus", &values("server-torus", &given, Some(sides)))?;
        } else {
            given.extend([("servers", servers), ("radix", radix)]);
            let options = [
                ("switch_down", down),
                ("group_switches", switches),
                ("local_lanes", local),
                ("switch_global", global),
                ("groups", groups),
            ];
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
