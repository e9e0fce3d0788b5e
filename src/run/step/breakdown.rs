//! Where a lane's time went: every moment of it belongs to one part.

use std::collections::BTreeMap;

use crate::engine::tasks::TaskOutcome;
use crate::units::Time;
use crate::workload::{Part, Purpose, StepGraph, StepTask, Work};

/// Names of parts that are no computation and no collective.
pub(in crate::run) const SLOWDOWN: &str = "slowdown";
pub(in crate::run) const BUBBLE: &str = "bubble";

/// The names of all parts in the order of charts.
pub(in crate::run) fn names() -> Vec<&'static str> {
    let computing = Part::ALL.iter().map(|(name, _)| *name);
    let sending = Purpose::ALL.iter().map(|(name, _)| *name);
    computing.chain([SLOWDOWN]).chain(sending).chain([BUBBLE]).collect()
}

/// The time of a lane up to `end` by part: what its computation took alone, what it was slower for what ran beside it,
/// and while it did not compute, the first of the purposes that it was communicating for, or the bubble.
pub(in crate::run) fn lane(
    graph: &StepGraph,
    outcome: &TaskOutcome,
    lane: u32,
    end: Time,
) -> BTreeMap<&'static str, u64> {
    between(graph, outcome, |task| task.lane == lane, Time::ZERO, end)
}

/// The same of tasks that one thing does one after another, all of them from `begin` to `end`.
pub(in crate::run) fn between(
    graph: &StepGraph,
    outcome: &TaskOutcome,
    own: impl Fn(&StepTask) -> bool,
    begin: Time,
    end: Time,
) -> BTreeMap<&'static str, u64> {
    let mut found: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut computing: Vec<(u64, u64)> = Vec::new();
    let mut sending: Vec<(u64, i64, usize)> = Vec::new();
    for (at, task) in graph.tasks.iter().enumerate().filter(|(_, task)| own(task)) {
        let (start, finish) = (outcome.start[at].ps(), outcome.finish[at].ps());
        match task.work {
            Work::Compute(compute) => {
                computing.push((start, finish));
                let slower = outcome.stretched[at].ps();
                *found.entry(SLOWDOWN).or_default() += slower;
                spread(&mut found, &graph.computes[compute as usize].parts, finish - start - slower);
            }
            Work::Collective { class, .. } => {
                let purpose = graph.classes[class as usize].purpose;
                let place = Purpose::ALL.iter().position(|(_, own)| *own == purpose).unwrap_or(0);
                sending.push((start, 1, place));
                sending.push((finish, -1, place));
            }
        }
    }
    computing.sort_unstable();
    sending.sort_unstable();
    let mut active = [0i64; Purpose::ALL.len()];
    let mut next = 0;
    let mut now = begin.ps();
    let idle = |active: &[i64], from: u64, to: u64, found: &mut BTreeMap<&'static str, u64>| {
        let name = active.iter().position(|count| *count > 0).map_or(BUBBLE, |at| Purpose::ALL[at].0);
        *found.entry(name).or_default() += to - from;
    };
    for (start, finish) in computing.into_iter().chain([(end.ps(), end.ps())]) {
        while now < start {
            let event = sending.get(next).filter(|(time, ..)| *time <= start);
            if let Some((time, change, place)) = event {
                if *time > now {
                    idle(&active, now, *time, &mut found);
                    now = *time;
                }
                active[*place] += change;
                next += 1;
            } else {
                idle(&active, now, start, &mut found);
                now = start;
            }
        }
        now = now.max(finish);
        while let Some((_, change, place)) = sending.get(next).filter(|(time, ..)| *time <= now) {
            active[*place] += change;
            next += 1;
        }
    }
    found
}

/// Divides whole picoseconds in proportion to seconds; what rounding leaves goes to the largest.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "parts of a time"
)]
fn spread(found: &mut BTreeMap<&'static str, u64>, parts: &[(Part, f64)], time: u64) {
    let all: f64 = parts.iter().map(|(_, seconds)| seconds).sum();
    let Some((largest, _)) = parts.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { return };
    let mut left = time;
    for (part, seconds) in parts {
        let own = if all > 0.0 { ((time as f64 * seconds / all).floor() as u64).min(left) } else { 0 };
        left -= own;
        *found.entry(name(*part)).or_default() += own;
    }
    *found.entry(name(*largest)).or_default() += left;
}

fn name(part: Part) -> &'static str {
    Part::ALL.iter().find(|(_, own)| *own == part).map_or("", |(name, _)| name)
}
