//! What must fit between the ranks, the model, the batch and how a step is divided.

use super::parallel::{Degree, Draft};
use crate::diag::{Diagnostic, Place};
use crate::input::reader::{At, Faults};
use crate::workload::model::Model;
use crate::workload::{ContextExchange, Habits, Misfit, Parallel, Schedule, rules};

/// The batch as a section says it.
#[derive(Debug)]
pub(super) struct BatchDraft {
    pub(super) sequences: At<u32>,
    pub(super) length: At<u32>,
    pub(super) micro: u32,
}

/// The most values that a hint lists.
const MAX_LISTED: usize = 12;

/// Checks all, and says how the step is divided; `None` where faults were told, or the ranks are not known.
pub(super) fn settle(
    draft: &Draft,
    habits: &Habits,
    ranks: Option<u64>,
    model: Option<&Model>,
    batch: Option<&BatchDraft>,
    faults: &Faults,
) -> Option<Parallel> {
    let before = faults.errors();
    let check = Check { draft, habits, faults };
    let schedule = check.schedule();
    let vpp = if schedule == Schedule::ZeroBubbleV { 2 } else { draft.vpp.value };
    let (mut tensor_fits, mut experts_fit) = (true, true);
    if let Some(model) = model {
        check.layers(model, vpp);
        tensor_fits = check.tensor(model);
        experts_fit = check.experts(model);
    }
    let dp = ranks.and_then(|ranks| check.ranks(ranks));
    if let Some(dp) = dp {
        if experts_fit {
            check.expert_ranks(dp);
        }
        if let Some(batch) = batch {
            check.batch(batch, dp);
        }
    }
    // A degree that suits not even the model need not be told once more.
    if let Some(batch) = batch.filter(|_| tensor_fits) {
        check.sequence(batch);
    }
    check.idle();
    let sharding = check.sharding(dp);
    if faults.errors() > before || draft.broken {
        return None;
    }
    Some(Parallel {
        tp: draft.tp.value,
        sequence: check.sequence_parallel(),
        pp: draft.pp.value,
        vpp,
        cp: draft.cp.value,
        dp: dp?,
        ep: draft.ep.value,
        etp: draft.etp.value,
        sharding: sharding?,
        schedule,
        context: check.context(),
        order: draft.order,
    })
}

pub(super) struct Check<'a> {
    pub(super) draft: &'a Draft,
    pub(super) habits: &'a Habits,
    faults: &'a Faults,
}

impl Check<'_> {
    /// Where a degree is given, or else the section.
    fn place(&self, degree: &Degree) -> Place {
        degree.place.clone().unwrap_or_else(|| self.draft.place.clone())
    }

    pub(super) fn push(&self, fault: Diagnostic) {
        // What a value that could not be read would have been is not known, nor what follows from it.
        if !self.draft.broken {
            self.faults.push(fault);
        }
    }

    pub(super) fn error(
        &self,
        code: &'static str,
        message: String,
        degree: &Degree,
        label: String,
    ) -> Diagnostic {
        Diagnostic::error(code, message).at(self.place(degree), label)
    }

    fn sequence_parallel(&self) -> bool {
        let told = self.draft.sequence.as_ref().map_or(self.habits.sequence, |told| told.value);
        told && self.draft.tp.value > 1
    }

    /// Heads and widths over tensor-parallel ranks; tells whether they fit.
    fn tensor(&self, model: &Model) -> bool {
        let tp = &self.draft.tp;
        if let Err(why) = rules::tensor(model, tp.value) {
            let heads = model.attention.heads();
            let fit: Vec<String> = (1..=heads)
                .filter(|tp| rules::tensor(model, *tp).is_ok())
                .map(|tp| tp.to_string())
                .take(MAX_LISTED)
                .collect();
            self.push(
                self.error("E0902", format!("`tp` does not suit `{}`", model.name), tp, why.to_string())
                    .help(format!("`tp` may be {}", fit.join(", "))),
            );
            return false;
        }
        let cp = &self.draft.cp;
        if let Err(why) = rules::exchange(model, tp.value, cp.value, self.context()) {
            self.push(
                self.error(
                    "E0902",
                    format!("`cp` does not suit `{}`", model.name),
                    cp,
                    why.to_string(),
                )
                .help(
                    "`context = \"all-to-all\"` exchanges heads for tokens; `ring` and `all-gather` do not",
                ),
            );
        }
        true
    }

    /// Layers over stages.
    fn layers(&self, model: &Model, vpp: u32) {
        let pp = &self.draft.pp;
        let stages = pp.wide() * u64::from(vpp);
        let layers = u64::from(model.layers);
        let told = Misfit::Stages { pp: pp.value, vpp };
        if let Err(why) = rules::stages(model, pp.value, vpp) {
            self.push(
                self.error("E0902", format!("`{}` has too few layers", model.name), pp, why.to_string())
                    .help(format!("it has {layers}; embedding and head may be stages of their own")),
            );
        } else if stages > 1 && (0..=2).all(|ends| (layers + ends) % stages != 0) {
            let most = layers.div_ceil(stages);
            self.push(
                Diagnostic::warning("W0303", format!("the layers of `{}` are shared unevenly", model.name))
                    .at(self.place(pp), format!("{told} for {layers} layers"))
                    .help(format!("the others wait for those that have {most}")),
            );
        }
    }

    /// Experts over their ranks; tells whether they fit.
    fn experts(&self, model: &Model) -> bool {
        let Draft { ep, etp, .. } = self.draft;
        let found = [(ep, rules::experts(model, ep.value)), (etp, rules::expert_width(model, etp.value))];
        let mut fit = true;
        for (degree, found) in found {
            let Err(why) = found else { continue };
            fit = false;
            self.push(if why == Misfit::NoExperts {
                let label = format!("`{}` has no experts", model.name);
                let message = format!("`{}` needs a model with experts", degree.key);
                self.error("E0902", message, degree, label)
            } else {
                let message = format!("`{}` does not suit `{}`", degree.key, model.name);
                self.error("E0902", message, degree, why.to_string())
            });
        }
        fit
    }

    /// The data-parallel ranks, so that all ranks have something to do.
    fn ranks(&self, ranks: u64) -> Option<u32> {
        let Draft { tp, pp, cp, dp, .. } = self.draft;
        let each = tp.wide().saturating_mul(pp.wide()).saturating_mul(cp.wide());
        let product = format!("`tp` {} x `pp` {} x `cp` {}", tp.value, pp.value, cp.value);
        let fit = rules::data_ranks(ranks, tp.value, pp.value, cp.value);
        let no_multiple = format!("the number of GPUs must be a multiple of {each}");
        if dp.place.is_none() {
            if fit.is_none() {
                self.push(
                    Diagnostic::error("E0901", "the ranks cannot be divided so")
                        .at(self.draft.place.clone(), format!("{product} = {each}, on {ranks} GPUs"))
                        .help(no_multiple),
                );
            }
            return fit;
        }
        let all = each.saturating_mul(dp.wide());
        if all != ranks {
            let label = format!("{product} x `dp` {} = {all}, on {ranks} GPUs", dp.value);
            let fault = self.error("E0901", "the ranks cannot be divided so".to_owned(), dp, label);
            self.push(match fit {
                Some(fit) => fault.help(format!("`dp = {fit}` would fit, which it is where it is left out")),
                None => fault.help(no_multiple),
            });
            return None;
        }
        Some(dp.value)
    }

    /// Expert-parallel ranks are out of those of a pipeline rank.
    fn expert_ranks(&self, dp: u32) {
        let Draft { tp, cp, ep, etp, .. } = self.draft;
        if let Err(why) = rules::expert_ranks(tp.value, cp.value, dp, ep.value, etp.value) {
            let degree = if ep.value > 1 { ep } else { etp };
            self.push(
                self.error("E0901", "experts cannot be divided so".to_owned(), degree, why.to_string())
                .help(format!(
                    "experts are divided over the `tp` {} x `cp` {} x `dp` {dp} ranks of a pipeline stage",
                    tp.value, cp.value
                )),
            );
        }
    }

    /// Sequences over data-parallel ranks and micro-batches.
    fn batch(&self, batch: &BatchDraft, dp: u32) {
        if let Err(why) = rules::batch(batch.sequences.value, dp, batch.micro) {
            let (each, all) = (u64::from(dp) * u64::from(batch.micro), u64::from(batch.sequences.value));
            let (below, above) = (all / each * each, all.div_ceil(each) * each);
            let fit = if below == 0 { format!("{above}") } else { format!("{below} or {above}") };
            self.push(
                Diagnostic::error("E0903", "the batch cannot be divided so")
                    .at(batch.sequences.place.clone(), why.to_string())
                    .help(format!("`batch` may be {fit}")),
            );
        }
    }

    /// Tokens over context-parallel and sequence-parallel ranks.
    fn sequence(&self, batch: &BatchDraft) {
        let Draft { tp, cp, .. } = self.draft;
        let length = &batch.length;
        let fits =
            rules::sequence(length.value, tp.value, cp.value, self.context(), self.sequence_parallel());
        let Err(why) = fits else { return };
        let help = match why {
            Misfit::Pieces { .. } => "each rank of a ring has a piece of the beginning and one of the end",
            Misfit::Context { .. } => "each context-parallel rank has as many tokens as the others",
            _ => "with `sequence_parallel` each tensor-parallel rank has as many tokens as the others",
        };
        self.push(
            Diagnostic::error("E0903", "the sequence cannot be divided so")
                .at(length.place.clone(), why.to_string())
                .help(help),
        );
    }

    /// How keys and values get about.
    fn context(&self) -> ContextExchange {
        self.draft.context.as_ref().map_or(ContextExchange::Ring, |told| told.value)
    }
}
