//! The points of a calibration as CSV and as curves to draw.

use serde::Serialize;

use crate::report::csv::write;
use crate::result::{
    CalibratedLog, Calibration, FileScore, FittedPoint, PointPrediction, RunFacts, Standing, WorstPoint,
};

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
pub fn curves(calibration: &Calibration) -> Vec<FileScore> {
    let curve = |(log, points): (&CalibratedLog, &[FittedPoint])| {
        let points: Vec<PointPrediction> = points
            .iter()
            .map(|point| PointPrediction {
                bytes: point.bytes,
                algorithm: format!("{} {}", point.algorithm, point.protocol).trim().to_owned(),
                measured_us: point.measured_us,
                predicted_us: point.fitted_us,
            })
            .collect();
        let worst = points.iter().max_by(|a, b| a.error_pct().abs().total_cmp(&b.error_pct().abs()))?;
        Some(FileScore {
            run: RunFacts {
                id: log.id.clone(),
                generation: calibration.profile.clone(),
                collective: log.op.clone(),
                servers: log.servers,
                ranks: log.ranks,
                software: calibration.software.clone(),
                profile: calibration.profile.clone(),
                memory: "device".into(),
                healthy: "yes".into(),
                trust: "A".into(),
                source: log.id.clone(),
                assumed: Vec::new(),
                notes: Vec::new(),
                bus_factor: log.bus_factor,
            },
            standing: Standing::Judged,
            mape_pct: log.errors.mape_pct_after,
            bias_pct: log.errors.bias_pct_after,
            worst: WorstPoint {
                bytes: worst.bytes,
                algorithm: worst.algorithm.clone(),
                error_pct: worst.error_pct(),
            },
            points,
        })
    };
    by_log(calibration).into_iter().filter_map(curve).collect()
}
