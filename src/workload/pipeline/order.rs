//! The order of passes of all ranks, and what each pass waits for.

use super::super::parallel::Schedule;
use super::fault::OrderFault;
use super::{dual, interleaved, place, zero_bubble, zero_bubble_v};

/// What a pass computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassKind {
    /// Activations.
    Forward,
    /// Gradients of activations; of weights too where the schedule does not split them.
    Backward,
    /// Gradients of weights, where the schedule splits them.
    Weights,
}

/// A pass of one micro-batch through one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Op {
    /// What it computes.
    pub kind: PassKind,
    /// The micro-batch. Under `DualPipe` the first half, rounded up, goes down, and the others go up.
    pub micro: u32,
    /// Which of the rank's stages.
    pub chunk: u32,
}

impl Op {
    /// A forward pass.
    pub const fn forward(micro: u32, chunk: u32) -> Self {
        Self { kind: PassKind::Forward, micro, chunk }
    }

    /// A backward pass.
    pub const fn backward(micro: u32, chunk: u32) -> Self {
        Self { kind: PassKind::Backward, micro, chunk }
    }

    /// A pass for gradients of weights.
    pub const fn weights(micro: u32, chunk: u32) -> Self {
        Self { kind: PassKind::Weights, micro, chunk }
    }
}

/// In what order each rank of a pipeline does its passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineOrder {
    /// The schedule.
    schedule: Schedule,
    /// Stages on each rank.
    chunks: u32,
    /// Micro-batches of the step.
    micro_batches: u32,
    /// By rank: its passes.
    ranks: Vec<Vec<Op>>,
    /// By rank: positions of forward passes that run as one with what follows.
    pairs: Vec<Vec<u32>>,
}

/// The order of a schedule for so many ranks, stages on each rank (`chunks`) and micro-batches.
///
/// * 1F1B with `chunks` = 1 is `PipeDream`-flush; with more it is Megatron-LM's interleaved order.
/// * ZB-H1 (`chunks` = 1), ZB-V and `DualPipe` (`chunks` = 2) are the published constructions.
///
/// Takes time and memory in proportion to the passes, of at least `2 * ranks` micro-batches for ZB-V and `DualPipe`.
///
/// # Errors
/// All that is wrong with the counts.
pub fn order(
    schedule: Schedule,
    ranks: u32,
    chunks: u32,
    micro_batches: u32,
) -> Result<PipelineOrder, Vec<OrderFault>> {
    let faults = faults(schedule, ranks, chunks, micro_batches);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut order = PipelineOrder { schedule, chunks, micro_batches, ranks: Vec::new(), pairs: Vec::new() };
    for rank in 0..ranks {
        let (passes, pairs) = match schedule {
            Schedule::OneForwardOneBackward => {
                (interleaved::passes(ranks, chunks, micro_batches, rank), Vec::new())
            }
            Schedule::ZeroBubble => (zero_bubble::passes(ranks, micro_batches, rank), Vec::new()),
            Schedule::ZeroBubbleV => (zero_bubble_v::passes(ranks, micro_batches, rank), Vec::new()),
            Schedule::DualPipe => dual::passes(ranks, micro_batches, rank),
        };
        order.ranks.push(passes);
        order.pairs.push(pairs);
    }
    Ok(order)
}

/// What is wrong with the counts.
fn faults(schedule: Schedule, ranks: u32, chunks: u32, micro_batches: u32) -> Vec<OrderFault> {
    let mut faults = Vec::new();
    for (count, what) in [(ranks, "ranks"), (chunks, "stages a rank"), (micro_batches, "micro-batches")] {
        if count == 0 {
            faults.push(OrderFault::None(what));
        }
    }
    let expected = match schedule {
        Schedule::OneForwardOneBackward => None,
        Schedule::ZeroBubble => Some((1, "1 stage")),
        Schedule::ZeroBubbleV | Schedule::DualPipe => Some((2, "2 stages")),
    };
    if let Some((count, expected)) = expected
        && chunks > 0
        && chunks != count
    {
        faults.push(OrderFault::Chunks { schedule: schedule.name(), expected, found: chunks });
    }
    if schedule == Schedule::DualPipe && ranks % 2 == 1 {
        faults.push(OrderFault::Odd { schedule: schedule.name(), found: ranks });
    }
    let [p, v, m] = [ranks, chunks, micro_batches].map(u128::from);
    let passes = match schedule {
        Schedule::OneForwardOneBackward => 2 * p * v * m,
        Schedule::ZeroBubble => 3 * p * m,
        Schedule::ZeroBubbleV => 6 * p * m.max(2 * p),
        Schedule::DualPipe => 3 * p * m.max(2 * p),
    };
    if passes > u128::from(u32::MAX) {
        faults.push(OrderFault::TooMany { ranks, micro_batches, passes });
    }
    faults
}

impl PipelineOrder {
    /// The schedule.
    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// How many ranks there are.
    pub fn ranks(&self) -> u32 {
        // An order has at most `u32::MAX` passes, and each rank has some.
        u32::try_from(self.ranks.len()).unwrap_or(u32::MAX)
    }

    /// Stages on each rank.
    pub fn chunks(&self) -> u32 {
        self.chunks
    }

    /// Micro-batches of the step.
    pub fn micro_batches(&self) -> u32 {
        self.micro_batches
    }

    /// Stages that the model is cut into.
    pub fn stages(&self) -> u32 {
        place::stages(self.schedule, self.ranks(), self.chunks)
    }

    /// A rank's passes, first to last; none where there is no such rank.
    pub fn of(&self, rank: u32) -> &[Op] {
        self.ranks.get(rank as usize).map_or(&[], Vec::as_slice)
    }

    /// Positions in [`Self::of`] of forward passes that run as one with what follows them: a backward pass of another
    /// micro-batch, and its weights. `DualPipe` only, which hides the messages of one behind the computation of the other.
    pub fn pairs(&self, rank: u32) -> &[u32] {
        self.pairs.get(rank as usize).map_or(&[], Vec::as_slice)
    }

    /// Which of the model's stages a chunk of a rank is: see [`place::stage`].
    pub fn stage(&self, rank: u32, chunk: u32) -> u32 {
        place::stage(self.schedule, self.ranks(), self.chunks, rank, chunk)
    }

    /// Whether gradients of weights are passes of their own.
    pub fn splits_weights(&self) -> bool {
        self.schedule != Schedule::OneForwardOneBackward
    }

    /// What a pass of a rank waits for, beside those before it in the rank's list: passes, and the ranks that do them.
    ///
    /// * Forward: the forward pass of the stage before.
    /// * Backward: its own forward pass, which its rank has done before, and the backward pass of the stage after.
    /// * Weights: its own backward pass, which its rank has done before.
    pub fn waits_for(&self, rank: u32, op: Op) -> impl Iterator<Item = (u32, Op)> + use<> {
        let stage = self.stage(rank, op.chunk);
        let (ranks, schedule, last) = (self.ranks(), self.schedule, self.stages().saturating_sub(1));
        let at = move |stage: u32, kind: PassKind| {
            let (rank, chunk) = place::holder(schedule, ranks, stage, op.chunk);
            (rank, Op { kind, micro: op.micro, chunk })
        };
        let own = |kind: PassKind| (rank, Op { kind, ..op });
        let both = match op.kind {
            PassKind::Forward => [None, stage.checked_sub(1).map(|before| at(before, PassKind::Forward))],
            PassKind::Backward => {
                [Some(own(PassKind::Forward)), (stage < last).then(|| at(stage + 1, PassKind::Backward))]
            }
            PassKind::Weights => [Some(own(PassKind::Backward)), None],
        };
        both.into_iter().flatten()
    }
}

/// The most chunk-micro-batches whose activations a rank keeps at once. They are kept from the forward pass to the last
/// pass that uses them: the pass for weights where there is one, else the backward pass.
pub fn peak_in_flight(order: &PipelineOrder, rank: u32) -> u32 {
    let end = if order.splits_weights() { PassKind::Weights } else { PassKind::Backward };
    let (mut kept, mut peak) = (0u32, 0);
    for op in order.of(rank) {
        if op.kind == PassKind::Forward {
            kept += 1;
            peak = peak.max(kept);
        } else if op.kind == end {
            kept = kept.saturating_sub(1);
        }
    }
    peak
}
