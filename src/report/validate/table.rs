//! Predictions against measured runs as text tables for a terminal.

use std::collections::BTreeMap;

use crate::report::number::{count, counted};
use crate::report::table::{Column, lay_out, number, text};
use crate::result::{
    FileScore, FoldScore, GroupBy, GroupScore, SkippedFile, SkippedPoint, Standing, Target, TargetWhat,
    Validation,
};
use crate::units::Bytes;

/// So many files with a note are named, the others counted.
const NAMED: usize = 3;

/// Files, groups, targets, what was skipped, and the cross-validation if there is one.
/// `width` is the most columns a line may take; long cells are then wrapped.
pub fn table(validation: &Validation, width: Option<u16>) -> String {
    let mut out = head(validation);
    let mut section = |title: &str, body: String| {
        if !body.is_empty() {
            out.push_str(&format!("\n{title}\n{body}"));
        }
    };
    for (standing, title) in [
        (Standing::Judged, "files"),
        (
            Standing::HostReduction,
            "files reported apart: reductions by MPI on host memory, which take the processor's sums too",
        ),
        (Standing::Doubtful, "files reported apart: not healthy, or trust below B"),
    ] {
        section(title, files(&validation.files, standing, width));
    }
    section(
        "what was taken for keys that files leave open, and what is not represented",
        notes(&validation.files, width),
    );
    for (by, title) in [
        (GroupBy::Collective, "by generation and collective"),
        (GroupBy::Servers, "by generation, collective and servers"),
        (GroupBy::Sizes, "by generation, collective and size"),
        (GroupBy::All, "over all"),
    ] {
        section(title, groups(&validation.groups, by, width));
    }
    if !validation.files.is_empty() {
        section("targets", targets(&validation.targets, width));
    }
    if let Some(folds) = &validation.cross_validation {
        section("cross-validation: files left out, with constants fitted on the rest", cross(folds, width));
    }
    section("files skipped", skipped(&validation.skipped, width));
    section("points skipped", skipped_points(&validation.skipped_points, width));
    out
}

fn head(validation: &Validation) -> String {
    let files = |number: usize| counted(number as u64, "file");
    let of = |standing| validation.files.iter().filter(|file| file.standing == standing).count();
    let points: usize = validation.files.iter().map(|file| file.points.len()).sum();
    let mut parts =
        vec![format!("{} predicted, {}", files(validation.files.len()), counted(points as u64, "point"))];
    let apart = of(Standing::HostReduction) + of(Standing::Doubtful);
    if apart > 0 {
        parts.push(format!("{} reported apart", files(apart)));
    }
    if !validation.skipped.is_empty() {
        parts.push(format!("{} skipped", files(validation.skipped.len())));
    }
    if !validation.skipped_points.is_empty() {
        parts.push(format!("{} skipped", counted(validation.skipped_points.len() as u64, "point")));
    }
    format!("{}; errors are of time, in percent of what was measured\n", parts.join("; "))
}

/// Each note once, with the files that have it: many share one.
fn notes(files: &[FileScore], width: Option<u16>) -> String {
    let mut sharing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files {
        for note in &file.run.notes {
            sharing.entry(note).or_default().push(&file.run.id);
        }
    }
    let rows: Vec<Vec<String>> = sharing
        .into_iter()
        .map(|(note, ids)| {
            let more = ids.len().saturating_sub(NAMED);
            let mut named = ids[..ids.len() - more].join(", ");
            if more > 0 {
                named.push_str(&format!(" and {more} more"));
            }
            vec![note.to_owned(), ids.len().to_string(), named]
        })
        .collect();
    if rows.is_empty() {
        String::new()
    } else {
        lay_out(&[text("note"), number("files"), text("ids")], rows, width)
    }
}

fn files(files: &[FileScore], standing: Standing, width: Option<u16>) -> String {
    let columns = [
        text("id"),
        text("generation"),
        text("collective"),
        number("servers"),
        number("points"),
        number("MAPE\n%"),
        number("bias\n%"),
        number("worst\n%"),
        text("at"),
    ];
    let rows: Vec<Vec<String>> = files
        .iter()
        .filter(|file| file.standing == standing)
        .map(|file| {
            vec![
                file.run.id.clone(),
                file.run.generation.clone(),
                file.run.collective.clone(),
                count(file.run.servers.into()),
                count(file.points.len() as u64),
                unsigned(file.mape_pct),
                signed(file.bias_pct),
                signed(file.worst.error_pct),
                format!("{} {}", Bytes(file.worst.bytes), file.worst.algorithm),
            ]
        })
        .collect();
    lay_out_some(&columns, rows, width)
}

fn groups(groups: &[GroupScore], by: GroupBy, width: Option<u16>) -> String {
    let groups: Vec<&GroupScore> = groups.iter().filter(|group| group.by == by).collect();
    let apart = groups.iter().any(|group| group.standing != Standing::Judged);
    let mut columns = Vec::new();
    if by != GroupBy::All {
        columns.extend([text("generation"), text("collective")]);
    }
    match by {
        GroupBy::Servers => columns.push(number("servers")),
        GroupBy::Sizes => columns.push(text("size")),
        GroupBy::Collective | GroupBy::All => {}
    }
    columns.extend([
        number("files"),
        number("points"),
        number("MAPE %\nby point"),
        number("MAPE %\nby file"),
        number("bias %\nby point"),
        number("bias %\nby file"),
        number("worst\n%"),
        text("at"),
    ]);
    if apart {
        columns.push(text("reported apart"));
    }
    let rows = groups
        .iter()
        .map(|group| {
            let mut cells = Vec::new();
            if by != GroupBy::All {
                cells.extend(
                    [&group.generation, &group.collective].map(|name| name.clone().unwrap_or_default()),
                );
            }
            cells.extend(group.servers.map(|servers| count(servers.into())));
            cells.extend(group.sizes.map(|sizes| sizes.to_string()));
            let worst = &group.worst;
            cells.extend([
                count(group.files.into()),
                count(group.points.into()),
                unsigned(group.mape_pct_over_points),
                unsigned(group.mape_pct_over_files),
                signed(group.bias_pct_over_points),
                signed(group.bias_pct_over_files),
                signed(worst.error_pct),
                format!("{} {} {}", worst.id, Bytes(worst.bytes), worst.algorithm),
            ]);
            if apart {
                cells.push(standing(group.standing).into());
            }
            cells
        })
        .collect();
    lay_out_some(&columns, rows, width)
}

fn targets(targets: &[Target], width: Option<u16>) -> String {
    if targets.is_empty() {
        return "none: no generation and collective has three judged files\n".into();
    }
    let columns = [
        text(""),
        text("generation"),
        text("collective"),
        text("what"),
        number("files"),
        number("points"),
        number("limit\n%"),
        number("aim\n%"),
        number("%\nby point"),
        number("%\nby file"),
    ];
    let rows = targets
        .iter()
        .map(|target| {
            let (what, show): (_, fn(f64) -> String) = match target.what {
                TargetWhat::LargeError => ("MAPE, >= 64 MiB", unsigned),
                TargetWhat::Error => ("MAPE", unsigned),
                TargetWhat::Bias => ("bias", signed),
            };
            vec![
                if target.met { "met" } else { "missed" }.into(),
                target.generation.clone(),
                target.collective.clone(),
                what.into(),
                count(target.files.into()),
                count(target.points.into()),
                format!("{}", target.limit_pct),
                target.aim_pct.map_or_else(String::new, |aim| format!("{aim}")),
                show(target.over_points_pct),
                show(target.over_files_pct),
            ]
        })
        .collect();
    let met = targets.iter().filter(|target| target.met).count();
    let all = counted(targets.len() as u64, "target");
    format!(
        "{}{} of {all} met: a target holds for both means\n",
        lay_out(&columns, rows, width),
        count(met as u64)
    )
}

fn cross(folds: &[FoldScore], width: Option<u16>) -> String {
    if folds.is_empty() {
        return "none: no file is judged\n".into();
    }
    let apart = folds.iter().any(|fold| fold.standing != Standing::Judged);
    let failed = folds.iter().any(|fold| fold.why.is_some());
    let mut columns = vec![
        text("without"),
        number("files"),
        number("points"),
        number("MAPE %\nbefore"),
        number("MAPE %\nafter"),
        number("bias %\nbefore"),
        number("bias %\nafter"),
    ];
    if apart {
        columns.push(text("reported apart"));
    }
    if failed {
        columns.push(text("why not"));
    }
    let rows = folds
        .iter()
        .map(|fold| {
            let mut cells = vec![
                fold.fold.clone(),
                count(fold.left_out.len() as u64),
                count(fold.points.into()),
                unsigned(fold.mape_pct_before),
                fold.mape_pct_after.map_or_else(|| "-".into(), unsigned),
                signed(fold.bias_pct_before),
                fold.bias_pct_after.map_or_else(|| "-".into(), signed),
            ];
            if apart {
                cells.push(standing(fold.standing).into());
            }
            if failed {
                cells.push(fold.why.clone().unwrap_or_default());
            }
            cells
        })
        .collect();
    lay_out(&columns, rows, width)
}

fn skipped(files: &[SkippedFile], width: Option<u16>) -> String {
    let rows = files.iter().map(|file| vec![file.id.clone(), file.why.clone()]).collect();
    lay_out_some(&[text("id"), text("why")], rows, width)
}

/// A line for the points of one file that share algorithm and reason.
fn skipped_points(points: &[SkippedPoint], width: Option<u16>) -> String {
    let mut lines: Vec<(&SkippedPoint, u64, u64, u64)> = Vec::new();
    for point in points {
        let same = |line: &&mut (&SkippedPoint, u64, u64, u64)| {
            (&line.0.id, &line.0.algorithm, &line.0.why) == (&point.id, &point.algorithm, &point.why)
        };
        match lines.iter_mut().find(same) {
            Some((_, number, least, most)) => {
                *number += 1;
                (*least, *most) = (point.bytes.min(*least), point.bytes.max(*most));
            }
            None => lines.push((point, 1, point.bytes, point.bytes)),
        }
    }
    let columns = [text("id"), text("algorithm"), number("points"), text("sizes"), text("why")];
    let rows = lines
        .into_iter()
        .map(|(point, number, least, most)| {
            let sizes = if least == most {
                Bytes(least).to_string()
            } else {
                format!("{} to {}", Bytes(least), Bytes(most))
            };
            vec![point.id.clone(), point.algorithm.clone(), count(number), sizes, point.why.clone()]
        })
        .collect();
    lay_out_some(&columns, rows, width)
}

/// Nothing where there is no row.
fn lay_out_some(columns: &[Column], rows: Vec<Vec<String>>, width: Option<u16>) -> String {
    if rows.is_empty() { String::new() } else { lay_out(columns, rows, width) }
}

/// What is not judged, for a column of what is reported apart.
fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Judged => "",
        Standing::HostReduction => "host reduction",
        Standing::Doubtful => "doubtful",
    }
}

/// With one decimal, or none where it would be lost among the digits.
pub(super) fn unsigned(percent: f64) -> String {
    if percent.abs() < 999.95 { format!("{percent:.1}") } else { format!("{percent:.0}") }
}

/// [`unsigned`] with its sign, but for what rounds to nothing.
pub(super) fn signed(percent: f64) -> String {
    match unsigned(percent).as_str() {
        "0.0" | "-0.0" => "0.0".into(),
        text if percent > 0.0 => format!("+{text}"),
        text => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_one_decimal_and_a_sign() {
        assert_eq!([unsigned(0.04), unsigned(12.345), unsigned(1234.5)], ["0.0", "12.3", "1234"]);
        assert_eq!(
            [signed(-0.04), signed(0.04), signed(-3.25), signed(2.0), signed(5000.0)],
            ["0.0", "0.0", "-3.2", "+2.0", "+5000"]
        );
    }
}
