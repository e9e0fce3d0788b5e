//! `[workload]` of a scenario: a training step, and the libraries of models, accelerators and software that it names.

mod accelerator;
mod builtin;
mod check;
mod choices;
mod factors;
mod head;
mod model;
mod named;
mod parallel;
mod precision;
mod schema;
mod set;
mod software;
mod write;

pub use builtin::{
    accelerator, accelerator_likes, accelerator_names, model, model_names, software, software_names,
};
pub use write::{accelerator_to_toml, software_to_toml};

pub(super) use accelerator::{WHAT as ACCELERATOR, read as read_accelerator};
pub(super) use head::is_part;
pub(super) use model::{WHAT as MODEL, read as read_model};
pub(super) use parallel::SCHEDULES;
pub(super) use schema::{
    accelerator as accelerator_properties, model as model_properties, section as section_schema,
    software as software_properties,
};
pub(super) use software::SHARDING as WHOLE_SHARDING;
pub(super) use software::{WHAT as SOFTWARE, read as read_software};

use super::section::Section;
use crate::diag::SourceMap;
use crate::workload::{Batch, Constant, Overlap, Parallel, Recompute, Task, Training, Workload};
use check::BatchDraft;

/// The most sequences of a step, and tokens of a sequence.
const MAX_BATCH: u32 = 1 << 30;

/// Words for kinds of step. Only training is simulated: a step of inference would have a context, a batch and tokens to
/// make in place of a batch of sequences.
const STEPS: [(&str, ()); 1] = [(Task::NAMES[0], ())];

/// Reads `[workload]` of the scenario at `path`, on a fabric of `ranks` accelerators. `None` where faults were told, or
/// the fabric is not known. Where the division is `open`, and none is given, all ranks are replicas, whether or not that
/// suits: it is to be searched.
pub(super) fn read(
    mut section: Section<'_>,
    (ranks, open): (Option<u64>, bool),
    path: &str,
    sources: &mut SourceMap,
    top: &'static [&'static str],
) -> Option<Workload> {
    let faults = section.source.faults;
    let before = faults.errors();
    section.top_keys(top);
    section.item("kind_of_step").and_then(|item| item.word("a kind of step", &STEPS));
    let model = named::MODELS.choose(&mut section, path, sources);
    let accelerator = named::ACCELERATORS.choose(&mut section, path, sources);
    let software = named::GENERATIONS.choose(&mut section, path, sources);
    let habits = software.as_ref().map_or(software::USUAL, |software| software.habits);
    let batch = batch(&mut section);
    let recompute =
        section.item("recompute").and_then(|item| item.word("a kind of recomputation", &Recompute::ALL));
    let frozen = section.item("frozen").and_then(|item| item.boolean());
    let precision = inner(&mut section, "precision", "`[workload.precision]`");
    let precision = precision::read(precision, accelerator.as_ref(), habits.gradients);
    let place = section.place();
    let given = section.has("parallel");
    let parallel = inner(&mut section, "parallel", "`[workload.parallel]`");
    let draft = parallel::read(parallel, (!given).then_some(place));
    let overlap = inner(&mut section, "overlap", "`[workload.overlap]`");
    let usual = software.as_ref().map_or(Overlap::NONE, |software| software.overlap);
    let overlap = software::overlap(overlap, usual);
    let set = set::read(&inner(&mut section, "set", "`[workload.set]`"));
    let parallel = if open && !given {
        let dp = ranks.and_then(|ranks| u32::try_from(ranks).ok());
        dp.map(|dp| Parallel { dp, sharding: habits.sharding, ..Parallel::ONE })
    } else {
        check::settle(&draft, &habits, ranks, model.as_ref(), batch.as_ref(), faults)
    };
    section.finish();
    if faults.errors() > before {
        return None;
    }
    let (accelerator, software, batch) = (accelerator?, software?, batch?);
    let mut constants = software.constants(&accelerator, precision.matrices);
    for (constant, value) in &set {
        constants.set(*constant, *value);
    }
    let set: Vec<Constant> = set.into_iter().map(|(constant, _)| constant).collect();
    let batch = Batch { sequences: batch.sequences.value, length: batch.length.value, micro: batch.micro };
    let task = Task::Train(Training {
        batch,
        recompute: recompute.map_or(habits.recompute, |told| told.value),
        frozen: frozen.is_some_and(|told| told.value),
    });
    Some(Workload {
        model: model?,
        accelerator,
        software,
        task,
        parallel: parallel?,
        precision,
        overlap,
        constants,
        set,
    })
}

/// A table inside, empty where it is not given or no table.
fn inner<'a>(section: &mut Section<'a>, key: &'static str, what: &str) -> Section<'a> {
    let source = section.source;
    section.item(key).and_then(|item| item.section(what)).unwrap_or_else(|| Section::empty(source, what))
}

fn batch(section: &mut Section<'_>) -> Option<BatchDraft> {
    let sequences = section.require("batch", "batch = 1024").and_then(|item| item.count(1, MAX_BATCH));
    let length = section.require("sequence", "sequence = 8192").and_then(|item| item.count(1, MAX_BATCH));
    let micro = section.item("micro_batch").map(|item| item.count(1, MAX_BATCH));
    let micro = micro.map_or(Some(1), |micro| micro.map(|micro| micro.value));
    Some(BatchDraft { sequences: sequences?, length: length?, micro: micro? })
}
