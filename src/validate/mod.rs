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
#[cfg(test)]
mod synthetic;
pub mod system;
mod targets;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub use crate::run::Quiet;
pub use error::ValidateError;
pub use folder::{MeasuredFile, Predict, predict_runs, runs};
pub use folds::{Fit, Fitted, Fold, cross_validate, folds};
pub use mapping::prepare;
pub use predict::{Played, Run};
pub use prediction::{FilePrediction, Prediction, UnpredictedPoint};
pub use score::score;
pub use watch::Watch;

use crate::result::{Standing, Validation};
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
    let predict = |file: &MeasuredFile, _: &dyn Watch| {
        let run = prepare(file).map(|run| run.within(options.max_memory));
        Ok(run.map_or_else(Prediction::Skipped, |run| run.predict()))
    };
    let mut validation = score(predict_runs(folder, options.threads, &predict, watch)?);
    if options.cross_validate {
        let runs = prepared(folder, options.max_memory)?;
        let sound: Vec<&Run> =
            runs.iter().filter(|run| score::standing(&run.told.run) != Standing::Doubtful).collect();
        let fit = |training: &[&str]| fit(&sound, training, options.threads, watch);
        validation.cross_validation = Some(cross_validate(&validation.files, &fit));
        if watch.stop() {
            return Err(ValidateError::Cancelled);
        }
    }
    Ok(validation)
}

/// The runs of a folder that can be mapped.
fn prepared(folder: &Path, max_memory: Option<u64>) -> Result<Vec<Run>, ValidateError> {
    let mut found: Vec<Run> = Vec::new();
    for path in runs(folder)? {
        let run = prepare(&MeasuredFile::read(&path)?).ok().map(|run| run.within(max_memory));
        // As in scores, the first file of an id counts.
        found.extend(run.filter(|run| found.iter().all(|known| known.told.run.id != run.told.run.id)));
    }
    Ok(found)
}

/// How constants are fitted for a fold: few rounds, since there are many folds.
const FOLD: fit::Options = fit::Options { prior: 0.5, noise: (0.003, 0.2), rounds: 5, search: false };

/// Fits the constants of every profile to the runs of those ids among the `sound` ones, from what is published.
fn fit<'a>(
    sound: &[&'a Run],
    training: &[&str],
    threads: Option<usize>,
    watch: &dyn Watch,
) -> Result<Fitted<'a>, String> {
    if watch.stop() {
        return Err("it was stopped".into());
    }
    let trains = |run: &Run| training.contains(&run.told.run.id.as_str());
    let (kept, left): (Vec<&Run>, Vec<&Run>) = sound.iter().copied().partition(|run| trains(run));
    let pool = crate::run::threads(threads).map_err(|error| format!("cannot start threads: {error}"))?;
    // Only the profiles of what is left out have lost anything.
    let names: BTreeSet<&'a str> = left.iter().map(|run| run.told.run.profile.as_str()).collect();
    let fitted: BTreeMap<&'a str, Profile> = pool.install(|| {
        let fit = |name: &'a str| {
            let fitted = constants::fit_profile(name, &kept, &FOLD);
            // Where no run is left, what is published stands.
            Some((name, fitted.or_else(|| constants::published(name))?))
        };
        names.into_iter().filter_map(fit).collect()
    });
    Ok(Box::new(move |id: &str| {
        let Some(run) = left.iter().find(|run| run.told.run.id == id) else { return Vec::new() };
        run.points(fitted.get(run.told.run.profile.as_str()))
    }))
}
