//! How a row divides its step: degrees and micro-batches.

use crate::exchange::step_times::StepRow;

/// Degrees of parallelism, whose product is the number of accelerators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::validate::steps) struct Degrees {
    pub(in crate::validate::steps) tp: u32,
    pub(in crate::validate::steps) pp: u32,
    pub(in crate::validate::steps) cp: u32,
    pub(in crate::validate::steps) dp: u32,
}

impl Degrees {
    /// Of a row on so many accelerators; `cp` is 1 unless told, and `dp` what is left unless told.
    ///
    /// # Errors
    /// Where one is missing, or they do not suit.
    pub(in crate::validate::steps) fn of_row(row: &StepRow, gpus: u32) -> Result<Self, String> {
        let needed = |column: &str| row.count(column).ok_or_else(|| format!("no `{column}`"));
        let (tp, pp, cp) = (needed("tp")?, needed("pp")?, row.count("cp").unwrap_or(1));
        let others = u128::from(tp) * u128::from(pp) * u128::from(cp);
        let rest = u32::try_from(u128::from(gpus) / others).unwrap_or(0);
        let dp = row.count("dp").unwrap_or(rest);
        if u128::from(dp) * others != u128::from(gpus) {
            return Err(format!("tp {tp} x pp {pp} x cp {cp} x dp {dp} is not {gpus} accelerators"));
        }
        Ok(Self { tp, pp, cp, dp })
    }
}

/// Sequences of a micro-batch: as told, or else those of a rank over the number of micro-batches, or else one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive and bounded by the reader"
)]
pub(in crate::validate::steps) fn micro_batch(
    row: &StepRow,
    sequences: u32,
    dp: u32,
    notes: &mut Vec<String>,
) -> u32 {
    let micro = match (row.number("mbs"), row.number("microbatches")) {
        (Some(micro), _) if micro >= 1.0 => micro,
        (_, Some(count)) if count >= 1.0 => (f64::from(sequences) / f64::from(dp) / count).max(1.0),
        _ => {
            notes.push("micro-batches of one sequence".to_owned());
            1.0
        }
    };
    micro.round() as u32
}

/// Stages of a pipeline's rank: 1 unless told, and the most up to 8 that layers allow where a row only knows that there
/// are several.
pub(in crate::validate::steps) fn stages(row: &StepRow, layers: u32, pp: u32) -> u32 {
    match (row.text("vpp"), row.count("vpp")) {
        (Some("?"), _) => 8.min(layers / pp).max(1),
        (_, Some(stages)) => stages,
        _ => 1,
    }
}
