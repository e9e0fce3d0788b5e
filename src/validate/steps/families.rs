//! Rows that differ in their configuration only, and what choosing among them by prediction costs.

use std::collections::BTreeMap;

use super::concordance::Concordance;
use super::score::is_trusted;
use super::{Catalogue, StepCase};
use crate::result::{StepFamily, StepPrediction, error_pct};
use crate::workload::Format;

/// A choice among fewer configurations says little.
const LEAST: usize = 3;

/// What the rows of a family share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    model: &'a str,
    gpus: u32,
    accelerator: &'a str,
    seq: u32,
    gbs: u32,
    precision: Format,
    software: &'a str,
    task: &'a str,
}

/// The families, and of which each row is.
pub(super) struct Families {
    /// Those with enough configurations, in order of what they share.
    pub(super) families: Vec<StepFamily>,
    /// A number for each row, the same for all of a family, however small.
    pub(super) of_row: Vec<usize>,
}

/// Measured and predicted times by configuration.
pub(super) type Times<'a> = BTreeMap<&'a str, Vec<(f64, f64)>>;

/// A configuration's mean times.
struct Mean<'a> {
    configuration: &'a str,
    measured: f64,
    predicted: f64,
}

/// The families of rows, each of which is of the case at its place.
pub(super) fn families(rows: &[StepPrediction], cases: &[StepCase], catalogue: &Catalogue) -> Families {
    let mut numbers: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    let mut members: BTreeMap<Key<'_>, Times<'_>> = BTreeMap::new();
    let mut of_row = Vec::with_capacity(rows.len());
    for (row, case) in rows.iter().zip(cases) {
        let key = Key {
            model: &row.model,
            gpus: row.gpus,
            accelerator: &catalogue.accelerators[case.accelerator].name,
            seq: case.batch.length,
            gbs: case.batch.sequences,
            precision: case.precision.matrices,
            software: &row.software,
            task: &row.task,
        };
        let next = numbers.len();
        of_row.push(*numbers.entry(key).or_insert(next));
        if is_trusted(&row.quality) {
            let times = (row.measured_s, row.predicted_s);
            members.entry(key).or_default().entry(&row.configuration).or_default().push(times);
        }
    }
    let families = members.into_iter().filter_map(|(key, members)| family(&key, &members)).collect();
    Families { families, of_row }
}

fn family(key: &Key<'_>, members: &Times<'_>) -> Option<StepFamily> {
    if members.len() < LEAST {
        return None;
    }
    let means: Vec<Mean<'_>> = members
        .iter()
        .filter_map(|(configuration, times)| {
            Some(Mean {
                configuration,
                measured: super::score::mean(times.iter().map(|times| times.0))?,
                predicted: super::score::mean(times.iter().map(|times| times.1))?,
            })
        })
        .collect();
    let chosen = means.iter().min_by(|a, b| a.predicted.total_cmp(&b.predicted))?;
    let best = means.iter().min_by(|a, b| a.measured.total_cmp(&b.measured))?;
    let times: Vec<(f64, f64)> = means.iter().map(|mean| (mean.measured, mean.predicted)).collect();
    Some(StepFamily {
        model: key.model.to_owned(),
        gpus: key.gpus,
        accelerator: key.accelerator.to_owned(),
        seq: key.seq,
        gbs: key.gbs,
        precision: key.precision.name().to_owned(),
        software: key.software.to_owned(),
        task: key.task.to_owned(),
        configurations: u32::try_from(means.len()).unwrap_or(u32::MAX),
        chosen: chosen.configuration.to_owned(),
        chosen_s: chosen.measured,
        best: best.configuration.to_owned(),
        best_s: best.measured,
        regret_pct: error_pct(best.measured, chosen.measured),
        order: Concordance::of(&times).order(),
    })
}
