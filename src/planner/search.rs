//! Every division by closed forms: what fits in memory is timed, and the best are kept.

use rayon::prelude::*;

use super::walk::Stem;
use super::{Candidate, Question, Rated, TuneError, Walk};
use crate::run::{RunError, Watch};
use crate::workload::{Layers, Step, memory, rules, step_time, step_time_with};

/// How many divisions there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Combinations of values of all axes.
    pub configurations: u64,
    /// Of them, divisions that keep the rules.
    pub valid: u64,
    /// Of those, pipelines that too few micro-batches do not fill, for which closed forms do not hold.
    pub unfilled: u64,
    /// Of those, what does not fit in memory.
    pub unfit: u64,
    /// Of those, what was not even looked at: the same division with a smaller micro-batch did not fit.
    pub pruned: u64,
    /// Divisions that were timed.
    pub evaluated: u64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// How many there were.
    pub counts: Counts,
    /// The best that fit, in their order.
    pub best: Vec<Rated>,
    /// Of those that do not fit, the one that takes least.
    pub nearest: Option<Rated>,
    /// The division as the scenario has it, where it keeps the rules: its time, and how many are before it. Whether or not
    /// it fits.
    pub given: Option<(Rated, u64)>,
}

/// Looks at every division, and keeps so many of the best. The result is the same for any number of threads.
///
/// # Errors
/// Where there is no division, no training step, or `watch` says stop.
pub fn search(question: &Question<'_>, keep: usize, watch: &dyn Watch) -> Result<Found, TuneError> {
    let base = question.base().ok_or(TuneError::NoStep)?;
    let walk = Walk::new(question, base);
    let given = given(question);
    let sieve = Sieve { base, limit: question.limit(), keep, given };
    let stems = walk.stems();
    let found = stems
        .par_iter()
        .try_fold(Part::default, |part, stem| {
            if watch.stop() { Err(RunError::Cancelled) } else { Ok(sieve.stem(&walk, stem, part)) }
        })
        .try_reduce(Part::default, |one, other| Ok(one.and(other, keep)))?;
    let counts = Counts { configurations: walk.configurations(), ..found.counts };
    if counts.valid == 0 {
        return Err(TuneError::None { ranks: question.ranks(), configurations: counts.configurations });
    }
    Ok(Found {
        counts,
        best: found.best,
        nearest: found.nearest,
        given: given.map(|rated| (rated, found.before)),
    })
}

/// The division as the scenario has it, where it keeps the rules.
fn given(question: &Question<'_>) -> Option<Rated> {
    let step = question.workload.step(question.network)?;
    step.parallel.check(step.model, &step.batch, question.ranks()).ok()?;
    Some(rate(Candidate::of(&step), &step))
}

fn rate(candidate: Candidate, step: &Step<'_>) -> Rated {
    Rated { candidate, seconds: step_time(step).total(), bytes: memory(step).total() }
}

/// What every candidate goes through.
struct Sieve<'a> {
    base: Step<'a>,
    limit: f64,
    keep: usize,
    given: Option<Rated>,
}

/// What a part of the candidates came to.
#[derive(Default)]
struct Part {
    counts: Counts,
    best: Vec<Rated>,
    nearest: Option<Rated>,
    before: u64,
}

/// Memory grows with the micro-batch: all that it holds is in proportion to it or does not depend on it, and as there are
/// fewer micro-batches then, those in flight are fewer only where all of a step's are. Rounding may undo this by some of
/// the last bits, so what is left out must be above the limit by more than these.
const SURELY: f64 = 1.0 + 1e-9;

impl Sieve<'_> {
    fn stem(&self, walk: &Walk<'_>, stem: &Stem, mut part: Part) -> Part {
        // Layers of each micro-batch, as long as only what is sharded changes.
        let mut known: Vec<Option<Layers>> = Vec::new();
        let mut last = 0;
        walk.groups(stem, |kin, group| {
            if kin != last {
                known.clear();
                last = kin;
            }
            let mut beyond = false;
            for (at, candidate) in group {
                if known.len() <= at {
                    known.resize(at + 1, None);
                }
                beyond |= self.one(candidate, beyond, &mut known[at], &mut part);
            }
        });
        part
    }

    /// Looks at a candidate; tells whether no larger micro-batch can fit.
    fn one(&self, candidate: Candidate, beyond: bool, layers: &mut Option<Layers>, part: &mut Part) -> bool {
        let counts = &mut part.counts;
        counts.valid += 1;
        let step = candidate.step(&self.base);
        let parallel = &step.parallel;
        if !rules::is_filled(parallel.schedule, parallel.pp, parallel.vpp, step.micro_batches()) {
            counts.unfilled += 1;
            return false;
        }
        if beyond {
            counts.unfit += 1;
            counts.pruned += 1;
            return true;
        }
        let bytes = memory(&step).total();
        if bytes > self.limit {
            counts.unfit += 1;
            let rated = Rated { candidate, seconds: f64::INFINITY, bytes };
            part.nearest = Some(nearest(part.nearest, rated));
            return bytes > self.limit * SURELY;
        }
        counts.evaluated += 1;
        let layers = layers.get_or_insert_with(|| Layers::new(&step));
        let rated = Rated { candidate, seconds: step_time_with(&step, layers).total(), bytes };
        if self.given.is_some_and(|given| rated.before(&given).is_lt()) {
            part.before += 1;
        }
        let full = part.best.len() >= self.keep;
        if !full || part.best.last().is_some_and(|last| rated.before(last).is_lt()) {
            let at = part.best.partition_point(|own| own.before(&rated).is_lt());
            part.best.insert(at, rated);
            part.best.truncate(self.keep);
        }
        false
    }
}

fn nearest(one: Option<Rated>, other: Rated) -> Rated {
    match one {
        Some(one) if one.smaller(&other).is_le() => one,
        _ => other,
    }
}

impl Part {
    fn and(mut self, other: Self, keep: usize) -> Self {
        let (own, more) = (&mut self.counts, other.counts);
        own.valid += more.valid;
        own.unfilled += more.unfilled;
        own.unfit += more.unfit;
        own.pruned += more.pruned;
        own.evaluated += more.evaluated;
        self.before += other.before;
        self.best.extend(other.best);
        self.best.sort_by(Rated::before);
        self.best.truncate(keep);
        if let Some(rated) = other.nearest {
            self.nearest = Some(nearest(self.nearest, rated));
        }
        self
    }
}
