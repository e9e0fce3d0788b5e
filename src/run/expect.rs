//! Expectations of a scenario held against what came.

use super::{ExpectSpec, ExpectWhat};
use crate::result::{Case, Expectation};
use crate::units::{Bandwidth, Bytes, Time};

/// Holds every expectation against every case that it is about. One that is about no case is not met.
pub(super) fn check(specs: &[ExpectSpec], cases: &[Case]) -> Vec<Expectation> {
    let mut found = Vec::new();
    for spec in specs {
        let before = found.len();
        found.extend(cases.iter().filter(|case| concerns(spec, case)).map(|case| hold(spec, case)));
        if found.len() == before {
            let what = "no case".to_string();
            found.push(Expectation { what, expected: expected(spec), found: "nothing".into(), met: false });
        }
    }
    found
}

fn concerns(spec: &ExpectSpec, case: &Case) -> bool {
    spec.op.is_none_or(|op| op.name() == case.op)
        && spec.algorithm.is_none_or(|algorithm| algorithm.name() == case.requested_algorithm)
        && spec.bytes.is_none_or(|bytes| bytes.get() == case.bytes)
        && spec.engine.is_none_or(|engine| engine.name() == case.engine)
}

fn hold(spec: &ExpectSpec, case: &Case) -> Expectation {
    let rate = |gigabytes: f64| Bandwidth((gigabytes * 8e9).round() as u64);
    let (kind, wanted, got, found) = match spec.what {
        ExpectWhat::Time(time) => {
            let got = Time(case.time_ps);
            ("time", time.ps() as f64, got.ps() as f64, got.to_string())
        }
        ExpectWhat::Algbw(bandwidth) => {
            let got = rate(case.algbw_gbps);
            ("algbw", bandwidth.0 as f64, got.0 as f64, gigabytes(got))
        }
        ExpectWhat::Busbw(bandwidth) => {
            let got = rate(case.busbw_gbps);
            ("busbw", bandwidth.0 as f64, got.0 as f64, gigabytes(got))
        }
    };
    let size = Bytes(case.bytes);
    Expectation {
        what: format!("{} {} {size} {kind} ({})", case.op, case.requested_algorithm, case.engine),
        expected: expected(spec),
        found,
        met: (got - wanted).abs() <= spec.tolerance * wanted,
    }
}

fn expected(spec: &ExpectSpec) -> String {
    let value = match spec.what {
        ExpectWhat::Time(time) => time.to_string(),
        ExpectWhat::Algbw(bandwidth) | ExpectWhat::Busbw(bandwidth) => gigabytes(bandwidth),
    };
    format!("{value} ± {}", tolerance(spec.tolerance))
}

/// A tolerance in percent.
pub(super) fn tolerance(part: f64) -> String {
    format!("{} %", (part * 1e6).round() / 1e4)
}

fn gigabytes(bandwidth: Bandwidth) -> String {
    format!("{:.3} GB/s", bandwidth.bytes_per_sec() / 1e9)
}
