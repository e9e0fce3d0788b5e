//! Servers that no path leads through: paths start or end there, or stay out.

use crate::fabric::Fabric;
use crate::ids::NodeId;

/// By node: its server, where that stands aside. Traffic passes through a server only over nodes that forward and hang
/// together, so a server is one where no such part has two links or more to the outside. Cost: O(nodes + links).
pub(super) fn asides(fabric: &Fabric) -> Vec<Option<u32>> {
    let nodes = fabric.nodes();
    let servers = nodes.iter().filter_map(|node| node.server).max().map_or(0, |last| last as usize + 1);
    let mut passed = vec![false; servers];
    let mut seen = vec![false; nodes.len()];
    let mut part = Vec::new();
    for (first, node) in (0u32..).zip(nodes) {
        let Some(server) = node.server.filter(|_| node.forwards && !seen[first as usize]) else { continue };
        seen[first as usize] = true;
        part.push(NodeId(first));
        let mut outside = 0;
        while let Some(node) = part.pop() {
            for id in fabric.out_links(node) {
                let to = fabric.link(*id).to;
                let other = fabric.node(to);
                if other.server != Some(server) {
                    outside += 1;
                } else if other.forwards && !seen[to.index()] {
                    seen[to.index()] = true;
                    part.push(to);
                }
            }
        }
        passed[server as usize] |= outside > 1;
    }
    nodes.iter().map(|node| node.server.filter(|server| !passed[*server as usize])).collect()
}
