//! Which switches of a fabric can work on the data of a collective.

use crate::collective::algo::SwitchPlace;
use crate::fabric::{Fabric, Node};
use crate::ids::NodeId;

/// The switches that work on data and that every rank of a server is linked to, both ways: servers ascending, switches
/// of a server in the order of nodes.
pub(super) fn switches(fabric: &Fabric, nodes: &[NodeId], servers: &[u32]) -> Vec<(NodeId, SwitchPlace)> {
    if !fabric.nodes().iter().any(Node::works) {
        return Vec::new();
    }
    let mut ranks: Vec<(u32, NodeId)> = servers.iter().copied().zip(nodes.iter().copied()).collect();
    ranks.sort_unstable();
    let mut found = Vec::new();
    for members in ranks.chunk_by(|a, b| a.0 == b.0) {
        let (server, first) = members[0];
        let mut near: Vec<NodeId> =
            fabric.out_links(first).iter().map(|link| fabric.link(*link).to).collect();
        near.sort_unstable();
        near.dedup();
        for switch in near {
            let node = fabric.node(switch);
            if !node.works() {
                continue;
            }
            let narrowest = members.iter().map(|(_, rank)| width(fabric, *rank, switch)).min();
            if let Some(weight) = narrowest.filter(|weight| *weight > 0) {
                found.push((switch, SwitchPlace { server, in_network: node.in_network, weight }));
            }
        }
    }
    found
}

/// Bits per second between a rank and a switch, the way that has fewer; 0 where they are not linked.
fn width(fabric: &Fabric, rank: NodeId, switch: NodeId) -> u64 {
    let sum = |from: NodeId, to: NodeId| -> u64 {
        let links = fabric.out_links(from).iter().map(|link| fabric.link(*link)).filter(|link| link.to == to);
        links.map(|link| link.bandwidth.bits_per_sec().saturating_mul(u64::from(link.lanes))).sum()
    };
    sum(rank, switch).min(sum(switch, rank))
}
