//! Tasks of a layer's block: computation with the collectives before, beside and after it.

use super::task::{Class, Compute, Part, Phase, StepGraph, StepTask, Work};
use crate::ids::number;
use crate::workload::collectives::{Moment, Use, Uses};
use crate::workload::constant::Constants;
use crate::workload::layer::{Pass, exposed};
use crate::workload::step::Overlap;

/// Makes a graph, a task at a time. Tasks of a lane follow one another through `open`.
pub(in crate::workload) struct Emitter<'a> {
    pub(in crate::workload) graph: StepGraph,
    pub(in crate::workload) overlap: Overlap,
    pub(in crate::workload) constants: &'a Constants,
    /// What the next task waits for.
    pub(in crate::workload) open: Vec<u32>,
    /// Where the next tasks are.
    pub(in crate::workload) at: StepTask,
}

/// The parts of a pass's computation; all of it told as done again where it is.
pub(in crate::workload) fn parts(pass: &Pass, again: bool) -> Compute {
    if again {
        return Compute { parts: vec![(Part::Again, pass.compute())] };
    }
    let parts = [
        (Part::Products, pass.products),
        (Part::Attention, pass.attention),
        (Part::Moved, pass.moved),
        (Part::Host, pass.host),
    ];
    Compute { parts: parts.into_iter().filter(|(_, seconds)| *seconds > 0.0).collect() }
}

impl Emitter<'_> {
    /// The number of a kind of computation.
    pub(in crate::workload) fn compute(&mut self, compute: Compute) -> u32 {
        let known = self.graph.computes.iter().position(|own| *own == compute);
        let at = known.unwrap_or_else(|| {
            self.graph.computes.push(compute);
            self.graph.computes.len() - 1
        });
        number(at)
    }

    /// The number of a kind of collectives.
    pub(in crate::workload) fn class(&mut self, class: Class) -> u32 {
        let known = self.graph.classes.iter().position(|own| *own == class);
        let at = known.unwrap_or_else(|| {
            self.graph.classes.push(class);
            self.graph.classes.len() - 1
        });
        number(at)
    }

    /// Adds a task that waits for others.
    pub(in crate::workload) fn add(&mut self, work: Work, after: &[u32]) -> u32 {
        let id = number(self.graph.tasks.len());
        self.graph.tasks.push(StepTask { work, ..self.at });
        self.graph.after.extend(after.iter().map(|on| (id, *on)));
        id
    }

    /// Computes next.
    pub(in crate::workload) fn computes(&mut self, compute: u32) -> u32 {
        let open = std::mem::take(&mut self.open);
        let id = self.add(Work::Compute(compute), &open);
        self.open = vec![id];
        id
    }

    /// A block: its collectives before, its computation and what is beside that, its collectives after.
    pub(in crate::workload) fn block(&mut self, compute: u32, uses: &Uses) {
        let mut beside = Vec::new();
        let left = |this: &Self, one: &Use| match one.moment {
            Moment::Beside => 0.0,
            _ => exposed(this.overlap, this.constants, one.purpose),
        };
        for one in uses.iter().flatten().filter(|one| one.moment == Moment::Before) {
            let share = left(self, one);
            self.collective(one, share);
        }
        let start = self.open.clone();
        for one in uses.iter().flatten() {
            let share = 1.0 - left(self, one);
            if share > 0.0 {
                let class = self.class_of(one);
                beside.push(self.add(Work::Collective { class, share }, &start));
            }
        }
        self.computes(compute);
        self.open.extend(beside);
        for one in uses.iter().flatten().filter(|one| one.moment == Moment::After) {
            let share = left(self, one);
            self.collective(one, share);
        }
    }

    fn class_of(&mut self, one: &Use) -> u32 {
        self.class(Class { purpose: one.purpose, pattern: one.pattern, bytes: one.bytes })
    }

    /// A part of a collective next.
    fn collective(&mut self, one: &Use, share: f64) {
        if share > 0.0 {
            let class = self.class_of(one);
            let open = std::mem::take(&mut self.open);
            let id = self.add(Work::Collective { class, share }, &open);
            self.open = vec![id];
        }
    }

    /// A collective for data parallelism, of parameters or gradients; nothing where there is nothing to send.
    pub(in crate::workload) fn data(&mut self, class: Class, after: &[u32]) -> Option<u32> {
        if class.bytes <= 0.0 {
            return None;
        }
        let class = self.class(class);
        Some(self.add(Work::Collective { class, share: 1.0 }, after))
    }

    /// A message to another stage: what waits for it waits for this.
    pub(in crate::workload) fn send(&mut self, class: Class) -> u32 {
        let class = self.class(class);
        let open = self.open.clone();
        let blocks = !self.overlap.pipeline;
        let id = self.add(Work::Collective { class, share: 1.0 }, &open);
        self.graph.tasks[id as usize].blocks = blocks;
        id
    }

    /// Moves on to another pass.
    pub(in crate::workload) fn go(&mut self, lane: u32, phase: Phase, micro: u32, stage: u32) {
        self.at = StepTask { lane, phase, micro, stage, ..self.at };
    }
}
