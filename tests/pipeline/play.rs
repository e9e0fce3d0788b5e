//! An order as a job of the task engine: a queue for each rank, messages that take no time.

use std::collections::HashMap;

use railspine::engine::Silent;
use railspine::engine::tasks::{self, Task, TaskJobBuilder, TaskOutcome};
use railspine::ids::TaskId;
use railspine::units::Time;
use railspine::workload::pipeline::{Op, PassKind, PipelineOrder};

/// Times of passes of one stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) forward: u64,
    pub(crate) backward: u64,
    pub(crate) weights: u64,
}

impl Times {
    pub(crate) const EQUAL: Self = Self { forward: 1_000, backward: 1_000, weights: 1_000 };

    pub(crate) const fn new(forward: u64, backward: u64, weights: u64) -> Self {
        Self { forward, backward, weights }
    }

    pub(crate) fn all(self) -> u64 {
        self.forward + self.backward + self.weights
    }

    /// What a pass takes in an order.
    pub(crate) fn of(self, order: &PipelineOrder, op: Op) -> u64 {
        match op.kind {
            PassKind::Forward => self.forward,
            PassKind::Backward if order.splits_weights() => self.backward,
            PassKind::Backward => self.backward + self.weights,
            PassKind::Weights => self.weights,
        }
    }
}

/// What an order takes, and by rank when its first task starts, when its last ends, and how long it computes.
pub(crate) struct Played {
    pub(crate) outcome: TaskOutcome,
    pub(crate) spans: Vec<(u64, u64, u64)>,
}

impl Played {
    pub(crate) fn makespan(&self) -> u64 {
        self.outcome.makespan.0
    }

    /// Beyond the work of the busiest rank.
    pub(crate) fn idle(&self) -> u64 {
        self.makespan() - self.spans.iter().map(|span| span.2).max().unwrap()
    }
}

/// What passes of a micro-batch wait for, told from stages alone.
pub(crate) fn needs(kind: PassKind, stage: u32, stages: u32) -> Vec<(PassKind, u32)> {
    match kind {
        PassKind::Forward if stage == 0 => Vec::new(),
        PassKind::Forward => vec![(PassKind::Forward, stage - 1)],
        PassKind::Backward if stage + 1 == stages => vec![(PassKind::Forward, stage)],
        PassKind::Backward => vec![(PassKind::Forward, stage), (PassKind::Backward, stage + 1)],
        PassKind::Weights => vec![(PassKind::Backward, stage)],
    }
}

/// Runs an order; `as_one` says whether pairs are one task, whose results are there at its end.
pub(crate) fn play(order: &PipelineOrder, times: Times, as_one: bool) -> Played {
    let mut builder = TaskJobBuilder::new();
    let mut task_of: HashMap<(PassKind, u32, u32), TaskId> = HashMap::new();
    let mut by_rank = Vec::new();
    for rank in 0..order.ranks() {
        let queue = builder.queue();
        let (passes, mut at) = (order.of(rank), 0);
        let mut own = Vec::new();
        while at < passes.len() {
            let pair = as_one && order.pairs(rank).binary_search(&u32::try_from(at).unwrap()).is_ok();
            let block = &passes[at..at + if pair { 3 } else { 1 }];
            at += block.len();
            let work = block.iter().map(|op| times.of(order, *op)).sum();
            let task = builder.task(Task::new(Time(work)).queues(&[queue]));
            for op in block {
                let known = task_of.insert((op.kind, op.micro, order.stage(rank, op.chunk)), task);
                assert_eq!(known, None, "{op:?} twice");
            }
            own.push((task, work));
        }
        by_rank.push(own);
    }
    for (&(kind, micro, stage), &task) in &task_of {
        for (kind, stage) in needs(kind, stage, order.stages()) {
            let on = task_of[&(kind, micro, stage)];
            if on != task {
                builder.depend(task, on);
            }
        }
    }
    let outcome = tasks::run(&builder.finish().unwrap(), &mut Silent);
    let spans = by_rank.iter().map(|tasks| {
        let (first, last) = (tasks.first().unwrap().0, tasks.last().unwrap().0);
        let busy = tasks.iter().map(|task| task.1).sum();
        (outcome.start[first.index()].0, outcome.finish[last.index()].0, busy)
    });
    Played { spans: spans.collect(), outcome }
}
