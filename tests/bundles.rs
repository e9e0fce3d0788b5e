//! Routes on bundles against plain routes, automorphisms and folded routes against all flows one by one.

use std::collections::BTreeMap;

use railspine::fabric::template::{Value, Values, family};
use railspine::fabric::{Builder, Cable, Fabric, LinkClass, Node, NodeKind, Routing};
use railspine::ids::{LinkId, NodeId, PathId, ResourceId};
use railspine::route::bundles::{Orbits, fold};
use railspine::route::{BundleFault, BundleRouter, Bundles, Flow, Router, Routes};
use railspine::units::{Bandwidth, Time};
use rand::Rng;

type Given<'a> = &'a [(&'a str, u32)];

fn builder(name: &str, given: Given<'_>) -> Builder {
    let family = family(name).unwrap();
    let given = given.iter().map(|(key, n)| (*key, Value::Count(*n))).collect();
    let values = Values::new(family.params, given).unwrap();
    let mut builder = Builder::new(name, LinkClass::builtin());
    (family.build)(&values, &mut builder).unwrap();
    builder
}

fn torus(sides: &[u32], routing: Option<Routing>) -> Fabric {
    let family = family("torus").unwrap();
    let values =
        Values::new(family.params, [("sides", Value::Sides(sides.to_vec()))].into_iter().collect()).unwrap();
    let mut builder = Builder::new("torus", LinkClass::builtin());
    (family.build)(&values, &mut builder).unwrap();
    if let Some(routing) = routing {
        builder.set_routing(routing);
    }
    builder.finish().unwrap()
}

/// Fabrics of all families, small, and some built or broken by hand.
fn builders() -> Vec<(String, Builder)> {
    let cases: &[(&str, Given<'_>)] = &[
        ("single-switch", &[("endpoints", 5)]),
        ("ring", &[("endpoints", 7)]),
        ("fully-connected", &[("endpoints", 6)]),
        ("hypercube", &[("dimensions", 4)]),
        ("fat-tree", &[("endpoints", 16), ("radix", 8)]),
        ("fat-tree", &[("endpoints", 24), ("radix", 8), ("leaf_down", 6), ("leaf_up", 2)]),
        ("fat-tree", &[("endpoints", 32), ("radix", 4), ("tiers", 3), ("core_radix", 16)]),
        ("fat-tree", &[("endpoints", 24), ("radix", 12), ("tiers", 3), ("spine_down", 8), ("spine_up", 4)]),
        ("rail-optimised", &[("servers", 8), ("gpus_per_server", 4), ("pod_servers", 4), ("radix", 8)]),
        ("rail-optimised", &[("servers", 7), ("gpus_per_server", 4), ("pod_servers", 3), ("radix", 8)]),
        (
            "rail-optimised",
            &[("servers", 16), ("gpus_per_server", 2), ("pod_servers", 2), ("tiers", 3), ("radix", 12)],
        ),
        ("rail-only", &[("servers", 6), ("gpus_per_server", 4)]),
        ("server-tree", &[("servers", 10), ("gpus_per_server", 2), ("radix", 8), ("tiers", 3)]),
        (
            "multi-plane",
            &[("servers", 6), ("gpus_per_server", 2), ("planes", 2), ("pod_servers", 2), ("radix", 8)],
        ),
        ("server-dragonfly", &[("servers", 12), ("gpus_per_server", 2), ("radix", 7)]),
        ("nvlink-domain", &[("gpus", 12), ("switches", 6)]),
        ("hybrid-cube-mesh", &[]),
        ("full-mesh-box", &[]),
    ];
    let mut all: Vec<_> =
        cases.iter().map(|(name, given)| (format!("{name} {given:?}"), builder(name, given))).collect();
    let mut cut = builder("fat-tree", &[("endpoints", 16), ("radix", 8)]);
    assert_eq!(cut.remove_cables(&|a, b| a == "leaf1" && b == "spine1"), 1);
    all.push(("fat-tree with a cable cut".into(), cut));
    let mut cut = builder("fat-tree", &[("endpoints", 32), ("radix", 4), ("tiers", 3), ("core_radix", 16)]);
    assert_eq!(cut.remove_cables(&|a, b| a == "spine5" && b == "core1"), 1);
    all.push(("3-tier fat-tree with a cable cut".into(), cut));
    all.push(("uneven".into(), uneven(false)));
    all.push(("uneven, one slow".into(), uneven(true)));
    all
}

/// Leaves of 3 hosts under spines of two speeds, lopsided and with several lanes; one cable may be slower still.
fn uneven(slow: bool) -> Builder {
    let mut builder = Builder::new("uneven", LinkClass::builtin());
    let class = builder.class("infiniband").unwrap();
    let spines: Vec<_> =
        (0..5).map(|i| builder.add_node(Node::new(format!("spine{i}"), NodeKind::Spine))).collect();
    for leaf in 0..4 {
        let switch = builder.add_node(Node::new(format!("leaf{leaf}"), NodeKind::Leaf));
        for (i, spine) in spines.iter().enumerate() {
            let mut cable = Cable::new(class, Bandwidth::from_gbps(if i < 3 { 400 } else { 200 }));
            cable.lanes = if i < 2 { 3 } else { 1 };
            if i == 4 {
                cable.reverse_bandwidth = Bandwidth::from_gbps(100);
                cable.latency = Some(Time::from_ps(700_000));
            }
            if slow && leaf == 2 && i == 1 {
                cable.bandwidth = Bandwidth::from_gbps(100);
            }
            builder.add_cable(switch, *spine, cable);
        }
        for host in 0..3 {
            let gpu = builder.add_node(Node::new(format!("gpu{}", leaf * 3 + host), NodeKind::Gpu));
            builder.add_cable(gpu, switch, Cable::new(class, Bandwidth::from_gbps(400)));
        }
    }
    builder
}

/// All pairs of endpoints (themselves included), or those of every few.
fn pairs(fabric: &Fabric) -> Vec<Flow> {
    let ends = fabric.endpoints();
    let step = ends.len().div_ceil(48);
    let some = || ends.iter().step_by(step);
    some().flat_map(|src| some().map(|dst| Flow { src: *src, dst: *dst, channel: 0 })).collect()
}

/// What a path puts on each real link, with the bits of its capacity.
fn on_links(routes: &Routes, path: PathId) -> BTreeMap<LinkId, (u32, u64)> {
    let mut found = BTreeMap::new();
    for hop in routes.hops(path) {
        let resource = routes.resources()[hop.resource.index()];
        assert_eq!(resource.lane, None);
        for link in routes.links(hop.resource) {
            assert_eq!(found.insert(*link, (hop.weight, resource.capacity.to_bits())), None);
        }
    }
    found
}

/// Holds both routers against each other; tells whether bundles could do it.
fn same(name: &str, fabric: &Fabric, flows: &[Flow]) -> Result<(), BundleFault> {
    let bundles = Bundles::new(fabric);
    let mut fast = BundleRouter::new(fabric, &bundles);
    let fast_paths = fast.paths(flows)?;
    let fast = fast.finish();
    let mut plain = Router::new(fabric, 1);
    let plain_paths = plain.paths(flows).unwrap();
    let plain = plain.finish();
    assert_eq!(fast.unit(), plain.unit(), "{name}");
    for (flow, (a, b)) in flows.iter().zip(fast_paths.iter().zip(&plain_paths)) {
        assert_eq!(on_links(&fast, *a), on_links(&plain, *b), "{name}: {flow:?}");
        assert_eq!(fast.latency(*a), plain.latency(*b), "{name}: {flow:?}");
        assert_eq!(fast.alone_rate(*a).to_bits(), plain.alone_rate(*b).to_bits(), "{name}: {flow:?}");
        assert!(fast.hops(*a).is_sorted());
    }
    Ok(())
}

#[test]
fn bundles_route_as_links_do_where_traffic_is_sprayed() {
    for (name, mut builder) in builders() {
        builder.set_routing(Routing::Spray);
        let fabric = builder.finish().unwrap();
        same(&name, &fabric, &pairs(&fabric)).unwrap();
        // From one source, and pair by pair, which search in other ways.
        let flows = pairs(&fabric);
        for some in [1, 2, 5] {
            same(&name, &fabric, &flows[flows.len() / 3..][..some]).unwrap();
        }
    }
    for sides in [&[4, 4][..], &[5, 3], &[2, 3, 4]] {
        for routing in [None, Some(Routing::Spray)] {
            let fabric = torus(sides, routing);
            same(&format!("torus {sides:?}"), &fabric, &pairs(&fabric)).unwrap();
        }
    }
}

#[test]
fn both_ways_of_searching_find_the_same() {
    for (name, mut builder) in builders() {
        builder.set_routing(Routing::Spray);
        let fabric = builder.finish().unwrap();
        let bundles = Bundles::new(&fabric);
        let flows = pairs(&fabric);
        let mut together = BundleRouter::new(&fabric, &bundles);
        let paths = together.paths(&flows).unwrap();
        let together = together.finish();
        let mut one_by_one = BundleRouter::new(&fabric, &bundles);
        let others: Vec<PathId> = flows.iter().map(|flow| one_by_one.paths(&[*flow]).unwrap()[0]).collect();
        let one_by_one = one_by_one.finish();
        for (a, b) in paths.iter().zip(&others) {
            assert_eq!(on_links(&together, *a), on_links(&one_by_one, *b), "{name}");
        }
    }
}

#[test]
fn choices_by_hash_number_or_id_are_found_or_do_not_matter() {
    let (mut done, mut refused) = (0, 0);
    for (name, builder) in builders() {
        for routing in [None, Some(Routing::Ecmp), Some(Routing::Static), Some(Routing::Shortest)] {
            let mut builder = builder.clone();
            if let Some(routing) = routing {
                builder.set_routing(routing);
            }
            let fabric = builder.finish().unwrap();
            for flow in pairs(&fabric).into_iter().step_by(5) {
                match same(&name, &fabric, &[flow]) {
                    Ok(()) => done += 1,
                    Err(BundleFault::Asymmetric { .. }) => refused += 1,
                    Err(other) => panic!("{name}: {other}"),
                }
            }
        }
    }
    assert!(done > 500 && refused > 500, "{done} done, {refused} refused");
}

#[test]
fn switches_merge_as_far_as_endpoints_cannot_tell_them_apart() {
    let fabric = builder("fat-tree", &[("endpoints", 16), ("radix", 8)]).finish().unwrap();
    let bundles = Bundles::new(&fabric);
    let spines = fabric.nodes().iter().filter(|node| node.kind == NodeKind::Spine).count();
    assert!(spines > 1);
    assert_eq!(bundles.cells(), fabric.nodes().len() - spines + 1);
    let fabric = uneven(false).finish().unwrap();
    // Spines 0 and 1 are alike; 2, 3 and 4 differ in lanes, speed, or speed and latency.
    assert_eq!(Bundles::new(&fabric).cells(), fabric.nodes().len() - 1);
    let fabric = uneven(true).finish().unwrap();
    assert_eq!(Bundles::new(&fabric).cells(), fabric.nodes().len());
    for (name, builder) in builders() {
        let fabric = builder.finish().unwrap();
        let bundles = Bundles::new(&fabric);
        let mut links: Vec<LinkId> =
            (0..bundles.len() as u32).flat_map(|b| bundles.links(b).to_vec()).collect();
        links.sort_unstable();
        assert!(links.iter().enumerate().all(|(at, link)| link.index() == at), "{name}");
    }
}

#[test]
fn flows_between_switches_and_flows_without_a_path_are_told() {
    let fabric = uneven(false).finish().unwrap();
    let bundles = Bundles::new(&fabric);
    let leaf = fabric.nodes().iter().position(|node| node.kind == NodeKind::Leaf).unwrap();
    let flow = Flow { src: fabric.endpoints()[0], dst: NodeId::from_index(leaf), channel: 0 };
    let fault = BundleRouter::new(&fabric, &bundles).paths(&[flow]).unwrap_err();
    assert_eq!(fault, BundleFault::NoEndpoint { node: flow.dst });

    let mut builder = Builder::new("chain", LinkClass::builtin());
    let class = builder.class("nvlink").unwrap();
    let nodes: Vec<_> =
        (0..3).map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu))).collect();
    builder.add_cable(nodes[0], nodes[1], Cable::new(class, Bandwidth(1)));
    builder.add_cable(nodes[1], nodes[2], Cable::new(class, Bandwidth(1)));
    let fabric = builder.finish().unwrap();
    let flow = Flow { src: nodes[0], dst: nodes[2], channel: 0 };
    let bundles = Bundles::new(&fabric);
    let fault = BundleRouter::new(&fabric, &bundles).paths(&[flow]).unwrap_err();
    assert_eq!(fault, BundleFault::Unreachable(Router::new(&fabric, 1).paths(&[flow]).unwrap_err()));
}

/// The permutation that maps every endpoint index.
fn image(fabric: &Fabric, to: impl Fn(u32) -> u32) -> Vec<u32> {
    (0..fabric.endpoints().len() as u32).map(to).collect()
}

/// Holds an extension against the routes of all pairs: what a flow puts on a link, its image puts on the link's image.
fn is_symmetric(name: &str, fabric: &Fabric, image: &[u32]) {
    let bundles = Bundles::new(fabric);
    let found = bundles.extend(image).unwrap_or_else(|| panic!("{name}: is an automorphism"));
    let ends = fabric.endpoints();
    let index = |node: NodeId| ends.iter().position(|end| *end == node).unwrap();
    let moved = |node: NodeId| ends[image[index(node)] as usize];
    let flows = pairs(fabric);
    let images: Vec<Flow> =
        flows.iter().map(|flow| Flow { src: moved(flow.src), dst: moved(flow.dst), channel: 0 }).collect();
    let mut router = Router::new(fabric, 1);
    let (paths, others) = (router.paths(&flows).unwrap(), router.paths(&images).unwrap());
    let routes = router.finish();
    for (path, other) in paths.iter().zip(&others) {
        let on_bundles = |path, to: &dyn Fn(u32) -> u32| -> BTreeMap<u32, (u32, u64)> {
            on_links(&routes, path).into_iter().map(|(link, on)| (to(bundles.bundle(link)), on)).collect()
        };
        let expected = on_bundles(*path, &|bundle| found.bundles()[bundle as usize]);
        assert_eq!(expected, on_bundles(*other, &|bundle| bundle), "{name}");
        assert_eq!(routes.latency(*path), routes.latency(*other), "{name}");
    }
}

#[test]
fn permutations_of_servers_and_pods_are_automorphisms() {
    let given: Given<'_> =
        &[("servers", 16), ("gpus_per_server", 2), ("pod_servers", 2), ("tiers", 3), ("radix", 16)];
    let fabric = builder("rail-optimised", given).finish().unwrap();
    for (name, to) in [
        ("identity", &(|i: u32| i) as &dyn Fn(u32) -> u32),
        ("next pod", &|i| (i + 4) % 32),
        ("servers of a pod", &|i| i ^ 2),
        ("rails", &|i| i ^ 1),
        ("servers of one pod", &|i| if i < 4 { i ^ 2 } else { i }),
        ("mirror", &|i| 31 - i),
    ] {
        is_symmetric(name, &fabric, &image(&fabric, to));
    }
    let bundles = Bundles::new(&fabric);
    for (name, to) in [
        ("next server", &(|i: u32| (i + 2) % 32) as &dyn Fn(u32) -> u32),
        ("next GPU", &|i| (i + 1) % 32),
        ("one rail of one server", &|i| if i == 0 || i == 2 { i ^ 2 } else { i }),
        ("no permutation", &|i| i / 2),
        ("out of range", &|i| i + 1),
    ] {
        assert!(bundles.extend(&image(&fabric, to)).is_none(), "{name}");
    }
    assert!(bundles.extend(&[0]).is_none());
}

#[test]
fn hypercubes_and_trees_have_their_symmetries() {
    let fabric = builder("hypercube", &[("dimensions", 4)]).finish().unwrap();
    let bundles = Bundles::new(&fabric);
    assert!(bundles.extend(&image(&fabric, |i| i ^ 5)).is_some());
    assert!(bundles.extend(&image(&fabric, |i| (i << 1 | i >> 3) & 15)).is_some());
    assert!(bundles.extend(&image(&fabric, |i| (i + 1) % 16)).is_none());
    let mut tree = builder("fat-tree", &[("endpoints", 32), ("radix", 4), ("tiers", 3), ("core_radix", 16)]);
    tree.set_routing(Routing::Spray);
    let fabric = tree.finish().unwrap();
    is_symmetric("tree", &fabric, &image(&fabric, |i| i ^ 1));
    is_symmetric("tree", &fabric, &image(&fabric, |i| i ^ 31));
}

#[test]
fn one_link_that_differs_breaks_just_what_it_should() {
    let swap_leaves = |a: u32, b: u32| {
        move |i: u32| match i / 3 {
            leaf if leaf == a => b * 3 + i % 3,
            leaf if leaf == b => a * 3 + i % 3,
            _ => i,
        }
    };
    let even = uneven(false).finish().unwrap();
    let slow = uneven(true).finish().unwrap();
    for (a, b) in [(0, 1), (0, 3), (1, 2), (2, 3)] {
        let to = image(&even, swap_leaves(a, b));
        is_symmetric("even", &even, &to);
        let bundles = Bundles::new(&slow);
        assert_eq!(bundles.extend(&to).is_some(), a != 2 && b != 2, "leaves {a} and {b}");
    }
    is_symmetric("slow", &slow, &image(&slow, swap_leaves(0, 3)));
    is_symmetric("slow", &slow, &image(&slow, |i| if i / 3 == 2 { 6 + (i + 1) % 3 } else { i }));
}

#[test]
fn tori_keep_their_dimensions_under_dimension_order() {
    let transpose = |i: u32| i % 4 * 4 + i / 4;
    let ordered = torus(&[4, 4], None);
    assert!(Bundles::new(&ordered).extend(&image(&ordered, transpose)).is_none());
    let turn = |i: u32| (i / 4 + 1) % 4 * 4 + (i + 1) % 4;
    is_symmetric("turn", &ordered, &image(&ordered, turn));
    is_symmetric("mirror", &ordered, &image(&ordered, |i| i / 4 * 4 + (4 - i % 4) % 4));
    let sprayed = torus(&[4, 4], Some(Routing::Spray));
    is_symmetric("transposed", &sprayed, &image(&sprayed, transpose));
}

/// Folds `flows` by the group that `generators` make, and holds it against all flows one by one: in sum, the flows of an
/// orbit put the folded weight on every link.
fn folds(name: &str, fabric: &Fabric, generators: &[Vec<u32>], flows: &[Flow]) -> usize {
    let bundles = Bundles::new(fabric);
    let mut orbits = Orbits::new(&bundles);
    let ends = fabric.endpoints();
    let index = |node: NodeId| ends.iter().position(|end| *end == node).unwrap();
    let mut orbit: Vec<usize> = (0..flows.len()).collect();
    for image in generators {
        orbits.join(&bundles.extend(image).unwrap());
    }
    let key = |src: usize, dst: usize| (src, dst);
    let at: BTreeMap<_, _> =
        flows.iter().enumerate().map(|(i, flow)| (key(index(flow.src), index(flow.dst)), i)).collect();
    loop {
        let before = orbit.clone();
        for image in generators {
            for (i, flow) in flows.iter().enumerate() {
                let moved = at[&key(image[index(flow.src)] as usize, image[index(flow.dst)] as usize)];
                let least = orbit[i].min(orbit[moved]);
                (orbit[i], orbit[moved]) = (least, least);
            }
        }
        if orbit == before {
            break;
        }
    }
    let kept: Vec<usize> = (0..flows.len()).filter(|i| orbit[*i] == *i).collect();
    let count = |kept: usize| orbit.iter().filter(|root| **root == kept).count();
    let folded: Vec<(Flow, u64)> = kept.iter().map(|i| (flows[*i], count(*i) as u64)).collect();
    let (routes, paths) = fold(fabric, &bundles, &orbits.link_classes(&bundles), &folded).unwrap();
    let mut plain = Router::new(fabric, 1);
    let all = plain.paths(flows).unwrap();
    let plain = plain.finish();
    assert_eq!(routes.unit(), plain.unit(), "{name}");
    for (root, path) in kept.iter().zip(&paths) {
        let mut expected: BTreeMap<LinkId, u64> = BTreeMap::new();
        for (_, one) in orbit.iter().zip(&all).filter(|(of, _)| *of == root) {
            for (link, (weight, _)) in on_links(&plain, *one) {
                *expected.entry(link).or_default() += u64::from(weight);
            }
            assert_eq!(routes.latency(*path), plain.latency(*one), "{name}");
            assert_eq!(routes.alone_rate(*path).to_bits(), plain.alone_rate(*one).to_bits(), "{name}");
        }
        let found: BTreeMap<LinkId, u64> = on_links(&routes, *path)
            .into_iter()
            .map(|(link, (weight, _))| (link, u64::from(weight)))
            .collect();
        assert_eq!(found, expected, "{name}");
    }
    for at in 0..routes.resources().len() {
        let links = routes.links(ResourceId::from_index(at));
        assert!(links.is_sorted() && links[0] == routes.resources()[at].link);
        assert!(links.iter().all(|link| fabric.capacity(*link) == routes.resources()[at].capacity));
    }
    kept.len()
}

#[test]
fn folded_flows_load_every_link_as_all_flows_do() {
    let given: Given<'_> =
        &[("servers", 16), ("gpus_per_server", 2), ("pod_servers", 2), ("tiers", 3), ("radix", 16)];
    let fabric = builder("rail-optimised", given).finish().unwrap();
    let ends = fabric.endpoints();
    let flow = |src: u32, dst: u32| Flow { src: ends[src as usize], dst: ends[dst as usize], channel: 0 };
    let ring: Vec<Flow> = (0..32).map(|i| flow(i, (i + 2) % 32)).collect();
    let next_pod = image(&fabric, |i| (i + 4) % 32);
    let other_rail = image(&fabric, |i| i ^ 1);
    assert_eq!(folds("ring", &fabric, &[next_pod.clone(), other_rail.clone()], &ring), 2);
    assert_eq!(folds("no group", &fabric, &[], &ring), 32);
    let all: Vec<Flow> = (0..32 * 32).filter(|i| i / 32 != i % 32).map(|i| flow(i / 32, i % 32)).collect();
    let other_server = image(&fabric, |i| i ^ 2);
    let one_pod = image(&fabric, |i| if i < 4 { i ^ 2 } else { i });
    let group = [next_pod, other_rail, other_server];
    assert_eq!(folds("all to all", &fabric, &group, &all), 31);
    assert!(folds("all to all", &fabric, &[&group[..], &[one_pod]].concat(), &all) < 31);
    let cube = builder("hypercube", &[("dimensions", 4)]).finish().unwrap();
    let ends = cube.endpoints();
    let flow = |src: u32, dst: u32| Flow { src: ends[src as usize], dst: ends[dst as usize], channel: 0 };
    let all: Vec<Flow> = (0..256).filter(|i| i / 16 != i % 16).map(|i| flow(i / 16, i % 16)).collect();
    let group: Vec<Vec<u32>> = [1, 2, 4, 8].map(|bit| image(&cube, |i| i ^ bit)).to_vec();
    assert_eq!(folds("cube", &cube, &group, &all), 15);
}

#[test]
fn counts_that_are_no_orbit_are_refused() {
    let given: Given<'_> = &[("servers", 4), ("gpus_per_server", 2), ("pod_servers", 4), ("radix", 12)];
    let fabric = builder("rail-optimised", given).finish().unwrap();
    let bundles = Bundles::new(&fabric);
    let mut orbits = Orbits::new(&bundles);
    orbits.join(&bundles.extend(&image(&fabric, |i| (i + 2) % 8)).unwrap());
    let classes = orbits.link_classes(&bundles);
    let ends = fabric.endpoints();
    let flow = Flow { src: ends[0], dst: ends[2], channel: 0 };
    assert!(fold(&fabric, &bundles, &classes, &[(flow, 4)]).is_ok());
    assert!(matches!(fold(&fabric, &bundles, &classes, &[(flow, 3)]), Err(BundleFault::Uneven { .. })));
    let (of, count) = orbits.endpoint_classes();
    assert_eq!((of, count), (vec![0, 1, 0, 1, 0, 1, 0, 1], 2));
}

/// Pods that are copies of one random part, under switches that see all pods alike, some of them cabled among each
/// other: turning the pods is an automorphism, whatever the part looks like.
fn random_pods(seed: u64, pods: u32) -> (Fabric, u32) {
    let mut rng = railspine::rng::stream(seed, "random pods", 0);
    let mut below = move |n: u32| rng.next_u32() % n;
    let mut builder = Builder::new("pods", LinkClass::builtin());
    builder.set_routing(Routing::Spray);
    let classes = ["nvlink", "pcie", "infiniband"].map(|name| builder.class(name).unwrap());
    let (hosts, switches, tops) = (1 + below(4), 2 + below(5), 1 + below(4));
    let relay = below(4) == 0;
    let mut cable = {
        let mut rng = railspine::rng::stream(seed, "cables", 0);
        move || {
            let gbps = [100, 100, 100, 200][rng.next_u32() as usize % 4];
            let class = classes[[0, 1, 2, 2, 2][rng.next_u32() as usize % 5]];
            Cable::new(class, Bandwidth::from_gbps(gbps)).lanes([1, 1, 1, 2][rng.next_u32() as usize % 4])
        }
    };
    let top: Vec<_> =
        (0..tops).map(|i| builder.add_node(Node::new(format!("top{i}"), NodeKind::Core))).collect();
    let mut parts = Vec::new();
    for pod in 0..pods {
        let mut part: Vec<NodeId> = Vec::new();
        for i in 0..hosts {
            let gpu = Node::new(format!("pod{pod}/gpu{i}"), NodeKind::Gpu);
            part.push(builder.add_node(if relay { gpu.forwarding() } else { gpu }));
        }
        for i in 0..switches {
            part.push(builder.add_node(Node::new(format!("pod{pod}/leaf{i}"), NodeKind::Leaf)));
        }
        parts.push(part);
    }
    let mut wire = |cable: &Cable, inside: &dyn Fn(&[NodeId]) -> (NodeId, NodeId)| {
        for part in &parts {
            let (a, b) = inside(part);
            builder.add_cable(a, b, cable.clone());
        }
    };
    // A tree over each part keeps all in one piece; further cables make it a graph.
    for node in 1..(hosts + switches) {
        let up = if node <= hosts { hosts } else { hosts + below(node - hosts) };
        let node = if node <= hosts { node - 1 } else { node };
        wire(&cable(), &|part| (part[node as usize], part[up as usize]));
    }
    let mut done: Vec<(u32, u32)> = Vec::new();
    for _ in 0..below(8) {
        let (a, b) = (below(hosts + switches), hosts + below(switches));
        let known = b == hosts && a <= hosts || done.contains(&(a, b)) || done.contains(&(b, a));
        if a < hosts && !known {
            done.push((a, b));
            wire(&cable(), &|part| (part[a as usize], part[b as usize]));
        }
    }
    // A top switch is like the one before it, or has cables of its own.
    let mut like: Vec<(u32, Cable)> = Vec::new();
    for (i, top) in top.iter().enumerate() {
        if i == 0 || below(2) == 0 {
            let first = below(switches);
            let some = (0..switches).filter(|s| *s == first || (i + *s as usize).is_multiple_of(3));
            like = some.map(|switch| (switch, cable())).collect();
        }
        for (switch, cable) in &like {
            wire(cable, &|part| (part[(hosts + switch) as usize], *top));
        }
    }
    (builder.finish().unwrap(), hosts)
}

#[test]
fn random_fabrics_route_alike_and_keep_their_symmetry() {
    let mut merged = 0;
    for seed in 0..200 {
        let pods = 2 + seed as u32 % 4;
        let (fabric, hosts) = random_pods(seed, pods);
        let name = format!("seed {seed}");
        let all = pairs(&fabric);
        same(&name, &fabric, &all).unwrap();
        same(&name, &fabric, &all[all.len() - 1..]).unwrap();
        let turn = image(&fabric, |i| (i + hosts) % (hosts * pods));
        is_symmetric(&name, &fabric, &turn);
        folds(&name, &fabric, &[turn], &all);
        merged += usize::from(Bundles::new(&fabric).cells() < fabric.nodes().len());
    }
    assert!(merged > 20, "{merged} with cells of several nodes");
}

#[test]
fn permutations_are_automorphisms_only_where_links_say_so() {
    // All permutations of the endpoints of small fabrics, against the definition.
    let mut found = [0; 2];
    for seed in 0..120 {
        let (fabric, _) = random_pods(seed, 2);
        let count = fabric.endpoints().len();
        let bundles = Bundles::new(&fabric);
        if count > 6 || bundles.cells() > 14 {
            continue;
        }
        let mut image: Vec<u32> = (0..count as u32).collect();
        permutations(&mut image, 0, &mut |image| {
            let expected = extends_by_search(&bundles, image);
            assert_eq!(bundles.extend(image).is_some(), expected, "seed {seed}: {image:?}");
            found[usize::from(expected)] += 1;
        });
    }
    assert!(found[0] > 1000 && found[1] > 100, "{found:?}");
}

fn permutations(image: &mut Vec<u32>, at: usize, with: &mut dyn FnMut(&[u32])) {
    if at == image.len() {
        return with(image);
    }
    for other in at..image.len() {
        image.swap(at, other);
        permutations(image, at + 1, with);
        image.swap(at, other);
    }
}

/// Whether any assignment of cells that agrees with `image` is an automorphism: tries them all, cell by cell.
fn extends_by_search(bundles: &Bundles, image: &[u32]) -> bool {
    let cells = bundles.cells();
    let sizes: Vec<usize> = (0..cells as u32).map(|cell| bundles.members(cell).len()).collect();
    type Sort = (u64, u32, Time, u32, usize);
    let mut between: BTreeMap<(u32, u32), Vec<Sort>> = BTreeMap::new();
    let mut ends: Vec<u32> = Vec::new();
    for bundle in 0..bundles.len() as u32 {
        let a = bundles.attributes(bundle);
        let sort = (a.capacity.to_bits(), a.lanes, a.latency, a.class.0, bundles.links(bundle).len());
        between.entry(bundles.between(bundle)).or_default().push(sort);
    }
    between.values_mut().for_each(|sorts| sorts.sort_unstable());
    ends.extend((0..cells as u32).filter(|cell| bundles.is_endpoint(*cell)));
    ends.sort_by_key(|cell| bundles.members(*cell)[0]);
    let mut to = vec![None; cells];
    for (end, image) in image.iter().enumerate() {
        to[ends[end] as usize] = Some(ends[*image as usize]);
    }
    fn fits(between: &BTreeMap<(u32, u32), Vec<Sort>>, to: &[Option<u32>], cell: usize) -> bool {
        (0..to.len()).all(|other| match (to[cell], to[other]) {
            (Some(a), Some(b)) => {
                between.get(&(cell as u32, other as u32)) == between.get(&(a, b))
                    && between.get(&(other as u32, cell as u32)) == between.get(&(b, a))
            }
            _ => true,
        })
    }
    fn next(
        between: &BTreeMap<(u32, u32), Vec<Sort>>,
        sizes: &[usize],
        to: &mut Vec<Option<u32>>,
        cell: usize,
    ) -> bool {
        if cell == to.len() {
            return true;
        }
        if to[cell].is_some() {
            return fits(between, to, cell) && next(between, sizes, to, cell + 1);
        }
        for other in 0..to.len() {
            if sizes[other] == sizes[cell] && !to.contains(&Some(other as u32)) {
                to[cell] = Some(other as u32);
                if fits(between, to, cell) && next(between, sizes, to, cell + 1) {
                    return true;
                }
                to[cell] = None;
            }
        }
        false
    }
    next(&between, &sizes, &mut to, 0)
}

#[test]
fn cells_that_differ_only_far_away_are_still_found() {
    // Two planes: leaves and spines of both look the same from below, but one plane's core is slower.
    let mut builder = Builder::new("planes", LinkClass::builtin());
    let class = builder.class("infiniband").unwrap();
    let cable = |gbps| Cable::new(class, Bandwidth::from_gbps(gbps));
    let core = builder.add_node(Node::new("core", NodeKind::Core));
    for pod in 0..4 {
        let leaves = [0, 1].map(|plane| {
            let leaf = builder.add_node(Node::new(format!("leaf{pod}.{plane}"), NodeKind::Leaf));
            let spine = builder.add_node(Node::new(format!("spine{pod}.{plane}"), NodeKind::Spine));
            builder.add_cable(leaf, spine, cable(400));
            builder.add_cable(spine, core, cable(if plane == 0 { 400 } else { 200 }));
            leaf
        });
        for host in 0..3 {
            let gpu = builder.add_node(Node::new(format!("gpu{pod}.{host}"), NodeKind::Gpu));
            leaves.iter().for_each(|leaf| builder.add_cable(gpu, *leaf, cable(400)));
        }
    }
    let fabric = builder.finish().unwrap();
    assert_eq!(Bundles::new(&fabric).cells(), fabric.nodes().len());
    is_symmetric("turn", &fabric, &image(&fabric, |i| (i + 3) % 12));
    is_symmetric("one pod", &fabric, &image(&fabric, |i| if i < 3 { (i + 1) % 3 } else { i }));
    assert!(Bundles::new(&fabric).extend(&image(&fabric, |i| (i + 1) % 12)).is_none());
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let fabric = uneven(false).finish().unwrap();
    let bundles = Bundles::new(&fabric);
    let classes = Orbits::new(&bundles).link_classes(&bundles);
    let flow = Flow { src: fabric.endpoints()[0], dst: fabric.endpoints()[5], channel: 0 };
    let of = |count| fold(&fabric, &bundles, &classes, &[(flow, count)]).map(|(routes, _)| routes.len());
    assert_eq!(of(1000), Ok(1));
    assert_eq!(of(1 << 32), Err(BundleFault::TooHeavy));
}
