//! The points of a calibration as CSV and as curves to draw.

use serde::Serialize;

use crate::report::csv::write;
use crate::report::draw::{MeasuredPoint, MeasuredRun};
use crate::report::number::counted;
use crate::result::{CalibratedLog, Calibration, FittedPoint};

#[derive(Serialize)]
struct PointLine<'a> {
    id: &'a str,
    op: &'a str,
    ranks: u32,
    servers: u32,
    bytes: u64,
    algorithm: &'a str,
    protocol: &'a str,
    measured_us: f64,
    start_us: f64,
    fitted_us: f64,
    start_error_pct: f64,
    fitted_error_pct: f64,
    measured_busbw: f64,
    fitted_busbw: f64,
}

/// All points with their errors as CSV, columns named as in the JSON.
pub fn residuals(calibration: &Calibration) -> String {
    const HEAD: [&str; 14] = [
        "id",
        "op",
        "ranks",
        "servers",
        "bytes",
        "algorithm",
        "protocol",
        "measured_us",
        "start_us",
        "fitted_us",
        "start_error_pct",
        "fitted_error_pct",
        "measured_busbw_GBps",
        "fitted_busbw_GBps",
    ];
    let lines = by_log(calibration).into_iter().flat_map(|(log, points)| {
        points.iter().map(move |point| {
            let (start_error_pct, fitted_error_pct) = point.errors_pct();
            PointLine {
                id: &log.id,
                op: &log.op,
                ranks: log.ranks,
                servers: log.servers,
                bytes: point.bytes,
                algorithm: &point.algorithm,
                protocol: &point.protocol,
                measured_us: point.measured_us,
                start_us: point.start_us,
                fitted_us: point.fitted_us,
                start_error_pct,
                fitted_error_pct,
                measured_busbw: log.busbw_gbps(point.bytes, point.measured_us),
                fitted_busbw: log.busbw_gbps(point.bytes, point.fitted_us),
            }
        })
    });
    write(&HEAD, lines)
}

/// Each log with its own points.
fn by_log(calibration: &Calibration) -> Vec<(&CalibratedLog, &[FittedPoint])> {
    let mut rest = calibration.points.as_slice();
    let mut found = Vec::new();
    for log in &calibration.logs {
        let (own, others) = rest.split_at(rest.len().min(log.errors.points as usize));
        found.push((log, own));
        rest = others;
    }
    found
}

/// Each log as measured and as fitted, to be drawn.
pub fn curves(calibration: &Calibration) -> Vec<MeasuredRun> {
    let curve = |(log, points): (&CalibratedLog, &[FittedPoint])| MeasuredRun {
        id: log.id.clone(),
        facts: format!(
            "{}, {}, {}, {} · marks measured, lines fitted · MAPE {:.1} %, bias {:+.1} %",
            calibration.profile,
            log.op,
            counted(log.servers.into(), "server"),
            counted(log.ranks.into(), "rank"),
            log.errors.mape_pct_after,
            log.errors.bias_pct_after,
        ),
        points: points
            .iter()
            .map(|point| MeasuredPoint {
                bytes: point.bytes,
                algorithm: format!("{} {}", point.algorithm, point.protocol).trim().to_owned(),
                measured_gbps: log.busbw_gbps(point.bytes, point.measured_us),
                predicted_gbps: log.busbw_gbps(point.bytes, point.fitted_us),
            })
            .collect(),
    };
    by_log(calibration).into_iter().map(curve).collect()
}
