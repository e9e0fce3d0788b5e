//! Expectations of a step held against what came.

use crate::result::{Expectation, StepResult};
use crate::run::expect::tolerance;
use crate::run::{StepExpectSpec, StepExpectWhat};
use crate::units::Time;

/// Holds every expectation against the step.
pub(super) fn check(specs: &[StepExpectSpec], step: &StepResult) -> Vec<Expectation> {
    specs.iter().map(|spec| hold(spec, step)).collect()
}

fn hold(spec: &StepExpectSpec, step: &StepResult) -> Expectation {
    let percent = |value: f64| format!("{value:.2} %");
    let rate = |value: f64| format!("{value:.1} tokens/s");
    let (what, wanted, got, texts) = match spec.what {
        StepExpectWhat::Time(time) => {
            let got = Time::from_ps(step.step_ps);
            ("step time", time.as_secs(), got.as_secs(), [time.to_string(), got.to_string()])
        }
        StepExpectWhat::TokensPerSecond(wanted) => {
            let got = step.tokens_per_s;
            ("tokens per second", wanted, got, [rate(wanted), rate(got)])
        }
        StepExpectWhat::MfuCausal(wanted) => {
            let (wanted, got) = (wanted * 100.0, step.mfu_causal_percent);
            ("MFU with causal attention", wanted, got, [percent(wanted), percent(got)])
        }
        StepExpectWhat::MfuFull(wanted) => {
            let (wanted, got) = (wanted * 100.0, step.mfu_full_percent);
            ("MFU with full attention", wanted, got, [percent(wanted), percent(got)])
        }
    };
    let [value, found] = texts;
    Expectation {
        what: format!("{what} ({})", step.engine),
        // The tolerance is a part of the value, also where that is in percent.
        expected: format!("{value} ± {} of it", tolerance(spec.tolerance)),
        found,
        met: (got - wanted).abs() <= spec.tolerance * wanted,
    }
}
