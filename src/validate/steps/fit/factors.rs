//! What a fit found, as factors of accelerators and of generations of software.

use std::collections::BTreeMap;

use super::{Free, Level};
use crate::validate::steps::Catalogue;
use crate::workload::{Constant, Factors, Format, Scope};

/// Factors nearer to 1 than that are none.
const NOTHING: f64 = 5e-4;

/// A fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The free factors.
    pub free: Vec<Free>,
    /// Their logarithms.
    pub at: Vec<f64>,
    /// Predicted seconds of all cases.
    pub predicted: Vec<f64>,
}

/// Logarithms of factors by where they hold: family and format.
type Logs = BTreeMap<(Option<String>, Option<Format>), BTreeMap<Constant, f64>>;

impl Fitted {
    /// The catalogue with its factors replaced by those found: those of families and accelerators are the
    /// accelerators' own, also of accelerators of a family that had no row; all others are those of software. Factors are
    /// rounded to four digits, and those of one file and scope are one.
    pub fn apply(&self, catalogue: &Catalogue) -> Catalogue {
        let mut catalogue = catalogue.clone().without_factors();
        for accelerator in &mut catalogue.accelerators {
            let (name, family) = (&accelerator.name, &accelerator.like);
            let logs = self.logs(|level| match level {
                Level::Family(own) if own == family => Some((None, None)),
                Level::Accelerator(own) if own == name => Some((None, None)),
                Level::Format(own, format) if own == family => Some((None, Some(*format))),
                _ => None,
            });
            accelerator.factors = factors(logs);
        }
        for software in &mut catalogue.software {
            let logs = self.logs(|level| match level {
                Level::Software(own) if *own == software.name => Some((None, None)),
                Level::SoftwareFamily(own, family) if *own == software.name => {
                    Some((Some(family.clone()), None))
                }
                Level::SoftwareFormat(own, family, format) if *own == software.name => {
                    Some((Some(family.clone()), Some(*format)))
                }
                _ => None,
            });
            software.factors = factors(logs);
        }
        catalogue
    }

    fn logs(&self, scope: impl Fn(&Level) -> Option<(Option<String>, Option<Format>)>) -> Logs {
        let mut logs = Logs::new();
        for (free, log) in self.free.iter().zip(&self.at) {
            if let Some(scope) = scope(&free.level) {
                *logs.entry(scope).or_default().entry(free.constant).or_default() += log;
            }
        }
        logs
    }
}

fn factors(logs: Logs) -> Vec<Factors> {
    let of = |((accelerator, format), logs): ((Option<String>, Option<Format>), BTreeMap<Constant, f64>)| {
        let factors = logs.into_iter().map(|(constant, log)| (constant, rounded(log.exp())));
        let factors: Vec<(Constant, f64)> =
            factors.filter(|(_, factor)| (factor - 1.0).abs() >= NOTHING).collect();
        (!factors.is_empty()).then_some(Factors { scope: Scope { accelerator, format }, factors })
    };
    logs.into_iter().filter_map(of).collect()
}

/// The number with four significant digits.
fn rounded(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_have_four_digits() {
        let numbers = [1.234_56, 0.001_234_56, 12.345_6, 0.999_96];
        assert_eq!(numbers.map(rounded), [1.235, 0.001_235, 12.35, 1.0]);
    }

    #[test]
    fn levels_go_to_the_files_that_they_belong_to() {
        let start = Catalogue::built_in();
        let free = |level, constant| Free { constant, level };
        let fitted = Fitted {
            free: vec![
                free(Level::Family("h100".into()), Constant::GEMM),
                free(Level::Accelerator("h200".into()), Constant::GEMM),
                free(Level::Format("h100".into(), Format::Fp8), Constant::CAST),
                free(Level::Software("maxtext".into()), Constant::TP),
                free(Level::SoftwareFamily("maxtext".into(), "tpu".into()), Constant::TP),
                free(Level::Software("maxtext".into()), Constant::DP),
            ],
            at: vec![0.1, 0.2, 0.3, 0.4, 0.5, 1e-5],
            predicted: Vec::new(),
        };
        let applied = fitted.apply(&start);
        let accelerator =
            |name: &str| &applied.accelerators.iter().find(|own| own.name == name).unwrap().factors;
        let everywhere =
            |constant, factor| Factors { scope: Scope::default(), factors: vec![(constant, factor)] };
        let narrow = Factors {
            scope: Scope { accelerator: None, format: Some(Format::Fp8) },
            factors: vec![(Constant::CAST, 1.35)],
        };
        assert_eq!(*accelerator("h100"), [everywhere(Constant::GEMM, 1.105), narrow.clone()]);
        assert_eq!(*accelerator("h200"), [everywhere(Constant::GEMM, 1.35), narrow.clone()]);
        assert_eq!(accelerator("h800"), accelerator("h100"), "it is of the family and has no rows");
        assert_eq!(*accelerator("b200"), []);
        let maxtext = applied.software.iter().find(|own| own.name == "maxtext").unwrap();
        let on_tpu = Factors {
            scope: Scope { accelerator: Some("tpu".into()), format: None },
            factors: vec![(Constant::TP, 1.649)],
        };
        assert_eq!(maxtext.factors, [everywhere(Constant::TP, 1.492), on_tpu]);
    }
}
