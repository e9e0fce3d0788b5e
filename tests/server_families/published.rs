//! Counts of real systems and papers, without building anything.

use railspine::fabric::template::{Counts, Tree, tree};

use crate::{counts, try_build, values};

/// NVIDIA DGX SuperPOD reference architecture, H100, table 4: nodes, leaves, spines, compute and fabric manager cables
/// (four go to fabric managers), spine-leaf cables. The row of one unit comes with a spare place as well.
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
