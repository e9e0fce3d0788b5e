//! A token's way through a graph that was played: from the end of its group's last pass but one to the end of the last.

use std::collections::BTreeMap;

use crate::engine::tasks::TaskOutcome;
use crate::run::step::{Ran, breakdown};
use crate::units::Time;
use crate::workload::{Served, StepGraph, StepTask, Work};

/// The way of one group.
pub(super) struct Path {
    /// How long it takes.
    pub(super) time: Time,
    /// Where the time goes.
    pub(super) parts: BTreeMap<&'static str, u64>,
    /// How often each class of collectives is on it, and on which lane first.
    pub(super) counts: Vec<(f64, u32)>,
}

/// The last pass of the last group: where there is only one, all of it; else from the end of the same group's pass before.
pub(super) fn path(served: &Served<'_>, ran: &Ran) -> Path {
    let (graph, outcome) = (&ran.graph, &ran.outcome);
    let last = graph.tasks.iter().map(|task| task.micro).max().unwrap_or(0);
    let own = |micro: u32| move |task: &StepTask| task.micro == micro;
    let begin = last.checked_sub(served.groups).map_or(Time::ZERO, |before| end(graph, outcome, own(before)));
    let end = end(graph, outcome, own(last));
    let mut counts = vec![(0.0, 0); graph.classes.len()];
    for task in graph.tasks.iter().filter(|task| task.micro == last) {
        if let Work::Collective { class, share } = task.work
            && let Some(found) = counts.get_mut(class as usize)
        {
            if found.0 == 0.0 {
                found.1 = task.lane;
            }
            found.0 += share;
        }
    }
    Path {
        time: Time::from_ps(end.ps().saturating_sub(begin.ps())),
        parts: breakdown::between(graph, outcome, own(last), begin, end),
        counts,
    }
}

fn end(graph: &StepGraph, outcome: &TaskOutcome, own: impl Fn(&StepTask) -> bool) -> Time {
    let own = graph.tasks.iter().zip(&outcome.finish).filter(|(task, _)| own(task));
    own.map(|(_, finish)| *finish).max().unwrap_or(Time::ZERO)
}
