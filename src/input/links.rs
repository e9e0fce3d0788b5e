//! `[[link]]` and `[[remove]]`.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::classes;
use super::joint::{Joint, MAX_EXPANSION, too_many};
use super::nodes::dangling;
use super::pattern::PatternItem;
use super::reader::Item;
use super::section::Section;
use crate::diag::{Diagnostic, Place};
use crate::fabric::{Builder, Cable, LinkClass};
use crate::units::{Length, Time};

/// The most parallel lanes of a link.
pub(super) const MAX_LANES: u32 = 1 << 16;

/// Where the explicit links came from, by their numbers in the builder.
#[derive(Debug, Default)]
pub(super) struct LinkOrigins {
    /// The first link of every entry, ascending, and the entry's place.
    starts: Vec<(usize, Place)>,
}

impl LinkOrigins {
    /// The place of a link; `None` for those of the template.
    pub(super) fn place(&self, cable: usize) -> Option<&Place> {
        let after = self.starts.partition_point(|(first, _)| *first <= cable);
        after.checked_sub(1).map(|index| &self.starts[index].1)
    }
}

/// What is wrong with the links of one entry: the first example of each kind, and how many there are.
#[derive(Default)]
struct EntryFaults {
    missing: [Option<String>; 2],
    own: Option<(String, u64)>,
    again: Option<(String, String, Place, u64)>,
}

/// Reads all `[[link]]` entries into the builder.
pub(super) fn read(
    root: &mut Section<'_>,
    classes: &[LinkClass],
    builder: &mut Builder,
    left: &mut u64,
) -> LinkOrigins {
    let mut origins = LinkOrigins::default();
    let mut pairs: FxHashMap<(u32, u32), usize> = FxHashMap::default();
    let mut places: Vec<Place> = Vec::new();
    let Some(list) = root.item("link") else { return origins };
    for mut section in list.sections() {
        let from = section.require("from", "from = \"gpu{0..7}\"").and_then(|item| item.pattern());
        let to = section.require("to", "to = \"switch\"").and_then(|item| item.pattern());
        let cable = read_cable(&mut section, classes, builder);
        section.finish();
        let (Some(from), Some(to)) = (from, to) else { continue };
        let Some(joint) = joint(&from, &to, left) else { continue };
        let place = from.item.place();
        origins.starts.push((builder.cable_count(), place.clone()));
        let entry = places.len();
        places.push(place);
        let mut found = EntryFaults::default();
        joint.for_each(|names| {
            let ends = [builder.node(&names[0]), builder.node(&names[1])];
            for (end, missing) in found.missing.iter_mut().enumerate() {
                if ends[end].is_none() {
                    missing.get_or_insert_with(|| names[end].clone());
                }
            }
            let [Some(a), Some(b)] = ends else { return true };
            if a == b {
                found.own.get_or_insert_with(|| (names[0].clone(), 0)).1 += 1;
                return true;
            }
            match pairs.entry((a.0.min(b.0), a.0.max(b.0))) {
                std::collections::hash_map::Entry::Occupied(first) => {
                    let first = places[*first.get()].clone();
                    found.again.get_or_insert_with(|| (names[0].clone(), names[1].clone(), first, 0)).3 += 1;
                }
                std::collections::hash_map::Entry::Vacant(slot) => {
                    slot.insert(entry);
                    if let Some(cable) = &cable {
                        builder.add_cable(a, b, cable.clone());
                    }
                }
            }
            true
        });
        tell(&found, &from.item, &to.item, builder);
    }
    origins
}

fn tell(found: &EntryFaults, from: &Item<'_>, to: &Item<'_>, builder: &Builder) {
    for (item, missing) in [from, to].into_iter().zip(&found.missing) {
        if let Some(name) = missing {
            dangling(item, name, 1, builder);
        }
    }
    if let Some((name, count)) = &found.own {
        let more = match count - 1 {
            0 => String::new(),
            1 => ", and so is 1 more node".to_owned(),
            more => format!(", and so are {more} more nodes"),
        };
        from.push(
            Diagnostic::error("E0208", format!("`{name}` is linked to itself{more}"))
                .at(to.place(), "this end is the same node")
                .at(from.place(), "as this one"),
        );
    }
    if let Some((a, b, first, count)) = &found.again {
        let more = match count - 1 {
            0 => String::new(),
            1 => ", and so is 1 more pair".to_owned(),
            more => format!(", and so are {more} more pairs"),
        };
        let here = from.place();
        let fault = Diagnostic::error("E0206", format!("`{a}` and `{b}` are linked twice{more}"))
            .at(here.clone(), "linked again here");
        let fault = if *first == here { fault } else { fault.at(first.clone(), "first linked here") };
        from.push(fault.help(
            "a link has both directions already; parallel cables are one link with `lanes = 2` or more",
        ));
    }
}

/// Reads the keys of all `[[link]]` entries for their own faults only, without looking for their nodes.
pub(super) fn read_keys(root: &mut Section<'_>, classes: &[LinkClass], builder: &Builder) {
    for mut section in root.item("link").map(|list| list.sections()).unwrap_or_default() {
        section.require("from", "from = \"gpu{0..7}\"").and_then(|item| item.pattern());
        section.require("to", "to = \"switch\"").and_then(|item| item.pattern());
        read_cable(&mut section, classes, builder);
        section.finish();
    }
}

/// The keys of a link that say what it is; `None` where a fault was told.
fn read_cable(section: &mut Section<'_>, classes: &[LinkClass], builder: &Builder) -> Option<Cable> {
    let class =
        section.require("class", "class = \"infiniband\"").and_then(|item| classes::find(&item, classes));
    let bandwidth = section.require("bandwidth", "bandwidth = \"400 Gbps\"").and_then(|item| item.rate());
    let reverse = section.item("reverse_bandwidth").map(|item| item.rate());
    let lanes = section.item("lanes").map(|item| item.count(1, MAX_LANES));
    let latency = section.item("latency").map(|item| item.quantity::<Time>());
    let length = section.item("length").map(|item| item.quantity::<Length>());
    let efficiency = section.item("efficiency").map(|item| item.fraction());
    let bandwidth = bandwidth?.value;
    let mut cable = Cable::new(builder.class(&class?.name)?, bandwidth);
    if let Some(reverse) = reverse {
        cable.reverse_bandwidth = reverse?.value;
    }
    if let Some(lanes) = lanes {
        cable.lanes = lanes?.value;
    }
    if let Some(latency) = latency {
        cable.latency = Some(latency?.value);
    }
    if let Some(length) = length {
        cable.length = Some(length?.value);
    }
    if let Some(efficiency) = efficiency {
        cable.efficiency = Some(efficiency?.value);
    }
    Some(cable)
}

/// Two ends that share their ranges, within what is left of [`MAX_EXPANSION`].
fn joint<'p, 'a>(
    from: &'p PatternItem<'a>,
    to: &'p PatternItem<'a>,
    left: &mut u64,
) -> Option<Joint<'p, 'a>> {
    let joint = Joint::new(vec![from, to])?;
    let count = joint.count();
    if count > *left {
        too_many(&from.item, count.saturating_add(MAX_EXPANSION - *left), "links");
        return None;
    }
    *left -= count;
    Some(joint)
}

/// Reads all `[[remove]]` entries and takes the nodes and links away.
pub(super) fn removals(root: &mut Section<'_>, builder: &mut Builder, left: &mut u64) {
    let Some(list) = root.item("remove") else { return };
    let mut doomed: BTreeSet<String> = BTreeSet::new();
    for mut section in list.sections() {
        let node = section.item("node");
        let link = section.item("link");
        let both = section.exclusive("node", "link", "write one `[[remove]]` for each");
        if node.is_none() && link.is_none() {
            section.require("node", "node = \"spine3\"");
        }
        section.finish();
        if both {
            continue;
        }
        if let Some(pattern) = node.and_then(|item| item.pattern()) {
            remove_nodes(&pattern, builder, left, &mut doomed);
        }
        if let Some(item) = link {
            remove_links(&item, builder, left);
        }
    }
    // Nodes go last, so that links of theirs can still be named.
    if !doomed.is_empty() {
        builder.remove_nodes(&|node| doomed.contains(&node.name));
    }
}

fn remove_nodes(pattern: &PatternItem<'_>, builder: &Builder, left: &mut u64, doomed: &mut BTreeSet<String>) {
    let Some(joint) = Joint::new(vec![pattern]) else { return };
    if joint.count() > *left {
        too_many(&pattern.item, joint.count(), "nodes");
        return;
    }
    *left -= joint.count();
    let mut missing: Option<(String, u64)> = None;
    joint.for_each(|names| {
        if builder.node(&names[0]).is_some() {
            doomed.insert(names[0].clone());
        } else {
            missing.get_or_insert_with(|| (names[0].clone(), 0)).1 += 1;
        }
        true
    });
    if let Some((name, count)) = missing {
        dangling(&pattern.item, &name, count, builder);
    }
}

fn remove_links(item: &Item<'_>, builder: &mut Builder, left: &mut u64) {
    const EXPECTED: &str = "a list of two names or patterns, such as [\"leaf0\", \"spine{0..3}\"]";
    if item.value.as_array().is_none_or(|array| array.len() != 2) {
        item.wrong_type(EXPECTED);
        return;
    }
    let ends: Vec<_> = item.each().iter().map(Item::pattern).collect();
    let [Some(from), Some(to)] = &ends[..] else { return };
    let Some(joint) = joint(from, to, left) else { return };
    let mut pairs: BTreeSet<(String, String)> = BTreeSet::new();
    let mut found = EntryFaults::default();
    joint.for_each(|names| {
        for (end, missing) in found.missing.iter_mut().enumerate() {
            if builder.node(&names[end]).is_none() {
                missing.get_or_insert_with(|| names[end].clone());
            }
        }
        let (a, b) = (names[0].clone(), names[1].clone());
        pairs.insert(if a <= b { (a, b) } else { (b, a) });
        true
    });
    tell(&found, &from.item, &to.item, builder);
    if found.missing.iter().any(Option::is_some) {
        return;
    }
    let removed = builder.remove_cables(&|a, b| {
        let pair = if a <= b { (a, b) } else { (b, a) };
        pairs.contains(&(pair.0.to_owned(), pair.1.to_owned()))
    });
    if removed == 0 {
        item.push(
            Diagnostic::error("E0211", "there is no link to remove")
                .at(item.place(), "no two of these nodes are linked"),
        );
    }
}
