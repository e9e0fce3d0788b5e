//! Routes and collectives over families with servers.

use std::collections::BTreeMap;

use railspine::collective::{Algorithm, Op};
use railspine::fabric::template::{FAMILIES, family};
use railspine::fabric::{Builder, Fabric, LinkClass, NodeKind, Routing};
use railspine::ids::LinkId;
use railspine::route::{Flow, Router};
use railspine::units::{Bandwidth, Bytes};

use crate::support::{Asked, time};
use crate::{build, try_build, values};

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
