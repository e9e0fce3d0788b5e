//! Closed forms of sizes, diameters and bisections.

use railspine::fabric::template::Value;
use railspine::route::metrics::report;

use crate::{GBPS, build, cables, count, kind, radix, sides};

/// A torus of sides above 2 has d N links and a diameter of the halved sides' sum; halves across the first,
/// longest side share 2 N / k links.
#[test]
fn torus_closed_forms() {
    for shape in [&[7u32][..], &[6, 5], &[8, 3, 4], &[4, 3, 3, 3]] {
        let report = report(&build(
            "torus",
            vec![("sides", sides(shape)), ("bandwidth", Value::Bandwidth("1 Gbps".parse().unwrap()))],
        ));
        let n: u32 = shape.iter().product();
        assert_eq!(report.gpus, n);
        assert_eq!(cables(&report, "gpu", "gpu"), u64::from(n) * shape.len() as u64);
        assert_eq!(report.hops.links_max, shape.iter().map(|side| side / 2).sum::<u32>());
        if shape[0] % 2 == 0 {
            assert_eq!(report.bisection.bits_per_sec, Some(u64::from(2 * n / shape[0]) * GBPS));
        }
        assert_eq!(report.torus.as_deref(), Some(shape));
    }
}

#[test]
fn short_sides_have_no_double_cables() {
    let fabric = build("torus", vec![("sides", sides(&[1, 2, 3]))]);
    let report = report(&fabric);
    // three pairs with two lanes, two rings of three
    let found: Vec<_> = report.cables.iter().map(|sort| (sort.bundles, sort.cables)).collect();
    assert_eq!(found, [(9, 12)]);
    let mesh = railspine::route::metrics::report(&build("mesh", vec![("sides", sides(&[1, 2, 3]))]));
    assert_eq!(cables(&mesh, "gpu", "gpu"), 3 + 4);
    assert_eq!(mesh.hops.links_max, 3);
    // the last side runs fastest: 0, 1, 2 lie in a row and 3 above 0
    let names: Vec<_> =
        fabric.out_links(fabric.endpoints()[0]).iter().map(|link| fabric.link_name(*link)).collect();
    assert_eq!(names, ["gpu0 -> gpu3", "gpu0 -> gpu1", "gpu0 -> gpu2"]);
}

/// k-ary fat tree (Al-Fares et al., SIGCOMM 2008): k^3/4 endpoints, k^2/2 leaves, k^2/2 spines, k^2/4 cores,
/// 2N links between switches, five switches across, bisection of N/2 links.
#[test]
fn k_ary_fat_tree_closed_forms() {
    for k in [4u32, 6, 8, 12] {
        let n = k * k * k / 4;
        let report = report(&build("fat-tree", vec![("endpoints", count(n)), ("radix", count(k))]));
        assert_eq!(
            [kind(&report, "leaf"), kind(&report, "spine"), kind(&report, "core")],
            [k * k / 2, k * k / 2, k * k / 4]
        );
        assert_eq!(cables(&report, "leaf", "spine") + cables(&report, "spine", "core"), 2 * u64::from(n));
        assert_eq!((report.hops.switches_max, report.hops.links_max, report.switch_tiers), (5, 6, 3));
        assert_eq!(report.bisection.bits_per_sec, Some(u64::from(n / 2) * 400 * GBPS));
        for switch in ["leaf", "spine", "core"] {
            assert_eq!(radix(&report, switch), u64::from(k), "{switch}");
        }
    }
}

/// Two tiers of radix R: 2N/R leaves, N/R spines, N links between them, three switches across. Oversubscribed
/// d:u, the bisection is u/d of N/2 links.
#[test]
fn two_tier_fat_tree_closed_forms() {
    let full = report(&build("fat-tree", vec![("endpoints", count(512)), ("radix", count(32))]));
    assert_eq!([kind(&full, "leaf"), kind(&full, "spine"), kind(&full, "core")], [32, 16, 0]);
    assert_eq!((cables(&full, "leaf", "spine"), full.hops.switches_max), (512, 3));
    assert_eq!(full.bisection.bits_per_sec, Some(256 * 400 * GBPS));

    let given = vec![("endpoints", count(480)), ("radix", count(40)), ("leaf_down", count(30))];
    let thin = report(&build("fat-tree", given));
    assert_eq!([kind(&thin, "leaf"), kind(&thin, "spine")], [16, 5]);
    assert_eq!(thin.bisection.bits_per_sec, Some(240 / 3 * 400 * GBPS));
    assert_eq!((thin.oversubscription[0].ratio, thin.oversubscription[0].worst), (3.0, 3.0));

    // a single leaf needs no uplinks, so it holds as many GPUs as it has ports
    for (endpoints, leaves, spines) in [(20, 1, 0), (64, 1, 0), (65, 3, 2)] {
        let report = report(&build("fat-tree", vec![("endpoints", count(endpoints))]));
        assert_eq!([kind(&report, "leaf"), kind(&report, "spine")], [leaves, spines], "{endpoints}");
        assert_eq!(report.oversubscription.len(), usize::from(spines > 0));
    }
}

#[test]
fn distances_follow_the_costs_of_classes() {
    // inside a server two NVLinks; in a rail GPU, PCIe, adapter, leaf and back; across rails two leaves and a
    // spine
    let superpod = report(&build("rail-optimised", vec![("servers", count(32))]));
    assert_eq!((superpod.hops.links_max, superpod.hops.switches_max), (8, 3));
    assert_eq!((superpod.hops.links_typical, superpod.hops.switches_typical), (8, 3));
    // GPUs that relay let traffic change rails over NVLink, so spines are not needed
    let relayed = build("rail-optimised", vec![("servers", count(32)), ("gpu_relay", Value::Flag(true))]);
    let relayed = report(&relayed);
    assert_eq!((relayed.hops.links_max, relayed.hops.switches_max), (8, 1));
    let three = report(&build("rail-optimised", vec![("servers", count(64)), ("tiers", count(3))]));
    assert_eq!((three.hops.links_max, three.hops.switches_max), (10, 5));
}

#[test]
fn hypercube_and_full_mesh_closed_forms() {
    let cube = report(&build("hypercube", vec![("dimensions", count(5))]));
    assert_eq!((cube.gpus, cables(&cube, "gpu", "gpu"), cube.hops.links_max), (32, 80, 5));
    assert_eq!(cube.bisection.bits_per_sec, Some(16 * 400 * GBPS));
    let mesh = report(&build("fully-connected", vec![("endpoints", count(9))]));
    assert_eq!((cables(&mesh, "gpu", "gpu"), mesh.hops.links_max), (36, 1));
    assert_eq!(mesh.bisection.bits_per_sec, Some(4 * 5 * 400 * GBPS));
    // MI300X: seven links of 64 GB/s a GPU
    let mi300x = report(&build("full-mesh-box", vec![("servers", count(3))]));
    assert_eq!((mi300x.gpus, mi300x.servers, radix(&mi300x, "gpu")), (24, 3, 8));
    assert_eq!((kind(&mi300x, "nic"), cables(&mi300x, "nic", "switch")), (24, 24));
}

#[test]
fn rails_meet_only_inside_servers_where_they_are_rail_only() {
    let fabric = build("rail-only", vec![("servers", count(96))]);
    for link in fabric.links() {
        let (from, to) = (fabric.node(link.from), fabric.node(link.to));
        if from.kind.is_network_switch() || to.kind.is_network_switch() {
            assert_eq!(from.rail, to.rail, "{} {}", from.name, to.name);
        }
    }
    let report = report(&fabric);
    // 3 leaves a rail with 32 uplinks each fit 2 spines of 64 ports
    assert_eq!((kind(&report, "leaf"), kind(&report, "spine")), (24, 16));
    assert_eq!(report.hops.unreachable_pairs, 0);
    let relay = build("rail-only", vec![("servers", count(4)), ("gpu_relay", Value::Flag(false))]);
    // without relays, a GPU reaches its own server and its own rail only
    assert_eq!(railspine::route::metrics::report(&relay).hops.unreachable_pairs, 32 * 3 * 7);
}
