//! The longest path of a job: a time that it cannot beat.

use super::TaskJob;
use crate::ids::TaskId;
use crate::units::Time;

/// A part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    /// A task.
    Task(TaskId),
    /// A window: its number.
    Window(usize),
}

/// A time that must pass between the end of one task and the start of another, which waits for it, directly or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The task that ends.
    pub from: TaskId,
    /// The task that starts.
    pub to: TaskId,
    /// How long at least.
    pub time: Time,
}

impl TaskJob {
    /// The path of tasks and windows, each of which waits for the one before it, that takes longest when every task takes
    /// as long as alone, in the order in which they run; of several one. No rate is above 1, so the job takes at least
    /// that long.
    pub fn longest_path(&self, windows: &[Window]) -> Vec<Leg> {
        let mut by_from: Vec<usize> = (0..windows.len()).collect();
        by_from.sort_by_key(|at| windows[*at].from);
        let mut waits = self.waits.clone();
        let mut begin = self.not_before.clone();
        let mut from: Vec<Option<(TaskId, Option<usize>)>> = vec![None; self.len()];
        let mut ready: Vec<TaskId> = self.tasks().filter(|task| waits[task.index()] == 0).collect();
        let mut last: Option<(Time, TaskId)> = None;
        while let Some(task) = ready.pop() {
            let at = task.index();
            let end = begin[at].ps().saturating_add(self.latency[at].ps()).saturating_add(self.work[at].ps());
            let end = Time::from_ps(end);
            // Of several ends the one of lowest id, whatever the order in which they were come to.
            if last.is_none_or(|(known, own)| end > known || (end == known && task < own)) {
                last = Some((end, task));
            }
            let mut reach = |next: TaskId, end: Time, window: Option<usize>| {
                let place = next.index();
                let tie = from[place].is_some_and(|known| (task, window) < known);
                if end > begin[place] || (end == begin[place] && tie) {
                    begin[place] = end;
                    from[place] = Some((task, window));
                }
            };
            let first = by_from.partition_point(|at| windows[*at].from < task);
            for window in by_from[first..].iter().take_while(|at| windows[**at].from == task) {
                let own = windows[*window];
                reach(own.to, Time::from_ps(end.ps().saturating_add(own.time.ps())), Some(*window));
            }
            for next in self.waiting.of(at) {
                reach(*next, end, None);
                waits[next.index()] -= 1;
                if waits[next.index()] == 0 {
                    ready.push(*next);
                }
            }
        }
        let mut path = Vec::new();
        let mut at = last.map(|(_, task)| task);
        while let Some(task) = at {
            path.push(Leg::Task(task));
            at = from[task.index()].map(|(before, window)| {
                path.extend(window.map(Leg::Window));
                before
            });
        }
        path.reverse();
        path
    }
}
