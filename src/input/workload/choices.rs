//! Whether schedule and sharding suit how many ranks and stages there are, and which keys change nothing.

use super::check::Check;
use super::parallel::{Draft, Shards};
use crate::diag::{Diagnostic, Place};
use crate::workload::{Misfit, Schedule, Sharding, rules};

impl Check<'_> {
    /// The schedule; the plain one where there is no pipeline.
    pub(super) fn schedule(&self) -> Schedule {
        let Draft { pp, vpp, schedule, .. } = self.draft;
        let (kind, several) =
            schedule.as_ref().map_or((Schedule::OneForwardOneBackward, false), |told| told.value);
        if pp.value == 1 {
            if vpp.value > 1 {
                let label = Misfit::NoPipeline { vpp: vpp.value }.to_string();
                self.push(self.error("E0904", "`vpp` needs a pipeline".to_owned(), vpp, label));
            } else if let Some(schedule) = schedule {
                self.warn("`schedule` has no effect here", schedule.place.clone(), "`pp` is 1");
            }
            return Schedule::OneForwardOneBackward;
        }
        let Some(schedule) = schedule else { return kind };
        let fault = |message: &str, label: &str| {
            Diagnostic::error("E0904", message).at(schedule.place.clone(), label)
        };
        if several && vpp.value < 2 {
            self.push(
                fault("`interleaved` needs several stages a rank", "`vpp` is 1")
                    .help("add for example `vpp = 2`, or use `1f1b`"),
            );
        }
        let stages = if kind == Schedule::ZeroBubbleV && vpp.place.is_none() { 2 } else { vpp.value };
        match rules::schedule(kind, pp.value, stages) {
            Err(why @ Misfit::Odd { .. }) => {
                self.push(fault("`dualpipe` needs an even number of pipeline ranks", &why.to_string()));
            }
            Err(why @ Misfit::Chunks { .. }) => {
                let message = match kind {
                    Schedule::ZeroBubbleV => "`zb-v` has two stages a rank".to_owned(),
                    _ => format!("`{}` has no `vpp`", kind.name()),
                };
                self.push(fault(&message, &why.to_string()).help("leave `vpp` out"));
            }
            _ => {}
        }
        kind
    }

    /// What is sharded; `None` where faults were told.
    pub(super) fn sharding(&self, dp: Option<u32>) -> Option<Sharding> {
        let Draft { cp, sharding, shard_group, .. } = self.draft;
        let kind = sharding.as_ref().map(|told| told.value);
        let whole = match kind {
            Some(Shards::Hybrid) => None,
            Some(Shards::None) => Some(Sharding::None),
            Some(Shards::Optimizer) => Some(Sharding::Optimizer),
            Some(Shards::Gradients) => Some(Sharding::Gradients),
            Some(Shards::Parameters) => Some(Sharding::Parameters),
            None => Some(self.habits.sharding),
        };
        if whole.is_some() {
            if let Some(group) = shard_group {
                let label = "only `sharding = \"hsdp\"` has groups";
                self.warn("`shard_group` has no effect here", group.place.clone(), label);
            }
            return whole;
        }
        let Some(group) = shard_group else {
            let place = sharding.as_ref().map_or_else(|| self.draft.place.clone(), |told| told.place.clone());
            self.push(
                Diagnostic::error("E0103", "`hsdp` needs `shard_group`")
                    .at(place, "within how many ranks are parameters sharded?")
                    .help("add for example `shard_group = 8`, or use `zero-3` to shard over all"),
            );
            return None;
        };
        let found = rules::shards(Sharding::Hybrid(group.value), dp?, cp.value);
        if let Err(Misfit::Shards { replicas, .. }) = found {
            self.push(Diagnostic::error("E0901", "parameters cannot be sharded so").at(
                group.place.clone(),
                format!(
                    "groups of {} do not divide `dp` {} x `cp` {} = {replicas} ranks",
                    group.value, dp?, cp.value
                ),
            ));
            return None;
        }
        Some(Sharding::Hybrid(group.value))
    }

    /// Warns of keys that change nothing.
    pub(super) fn idle(&self) {
        let Draft { tp, cp, sequence, context, .. } = self.draft;
        if let Some(sequence) = sequence.as_ref().filter(|told| told.value && tp.value == 1) {
            self.warn("`sequence_parallel` has no effect here", sequence.place.clone(), "`tp` is 1");
        }
        if let Some(context) = context.as_ref().filter(|_| cp.value == 1) {
            self.warn("`context` has no effect here", context.place.clone(), "`cp` is 1");
        }
    }

    fn warn(&self, message: &str, place: Place, label: &str) {
        self.push(Diagnostic::warning("W0301", message).at(place, label));
    }
}
