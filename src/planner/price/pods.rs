//! Which servers and leaves belong together.

use std::collections::BTreeMap;

use super::needs::Parts;
use crate::fabric::{Fabric, NodeKind};
use crate::ids::number;

/// Servers of a full pod and its leaves. A pod is what leaves join without switches above them. Racks are filled pod by
/// pod, so this asks that pods are numbered one after another and are equal, but for fewer servers of the last; where
/// that is not so (the leaves of several planes take turns by plane), all is one pod.
pub(super) fn pod(fabric: &Fabric, servers: u32, leaves: u32) -> (u32, u32) {
    equal(fabric).unwrap_or((servers, leaves))
}

fn equal(fabric: &Fabric) -> Option<(u32, u32)> {
    let mut place: BTreeMap<u32, usize> = BTreeMap::new();
    for server in fabric.nodes().iter().filter_map(|node| node.server) {
        place.insert(server, 0);
    }
    for (at, own) in place.values_mut().enumerate() {
        *own = at;
    }
    let servers = place.len();
    let mut at = vec![None; fabric.nodes().len()];
    let mut leaves = 0;
    for (node, at) in fabric.nodes().iter().zip(&mut at) {
        if let Some(server) = node.server {
            *at = place.get(&server).copied();
        } else if node.kind == NodeKind::Leaf {
            *at = Some(servers + leaves);
            leaves += 1;
        }
    }
    let mut joined = Parts::new(servers + leaves);
    for link in fabric.links() {
        if let (Some(a), Some(b)) = (at[link.from.index()], at[link.to.index()])
            && (a < servers) != (b < servers)
        {
            joined.join(a, b);
        }
    }
    // The pod of every server and leaf, by the order in which servers come to them.
    let mut order: BTreeMap<usize, usize> = BTreeMap::new();
    let pods: Vec<usize> = (0..servers + leaves)
        .map(|device| {
            let next = order.len();
            *order.entry(joined.root(device)).or_insert(next)
        })
        .collect();
    let (of_servers, of_leaves) = pods.split_at(servers);
    let full = of_servers.iter().filter(|pod| **pod == 0).count();
    let each = of_leaves.iter().filter(|pod| **pod == 0).count();
    let in_turn = |pods: &[usize], size: usize| {
        pods.iter().enumerate().all(|(at, pod)| at.checked_div(size) == Some(*pod))
    };
    let even = order.len() * each == leaves;
    (even && in_turn(of_servers, full) && in_turn(of_leaves, each)).then(|| (number(full), number(each)))
}
