//! Paths through a step's tasks, which take at least what their tasks take alone, on every network.
//!
//! Beside tasks, a path may go through a window: between two computations of a lane, one of which starts after another
//! has ended, all computation between them and every collective that runs between them share the accelerator. What they
//! take of it together must pass, so that what slows computation down counts.

use std::collections::BTreeMap;

use super::course::PlayedAll;
use crate::engine::tasks::{Leg, TaskJob, Window};
use crate::ids::{TaskId, number};
use crate::units::Time;
use crate::workload::{Purpose, StepGraph, Work};

/// A path: what it takes on a network is a sum of what collectives take there.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Path {
    /// Computation, in picoseconds.
    fixed: u64,
    /// Collectives by lane and class: how many, and how many of them without their latency.
    shares: Vec<((u32, u32), (f64, f64))>,
    /// Each collective is rounded by at most a picosecond.
    rounded: u64,
}

/// Windows of a graph, with the computation in them and what runs beside it.
#[derive(Debug, Clone, Default)]
pub(super) struct Windows {
    list: Vec<Beside>,
}

#[derive(Debug, Clone)]
struct Beside {
    from: TaskId,
    to: TaskId,
    /// Tasks that compute, and those for which computation stands still.
    between: Vec<TaskId>,
    /// Tasks that communicate meanwhile.
    collectives: Vec<TaskId>,
}

impl Windows {
    /// The windows of a graph: of each collective, from the last computation of its lane that it waits for to the first
    /// that waits for it. What stands still for a message between them takes its time alone where both are for the same
    /// purpose, since collectives of one purpose run one after another; where they are not, there is no window.
    pub(super) fn new(graph: &StepGraph) -> Self {
        if graph.slowdown <= 0.0 {
            return Self::default();
        }
        // What keeps a lane's computation busy, in order: by lane, and each task's place there.
        let mut lanes: Vec<Vec<u32>> = vec![Vec::new(); graph.lanes as usize];
        let mut place: Vec<Option<u32>> = vec![None; graph.tasks.len()];
        for (at, task) in graph.tasks.iter().enumerate() {
            if matches!(task.work, Work::Compute(_)) || task.blocks {
                let lane = &mut lanes[task.lane as usize];
                place[at] = Some(number(lane.len()));
                lane.push(number(at));
            }
        }
        let computes = |at: u32| matches!(graph.tasks[at as usize].work, Work::Compute(_));
        let beside = |at: u32| !computes(at) && !graph.tasks[at as usize].blocks;
        // Shards are gathered and reduced in queues of their own.
        let purpose = |at: u32| match graph.tasks[at as usize].work {
            Work::Collective { class, .. } => Some(graph.classes[class as usize].purpose)
                .filter(|own| !matches!(own, Purpose::Shard | Purpose::ExpertData)),
            Work::Compute(_) => None,
        };
        let same = |a: u32, b: u32| graph.tasks[a as usize].lane == graph.tasks[b as usize].lane;
        let mut ends: BTreeMap<u32, (Option<u32>, Option<u32>)> = BTreeMap::new();
        for &(task, on) in &graph.after {
            if beside(task) && computes(on) && same(task, on) {
                let end = &mut ends.entry(task).or_default().0;
                *end = (*end).max(place[on as usize]);
            }
            if beside(on) && computes(task) && same(task, on) {
                let end = &mut ends.entry(on).or_default().1;
                let own = place[task as usize];
                *end = if end.is_none() { own } else { (*end).min(own) };
            }
        }
        // One window for each purpose: what runs beside is added up only where it cannot run at once.
        let mut found: BTreeMap<(u32, u32, Option<Purpose>), Vec<TaskId>> = BTreeMap::new();
        for (task, (from, to)) in ends {
            let (Some(from), Some(to)) = (from, to) else { continue };
            let lane = &lanes[graph.tasks[task as usize].lane as usize];
            let mut inside = (from + 1..to).map(|at| lane[at as usize]);
            let own = purpose(task);
            if from + 1 < to && inside.all(|at| computes(at) || (own.is_some() && purpose(at) == own)) {
                found.entry((lane[from as usize], lane[to as usize], own)).or_default().push(TaskId(task));
            }
        }
        let list = found
            .into_iter()
            .map(|((from, to, _), collectives)| {
                let lane = &lanes[graph.tasks[from as usize].lane as usize];
                let ends = (place[from as usize].unwrap_or(0), place[to as usize].unwrap_or(0));
                let between = (ends.0 + 1..ends.1).map(|at| TaskId(lane[at as usize])).collect();
                Beside { from: TaskId(from), to: TaskId(to), between, collectives }
            })
            .collect();
        Self { list }
    }

    /// How long each takes at least in a job.
    fn times(&self, slowdown: f64, job: &TaskJob) -> Vec<Window> {
        let time = |beside: &Beside| {
            let alone = |task: &TaskId| job.latency(*task).ps() + job.work(*task).ps();
            let between: u64 = beside.between.iter().map(alone).sum();
            let sent: f64 = beside.collectives.iter().map(|task| job.work(*task).as_secs()).sum();
            Time::from_ps(between.saturating_add(Time::from_secs(slowdown * sent).ps()).saturating_sub(1))
        };
        self.list.iter().map(|own| Window { from: own.from, to: own.to, time: time(own) }).collect()
    }
}

impl Path {
    /// The path of a job that takes longest when every task takes as long as alone.
    pub(super) fn new(graph: &StepGraph, windows: &Windows, job: &TaskJob) -> Self {
        let slowdown = graph.slowdown.min(1.0);
        let mut path = Self::default();
        let mut shares: BTreeMap<(u32, u32), (f64, f64)> = BTreeMap::new();
        let mut add = |task: TaskId, whole: f64, moving: f64| {
            let own = &graph.tasks[task.index()];
            match own.work {
                Work::Compute(_) => path.fixed += job.work(task).ps(),
                Work::Collective { class, share } => {
                    path.rounded += 2;
                    let sum = shares.entry((own.lane, class)).or_default();
                    sum.0 += whole * share.min(1.0);
                    sum.1 += moving * share.min(1.0);
                }
            }
        };
        for leg in job.longest_path(&windows.times(slowdown, job)) {
            match leg {
                Leg::Task(task) => add(task, 1.0, 0.0),
                Leg::Window(at) => {
                    let beside = &windows.list[at];
                    beside.between.iter().for_each(|task| add(*task, 1.0, 0.0));
                    beside.collectives.iter().for_each(|task| add(*task, 0.0, slowdown));
                }
            }
        }
        path.rounded += windows.list.len() as u64;
        path.shares = shares.into_iter().collect();
        path
    }

    /// What its tasks take one after another, with these collectives.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times that are shorter than 213 days"
    )]
    pub(super) fn least(&self, played: &PlayedAll) -> Time {
        let of = |&((lane, class), (whole, moving)): &((u32, u32), (f64, f64))| {
            let one =
                played.get(lane as usize).and_then(|own| own.get(class as usize)).and_then(Option::as_ref);
            let (time, latency) = one.map_or((0, 0), |one| (one.time.ps(), one.latency.ps()));
            let sum = time as f64 * whole + time.saturating_sub(latency) as f64 * moving;
            (sum * (1.0 - 1e-12)).floor() as u64
        };
        let all = self.shares.iter().map(of).fold(self.fixed, u64::saturating_add);
        Time::from_ps(all.saturating_sub(self.rounded))
    }
}
