//! A generation of software in a file.

use super::{factors, head};
use crate::input::section::Section;
use crate::workload::{Format, Habits, Overlap, Recompute, Sharding, Software};

/// What messages call such a file.
pub(in crate::input) const WHAT: &str = "the software";
/// In a sentence.
pub(super) const A: &str = "a generation of software";

/// Words for what is sharded unless told: how many ranks shard within a group is for a workload to say.
pub(in crate::input) const SHARDING: [(&str, Sharding); 4] = [
    ("none", Sharding::None),
    ("zero-1", Sharding::Optimizer),
    ("zero-2", Sharding::Gradients),
    ("zero-3", Sharding::Parameters),
];

/// The habits of software that says none.
pub(super) const USUAL: Habits = Habits {
    fused_attention: true,
    graphs: false,
    sequence: true,
    recompute: Recompute::None,
    gradients: Format::Fp32,
    sharding: Sharding::None,
};

/// Reads a generation of software from the keys of `root`. `path` gives the name where the file has none. `None` where
/// faults were told.
pub(in crate::input) fn read(mut root: Section<'_>, path: &str) -> Option<Software> {
    let faults = root.source.faults;
    let before = faults.errors();
    if head::is_other(&root, A) {
        return None;
    }
    let head = head::read(&mut root, path, "software");
    let habits = root
        .require_with("habits", "add a `[habits]` with `fused_attention = true` and `graphs = false`")
        .and_then(|item| item.section("`[habits]`"))
        .and_then(habits);
    let overlap = root
        .item("overlap")
        .and_then(|item| item.section("`[overlap]`"))
        .map_or(Overlap::NONE, |section| overlap(section, Overlap::NONE));
    let factors = factors::read(&mut root, &["accelerator", "format"]);
    root.finish();
    if faults.errors() > before {
        return None;
    }
    Some(Software {
        name: head.name,
        title: head.title,
        sources: head.sources,
        habits: habits?,
        overlap,
        factors,
    })
}

fn habits(mut section: Section<'_>) -> Option<Habits> {
    let fused = section.require("fused_attention", "fused_attention = true");
    let fused = fused.and_then(|item| item.boolean());
    let graphs = section.require("graphs", "graphs = false").and_then(|item| item.boolean());
    let sequence = section.item("sequence_parallel").and_then(|item| item.boolean());
    let recompute =
        section.item("recompute").and_then(|item| item.word("a kind of recomputation", &Recompute::ALL));
    let gradients = section.item("gradients").and_then(|item| item.word("a number format", &Format::ALL));
    let sharding = section.item("sharding").and_then(|item| item.word("a sharding", &SHARDING));
    section.finish();
    Some(Habits {
        fused_attention: fused?.value,
        graphs: graphs?.value,
        sequence: sequence.map_or(USUAL.sequence, |told| told.value),
        recompute: recompute.map_or(USUAL.recompute, |told| told.value),
        gradients: gradients.map_or(USUAL.gradients, |told| told.value),
        sharding: sharding.map_or(USUAL.sharding, |told| told.value),
    })
}

/// What runs beside computation, where it differs from what is usual.
pub(super) fn overlap(mut section: Section<'_>, usual: Overlap) -> Overlap {
    let mut told =
        |key, usual: bool| section.item(key).and_then(|item| item.boolean()).map_or(usual, |told| told.value);
    let overlap = Overlap {
        tensor: told("tensor", usual.tensor),
        data: told("data", usual.data),
        pipeline: told("pipeline", usual.pipeline),
        experts: told("experts", usual.experts),
    };
    section.finish();
    overlap
}
