//! `ranks` and `order`: which GPUs take part, and which of them is which rank.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use rand_pcg::rand_core::Rng;

use super::joint::Joint;
use super::names::node_hint;
use super::pattern::PatternItem;
use super::reader::{At, Item, Source};
use super::section::Section;
use crate::diag::{Diagnostic, Place};
use crate::fabric::{Fabric, NodeKind};
use crate::ids::{LinkId, NodeId};
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
    site: &FabricIndex<'_>,
    seed: u64,
    index: usize,
) -> Option<Vec<NodeId>> {
    let fabric = site.fabric;
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
        Choice::Names(patterns) => named(patterns, site)?,
    };
    match draft.order {
        Order::AsListed => {}
        Order::Fabric => nodes.sort_unstable(),
        Order::Rail => rail_order(&mut nodes, fabric),
        Order::Shuffled => shuffle(&mut nodes, seed, index),
    }
    Some(nodes)
}

/// What all collectives of a scenario look up in its fabric, made once.
pub(super) struct FabricIndex<'f> {
    pub(super) fabric: &'f Fabric,
    /// Payload rate of the slowest link, in bytes per second.
    pub(super) slowest: f64,
    ids: OnceCell<FxHashMap<&'f str, NodeId>>,
}

impl<'f> FabricIndex<'f> {
    pub(super) fn new(fabric: &'f Fabric) -> Self {
        let capacities = (0..fabric.links().len()).map(|link| fabric.capacity(LinkId::from_index(link)));
        Self { fabric, slowest: capacities.fold(f64::INFINITY, f64::min), ids: OnceCell::new() }
    }

    fn id(&self, name: &str) -> Option<NodeId> {
        let ids = self.ids.get_or_init(|| {
            let nodes = self.fabric.nodes().iter().enumerate();
            nodes.map(|(id, node)| (node.name.as_str(), NodeId::from_index(id))).collect()
        });
        ids.get(name).copied()
    }
}

/// The GPUs of those names. Each pattern is read up to its first fault, so that the work is bounded by
/// the number of GPUs and not by what patterns stand for.
fn named(patterns: &[PatternItem<'_>], index: &FabricIndex<'_>) -> Option<Vec<NodeId>> {
    let fabric = index.fabric;
    let mut seen: FxHashMap<NodeId, usize> = FxHashMap::default();
    let mut nodes = Vec::new();
    let mut sound = true;
    for (number, pattern) in patterns.iter().enumerate() {
        let Some(joint) = Joint::new(vec![pattern]) else {
            sound = false;
            continue;
        };
        let item = &pattern.item;
        let complete = joint.for_each(|names| {
            let name = &names[0];
            let Some(id) = index.id(name) else {
                let fault = Diagnostic::error("E0301", format!("the fabric has no GPU named `{name}`"))
                    .at(item.place(), "not in the fabric");
                let nodes = fabric.nodes().iter().map(|node| node.name.as_str());
                item.push(match node_hint(name, nodes, item.source.faults) {
                    Some(hint) => fault.help(hint),
                    None => fault,
                });
                return false;
            };
            let kind = fabric.node(id).kind;
            if kind != NodeKind::Gpu {
                item.push(
                    Diagnostic::error("E0302", format!("`{name}` is no GPU and cannot be a rank"))
                        .at(item.place(), format!("this is a {kind}")),
                );
                return false;
            }
            if let Some(first) = seen.insert(id, number) {
                let fault = Diagnostic::error("E0303", format!("`{name}` is listed twice"))
                    .at(item.place(), "every GPU can be one rank");
                item.push(if first == number {
                    fault.help("the pattern makes the same name twice")
                } else {
                    fault.at(patterns[first].item.place(), "first listed here")
                });
                return false;
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
