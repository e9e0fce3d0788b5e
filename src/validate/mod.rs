//! Predictions against measured runs: which files of a folder are runs, how far off their predictions are, and
//! whether constants that have not seen a file predict it as well.

pub mod calibrate;
pub mod constants;
mod error;
mod errors;
pub mod fit;
mod folder;
mod folds;
mod groups;
mod library;
mod mapping;
pub mod names;
mod predict;
mod prediction;
mod score;
pub mod steps;
#[cfg(test)]
mod synthetic;
pub mod system;
mod targets;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub use error::ValidateError;
pub use folder::{MeasuredFile, runs};
pub use folds::{Fit, Fitted, Fold, cross_validate, folds};
pub use mapping::prepare;
pub use predict::{Played, Run};
pub use prediction::{FilePrediction, Prediction, UnpredictedPoint};
pub use score::score;
pub use watch::Watch;

pub use crate::run::Quiet;

use folder::each_run;

use crate::result::Validation;
use crate::run;
use crate::stack::Profile;

/// How to validate.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Threads; all cores where `None`. What comes out is the same.
    pub threads: Option<usize>,
    /// Whether to cross-validate too.
    pub cross_validate: bool,
    /// Bytes of memory that the simulation of a file may need; any where `None`.
    pub max_memory: Option<u64>,
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
    let threads = run::threads(options.threads).map_err(|message| ValidateError::Threads { message })?;
    threads.install(|| predict_here(folder, options, watch))
}

fn predict_here(folder: &Path, options: &Options, watch: &dyn Watch) -> Result<Validation, ValidateError> {
    let predict = |file: &MeasuredFile| match prepare(file) {
        Ok(run) => {
            let run = run.within(options.max_memory);
            // Fabrics take memory, and only fits need them again.
            (run.predict(), options.cross_validate.then_some(run))
        }
        Err(skipped) => (Prediction::Skipped(skipped), None),
    };
    let (predictions, runs): (Vec<_>, Vec<_>) = each_run(folder, &predict, watch)?.into_iter().unzip();
    let mut validation = score(predictions);
    if options.cross_validate {
        let mut ids = BTreeSet::new();
        let mut sound: Vec<Run> = runs.into_iter().flatten().collect();
        // As in scores, the first file of an id counts.
        sound.retain(|run| ids.insert(run.told.run.id.clone()));
        sound.retain(Run::is_sound);
        let fit = |training: &[&str]| fit(&sound, training, watch);
        validation.cross_validation = Some(cross_validate(&validation.files, &fit));
        if watch.stop() {
            return Err(ValidateError::Cancelled);
        }
    }
    Ok(validation)
}

/// How constants are fitted for a fold: few rounds, since there are many folds.
const FOLD: fit::Options = fit::Options { prior: 0.5, noise: (0.003, 0.2), rounds: 5 };

/// Fits the constants of every profile to the runs of those ids among the `sound` ones, from what is published.
fn fit<'a>(sound: &'a [Run], training: &[&str], watch: &dyn Watch) -> Result<Fitted<'a>, String> {
    if watch.stop() {
        return Err("it was stopped".into());
    }
    let trains = |run: &Run| training.contains(&run.told.run.id.as_str());
    let (kept, left): (Vec<&Run>, Vec<&Run>) = sound.iter().partition(|run| trains(run));
    // Only the profiles of what is left out have lost anything.
    let names: BTreeSet<&'a str> = left.iter().map(|run| run.told.run.profile.as_str()).collect();
    let fit = |name: &'a str| {
        let fitted = constants::fit_profile(name, &kept, &FOLD);
        // Where no run is left, what is published stands.
        Some((name, fitted.or_else(|| constants::published(name))?))
    };
    let fitted: BTreeMap<&'a str, Profile> = names.into_iter().filter_map(fit).collect();
    Ok(Box::new(move |id: &str| {
        let Some(run) = left.iter().find(|run| run.told.run.id == id) else { return Vec::new() };
        run.points(fitted.get(run.told.run.profile.as_str()))
    }))
}
