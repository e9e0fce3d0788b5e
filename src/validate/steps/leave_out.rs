//! Whether constants that have not seen a group of sources predict it as well.

use std::collections::BTreeSet;

use super::fit::{Problem, weight};
use super::score::{is_trusted, mean};
use super::{Catalogue, StepCase, StepsError};
use crate::result::{LeftOutGroup, StepValidation, error_pct};
use crate::validate::errors::Errors;
use crate::validate::watch::Watch;

/// Rounds of a fit that leaves a group out.
const ROUNDS: usize = 12;

/// Predicts each group with constants fitted to all others, from the defaults on. `before` are the scores of the cases,
/// in their order.
///
/// # Errors
/// Where `watch` says stop.
pub fn leave_out(
    catalogue: &Catalogue,
    cases: &[StepCase],
    before: &StepValidation,
    watch: &dyn Watch,
) -> Result<Vec<LeftOutGroup>, StepsError> {
    let start = catalogue.clone().without_factors();
    let groups: BTreeSet<&str> = cases.iter().map(|case| case.group.as_str()).collect();
    watch.begin(groups.len());
    let mut told = Vec::new();
    for group in groups {
        if watch.stop() {
            return Err(StepsError::Cancelled);
        }
        let weights = cases.iter().map(|case| if case.group == group { 0.0 } else { weight(case) }).collect();
        let predicted = Problem::new(&start, cases, weights).fit(ROUNDS).predicted;
        told.extend(scored(group, cases, &predicted, before));
        watch.advance();
    }
    Ok(told)
}

fn scored(
    group: &str,
    cases: &[StepCase],
    predicted: &[f64],
    before: &StepValidation,
) -> Option<LeftOutGroup> {
    let own: Vec<usize> = (0..cases.len()).filter(|at| cases[*at].group == group).collect();
    let after = |at: &usize| error_pct(cases[*at].measured, predicted[*at]);
    let trusted: Vec<usize> = own.iter().copied().filter(|at| is_trusted(&cases[*at].quality)).collect();
    let old = Errors::over(own.iter().map(|at| before.rows[*at].error_pct))?;
    let new = Errors::over(own.iter().map(after))?;
    let count = |rows: &[usize]| u32::try_from(rows.len()).unwrap_or(u32::MAX);
    Some(LeftOutGroup {
        group: group.to_owned(),
        count: count(&own),
        trusted: count(&trusted),
        mae_pct_before: old.mape_pct,
        mae_pct_after: new.mape_pct,
        bias_pct_before: old.bias_pct,
        bias_pct_after: new.bias_pct,
        trusted_mae_pct_after: mean(trusted.iter().map(|at| after(at).abs())),
    })
}
