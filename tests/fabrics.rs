//! Fabrics against published component tables and closed forms.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeMap;
use std::time::Instant;

use railspine::fabric::template::{FAMILIES, Fault, ParamKind, Value, Values, family};
use railspine::fabric::{Builder, Fabric, LinkClass, MAX_ITEMS, NodeKind};
use railspine::report::show;
use railspine::route::metrics::{FabricReport, report};

type Given<'a> = Vec<(&'a str, Value)>;

fn try_build(name: &str, given: Given<'_>) -> Result<Fabric, Vec<Fault>> {
    let family = family(name).unwrap();
    let values = Values::new(family.params, given.into_iter().collect()).unwrap();
    let mut builder = Builder::new(name, LinkClass::builtin());
    (family.build)(&values, &mut builder)?;
    Ok(builder.finish().unwrap())
}

fn build(name: &str, given: Given<'_>) -> Fabric {
    try_build(name, given).unwrap()
}

fn count(n: u32) -> Value {
    Value::Count(n)
}

fn sides(sides: &[u32]) -> Value {
    Value::Sides(sides.to_vec())
}

fn kind(report: &FabricReport, name: &str) -> u32 {
    report.kinds.iter().find(|kind| kind.kind == name).map_or(0, |kind| kind.count)
}

/// Most ports in use on a node of the kind.
fn radix(report: &FabricReport, name: &str) -> u64 {
    report.kinds.iter().find(|kind| kind.kind == name).map_or(0, |kind| kind.ports_max)
}

fn cables(report: &FabricReport, from: &str, to: &str) -> u64 {
    report.cables.iter().filter(|sort| sort.from == from && sort.to == to).map(|sort| sort.cables).sum()
}

const GBPS: u64 = 1_000_000_000;

#[test]
fn every_default_can_be_read() {
    for family in FAMILIES {
        for param in family.params {
            if let Some(text) = param.default.filter(|text| !text.is_empty()) {
                let value = param.kind.parse(text);
                assert!(value.is_ok(), "{}.{}: {value:?}", family.name, param.name);
                if let (ParamKind::Choice(words), Ok(Value::Word(word))) = (param.kind, &value) {
                    assert!(words.contains(&word.as_str()), "{}.{}", family.name, param.name);
                }
                if let (ParamKind::Class, Ok(Value::Word(word))) = (param.kind, value) {
                    assert!(LinkClass::builtin().iter().any(|class| class.name == word), "{word}");
                }
            }
            assert!(!param.about.is_empty() && !param.about.ends_with('.'), "{}.{}", family.name, param.name);
        }
        let mut names: Vec<_> = family.params.iter().map(|param| param.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), family.params.len(), "{}", family.name);
    }
}

/// The required parameters of every family, small.
fn small(name: &str) -> Given<'static> {
    match name {
        "mesh" | "torus" => vec![("sides", sides(&[2, 3, 4]))],
        "hypercube" => vec![("dimensions", count(3))],
        "rail-optimised" | "rail-only" => vec![("servers", count(3))],
        "nvlink-domain" | "hybrid-cube-mesh" | "full-mesh-box" => vec![],
        _ => vec![("endpoints", count(5))],
    }
}

#[test]
fn every_family_builds_small_fabrics_that_can_be_shown() {
    for family in FAMILIES {
        let fabric = build(family.name, small(family.name));
        let report = report(&fabric);
        assert_eq!(report.hops.unreachable_pairs, 0, "{}", family.name);
        assert!(report.bisection.bits_per_sec > Some(0), "{}", family.name);
        // ranks go server by server, then by number within it
        let servers: Vec<_> = fabric.endpoints().iter().map(|gpu| fabric.node(*gpu).server).collect();
        assert!(servers.is_sorted(), "{}", family.name);
        let text = show::table(&report);
        assert!(text.contains("bisection bandwidth") && text.contains("gpu"), "{text}");
        let back: FabricReport = serde_json::from_str(&show::json(&report).unwrap()).unwrap();
        assert_eq!(back, report);
        assert_eq!(back.schema, "railspine.show/1");
    }
}

#[test]
fn faults_name_a_parameter_of_the_family() {
    let bandwidth = |text: &str| Value::Bandwidth(text.parse().unwrap());
    let most = MAX_ITEMS as u32;
    let cases: Vec<(&str, Given<'_>, &str)> = vec![
        ("single-switch", vec![("endpoints", count(u32::MAX))], "endpoints"),
        ("single-switch", vec![("endpoints", count(2)), ("class", Value::Word("copper".into()))], "class"),
        ("single-switch", vec![("endpoints", count(2)), ("bandwidth", bandwidth("0 Gbps"))], "bandwidth"),
        ("ring", vec![("endpoints", count(u32::MAX))], "endpoints"),
        ("mesh", vec![("sides", sides(&[]))], "sides"),
        ("mesh", vec![("sides", sides(&[3, 0]))], "sides"),
        ("torus", vec![("sides", sides(&[2, 2, 2, 2, 2]))], "sides"),
        ("torus", vec![("sides", sides(&[u32::MAX; 4]))], "sides"),
        ("fully-connected", vec![("endpoints", count(most))], "endpoints"),
        ("hypercube", vec![("dimensions", count(28))], "dimensions"),
        ("fat-tree", vec![("endpoints", count(9)), ("tiers", count(1)), ("radix", count(8))], "tiers"),
        ("fat-tree", vec![("endpoints", count(33)), ("tiers", count(2)), ("radix", count(8))], "tiers"),
        ("fat-tree", vec![("endpoints", count(129)), ("radix", count(8))], "core_radix"),
        (
            "fat-tree",
            vec![("endpoints", count(9)), ("leaf_down", count(60)), ("leaf_up", count(5))],
            "leaf_down",
        ),
        ("fat-tree", vec![("endpoints", count(most)), ("radix", count(1 << 20))], "endpoints"),
        ("rail-optimised", vec![("servers", count(8)), ("pod_servers", count(33))], "pod_servers"),
        (
            "rail-optimised",
            vec![("servers", count(8)), ("spare_servers_per_pod", count(32))],
            "spare_servers_per_pod",
        ),
        ("rail-optimised", vec![("servers", count(8)), ("nics_per_server", count(3))], "nics_per_server"),
        ("rail-optimised", vec![("servers", count(8)), ("tiers", count(1))], "tiers"),
        ("rail-optimised", vec![("servers", count(8193))], "core_radix"),
        ("rail-optimised", vec![("servers", count(most)), ("radix", count(1 << 24))], "servers"),
        ("rail-only", vec![("servers", count(65)), ("tiers", count(1))], "tiers"),
        ("nvlink-domain", vec![("links_per_gpu", count(20))], "links_per_gpu"),
        ("nvlink-domain", vec![("gpus", count(1 << 20)), ("switches", count(1 << 20))], "gpus"),
        ("hybrid-cube-mesh", vec![("servers", count(most))], "servers"),
        ("hybrid-cube-mesh", vec![("cpu_bandwidth", bandwidth("0 Gbps"))], "cpu_bandwidth"),
        ("full-mesh-box", vec![("servers", count(most))], "servers"),
    ];
    for (name, given, param) in cases {
        let told = format!("{given:?}");
        let faults = try_build(name, given).expect_err(&told);
        assert_eq!(faults[0].param, param, "{name} {told}: {faults:?}");
        for fault in &faults {
            assert!(family(name).unwrap().params.iter().any(|p| p.name == fault.param), "{fault:?}");
            assert!(!fault.message.ends_with('.'), "{fault:?}");
        }
    }
}

/// NVIDIA DGX SuperPOD reference architecture, H100, table 4: scalable units, nodes, GPUs, leaves, spines, compute
/// and fabric manager cables, spine-leaf cables. Four of the cables go to fabric managers in every row.
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

/// NVIDIA DGX SuperPOD reference architecture, B200, table of larger component counts: scalable units, nodes, GPUs,
/// leaves, spines, cores, and cables between each.
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
        for groups in ["rail", "pods"] {
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

/// NVIDIA DGX SuperPOD reference architecture, B300 with XDR InfiniBand, table 3: 72 systems a scalable unit on
/// switches of 144 ports. Scalable units, leaves, spines, node-leaf cables, leaf-spine cables.
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

/// Rail-only (arXiv 2307.12169), 32,768 GPUs in domains of 256: switches of a single-tier and a two-tier network a
/// rail, for radix 128 (256 switches) and 64 (1,536 switches).
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
    // the two halves are joined by six NVLinks of 25 GB/s (pairs 0-4 and 1-5 have two) and by the CPUs' 38.4 GB/s,
    // of which the two PCIe switches of a half fill 32
    assert_eq!(report.bisection.bits_per_sec, Some((6 * 25 + 32) * 8 * GBPS));
}

/// TPU v4 (Jouppi et al., ISCA 2023): cubes of 4 x 4 x 4 chips with six links each, 4,096 chips in 16 x 16 x 16.
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

/// A torus of sides above 2 has d N links and a diameter of the halved sides' sum; halves across the first, longest
/// side share 2 N / k links.
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

/// k-ary fat tree (Al-Fares et al., SIGCOMM 2008): k^3/4 endpoints, k^2/2 leaves, k^2/2 spines, k^2/4 cores, 2N links
/// between switches, five switches across, bisection of N/2 links.
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

/// Two tiers of radix R: 2N/R leaves, N/R spines, N links between them, three switches across. Oversubscribed d:u, the
/// bisection is u/d of N/2 links.
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

    let lone = report(&build("fat-tree", vec![("endpoints", count(20))]));
    assert_eq!((lone.switch_tiers, lone.hops.switches_max, lone.oversubscription.len()), (1, 1, 0));
}

#[test]
fn distances_follow_the_costs_of_classes() {
    // inside a server two NVLinks; in a rail GPU, PCIe, adapter, leaf and back; across rails two leaves and a spine
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
fn lengths_and_uplink_rates_reach_the_cables() {
    let length = |text: &str| Value::Length(text.parse().unwrap());
    let given = vec![
        ("servers", count(4)),
        ("radix", count(8)),
        ("host_length", length("3 m")),
        ("spine_length", length("30 m")),
        ("uplink_bandwidth", Value::Bandwidth("800 Gbps".parse().unwrap())),
    ];
    let fabric = build("rail-optimised", given);
    let report = report(&fabric);
    let sort =
        |from, to| report.cables.iter().find(|sort| sort.from == from && sort.to == to).unwrap().clone();
    assert_eq!((sort("nic", "leaf").cables, sort("nic", "leaf").length_mm), (32, Some(96_000)));
    assert_eq!(
        (sort("leaf", "spine").bits_per_sec, sort("leaf", "spine").length_mm),
        (800 * GBPS, Some(960_000))
    );
    assert_eq!(sort("gpu", "nvswitch").length_mm, None);
    assert_eq!(report.oversubscription[0].ratio, 0.5);
}

/// 131,072 GPUs in pods of 1,024 servers build in seconds, and so does their description.
#[test]
fn large_fabrics_build_quickly() {
    let given = vec![("servers", count(16_384)), ("radix", count(2_048)), ("tiers", count(3))];
    let start = Instant::now();
    let fabric = build("rail-optimised", given);
    let built = start.elapsed();
    let report = report(&fabric);
    println!("built in {built:?}, described in {:?}", start.elapsed() - built);
    assert_eq!(
        (report.gpus, kind(&report, "leaf"), kind(&report, "spine"), kind(&report, "core")),
        (131_072, 128, 128, 64)
    );
    assert_eq!(report.bisection.bits_per_sec, Some(65_536 * 400 * GBPS));
    assert!(!report.hops.exact && report.hops.sources > 1);
    assert_eq!(report.hops.switches_max, 5);
    // generous: the machine may be busy
    assert!(start.elapsed().as_secs() < 60);
}

/// The template files under `topologies/` hold what their comments say.
#[test]
fn topology_files_are_the_systems_that_they_name() {
    let gpus: BTreeMap<&str, u32> = BTreeMap::from([
        ("dgx-a100-superpod", 160),
        ("dgx-h100-superpod", 256),
        ("dgx1-v100", 8),
        ("gb200-nvl72", 72),
        ("h200-roce-8gpu", 128),
        ("mi300x-box", 8),
        ("single-switch-8", 8),
        ("tpu-v4-slice", 64),
    ]);
    for (name, gpus) in gpus {
        let report = report(&load(name));
        assert_eq!((report.name.as_str(), report.gpus), (name, gpus));
        match name {
            "dgx-h100-superpod" => {
                assert_eq!([kind(&report, "leaf"), kind(&report, "spine")], [8, 4]);
                assert_eq!([cables(&report, "nic", "leaf"), cables(&report, "leaf", "spine")], [256, 256]);
                assert_eq!(report.bisection.bits_per_sec, Some(128 * 400 * GBPS));
            }
            "dgx-a100-superpod" => assert_eq!([kind(&report, "leaf"), kind(&report, "spine")], [8, 4]),
            "h200-roce-8gpu" => {
                assert_eq!([kind(&report, "leaf"), kind(&report, "spine")], [16, 2]);
                assert_eq!(report.oversubscription[0].worst, 1.0);
            }
            _ => {}
        }
    }
}

/// Builds a file of a template without overrides of classes.
fn load(name: &str) -> Fabric {
    let path = format!("{}/topologies/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let file: toml::Table = text.parse().unwrap();
    let family = family(file["template"].as_str().unwrap()).unwrap();
    let mut given = BTreeMap::new();
    for (key, value) in file["params"].as_table().unwrap() {
        let param = family.params.iter().find(|param| param.name == key).unwrap_or_else(|| panic!("{key}"));
        let text = match value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string().trim_matches(['[', ']']).to_owned(),
        };
        given.insert(param.name, param.kind.parse(&text).unwrap());
    }
    let mut builder = Builder::new(file["name"].as_str().unwrap(), LinkClass::builtin());
    (family.build)(&Values::new(family.params, given).unwrap(), &mut builder).unwrap();
    builder.finish().unwrap()
}
