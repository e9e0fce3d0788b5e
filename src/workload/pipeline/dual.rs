//! `DualPipe`: micro-batches from both ends at once, each rank with a stage for each way.
//!
//! Source: DeepSeek-V3 technical report, section 3.2.1, and the published `DualPipe` (`dualpipe.py`), whose eight parts
//! are followed one by one. It is made for an even number of micro-batches, at least `2 * ranks`.
//!
//! In the middle part a forward pass of one way runs as one with a backward pass of the other way and its weights. Where
//! one of the two does not exist because there are fewer micro-batches, the other runs alone.

use std::collections::VecDeque;

use super::order::Op;

/// A rank's passes as they are added. Ways are named as the rank sees them: `near` comes from the end of the pipeline
/// that is closer to the rank, `far` from the other.
struct Passes {
    /// By chunk: the first micro-batch that goes this way, and how many go this way; passes of others are left out.
    ways: [(u32, u32); 2],
    passes: Vec<Op>,
    pairs: Vec<u32>,
    /// By chunk: the next micro-batch of each kind.
    forward: [u32; 2],
    backward: [u32; 2],
    /// Passes for weights that were put off, as turn and chunk.
    late: VecDeque<(u32, usize)>,
    /// The chunk that serves the near way: 1 in the second half of the ranks.
    near: usize,
}

/// From which end a micro-batch comes, as a rank sees it.
#[derive(Clone, Copy)]
enum Way {
    Near,
    Far,
}

impl Passes {
    fn chunk(&self, way: Way) -> usize {
        match way {
            Way::Near => self.near,
            Way::Far => 1 - self.near,
        }
    }

    /// The pass of a turn of a way, if it exists.
    fn pass(&self, make: fn(u32, u32) -> Op, turn: u32, chunk: usize) -> Option<Op> {
        let (first, count) = self.ways[chunk];
        (turn < count).then(|| make(first + turn, u32::from(chunk == 1)))
    }

    fn forward(&mut self, way: Way) -> bool {
        let chunk = self.chunk(way);
        let op = self.pass(Op::forward, self.forward[chunk], chunk);
        self.forward[chunk] += 1;
        self.passes.extend(op);
        op.is_some()
    }

    /// A backward pass; its weights follow, or are put off.
    fn backward(&mut self, way: Way, put_off: bool) -> bool {
        let chunk = self.chunk(way);
        let turn = self.backward[chunk];
        let op = self.pass(Op::backward, turn, chunk);
        self.backward[chunk] += 1;
        self.passes.extend(op);
        if put_off {
            self.late.push_back((turn, chunk));
        } else {
            self.passes.extend(self.pass(Op::weights, turn, chunk));
        }
        op.is_some()
    }

    /// The pass for weights that was put off longest.
    fn weights(&mut self) {
        if let Some((turn, chunk)) = self.late.pop_front() {
            self.passes.extend(self.pass(Op::weights, turn, chunk));
        }
    }

    /// A forward pass of one way, and a backward pass of the other with its weights, as one.
    fn both(&mut self, forward: Way, backward: Way) {
        let at = self.passes.len();
        let forward = self.forward(forward);
        let backward = self.backward(backward, false);
        if forward && backward {
            // A pipeline has at most `u32::MAX` passes.
            self.pairs.extend(u32::try_from(at));
        }
    }
}

/// How many micro-batches go down; the others go up.
fn down(micro_batches: u32) -> u32 {
    micro_batches.div_ceil(2)
}

/// The passes of a rank, and the positions of those that run as one with what follows.
pub(super) fn passes(ranks: u32, micro_batches: u32, rank: u32) -> (Vec<Op>, Vec<u32>) {
    let half = ranks / 2;
    let from_end = rank.min(ranks - 1 - rank);
    let from_middle = half - 1 - from_end;
    let each_way = down(micro_batches).max(ranks);
    let down = down(micro_batches);
    let mut passes = Passes {
        ways: [(0, down), (down, micro_batches - down)],
        passes: Vec::with_capacity(3 * micro_batches as usize),
        pairs: Vec::new(),
        forward: [0; 2],
        backward: [0; 2],
        late: VecDeque::new(),
        near: usize::from(rank >= half),
    };
    use Way::{Far, Near};
    // 1. Until the first micro-batch of the far end is here.
    for _ in 0..2 * from_middle {
        passes.forward(Near);
    }
    // 2. Both ways in turn.
    for _ in 0..=from_end {
        passes.forward(Near);
        passes.forward(Far);
    }
    // 3. The first gradients are here before the pipeline is full: weights fill it.
    for _ in 0..from_middle {
        passes.backward(Far, true);
        passes.weights();
        passes.forward(Far);
    }
    // 4. The main part. The ranks in the middle do not run the first two passes as one: the others wait for them.
    for turn in 0..each_way - ranks + from_end + 1 {
        if turn == 0 && from_middle == 0 {
            passes.forward(Near);
            passes.backward(Far, false);
        } else {
            passes.both(Near, Far);
        }
        passes.both(Far, Near);
    }
    // 5. Nothing more comes from the near end.
    for _ in 0..from_middle {
        passes.backward(Far, false);
        passes.both(Far, Near);
    }
    // 6. Nothing more comes at all. In the second half weights are put off.
    for turn in 0..2 * (from_end + 1) {
        let way = if turn % 2 == 0 { Far } else { Near };
        passes.backward(way, turn > from_end);
    }
    // 7. Weights fill the gaps between the last gradients.
    for _ in 0..from_middle {
        passes.weights();
        passes.backward(Near, true);
    }
    // 8. The weights that are left.
    while !passes.late.is_empty() {
        passes.weights();
    }
    (passes.passes, passes.pairs)
}
