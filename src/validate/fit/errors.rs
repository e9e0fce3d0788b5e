//! How far predictions are from what was measured.

/// Errors of predicted times over some points, in percent of what was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// How many points.
    pub points: usize,
    /// Mean of the absolute errors.
    pub mape_pct: f64,
    /// Mean of the signed errors: positive where predictions are too slow.
    pub bias_pct: f64,
    /// The largest error with its sign.
    pub worst_pct: f64,
}

impl Errors {
    /// Over pairs of measured and predicted times; `None` where there are none.
    pub fn over(pairs: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let mut errors = Self { points: 0, mape_pct: 0.0, bias_pct: 0.0, worst_pct: 0.0 };
        for (measured, predicted) in pairs {
            let off = 100.0 * (predicted / measured - 1.0);
            errors.points += 1;
            errors.mape_pct += off.abs();
            errors.bias_pct += off;
            if off.abs() > errors.worst_pct.abs() {
                errors.worst_pct = off;
            }
        }
        let count = errors.points as f64;
        errors.mape_pct /= count;
        errors.bias_pct /= count;
        (errors.points > 0).then_some(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_of_what_was_measured() {
        let errors = Errors::over([(10.0, 11.0), (10.0, 7.0)]).unwrap();
        assert_eq!(errors.points, 2);
        assert!((errors.mape_pct - 20.0).abs() < 1e-9);
        assert!((errors.bias_pct + 10.0).abs() < 1e-9);
        assert!((errors.worst_pct + 30.0).abs() < 1e-9);
        assert_eq!(Errors::over([]), None);
    }
}
