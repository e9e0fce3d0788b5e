//! `[[node]]` and `[[position]]`.

use super::joint::{Joint, MAX_EXPANSION, too_many};
use super::names::node_hint;
use super::pattern::{Pattern, PatternItem};
use super::reader::{At, Item};
use super::section::Section;
use crate::diag::{Diagnostic, Place};
use crate::fabric::{Builder, InNetwork, Node, NodeKind, Position};

/// The largest number of a server, rail, row, rack or height unit.
const MAX_NUMBER: u32 = 1 << 24;

/// A number of a node: fixed, or calculated from the ranges of its name.
struct Number<'a>(PatternItem<'a>);

/// Reads a whole number or a pattern such as `"{h/4}"`.
fn number<'a>(item: &Item<'a>) -> Option<Number<'a>> {
    if item.value.is_integer() {
        let found = item.count(0, MAX_NUMBER)?;
        let pattern = Pattern::parse(&found.value.to_string()).ok()?;
        return Some(Number(PatternItem { item: item.clone(), pattern }));
    }
    if !item.value.is_str() {
        item.wrong_type("a whole number, or one calculated from the name such as \"{h/4}\"");
        return None;
    }
    let number = item.pattern()?;
    if number.pattern.has_axes() {
        item.push(
            Diagnostic::error("E0111", format!("`{}` cannot have a range of its own", item.key))
                .at(item.place(), "a node has one such number")
                .help("name a range in the node's name, such as `host{h=0..3}`, and write `{h}` here"),
        );
        return None;
    }
    Some(Number(number))
}

/// A name pattern with the numbers that hang on it.
struct Numbered<'p, 'a> {
    joint: Joint<'p, 'a>,
    /// Which of the joint's patterns is which number.
    slots: Vec<Option<usize>>,
    items: Vec<&'p Item<'a>>,
}

impl<'p, 'a> Numbered<'p, 'a> {
    fn new(
        name: &'p PatternItem<'a>,
        numbers: &[&'p Option<Number<'a>>],
        left: &mut u64,
        what: &str,
    ) -> Option<Self> {
        let mut patterns = vec![name];
        let mut items = vec![&name.item];
        let slots = numbers
            .iter()
            .map(|number| {
                number.as_ref().map(|Number(pattern)| {
                    patterns.push(pattern);
                    items.push(&pattern.item);
                    patterns.len() - 1
                })
            })
            .collect();
        let joint = Joint::new(patterns)?;
        let count = joint.count();
        if count > *left {
            too_many(&name.item, count.saturating_add(MAX_EXPANSION - *left), what);
            return None;
        }
        *left -= count;
        Some(Self { joint, slots, items })
    }

    /// Calls `each` with every name and its numbers.
    fn for_each(&self, mut each: impl FnMut(&str, &[Option<u32>])) {
        let mut numbers = vec![None; self.slots.len()];
        self.joint.for_each(|names| {
            for (slot, number) in self.slots.iter().zip(&mut numbers) {
                let Some(slot) = *slot else { continue };
                match names[slot].parse::<u32>() {
                    Ok(n) if n <= MAX_NUMBER => *number = Some(n),
                    _ => {
                        let item = self.items[slot];
                        item.out_of_range(
                            format!("`{}` of `{}` is `{}`", item.key, names[0], names[slot]),
                            format!("expected a whole number from 0 to {MAX_NUMBER}"),
                        );
                        return false;
                    }
                }
            }
            each(&names[0], &numbers);
            true
        });
    }
}

/// Where the explicit nodes came from.
#[derive(Debug, Default)]
pub(super) struct NodeOrigins {
    /// The place of every entry.
    entries: Vec<Place>,
    /// The name and entry of every node, in the order of ids.
    nodes: Vec<(String, u32)>,
}

impl NodeOrigins {
    /// The place of the entry that made a node.
    pub(super) fn place(&self, name: &str) -> Option<&Place> {
        let (_, entry) = self.nodes.iter().find(|(known, _)| known == name)?;
        self.entries.get(*entry as usize)
    }
}

/// What switches can be said to do with data on its way.
pub(super) const IN_NETWORK: [(&str, InNetwork); 2] = [
    ("multicast", InNetwork { multicast: true, reduce: false }),
    ("reduce", InNetwork { multicast: false, reduce: true }),
];

/// Reads what a switch does with data on its way: some of a few words, for switches only.
fn in_network(item: &Item<'_>, kind: Option<&At<NodeKind>>) -> InNetwork {
    let mut found = InNetwork::NONE;
    for word in item.each() {
        if let Some(At { value, .. }) = word.word("a switch operation", &IN_NETWORK) {
            found.multicast |= value.multicast;
            found.reduce |= value.reduce;
        }
    }
    if let Some(kind) = kind.filter(|kind| !kind.value.is_switch()) {
        item.push(
            Diagnostic::error(
                "E0213",
                format!("a `{}` does not multicast or reduce data on its way, only switches do", kind.value),
            )
            .at(item.place(), "said here")
            .at(kind.place.clone(), "the kind of these nodes")
            .help("take `in_network` away, or make the node a switch such as `nvswitch`"),
        );
        return InNetwork::NONE;
    }
    found
}

/// Reads all `[[node]]` entries into the builder.
pub(super) fn read(root: &mut Section<'_>, builder: &mut Builder, left: &mut u64) -> NodeOrigins {
    let mut origins = NodeOrigins::default();
    let Some(list) = root.item("node") else { return origins };
    let kinds: Vec<_> = NodeKind::ALL.iter().map(|kind| (kind.name(), *kind)).collect();
    let template_nodes = builder.nodes().count();
    for mut section in list.sections() {
        let name = section.require("name", "name = \"gpu{0..7}\"").and_then(|item| item.pattern());
        let kind =
            section.require("kind", "kind = \"gpu\"").and_then(|item| item.word("a node kind", &kinds));
        let server = section.item("server").and_then(|item| number(&item));
        let rail = section.item("rail").and_then(|item| number(&item));
        let forwards = section.item("forwards").and_then(|item| item.boolean());
        let in_network =
            section.item("in_network").map_or(InNetwork::NONE, |item| in_network(&item, kind.as_ref()));
        let faults = section.source.faults;
        section.finish();
        let Some(name) = name else { continue };
        let Some(numbered) = Numbered::new(&name, &[&server, &rail], left, "nodes") else { continue };
        let place = name.item.place();
        let entry = u32::try_from(origins.entries.len()).unwrap_or(u32::MAX);
        origins.entries.push(place.clone());
        let mut clash: Option<(String, Option<Place>, u64)> = None;
        numbered.for_each(|text, numbers| {
            if let Some(first) = builder.node(text) {
                let known = first.index().checked_sub(template_nodes).map(|index| origins.nodes[index].1);
                let origin = known.map(|entry| origins.entries[entry as usize].clone());
                clash.get_or_insert_with(|| (text.to_owned(), origin, 0)).2 += 1;
                return;
            }
            let mut node = Node::new(text, kind.as_ref().map_or(NodeKind::Switch, |kind| kind.value));
            node.server = numbers[0];
            node.rail = numbers[1];
            node.in_network = in_network;
            if let Some(forwards) = &forwards {
                node.forwards = forwards.value;
            }
            builder.add_node(node);
            origins.nodes.push((text.to_owned(), entry));
        });
        if let Some((text, first, count)) = clash {
            let more = match count - 1 {
                0 => String::new(),
                1 => ", and 1 more name is taken".to_owned(),
                more => format!(", and {more} more names are taken"),
            };
            let fault = Diagnostic::error("E0205", format!("there are two nodes named `{text}`{more}"))
                .at(place.clone(), "named again here");
            faults.push(match first {
                Some(first) if first == place => fault.help("the pattern makes the same name twice"),
                Some(first) => fault.at(first, "first named here"),
                None => fault.help("the template already makes this node"),
            });
        }
    }
    origins
}

/// Reads all `[[position]]` entries and places the nodes.
pub(super) fn positions(root: &mut Section<'_>, builder: &mut Builder, left: &mut u64) {
    let Some(list) = root.item("position") else { return };
    for mut section in list.sections() {
        let node = section.require("node", "node = \"leaf{l=0..7}\"").and_then(|item| item.pattern());
        let row = section.require("row", "row = 0").and_then(|item| number(&item));
        let rack = section.require("rack", "rack = \"{l/4}\"").and_then(|item| number(&item));
        let unit = section.item("unit").and_then(|item| number(&item));
        section.finish();
        let Some(node) = node else { continue };
        let Some(numbered) = Numbered::new(&node, &[&row, &rack, &unit], left, "nodes") else { continue };
        let mut missing: Option<(String, u64)> = None;
        numbered.for_each(|name, numbers| match builder.node(name) {
            Some(id) => {
                let [row, rack, unit] =
                    [numbers[0], numbers[1], numbers[2]].map(|number| number.unwrap_or(0));
                builder.set_position(id, Position { row, rack, unit });
            }
            None => missing.get_or_insert_with(|| (name.to_owned(), 0)).1 += 1,
        });
        if let Some((name, count)) = missing {
            dangling(&node.item, &name, count, builder);
        }
    }
}

/// Says that a pattern names nodes that are not there.
pub(super) fn dangling(item: &Item<'_>, name: &str, count: u64, builder: &Builder) {
    let more = match count {
        0 | 1 => String::new(),
        2 => ", nor for 1 more name of this pattern".to_owned(),
        count => format!(", nor for {} more names of this pattern", count - 1),
    };
    let fault = Diagnostic::error("E0207", format!("there is no node named `{name}`{more}")).at(
        item.place(),
        if item.value.as_str() == Some(name) {
            "no node has this name".to_owned()
        } else {
            format!("this stands for `{name}` among others")
        },
    );
    item.push(match node_hint(name, builder.nodes().map(|node| node.name.as_str()), item.source.faults) {
        Some(hint) => fault.help(hint),
        None => fault,
    });
}
