//! The order in which destinations hang on switches, which static routing counts by.

use std::collections::VecDeque;

use crate::fabric::Fabric;

/// For every node its number among the endpoints, sorted by the network switch that is nearest to each (fewest
/// hops, then lowest id) and then by endpoint order: neighbours on one switch have consecutive numbers, as
/// subnet managers number the ports of a leaf. Nodes that are no endpoints have 0.
pub(super) fn numbers(fabric: &Fabric) -> Vec<u32> {
    let mut home = vec![u32::MAX; fabric.nodes().len()];
    let mut queue = VecDeque::new();
    for (index, node) in fabric.nodes().iter().enumerate() {
        if node.kind.is_network_switch() {
            home[index] = index as u32;
            queue.push_back(crate::ids::NodeId::from_index(index));
        }
    }
    while let Some(node) = queue.pop_front() {
        for &id in fabric.in_links(node) {
            let from = fabric.link(id).from;
            if home[from.index()] == u32::MAX {
                home[from.index()] = home[node.index()];
                queue.push_back(from);
            }
        }
    }
    let mut order: Vec<_> = fabric.endpoints().to_vec();
    order.sort_by_key(|node| home[node.index()]);
    let mut numbers = vec![0; fabric.nodes().len()];
    for (number, node) in order.iter().enumerate() {
        numbers[node.index()] = number as u32;
    }
    numbers
}
