//! Making a job of tasks.

use super::fault::TaskFault;
use super::job::{Demand, TaskJob, UNITS};
use super::lists::Lists;
use super::order;
use crate::ids::{QueueId, RowId, TaskId};
use crate::units::Time;

/// A task to be added.
#[derive(Debug, Clone, Copy, Default)]
pub struct Task<'a> {
    /// What passes first, without use of anything.
    pub latency: Time,
    /// How long the rest takes at rate 1.
    pub work: Time,
    /// The earliest start.
    pub not_before: Time,
    /// What it takes of rows at rate 1: each more than 0 and at most 1, each row once.
    pub demands: &'a [(RowId, f64)],
    /// What must be done before it starts. These may be added later.
    pub after: &'a [TaskId],
    /// The queues at whose end it is put.
    pub queues: &'a [QueueId],
}

impl<'a> Task<'a> {
    /// A task of so much work, with no latency, that demands nothing and waits for nothing.
    pub const fn new(work: Time) -> Self {
        Self { latency: Time::ZERO, work, not_before: Time::ZERO, demands: &[], after: &[], queues: &[] }
    }

    /// The same with a latency.
    #[must_use]
    pub const fn latency(mut self, latency: Time) -> Self {
        self.latency = latency;
        self
    }

    /// The same with an earliest start.
    #[must_use]
    pub const fn not_before(mut self, time: Time) -> Self {
        self.not_before = time;
        self
    }

    /// The same with demands.
    #[must_use]
    pub const fn demands(mut self, demands: &'a [(RowId, f64)]) -> Self {
        self.demands = demands;
        self
    }

    /// The same with dependencies.
    #[must_use]
    pub const fn after(mut self, tasks: &'a [TaskId]) -> Self {
        self.after = tasks;
        self
    }

    /// The same with queues.
    #[must_use]
    pub const fn queues(mut self, queues: &'a [QueueId]) -> Self {
        self.queues = queues;
        self
    }
}

/// Collects what is to be run. Ids count up from 0 in the order in which things are added.
#[derive(Debug, Clone, Default)]
pub struct TaskJobBuilder {
    capacity: Vec<f64>,
    queues: usize,
    latency: Vec<Time>,
    work: Vec<Time>,
    not_before: Vec<Time>,
    demands: Vec<(u32, (u32, f64))>,
    /// Task, and what it depends on.
    after: Vec<(u32, u32)>,
    /// Task, and the queue that it is in, in the order in which tasks were put into queues.
    queued: Vec<(u32, u32)>,
}

impl TaskJobBuilder {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row, with what it has to give. 1 is what a task of demand 1 takes when it runs alone.
    pub fn row(&mut self, capacity: f64) -> RowId {
        self.capacity.push(capacity);
        RowId(number(self.capacity.len() - 1))
    }

    /// Adds a queue.
    pub fn queue(&mut self) -> QueueId {
        self.queues += 1;
        QueueId(number(self.queues - 1))
    }

    /// Adds a task, at the end of its queues.
    pub fn task(&mut self, task: Task<'_>) -> TaskId {
        let id = number(self.work.len());
        self.latency.push(task.latency);
        self.work.push(task.work);
        self.not_before.push(task.not_before);
        self.demands.extend(task.demands.iter().map(|(row, demand)| (id, (row.0, *demand))));
        self.after.extend(task.after.iter().map(|on| (id, on.0)));
        self.queued.extend(task.queues.iter().map(|queue| (id, queue.0)));
        TaskId(id)
    }

    /// Lets `task` wait until `on` is done. Both may be added later.
    pub fn depend(&mut self, task: TaskId, on: TaskId) {
        self.after.push((task.0, on.0));
    }

    /// Puts a task at the end of a queue. Both may be added later.
    pub fn enqueue(&mut self, task: TaskId, queue: QueueId) {
        self.queued.push((task.0, queue.0));
    }

    /// How many tasks were added.
    pub fn len(&self) -> usize {
        self.work.len()
    }

    /// Whether no task was added.
    pub fn is_empty(&self) -> bool {
        self.work.is_empty()
    }

    /// The job.
    ///
    /// # Errors
    /// All faults of rows, demands, queues and dependencies, in this order; where there is none, one circle of tasks that
    /// wait for each other.
    pub fn finish(self) -> Result<TaskJob, Vec<TaskFault>> {
        let mut faults = Vec::new();
        self.check_sizes(&mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        self.check_rows(&mut faults);
        self.check_names(&mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let job = self.freeze();
        faults.extend(same_queue_twice(&job));
        if faults.is_empty()
            && let Some(circle) = order::circle(&job)
        {
            faults.push(TaskFault::Cycle(circle));
        }
        if faults.is_empty() { Ok(job) } else { Err(faults) }
    }

    fn check_sizes(&self, faults: &mut Vec<TaskFault>) {
        // A place in a queue is a wait for the task ahead, numbered among the dependencies.
        let sizes = [
            ("rows", self.capacity.len()),
            ("queues", self.queues),
            ("tasks", self.work.len()),
            ("demands", self.demands.len()),
            ("dependencies and places in queues", self.after.len() + self.queued.len()),
        ];
        for (what, count) in sizes {
            if count >= u32::MAX as usize {
                faults.push(TaskFault::TooMany { what, count });
            }
        }
    }

    fn check_rows(&self, faults: &mut Vec<TaskFault>) {
        for (row, &capacity) in self.capacity.iter().enumerate() {
            if !(capacity > 0.0 && capacity.is_finite()) {
                faults.push(TaskFault::Capacity { row: RowId::from_index(row), capacity });
            }
        }
        let rows = self.capacity.len();
        let mut last_task = vec![u32::MAX; rows];
        for &(task, (row, demand)) in &self.demands {
            let (task, row) = (TaskId(task), RowId(row));
            if !(demand > 0.0 && demand <= 1.0) {
                faults.push(TaskFault::Demand { task, row, demand });
            }
            match last_task.get_mut(row.index()) {
                None => faults.push(TaskFault::NoSuchRow { task, row, rows }),
                Some(last) if *last == task.0 => faults.push(TaskFault::RowTwice { task, row }),
                Some(last) => *last = task.0,
            }
        }
    }

    fn check_names(&self, faults: &mut Vec<TaskFault>) {
        let (tasks, queues) = (self.work.len(), self.queues);
        for &(task, queue) in &self.queued {
            if queue as usize >= queues {
                faults.push(TaskFault::NoSuchQueue { task: TaskId(task), queue: QueueId(queue), queues });
            }
        }
        let named = self.queued.iter().map(|place| place.0);
        let named = named.chain(self.after.iter().flat_map(|(task, on)| [*task, *on]));
        for task in named.filter(|task| *task as usize >= tasks) {
            faults.push(TaskFault::NoSuchTask { task: TaskId(task), tasks });
        }
    }

    /// The frozen arrays, once all numbers are in range.
    fn freeze(self) -> TaskJob {
        let tasks = self.work.len();
        let demands =
            self.demands.iter().map(|&(task, (row, demand))| (task, Demand { row, units: units(demand) }));
        let queued =
            Lists::group(self.queues, self.queued.iter().map(|(task, queue)| (*queue, TaskId(*task))));
        let behind =
            (0..self.queues).flat_map(|queue| queued.of(queue).windows(2).map(|pair| (pair[0].0, pair[1])));
        let waiting = self.after.iter().map(|(task, on)| (*on, TaskId(*task))).chain(behind);
        let waiting = Lists::group(tasks, waiting);
        let mut waits = vec![0; tasks];
        for task in waiting.all() {
            waits[task.index()] += 1;
        }
        TaskJob {
            capacity: self.capacity.iter().map(|capacity| capacity_units(*capacity)).collect(),
            demands: Lists::group(tasks, demands),
            after: Lists::group(tasks, self.after.iter().map(|(task, on)| (*task, TaskId(*on)))),
            queues: Lists::group(tasks, self.queued.iter().map(|(task, queue)| (*task, QueueId(*queue)))),
            queued,
            waiting,
            waits,
            latency: self.latency,
            work: self.work,
            not_before: self.not_before,
        }
    }
}

/// A number as an id; where it does not fit, [`TaskJobBuilder::finish`] says so.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// A demand in units.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "more than 0, at most 2^52")]
fn units(demand: f64) -> u64 {
    ((demand * UNITS).round() as u64).max(1)
}

/// A capacity in units; beyond 128 bits it binds nobody.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "more than 0; casts saturate")]
fn capacity_units(capacity: f64) -> u128 {
    ((capacity * UNITS).round() as u128).max(1)
}

/// Tasks that are in a queue twice.
fn same_queue_twice(job: &TaskJob) -> Vec<TaskFault> {
    let mut last_task = vec![u32::MAX; job.queue_count()];
    let mut faults = Vec::new();
    for task in job.tasks() {
        for &queue in job.queues(task) {
            if std::mem::replace(&mut last_task[queue.index()], task.0) == task.0 {
                faults.push(TaskFault::QueueTwice { task, queue });
            }
        }
    }
    faults
}
