//! `ranks` and `order`: which GPUs take part, and which of them is which rank.

use rustc_hash::{FxHashMap, FxHashSet};

use rand_pcg::rand_core::Rng;

use super::joint::{Joint, MAX_EXPANSION, too_many};
use super::names::node_hint;
use super::pattern::PatternItem;
use super::reader::{At, Item, Source};
use super::section::Section;
use crate::diag::{Diagnostic, Place};
use crate::fabric::{Fabric, NodeKind};
use crate::ids::NodeId;
use crate::rng;

/// How ranks are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// As the fabric lists its GPUs.
    Fabric,
    /// The first GPU of every server, then the second of every server, and so on.
    Rail,
    /// At random, by the seed.
    Shuffled,
    /// As the scenario lists them.
    AsListed,
}

/// Words for orders.
pub(super) const ORDERS: [(&str, Order); 4] = [
    ("fabric", Order::Fabric),
    ("rail", Order::Rail),
    ("shuffled", Order::Shuffled),
    ("as-listed", Order::AsListed),
];

/// Which GPUs take part.
#[derive(Debug)]
enum Choice<'a> {
    All,
    Names(Vec<PatternItem<'a>>),
    First(At<u32>),
    Every { every: u32, offset: u32 },
}

/// Ranks that were read but not yet looked up.
#[derive(Debug)]
pub(super) struct RanksDraft<'a> {
    choice: Choice<'a>,
    order: Order,
    source: Source<'a>,
    /// The value of `ranks`, where it is given.
    pub(super) place: Option<Place>,
}

const EXPECTED: &str =
    "\"all\", a pattern for names, a list of them, { first = 8 } or { every = 8, offset = 0 }";

/// Reads `ranks` and `order`. `None` where faults were told.
pub(super) fn read<'a>(section: &mut Section<'a>) -> Option<RanksDraft<'a>> {
    let order = section.item("order").map(|item| item.word("an order", &ORDERS));
    let item = section.item("ranks");
    let choice = match &item {
        Some(item) => read_choice(item)?,
        None => Choice::All,
    };
    let order = match order {
        Some(order) => order?.value,
        None if matches!(choice, Choice::Names(_)) => Order::AsListed,
        None => Order::Fabric,
    };
    Some(RanksDraft { choice, order, source: section.source, place: item.map(|item| item.place()) })
}

fn read_choice<'a>(item: &Item<'a>) -> Option<Choice<'a>> {
    if item.value.as_str() == Some("all") {
        return Some(Choice::All);
    }
    if item.value.is_str() || item.value.is_array() {
        let patterns: Vec<_> = item.each().iter().map(Item::pattern).collect();
        let patterns: Option<Vec<_>> = patterns.into_iter().collect();
        return patterns.filter(|patterns| !patterns.is_empty()).map(Choice::Names);
    }
    if !item.value.is_table() {
        item.wrong_type(EXPECTED);
        return None;
    }
    let mut section = item.section("`ranks`")?;
    let first = section.item("first");
    let every = section.item("every");
    let offset = section.item("offset").map(|item| item.count(0, u32::MAX));
    let clash = section.exclusive("first", "every", "") || section.exclusive("first", "offset", "");
    if first.is_none() && every.is_none() {
        section.require("first", "first = 8");
    }
    section.finish();
    if clash {
        return None;
    }
    if let Some(first) = first {
        return first.count(1, u32::MAX).map(Choice::First);
    }
    let every = every?.count(1, u32::MAX);
    let offset = match offset {
        Some(offset) => offset?.value,
        None => 0,
    };
    Some(Choice::Every { every: every?.value, offset })
}

/// The node of every rank. `None` where faults were told.
pub(super) fn resolve(
    draft: &RanksDraft<'_>,
    fabric: &Fabric,
    seed: u64,
    index: usize,
) -> Option<Vec<NodeId>> {
    let all = fabric.endpoints();
    let too_few = |place: Place, message: String, label: &str| {
        draft.source.faults.push(Diagnostic::error("E0308", message).at(place, label));
    };
    let mut nodes = match &draft.choice {
        Choice::All => all.to_vec(),
        Choice::First(first) => {
            if first.value as usize > all.len() {
                let message =
                    format!("the first {} GPUs are asked for, but the fabric has {}", first.value, all.len());
                too_few(first.place.clone(), message, "more than there are");
                return None;
            }
            all[..first.value as usize].to_vec()
        }
        Choice::Every { every, offset } => {
            let nodes: Vec<_> = all.iter().skip(*offset as usize).step_by(*every as usize).copied().collect();
            if let (true, Some(place)) = (nodes.is_empty(), &draft.place) {
                let message = format!("no GPU is chosen: the fabric has {}", all.len());
                too_few(place.clone(), message, "the offset is past the last GPU");
                return None;
            }
            nodes
        }
        Choice::Names(patterns) => named(patterns, fabric)?,
    };
    match draft.order {
        Order::AsListed => {}
        Order::Fabric => nodes.sort_unstable(),
        Order::Rail => rail_order(&mut nodes, fabric),
        Order::Shuffled => shuffle(&mut nodes, seed, index),
    }
    Some(nodes)
}

/// The GPUs of those names.
fn named(patterns: &[PatternItem<'_>], fabric: &Fabric) -> Option<Vec<NodeId>> {
    let ids: FxHashMap<&str, NodeId> = fabric
        .nodes()
        .iter()
        .enumerate()
        .map(|(id, node)| (node.name.as_str(), NodeId::from_index(id)))
        .collect();
    let mut seen: FxHashMap<NodeId, usize> = FxHashMap::default();
    let mut nodes = Vec::new();
    let mut sound = true;
    let mut left = MAX_EXPANSION;
    for (number, pattern) in patterns.iter().enumerate() {
        let Some(joint) = Joint::new(vec![pattern]) else {
            sound = false;
            continue;
        };
        if joint.count() > left {
            too_many(&pattern.item, joint.count(), "ranks");
            return None;
        }
        left -= joint.count();
        let item = &pattern.item;
        let mut told = FxHashSet::default();
        let mut tell =
            |code: &'static str, message: String, label: &str, first: Option<Place>, hint: Option<String>| {
                if told.insert(code) {
                    let mut fault = Diagnostic::error(code, message).at(item.place(), label);
                    if let Some(first) = first {
                        fault = fault.at(first, "first listed here");
                    }
                    item.push(match hint {
                        Some(hint) => fault.help(hint),
                        None => fault,
                    });
                }
            };
        let complete = joint.for_each(|names| {
            let name = &names[0];
            let Some(&id) = ids.get(name.as_str()) else {
                sound = false;
                let hint =
                    node_hint(name, fabric.nodes().iter().map(|node| node.name.as_str()), item.source.faults);
                tell(
                    "E0301",
                    format!("the fabric has no GPU named `{name}`"),
                    "not in the fabric",
                    None,
                    hint,
                );
                return true;
            };
            let kind = fabric.node(id).kind;
            if kind != NodeKind::Gpu {
                sound = false;
                let message = format!("`{name}` is no GPU and cannot be a rank");
                tell("E0302", message, &format!("this is a {kind}"), None, None);
                return true;
            }
            if let Some(first) = seen.insert(id, number) {
                sound = false;
                let first = (first != number).then(|| patterns[first].item.place());
                tell("E0303", format!("`{name}` is listed twice"), "every GPU can be one rank", first, None);
                return true;
            }
            nodes.push(id);
            true
        });
        sound &= complete;
    }
    sound.then_some(nodes)
}

/// By the GPU's number in its server first, then by the fabric's own order.
fn rail_order(nodes: &mut [NodeId], fabric: &Fabric) {
    let mut next: FxHashMap<u32, u32> = FxHashMap::default();
    let mut local: FxHashMap<NodeId, u32> = FxHashMap::default();
    for &id in fabric.endpoints() {
        let number = match fabric.node(id).server {
            Some(server) => {
                let next = next.entry(server).or_default();
                *next += 1;
                *next - 1
            }
            None => 0,
        };
        local.insert(id, number);
    }
    nodes.sort_unstable_by_key(|id| (local.get(id).copied(), *id));
}

/// Fisher-Yates with the stream of the collective.
fn shuffle(nodes: &mut [NodeId], seed: u64, index: usize) {
    nodes.sort_unstable();
    let mut stream = rng::stream(seed, "ranks", index as u64);
    for last in (1..nodes.len()).rev() {
        let pick = (u128::from(stream.next_u64()) * (last as u128 + 1)) >> 64;
        nodes.swap(last, usize::try_from(pick).unwrap_or(last));
    }
}
