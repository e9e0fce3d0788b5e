//! The plain twin of the fast engine: the same model, written to be obviously right.
//!
//! Every instant it looks at every task, its dependencies and its queues, fills all rates anew by the textbook, and looks
//! at every task for the next event. For tests and for checking; its cost is quadratic.

use super::fill::{level, take};
use super::instant::Progress;
use super::job::TaskJob;
use crate::ids::TaskId;
use crate::units::Time;

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Waiting,
    Latent { until: u64 },
    Working { progress: Progress, finish: u64 },
    Done,
}

/// When each task starts, and when it is done.
pub fn run(job: &TaskJob) -> (Vec<Time>, Vec<Time>) {
    let mut states = vec![State::Waiting; job.len()];
    let mut start = vec![Time::ZERO; job.len()];
    let mut finish = vec![Time::ZERO; job.len()];
    let mut now = 0;
    loop {
        while step(job, &mut states, now, &mut start, &mut finish) {}
        let working: Vec<TaskId> =
            job.tasks().filter(|task| matches!(states[task.index()], State::Working { .. })).collect();
        for (task, rate) in working.iter().zip(rates(job, &working)) {
            if let State::Working { progress, finish } = &mut states[task.index()]
                && let Some(new) = progress.set_rate(now, rate)
            {
                *finish = new;
            }
        }
        let next = job
            .tasks()
            .filter_map(|task| match states[task.index()] {
                State::Waiting => Some(job.not_before(task).0).filter(|time| *time > now),
                State::Latent { until } => Some(until),
                State::Working { finish, .. } => Some(finish),
                State::Done => None,
            })
            .min();
        match next {
            Some(next) => now = next,
            None => return (start, finish),
        }
    }
}

/// Moves every task on that may go on now; whether one did.
fn step(job: &TaskJob, states: &mut [State], now: u64, start: &mut [Time], finish: &mut [Time]) -> bool {
    let mut moved = false;
    for task in job.tasks() {
        let at = task.index();
        let work = job.work(task).0;
        let next = match states[at] {
            State::Waiting if may_start(job, states, task, now) => {
                start[at] = Time(now);
                State::Latent { until: now.saturating_add(job.latency(task).0) }
            }
            State::Latent { until } if until <= now && work > 0 => {
                let (progress, finish) = Progress::begin(now, work);
                State::Working { progress, finish }
            }
            State::Latent { until } if until <= now => State::Done,
            State::Working { finish, .. } if finish <= now => State::Done,
            _ => continue,
        };
        if next == State::Done {
            finish[at] = Time(now);
        }
        states[at] = next;
        moved = true;
    }
    moved
}

/// Whether the time of a task has come, all that it depends on is done, and it is at the head of its queues.
fn may_start(job: &TaskJob, states: &[State], task: TaskId, now: u64) -> bool {
    let done = |task: &TaskId| states[task.index()] == State::Done;
    job.not_before(task).0 <= now
        && job.after(task).iter().all(done)
        && job
            .queues(task)
            .iter()
            .all(|queue| job.queue(*queue).iter().find(|task| !done(task)) == Some(&task))
}

/// The max-min fair rate of each of some tasks that work together, by progressive filling over all rows: raise all rates
/// together; when a row that is oversubscribed is full, its tasks keep theirs.
pub fn rates(job: &TaskJob, working: &[TaskId]) -> Vec<f64> {
    let rows = job.rows();
    let mut rates: Vec<Option<f64>> = vec![None; working.len()];
    let units = |task: TaskId, row: usize| {
        let demands = job.demands.of(task.index()).iter();
        demands
            .filter(|demand| demand.row as usize == row)
            .map(|demand| u128::from(demand.units))
            .sum::<u128>()
    };
    let demanded = |row: usize, rates: &[Option<f64>], at: Option<f64>| -> u128 {
        let tasks = working.iter().zip(rates).filter(|(_, rate)| **rate == at);
        tasks.map(|(task, _)| units(*task, row)).sum()
    };
    let over: Vec<usize> =
        (0..rows).filter(|row| demanded(*row, &rates, None) > job.capacity[*row]).collect();
    let mut load = vec![0.0; rows];
    let mut past = vec![0.0f64; rows];
    loop {
        let levels: Vec<(usize, f64)> = over
            .iter()
            .map(|row| (*row, demanded(*row, &rates, None)))
            .filter(|(_, open)| *open > 0)
            .map(|(row, open)| (row, level(job.capacity[row], load[row], open).max(past[row])))
            .collect();
        let least = levels.iter().map(|(_, level)| *level).fold(1.0, f64::min);
        if least >= 1.0 {
            return rates.into_iter().map(|rate| rate.unwrap_or(1.0)).collect();
        }
        let full = |task: TaskId| levels.iter().any(|(row, level)| *level <= least && units(task, *row) > 0);
        let held: Vec<bool> =
            working.iter().zip(&rates).map(|(task, rate)| rate.is_none() && full(*task)).collect();
        for row in &over {
            let closing: u128 = working
                .iter()
                .zip(&held)
                .filter(|(_, held)| **held)
                .map(|(task, _)| units(*task, *row))
                .sum();
            if closing > 0 {
                load[*row] += take(closing, least);
                past[*row] = least;
            }
        }
        for (rate, held) in rates.iter_mut().zip(held) {
            if held {
                *rate = Some(least);
            }
        }
    }
}
