//! A file as it is drawn.

use crate::report::draw::{MeasuredPoint, MeasuredRun};
use crate::report::number::counted;
use crate::result::FileScore;

/// A file as measured and as predicted, to be drawn.
pub fn curve(file: &FileScore) -> MeasuredRun {
    let (generation, profile) = (&file.run.generation, &file.run.profile);
    let of = if generation == profile { profile.clone() } else { format!("{generation} by {profile}") };
    let rate = |bytes: u64, time: f64| file.busbw_gbps(bytes, time);
    MeasuredRun {
        id: file.run.id.clone(),
        facts: format!(
            "{of}, {}, {}, {} · marks measured, lines predicted · MAPE {:.1} %, bias {:+.1} %",
            file.run.collective,
            counted(file.run.servers.into(), "server"),
            counted(file.run.ranks.into(), "rank"),
            file.mape_pct,
            file.bias_pct,
        ),
        points: file
            .points
            .iter()
            .map(|point| MeasuredPoint {
                bytes: point.bytes,
                algorithm: point.algorithm.clone(),
                measured_gbps: rate(point.bytes, point.measured_us),
                predicted_gbps: rate(point.bytes, point.predicted_us),
            })
            .collect(),
    }
}
