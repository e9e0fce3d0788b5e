//! Jobs of tasks, drawn.

use proptest::prelude::*;
use railspine::engine::tasks::{Task, TaskJob, TaskJobBuilder};
use railspine::ids::{QueueId, RowId, TaskId};
use railspine::units::Time;

/// A task as drawn.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    latency: u64,
    work: u64,
    not_before: u64,
    demands: Vec<(usize, f64)>,
    /// Of earlier tasks.
    after: Vec<prop::sample::Index>,
    queues: Vec<usize>,
}

/// What is drawn: few different times, so that many are equal.
#[derive(Debug, Clone)]
pub(crate) struct Draw {
    capacities: Vec<f64>,
    queues: usize,
    pub(crate) tasks: Vec<Drawn>,
}

/// Up to so many tasks; without contention nobody demands anything.
pub(crate) fn drawn(most: usize, contention: bool) -> impl Strategy<Value = Draw> {
    let work = prop_oneof![Just(0u64), 1u64..6, Just(1_000), Just(3_000), 1u64..1_000_000_000_000];
    let latency = prop_oneof![3 => Just(0u64), 1 => 1u64..5, 1 => Just(500u64)];
    let not_before = prop_oneof![6 => Just(0u64), 1 => 1u64..3_000, 1 => Just(1_000u64)];
    let demand = prop_oneof![Just(1.0), Just(0.5), Just(0.15), Just(1.0 / 3.0), 0.001f64..1.0];
    let capacity = prop_oneof![3 => Just(1.0), 1 => 0.1f64..2.0];
    let demands = prop::collection::vec((0usize..5, demand), 0..if contention { 4 } else { 1 });
    let after = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    let queues = prop::collection::vec(0usize..6, 0..3);
    let task = (latency, work, not_before, demands, after, queues).prop_map(
        |(latency, work, not_before, demands, after, queues)| Drawn {
            latency,
            work,
            not_before,
            demands,
            after,
            queues,
        },
    );
    (prop::collection::vec(capacity, 1..6), 1usize..7, prop::collection::vec(task, 1..most))
        .prop_map(|(capacities, queues, tasks)| Draw { capacities, queues, tasks })
}

impl Draw {
    /// The dependencies of a task, in the order drawn.
    pub(crate) fn after(&self, task: usize) -> Vec<usize> {
        if task == 0 {
            return Vec::new();
        }
        self.tasks[task].after.iter().map(|index| index.index(task)).collect()
    }

    /// The job, its tasks added in an order of ids: `order[id]` is which task as drawn. Queues keep the drawn order.
    pub(crate) fn job(&self, order: &[usize], more: &[(usize, usize)]) -> TaskJob {
        let mut id = vec![TaskId(0); order.len()];
        for (at, task) in order.iter().enumerate() {
            id[*task] = TaskId::from_index(at);
        }
        let mut builder = TaskJobBuilder::new();
        for capacity in &self.capacities {
            builder.row(*capacity);
        }
        for _ in 0..self.queues {
            builder.queue();
        }
        for &task in order {
            let drawn = &self.tasks[task];
            let mut demands: Vec<(RowId, f64)> = Vec::new();
            for (row, demand) in &drawn.demands {
                let row = RowId::from_index(row % self.capacities.len());
                if demands.iter().all(|known| known.0 != row) {
                    demands.push((row, *demand));
                }
            }
            let after: Vec<TaskId> = self.after(task).into_iter().map(|task| id[task]).collect();
            builder.task(
                Task::new(Time(drawn.work))
                    .latency(Time(drawn.latency))
                    .not_before(Time(drawn.not_before))
                    .demands(&demands)
                    .after(&after),
            );
        }
        for (drawn, id) in self.tasks.iter().zip(&id) {
            let mut queues: Vec<usize> = drawn.queues.iter().map(|queue| queue % self.queues).collect();
            queues.sort_unstable();
            queues.dedup();
            for queue in queues {
                builder.enqueue(*id, QueueId::from_index(queue));
            }
        }
        for (task, on) in more {
            builder.depend(id[*task], id[*on]);
        }
        builder.finish().unwrap()
    }

    /// The job in the order drawn.
    pub(crate) fn plain(&self) -> TaskJob {
        self.job(&(0..self.tasks.len()).collect::<Vec<_>>(), &[])
    }
}

/// All that a task waits for: dependencies, and those before it in its queues.
pub(crate) fn before(job: &TaskJob, task: TaskId) -> Vec<TaskId> {
    let ahead = job.queues(task).iter().flat_map(|queue| {
        let queue = job.queue(*queue);
        let place = queue.iter().position(|other| *other == task).unwrap();
        queue[..place].iter().copied()
    });
    job.after(task).iter().copied().chain(ahead).collect()
}

/// When each task is done where nobody is slowed down: the longest path. Tasks must come after all that they wait for.
pub(crate) fn longest_paths(job: &TaskJob) -> Vec<Time> {
    let mut finish: Vec<Time> = Vec::new();
    for task in job.tasks() {
        let ready = before(job, task).into_iter().map(|on| finish[on.index()]).max().unwrap_or_default();
        finish.push(ready.max(job.not_before(task)) + job.latency(task) + job.work(task));
    }
    finish
}
