//! A phase as a graph of tasks: a lane for each pipeline rank, and the passes of all groups of sequences.

use super::Served;
use super::pieces::{pieces, sent_on};
use crate::workload::collectives::Purpose;
use crate::workload::constant::Constant;
use crate::workload::graph::{Class, Compute, Emitter, Phase, StepGraph, StepTask, Work};
use crate::workload::layer::Site;
use crate::workload::network::Pattern;
use crate::workload::step::Overlap;

/// How often each group of sequences goes through a pipeline: the second time tells how long a step takes.
pub(super) const ROUNDS: u32 = 2;

/// The passes of a phase as tasks. With one group of sequences there is one pass, of micro-batch 0. With several each group has
/// two: the micro-batch is the group's number, and in the second round that and the number of groups.
///
/// Nothing runs beside a lane's collectives but what overlap says; messages leave a lane free.
pub fn serve_graph(served: &Served<'_>) -> StepGraph {
    let step = &served.step;
    let stages = step.parallel.pp.max(1);
    let site = Site::new(step);
    let beside = step.overlap.tensor || step.overlap.experts;
    let slowdown = if beside { step.constants[Constant::SLOWDOWN] } else { 0.0 };
    let mut emitter = Emitter {
        graph: StepGraph { lanes: stages, slowdown, ..StepGraph::default() },
        overlap: Overlap { pipeline: true, ..step.overlap },
        constants: step.constants,
        open: Vec::new(),
        at: StepTask {
            lane: 0,
            work: Work::Compute(0),
            phase: Phase::Forward,
            micro: 0,
            stage: 0,
            blocks: !beside,
        },
    };
    let stage_pieces: Vec<_> = (0..stages).map(|stage| pieces(served, &site, stage)).collect();
    let rounds = if served.groups > 1 { ROUNDS } else { 1 };
    // What a group's next pass waits for.
    let mut ends: Vec<Vec<u32>> = vec![Vec::new(); served.groups as usize];
    for round in 0..rounds {
        for (group, end) in (0..served.groups).zip(&mut ends) {
            emitter.open.clone_from(end);
            for (stage, pieces) in (0..stages).zip(&stage_pieces) {
                emitter.go(stage, Phase::Forward, round * served.groups + group, stage);
                for piece in pieces {
                    let compute = emitter.compute(Compute { parts: piece.compute.clone() });
                    emitter.block(compute, &piece.uses);
                }
                if let Some(bytes) = sent_on(served, stage) {
                    let class = Class { purpose: Purpose::Pipeline, pattern: Pattern::Send, bytes };
                    emitter.open = vec![emitter.send(class)];
                }
            }
            end.clone_from(&emitter.open);
        }
    }
    emitter.graph
}
