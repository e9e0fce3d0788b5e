//! All divisions that keep the rules, one after another, none kept.

use super::{Candidate, Question};
use crate::workload::space::possible;
use crate::workload::{Degree, Parallel, Recompute, Schedule, Sharding, Step, Values, rules};

/// The values of every axis, and how to go through them.
#[derive(Debug, Clone)]
pub struct Walk<'a> {
    base: Step<'a>,
    ranks: u64,
    /// By [`Degree::ALL`].
    degrees: [Vec<u32>; 8],
    shardings: Vec<Sharding>,
    recomputes: Vec<Recompute>,
    schedules: Vec<(Schedule, bool)>,
    /// Tensor-parallel ranks of an expert, where nothing else is asked for, divide those of the rest.
    expert_tensor: bool,
}

/// What is decided first, for many candidates at once.
#[derive(Debug, Clone, Copy)]
pub struct Stem {
    parallel: Parallel,
}

impl<'a> Walk<'a> {
    /// Through what a question asks.
    pub fn new(question: &Question<'a>, base: Step<'a>) -> Self {
        let space = &question.scenario.tune;
        let ranks = question.ranks();
        let degrees = Degree::ALL.map(|(_, degree)| {
            let values = space.values(degree);
            let mut found = possible(degree, base.model, &base.batch, ranks);
            found.retain(|value| values.has(*value));
            found
        });
        // Fused attention keeps nothing that selective recomputation would do again: it changes nothing.
        let differing = Recompute::ALL.map(|(_, kind)| kind).into_iter();
        let differing =
            differing.filter(|kind| !base.habits.fused_attention || *kind != Recompute::Selective);
        Self {
            base,
            ranks,
            degrees,
            shardings: space.shardings.clone(),
            recomputes: space.recomputes.clone().unwrap_or_else(|| differing.collect()),
            schedules: space.schedules.clone(),
            expert_tensor: space.values(Degree::ExpertTensor) == &Values::All,
        }
    }

    fn values(&self, degree: Degree) -> &[u32] {
        &self.degrees[degree as usize]
    }

    /// Combinations of the values of all axes, whether or not they suit one another. What is left for data-parallel ranks
    /// follows from the rest, and is no axis of its own.
    pub fn configurations(&self) -> u64 {
        let lists = Degree::ALL.iter().filter(|(_, degree)| *degree != Degree::Data);
        let lengths = lists.map(|(_, degree)| self.values(*degree).len());
        let more = [self.shardings.len(), self.recomputes.len(), self.schedules.len()];
        lengths.chain(more).fold(1, |product: u64, length| product.saturating_mul(length as u64))
    }

    /// What is decided first, in ascending order of degrees.
    pub fn stems(&self) -> Vec<Stem> {
        let mut stems = Vec::new();
        for &tp in self.values(Degree::Tensor) {
            let sequence = self.base.parallel.sequence && tp > 1;
            let context = self.base.parallel.context;
            for &cp in self.values(Degree::Context) {
                let fits = rules::sequence(self.base.batch.length, tp, cp, context, sequence);
                if fits.is_err() || rules::exchange(self.base.model, tp, cp, context).is_err() {
                    continue;
                }
                for &pp in self.values(Degree::Pipeline) {
                    let Some(dp) = rules::data_ranks(self.ranks, tp, pp, cp) else { continue };
                    if !self.values(Degree::Data).contains(&dp) {
                        continue;
                    }
                    let stem = Parallel { tp, sequence, pp, cp, dp, context, ..self.base.parallel };
                    self.pipelines(stem, &mut stems);
                }
            }
        }
        stems
    }

    /// Schedules and stages of a pipeline.
    fn pipelines(&self, stem: Parallel, stems: &mut Vec<Stem>) {
        let plain = [(Schedule::OneForwardOneBackward, false)];
        // A schedule without a pipeline changes nothing.
        let schedules = if stem.pp == 1 { &plain[..] } else { &self.schedules };
        for &vpp in self.values(Degree::Stages) {
            if rules::stages(self.base.model, stem.pp, vpp).is_err() {
                break;
            }
            let mut taken: Vec<Schedule> = Vec::new();
            for &(schedule, several) in schedules {
                let fits = rules::schedule(schedule, stem.pp, vpp).is_ok() && (vpp > 1 || !several);
                // `1f1b` with several stages is `interleaved`.
                if fits && !taken.contains(&schedule) {
                    taken.push(schedule);
                    stems.push(Stem { parallel: Parallel { vpp, schedule, ..stem } });
                }
            }
        }
    }

    /// All candidates of a stem: groups that differ in the micro-batch alone, which ascends, each with its place among the
    /// values. Groups that follow one another with the same number differ in what is sharded alone.
    pub fn groups(
        &self,
        stem: &Stem,
        mut each: impl FnMut(u32, &mut dyn Iterator<Item = (usize, Candidate)>),
    ) {
        let mut kin = 0;
        let Parallel { tp, cp, dp, .. } = stem.parallel;
        let micros = self.values(Degree::Micro);
        let sequences = self.base.batch.sequences;
        for &ep in self.values(Degree::Experts) {
            for &etp in self.values(Degree::ExpertTensor) {
                if (self.expert_tensor && !tp.is_multiple_of(etp))
                    || rules::expert_ranks(tp, cp, dp, ep, etp).is_err()
                {
                    continue;
                }
                let parallel = Parallel { ep, etp, ..stem.parallel };
                // Where nothing has a replica all shardings are one.
                let alone = parallel.replicas() == 1 && parallel.expert_replicas() == 1;
                let shardings = if alone { self.shardings.get(..1).unwrap_or(&[]) } else { &self.shardings };
                for &recompute in &self.recomputes {
                    kin += 1;
                    for &sharding in shardings {
                        let parallel = Parallel { sharding, ..parallel };
                        let fitting = micros
                            .iter()
                            .enumerate()
                            .filter(|(_, micro)| rules::batch(sequences, dp, **micro).is_ok());
                        let made = |(at, micro): (usize, &u32)| {
                            (at, Candidate { parallel, micro: *micro, recompute })
                        };
                        each(kin, &mut fitting.map(made));
                    }
                }
            }
        }
    }
}
