//! What a run will cost, told before it starts: transfers, lanes, memory, time.
//!
//! Counts are exact; memory and time are estimates from constants that were measured, see below. They are meant to be
//! too high rather than too low: a run that is refused for its memory can be let go by `--max-memory`, one that takes
//! the machine down cannot.

use super::cases::{self, JobPlan};
use super::prepare::{self, Prepared};
use super::ways::Way;
use super::{Proofs, RunError, RunOptions, Scenario, stacked};
use rayon::prelude::*;

use crate::engine::{EngineKind, fluid};

/// What the program itself takes, and a proof at most.
const FIXED: u64 = 64 << 20;
/// Bytes a node or cable of the fabric, while it is built and bounded (measured: 180 to 230, from 410,000 nodes and
/// 527,000 cables).
const PER_ITEM: u64 = 250;
/// Bytes a lane in the tables that all cases share: its path.
const SHARED_PER_LANE: u64 = 12;
/// Bytes a hop of a path in the tables: exact fractions while paths are found, weights after.
const PER_HOP: u64 = 56;
/// Hops of a path where spraying multiplies them; more is rare and paths repeat.
const HOPS: u64 = 16;
/// Bytes a lane while one case runs: plan, state, agenda, dependencies both ways (measured: 330 to 420).
const RUNNING_PER_LANE: u64 = 450;

/// Seconds a lane that is played: its proof, its path, its place in the plan (measured: 4 to 9 microseconds, from
/// all-to-alls of 512 ranks and halving-doubling of 4,096).
const PER_LANE: f64 = 6e-6;
/// Seconds a transfer that is played (measured by `benches/fluid.rs` on a core of a 2-core virtual machine: 0.05
/// microseconds where no two share a link, as in a ring on one switch, and 0.2 to 0.7 where a few do, as in rings through
/// servers and double trees). Where all run at once and each ends at a time of its own it can be hundreds of times more.
const PER_TRANSFER: f64 = 0.25e-6;

/// What a run has to do, counted. Lanes that stand for others by symmetry are *kept*; the others are not played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effort {
    /// Transfers of all jobs.
    pub transfers: u64,
    /// Transfers of the lanes that are kept, of all jobs: what is played at most.
    pub played: u64,
    /// Transfers of the kept lanes of the largest job.
    pub longest: u64,
    /// Lanes of all schedules.
    pub lanes: u64,
    /// Lanes of all schedules that are kept: all of them where nothing is folded.
    pub kept: u64,
    /// Kept lanes of the largest job.
    pub widest: u64,
    /// Jobs.
    pub jobs: u64,
    /// Whether transfers are played at all: the analytic engine plays none.
    pub fluid: bool,
    /// Nodes and cables of the fabric.
    pub items: u64,
    /// Threads that jobs run on.
    pub threads: u64,
}

/// What a run will cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Transfers of all cases, as their schedules have them.
    pub transfers: u64,
    /// Lanes (connections that carry one transfer after the other) of all schedules.
    pub lanes: u64,
    /// Lanes that stand for all of them, where schedules were folded by symmetry.
    pub classes: Option<u64>,
    /// Memory at its peak, in bytes, about and rather too high.
    pub memory_bytes: u64,
    /// Time, in seconds, about, if no round is skipped: less where rounds repeat.
    pub seconds: f64,
}

impl Forecast {
    /// Estimates what an effort costs.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn of(effort: &Effort) -> Self {
        let running = if effort.fluid { RUNNING_PER_LANE } else { RUNNING_PER_LANE / 4 };
        let at_once = effort.threads.min(effort.jobs).max(1);
        let parts = [
            FIXED,
            effort.items.saturating_mul(PER_ITEM),
            effort.kept.saturating_mul(SHARED_PER_LANE + PER_HOP * HOPS),
            effort.widest.saturating_mul(running).saturating_mul(at_once),
        ];
        // Jobs share the threads, but the longest runs on one.
        let play = (effort.played as f64 / at_once as f64).max(effort.longest as f64);
        Self {
            transfers: effort.transfers,
            lanes: effort.lanes,
            classes: (effort.kept < effort.lanes).then_some(effort.kept),
            memory_bytes: parts.into_iter().fold(0, u64::saturating_add),
            seconds: effort.kept as f64 * PER_LANE + play * PER_TRANSFER,
        }
    }
}

/// What a scenario will cost: all is prepared and counted, nothing is simulated but what `auto` chooses by.
///
/// # Errors
/// As those of [`super::run`].
pub fn forecast(scenario: &Scenario, options: &RunOptions) -> Result<Forecast, RunError> {
    super::pool(options)?.install(|| {
        let schedules = prepare::schedules(scenario)?;
        let prepared = prepare::prepare(scenario, schedules, options, &Proofs::default())?;
        let jobs = cases::jobs(scenario, &prepared);
        Ok(before(scenario, &prepared, &jobs, options.fluid))
    })
}

/// Refuses what would need more memory than it may, given how many lanes of each schedule are kept.
pub(super) fn check_memory(
    scenario: &Scenario,
    kept: impl Iterator<Item = u64> + Clone,
    options: &RunOptions,
) -> Result<(), RunError> {
    let Some(limit) = options.max_memory else { return Ok(()) };
    let all = kept.clone().sum();
    let widest = if scenario.together { all } else { kept.max().unwrap_or(0) };
    let effort = Effort { lanes: all, kept: all, widest, jobs: cases_of(scenario), ..effort(scenario) };
    let need = Forecast::of(&effort).memory_bytes;
    if need > limit { Err(RunError::Memory { need, limit }) } else { Ok(()) }
}

/// From so many seconds on, the engine is asked what it will really play: that takes about a microsecond a lane.
const WORTH_ASKING: f64 = 1.0;

/// What is left when all is prepared.
pub(super) fn before(
    scenario: &Scenario,
    prepared: &Prepared,
    jobs: &[JobPlan],
    options: fluid::Options,
) -> Forecast {
    let lanes = |way: &Way| way.verified.schedule().lane_count() as u64;
    let kept = |way: &Way| way.paths.len() as u64;
    let of_job = |job: &JobPlan, count: &dyn Fn(&Way) -> u64| -> u64 {
        job.members.iter().map(|member| count(&prepared.ways[member.way])).sum()
    };
    let fluid: Vec<&JobPlan> = jobs.iter().filter(|job| job.engine == EngineKind::Fluid).collect();
    let played = fluid.iter().map(|job| of_job(job, &transfers));
    let effort = Effort {
        transfers: jobs.iter().map(|job| job.flows(prepared)).sum(),
        played: played.clone().sum(),
        longest: played.max().unwrap_or(0),
        lanes: prepared.ways.iter().map(lanes).sum(),
        kept: prepared.ways.iter().map(kept).sum(),
        widest: jobs.iter().map(|job| of_job(job, &kept)).max().unwrap_or(0),
        jobs: jobs.len() as u64,
        ..effort(scenario)
    };
    let told = Forecast::of(&effort);
    if told.seconds < WORTH_ASKING {
        return told;
    }
    let outlooks: Vec<fluid::Outlook> = fluid
        .par_iter()
        .map(|plan| {
            // A timeline wants every transfer.
            let options = if plan.timeline { fluid::Options::PLAIN } else { options };
            let dressed = stacked::routes(scenario, prepared, plan);
            fluid::outlook(&cases::job(scenario, prepared, plan, dressed.as_ref()), options)
        })
        .collect();
    let played = outlooks.iter().map(|outlook| outlook.transfers);
    let less = Effort { played: played.clone().sum(), longest: played.max().unwrap_or(0), ..effort };
    Forecast { seconds: Forecast::of(&less).seconds, ..told }
}

/// Transfers of the lanes that are kept.
fn transfers(way: &Way) -> u64 {
    let schedule = way.verified.schedule();
    let steps = |phase: u32| u64::from(schedule.phases[phase as usize].steps);
    match &way.fold {
        Some(fold) => fold.lanes.iter().map(|lane| steps(lane.phase)).sum(),
        None => schedule.transfer_count(),
    }
}

/// An effort of which only the surroundings are known.
fn effort(scenario: &Scenario) -> Effort {
    Effort {
        fluid: scenario.engines.contains(&EngineKind::Fluid),
        items: (scenario.fabric.nodes().len() + scenario.fabric.links().len() / 2) as u64,
        threads: rayon::current_num_threads() as u64,
        ..Effort::default()
    }
}

/// Cases of a scenario at most: those that come to the same run once.
fn cases_of(scenario: &Scenario) -> u64 {
    let sizes = scenario.collectives.iter().map(|spec| spec.sizes.len());
    let each: usize = if scenario.together {
        sizes.max().unwrap_or(0)
    } else {
        scenario.collectives.iter().map(|spec| spec.sizes.len() * spec.algorithms.len()).sum()
    };
    (each * scenario.engines.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_folded_away_costs_nothing() {
        let plain = Effort {
            transfers: 1 << 34,
            played: 1 << 34,
            longest: 1 << 34,
            lanes: 1 << 20,
            kept: 1 << 20,
            widest: 1 << 20,
            jobs: 1,
            fluid: true,
            items: 1 << 20,
            threads: 2,
        };
        let told = Forecast::of(&plain);
        assert_eq!((told.transfers, told.lanes, told.classes), (1 << 34, 1 << 20, None));
        let folded = Effort { played: 1 << 18, longest: 1 << 18, kept: 16, widest: 16, ..plain };
        let less = Forecast::of(&folded);
        assert_eq!((less.transfers, less.lanes, less.classes), (1 << 34, 1 << 20, Some(16)));
        assert!(less.seconds < 1.0 && told.seconds > 1000.0);
        assert_eq!(told.memory_bytes - less.memory_bytes, ((1 << 20) - 16) * (12 + 56 * 16 + 450));
    }

    #[test]
    fn jobs_share_threads_and_memory() {
        let one = Effort {
            played: 1000,
            longest: 1000,
            jobs: 1,
            fluid: true,
            widest: 10,
            threads: 4,
            ..Effort::default()
        };
        let four = Effort { played: 4000, jobs: 4, ..one };
        let (single, all) = (Forecast::of(&one), Forecast::of(&four));
        assert_eq!(single.seconds, all.seconds);
        assert_eq!(all.memory_bytes - single.memory_bytes, 3 * 10 * 450);
        let huge = Effort { kept: u64::MAX, ..one };
        assert_eq!(Forecast::of(&huge).memory_bytes, u64::MAX);
    }
}
