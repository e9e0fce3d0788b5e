//! How far predictions are from what was measured.

/// Means of errors of predicted times, in percent of what was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Errors {
    /// Mean of the absolute errors.
    pub(super) mape_pct: f64,
    /// Mean of the signed errors: positive where predictions are too slow.
    pub(super) bias_pct: f64,
}

impl Errors {
    /// Over signed errors, in their order; `None` where there are none.
    pub(super) fn over(errors_pct: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (mut absolute, mut signed, mut count) = (0.0, 0.0, 0.0);
        for error in errors_pct {
            absolute += error.abs();
            signed += error;
            count += 1.0;
        }
        (count > 0.0).then(|| Self { mape_pct: absolute / count, bias_pct: signed / count })
    }
}

/// What has the largest absolute error, the first of equals.
pub(super) fn worst<T>(items: impl IntoIterator<Item = T>, error_pct: impl Fn(&T) -> f64) -> Option<T> {
    items
        .into_iter()
        .reduce(|worst, item| if error_pct(&item).abs() > error_pct(&worst).abs() { item } else { worst })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_the_first_of_the_worst() {
        let errors = [20.0, -25.0, 0.0, 25.0];
        assert_eq!(Errors::over(errors), Some(Errors { mape_pct: 17.5, bias_pct: 5.0 }));
        assert_eq!(worst(errors, |error| *error), Some(-25.0));
        assert_eq!((Errors::over([]), worst([], |error| *error)), (None, None));
    }
}
