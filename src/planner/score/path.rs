//! Paths through a step's tasks, which take at least what their tasks take alone, on every network.
//!
//! Beside tasks, a path may go through a window: a computation and the collectives beside it, all of which wait for one
//! task, and for all of which another waits, share the accelerator. What they take of it together must pass between the
//! two, so that what slows computation down counts.

use std::collections::BTreeMap;

use super::course::PlayedAll;
use crate::engine::tasks::{Leg, TaskJob, Window};
use crate::ids::{TaskId, number};
use crate::units::Time;
use crate::workload::{StepGraph, Work};

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

/// Windows of a graph: a computation, and collectives beside it.
#[derive(Debug, Clone, Default)]
pub(super) struct Windows {
    list: Vec<Beside>,
}

#[derive(Debug, Clone)]
struct Beside {
    /// All of them wait for it.
    from: TaskId,
    /// It waits for all of them.
    to: TaskId,
    /// The task that computes.
    compute: TaskId,
    /// Tasks that communicate meanwhile.
    collectives: Vec<TaskId>,
}

impl Windows {
    /// The windows of a graph. Its builder puts what runs beside a computation right before it.
    pub(super) fn new(graph: &StepGraph) -> Self {
        if graph.slowdown <= 0.0 {
            return Self::default();
        }
        let mut before: Vec<Vec<u32>> = vec![Vec::new(); graph.tasks.len()];
        let mut behind: Vec<Vec<u32>> = vec![Vec::new(); graph.tasks.len()];
        for &(task, on) in &graph.after {
            before[task as usize].push(on);
            behind[on as usize].push(task);
        }
        let beside = |at: usize, lane: u32| {
            let task = &graph.tasks[at];
            task.lane == lane && !task.blocks && matches!(task.work, Work::Collective { .. })
        };
        let mut list = Vec::new();
        for (at, task) in graph.tasks.iter().enumerate() {
            if !matches!(task.work, Work::Compute(_)) {
                continue;
            }
            let near = (0..at).rev().take_while(|own| beside(*own, task.lane));
            let mut found: BTreeMap<(u32, u32), Vec<TaskId>> = BTreeMap::new();
            for own in near {
                for from in before[own].iter().filter(|from| before[at].contains(from)) {
                    for to in behind[own].iter().filter(|to| behind[at].contains(to)) {
                        found.entry((*from, *to)).or_default().push(TaskId(number(own)));
                    }
                }
            }
            let compute = TaskId(number(at));
            list.extend(found.into_iter().map(|((from, to), collectives)| Beside {
                from: TaskId(from),
                to: TaskId(to),
                compute,
                collectives,
            }));
        }
        Self { list }
    }

    /// How long each takes at least in a job.
    fn times(&self, slowdown: f64, job: &TaskJob) -> Vec<Window> {
        let time = |beside: &Beside| {
            let computed = job.work(beside.compute).ps();
            let sent: f64 = beside.collectives.iter().map(|task| job.work(*task).as_secs()).sum();
            Time::from_ps(computed.saturating_add(Time::from_secs(slowdown * sent).ps()).saturating_sub(1))
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
                    add(beside.compute, 1.0, 0.0);
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
