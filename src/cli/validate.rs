//! `validate`: predictions against the measured runs of a folder; tables out, JSON, CSV and plots beside them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::args::{Format, Global, ValidateArgs};
use super::exit::{Exit, Failure};
use super::files::{OutDir, safe_name};
use super::memory;
use super::run::write_picture;
use super::tally::Tally;
use super::term::Term;
use crate::report::draw::{self, DrawError, Picture};
use crate::report::{json, validate as report};
use crate::result::Validation;
use crate::validate::{self, Options, ValidateError, Watch};

pub(super) fn validate(args: &ValidateArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("out/validate"));
    let mut out = OutDir::open(&folder)?;
    let tally = Tally::new(!args.no_progress, "predicting");
    let options = Options {
        threads: args.threads.map(usize::from),
        cross_validate: args.cross_validate,
        max_memory: memory::default_limit().map(|bytes| bytes.get()),
    };
    let predicted = validate::predict_folder(&args.measured, &options, &tally);
    tally.finish();
    let validation = predicted.map_err(|error| failure(error, term))?;
    let (told_json, told_csv) = (json::validate(&validation), report::points(&validation));
    out.write("validate.json", told_json.as_bytes())?;
    out.write("points.csv", told_csv.as_bytes())?;
    out.write("groups.csv", report::groups(&validation).as_bytes())?;
    out.write("files.csv", report::files(&validation).as_bytes())?;
    if let Some(folds) = report::cross_validation(&validation) {
        out.write("cross_validation.csv", folds.as_bytes())?;
    }
    let mut wrote = out.summary();
    if !args.no_plots {
        let plots = draw_all(&validation, &mut out, args)?;
        let noun = if plots == 1 { "plot" } else { "plots" };
        wrote.push_str(&format!(", with {plots} {noun} as SVG and PNG"));
    }
    match global.format {
        Format::Table => term.data(&report::table(&validation, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&wrote);
    Ok(if args.strict { verdict(&validation, term) } else { Exit::Ok })
}

/// Draws a plot of each file and the scatter of all points, and writes each when it is drawn; how many they are.
fn draw_all(validation: &Validation, out: &mut OutDir, args: &ValidateArgs) -> Result<usize, Failure> {
    let tally = Tally::new(!args.no_progress, "drawing");
    tally.begin(validation.files.len());
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut keep = |drawn: Result<Picture, DrawError>, name: &str| -> Result<(), Failure> {
        let mut picture = match drawn {
            Ok(picture) => picture,
            // A file of barriers has nothing to draw.
            Err(DrawError::Nothing(_)) => return Ok(()),
            Err(error) => {
                let message = format!("cannot draw the plot `{name}`: {error}");
                return Err(Failure::Message(Exit::Incomplete, message));
            }
        };
        picture.name = untaken(name, &taken);
        taken.insert(picture.name.clone());
        write_picture(out, &picture)
    };
    keep(draw::draw_scatter(validation), "scatter")?;
    for file in &validation.files {
        if tally.stop() {
            tally.finish();
            return Err(Failure::Message(Exit::Interrupted, ValidateError::Cancelled.to_string()));
        }
        keep(draw::draw_measured(file), &file.run.id)?;
        tally.advance();
    }
    tally.finish();
    Ok(taken.len())
}

/// The name as a file name that no other plot has: with a number behind it where one has.
fn untaken(name: &str, taken: &BTreeSet<String>) -> String {
    let name = safe_name(name);
    let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name)
}

/// How a strict validation ends: with each missed target told.
fn verdict(validation: &Validation, term: &Term) -> Exit {
    if validation.files.is_empty() {
        term.error("no file could be predicted");
        return Exit::Missed;
    }
    let mut exit = Exit::Ok;
    for target in validation.targets.iter().filter(|target| !target.met) {
        term.error(&format!(
            "{} {}: {} is {:.1} % by point and {:.1} % by file, expected {} {} %",
            target.generation,
            target.collective,
            target.what.name(),
            target.over_points_pct,
            target.over_files_pct,
            target.what.relation(),
            target.limit_pct,
        ));
        exit = Exit::Missed;
    }
    exit
}

/// Tells how to get out of it, and how to end.
fn failure(error: ValidateError, term: &Term) -> Failure {
    let exit = match &error {
        ValidateError::NoRun { .. } | ValidateError::NoDirectory { .. } => Exit::Usage,
        ValidateError::NoFolder { .. } | ValidateError::Threads { .. } => Exit::Io,
        ValidateError::Cancelled => Exit::Interrupted,
        ValidateError::Io { path, error } => return Failure::io(path, "read", error),
    };
    term.error(&error.to_string());
    for hint in error.help() {
        term.say(&format!("help: {hint}"));
    }
    Failure::Told(exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_of_one_name_do_not_overwrite_each_other() {
        let mut taken = BTreeSet::from(["scatter".to_string()]);
        for (name, expected) in
            [("scatter", "scatter-2"), ("a", "a"), ("scatter", "scatter-3"), ("../a", "-a")]
        {
            let untaken = untaken(name, &taken);
            assert_eq!(untaken, expected);
            taken.insert(untaken);
        }
    }
}
