//! Rows of a file predicted and scored.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::families::families;
use super::groups::groups;
use super::leave_out::leave_out;
use super::targets::targets;
use super::{Catalogue, StepCase, StepsError};
use crate::exchange::step_times::{self, StepRow, StepTimes};
use crate::input::read_bytes;
use crate::result::{
    IncompleteRows, SkippedStepRow, StepFamily, StepParts, StepPrediction, StepValidation,
    VALIDATE_STEPS_SCHEMA, error_pct,
};
use crate::run;
use crate::validate::watch::Watch;
use crate::workload::{Recompute, Sharding, StepTime};

/// So many ids of rows that lack the same are named, the others counted.
const NAMED: usize = 5;

/// How to validate.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Threads; all cores where `None`. What comes out is the same.
    pub threads: Option<usize>,
    /// Whether to predict each group with constants fitted without it, too.
    pub leave_out: bool,
}

/// Predicts and scores all rows of a file with the built-in constants.
///
/// # Errors
/// Where it cannot be read, no row can be used, or `watch` says stop.
pub fn predict_file(path: &Path, options: &Options, watch: &dyn Watch) -> Result<StepValidation, StepsError> {
    let name = path.display().to_string();
    let bytes = read_bytes(path).map_err(|why| StepsError::Io { path: name.clone(), why })?;
    let told = step_times::read(&name, &bytes).map_err(StepsError::Rejected)?;
    let threads = run::threads(options.threads).map_err(|message| StepsError::Threads { message })?;
    threads.install(|| {
        let catalogue = Catalogue::built_in();
        let (mut validation, cases) = predict_rows(&told, &catalogue);
        if options.leave_out {
            validation.leave_out = Some(leave_out(&catalogue, &cases, &validation, watch)?);
        }
        Ok(validation)
    })
}

/// Predicts and scores rows; the cases are those of the predicted rows, in their order.
pub fn predict_rows(told: &StepTimes, catalogue: &Catalogue) -> (StepValidation, Vec<StepCase>) {
    let mapped: Vec<Result<(StepCase, StepTime), String>> =
        told.rows.par_iter().map(|row| predicted(row, catalogue)).collect();
    let (mut cases, mut rows) = (Vec::new(), Vec::new());
    let mut incomplete: BTreeMap<String, IncompleteRows> = BTreeMap::new();
    for (row, mapped) in told.rows.iter().zip(mapped) {
        match mapped {
            Ok((case, time)) => {
                rows.push(prediction(&case, &time, catalogue));
                cases.push(case);
            }
            Err(why) => {
                let same = incomplete.entry(why.clone()).or_insert_with(|| IncompleteRows {
                    why,
                    count: 0,
                    trusted: 0,
                    ids: Vec::new(),
                });
                same.count += 1;
                same.trusted += u64::from(row.text("quality").is_some_and(is_trusted));
                if same.ids.len() < NAMED {
                    same.ids.push(row.text("id").map_or_else(|| format!("line {}", row.line), str::to_owned));
                }
            }
        }
    }
    let mut incomplete: Vec<IncompleteRows> = incomplete.into_values().collect();
    incomplete.sort_by_key(|rows| std::cmp::Reverse(rows.count));
    let mut validation = score(rows, &cases, catalogue);
    validation.incomplete = incomplete;
    validation.skipped = told
        .skipped
        .iter()
        .map(|row| SkippedStepRow { line: row.line as u64, id: row.id.clone(), why: row.why.clone() })
        .collect();
    validation.skipped_count = told.skipped_count as u64;
    validation.notes.clone_from(&told.notes);
    (validation, cases)
}

/// Scores predictions of cases.
pub fn score(rows: Vec<StepPrediction>, cases: &[StepCase], catalogue: &Catalogue) -> StepValidation {
    let families_of = families(&rows, cases, catalogue);
    let groups = groups(&rows, &families_of.of_row);
    let families: Vec<StepFamily> = families_of.families;
    let mean_regret_pct = mean(families.iter().map(|family| family.regret_pct));
    let targets = targets(&rows, &groups, &families);
    StepValidation {
        schema: VALIDATE_STEPS_SCHEMA.into(),
        rows,
        groups,
        families,
        mean_regret_pct,
        incomplete: Vec::new(),
        skipped: Vec::new(),
        skipped_count: 0,
        targets,
        leave_out: None,
        notes: Vec::new(),
    }
}

/// Whether rows of that quality are judged.
pub(super) fn is_trusted(quality: &str) -> bool {
    matches!(quality, "A" | "B")
}

/// The mean; `None` of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    (count > 0.0).then(|| sum / count)
}

fn predicted(row: &StepRow, catalogue: &Catalogue) -> Result<(StepCase, StepTime), String> {
    let case = StepCase::of_row(row, catalogue)?;
    let time = case.time(catalogue);
    if time.total().is_finite() && time.total() > 0.0 {
        Ok((case, time))
    } else {
        Err("what is predicted is no time".to_owned())
    }
}

/// A case and its predicted time as results tell them.
pub(super) fn prediction(case: &StepCase, time: &StepTime, catalogue: &Catalogue) -> StepPrediction {
    let predicted = time.total();
    StepPrediction {
        id: case.id.clone(),
        group: case.group.clone(),
        quality: case.quality.clone(),
        task: case.task.clone(),
        model: case.model.name.clone(),
        gpus: u32::try_from(case.parallel.ranks()).unwrap_or(u32::MAX),
        accelerator: catalogue.accelerators[case.accelerator].name.clone(),
        software: catalogue.software[case.software].name.clone(),
        configuration: configuration(case),
        measured_s: case.measured,
        predicted_s: predicted,
        error_pct: error_pct(case.measured, predicted),
        parts: parts(time),
        assumed: case.notes.clone(),
    }
}

/// All that a configuration may differ in from another of its family, in a line.
fn configuration(case: &StepCase) -> String {
    let parallel = &case.parallel;
    let mut told = format!("tp{} pp{}", parallel.tp, parallel.pp);
    for (name, degree) in [("v", parallel.vpp), (" cp", parallel.cp), (" ep", parallel.ep)] {
        if degree > 1 {
            told.push_str(&format!("{name}{degree}"));
        }
    }
    told.push_str(&format!(" dp{} mb{}", parallel.dp, case.batch.micro));
    match parallel.sharding {
        Sharding::None => {}
        Sharding::Optimizer => told.push_str(" zero-1"),
        Sharding::Gradients => told.push_str(" zero-2"),
        Sharding::Parameters => told.push_str(" fsdp"),
        Sharding::Hybrid(group) => told.push_str(&format!(" hsdp{group}")),
    }
    if parallel.sequence {
        told.push_str(" sp");
    }
    told.push_str(match case.recompute {
        Recompute::None => "",
        Recompute::Selective => " selective",
        Recompute::Full => " full",
    });
    let overlap = &case.overlap;
    let beside: String = [(overlap.tensor, 't'), (overlap.data, 'd'), (overlap.pipeline, 'p')]
        .into_iter()
        .filter_map(|(on, letter)| on.then_some(letter))
        .collect();
    if !beside.is_empty() {
        told.push_str(&format!(" overlap-{beside}"));
    }
    told
}

fn parts(time: &StepTime) -> StepParts {
    let StepTime {
        products,
        attention,
        moved,
        again,
        head,
        host,
        tensor,
        context,
        experts,
        data,
        pipeline,
        slowdown,
        bubble,
        optimizer,
        other,
    } = *time;
    StepParts {
        products,
        attention,
        moved,
        again,
        head,
        host,
        tensor,
        context,
        experts,
        data,
        pipeline,
        slowdown,
        bubble,
        optimizer,
        other,
    }
}
