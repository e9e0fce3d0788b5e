//! What is to be run: tasks in frozen arrays.

use super::lists::Lists;
use crate::ids::{QueueId, RowId, TaskId};
use crate::units::Time;

/// Units of a demand of 1. Demands and capacities are whole numbers of units, so that sums of them are the same in any
/// order.
pub(super) const UNITS: f64 = (1u64 << 52) as f64;

/// What a task takes of a row at rate 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Demand {
    pub(super) row: u32,
    /// From 1 to 2⁵².
    pub(super) units: u64,
}

/// Tasks, what they share and what they wait for: made by [`super::TaskJobBuilder`], valid by construction.
///
/// A task starts when all tasks that it depends on are done, it is at the head of all its queues, and its time has come.
/// From then its latency passes, in which it uses nothing. Then it works: at rate `x` it takes `demand · x` of each of
/// its rows, and is done when the integral of the rate has reached its work. Rates are at most 1 and max-min fair: they
/// all grow together; when a row is full, its tasks keep theirs. A queue runs its tasks one at a time, in the order in
/// which they were put into it, from start to finish.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskJob {
    pub(super) capacity: Vec<u128>,
    pub(super) latency: Vec<Time>,
    pub(super) work: Vec<Time>,
    pub(super) not_before: Vec<Time>,
    /// By task.
    pub(super) demands: Lists<Demand>,
    /// By task: what it depends on.
    pub(super) after: Lists<TaskId>,
    /// By task: the queues that it is in.
    pub(super) queues: Lists<QueueId>,
    /// By queue: its tasks, in order.
    pub(super) queued: Lists<TaskId>,
    /// By task: who waits for it, through a dependency or behind it in a queue, once for each.
    pub(super) waiting: Lists<TaskId>,
    /// By task: how often it is in a list of `waiting`.
    pub(super) waits: Vec<u32>,
}

impl TaskJob {
    /// How many tasks.
    pub fn len(&self) -> usize {
        self.latency.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.latency.is_empty()
    }

    /// All tasks, in the order in which they were added.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = TaskId> + use<> {
        (0..self.len()).map(TaskId::from_index)
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.capacity.len()
    }

    /// How many queues.
    pub fn queue_count(&self) -> usize {
        self.queued.len()
    }

    /// What a row has to give.
    #[expect(clippy::cast_precision_loss, reason = "what was given had no more digits")]
    pub fn capacity(&self, row: RowId) -> f64 {
        self.capacity[row.index()] as f64 / UNITS
    }

    /// What passes of a task first.
    pub fn latency(&self, task: TaskId) -> Time {
        self.latency[task.index()]
    }

    /// How long the rest of a task takes at rate 1.
    pub fn work(&self, task: TaskId) -> Time {
        self.work[task.index()]
    }

    /// The earliest start of a task.
    pub fn not_before(&self, task: TaskId) -> Time {
        self.not_before[task.index()]
    }

    /// What a task takes of rows at rate 1, as it is counted: to 2⁻⁵².
    #[expect(clippy::cast_precision_loss, reason = "at most 2^52, which floats hold")]
    pub fn demands(&self, task: TaskId) -> impl ExactSizeIterator<Item = (RowId, f64)> + '_ {
        self.demands.of(task.index()).iter().map(|demand| (RowId(demand.row), demand.units as f64 / UNITS))
    }

    /// What a task depends on.
    pub fn after(&self, task: TaskId) -> &[TaskId] {
        self.after.of(task.index())
    }

    /// The queues that a task is in.
    pub fn queues(&self, task: TaskId) -> &[QueueId] {
        self.queues.of(task.index())
    }

    /// The tasks of a queue, in order.
    pub fn queue(&self, queue: QueueId) -> &[TaskId] {
        self.queued.of(queue.index())
    }
}
