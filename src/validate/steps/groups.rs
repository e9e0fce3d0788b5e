//! Rows by group of sources and quality.

use std::collections::BTreeMap;

use super::concordance::Concordance;
use super::families::Times;
use crate::result::{StepGroup, StepPrediction};
use crate::validate::errors::{Errors, worst};

/// All groups that have a row: those of sources first, then all rows of each quality. `of_row` is the family of each row.
pub(super) fn groups(rows: &[StepPrediction], of_row: &[usize]) -> Vec<StepGroup> {
    let mut members: BTreeMap<(bool, Option<&str>, &str), Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        members.entry((false, Some(&row.group), &row.quality)).or_default().push(at);
        members.entry((true, None, &row.quality)).or_default().push(at);
    }
    let told = members.into_iter().filter_map(|((_, group, quality), members)| {
        let own: Vec<&StepPrediction> = members.iter().map(|at| &rows[*at]).collect();
        let errors = Errors::over(own.iter().map(|row| row.error_pct))?;
        let worst = worst(own.iter().copied(), |row| row.error_pct)?;
        let mut families: BTreeMap<usize, Times<'_>> = BTreeMap::new();
        for at in &members {
            let (row, family) = (&rows[*at], families.entry(of_row[*at]).or_default());
            family.entry(&row.configuration).or_default().push((row.measured_s, row.predicted_s));
        }
        let mut within = Concordance::default();
        for configurations in families.values() {
            let family: Vec<(f64, f64)> = configurations.values().flatten().copied().collect();
            within.add(Concordance::of(&family));
            // Nobody chooses between a configuration and itself, measured again.
            for same in configurations.values() {
                within.subtract(Concordance::of(same));
            }
        }
        let all: Vec<(f64, f64)> = own.iter().map(|row| (row.measured_s, row.predicted_s)).collect();
        Some(StepGroup {
            group: group.map(str::to_owned),
            quality: quality.to_owned(),
            count: u32::try_from(own.len()).unwrap_or(u32::MAX),
            mae_pct: errors.mape_pct,
            bias_pct: errors.bias_pct,
            worst_id: worst.id.clone(),
            worst_error_pct: worst.error_pct,
            family_pairs: within.order(),
            all_pairs: Concordance::of(&all).order(),
        })
    });
    told.collect()
}
