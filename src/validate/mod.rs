//! Predictions against measured runs: which files of a folder are runs, how far off their predictions are, and
//! whether constants that have not seen a file predict it as well.

pub mod calibrate;
pub mod constants;
mod error;
pub mod fit;
mod folder;
mod folds;
mod groups;
pub mod names;
pub mod predict;
mod prediction;
mod score;
#[cfg(test)]
mod synthetic;
pub mod system;
mod targets;
mod watch;

use std::path::Path;

pub use error::ValidateError;
pub use folder::{MeasuredFile, Predict, predict_runs, runs};
pub use folds::{Fit, Fitted, Fold, cross_validate, folds};
pub use prediction::{FilePrediction, Prediction, UnpredictedPoint};
pub use score::score;
pub use watch::{Quiet, Watch};

use crate::result::Validation;

/// How to validate.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Threads; all cores where `None`. What comes out is the same.
    pub threads: Option<usize>,
    /// Whether to cross-validate too.
    pub cross_validate: bool,
}

/// Predicts and scores all runs of a folder.
///
/// # Errors
/// Where there is no such folder, it has no run, a file cannot be read, or `watch` says stop.
pub fn predict_folder(
    folder: &Path,
    options: &Options,
    watch: &dyn Watch,
) -> Result<Validation, ValidateError> {
    let mut validation = score(predict_runs(folder, options.threads, &predict, watch)?);
    if options.cross_validate {
        validation.cross_validation = Some(cross_validate(&validation.files, &fit));
    }
    Ok(validation)
}

fn predict(file: &MeasuredFile, _: &dyn Watch) -> Result<Prediction, ValidateError> {
    Ok(predict::prepare(file).map_or_else(Prediction::Skipped, |run| run.predict()))
}

fn fit(_: &[&str]) -> Result<Fitted<'static>, String> {
    Err("no constants can be fitted".into())
}
