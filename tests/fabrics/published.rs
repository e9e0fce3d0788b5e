//! Component counts of real systems, as their makers publish them.

use railspine::fabric::NodeKind;
use railspine::fabric::template::Value;
use railspine::route::metrics::report;

use crate::{GBPS, build, cables, count, kind, radix, sides};

/// NVIDIA DGX SuperPOD reference architecture, H100, table 4: scalable units, nodes, GPUs, leaves, spines,
/// compute and fabric manager cables, spine-leaf cables. Four of the cables go to fabric managers in every
/// row.
#[test]
fn superpod_h100_table_4() {
    for (units, nodes, gpus, leaves, spines, compute, spine_leaf) in [
        (1, 31, 248, 8, 4, 252, 256),
        (2, 63, 504, 16, 8, 508, 512),
        (3, 95, 760, 24, 16, 764, 768),
        (4, 127, 1016, 32, 16, 1020, 1024),
    ] {
        let fabric = build("rail-optimised", vec![("servers", count(nodes)), ("pod_servers", count(32))]);
        let report = report(&fabric);
        let found = (kind(&report, "leaf") / 8, report.gpus, kind(&report, "leaf"), kind(&report, "spine"));
        assert_eq!(found, (units, gpus, leaves, spines));
        assert_eq!(cables(&report, "nic", "leaf") + 4, compute);
        assert_eq!(cables(&report, "leaf", "spine"), spine_leaf);
        assert_eq!(report.switch_tiers, 2);
        assert!(radix(&report, "leaf") <= 64 && radix(&report, "spine") <= 64);
    }
}

/// NVIDIA DGX SuperPOD reference architecture, B200, table of larger component counts: scalable units, nodes,
/// GPUs, leaves, spines, cores, and cables between each.
#[test]
fn superpod_b200_larger_table() {
    for (units, nodes, gpus, leaves, spines, cores, node_leaf, leaf_spine, spine_core) in [
        (2, 64, 512, 16, 8, 0, 512, 512, 0),
        (4, 128, 1024, 32, 16, 0, 1024, 1024, 0),
        (8, 256, 2048, 64, 32, 0, 2048, 2048, 0),
        (16, 512, 4096, 128, 128, 64, 4096, 4096, 4096),
        (32, 1024, 8192, 256, 256, 128, 8192, 8192, 8192),
        (64, 2048, 16384, 512, 512, 256, 16384, 16384, 16384),
    ] {
        // the counts do not depend on which leaves share spines; the largest rows are built once
        let groups: &[&str] = if units > 16 { &["rail"] } else { &["rail", "pods"] };
        for &groups in groups {
            let given = vec![
                ("servers", count(nodes)),
                ("pod_servers", count(32)),
                ("spine_groups", Value::Word(groups.into())),
            ];
            let fabric = build("rail-optimised", given);
            let report = report(&fabric);
            let found = (
                kind(&report, "leaf") / 8,
                report.gpus,
                kind(&report, "leaf"),
                kind(&report, "spine"),
                kind(&report, "core"),
            );
            assert_eq!(found, (units, gpus, leaves, spines, cores), "{groups}");
            let found = (
                cables(&report, "nic", "leaf"),
                cables(&report, "leaf", "spine"),
                cables(&report, "spine", "core"),
            );
            assert_eq!(found, (node_leaf, leaf_spine, spine_core), "{groups}");
            for switch in ["leaf", "spine", "core"] {
                assert!(radix(&report, switch) <= 64, "{units} units, {groups}: {switch}");
            }
            // non-blocking: half of the adapters' rate, and 1:1 in every tier
            assert_eq!(report.bisection.bits_per_sec, Some(u64::from(gpus) / 2 * 400 * GBPS), "{units}");
            assert!(report.oversubscription.iter().all(|tier| tier.ratio == 1.0 && tier.worst == 1.0));
        }
    }
}

/// NVIDIA DGX SuperPOD reference architecture, B300 with XDR InfiniBand, table 3: 72 systems a scalable unit
/// on switches of 144 ports. Scalable units, leaves, spines, node-leaf cables, leaf-spine cables.
#[test]
fn superpod_b300_xdr_table_3() {
    for (units, leaves, spines, node_leaf, leaf_spine) in [
        (1, 8, 4, 576, 576),
        (2, 16, 8, 1152, 1152),
        (4, 32, 18, 2304, 2304),
        (8, 64, 36, 4608, 4608),
        (18, 144, 72, 10368, 10368),
    ] {
        let given = vec![("servers", count(72 * units)), ("radix", count(144))];
        let report = report(&build("rail-optimised", given));
        assert_eq!((kind(&report, "leaf"), kind(&report, "spine")), (leaves, spines));
        assert_eq!(
            (cables(&report, "nic", "leaf"), cables(&report, "leaf", "spine")),
            (node_leaf, leaf_spine)
        );
    }
}

/// Rail-only (arXiv 2307.12169), 32,768 GPUs in domains of 256: switches of a single-tier and a two-tier
/// network a rail, for radix 128 (256 switches) and 64 (1,536 switches).
#[test]
fn rail_only_switch_counts() {
    for (radix, tiers, switches) in [(128, 1, 256), (64, 2, 1536)] {
        let given = vec![
            ("servers", count(128)),
            ("gpus_per_server", count(256)),
            ("radix", count(radix)),
            ("tiers", count(tiers)),
        ];
        let fabric = build("rail-only", given);
        let network = fabric.nodes().iter().filter(|node| node.kind.is_network_switch()).count();
        assert_eq!(network, switches);
    }
}

/// NVIDIA GB200 NVL72: 18 NVLinks a GPU, one to each of 18 chips, 1,296 links. Any pair is two links apart.
#[test]
fn nvl72_counts() {
    let report = report(&build("nvlink-domain", vec![]));
    assert_eq!((report.gpus, kind(&report, "nvswitch")), (72, 18));
    assert_eq!(cables(&report, "gpu", "nvswitch"), 1296);
    assert_eq!((radix(&report, "gpu"), radix(&report, "nvswitch")), (18, 72));
    assert_eq!((report.hops.links_max, report.switch_tiers), (2, 0));
    // 36 GPUs send 900 GB/s each
    assert_eq!(report.bisection.bits_per_sec, Some(36 * 7_200 * GBPS));
}

/// NVIDIA DGX-1 with V100, WP-08437: 24 NVLinks on 16 pairs, six a GPU, 4 PCIe switches, 2 CPUs, 4 adapters.
#[test]
fn dgx1_counts() {
    let fabric = build("hybrid-cube-mesh", vec![("nics", Value::Flag(true))]);
    let report = report(&fabric);
    assert_eq!((report.gpus, report.servers), (8, 1));
    assert_eq!([kind(&report, "pcie-switch"), kind(&report, "cpu"), kind(&report, "nic")], [4, 2, 4]);
    let nvlinks = report.cables.iter().find(|sort| sort.class == "nvlink").unwrap();
    assert_eq!((nvlinks.bundles, nvlinks.cables), (16, 24));
    for gpu in fabric.endpoints() {
        let lanes: u32 = fabric
            .out_links(*gpu)
            .iter()
            .map(|link| fabric.link(*link))
            .filter(|link| fabric.node(link.to).kind == NodeKind::Gpu)
            .map(|link| link.lanes)
            .sum();
        assert_eq!(lanes, 6);
    }
    // the two halves are joined by six NVLinks of 25 GB/s (pairs 0-4 and 1-5 have two) and by the CPUs' 38.4
    // GB/s, of which the two PCIe switches of a half fill 32
    assert_eq!(report.bisection.bits_per_sec, Some((6 * 25 + 32) * 8 * GBPS));
}

/// TPU v4 (Jouppi et al., ISCA 2023): cubes of 4 x 4 x 4 chips with six links each, 4,096 chips in 16 x 16 x
/// 16.
#[test]
fn tpu_v4_counts() {
    let cube = report(&build("torus", vec![("sides", sides(&[4, 4, 4]))]));
    assert_eq!((cube.gpus, cables(&cube, "gpu", "gpu"), radix(&cube, "gpu")), (64, 192, 6));
    assert_eq!(cube.hops.links_max, 6);
    let whole = report(&build("torus", vec![("sides", sides(&[16, 16, 16]))]));
    assert_eq!((whole.gpus, cables(&whole, "gpu", "gpu")), (4096, 3 * 4096));
    assert_eq!(whole.hops.links_max, 24);
    // two cuts of 256 links of 50 GB/s
    assert_eq!(whole.bisection.bits_per_sec, Some(512 * 400 * GBPS));
}
