//! From a scenario to proved schedules and their paths.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::cases::Member;
use super::ways::{self, Asked, Way};
use super::{CollectiveSpec, Proofs, RunError, RunOptions, Scenario, forecast};
use crate::bound::BoundModel;
use crate::collective::algo::{schedule, serves};
use crate::collective::{Algorithm, Schedule, Verified};
use crate::engine::{Collective, EngineKind, Job, Outcome, Silent, analytic, fluid};
use crate::ids::PathId;
use crate::route::Routes;
use crate::stack::Plan;
use crate::units::{Bytes, Time};

/// Schedules of more connections than this are no candidates for `auto`: they are never the fastest there, and
/// would need more memory than all others together.
const AUTO_LANES: usize = 1 << 20;

/// The schedules that a scenario needs, each made once.
pub(super) struct Schedules {
    /// The collective of the scenario and the schedule.
    pub(super) list: Vec<(usize, Schedule)>,
    /// Which schedule serves a collective, an algorithm and a size.
    pub(super) which: BTreeMap<(usize, Algorithm, Bytes), usize>,
    /// What the library does with a collective for which an algorithm was asked, where there is a library.
    pub(super) plans: BTreeMap<(usize, Algorithm, Bytes), Plan>,
    /// The server of every rank of each collective that a library does.
    servers: BTreeMap<usize, Vec<u32>>,
}

/// Proved schedules with their paths.
pub(super) struct Prepared {
    pub(super) ways: Vec<Way>,
    /// Which way serves a collective, a requested algorithm (`auto` too) and a size.
    pub(super) which: BTreeMap<(usize, Algorithm, Bytes), usize>,
    /// What the fluid engine told of some ways while `auto` chose: by collective, way and size.
    pub(super) simulated: BTreeMap<(usize, usize, Bytes), Outcome>,
    /// Bounds of each collective of the scenario, once they are wanted: see [`Prepared::bound`].
    pub(super) bounds: Vec<BoundModel>,
    /// What the library does, by collective, requested algorithm and size, where there is a library.
    pub(super) plans: BTreeMap<(usize, Algorithm, Bytes), Plan>,
    /// The server of every rank of each collective that a library does.
    pub(super) servers: BTreeMap<usize, Vec<u32>>,
}

impl Prepared {
    /// Measures the bounds of each collective. Steps, which play many collectives, tell none of them.
    pub(super) fn bound(&mut self, scenario: &Scenario) {
        let model = |spec: &CollectiveSpec| BoundModel::new(&scenario.fabric, &spec.nodes);
        self.bounds = scenario.collectives.par_iter().map(model).collect();
    }

    /// The paths that the members of a job share.
    pub(super) fn routes(&self, members: &[Member]) -> &Routes {
        &self.ways[members[0].way].routes
    }

    /// One collective of a job, on these paths.
    pub(super) fn collective(
        &self,
        way: usize,
        spec: &CollectiveSpec,
        bytes: Bytes,
        start: Time,
        paths: Vec<PathId>,
    ) -> Collective {
        Collective {
            schedule: self.ways[way].verified.clone(),
            bytes,
            paths,
            fold: self.ways[way].fold.clone(),
            start,
            steps: spec.steps,
        }
    }
}

/// Makes all schedules that a scenario needs. Those of different sizes are mostly the same, and kept once.
pub(super) fn schedules(scenario: &Scenario) -> Result<Schedules, RunError> {
    let mut found = Schedules {
        list: Vec::new(),
        which: BTreeMap::new(),
        plans: BTreeMap::new(),
        servers: BTreeMap::new(),
    };
    for (number, spec) in scenario.collectives.iter().enumerate() {
        let mut request = spec.request(&scenario.fabric, Bytes(0));
        let stack = scenario.stack.as_ref();
        let site = stack.map(|stack| (stack, spec.site(&scenario.fabric, &request)));
        if spec.channels.is_none() && stack.is_some_and(|stack| stack.profile.software.chooses_as_nccl()) {
            request.rings = spec.rings(&scenario.fabric, &request);
        }
        for &bytes in &spec.sizes {
            request.bytes = bytes;
            for &asked in &spec.algorithms {
                let plan =
                    site.as_ref().and_then(|(stack, site)| stack.plan(site, spec.op, asked, bytes.get()));
                request.segments = spec.segments.or(plan.as_ref().and_then(|plan| plan.segments));
                if let Some(plan) = plan {
                    found.add(number, bytes, asked, schedule(plan.algorithm, &request)?);
                    found.plans.insert((number, asked, bytes), plan);
                } else if asked == Algorithm::Auto {
                    let before = found.which.len();
                    let mut refusal = None;
                    for candidate in serves(spec.op) {
                        match schedule(candidate, &request) {
                            Ok(made) if made.lane_count() <= AUTO_LANES => {
                                found.add(number, bytes, made.algorithm, made);
                            }
                            Ok(_) => {}
                            Err(unserved) => refusal = Some(unserved),
                        }
                    }
                    let none = found.which.len() == before && !found.serves_any(number, bytes);
                    if let (true, Some(unserved)) = (none, refusal) {
                        return Err(unserved.into());
                    }
                } else {
                    found.add(number, bytes, asked, schedule(asked, &request)?);
                }
            }
        }
        if site.is_some() {
            found.servers.insert(number, request.servers);
        }
    }
    Ok(found)
}

impl Schedules {
    fn add(&mut self, collective: usize, bytes: Bytes, asked: Algorithm, made: Schedule) {
        let key = (collective, asked, bytes);
        if self.which.contains_key(&key) {
            return;
        }
        let same = |(number, known): &(usize, Schedule)| *number == collective && *known == made;
        let at = self.list.iter().position(same).unwrap_or_else(|| {
            self.list.push((collective, made));
            self.list.len() - 1
        });
        self.which.insert(key, at);
    }

    fn serves_any(&self, collective: usize, bytes: Bytes) -> bool {
        self.which.keys().any(|(number, _, size)| *number == collective && *size == bytes)
    }
}

/// Proves the schedules, finds all paths, and lets `auto` choose.
pub(super) fn prepare(
    scenario: &Scenario,
    schedules: Schedules,
    options: &RunOptions,
    proofs: &Proofs,
) -> Result<Prepared, RunError> {
    let Schedules { list, mut which, plans, servers } = schedules;
    if !options.fluid.symmetry {
        // Nothing will be folded, so what is too large can be told before anything is proved.
        let lanes = list.iter().map(|(_, schedule)| schedule.lane_count() as u64);
        forecast::check_memory(scenario, lanes, options)?;
    }
    let (numbers, made): (Vec<usize>, Vec<Schedule>) = list.into_iter().unzip();
    let verified: Vec<Verified> = made
        .into_par_iter()
        .map(|schedule| {
            let algorithm = schedule.algorithm.name();
            proofs.verify(schedule).map_err(|fault| RunError::Schedule { algorithm, fault })
        })
        .collect::<Result<_, _>>()?;
    let sizes = |number: usize| -> Vec<Bytes> {
        which.iter().filter(|(_, at)| **at == number).map(|((_, _, bytes), _)| *bytes).collect()
    };
    let asked: Vec<Asked> = numbers
        .iter()
        .zip(verified)
        .enumerate()
        .map(|(at, (number, verified))| Asked { collective: *number, verified, sizes: sizes(at) })
        .collect();
    let ways = ways::route(scenario, asked, options)?;
    let (unresolved, simulated) = (BTreeMap::new(), BTreeMap::new());
    let mut prepared = Prepared { ways, which: unresolved, simulated, bounds: Vec::new(), plans, servers };
    let asked: Vec<(usize, Bytes)> = scenario
        .collectives
        .iter()
        .enumerate()
        .filter(|(_, spec)| spec.algorithms.contains(&Algorithm::Auto))
        .flat_map(|(number, spec)| spec.sizes.iter().map(move |bytes| (number, *bytes)))
        .filter(|(number, bytes)| !prepared.plans.contains_key(&(*number, Algorithm::Auto, *bytes)))
        .collect();
    let chosen: Vec<_> = asked
        .par_iter()
        .map(|(number, bytes)| {
            fastest(&prepared, &scenario.collectives[*number], *number, *bytes, &which, options.fluid)
        })
        .collect();
    for ((number, bytes), (best, outcomes)) in asked.into_iter().zip(chosen) {
        which.extend(best.map(|best| ((number, Algorithm::Auto, bytes), best)));
        let keyed = outcomes.into_iter().map(|(way, outcome)| ((number, way, bytes), outcome));
        prepared.simulated.extend(keyed);
    }
    prepared.which = which;
    Ok(prepared)
}

/// Candidates for `auto` of at most so many transfers that are predicted within the factor of the best are simulated to
/// tell which is faster: the analytic engine is that far off for pipelines and shared links (`docs/model.md`). For
/// larger ones the prediction stands.
const CLOSE: [(u64, f64); 2] = [(150_000, 1.75), (1_100_000, 1.3)];

/// The fastest way: by the analytic engine, or by the fluid engine for those that come near the best of that and are
/// small enough, with what it told of them; the first of equals, in order of algorithms.
fn fastest(
    prepared: &Prepared,
    spec: &CollectiveSpec,
    number: usize,
    bytes: Bytes,
    which: &BTreeMap<(usize, Algorithm, Bytes), usize>,
    options: fluid::Options,
) -> (Option<usize>, Vec<(usize, Outcome)>) {
    let candidates: Vec<usize> = Algorithm::ALL
        .iter()
        .filter_map(|algorithm| which.get(&(number, *algorithm, bytes)).copied())
        .filter(|way| prepared.ways[*way].paths.len() <= AUTO_LANES)
        .collect();
    let play = |way: usize, engine: EngineKind| -> (usize, Outcome) {
        let collective = prepared.collective(way, spec, bytes, Time::ZERO, prepared.ways[way].paths.clone());
        let job = Job { routes: &prepared.ways[way].routes, collectives: vec![collective] };
        let outcome = match engine {
            EngineKind::Analytic => analytic::run(&job, &mut Silent),
            EngineKind::Fluid => fluid::run_with(&job, options, &mut Silent),
        };
        (way, outcome)
    };
    let finish = |outcome: &Outcome| outcome.collectives[0].finish;
    let predicted: Vec<(usize, Time)> = candidates
        .par_iter()
        .map(|way| play(*way, EngineKind::Analytic))
        .map(|(way, outcome)| (way, finish(&outcome)))
        .collect();
    let best = predicted.iter().map(|(_, time)| *time).min().unwrap_or_default();
    let near = |way: usize, time: Time| {
        let transfers = prepared.ways[way].verified.schedule().transfer_count();
        CLOSE.iter().any(|(most, factor)| transfers <= *most && time.as_secs() <= factor * best.as_secs())
    };
    let near: Vec<usize> =
        predicted.iter().filter(|(way, time)| near(*way, *time)).map(|(way, _)| *way).collect();
    let mut told: BTreeMap<usize, Time> = predicted.into_iter().collect();
    let mut simulated = Vec::new();
    if near.len() > 1 {
        simulated = near.into_par_iter().map(|way| play(way, EngineKind::Fluid)).collect();
        told.extend(simulated.iter().map(|(way, outcome)| (*way, finish(outcome))));
    }
    (candidates.into_iter().min_by_key(|way| told.get(way).copied()), simulated)
}
