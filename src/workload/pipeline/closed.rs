//! Closed forms of what an order costs: idle time, time of a step, activations kept.
//!
//! Symbols: `p` ranks, `v` stages on each rank, `m` micro-batches; `F`, `B` and `W` are the times of a forward pass, of
//! gradients of activations and of gradients of weights of one stage; `T = F + B + W`. Messages take no time.
//!
//! | schedule | published bubble | reached by the order here |
//! |---|---|---|
//! | 1F1B | `(p - 1) T` | yes, for all `m` and passes |
//! | interleaved | `(p - 1) T`, which is `1/v` of the time of a rank's stages | yes, for all `m >= p` |
//! | ZB-H1 | `(p - 1)(F + B - W)` | yes, for all `m >= p` where `B >= W`; else `(p - 1) F` |
//! | ZB-V | 0 between a rank's first pass and its last | yes, where `F = B = W` and `2m >= 3p - 1`; a step alone takes `(p - 1) F` more than its work, because rank `r` starts at `r F` |
//! | `DualPipe` | `(p/2 - 1)(F&B + (B + W) - 3W)` | yes, where `F = B = W`, `m` is even and at least `2p`, and pairs run as one in `F&B = T` |

use super::super::parallel::Schedule;
use super::{interleaved, place};

/// How long passes of one stage take, in any one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// Forward.
    pub forward: f64,
    /// Gradients of activations.
    pub backward: f64,
    /// Gradients of weights. Where a schedule does not split them, a backward pass takes this and `backward`.
    pub weights: f64,
}

impl Costs {
    /// All passes of a micro-batch through a stage.
    pub fn all(self) -> f64 {
        self.forward + self.backward + self.weights
    }
}

/// How long a rank computes in a step. Under `DualPipe` a micro-batch visits one of a rank's two stages only.
fn work(schedule: Schedule, ranks: u32, chunks: u32, micro_batches: u32, costs: Costs) -> f64 {
    let stages = place::stages(schedule, ranks, chunks);
    f64::from(micro_batches) * f64::from(stages) / f64::from(ranks.max(1)) * costs.all()
}

/// The published bubble: how long a rank is idle in a step of many micro-batches, in the unit of the costs.
///
/// * 1F1B and interleaved: `(p - 1) T` (Narayanan et al., SC'21; costs are those of one of the `v` stages).
/// * ZB-H1: `(p - 1)(F + B - W)`, of which `B - W` is at least 0 (Qi et al., ICLR 2024).
/// * ZB-V: 0, if the next step's passes may start while the last ones of this run (Qi et al.).
/// * `DualPipe`: `(p/2 - 1)(F&B + (B + W) - 3W)` (`DualPipe` README), with `F&B = F + B + W`: nothing gained by pairs.
pub fn bubble(schedule: Schedule, ranks: u32, costs: Costs) -> f64 {
    let Costs { forward, backward, weights } = costs;
    let p = f64::from(ranks.max(1));
    match schedule {
        Schedule::OneForwardOneBackward => (p - 1.0) * costs.all(),
        Schedule::ZeroBubble => (p - 1.0) * (forward + (backward - weights).max(0.0)),
        Schedule::ZeroBubbleV => 0.0,
        Schedule::DualPipe => (p / 2.0 - 1.0).max(0.0) * (costs.all() + backward - 2.0 * weights).max(0.0),
    }
}

/// The published bubble as a fraction of the step's time.
pub fn bubble_fraction(schedule: Schedule, ranks: u32, chunks: u32, micro_batches: u32, costs: Costs) -> f64 {
    let idle = bubble(schedule, ranks, costs);
    let all = idle + work(schedule, ranks, chunks, micro_batches, costs);
    if all > 0.0 { idle / all } else { 0.0 }
}

/// The time of a step alone, from the first pass of any rank to the last of any: work, bubble, and what the published
/// bubble leaves out. In the unit of the costs.
///
/// * 1F1B and interleaved: `(m v + p - 1) T`, and where `m < p` `(p - m)(v - 1) T` more. Exact.
/// * ZB-H1: `m T + (p - 1)(F + max(B - W, 0))`, and where `m < p` `(p - m) min(B, W)` more. Exact.
/// * ZB-V: `2 m T + (p - 1) F`, and where `2m < 3p - 1` `(3p - 1 - 2m) F` more. Exact where `F = B = W`.
/// * `DualPipe`: `m T` and the bubble. Exact where `F = B = W` and `m` is even and at least `2p`, with pairs as one; an
///   odd `m` then takes `2 F` more.
pub fn step_time(schedule: Schedule, ranks: u32, chunks: u32, micro_batches: u32, costs: Costs) -> f64 {
    let Costs { forward, backward, weights } = costs;
    let [p, v, m] = [ranks, chunks, micro_batches].map(f64::from);
    let idle = bubble(schedule, ranks, costs);
    let more = match schedule {
        Schedule::OneForwardOneBackward => (p - m).max(0.0) * (v - 1.0).max(0.0) * costs.all(),
        Schedule::ZeroBubble => (p - m).max(0.0) * backward.min(weights),
        Schedule::ZeroBubbleV => (p - 1.0).max(0.0) * forward + (3.0 * p - 1.0 - 2.0 * m).max(0.0) * forward,
        Schedule::DualPipe => f64::from(micro_batches % 2) * 2.0 * forward,
    };
    work(schedule, ranks, chunks, micro_batches, costs) + idle + more
}

/// The most chunk-micro-batches whose activations a rank keeps: equal to [`super::peak_in_flight`] for 1F1B, interleaved
/// and ZB-H1, and never less for the others.
///
/// * 1F1B: `min(m, p - r)` on rank `r`.
/// * Interleaved: `min(m v, 2(p - 1 - r) + (v - 1) g + 1)`, where `g` is `p` if that divides `m`, and else the size of the
///   largest group, which is less than `2p`.
/// * ZB-H1: `min(m, p)`, as 1F1B on the first rank.
/// * ZB-V: `min(2m, 2p)`, each of half as many layers as one of 1F1B.
/// * `DualPipe`: `min(m, p + 1)`.
pub fn in_flight(schedule: Schedule, ranks: u32, chunks: u32, micro_batches: u32, rank: u32) -> u64 {
    let (p, m) = (u64::from(ranks), u64::from(micro_batches));
    match schedule {
        Schedule::OneForwardOneBackward => interleaved::in_flight(ranks, chunks, micro_batches, rank),
        Schedule::ZeroBubble => p.min(m),
        Schedule::ZeroBubbleV => 2 * p.min(m),
        Schedule::DualPipe => (p + 1).min(m),
    }
}
