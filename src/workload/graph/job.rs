//! From a step's graph to a job for the task engine.

use super::task::{Class, StepGraph, Work};
use crate::engine::tasks::{Task, TaskFault, TaskJob, TaskJobBuilder};
use crate::ids::{QueueId, RowId, TaskId};
use crate::units::Time;
use crate::workload::collectives::{Groups, Purpose};
use crate::workload::layer::got;
use crate::workload::network::Pattern;
use crate::workload::step::Step;

/// What a collective of a lane costs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cost {
    /// What passes before anything is sent.
    pub latency: Time,
    /// How long the rest takes alone.
    pub work: Time,
    /// What it takes meanwhile of rows of the network, by their numbers.
    pub demands: Vec<(u32, f64)>,
}

/// The least demand: a collective that takes nothing of a lane takes no row of it.
const LEAST: f64 = 1e-9;

impl StepGraph {
    /// The job: rows of lanes first, then `rows` rows of the network of capacity 1. `costs` tells of each lane and class.
    ///
    /// # Errors
    /// What is wrong with costs that were given, or a circle in a graph that was not made by [`super::graph`].
    pub fn job(&self, rows: u32, costs: &[Vec<Cost>]) -> Result<TaskJob, Vec<TaskFault>> {
        let mut builder = TaskJobBuilder::new();
        let lanes: Vec<RowId> = (0..self.lanes).map(|_| builder.row(1.0)).collect();
        let network: Vec<RowId> = (0..rows).map(|_| builder.row(1.0)).collect();
        let queues: Vec<Vec<QueueId>> = (0..self.lanes)
            .map(|_| (0..=2 * Purpose::ALL.len()).map(|_| builder.queue()).collect())
            .collect();
        let mut demands: Vec<(RowId, f64)> = Vec::new();
        let none = Cost::default();
        for task in &self.tasks {
            let lane = task.lane as usize;
            demands.clear();
            let (latency, work, queue) = match task.work {
                Work::Compute(compute) => {
                    let seconds =
                        self.computes.get(compute as usize).map_or(0.0, |compute| compute.seconds());
                    demands.push((lanes[lane], 1.0));
                    (Time::ZERO, Time::from_secs(seconds), 0)
                }
                Work::Collective { class, share } => {
                    let cost = costs.get(lane).and_then(|own| own.get(class as usize)).unwrap_or(&none);
                    if self.slowdown > LEAST {
                        demands.push((lanes[lane], self.slowdown.min(1.0)));
                    }
                    let taken = cost.demands.iter().filter(|(_, demand)| *demand > LEAST);
                    demands.extend(taken.map(|(row, demand)| (network[*row as usize], demand.min(1.0))));
                    let queue = queue(&self.classes[class as usize]);
                    (part(cost.latency, share), part(cost.work, share), queue)
                }
            };
            let own = queues[lane][queue];
            let both = [own, queues[lane][0]];
            let queues: &[QueueId] = if task.blocks && queue != 0 { &both } else { &both[..1] };
            builder.task(Task::new(work).latency(latency).demands(&demands).queues(queues));
        }
        for (task, on) in &self.after {
            builder.depend(TaskId(*task), TaskId(*on));
        }
        builder.finish()
    }
}

/// The queue of a lane for a class: purposes have one each, and one more for what is reduced, which does not hold up what
/// is gathered ahead.
fn queue(class: &Class) -> usize {
    let place = Purpose::ALL.iter().position(|(_, own)| *own == class.purpose).unwrap_or(0);
    let reduces =
        matches!(class.purpose, Purpose::Shard | Purpose::ExpertData) && class.pattern != Pattern::AllGather;
    1 + place + if reduces { Purpose::ALL.len() } else { 0 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "parts of times that are shorter than 213 days, to the nearest picosecond or a little beside"
)]
fn part(of: Time, share: f64) -> Time {
    if share >= 1.0 { of } else { Time::from_ps((of.ps() as f64 * share.max(0.0)).round() as u64) }
}

/// What collectives cost by the closed forms of a step's network, with what software gets of links: the same on all lanes,
/// and sharing nothing.
pub fn closed_costs(step: &Step<'_>, graph: &StepGraph) -> Vec<Vec<Cost>> {
    let groups = Groups::new(step);
    let of = |class: &Class| {
        let seconds = step.network.time(class.pattern, groups.of(class.purpose), class.bytes);
        Cost { work: Time::from_secs(seconds / got(step.constants, class.purpose)), ..Cost::default() }
    };
    let each: Vec<Cost> = graph.classes.iter().map(of).collect();
    vec![each; graph.lanes as usize]
}
