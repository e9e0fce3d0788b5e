//! A calibration as a table for a terminal.

use crate::report::number::{counted, significant};
use crate::report::table::{Column, lay_out, number, text};
use crate::result::{CalibratedLog, Calibration, FittedConstant, FittedErrors, FittedPoint};
use crate::stack::PROCESSES;
use crate::units::Bytes;

/// How many constants are named that another is mixed up with.
const NAMED: usize = 3;

/// A constant whose interval spans more than this factor is known only roughly.
const VAGUE: f64 = 2.0;

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
        "determined" => match (constant.low, constant.high) {
            (Some(low), Some(high)) if high > VAGUE * low => {
                format!("roughly, to a factor of {:.1}{limit}", high / low)
            }
            _ => format!("yes{limit}"),
        },
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
            if log.process == PROCESSES[1].0 { "one process a server" } else { "one process an accelerator" };
        notes.push(format!("{}: taken as {}, {one}", log.id, log.place));
    }
    notes.iter().chain(&calibration.notes).map(|note| format!("{note}\n")).collect()
}
