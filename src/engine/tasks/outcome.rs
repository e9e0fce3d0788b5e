//! What became of a job of tasks.

use super::TaskJob;
use crate::ids::TaskId;
use crate::units::Time;

/// What became of a job of tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskOutcome {
    /// When each task started; its latency begins then. [`Time::MAX`] where a cancelled job did not come to it.
    pub start: Vec<Time>,
    /// When each task was done. [`Time::MAX`] where a cancelled job did not come to it.
    pub finish: Vec<Time>,
    /// When the last task was done; zero where there is none.
    pub makespan: Time,
    /// How much longer each task took than alone: finish − start − latency − work.
    pub stretched: Vec<Time>,
    /// What became of each row.
    pub rows: Vec<RowUse>,
    /// At how many different times something happened.
    pub events: u64,
    /// How often rates of tasks that share an oversubscribed row were solved for, one component each time.
    pub solves: u64,
    /// True where the job was cancelled, so that the rest is of no use.
    pub cancelled: bool,
}

/// How a row was used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RowUse {
    /// What was taken of it, integrated over time: the sum of demand × work of its tasks that were done, in picoseconds.
    /// Over capacity × makespan this is the row's utilisation.
    pub used: f64,
    /// How long at least one task worked on it.
    pub busy: Time,
    /// How long its tasks together demanded more than it has, so that sharing may have slowed them.
    pub contended: Time,
}

impl TaskOutcome {
    /// The tasks that led to the end, in the order in which they ran: from the task that was done last (of several the
    /// one of lowest id), back through what each waited for last: of all tasks that it depends on or that were before it
    /// in a queue, the one that was done last, of several the one of lowest id. The path begins with a task that waited
    /// for none, or started later than all that it waited for were done since its time had not come.
    ///
    /// Empty where there is no task, or the job was cancelled.
    pub fn critical_path(&self, job: &TaskJob) -> Vec<TaskId> {
        if self.cancelled {
            return Vec::new();
        }
        let finish = |task: TaskId| self.finish[task.index()];
        // Tasks come in ascending order, so that the first of several that are done together stays.
        let mut last = None;
        let mut before = vec![None; job.len()];
        for task in job.tasks() {
            let later = |known: &Option<TaskId>| known.is_none_or(|known| finish(task) > finish(known));
            if later(&last) {
                last = Some(task);
            }
            for next in job.waiting.of(task.index()).iter().map(|next| next.index()) {
                if later(&before[next]) {
                    before[next] = Some(task);
                }
            }
        }
        let mut path = Vec::new();
        while let Some(task) = last {
            path.push(task);
            last = before[task.index()].filter(|before| finish(*before) == self.start[task.index()]);
        }
        path.reverse();
        path
    }
}
