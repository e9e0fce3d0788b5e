//! Collectives of all lanes, of which most are copies of one another.

use rayon::prelude::*;

use super::PlayedGroups;
use crate::ids::number;
use crate::run::RunError;
use crate::units::Time;
use crate::workload::{Cost, StepGraph, Work};

/// Lanes of which collectives are played to see whether all lanes stand alike.
const LOOKED_AT: usize = 4;

/// Plays a class on a lane.
type Player<'a> = dyn Fn(u32, u32) -> Result<Option<PlayedGroups>, RunError> + Sync + 'a;

/// Plays every class of collectives on every lane. Where some lanes come to the same, first, last and in between, the
/// others are taken to as well: lanes are mostly shifted copies of one another. They use copies of one lane's links, so
/// that collectives of a lane share links there too, but not with other lanes.
///
/// # Errors
/// Those of `play`.
pub fn on_lanes(graph: &StepGraph, play: &Player<'_>) -> Result<Vec<Vec<Option<PlayedGroups>>>, RunError> {
    let used = used(graph);
    let lanes = graph.lanes as usize;
    let wanted: Vec<(usize, usize)> = (0..lanes)
        .flat_map(|lane| (0..graph.classes.len()).map(move |class| (lane, class)))
        .filter(|(lane, class)| used[*lane][*class])
        .collect();
    let one = |(lane, class): (usize, usize)| play(number(lane), number(class));
    let mut found: Vec<Vec<Option<PlayedGroups>>> = vec![vec![None; graph.classes.len()]; lanes];
    let sample = sample(lanes);
    let (first, rest): (Vec<_>, Vec<_>) = wanted.iter().copied().partition(|(lane, _)| sample.contains(lane));
    let played: Vec<Option<PlayedGroups>> = first.par_iter().map(|at| one(*at)).collect::<Result<_, _>>()?;
    for ((lane, class), played) in first.iter().zip(played) {
        found[*lane][*class] = played;
    }
    // Of each class that is the same wherever it was looked at, one lane stands for the others.
    let alike: Vec<Option<PlayedGroups>> = (0..graph.classes.len())
        .map(|class| {
            // A lane in between stands for the others, before those at the ends.
            let lanes = sample.iter().skip(1).chain(&sample[..1]);
            let mut seen = lanes.filter_map(|lane| found[*lane][class].as_ref());
            let first = seen.next()?;
            let same = |other: &PlayedGroups| (other.time, other.latency) == (first.time, first.latency);
            seen.all(same).then(|| first.clone())
        })
        .collect();
    let (copied, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(_, class)| alike[*class].is_some());
    for (lane, class) in copied {
        let copy = number(lane).saturating_add(1);
        found[lane][class] = alike[class].clone().map(|played| PlayedGroups { copy, ..played });
    }
    let played: Vec<Option<PlayedGroups>> = rest.par_iter().map(|at| one(*at)).collect::<Result<_, _>>()?;
    for ((lane, class), played) in rest.iter().zip(played) {
        found[*lane][*class] = played;
    }
    Ok(found)
}

/// The lanes that are looked at first.
pub(super) fn sample(lanes: usize) -> Vec<usize> {
    (0..LOOKED_AT).map(|at| at * (lanes - 1) / (LOOKED_AT - 1)).collect()
}

/// Which classes of collectives each lane uses.
pub(super) fn used(graph: &StepGraph) -> Vec<Vec<bool>> {
    let mut used = vec![vec![false; graph.classes.len()]; graph.lanes as usize];
    for task in &graph.tasks {
        if let Work::Collective { class, .. } = task.work {
            used[task.lane as usize][class as usize] = true;
        }
    }
    used
}

/// What a collective that was played costs a task.
pub(super) fn cost(played: &PlayedGroups, demands: Vec<(u32, f64)>) -> Cost {
    Cost { latency: played.latency, work: Time::from_ps(played.time.ps() - played.latency.ps()), demands }
}
