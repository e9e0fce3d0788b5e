//! Which switch a node of a job hangs on, and in which group of switches.

use std::collections::BTreeMap;

use crate::exchange::Placement;
use crate::exchange::placement::PlacedNode;

/// The place of a node in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Site {
    /// Its switch, numbered over the job.
    pub(super) leaf: u32,
    /// The group (cell, cabinet) of that switch, numbered over the job.
    pub(super) group: u32,
}

/// Sites of the given nodes of a placement, or `None` where its columns do not tell switches.
pub(super) fn placed(placement: &Placement, used: &[usize]) -> Option<Vec<Site>> {
    let nodes = used.iter().filter_map(|node| placement.nodes.get(*node));
    let names: Option<Vec<(String, String)>> = nodes.map(switch_of).collect();
    let mut leaves: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut groups: BTreeMap<String, u32> = BTreeMap::new();
    let sites = names?.into_iter().map(|(leaf, group)| {
        let next = groups.len() as u32;
        let number = *groups.entry(group.clone()).or_insert(next);
        let next = leaves.len() as u32;
        Site { leaf: *leaves.entry((group, leaf)).or_insert(next), group: number }
    });
    Some(sites.collect())
}

/// Names of the switch and group of a node: a leaf switch and cell; cabinet, chassis and cabinet of an xname; or a rack.
fn switch_of(node: &PlacedNode) -> Option<(String, String)> {
    let column = |name: &str| node.columns.get(name).cloned();
    if let Some(leaf) = column("leaf_switch") {
        return Some((leaf, column("cell").unwrap_or_default()));
    }
    if let Some((cabinet, chassis)) = column("xname").as_deref().and_then(xname) {
        return Some((chassis, cabinet));
    }
    column("rack").or_else(|| column("rack_hint")).map(|rack| (rack, String::new()))
}

/// Cabinet and chassis of a name such as `x1301c6s6b0n0`.
fn xname(name: &str) -> Option<(String, String)> {
    let (cabinet, rest) = name.strip_prefix('x')?.split_once('c')?;
    let chassis = rest.split_once('s').map_or(rest, |(chassis, _)| chassis);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(cabinet) && digits(chassis)).then(|| (cabinet.to_owned(), chassis.to_owned()))
}

/// Sites of nodes that fill switches in order, all in one group.
pub(super) fn in_order(nodes: u32, per_leaf: u32) -> Vec<Site> {
    (0..nodes).map(|node| Site { leaf: node / per_leaf.max(1), group: 0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xnames_give_cabinet_and_chassis() {
        assert_eq!(xname("x1301c6s6b0n0"), Some(("1301".into(), "6".into())));
        assert_eq!(xname("x1301c"), None);
        assert_eq!(xname("xcs"), None);
    }
}
