//! The search: networks from the cheapest on, each pruned by what is proved of it, else simulated.
//!
//! A design is dropped only where a design that was simulated is at least as good as its bounds on every axis (exact
//! dominance; an epsilon of the plan loosens it). Bounds on cost and power are closed forms; bounds on time are paths
//! through the tasks of steps that were simulated, with collectives first by what adapters can carry, then as the fluid
//! engine plays them on the network. So no design that is dropped can be on the front.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::journal::key;
use super::{Axes, Infeasible, Journal, Network, Space, Values};
use crate::input::plan::Plan;
use crate::planner::design::{Bounds, Priced, Variant};
use crate::planner::floor::Misfit;
use crate::planner::score::{Collected, Learnt, Score, Scorer, Situation};
use crate::run::{RunError, Watch};
use crate::units::Time;

/// Networks that are looked at between two looks at the front: a fixed number, so that the search is the same for any
/// number of threads.
const BATCH: usize = 32;

/// Why there is no front.
#[derive(Debug, Clone, Error)]
pub enum SearchError {
    /// A network could not be played.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// A design that was simulated.
#[derive(Debug, Clone)]
pub struct Member {
    /// Index of its network.
    pub network: usize,
    /// Index of its structure.
    pub structure: u32,
    /// How it is racked and cabled.
    pub variant: Variant,
    /// What it costs.
    pub priced: Priced,
    /// What it comes to.
    pub values: Values,
}

/// What a search found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The front, the fastest first.
    pub front: Vec<Member>,
    /// All designs that were simulated and priced, the front among them.
    pub simulated: Vec<Member>,
    /// Times by network, where it was simulated.
    pub scores: BTreeMap<usize, Score>,
    /// Designs that share a network with one that is at least as cheap and takes no more power.
    pub twins: u64,
    /// Designs dropped by bounds on cost and power, and by what adapters can carry.
    pub by_cost: u64,
    /// Designs dropped by paths through tasks, with their collectives as they are played.
    pub by_path: u64,
    /// Designs whose network was simulated.
    pub simulated_designs: u64,
    /// Designs beyond limits of the plan.
    pub infeasible: BTreeMap<Infeasible, u64>,
    /// Networks that were simulated.
    pub networks: u64,
}

/// What came of a network.
struct Outcome {
    members: Vec<(u32, Variant, Priced)>,
    score: Option<Score>,
    learnt: Learnt,
    twins: u64,
    by_cost: u64,
    by_path: u64,
    beyond: BTreeMap<Infeasible, u64>,
}

/// Searches a space; `scorers` has one for each of its courses.
///
/// # Errors
/// Where a network cannot be played, or `watch` says stop.
pub fn search(
    plan: &Plan,
    space: &Space<'_>,
    scorers: &mut [Scorer],
    journal: &dyn Journal,
    watch: &dyn Watch,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Found, SearchError> {
    let axes = Axes::new(plan);
    let mut found = Found::default();
    let mut front: Vec<Values> = Vec::new();
    let mut floors: BTreeMap<(usize, bool), Time> = BTreeMap::new();
    let mut at = 0;
    while at < space.networks.len() {
        if watch.stop() {
            return Err(RunError::Cancelled.into());
        }
        // The next networks of which any design may still be on the front.
        let mut batch = Vec::with_capacity(BATCH);
        while at < space.networks.len() && batch.len() < BATCH {
            let network = &space.networks[at];
            // What ranks may send over makes another floor.
            let sort = (network.base, network.wiring.shape.over_all_adapters());
            if let std::collections::btree_map::Entry::Vacant(entry) = floors.entry(sort) {
                entry.insert(scorers[space.course_of[network.base]].floor(&network.wiring)?);
            }
            let floor = floors[&sort];
            let dominated = network.designs.iter().all(|(.., bounds)| {
                let least = Values { time: floor, capex: bounds.capex, power: bounds.power };
                front.iter().any(|own| axes.covers(own, &least))
            });
            if dominated {
                found.by_cost += network.designs.len() as u64;
            } else {
                batch.push((at, floor));
            }
            at += 1;
        }
        scorers.iter_mut().for_each(Scorer::next_batch);
        let shared: &[Scorer] = scorers;
        let site = Site { plan, space, axes: &axes, front: &front, journal, watch };
        let outcomes: Vec<(usize, Outcome)> = batch
            .par_iter()
            .map(|(at, floor)| {
                Ok((
                    *at,
                    site.network(
                        &space.networks[*at],
                        &shared[space.course_of[space.networks[*at].base]],
                        *floor,
                    )?,
                ))
            })
            .collect::<Result<_, RunError>>()?;
        for (at, outcome) in outcomes {
            let course = space.course_of[space.networks[at].base];
            found.twins += outcome.twins;
            found.by_cost += outcome.by_cost;
            found.by_path += outcome.by_path;
            for (why, count) in outcome.beyond {
                *found.infeasible.entry(why).or_default() += count;
            }
            if scorers[course].learn(outcome.learnt) {
                // Paths make floors higher.
                floors.retain(|(base, _), _| space.course_of[*base] != course);
            }
            let Some(score) = outcome.score else { continue };
            found.networks += 1;
            for (structure, variant, priced) in outcome.members {
                let values = Values { time: score.time, capex: priced.capex.mid, power: priced.power };
                if plan.limits.step_time.is_some_and(|most| values.time > most) {
                    *found.infeasible.entry(Infeasible::Time).or_default() += 1;
                    continue;
                }
                found.simulated_designs += 1;
                found.simulated.push(Member { network: at, structure, variant, priced, values });
                if !front.iter().any(|own| axes.covers(own, &values)) {
                    front.retain(|own| !axes.replaces(&values, own));
                    front.push(values);
                }
            }
            found.scores.insert(at, score);
        }
        progress(at, space.networks.len());
    }
    // The first design with the values of each point of the front.
    for values in &front {
        found.front.extend(found.simulated.iter().find(|own| own.values == *values).cloned());
    }
    found.front.sort_by(|a, b| {
        let key =
            |own: &Member| (own.values.time, own.values.capex, own.values.power, own.structure, own.variant);
        key(a).cmp(&key(b))
    });
    Ok(found)
}

/// A design of a network: its structure, how it is racked and cabled, and what it costs and takes at least.
type Design = (u32, Variant, Bounds);

/// What networks of a batch are held against.
struct Site<'a> {
    plan: &'a Plan,
    space: &'a Space<'a>,
    axes: &'a Axes,
    front: &'a [Values],
    journal: &'a dyn Journal,
    watch: &'a dyn Watch,
}

impl Site<'_> {
    fn network(&self, network: &Network, scorer: &Scorer, floor: Time) -> Result<Outcome, RunError> {
        let mut outcome = Outcome {
            members: Vec::new(),
            score: None,
            learnt: Learnt::default(),
            twins: 0,
            by_cost: 0,
            by_path: 0,
            beyond: BTreeMap::new(),
        };
        let mut left: Vec<&Design> = network.designs.iter().collect();
        outcome.by_cost += self.drop(&mut left, floor);
        if left.is_empty() {
            return Ok(outcome);
        }
        let key = key(network.base, &network.wiring);
        let mut bound = Time::ZERO;
        if let Some(score) = self.journal.known(&key) {
            outcome.by_path += self.drop(&mut left, score.time);
            if !score.times.is_empty() {
                self.price(&left, score.time, &mut outcome);
                outcome.score = Some(score);
                return Ok(outcome);
            }
            // It was dropped before by this bound, which may not be enough for the front as it is now.
            bound = score.time;
        }
        let least = |collected: &Collected| scorer.least(collected, floor).max(bound);
        let mut collected = Collected::default();
        let all = scorer.situations(&network.wiring, false);
        let (failed, mut whole): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|own| matches!(own, Situation::Failed(_)));
        for situation in &whole {
            if !left.is_empty() {
                scorer.add(&network.wiring, *situation, &mut collected)?;
                outcome.by_path += self.drop(&mut left, least(&collected));
            }
        }
        // What counts most tells most, and few designs come to what has failed.
        whole.sort_by(|one, other| scorer.weight(*other).total_cmp(&scorer.weight(*one)));
        for situation in whole {
            if !left.is_empty() {
                outcome.learnt.extend(scorer.play(&mut collected, situation, self.watch)?);
                outcome.by_path += self.drop(&mut left, least(&collected));
            }
        }
        for situation in failed {
            if !left.is_empty() {
                scorer.add(&network.wiring, situation, &mut collected)?;
                outcome.by_path += self.drop(&mut left, least(&collected));
            }
        }
        let least = least(&collected);
        if left.is_empty() {
            self.journal.keep(&key, &Score { time: least, times: Vec::new() });
            return Ok(outcome);
        }
        self.price(&left, least, &mut outcome);
        if !outcome.members.is_empty() {
            let (score, learnt) = scorer.score(&mut collected, self.watch)?;
            outcome.learnt.extend(learnt);
            self.journal.keep(&key, &score);
            outcome.score = Some(score);
        }
        Ok(outcome)
    }

    /// Drops the designs that cannot be on the front where their step takes at least so long, and tells how many.
    fn drop(&self, designs: &mut Vec<&Design>, time: Time) -> u64 {
        let before = designs.len();
        designs.retain(|(.., bounds)| {
            let least = Values { time, capex: bounds.capex, power: bounds.power };
            !self.front.iter().any(|own| self.axes.covers(own, &least))
        });
        (before - designs.len()) as u64
    }

    /// Of designs of a network, whose step takes at least so long, those that may be on the front, priced exactly: those that
    /// no other of the network covers.
    fn price(&self, designs: &[&Design], time: Time, outcome: &mut Outcome) {
        let mut own: Vec<Values> = Vec::new();
        // What was priced of a structure in its racks, by sorts of cables.
        let mut known: FxHashMap<_, Result<Vec<Result<Priced, Misfit>>, Misfit>> = FxHashMap::default();
        for (structure, variant, bounds) in designs {
            let least = Values { time, capex: bounds.capex, power: bounds.power };
            if own.iter().any(|other| self.axes.replaces(other, &least)) {
                outcome.twins += 1;
                continue;
            }
            let racked = known.entry((*structure, variant.rack, variant.per_rack, variant.place));
            let prices = racked.or_insert_with(|| {
                self.space.yard.prices(&self.space.structures[*structure as usize], variant)
            });
            let priced = match prices.as_ref().map_err(|misfit| *misfit).and_then(|each| each[variant.media])
            {
                Ok(priced) => priced,
                Err(misfit) => {
                    *outcome.beyond.entry(Infeasible::Rack(misfit)).or_default() += 1;
                    continue;
                }
            };
            let limits = &self.plan.limits;
            let tco = self.axes.tco(priced.capex.mid, priced.power);
            let beyond = if self.plan.most_capex().is_some_and(|most| priced.capex.mid > most) {
                Some(Infeasible::Capex)
            } else if limits.tco.is_some_and(|most| tco > most.usd()) {
                Some(Infeasible::Tco)
            } else if limits.power.is_some_and(|most| priced.power > most) {
                Some(Infeasible::Power)
            } else {
                None
            };
            if let Some(beyond) = beyond {
                *outcome.beyond.entry(beyond).or_default() += 1;
                continue;
            }
            let values = Values { time, capex: priced.capex.mid, power: priced.power };
            if self.front.iter().any(|other| self.axes.covers(other, &values)) {
                outcome.by_path += 1;
                continue;
            }
            if own.iter().any(|other| self.axes.replaces(other, &values)) {
                outcome.twins += 1;
                continue;
            }
            own.push(values);
            outcome.members.push((*structure, *variant, priced));
        }
        // A later one may cover an earlier one, which was cheaper by its bound alone.
        let mut at = 0;
        outcome.members.retain(|_| {
            let this = own[at];
            at += 1;
            let covered = own[at..].iter().any(|other| self.axes.replaces(other, &this));
            if covered {
                outcome.twins += 1;
            }
            !covered
        });
    }
}
