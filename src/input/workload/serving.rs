//! Inference in `[workload]`: prompts, tokens to be made, and batches.

use super::parallel::Draft;
use super::{KindOfStep, MAX_BATCH};
use crate::diag::{Diagnostic, Place};
use crate::input::collective::listed_twice;
use crate::input::reader::{At, Faults, Item};
use crate::input::section::Section;
use crate::workload::model::Model;
use crate::workload::{Format, Serving};

/// The most batches of a scenario.
const MAX_BATCHES: usize = 100;

/// Keys that only one kind of step has, and what the other lacks.
const OF_TRAINING: [(&str, &str); 4] = [
    ("sequence", "inference has a `prompt` and an `output`"),
    ("micro_batch", "inference has no micro-batches"),
    ("recompute", "inference has no backward pass"),
    ("frozen", "inference has no backward pass"),
];
const OF_INFERENCE: [&str; 4] = ["prompt", "output", "prefill_batch", "kv_cache"];

/// Inference as a section says it.
#[derive(Debug)]
pub(super) struct ServingDraft {
    pub(super) batches: Vec<At<u32>>,
    prompt: u32,
    output: u32,
    prefill: u32,
    cache: Option<Format>,
}

impl ServingDraft {
    /// The task; keys and values are kept as activations are, unless told.
    pub(super) fn serving(&self, activations: Format) -> Serving {
        Serving {
            batches: self.batches.iter().map(|batch| batch.value).collect(),
            prompt: self.prompt,
            output: self.output,
            prefill: self.prefill,
            cache: self.cache.unwrap_or(activations),
        }
    }
}

/// Reads it. `None` where faults were told.
pub(super) fn read(section: &mut Section<'_>) -> Option<ServingDraft> {
    let batches = section.require("batch", "batch = [1, 8, 64]").and_then(|item| batches(&item));
    let prompt = section.require("prompt", "prompt = 2048").and_then(|item| item.count(1, MAX_BATCH));
    let output = section.require("output", "output = 256").and_then(|item| item.count(1, MAX_BATCH));
    let prefill = section.item("prefill_batch").map(|item| item.count(1, MAX_BATCH));
    let prefill = prefill.map_or(Some(1), |prefill| prefill.map(|prefill| prefill.value));
    let cache = section.item("kv_cache").map(|item| item.word("a number format", &Format::ALL));
    let cache = match cache {
        Some(told) => Some(told?.value),
        None => None,
    };
    Some(ServingDraft {
        batches: batches?,
        prompt: prompt?.value,
        output: output?.value,
        prefill: prefill?,
        cache,
    })
}

/// A batch, a list of them, or a range; ascending.
fn batches(item: &Item<'_>) -> Option<Vec<At<u32>>> {
    if item.value.is_table() {
        return range(item);
    }
    if !item.value.is_array() {
        if !item.value.is_integer() {
            item.wrong_type(
                "a number of sequences, a list of numbers, or a range such as { from = 1, to = 256, factor = 4 }",
            );
            return None;
        }
        return Some(vec![item.count(1, MAX_BATCH)?]);
    }
    let items = item.each();
    let mut found: Vec<At<u32>> = Vec::new();
    let mut sound = !items.is_empty();
    for element in &items {
        match element.count(1, MAX_BATCH) {
            Some(batch) if found.iter().any(|own| own.value == batch.value) => {
                element.push(listed_twice(&batch.value.to_string(), &batch.place));
            }
            Some(batch) => found.push(batch),
            None => sound = false,
        }
    }
    found.sort_by_key(|batch| batch.value);
    few(item, found.len())?;
    sound.then_some(found)
}

fn few(item: &Item<'_>, count: usize) -> Option<()> {
    if count <= MAX_BATCHES {
        return Some(());
    }
    item.out_of_range(format!("`batch` has {count} values"), format!("expected at most {MAX_BATCHES}"));
    None
}

/// `{ from, to, factor }`: from `from`, times `factor`, up to `to` and including it where it is met.
fn range(item: &Item<'_>) -> Option<Vec<At<u32>>> {
    let mut section = item.section("`batch`")?;
    let from = section.require("from", "from = 1").and_then(|item| item.count(1, MAX_BATCH));
    let to = section.require("to", "to = 256").and_then(|item| item.count(1, MAX_BATCH));
    let factor = section.item("factor").map(|item| item.count(2, 1 << 20));
    let factor = factor.map_or(Some(2), |factor| factor.map(|factor| factor.value));
    section.finish();
    let (from, to, factor) = (from?, to?, factor?);
    if from.value > to.value {
        item.push(
            Diagnostic::error("E0306", format!("the batches go from {} down to {}", from.value, to.value))
                .at(from.place, "this is the larger")
                .at(to.place, "this is the smaller")
                .help("batches ascend: swap `from` and `to`"),
        );
        return None;
    }
    let mut batches = Vec::new();
    let mut batch = from.value;
    while batch <= to.value {
        batches.push(item.at(batch));
        batch = batch.saturating_mul(factor);
    }
    Some(batches)
}

fn no_effect(key: &str, place: Place, label: impl Into<String>) -> Diagnostic {
    Diagnostic::warning("W0301", format!("`{key}` has no effect here")).at(place, label)
}

/// Warns of keys that only the other kind of step has.
pub(super) fn idle(section: &mut Section<'_>, kind: KindOfStep) {
    let faults = section.source.faults;
    let mut tell = |key: &'static str, label: &str| {
        // The key is known, whatever its value.
        if section.item(key).is_some()
            && let Some(place) = section.key_place(key)
        {
            faults.push(no_effect(key, place, label));
        }
    };
    match kind {
        KindOfStep::Train => {
            OF_INFERENCE.iter().for_each(|key| tell(key, "only `kind_of_step = \"inference\"` has it"));
        }
        KindOfStep::Inference => OF_TRAINING.iter().for_each(|(key, label)| tell(key, label)),
    }
}

/// The same of a table inside.
pub(super) fn idle_inside(section: &Section<'_>, keys: &[(&str, &str)]) {
    for (key, label) in keys {
        if let Some(place) = section.key_place(key) {
            section.source.faults.push(no_effect(key, place, *label));
        }
    }
}

/// Keys of `[workload.parallel]` that inference does not have.
pub(super) const PARALLEL: [(&str, &str); 5] = [
    ("sequence_parallel", "inference does not divide norms along the sequence"),
    ("vpp", "inference has one stage a rank"),
    ("sharding", "inference has no optimiser, and keeps parameters whole"),
    ("shard_group", "inference has no optimiser, and keeps parameters whole"),
    ("schedule", "inference has no backward pass"),
];
/// Of `[workload.precision]`.
pub(super) const PRECISION: [(&str, &str); 1] = [("gradients", "inference has no backward pass")];
/// Of `[workload.overlap]`.
pub(super) const OVERLAP: [(&str, &str); 2] =
    [("data", "inference has no gradients"), ("pipeline", "messages between stages leave them free")];

/// Makes a draft one of inference: what does not matter is as where it is not given, and experts are divided as the rest of
/// their layer unless told.
pub(super) fn suit(draft: &mut Draft, model: Option<&Model>, faults: &Faults) {
    if draft.cp.value > 1
        && let Some(place) = draft.cp.place.clone()
    {
        faults.push(
            Diagnostic::error("E0907", "inference has no context-parallel ranks")
                .at(place, format!("`cp` is {}", draft.cp.value))
                .help("divide heads by `tp`, layers by `pp` and sequences by `dp`"),
        );
        draft.broken = true;
    }
    draft.sequence = None;
    draft.sharding = None;
    draft.shard_group = None;
    draft.schedule = None;
    draft.vpp.value = 1;
    let experts = model.and_then(|model| model.experts);
    if let Some(experts) = experts
        && draft.ep.place.is_none()
        && draft.etp.place.is_none()
        && experts.hidden.is_multiple_of(draft.tp.value)
    {
        draft.etp.value = draft.tp.value;
    }
}

/// Sequences over replicas.
pub(super) fn check_batches(draft: &ServingDraft, dp: u32, faults: &Faults) {
    for batch in draft.batches.iter().filter(|batch| !batch.value.is_multiple_of(dp)) {
        let (below, above) = (batch.value / dp * dp, u64::from(batch.value.div_ceil(dp)) * u64::from(dp));
        let fit = if below == 0 { format!("{above}") } else { format!("{below} or {above}") };
        faults.push(
            Diagnostic::error("E0903", "the batch cannot be divided so")
                .at(
                    batch.place.clone(),
                    format!("{dp} replicas, `dp`, do not divide {} sequences", batch.value),
                )
                .help(format!("`batch` may be {fit}")),
        );
    }
}
