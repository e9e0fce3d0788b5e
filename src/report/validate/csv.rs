//! Predictions against measured runs as CSV, columns named as in the JSON.

use serde::Serialize;

use crate::report::csv::write;
use crate::result::Validation;

#[derive(Serialize)]
struct PointLine<'a> {
    id: &'a str,
    generation: &'a str,
    collective: &'a str,
    servers: u32,
    ranks: u32,
    standing: &'a str,
    bytes: u64,
    algorithm: &'a str,
    measured_us: f64,
    predicted_us: f64,
    error_pct: f64,
    #[serde(rename = "measured_busbw_GBps")]
    measured_busbw_gbps: f64,
    #[serde(rename = "predicted_busbw_GBps")]
    predicted_busbw_gbps: f64,
}

const POINT_HEAD: [&str; 13] = [
    "id",
    "generation",
    "collective",
    "servers",
    "ranks",
    "standing",
    "bytes",
    "algorithm",
    "measured_us",
    "predicted_us",
    "error_pct",
    "measured_busbw_GBps",
    "predicted_busbw_GBps",
];

#[derive(Serialize)]
struct FileLine<'a> {
    id: &'a str,
    generation: &'a str,
    collective: &'a str,
    servers: u32,
    ranks: u32,
    library: &'a str,
    profile: &'a str,
    memory: &'a str,
    healthy: &'a str,
    trust: &'a str,
    source: &'a str,
    standing: &'a str,
    points: usize,
    mape_pct: f64,
    bias_pct: f64,
    worst_bytes: u64,
    worst_algorithm: &'a str,
    worst_error_pct: f64,
}

const FILE_HEAD: [&str; 18] = [
    "id",
    "generation",
    "collective",
    "servers",
    "ranks",
    "library",
    "profile",
    "memory",
    "healthy",
    "trust",
    "source",
    "standing",
    "points",
    "mape_pct",
    "bias_pct",
    "worst_bytes",
    "worst_algorithm",
    "worst_error_pct",
];

#[derive(Serialize)]
struct GroupLine<'a> {
    by: &'a str,
    standing: &'a str,
    generation: Option<&'a str>,
    collective: Option<&'a str>,
    servers: Option<u32>,
    sizes: Option<&'a str>,
    files: u32,
    points: u32,
    mape_pct_over_points: f64,
    mape_pct_over_files: f64,
    bias_pct_over_points: f64,
    bias_pct_over_files: f64,
    worst_id: &'a str,
    worst_bytes: u64,
    worst_algorithm: &'a str,
    worst_error_pct: f64,
}

const GROUP_HEAD: [&str; 16] = [
    "by",
    "standing",
    "generation",
    "collective",
    "servers",
    "sizes",
    "files",
    "points",
    "mape_pct_over_points",
    "mape_pct_over_files",
    "bias_pct_over_points",
    "bias_pct_over_files",
    "worst_id",
    "worst_bytes",
    "worst_algorithm",
    "worst_error_pct",
];

#[derive(Serialize)]
struct FoldLine<'a> {
    fold: &'a str,
    standing: &'a str,
    left_out: String,
    points: u32,
    mape_pct_before: f64,
    mape_pct_after: Option<f64>,
    bias_pct_before: f64,
    bias_pct_after: Option<f64>,
    why: Option<&'a str>,
}

const FOLD_HEAD: [&str; 9] = [
    "fold",
    "standing",
    "left_out",
    "points",
    "mape_pct_before",
    "mape_pct_after",
    "bias_pct_before",
    "bias_pct_after",
    "why",
];

/// All points, one line each.
pub fn points(validation: &Validation) -> String {
    let lines = validation.files.iter().flat_map(|file| {
        file.points.iter().map(|point| PointLine {
            id: &file.run.id,
            generation: &file.run.generation,
            collective: &file.run.collective,
            servers: file.run.servers,
            ranks: file.run.ranks,
            standing: file.standing.name(),
            bytes: point.bytes,
            algorithm: &point.algorithm,
            measured_us: point.measured_us,
            predicted_us: point.predicted_us,
            error_pct: point.error_pct(),
            measured_busbw_gbps: file.busbw_gbps(point.bytes, point.measured_us),
            predicted_busbw_gbps: file.busbw_gbps(point.bytes, point.predicted_us),
        })
    });
    write(&POINT_HEAD, lines)
}

/// All files, one line each.
pub fn files(validation: &Validation) -> String {
    let lines = validation.files.iter().map(|file| FileLine {
        id: &file.run.id,
        generation: &file.run.generation,
        collective: &file.run.collective,
        servers: file.run.servers,
        ranks: file.run.ranks,
        library: &file.run.software,
        profile: &file.run.profile,
        memory: &file.run.memory,
        healthy: &file.run.healthy,
        trust: &file.run.trust,
        source: &file.run.source,
        standing: file.standing.name(),
        points: file.points.len(),
        mape_pct: file.mape_pct,
        bias_pct: file.bias_pct,
        worst_bytes: file.worst.bytes,
        worst_algorithm: &file.worst.algorithm,
        worst_error_pct: file.worst.error_pct,
    });
    write(&FILE_HEAD, lines)
}

/// All groups, one line each.
pub fn groups(validation: &Validation) -> String {
    let lines = validation.groups.iter().map(|group| GroupLine {
        by: group.by.name(),
        standing: group.standing.name(),
        generation: group.generation.as_deref(),
        collective: group.collective.as_deref(),
        servers: group.servers,
        sizes: group.sizes.map(|sizes| sizes.name()),
        files: group.files,
        points: group.points,
        mape_pct_over_points: group.mape_pct_over_points,
        mape_pct_over_files: group.mape_pct_over_files,
        bias_pct_over_points: group.bias_pct_over_points,
        bias_pct_over_files: group.bias_pct_over_files,
        worst_id: &group.worst.id,
        worst_bytes: group.worst.bytes,
        worst_algorithm: &group.worst.algorithm,
        worst_error_pct: group.worst.error_pct,
    });
    write(&GROUP_HEAD, lines)
}

/// All folds of the cross-validation, one line each; `None` where none was asked for.
pub fn cross_validation(validation: &Validation) -> Option<String> {
    let lines = validation.cross_validation.as_ref()?.iter().map(|fold| FoldLine {
        fold: &fold.fold,
        standing: fold.standing.name(),
        left_out: fold.left_out.join(" "),
        points: fold.points,
        mape_pct_before: fold.mape_pct_before,
        mape_pct_after: fold.mape_pct_after,
        bias_pct_before: fold.bias_pct_before,
        bias_pct_after: fold.bias_pct_after,
        why: fold.why.as_deref(),
    });
    Some(write(&FOLD_HEAD, lines))
}
