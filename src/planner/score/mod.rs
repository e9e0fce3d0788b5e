//! How long steps take on a network that is planned: collectives by the fluid engine on the part of the network that they
//! use, then the tasks of the step.

mod course;
mod folded;
mod footprint;
mod path;
mod player;
mod scorer;
mod shape;
mod site;
mod situation;
mod whole;
mod wiring;

pub use scorer::{Collected, Learnt, Score, Scorer};
pub use shape::{DRAGONFLY, Dragonfly, Shape, TORUS};
pub use situation::{Failure, Situation};
pub use wiring::{Attach, ServerWiring, Wiring};

use std::sync::Arc;

use course::Course;
pub(in crate::planner) use course::domain;
use folded::Outline;
use footprint::Footprint;
use player::Player;

use crate::collective::Op;
use crate::fabric::Fabric;
use crate::input::plan::Situations;
use crate::run::{RunError, RunOptions};
use crate::stack::Stack;
use crate::units::Bytes;
use crate::workload::Workload;

/// A load as it is scored on servers of one sort.
#[derive(Debug, Clone)]
pub enum ScoredLoad {
    /// A training step, divided.
    Step(Arc<Workload>),
    /// A collective of groups of neighbours: the operation, its size, ranks of a group.
    Collective(Op, Bytes, u32),
}

impl Scorer {
    /// Scores loads, each with its weight, of jobs of so many ranks on servers of so many accelerators.
    ///
    /// # Errors
    /// Where a step's pipeline has no order.
    pub fn of_loads(
        loads: &[(f64, ScoredLoad)],
        ranks: u32,
        gpus: u32,
        situations: Situations,
        stack: Option<Stack>,
        options: RunOptions,
    ) -> Result<Self, RunError> {
        let mut courses = Vec::with_capacity(loads.len());
        for (weight, load) in loads {
            let course = match load {
                ScoredLoad::Step(workload) => Course::step(workload.clone(), gpus)?,
                ScoredLoad::Collective(op, bytes, group) => {
                    Some(Course::collective((*op, *bytes), *group, ranks, gpus))
                }
            };
            courses.extend(course.map(|course| (*weight, course)));
        }
        Ok(Self::new(Player::new(stack, options), courses, situations))
    }
}

/// The whole of a small network as a fabric, switches that share traffic evenly as one; `None` where it is none.
pub fn reference(wiring: &Wiring) -> Option<Arc<Fabric>> {
    let all: Vec<(u32, u32)> = (0..wiring.servers)
        .flat_map(|server| (0..wiring.server.gpus).map(move |gpu| (server, gpu)))
        .collect();
    let (print, _) = Footprint::new(wiring, None, &[all], false);
    Outline::new(wiring, None, print.reach)?.fold(&print).map(|folded| folded.fabric)
}
