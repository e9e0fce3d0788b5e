//! Predictions against measured step times as text tables for a terminal.

use crate::report::number::{count, counted};
use crate::report::table::{lay_out, number, text};
use crate::report::validate::table::{signed, unsigned};
use crate::result::{
    IncompleteRows, LeftOutGroup, SkippedStepRow, StepFamily, StepGroup, StepTarget, StepValidation,
};

/// So many families are shown, those of the largest regret.
const FAMILIES: usize = 10;

/// Groups, families, what is not predicted, groups left out, and targets.
/// `width` is the most columns a line may take; long cells are then wrapped.
pub fn table(validation: &StepValidation, width: Option<u16>) -> String {
    let mut out = head(validation);
    let mut section = |title: &str, body: String| {
        if !body.is_empty() {
            out.push_str(&format!("\n{title}\n{body}"));
        }
    };
    section("by group of sources and quality", groups(&validation.groups, width));
    if let Some(mean) = validation.mean_regret_pct {
        let families = match validation.families.len() {
            1 => "1 family".to_owned(),
            many => format!("{many} families"),
        };
        let title = format!(
            "choosing the configuration that is predicted fastest costs {} % on average over {families}; the worst",
            unsigned(mean)
        );
        section(&title, worst_families(&validation.families, width));
    }
    section("rows that are not predicted", incomplete(&validation.incomplete, width));
    let unread = format!("{} cannot be read; the first", counted(validation.skipped_count, "row"));
    section(&unread, skipped(&validation.skipped, width));
    if let Some(groups) = &validation.leave_out {
        section("groups left out, with constants fitted to all others", left_out(groups, width));
    }
    section("targets", targets(&validation.targets, width));
    if !validation.notes.is_empty() {
        section("notes", validation.notes.iter().map(|note| format!("{note}\n")).collect());
    }
    out
}

fn head(validation: &StepValidation) -> String {
    let rows = |number: u64| counted(number, "row");
    let mut parts = vec![format!("{} predicted", rows(validation.rows.len() as u64))];
    let incomplete: u64 = validation.incomplete.iter().map(|rows| rows.count).sum();
    if incomplete > 0 {
        parts.push(format!("{} incomplete", rows(incomplete)));
    }
    if validation.skipped_count > 0 {
        parts.push(format!("{} skipped", rows(validation.skipped_count)));
    }
    format!("{}; errors are of time, in percent of what was measured\n", parts.join("; "))
}

fn groups(groups: &[StepGroup], width: Option<u16>) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let columns = [
        text("group"),
        text("quality"),
        number("rows"),
        number("MAE\n%"),
        number("bias\n%"),
        number("worst\n%"),
        text("at"),
        number("pairs in\na family"),
        number("right\n%"),
        number("tau-b"),
        number("all\npairs"),
        number("right\n%"),
        number("tau-b"),
    ];
    let rows = groups
        .iter()
        .map(|group| {
            let (family, all) = (&group.family_pairs, &group.all_pairs);
            vec![
                group.group.clone().unwrap_or_else(|| "all".into()),
                group.quality.clone(),
                count(group.count.into()),
                unsigned(group.mae_pct),
                signed(group.bias_pct),
                signed(group.worst_error_pct),
                group.worst_id.clone(),
                count(family.pairs),
                some(family.right_pct, unsigned),
                some(family.tau_b, two),
                count(all.pairs),
                some(all.right_pct, unsigned),
                some(all.tau_b, two),
            ]
        })
        .collect();
    lay_out(&columns, rows, width)
}

fn some(value: Option<f64>, told: fn(f64) -> String) -> String {
    value.map_or_else(String::new, told)
}

fn two(value: f64) -> String {
    format!("{value:.2}")
}

fn worst_families(families: &[StepFamily], width: Option<u16>) -> String {
    let mut worst: Vec<&StepFamily> = families.iter().collect();
    worst.sort_by(|a, b| b.regret_pct.total_cmp(&a.regret_pct));
    let columns = [
        text("model"),
        number("gpus"),
        text("accelerator"),
        number("gbs"),
        text("software"),
        number("config-\nurations"),
        text("chosen"),
        text("best"),
        number("regret\n%"),
    ];
    let rows = worst
        .into_iter()
        .take(FAMILIES)
        .map(|family| {
            vec![
                family.model.clone(),
                count(family.gpus.into()),
                family.accelerator.clone(),
                count(family.gbs.into()),
                family.software.clone(),
                count(family.configurations.into()),
                family.chosen.clone(),
                family.best.clone(),
                unsigned(family.regret_pct),
            ]
        })
        .collect();
    lay_out(&columns, rows, width)
}

fn incomplete(incomplete: &[IncompleteRows], width: Option<u16>) -> String {
    if incomplete.is_empty() {
        return String::new();
    }
    let rows = incomplete
        .iter()
        .map(|rows| {
            let more = rows.count - rows.ids.len() as u64;
            let mut ids = rows.ids.join(", ");
            if more > 0 {
                ids.push_str(&format!(" and {more} more"));
            }
            vec![rows.why.clone(), count(rows.count), count(rows.trusted), ids]
        })
        .collect();
    lay_out(&[text("why"), number("rows"), number("of A\nand B"), text("ids")], rows, width)
}

fn skipped(skipped: &[SkippedStepRow], width: Option<u16>) -> String {
    if skipped.is_empty() {
        return String::new();
    }
    let rows = skipped.iter().map(|row| vec![row.id.clone(), row.why.clone()]).collect();
    lay_out(&[text("id"), text("why")], rows, width)
}

fn left_out(groups: &[LeftOutGroup], width: Option<u16>) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let columns = [
        text("group"),
        number("rows"),
        number("of A\nand B"),
        number("MAE %\nbefore"),
        number("MAE %\nleft out"),
        number("bias %\nbefore"),
        number("bias %\nleft out"),
        number("MAE % left out\nof A and B"),
    ];
    let rows = groups
        .iter()
        .map(|group| {
            vec![
                group.group.clone(),
                count(group.count.into()),
                count(group.trusted.into()),
                unsigned(group.mae_pct_before),
                unsigned(group.mae_pct_after),
                signed(group.bias_pct_before),
                signed(group.bias_pct_after),
                some(group.trusted_mae_pct_after, unsigned),
            ]
        })
        .collect();
    lay_out(&columns, rows, width)
}

fn targets(targets: &[StepTarget], width: Option<u16>) -> String {
    if targets.is_empty() {
        return "none: no row is of what they are about\n".into();
    }
    let columns = [text(""), text("what"), number("of"), number("is\n%"), text("must be\n%"), text("aim\n%")];
    let rows = targets
        .iter()
        .map(|target| {
            vec![
                if target.met { "met" } else { "missed" }.into(),
                target.what.name().into(),
                count(target.count),
                format!("{:.2}", target.value_pct),
                format!("{} {}", target.what.relation(), target.limit_pct),
                target.aim_pct.map_or_else(String::new, |aim| aim.to_string()),
            ]
        })
        .collect();
    lay_out(&columns, rows, width)
}
