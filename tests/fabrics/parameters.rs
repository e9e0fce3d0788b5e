//! Defaults, faults and sizes of all families.

use std::time::Instant;

use railspine::fabric::template::{FAMILIES, ParamKind, Value, family};
use railspine::fabric::{InNetwork, LinkClass, MAX_ITEMS, NodeKind};
use railspine::report::{json, show};
use railspine::route::metrics::{FabricReport, report};

use crate::{GBPS, Given, build, count, kind, sides, try_build};

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
        "rail-optimised" | "rail-only" | "server-tree" | "multi-plane" | "server-dragonfly" => {
            vec![("servers", count(3))]
        }
        "server-torus" => vec![("sides", sides(&[2, 3]))],
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
        let back: FabricReport = serde_json::from_str(&json::show(&report)).unwrap();
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
        ("server-tree", vec![("servers", count(8)), ("leaf_down", count(7))], "leaf_down"),
        ("server-tree", vec![("servers", count(8)), ("pod_servers", count(5))], "pod_servers"),
        ("server-tree", vec![("servers", count(9)), ("tiers", count(1))], "tiers"),
        ("server-tree", vec![("servers", count(65 * 4)), ("tiers", count(2))], "tiers"),
        ("server-tree", vec![("servers", count(64 * 32 * 4 + 1))], "core_radix"),
        (
            "server-tree",
            vec![("servers", count(8)), ("spare_servers_per_pod", count(4))],
            "spare_servers_per_pod",
        ),
        ("multi-plane", vec![("servers", count(8)), ("planes", count(3))], "planes"),
        ("multi-plane", vec![("servers", count(8)), ("tiers", count(1))], "tiers"),
        ("multi-plane", vec![("servers", count(8)), ("pod_servers", count(33))], "pod_servers"),
        (
            "multi-plane",
            vec![("servers", count(60_000)), ("planes", count(64)), ("radix", count(1 << 24))],
            "servers",
        ),
        (
            "server-dragonfly",
            vec![("servers", count(8)), ("radix", count(8)), ("switch_down", count(4))],
            "switch_down",
        ),
        (
            "server-dragonfly",
            vec![("servers", count(8)), ("radix", count(8)), ("switch_down", count(1))],
            "switch_down",
        ),
        (
            "server-dragonfly",
            vec![("servers", count(8)), ("groups", count(1)), ("radix", count(16))],
            "groups",
        ),
        ("server-dragonfly", vec![("servers", count(8)), ("groups", count(514))], "groups"),
        ("server-dragonfly", vec![("servers", count(most))], "servers"),
        ("server-dragonfly", vec![("servers", count(8)), ("nics_per_server", count(3))], "nics_per_server"),
        ("server-torus", vec![("sides", sides(&[]))], "sides"),
        ("server-torus", vec![("sides", sides(&[2, 2, 2, 2]))], "sides"),
        ("server-torus", vec![("sides", sides(&[2, 0]))], "sides"),
        ("server-torus", vec![("sides", sides(&[1 << 20, 1 << 20]))], "sides"),
        ("server-torus", vec![("sides", sides(&[most]))], "sides"),
        ("server-torus", vec![("sides", sides(&[2, 2, 2]))], "nics_per_server"),
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

#[test]
fn nvswitches_work_on_data_where_the_parameter_says_so() {
    for name in ["rail-optimised", "rail-only", "nvlink-domain", "server-tree", "multi-plane", "server-torus"]
    {
        for (given, expected) in [(false, InNetwork::NONE), (true, InNetwork::BOTH)] {
            let mut params = small(name);
            params.push(("nvswitch_in_network", Value::Flag(given)));
            let fabric = build(name, params);
            for node in fabric.nodes() {
                let expected = if node.kind == NodeKind::NvSwitch { expected } else { InNetwork::NONE };
                assert_eq!(node.in_network, expected, "{name} {}", node.name);
            }
            let report = report(&fabric);
            let switches =
                fabric.nodes().iter().filter(|node| node.kind == NodeKind::NvSwitch).count() as u32;
            let told = if given { switches } else { 0 };
            assert_eq!((report.multicast_switches, report.reduce_switches), (told, told), "{name}");
            let line = format!(
                "work on data          {switches} switches that multicast, {switches} switches that reduce\n"
            );
            assert_eq!(show::table(&report).contains(&line), given, "{name}");
        }
    }
}
