//! ZB-V: each rank has two stages, in the shape of a V, and no bubble between its first pass and its last.
//!
//! Source: Qi et al., "Zero Bubble Pipeline Parallelism" (ICLR 2024), section 6, in the published construction for passes
//! that take equally long. It is made for at least `2 * ranks - 1` micro-batches, which fill the pipeline.

use super::order::Op;

/// A rank's passes as they are added: each kind and chunk takes its micro-batches in order.
struct Passes {
    /// How many micro-batches there are; passes of others are left out.
    micro_batches: u32,
    passes: Vec<Op>,
    /// By chunk: the next micro-batch of each kind.
    forward: [u32; 2],
    backward: [u32; 2],
    weights: [u32; 2],
}

impl Passes {
    fn push(&mut self, op: Op) {
        if op.micro < self.micro_batches {
            self.passes.push(op);
        }
    }

    fn forward(&mut self, chunk: u8) {
        let micro = next(&mut self.forward, chunk);
        self.push(Op::forward(micro, u32::from(chunk)));
    }

    fn backward(&mut self, chunk: u8) {
        let micro = next(&mut self.backward, chunk);
        self.push(Op::backward(micro, u32::from(chunk)));
    }

    fn weights(&mut self, chunk: u8) {
        let micro = next(&mut self.weights, chunk);
        self.push(Op::weights(micro, u32::from(chunk)));
    }

    fn backward_and_weights(&mut self, chunk: u8) {
        self.backward(chunk);
        self.weights(chunk);
    }
}

/// The next micro-batch of a chunk.
fn next(counts: &mut [u32; 2], chunk: u8) -> u32 {
    let [down, up] = counts;
    let count = if chunk == 0 { down } else { up };
    *count += 1;
    *count - 1
}

/// The passes of a rank.
pub(super) fn passes(ranks: u32, micro_batches: u32, rank: u32) -> Vec<Op> {
    let full = micro_batches.max(2 * ranks - 1);
    let from_tip = ranks - rank;
    let mut passes = Passes {
        micro_batches,
        passes: Vec::with_capacity(6 * micro_batches as usize),
        forward: [0; 2],
        backward: [0; 2],
        weights: [0; 2],
    };
    // Down until the first micro-batch is back from the tip of the V, then down and up in turn until it is at the end.
    for _ in 0..2 * from_tip - 1 {
        passes.forward(0);
    }
    for _ in 0..rank {
        passes.forward(1);
        passes.forward(0);
    }
    // Gradients come back through chunk 1 first, and take until here to be round the tip.
    for _ in 0..from_tip {
        passes.forward(1);
        passes.backward_and_weights(1);
    }
    let [_, mut up] = passes.forward;
    let [mut down, _] = passes.forward;
    while up < full {
        if down < full {
            passes.forward(0);
            down += 1;
        }
        passes.backward_and_weights(0);
        passes.forward(1);
        passes.backward_and_weights(1);
        up += 1;
    }
    // At the end passes for weights fill the gaps between the gradients that come in.
    for _ in 0..rank {
        passes.backward(0);
        passes.backward(1);
    }
    for _ in 0..from_tip {
        passes.backward_and_weights(0);
    }
    for chunk in [1, 0] {
        while passes.weights[usize::from(chunk)] < passes.backward[usize::from(chunk)] {
            passes.weights(chunk);
        }
    }
    passes.passes
}
