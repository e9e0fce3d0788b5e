//! What must fit between ranks, model, batch and how a step is divided. The reader of scenarios tells by these rules what
//! is wrong, and the search for a division goes by them: there are no others.

use std::fmt;

use super::model::Model;
use super::parallel::{ContextExchange, Parallel, Schedule, Sharding};
use super::step::Batch;

/// What does not fit. Its text is that of a label: what was found, not what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// Tensor-parallel ranks do not divide a whole of the model.
    Tensor {
        /// Ranks.
        tp: u32,
        /// The whole.
        of: u32,
        /// What it is.
        what: TensorPart,
    },
    /// Context-parallel ranks that exchange heads do not divide them.
    Exchange {
        /// Ranks.
        cp: u32,
        /// Heads of a tensor-parallel rank.
        own: u32,
    },
    /// More stages than layers, embedding and head.
    Stages {
        /// Pipeline ranks.
        pp: u32,
        /// Stages of each.
        vpp: u32,
    },
    /// Experts' ranks without experts.
    NoExperts,
    /// Expert-parallel ranks do not divide the experts.
    Experts {
        /// Ranks.
        ep: u32,
        /// Experts.
        count: u32,
    },
    /// Tensor-parallel ranks of an expert do not divide it.
    ExpertWidth {
        /// Ranks.
        etp: u32,
        /// The inner width of an expert.
        width: u32,
    },
    /// The degrees do not come to the ranks that there are.
    Ranks {
        /// What they come to.
        all: u64,
        /// Ranks that there are.
        ranks: u64,
    },
    /// Experts' ranks do not divide those of a pipeline stage.
    ExpertRanks {
        /// Expert-parallel ranks.
        ep: u32,
        /// Tensor-parallel ranks of an expert.
        etp: u32,
        /// Ranks of a stage.
        stage: u64,
    },
    /// Replicas and micro-batches do not divide the batch.
    Batch {
        /// Data-parallel ranks.
        dp: u32,
        /// Sequences of a micro-batch.
        micro: u32,
        /// Sequences of a step.
        sequences: u32,
    },
    /// Pieces of a ring do not divide the sequence.
    Pieces {
        /// Two for each rank.
        pieces: u64,
        /// Context-parallel ranks.
        cp: u32,
    },
    /// Context-parallel ranks do not divide the sequence.
    Context {
        /// Ranks.
        cp: u32,
    },
    /// Nor do they and the tensor-parallel ranks that divide it further.
    Sequence {
        /// Context-parallel ranks.
        cp: u32,
        /// Tensor-parallel ranks.
        tp: u32,
    },
    /// Several stages on the only pipeline rank.
    NoPipeline {
        /// Stages of a rank.
        vpp: u32,
    },
    /// A schedule other than the plain one without a pipeline.
    NoSchedule,
    /// An odd number of pipeline ranks, which cannot go from both ends.
    Odd {
        /// Pipeline ranks.
        pp: u32,
    },
    /// Stages of a rank that the schedule does not have.
    Chunks {
        /// Stages of a rank.
        vpp: u32,
    },
    /// Groups of sharding do not divide the replicas.
    Shards {
        /// Ranks of a group.
        group: u32,
        /// Replicas.
        replicas: u64,
    },
}

/// What tensor parallelism divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TensorPart {
    /// Heads of queries.
    Heads,
    /// Heads of keys and values.
    KeyHeads,
    /// The inner width of layers.
    Width,
    /// The inner width of experts that every token goes to.
    SharedExperts,
}

impl fmt::Display for Misfit {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Tensor { tp, of, what } => match what {
                TensorPart::Heads => write!(to, "{tp} ranks do not divide its {of} heads"),
                TensorPart::KeyHeads => {
                    write!(to, "{tp} ranks do not divide its {of} heads of keys and values")
                }
                TensorPart::Width => write!(to, "{tp} ranks do not divide the width {of} of its layers"),
                TensorPart::SharedExperts => {
                    write!(to, "{tp} ranks do not divide the width {of} of its shared experts")
                }
            },
            Self::Exchange { cp, own } => {
                write!(to, "{cp} ranks do not divide the {own} heads of a tensor-parallel rank")
            }
            Self::Stages { pp, vpp } if vpp > 1 => {
                write!(to, "{pp} ranks of {vpp} stages are {} stages", u64::from(pp) * u64::from(vpp))
            }
            Self::Stages { pp, .. } => write!(to, "{pp} stages"),
            Self::NoExperts => write!(to, "it has no experts"),
            Self::Experts { ep, count } => write!(to, "{ep} ranks do not divide the {count} experts"),
            Self::ExpertWidth { etp, width } => {
                write!(to, "{etp} ranks do not divide the width {width} of an expert")
            }
            Self::Ranks { all, ranks } => write!(to, "{all} ranks on {ranks} GPUs"),
            Self::ExpertRanks { ep, etp, stage } => {
                let each = u64::from(ep) * u64::from(etp);
                write!(to, "`ep` {ep} x `etp` {etp} = {each} does not divide {stage} ranks")
            }
            Self::Batch { dp, micro, sequences } => {
                let each = u64::from(dp) * u64::from(micro);
                write!(to, "`dp` {dp} x `micro_batch` {micro} = {each} does not divide {sequences} sequences")
            }
            Self::Pieces { pieces, cp } => {
                write!(to, "{pieces} pieces, two for each of {cp} ranks, do not divide it")
            }
            Self::Context { cp } => write!(to, "`cp` {cp} does not divide it"),
            Self::Sequence { cp, tp } => write!(to, "`cp` {cp} x `tp` {tp} does not divide it"),
            Self::NoPipeline { vpp } => write!(to, "{vpp} stages a rank, and one rank: `pp` is 1"),
            Self::NoSchedule => write!(to, "`pp` is 1"),
            Self::Odd { pp } => write!(to, "`pp` is {pp}"),
            Self::Chunks { vpp } => write!(to, "`vpp` is {vpp}"),
            Self::Shards { group, replicas } => {
                write!(to, "groups of {group} do not divide {replicas} replicas")
            }
        }
    }
}

/// Whether a whole is divided.
const fn divides(part: u64, whole: u64) -> bool {
    part > 0 && whole.is_multiple_of(part)
}

fn wide(of: u32) -> u64 {
    u64::from(of)
}

/// Heads and widths of a model over tensor-parallel ranks.
///
/// # Errors
/// The first whole that is not divided.
pub fn tensor(model: &Model, tp: u32) -> Result<(), Misfit> {
    let fault = |of, what| Err(Misfit::Tensor { tp, of, what });
    let (heads, kv_heads) = (model.attention.heads(), model.attention.kv_heads());
    if !divides(wide(tp), wide(heads)) {
        return fault(heads, TensorPart::Heads);
    }
    // Fewer heads of keys and values than ranks are copied.
    if !divides(wide(tp), wide(kv_heads)) && !divides(wide(kv_heads), wide(tp)) {
        return fault(kv_heads, TensorPart::KeyHeads);
    }
    let dense = model.layers > model.sparse_layers();
    if dense && !divides(wide(tp), wide(model.mlp.hidden)) {
        return fault(model.mlp.hidden, TensorPart::Width);
    }
    let shared = model.experts.filter(|experts| experts.shared > 0);
    match shared.map(|experts| experts.hidden).filter(|hidden| !divides(wide(tp), wide(*hidden))) {
        Some(width) => fault(width, TensorPart::SharedExperts),
        None => Ok(()),
    }
}

/// Heads over context-parallel ranks, where those exchange them.
///
/// # Errors
/// Where they are not divided.
pub fn exchange(model: &Model, tp: u32, cp: u32, context: ContextExchange) -> Result<(), Misfit> {
    let own = model.attention.heads() / tp.max(1);
    if context == ContextExchange::AllToAll && !divides(wide(cp), wide(own)) {
        return Err(Misfit::Exchange { cp, own });
    }
    Ok(())
}

/// Layers over stages; embedding and head may each be a stage of their own.
///
/// # Errors
/// Where there are more stages.
pub fn stages(model: &Model, pp: u32, vpp: u32) -> Result<(), Misfit> {
    if wide(pp).saturating_mul(wide(vpp)) > wide(model.layers) + 2 {
        return Err(Misfit::Stages { pp, vpp });
    }
    Ok(())
}

/// Experts over expert-parallel ranks.
///
/// # Errors
/// Where there are none, or they are not divided.
pub fn experts(model: &Model, ep: u32) -> Result<(), Misfit> {
    match model.experts {
        None if ep > 1 => Err(Misfit::NoExperts),
        Some(experts) if !divides(wide(ep), wide(experts.count)) => {
            Err(Misfit::Experts { ep, count: experts.count })
        }
        _ => Ok(()),
    }
}

/// An expert over tensor-parallel ranks of its own.
///
/// # Errors
/// Where there is none, or its width is not divided.
pub fn expert_width(model: &Model, etp: u32) -> Result<(), Misfit> {
    match model.experts {
        None if etp > 1 => Err(Misfit::NoExperts),
        Some(experts) if !divides(wide(etp), wide(experts.hidden)) => {
            Err(Misfit::ExpertWidth { etp, width: experts.hidden })
        }
        _ => Ok(()),
    }
}

/// Data-parallel ranks that are left of all: `None` where the other degrees do not divide them.
pub fn data_ranks(ranks: u64, tp: u32, pp: u32, cp: u32) -> Option<u32> {
    let each = wide(tp).saturating_mul(wide(pp)).saturating_mul(wide(cp));
    if ranks == 0 || !divides(each, ranks) {
        return None;
    }
    u32::try_from(ranks / each).ok()
}

/// Experts' ranks are out of those of a pipeline stage.
///
/// # Errors
/// Where they do not divide them.
pub fn expert_ranks(tp: u32, cp: u32, dp: u32, ep: u32, etp: u32) -> Result<(), Misfit> {
    let stage = wide(tp) * wide(cp) * wide(dp);
    if divides(wide(ep) * wide(etp), stage) { Ok(()) } else { Err(Misfit::ExpertRanks { ep, etp, stage }) }
}

/// Sequences over data-parallel ranks and micro-batches.
///
/// # Errors
/// Where they are not divided.
pub fn batch(sequences: u32, dp: u32, micro: u32) -> Result<(), Misfit> {
    if divides(wide(dp) * wide(micro), wide(sequences)) {
        Ok(())
    } else {
        Err(Misfit::Batch { dp, micro, sequences })
    }
}

/// Tokens over context-parallel ranks, and over tensor-parallel ones where norms are divided along the sequence.
///
/// # Errors
/// Where they are not divided.
pub fn sequence(
    length: u32,
    tp: u32,
    cp: u32,
    context: ContextExchange,
    divided: bool,
) -> Result<(), Misfit> {
    let ring = context == ContextExchange::Ring;
    // A ring gives each rank a piece of the beginning and one of the end, so that causal attention is balanced.
    let pieces = if cp == 1 { 1 } else { wide(cp) * if ring { 2 } else { 1 } };
    if !divides(pieces, wide(length)) {
        return Err(if ring { Misfit::Pieces { pieces, cp } } else { Misfit::Context { cp } });
    }
    if divided && !divides(wide(tp), wide(length) / wide(cp.max(1))) {
        return Err(Misfit::Sequence { cp, tp });
    }
    Ok(())
}

/// A schedule for so many pipeline ranks and stages of each.
///
/// # Errors
/// Where it has no order for them.
pub fn schedule(schedule: Schedule, pp: u32, vpp: u32) -> Result<(), Misfit> {
    if pp <= 1 {
        return match schedule {
            _ if vpp > 1 => Err(Misfit::NoPipeline { vpp }),
            Schedule::OneForwardOneBackward => Ok(()),
            _ => Err(Misfit::NoSchedule),
        };
    }
    match schedule {
        Schedule::DualPipe if !pp.is_multiple_of(2) => Err(Misfit::Odd { pp }),
        Schedule::ZeroBubble | Schedule::DualPipe if vpp > 1 => Err(Misfit::Chunks { vpp }),
        Schedule::ZeroBubbleV if vpp != 2 => Err(Misfit::Chunks { vpp }),
        _ => Ok(()),
    }
}

/// Replicas over the groups within which parameters are sharded.
///
/// # Errors
/// Where they are not divided.
pub fn shards(sharding: Sharding, dp: u32, cp: u32) -> Result<(), Misfit> {
    let replicas = wide(dp) * wide(cp);
    match sharding {
        Sharding::Hybrid(group) if !divides(wide(group), replicas) => Err(Misfit::Shards { group, replicas }),
        _ => Ok(()),
    }
}

/// Whether the closed form of a pipeline's step holds for so many micro-batches: below, a pipeline is not filled, and
/// takes longer than it says. See [`super::pipeline::step_time`].
pub const fn is_filled(schedule: Schedule, pp: u32, vpp: u32, micro_batches: u32) -> bool {
    let (p, m) = (pp as u64, micro_batches as u64);
    match schedule {
        _ if pp <= 1 => true,
        Schedule::OneForwardOneBackward => vpp <= 1 || m >= p,
        Schedule::ZeroBubble => m >= p,
        Schedule::ZeroBubbleV => 2 * m >= 3 * p - 1,
        Schedule::DualPipe => m.is_multiple_of(2) && m >= 2 * p,
    }
}

impl Parallel {
    /// Whether a model and a batch can be divided so over `ranks`.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn check(&self, model: &Model, of: &Batch, ranks: u64) -> Result<(), Misfit> {
        let Self { tp, pp, vpp, cp, dp, ep, etp, .. } = *self;
        if self.ranks() != ranks {
            return Err(Misfit::Ranks { all: self.ranks(), ranks });
        }
        tensor(model, tp)?;
        exchange(model, tp, cp, self.context)?;
        schedule(self.schedule, pp, vpp)?;
        stages(model, pp, vpp)?;
        experts(model, ep)?;
        expert_width(model, etp)?;
        expert_ranks(tp, cp, dp, ep, etp)?;
        batch(of.sequences, dp, of.micro)?;
        sequence(of.length, tp, cp, self.context, self.sequence)?;
        shards(self.sharding, dp, cp)
    }
}
