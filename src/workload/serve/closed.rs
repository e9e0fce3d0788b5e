//! A phase's time by closed forms: a token's way through all stages, one after another.

use super::Served;
use super::pieces::{alone, pieces, sent_on};
use crate::workload::collectives::{Moment, Purpose, Use};
use crate::workload::graph::Part;
use crate::workload::layer::Site;
use crate::workload::network::Pattern;

/// Where a phase's time goes, in seconds, as a token sees it. The parts sum to the phase.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ServeTime {
    /// Matrix products of layers.
    pub products: f64,
    /// Attention's core.
    pub attention: f64,
    /// Kernels that only move data.
    pub moved: f64,
    /// Waiting for the host.
    pub host: f64,
    /// Embedding and head.
    pub head: f64,
    /// Tensor-parallel collectives.
    pub tensor: f64,
    /// Exchanges of tokens.
    pub experts: f64,
    /// Messages between stages.
    pub pipeline: f64,
    /// Waiting for a stage that is busy with other sequences.
    pub bubble: f64,
}

impl ServeTime {
    /// The parts with their names, in the order of charts.
    pub const fn parts(&self) -> [(&'static str, f64); 9] {
        [
            ("products", self.products),
            ("attention", self.attention),
            ("moved", self.moved),
            ("host", self.host),
            ("head", self.head),
            ("tensor", self.tensor),
            ("experts", self.experts),
            ("pipeline", self.pipeline),
            ("bubble", self.bubble),
        ]
    }

    /// Seconds of the phase.
    pub fn total(&self) -> f64 {
        self.parts().iter().map(|(_, part)| part).sum()
    }

    /// Seconds of computation.
    pub fn compute(&self) -> f64 {
        self.products + self.attention + self.moved + self.host + self.head
    }

    fn add(&mut self, part: Part, seconds: f64) {
        match part {
            Part::Products => self.products += seconds,
            Part::Attention => self.attention += seconds,
            Part::Moved => self.moved += seconds,
            Part::Host | Part::Again | Part::Optimizer => self.host += seconds,
            Part::Head => self.head += seconds,
        }
    }
}

/// Predicts a phase: of the prefill from a prompt to its first token, of a step from one token to the next.
///
/// A pass goes through all stages. Where sequences go through a pipeline in several groups, a group's next pass waits at the
/// slowest stage until all others have been there.
pub fn serve_time(served: &Served<'_>) -> ServeTime {
    let site = Site::new(&served.step);
    let mut time = ServeTime::default();
    let mut slowest: f64 = 0.0;
    for stage in 0..served.step.parallel.pp.max(1) {
        let before = time.total();
        for piece in pieces(served, &site, stage) {
            for (part, seconds) in piece.compute {
                time.add(part, seconds);
            }
            for found in piece.uses.iter().flatten() {
                let left = alone(served, &site, found);
                match found.purpose {
                    Purpose::Tensor => time.tensor += left,
                    _ => time.experts += left,
                }
            }
        }
        slowest = slowest.max(time.total() - before);
        if let Some(bytes) = sent_on(served, stage) {
            let message =
                Use { purpose: Purpose::Pipeline, pattern: Pattern::Send, bytes, moment: Moment::After };
            time.pipeline += alone(served, &site, &message);
        }
    }
    time.bubble = (f64::from(served.groups) * slowest - time.total()).max(0.0);
    time
}
