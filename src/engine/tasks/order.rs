//! Whether tasks wait for each other in a circle.

use super::TaskJob;
use crate::ids::TaskId;

/// A circle of tasks that wait for each other through dependencies and the order of queues, if there is one: each waits
/// for the one before it, the first for the last.
pub(super) fn circle(job: &TaskJob) -> Option<Vec<TaskId>> {
    let mut waits = job.waits.clone();
    let mut free: Vec<TaskId> = job.tasks().filter(|task| waits[task.index()] == 0).collect();
    let mut done = 0;
    while let Some(task) = free.pop() {
        done += 1;
        for next in job.waiting.of(task.index()) {
            waits[next.index()] -= 1;
            if waits[next.index()] == 0 {
                free.push(*next);
            }
        }
    }
    (done < job.len()).then(|| walk(job, &waits))
}

/// Follows tasks that are left to others that are left, until one comes again.
fn walk(job: &TaskJob, waits: &[u32]) -> Vec<TaskId> {
    let left = |task: &TaskId| waits[task.index()] > 0;
    // What each of them waits for: one is enough, the lowest.
    let mut before = vec![None::<TaskId>; job.len()];
    for task in job.tasks().filter(left) {
        for next in job.waiting.of(task.index()) {
            before[next.index()].get_or_insert(task);
        }
    }
    let mut place = vec![None::<usize>; job.len()];
    let mut path: Vec<TaskId> = Vec::new();
    let mut next = job.tasks().find(left);
    while let Some(task) = next {
        if let Some(first) = place[task.index()] {
            path.drain(..first);
            break;
        }
        place[task.index()] = Some(path.len());
        path.push(task);
        next = before[task.index()];
    }
    path.reverse();
    let lowest = (0..path.len()).min_by_key(|at| path[*at]).unwrap_or(0);
    path.rotate_left(lowest);
    path
}
