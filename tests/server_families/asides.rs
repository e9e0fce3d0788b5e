//! Searches that leave out servers which no path leads through, against those that look at all nodes.

use railspine::fabric::Fabric;
use railspine::ids::NodeId;
use railspine::route::Distances;

use super::{build, try_build, values};

/// Every node on a shortest path must have the same cost in both; how many nodes only the slow one knows.
fn compare(fabric: &Fabric) -> usize {
    let (mut whole, mut part) = (Distances::new(fabric), Distances::new(fabric));
    let ends = fabric.endpoints();
    let mut left_out = 0;
    for (at, to) in ends.iter().enumerate() {
        let from = [ends[(at + 1) % ends.len()], ends[(at * 7 + 3) % ends.len()]];
        whole.find(fabric, *to, &[]);
        part.find(fabric, *to, &from);
        let mut open: Vec<NodeId> = from.to_vec();
        while let Some(node) = open.pop() {
            assert_eq!(part.cost(node), whole.cost(node), "{}", fabric.node(node).name);
            for id in fabric.out_links(node).iter().filter(|_| node != *to) {
                let link = fabric.link(*id);
                let passes = link.to == *to || fabric.node(link.to).forwards;
                let own = fabric.class(link.class).cost;
                if passes && whole.cost(link.to).map(|rest| rest + own) == whole.cost(node) {
                    open.push(link.to);
                }
            }
        }
        let known = |found: &Distances| {
            (0..fabric.nodes().len()).filter(|at| found.cost(NodeId::from_index(*at)).is_some()).count()
        };
        left_out += known(&whole) - known(&part);
    }
    left_out
}

/// A search may stop early too, so that what is left out tells servers aside only where they are as near as others.
#[test]
fn servers_aside_change_no_path() {
    let base = [("servers", 9), ("gpus_per_server", 4), ("radix", 8), ("pod_servers", 2)];
    for name in ["server-tree", "rail-optimised", "rail-only", "multi-plane"] {
        for nics in [1, 2, 4] {
            let given = [&base[..], &[("nics_per_server", nics)]].concat();
            let values = values(name, &given, None);
            let Ok(fabric) = try_build(name, &values) else { continue };
            let left_out = compare(&fabric);
            assert!(name != "server-tree" || left_out > 0, "{name} {nics}");
        }
    }
    let dragonfly = [("servers", 12), ("gpus_per_server", 4), ("nics_per_server", 2), ("radix", 8)];
    compare(&build("server-dragonfly", &dragonfly));
    // Traffic passes through servers of a torus.
    let torus = values("server-torus", &[("gpus_per_server", 4)], Some(vec![3, 4]));
    compare(&try_build("server-torus", &torus).unwrap());
}
