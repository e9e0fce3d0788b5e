//! Which of a model's stages are on which rank.

use super::super::parallel::Schedule;

/// How many stages the model is cut into. Under `DualPipe` there are as many as ranks, and each is there twice.
pub fn stages(schedule: Schedule, ranks: u32, chunks: u32) -> u32 {
    match schedule {
        Schedule::OneForwardOneBackward => ranks.saturating_mul(chunks),
        Schedule::ZeroBubble | Schedule::DualPipe => ranks,
        Schedule::ZeroBubbleV => ranks.saturating_mul(2),
    }
}

/// Which of the model's stages is chunk `chunk` of a rank. Numbers out of range give 0 or the largest number.
///
/// * 1F1B: chunk `c` of rank `r` is stage `c * ranks + r`: each chunk goes once round all ranks.
/// * ZB-H1: rank `r` has stage `r`.
/// * ZB-V: chunk 0 goes down the ranks, chunk 1 comes back up: the last rank has the two in the middle, the first rank
///   has the model's first stage and its last.
/// * `DualPipe`: chunk 0 serves the micro-batches that go down, whose stage `s` is on rank `s`; chunk 1 serves those that
///   go up, whose stage `s` is on rank `ranks - 1 - s`.
pub fn stage(schedule: Schedule, ranks: u32, chunks: u32, rank: u32, chunk: u32) -> u32 {
    let back = match schedule {
        Schedule::ZeroBubbleV => ranks.saturating_mul(2),
        Schedule::DualPipe => ranks,
        Schedule::OneForwardOneBackward | Schedule::ZeroBubble => {
            let chunk = chunk.min(chunks.saturating_sub(1));
            return chunk.saturating_mul(ranks).saturating_add(rank);
        }
    };
    if chunk == 0 { rank } else { back.saturating_sub(1).saturating_sub(rank) }
}

/// The rank that has a stage, and the chunk that it is there: [`stage`] the other way round. `chunk` says which way the
/// micro-batch goes under `DualPipe`, and nothing elsewhere.
pub fn holder(schedule: Schedule, ranks: u32, stage: u32, chunk: u32) -> (u32, u32) {
    let ranks = ranks.max(1);
    match schedule {
        Schedule::OneForwardOneBackward | Schedule::ZeroBubble => (stage % ranks, stage / ranks),
        Schedule::ZeroBubbleV if stage < ranks => (stage, 0),
        Schedule::ZeroBubbleV => (ranks.saturating_mul(2).saturating_sub(1).saturating_sub(stage), 1),
        Schedule::DualPipe if chunk == 0 => (stage, 0),
        Schedule::DualPipe => ((ranks - 1).saturating_sub(stage), chunk),
    }
}
