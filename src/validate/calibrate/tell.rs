//! A fit as a result.

use super::super::errors::{Errors, worst};
use super::super::fit::{Constant, Fit, Standing};
use super::model::{Sight, Told};
use super::suit::doubt;
use super::{Machine, Measurement};
use crate::result::{
    CALIBRATE_SCHEMA, CalibratedLog, Calibration, FittedConstant, FittedErrors, FittedPair, FittedPoint,
    SizeBand,
};
use crate::stack::param::{Param, Part, Unit};
use crate::stack::{Profile, Version};

/// The scatter of the logarithm of times above which something else than chance is at work. Quiet machines repeat to 1 or
/// 2 %, and the model misses known ones by 5 to 10 %.
const DISTURBED: f64 = 0.15;

/// Names the fitted profile, and says what it was fitted to.
pub(super) fn name(profile: &mut Profile, start: &Profile, name: &str, measurements: &[Measurement]) {
    name.clone_into(&mut profile.name);
    profile.title = format!("{} fitted to own measurements", start.name);
    let of =
        |m: &Measurement| format!("fitted to {}: {}, {} points", m.id, m.log.op.name(), m.log.points.len());
    profile.sources = vec![format!("what was not fitted is of {}", start.name)];
    profile.sources.extend(measurements.iter().map(of));
}

/// Rounds fitted constants to what is worth keeping in a file: four digits.
pub(super) fn round(fit: &mut Fit) {
    for constant in &mut fit.constants {
        if constant.value.to_bits() != constant.start.to_bits() {
            constant.value = rounded(constant.value);
            fit.profile.set(constant.param, constant.value);
        }
    }
}

fn rounded(value: f64) -> f64 {
    // Through text, so that it is the number nearest to those digits.
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// Everything that was found.
pub(super) fn calibration(
    start: &Profile,
    measurements: &[Measurement],
    sights: &[Sight],
    fit: &Fit,
    told: &[Told],
) -> Calibration {
    let mut points = Vec::new();
    for measurement in measurements {
        for point in &measurement.log.points {
            let at = points.len();
            points.push(FittedPoint {
                id: measurement.id.clone(),
                bytes: point.bytes,
                algorithm: told[at].algorithm.clone(),
                protocol: told[at].protocol.clone(),
                measured_us: point.time_us,
                start_us: fit.before[at],
                fitted_us: told[at].us,
            });
        }
    }
    let mut at = 0;
    let logs = measurements
        .iter()
        .zip(sights)
        .map(|(measurement, sight)| {
            let own = &points[at..at + measurement.log.points.len()];
            at += own.len();
            log(measurement, sight, own)
        })
        .collect();
    let large: Vec<FittedPoint> =
        points.iter().filter(|point| SizeBand::of(point.bytes) == SizeBand::Large).cloned().collect();
    let mut all = vec![errors("all", &points)];
    if !large.is_empty() {
        all.push(errors(SizeBand::Large.name(), &large));
    }
    Calibration {
        schema: CALIBRATE_SCHEMA.into(),
        profile: fit.profile.name.clone(),
        start: start.name.clone(),
        software: start.software.name().into(),
        logs,
        constants: fit.constants.iter().map(constant).collect(),
        pairs: fit
            .pairs
            .iter()
            .map(|pair| FittedPair { a: key(pair.a), b: key(pair.b), correlation: pair.correlation })
            .collect(),
        errors: all,
        scatter_pct: 100.0 * fit.noise,
        degrees_of_freedom: fit.freedom,
        widening: fit.widening,
        rounds: u32::try_from(fit.rounds).unwrap_or(u32::MAX),
        settled: fit.settled,
        notes: notes(start, measurements, sights, fit),
        points,
    }
}

fn log(measurement: &Measurement, sight: &Sight, points: &[FittedPoint]) -> CalibratedLog {
    CalibratedLog {
        id: measurement.id.clone(),
        op: measurement.log.op.name().into(),
        ranks: sight.site.ranks,
        servers: sight.site.servers,
        place: sight.place.clone(),
        version: sight.stack.version.to_string(),
        process: sight.stack.process().into(),
        bus_factor: measurement.log.op.bus_factor(sight.site.ranks),
        errors: errors("all", points),
    }
}

fn errors(sizes: &str, points: &[FittedPoint]) -> FittedErrors {
    const NONE: Errors = Errors { mape_pct: 0.0, bias_pct: 0.0 };
    let (before, after): (Vec<f64>, Vec<f64>) = points.iter().map(FittedPoint::errors_pct).unzip();
    let worst = worst(after.iter().copied(), |error| *error);
    let over = |errors: Vec<f64>| Errors::over(errors).unwrap_or(NONE);
    let (before, after) = (over(before), over(after));
    FittedErrors {
        sizes: sizes.into(),
        points: u32::try_from(points.len()).unwrap_or(u32::MAX),
        mape_pct_before: before.mape_pct,
        mape_pct_after: after.mape_pct,
        bias_pct_before: before.bias_pct,
        bias_pct_after: after.bias_pct,
        worst_pct_after: worst.unwrap_or(0.0),
    }
}

fn key(param: Param) -> String {
    param.spec().key.into()
}

fn constant(constant: &Constant) -> FittedConstant {
    let spec = constant.param.spec();
    let determined = constant.standing == Standing::Determined;
    FittedConstant {
        key: spec.key.into(),
        part: spec.part.name().into(),
        unit: match spec.unit {
            Unit::Time => "us",
            Unit::Rate => "GB/s",
            Unit::Bytes => "B",
            Unit::Fraction | Unit::Count => "",
        }
        .into(),
        start: constant.start,
        value: constant.value,
        standard_error: constant.error.filter(|_| determined),
        low: constant.interval.map(|interval| interval.0),
        high: constant.interval.map(|interval| interval.1),
        standing: constant.standing.name().into(),
        mixed_with: match &constant.standing {
            Standing::Mixed(with) => with.iter().map(|param| key(*param)).collect(),
            _ => Vec::new(),
        },
        at_limit: constant.at_limit,
    }
}

fn notes(start: &Profile, measurements: &[Measurement], sights: &[Sight], fit: &Fit) -> Vec<String> {
    let mut notes = Vec::new();
    for (measurement, sight) in measurements.iter().zip(sights) {
        let (id, log) = (&measurement.id, &measurement.log);
        notes.extend(log.notes.iter().map(|note| format!("{id}: {note}")));
        notes.extend(doubt(measurement));
        for row in &log.skipped {
            notes.push(format!("{id}: left out: {}", row.why));
        }
        let told = log.release.is_some()
            || matches!(&measurement.machine, Machine::Scenario(s) if s.stack.is_some());
        if !told && sight.stack.version == Version::NEWEST {
            notes.push(format!(
                "{id}: the log does not tell the release of the library, {} is taken",
                sight.stack.version
            ));
        }
    }
    let single = sights.iter().any(|sight| sight.site.servers == 1);
    let several = sights.iter().any(|sight| sight.site.servers > 1);
    if !several {
        notes.push(format!(
            "no log is of several servers, so constants of the network remain those of {}",
            start.name
        ));
    }
    let across = fit.constants.iter().any(|constant| match &constant.standing {
        Standing::Mixed(with) => {
            let network = |param: &Param| param.spec().part == Part::Network;
            with.iter().any(|other| network(other) != network(&constant.param))
        }
        _ => false,
    });
    if !single && across {
        notes.push(
            "no log is of one server, which would tell constants of host and server from those of the network".into(),
        );
    }
    // Of a fit that has not settled, the scatter is its own.
    if fit.settled && fit.noise > DISTURBED {
        notes.push(
            "a scatter above 15 % is more than a machine's own: the model does not describe this one, or not this topology"
                .into(),
        );
    }
    if !fit.settled {
        notes.push("the fit ended before it had settled".into());
    }
    notes
}
