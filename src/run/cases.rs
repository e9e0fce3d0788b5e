//! The cases of a scenario, and playing them.

use super::prepare::Prepared;
use super::{RunError, Scenario, Watch, stacked};
use crate::collective::{Algorithm, Lane};
use crate::engine::{EngineKind, Job, Outcome, Probe, Timeline, TransferRecord, analytic, fluid};
use crate::ids::PathId;
use crate::result::Case;
use crate::route::Routes;
use crate::units::{Bytes, Time};

/// Most transfers that a timeline keeps.
const TIMELINE_LIMIT: usize = 20_000;

/// One collective of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    /// Which collective of the scenario.
    pub(super) spec: usize,
    /// The algorithm asked for.
    pub(super) asked: Algorithm,
    /// The size.
    pub(super) bytes: Bytes,
    /// Which way serves it.
    pub(super) way: usize,
}

/// What one engine runs at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JobPlan {
    pub(super) engine: EngineKind,
    pub(super) members: Vec<Member>,
    /// Whether a timeline is wanted.
    pub(super) timeline: bool,
}

/// A job that was played.
pub(super) struct Played {
    pub(super) outcome: Outcome,
    pub(super) timeline: Vec<TransferRecord>,
}

impl JobPlan {
    /// Transfers to simulate.
    pub(super) fn flows(&self, prepared: &Prepared) -> u64 {
        match self.engine {
            EngineKind::Analytic => 0,
            EngineKind::Fluid => self
                .members
                .iter()
                .map(|member| prepared.ways[member.way].verified.schedule().transfer_count())
                .sum(),
        }
    }

    /// Whether another job would come to the same, so that it is played once.
    fn same(&self, other: &Self) -> bool {
        let key = |m: &Member| (m.spec, m.bytes, m.way);
        self.engine == other.engine && self.members.iter().map(key).eq(other.members.iter().map(key))
    }
}

/// All members of a scenario in the order in which results tell them: collectives, algorithms, sizes; or, together, one
/// group of members for each size.
fn groups(scenario: &Scenario, prepared: &Prepared) -> Vec<Vec<Member>> {
    let member = |spec: usize, asked: Algorithm, bytes: Bytes| {
        prepared.which.get(&(spec, asked, bytes)).map(|&way| Member { spec, asked, bytes, way })
    };
    if scenario.together {
        let rows = scenario.collectives.iter().map(|spec| spec.sizes.len()).max().unwrap_or(0);
        (0..rows)
            .map(|row| {
                let specs = scenario.collectives.iter().enumerate();
                specs
                    .filter_map(|(number, spec)| {
                        let bytes = spec.sizes[row.min(spec.sizes.len() - 1)];
                        member(number, spec.algorithms[0], bytes)
                    })
                    .collect()
            })
            .collect()
    } else {
        let specs = scenario.collectives.iter().enumerate();
        specs
            .flat_map(|(number, spec)| {
                spec.algorithms
                    .iter()
                    .flat_map(move |asked| spec.sizes.iter().map(move |b| (number, *asked, *b)))
            })
            .filter_map(|(number, asked, bytes)| member(number, asked, bytes).map(|member| vec![member]))
            .collect()
    }
}

/// All jobs, those that come to the same only once.
pub(super) fn jobs(scenario: &Scenario, prepared: &Prepared) -> Vec<JobPlan> {
    let mut jobs: Vec<JobPlan> = Vec::new();
    let groups = groups(scenario, prepared);
    let largest = timeline_bytes(scenario);
    for &engine in &scenario.engines {
        for members in &groups {
            let timeline = !scenario.timeline_ranks.is_empty()
                && engine == EngineKind::Fluid
                && members.iter().any(|member| Some(member.bytes) == largest);
            let job = JobPlan { engine, members: members.clone(), timeline };
            if !jobs.iter().any(|known| known.same(&job)) {
                jobs.push(job);
            }
        }
    }
    jobs
}

/// The size of which a timeline is kept: the one that a timeline plot names, else the largest.
fn timeline_bytes(scenario: &Scenario) -> Option<Bytes> {
    let named = scenario.plots.iter().find(|plot| plot.kind == crate::result::PlotKind::Timeline);
    let named = named.and_then(|plot| plot.bytes).map(Bytes);
    named.or_else(|| scenario.collectives.iter().flat_map(|spec| spec.sizes.iter().copied()).max())
}

/// What an engine is asked to run.
pub(super) fn job<'p>(
    scenario: &Scenario,
    prepared: &'p Prepared,
    plan: &JobPlan,
    dressed: Option<&'p (Routes, Vec<Vec<PathId>>)>,
) -> Job<'p> {
    let alone = plan.members.len() == 1;
    let collectives = plan.members.iter().enumerate().map(|(number, member)| {
        let spec = &scenario.collectives[member.spec];
        let start = if alone { Time::ZERO } else { spec.start } + stacked::launch(prepared, member);
        let paths = dressed.map_or(&prepared.ways[member.way].paths, |(_, paths)| &paths[number]);
        prepared.collective(member.way, spec, member.bytes, start, paths.clone())
    });
    let routes = dressed.map_or_else(|| prepared.routes(&plan.members), |(routes, _)| routes);
    Job { routes, collectives: collectives.collect() }
}

/// Plays a job.
pub(super) fn play(
    scenario: &Scenario,
    prepared: &Prepared,
    plan: &JobPlan,
    options: fluid::Options,
    watch: &dyn Watch,
) -> Result<Played, RunError> {
    let dressed = stacked::routes(scenario, prepared, plan);
    let job = job(scenario, prepared, plan, dressed.as_ref());
    let mut watching =
        Watching { watch, told: 0, timeline: plan.timeline.then(|| wanted(scenario, prepared, plan)) };
    if watch.stop() {
        return Err(RunError::Cancelled);
    }
    let known = match plan.members[..] {
        [Member { spec, bytes, way, .. }] if plan.engine == EngineKind::Fluid && !plan.timeline => {
            prepared.simulated.get(&(spec, way, bytes))
        }
        _ => None,
    };
    let outcome = match (plan.engine, known) {
        (_, Some(known)) => known.clone(),
        (EngineKind::Analytic, None) => analytic::run(&job, &mut watching),
        (EngineKind::Fluid, None) if plan.timeline => {
            fluid::run_with(&job, options, &mut Recording(&mut watching))
        }
        (EngineKind::Fluid, None) => fluid::run_with(&job, options, &mut watching),
    };
    if outcome.cancelled {
        if watch.stop() {
            return Err(RunError::Cancelled);
        }
        let member = plan.members[0];
        let schedule = prepared.ways[member.way].verified.schedule();
        let (op, algorithm) = (schedule.op.name(), schedule.algorithm.name());
        return Err(RunError::Endless { op, algorithm, bytes: member.bytes });
    }
    watch.advance(plan.flows(prepared).saturating_sub(watching.told));
    watch.done(&outcome.work);
    Ok(Played { outcome, timeline: watching.timeline.map_or_else(Vec::new, |timeline| timeline.spans) })
}

/// Which lanes the timeline shows: those that leave the ranks asked for, and those of switches to them.
fn wanted(scenario: &Scenario, prepared: &Prepared, plan: &JobPlan) -> Timeline {
    let wanted = plan
        .members
        .iter()
        .map(|member| {
            let schedule = prepared.ways[member.way].verified.schedule();
            let lanes = schedule.phases.iter().flat_map(|phase| phase.pattern.lanes());
            let shown = |lane: Lane| {
                let from_switch = lane.src.0 >= schedule.ranks;
                scenario.timeline_ranks.contains(if from_switch { &lane.dst } else { &lane.src })
            };
            lanes.map(shown).collect()
        })
        .collect();
    Timeline { wanted, limit: TIMELINE_LIMIT, ..Timeline::default() }
}

/// Passes progress on to a [`Watch`].
struct Watching<'a> {
    watch: &'a dyn Watch,
    told: u64,
    timeline: Option<Timeline>,
}

impl Probe for Watching<'_> {
    fn progress(&mut self, done: u64, _total: u64) -> bool {
        self.watch.advance(done - self.told);
        self.told = done;
        !self.watch.stop()
    }
}

/// The same, keeping a timeline.
struct Recording<'w, 'a>(&'w mut Watching<'a>);

impl Probe for Recording<'_, '_> {
    const TRANSFERS: bool = true;

    fn transfer(&mut self, record: TransferRecord) {
        if let Some(timeline) = &mut self.0.timeline {
            timeline.transfer(record);
        }
    }

    fn progress(&mut self, done: u64, total: u64) -> bool {
        self.0.progress(done, total)
    }
}

/// The cases of a result in the scenario's order: for every engine, every group of members; jobs that were played once
/// for several are told for each.
pub(super) fn in_order(
    scenario: &Scenario,
    prepared: &Prepared,
    jobs: &[JobPlan],
    told: &[Vec<Case>],
) -> Vec<Case> {
    let mut cases = Vec::new();
    for &engine in &scenario.engines {
        for members in groups(scenario, prepared) {
            let job = JobPlan { engine, members, timeline: false };
            let Some(at) = jobs.iter().position(|known| known.same(&job)) else { continue };
            for (member, case) in job.members.iter().zip(&told[at]) {
                cases.push(Case { requested_algorithm: member.asked.name().into(), ..case.clone() });
            }
        }
    }
    cases
}
