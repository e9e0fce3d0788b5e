//! `[workload]` of a scenario: a training step or inference, and the libraries of models, accelerators and software that it names.

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
mod serving;
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

use super::reader::At;
use super::section::Section;
use crate::diag::SourceMap;
use crate::workload::{
    Accelerator, Batch, Format, Overlap, Parallel, Precision, Recompute, Task, Training, Workload,
};
use check::BatchDraft;
use serving::ServingDraft;

/// The most sequences of a step, and tokens of a sequence.
const MAX_BATCH: u32 = 1 << 30;

/// A kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KindOfStep {
    Train,
    Inference,
}

/// Words for kinds of step.
const STEPS: [(&str, KindOfStep); 2] =
    [(Task::NAMES[0], KindOfStep::Train), (Task::NAMES[1], KindOfStep::Inference)];

/// What a step has that leaves it out. All of it must be given in scenarios.
#[derive(Debug, Clone, Copy)]
struct Usual {
    software: Option<&'static str>,
    sequence: Option<u32>,
}

/// What a step of a plan has that leaves it out.
const PLANNED: Usual = Usual { software: Some(PLANNED_SOFTWARE), sequence: Some(PLANNED_SEQUENCE) };
/// Software of plans that name none, whatever the accelerator.
pub(super) const PLANNED_SOFTWARE: &str = "megatron-2025";
/// Tokens of a sequence in plans that tell no other: what Llama 3 was trained with (arXiv 2407.21783).
pub(super) const PLANNED_SEQUENCE: u32 = 8192;

/// Reads `[workload]` of the scenario at `path`, on a fabric of `ranks` accelerators. `None` where faults were told, or
/// the fabric is not known. Where the division is `open`, and none is given, all ranks are replicas, whether or not that
/// suits: it is to be searched.
pub(super) fn read(
    mut section: Section<'_>,
    divided: (Option<u64>, bool),
    path: &str,
    sources: &mut SourceMap,
    top: &'static [&'static str],
) -> Option<Workload> {
    section.top_keys(top);
    let usual = Usual { software: None, sequence: None };
    read_on(section, None, usual, divided, path, sources)?.pop()
}

/// Reads the step of `[workload]` of the plan at `path`, once on each of the `accelerators`, of which there are `ranks`. As
/// [`read`], but that the accelerator is not the section's to say, and that software and sequence may be left out. A division
/// that is not given is open.
pub(super) fn read_each(
    mut section: Section<'_>,
    accelerators: &[Accelerator],
    ranks: Option<u64>,
    path: &str,
    sources: &mut SourceMap,
    top: &'static [&'static str],
) -> Option<Vec<Workload>> {
    section.top_keys(top);
    read_on(section, Some(accelerators), PLANNED, (ranks, true), path, sources)
}

/// Reads it on the accelerators that are given, or else on the section's own.
fn read_on(
    mut section: Section<'_>,
    given: Option<&[Accelerator]>,
    usual: Usual,
    (ranks, open): (Option<u64>, bool),
    path: &str,
    sources: &mut SourceMap,
) -> Option<Vec<Workload>> {
    let faults = section.source.faults;
    let before = faults.errors();
    let kind = section.item("kind_of_step").and_then(|item| item.word("a kind of step", &STEPS));
    let kind = kind.map_or(KindOfStep::Train, |told| told.value);
    let infers = kind == KindOfStep::Inference;
    let model = named::MODELS.choose(&mut section, path, sources);
    let own = match given {
        Some(_) => None,
        None => named::ACCELERATORS.choose(&mut section, path, sources),
    };
    let accelerators = given.unwrap_or(own.as_slice());
    let software = named::GENERATIONS.choose_or(usual.software, &mut section, path, sources);
    let habits = software.as_ref().map_or(software::USUAL, |software| software.habits);
    let asked = match kind {
        KindOfStep::Train => training(&mut section, habits.recompute, usual.sequence),
        KindOfStep::Inference => serving::read(&mut section).map(Asked::Infer),
    };
    serving::idle(&mut section, kind);
    // On no accelerator, where it is not known, what is wrong of the formats is told nevertheless.
    let each: Vec<Option<&Accelerator>> =
        if accelerators.is_empty() { vec![None] } else { accelerators.iter().map(Some).collect() };
    let precisions: Vec<Precision> =
        each.iter().map(|own| formats(&mut section, *own, habits.gradients, infers)).collect();
    let place = section.place();
    let divided = section.has("parallel");
    let parallel = inner(&mut section, "parallel", "`[workload.parallel]`");
    if infers {
        serving::idle_inside(&parallel, &serving::PARALLEL);
    }
    let mut draft = parallel::read(parallel, (!divided).then_some(place));
    if infers {
        serving::suit(&mut draft, model.as_ref(), faults);
    }
    let overlap = inner(&mut section, "overlap", "`[workload.overlap]`");
    if infers {
        serving::idle_inside(&overlap, &serving::OVERLAP);
    }
    // What software of training hides, it hides behind another micro-batch or a large product: a token has neither.
    let hidden = software.as_ref().filter(|_| !infers).map_or(Overlap::NONE, |software| software.overlap);
    let overlap = software::overlap(overlap, hidden);
    let set = set::read(&inner(&mut section, "set", "`[workload.set]`"));
    let batch = asked.as_ref().and_then(Asked::batch);
    let parallel = if open && !divided {
        let dp = ranks.and_then(|ranks| u32::try_from(ranks).ok());
        dp.map(|dp| Parallel { dp, sharding: habits.sharding, ..Parallel::ONE })
    } else {
        check::settle(&draft, &habits, ranks, model.as_ref(), batch, faults)
    };
    if let (Some(Asked::Infer(draft)), Some(parallel)) = (&asked, &parallel) {
        serving::check_batches(draft, parallel.dp, faults);
    }
    section.finish();
    if faults.errors() > before {
        return None;
    }
    let (model, software, asked, parallel) = (model?, software?, asked?, parallel?);
    let step = |(accelerator, precision): (&Accelerator, &Precision)| {
        let mut constants = software.constants(accelerator, precision.matrices);
        for (constant, value) in &set {
            constants.set(*constant, *value);
        }
        Workload {
            model: model.clone(),
            accelerator: accelerator.clone(),
            software: software.clone(),
            task: asked.task(precision),
            parallel,
            precision: *precision,
            overlap,
            constants,
            set: set.iter().map(|(constant, _)| *constant).collect(),
        }
    };
    Some(accelerators.iter().zip(&precisions).map(step).collect())
}

/// The number formats on an accelerator.
fn formats(
    section: &mut Section<'_>,
    accelerator: Option<&Accelerator>,
    gradients: Format,
    infers: bool,
) -> Precision {
    let precision = inner(section, "precision", "`[workload.precision]`");
    if infers {
        serving::idle_inside(&precision, &serving::PRECISION);
    }
    let keeps = precision.has("weights");
    let mut precision = precision::read(precision, accelerator, gradients);
    if infers && !keeps && precision.matrices.is_narrow() {
        // Nothing is summed up into weights, so that they are kept as products want them.
        precision.weights = precision.matrices;
    }
    precision
}

/// What a step is asked to do.
enum Asked {
    Train { batch: BatchDraft, recompute: Recompute, frozen: bool },
    Infer(ServingDraft),
}

impl Asked {
    const fn batch(&self) -> Option<&BatchDraft> {
        match self {
            Self::Train { batch, .. } => Some(batch),
            Self::Infer(_) => None,
        }
    }

    fn task(&self, precision: &Precision) -> Task {
        match self {
            Self::Train { batch, recompute, frozen } => Task::Train(Training {
                batch: Batch {
                    sequences: batch.sequences.value,
                    length: batch.length.value,
                    micro: batch.micro,
                },
                recompute: *recompute,
                frozen: *frozen,
            }),
            Self::Infer(draft) => Task::Infer(draft.serving(precision.activations)),
        }
    }
}

fn training(section: &mut Section<'_>, usual: Recompute, sequence: Option<u32>) -> Option<Asked> {
    let batch = batch(section, sequence);
    let recompute =
        section.item("recompute").and_then(|item| item.word("a kind of recomputation", &Recompute::ALL));
    let frozen = section.item("frozen").and_then(|item| item.boolean());
    Some(Asked::Train {
        batch: batch?,
        recompute: recompute.map_or(usual, |told| told.value),
        frozen: frozen.is_some_and(|told| told.value),
    })
}

/// A table inside, empty where it is not given or no table.
fn inner<'a>(section: &mut Section<'a>, key: &'static str, what: &str) -> Section<'a> {
    let source = section.source;
    section.item(key).and_then(|item| item.section(what)).unwrap_or_else(|| Section::empty(source, what))
}

fn batch(section: &mut Section<'_>, usual: Option<u32>) -> Option<BatchDraft> {
    let sequences = section.require("batch", "batch = 1024").and_then(|item| item.count(1, MAX_BATCH));
    let length = match usual {
        Some(value) if section.item("sequence").is_none() => Some(At { value, place: section.place() }),
        _ => section.require("sequence", "sequence = 8192").and_then(|item| item.count(1, MAX_BATCH)),
    };
    let micro = section.item("micro_batch").map(|item| item.count(1, MAX_BATCH));
    let micro = micro.map_or(Some(1), |micro| micro.map(|micro| micro.value));
    Some(BatchDraft { sequences: sequences?, length: length?, micro: micro? })
}
