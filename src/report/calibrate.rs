//! A calibration as a table for a terminal, as CSV, and as curves to draw.

use serde::Serialize;

use super::csv::write;
use super::number::{counted, significant};
use super::table::{Column, lay_out, number, text};
use crate::result::{
    CalibratedLog, Calibration, FileScore, FittedConstant, FittedErrors, FittedPoint, PointPrediction,
    Standing, WorstPoint,
};
use crate::units::Bytes;

/// How many constants are named that another is mixed up with.
const NAMED: usize = 3;

/// A point is far off where it is off by more than so many times the scatter.
const FAR: f64 = 3.0;
/// How many of them are shown.
const SHOWN: usize = 8;

/// Logs with their errors, constants by part, what is hardly told apart, and notes.
/// `width` is the most columns a line may take; long cells are then wrapped.
pub fn table(calibration: &Calibration, width: Option<u16>) -> String {
    let points = counted(calibration.points.len() as u64, "point");
    let mut out = format!(
        "{}: {} fitted to {} of {}; errors are of time, in percent of what was measured\n",
        calibration.profile,
        calibration.start,
        points,
        counted(calibration.logs.len() as u64, "log"),
    );
    let mut section = |title: &str, body: String| {
        if !body.is_empty() {
            out.push_str(&format!("\n{title}\n{body}"));
        }
    };
    section("logs", logs(calibration, width));
    for (part, title) in [
        ("host", "constants of the host, paid once a collective"),
        ("server", "constants of the server: accelerators and the links between those of one server"),
        ("network", "constants of the network"),
    ] {
        section(title, constants(&calibration.constants, part, width));
    }
    let pairs = calibration.pairs.iter().map(|pair| {
        let other = if pair.correlation < 0.0 { "less" } else { "more" };
        format!(
            "more {} with {other} {} would serve about as well (correlation {:+.2})\n",
            pair.a, pair.b, pair.correlation
        )
    });
    section("hardly told apart", pairs.collect());
    section("points farthest off", farthest(calibration, width));
    section("notes", notes(calibration));
    out
}

fn logs(calibration: &Calibration, width: Option<u16>) -> String {
    let columns = [
        text("log"),
        text("op"),
        number("ranks"),
        number("servers"),
        text("release"),
        number("points"),
        number("MAPE\nstart"),
        number("MAPE\nfitted"),
        number("bias\nstart"),
        number("bias\nfitted"),
        number("worst\nfitted"),
    ];
    let row = |names: [String; 5], errors: &FittedErrors| -> Vec<String> {
        let numbers = [
            errors.points.to_string(),
            format!("{:.1}", errors.mape_pct_before),
            format!("{:.1}", errors.mape_pct_after),
            format!("{:+.1}", errors.bias_pct_before),
            format!("{:+.1}", errors.bias_pct_after),
            format!("{:+.1}", errors.worst_pct_after),
        ];
        names.into_iter().chain(numbers).collect()
    };
    let of_log = |log: &CalibratedLog| {
        let names = [
            log.id.clone(),
            log.op.clone(),
            log.ranks.to_string(),
            log.servers.to_string(),
            log.version.clone(),
        ];
        row(names, &log.errors)
    };
    let of_all = |errors: &FittedErrors| {
        let sizes = if errors.sizes == "all" { "all sizes" } else { ">= 64 MiB" };
        row([sizes.into(), String::new(), String::new(), String::new(), String::new()], errors)
    };
    let rows = calibration.logs.iter().map(of_log).chain(calibration.errors.iter().map(of_all)).collect();
    lay_out(&columns, rows, width)
}

fn constants(all: &[FittedConstant], part: &str, width: Option<u16>) -> String {
    let own: Vec<&FittedConstant> = all.iter().filter(|constant| constant.part == part).collect();
    if own.is_empty() {
        return String::new();
    }
    let columns: [Column; 7] = [
        text("constant"),
        text(""),
        number("start"),
        number("fitted"),
        number("95 % from"),
        number("to"),
        text("known"),
    ];
    let end = |end: Option<f64>| end.map_or_else(|| "-".into(), significant);
    let rows = own
        .into_iter()
        .map(|constant| {
            vec![
                constant.key.clone(),
                constant.unit.clone(),
                significant(constant.start),
                significant(constant.value),
                end(constant.low),
                end(constant.high),
                known(constant),
            ]
        })
        .collect();
    lay_out(&columns, rows, width)
}

/// What is known of a constant, in words.
fn known(constant: &FittedConstant) -> String {
    let limit = if constant.at_limit { ", at its limit" } else { "" };
    let named = &constant.mixed_with[..constant.mixed_with.len().min(NAMED)];
    match constant.standing.as_str() {
        "determined" => format!("yes{limit}"),
        "mixed" if named.is_empty() => format!("no: not told apart from others{limit}"),
        "mixed" => format!("no: not told apart from {}{limit}", named.join(", ")),
        "faint" => format!("no: these times say too little of it{limit}"),
        "unseen" => "no: no time depends on it".into(),
        _ => format!("best of the whole numbers tried{limit}"),
    }
}

/// The points that the fitted constants miss by more than chance, farthest first.
fn farthest(calibration: &Calibration, width: Option<u16>) -> String {
    let off = |point: &FittedPoint| point.errors_pct().1;
    let mut far: Vec<&FittedPoint> =
        calibration.points.iter().filter(|point| off(point).abs() > FAR * calibration.scatter_pct).collect();
    // Equal errors keep the order of the logs.
    far.sort_by(|a, b| off(b).abs().total_cmp(&off(a).abs()));
    far.truncate(SHOWN);
    if far.is_empty() {
        return String::new();
    }
    let columns = [
        text("log"),
        number("size"),
        text("algorithm"),
        text("protocol"),
        number("measured\nus"),
        number("fitted\nus"),
        number("error\n%"),
    ];
    let row = |point: &FittedPoint| {
        vec![
            point.id.clone(),
            Bytes(point.bytes).to_string(),
            point.algorithm.clone(),
            point.protocol.clone(),
            significant(point.measured_us),
            significant(point.fitted_us),
            format!("{:+.1}", off(point)),
        ]
    };
    lay_out(&columns, far.into_iter().map(row).collect(), width)
}

fn notes(calibration: &Calibration) -> String {
    let mut notes = vec![format!(
        "predictions scatter by {:.1} % about what was measured, outliers cut",
        calibration.scatter_pct
    )];
    if calibration.widening > 1.0 {
        notes.push(format!(
            "errors of neighbouring sizes go together, so intervals are {:.1} times as wide",
            calibration.widening.sqrt()
        ));
    }
    for log in &calibration.logs {
        let one =
            if log.process == "per-node" { "one process a server" } else { "one process an accelerator" };
        notes.push(format!("{}: taken as {}, {one}", log.id, log.place));
    }
    notes.iter().chain(&calibration.notes).map(|note| format!("{note}\n")).collect()
}

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
            let busbw = |us: f64| point.bytes as f64 * log.bus_factor / (us * 1e3);
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
                measured_busbw: busbw(point.measured_us),
                fitted_busbw: busbw(point.fitted_us),
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
            id: log.id.clone(),
            generation: calibration.profile.clone(),
            collective: log.op.clone(),
            servers: log.servers,
            ranks: log.ranks,
            library: calibration.library.clone(),
            memory: "device".into(),
            healthy: "yes".into(),
            trust: "A".into(),
            source: log.id.clone(),
            assumed: Vec::new(),
            standing: Standing::Judged,
            bus_factor: log.bus_factor,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{CALIBRATE_SCHEMA, FittedPair};

    fn constant(key: &str, part: &str, standing: &str) -> FittedConstant {
        let determined = standing == "determined";
        FittedConstant {
            key: key.into(),
            part: part.into(),
            unit: if key.starts_with("fraction") { "" } else { "us" }.into(),
            start: 0.8,
            value: 0.7,
            standard_error: determined.then_some(0.01),
            low: determined.then_some(0.68),
            high: determined.then_some(0.72),
            standing: standing.into(),
            mixed_with: if standing == "mixed" { vec!["launch.ll".into()] } else { Vec::new() },
            at_limit: false,
        }
    }

    fn calibration() -> Calibration {
        let errors = FittedErrors {
            sizes: "all".into(),
            points: 2,
            mape_pct_before: 12.5,
            mape_pct_after: 5.5,
            bias_pct_before: -12.5,
            bias_pct_after: 4.5,
            worst_pct_after: 10.0,
        };
        let point = |bytes: u64, fitted_us: f64| FittedPoint {
            id: "one".into(),
            bytes,
            algorithm: "ring".into(),
            protocol: "ll".into(),
            measured_us: 20.0,
            start_us: 17.5,
            fitted_us,
        };
        Calibration {
            schema: CALIBRATE_SCHEMA.into(),
            profile: "mine".into(),
            start: "nccl-hopper".into(),
            library: "nccl".into(),
            logs: vec![CalibratedLog {
                id: "one".into(),
                op: "all-reduce".into(),
                ranks: 8,
                servers: 1,
                place: "8 of the first server of lab".into(),
                version: "2.18".into(),
                process: "per-node".into(),
                bus_factor: 1.75,
                errors: errors.clone(),
            }],
            constants: vec![
                constant("launch.ll", "host", "faint"),
                constant("step.scaleup.ring.ll", "server", "mixed"),
                constant("fraction.scaleup", "server", "determined"),
            ],
            pairs: vec![FittedPair {
                a: "launch.ll".into(),
                b: "step.scaleup.ring.ll".into(),
                correlation: -0.95,
            }],
            errors: vec![errors],
            scatter_pct: 3.0,
            degrees_of_freedom: 1.0,
            widening: 4.0,
            rounds: 3,
            settled: true,
            notes: vec!["a note".into()],
            points: vec![point(1024, 19.8), point(2048, 22.0)],
        }
    }

    #[test]
    fn the_table_tells_what_is_known_and_what_is_not() {
        let expected = "\
mine: nccl-hopper fitted to 2 points of 1 log; errors are of time, in percent of what was measured

logs
log        op          ranks  servers  release  points   MAPE    MAPE   bias    bias   worst
                                                        start  fitted  start  fitted  fitted
one        all-reduce      8        1  2.18          2   12.5     5.5  -12.5    +4.5   +10.0
all sizes                                            2   12.5     5.5  -12.5    +4.5   +10.0

constants of the host, paid once a collective
constant       start  fitted  95 % from  to  known
launch.ll  us  0.800   0.700          -   -  no: these times say too little of it

constants of the server: accelerators and the links between those of one server
constant                  start  fitted  95 % from     to  known
step.scaleup.ring.ll  us  0.800   0.700          -      -  no: not told apart from launch.ll
fraction.scaleup          0.800   0.700      0.680  0.720  yes

hardly told apart
more launch.ll with less step.scaleup.ring.ll would serve about as well (correlation -0.95)

points farthest off
log   size  algorithm  protocol  measured  fitted  error
                                       us      us      %
one  2 KiB  ring       ll           20.00   22.00  +10.0

notes
predictions scatter by 3.0 % about what was measured, outliers cut
errors of neighbouring sizes go together, so intervals are 2.0 times as wide
one: taken as 8 of the first server of lab, one process a server
a note
";
        assert_eq!(table(&calibration(), None), expected);
    }

    #[test]
    fn residuals_and_curves_hold_every_point() {
        let csv = residuals(&calibration());
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].ends_with("fitted_error_pct,measured_busbw_GBps,fitted_busbw_GBps"), "{}", lines[0]);
        assert!(
            lines[2].starts_with("one,all-reduce,8,1,2048,ring,ll,20.0,17.5,22.0,-12.5,"),
            "{}",
            lines[2]
        );
        let curves = curves(&calibration());
        assert_eq!((curves.len(), curves[0].points.len(), curves[0].worst.bytes), (1, 2, 2048));
        assert_eq!(curves[0].points[0].algorithm, "ring ll");
    }
}
