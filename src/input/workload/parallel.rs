//! `[workload.parallel]`: how a step is divided.

use crate::diag::{Diagnostic, Place};
use crate::input::reader::{At, Item};
use crate::input::section::Section;
use crate::workload::{Axis, ContextExchange, Order, Schedule};

/// The most ranks of an axis.
pub(super) const MAX_DEGREE: u32 = 1 << 24;
/// The most stages of a pipeline rank.
pub(super) const MAX_STAGES: u32 = 1024;

/// What is sharded over data-parallel ranks; how many for `hsdp` is another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shards {
    None,
    Optimizer,
    Gradients,
    Parameters,
    Hybrid,
}

/// Words for what is sharded.
pub(super) const SHARDING: [(&str, Shards); 5] = [
    ("none", Shards::None),
    ("zero-1", Shards::Optimizer),
    ("zero-2", Shards::Gradients),
    ("zero-3", Shards::Parameters),
    ("hsdp", Shards::Hybrid),
];

/// Words for schedules: whether a rank must have several stages is part of the word.
pub(in crate::input) const SCHEDULES: [(&str, (Schedule, bool)); 5] = [
    ("1f1b", (Schedule::OneForwardOneBackward, false)),
    ("interleaved", (Schedule::OneForwardOneBackward, true)),
    ("zb-h1", (Schedule::ZeroBubble, false)),
    ("zb-v", (Schedule::ZeroBubbleV, false)),
    ("dualpipe", (Schedule::DualPipe, false)),
];

/// Words for how a sequence's parts get one another's keys and values.
pub(super) const CONTEXTS: [(&str, ContextExchange); 3] = [
    ("ring", ContextExchange::Ring),
    ("all-gather", ContextExchange::Gather),
    ("all-to-all", ContextExchange::AllToAll),
];

/// A degree of parallelism, 1 unless given.
#[derive(Debug, Clone)]
pub(super) struct Degree {
    pub(super) key: &'static str,
    pub(super) value: u32,
    /// Where it is given.
    pub(super) place: Option<Place>,
}

impl Degree {
    fn read(section: &mut Section<'_>, key: &'static str, most: u32) -> Self {
        let found = section.item(key).and_then(|item| item.count(1, most));
        let value = found.as_ref().map_or(1, |found| found.value);
        Self { key, value, place: found.map(|found| found.place) }
    }

    /// The value, for products that must not overflow.
    pub(super) fn wide(&self) -> u64 {
        u64::from(self.value)
    }
}

/// What the section says, before it is known whether it fits.
#[derive(Debug)]
pub(super) struct Draft {
    /// Of the section.
    pub(super) place: Place,
    pub(super) tp: Degree,
    pub(super) pp: Degree,
    pub(super) vpp: Degree,
    pub(super) cp: Degree,
    /// Without a place where it follows from the ranks.
    pub(super) dp: Degree,
    pub(super) ep: Degree,
    pub(super) etp: Degree,
    pub(super) sequence: Option<At<bool>>,
    pub(super) sharding: Option<At<Shards>>,
    pub(super) shard_group: Option<At<u32>>,
    pub(super) schedule: Option<At<(Schedule, bool)>>,
    pub(super) context: Option<At<ContextExchange>>,
    pub(super) order: Order,
    /// Whether a value could not be read, so that what follows from it would mislead.
    pub(super) broken: bool,
}

/// Reads it; `place` stands for the section where it is not given.
pub(super) fn read(mut section: Section<'_>, place: Option<Place>) -> Draft {
    let faults = section.source.faults;
    let before = faults.errors();
    let place = place.unwrap_or_else(|| section.place());
    let s = &mut section;
    let mut draft = Draft {
        place,
        tp: Degree::read(s, "tp", MAX_DEGREE),
        pp: Degree::read(s, "pp", MAX_DEGREE),
        vpp: Degree::read(s, "vpp", MAX_STAGES),
        cp: Degree::read(s, "cp", MAX_DEGREE),
        dp: Degree::read(s, "dp", MAX_DEGREE),
        ep: Degree::read(s, "ep", MAX_DEGREE),
        etp: Degree::read(s, "etp", MAX_DEGREE),
        sequence: s.item("sequence_parallel").and_then(|item| item.boolean()),
        sharding: s.item("sharding").and_then(|item| item.word("a sharding", &SHARDING)),
        shard_group: s.item("shard_group").and_then(|item| item.count(1, MAX_DEGREE)),
        schedule: s.item("schedule").and_then(|item| item.word("a schedule", &SCHEDULES)),
        context: s.item("context").and_then(|item| item.word("an exchange of context", &CONTEXTS)),
        order: s.item("order").and_then(|item| order(&item)).unwrap_or(Order::MEGATRON),
        broken: false,
    };
    section.finish();
    draft.broken = faults.errors() > before;
    draft
}

/// An order such as `tp-cp-dp-pp`.
fn order(item: &Item<'_>) -> Option<Order> {
    let text = item.string_as("an order such as \"tp-cp-dp-pp\"")?;
    let axes: Vec<Option<Axis>> = text
        .value
        .split('-')
        .map(|word| Axis::ALL.iter().find(|(name, _)| *name == word).map(|(_, axis)| *axis))
        .collect();
    if let [Some(a), Some(b), Some(c), Some(d)] = axes[..]
        && Axis::ALL.iter().all(|(_, axis)| [a, b, c, d].contains(axis))
    {
        return Some(Order([a, b, c, d]));
    }
    let fault = Diagnostic::error("E0107", format!("`{}` is not an order of ranks", text.value))
        .at(text.place, "expected `tp`, `cp`, `dp` and `pp`, once each, with `-` between them");
    item.push(if text.value.split('-').any(|word| word == "ep" || word == "etp") {
        fault.help(
            "expert-parallel ranks are out of those of `tp`, `cp` and `dp`, and have no place of their own",
        )
    } else {
        fault.help("Megatron-LM's is `tp-cp-dp-pp`: ranks of a tensor-parallel group are neighbours")
    });
    None
}
