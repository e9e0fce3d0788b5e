//! `validate`: predictions against the measured runs of a folder; tables out, JSON, CSV and plots beside them.

use std::path::{Path, PathBuf};

use super::args::{Format, Global, ValidateArgs};
use super::exit::{Exit, Failure};
use super::files::OutDir;
use super::memory;
use super::pictures::Pictures;
use super::tally::Tally;
use super::term::Term;
use super::validate_steps;
use crate::report::{draw, json, validate as report};
use crate::result::Validation;
use crate::validate::{self, Options, ValidateError, Watch as _};

pub(super) fn validate(args: &ValidateArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    match (&args.measured, &args.steps) {
        (Some(measured), _) => folder(measured, args, global, term),
        (None, Some(steps)) => validate_steps::validate(steps, args, global, term),
        (None, None) => Err(Failure::Message(Exit::Usage, "nothing to validate".into())),
    }
}

fn folder(measured: &Path, args: &ValidateArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("out/validate"));
    let mut out = OutDir::open(&folder)?;
    let tally = Tally::of_files(!args.no_progress, "predicting");
    let options = Options {
        threads: args.threads.map(usize::from),
        cross_validate: args.cross_validate,
        max_memory: memory::default_limit().map(|bytes| bytes.get()),
    };
    let predicted = validate::predict_folder(measured, &options, &tally);
    tally.finish();
    let validation = predicted.map_err(|error| failure(&error, term))?;
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
        wrote.push_str(&format!(", with {}", draw_all(&validation, &mut out, args)?));
    }
    match global.format {
        Format::Table => term.data(&report::table(&validation, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&wrote);
    Ok(if args.strict { verdict(&validation, term) } else { Exit::Ok })
}

/// Draws the scatter of all points and a plot of each file, and writes each when it is drawn; how many they are.
fn draw_all(validation: &Validation, out: &mut OutDir, args: &ValidateArgs) -> Result<String, Failure> {
    let tally = Tally::of_files(!args.no_progress, "drawing");
    tally.begin(validation.files.len());
    let mut pictures = Pictures::new(out);
    pictures.keep("scatter", draw::draw_scatter(validation))?;
    for file in &validation.files {
        if tally.interrupted() {
            tally.finish();
            return Err(Failure::Message(Exit::Interrupted, ValidateError::Cancelled.to_string()));
        }
        pictures.keep(&file.run.id, draw::draw_measured(&report::curve(file)))?;
        tally.advance();
    }
    tally.finish();
    Ok(pictures.count())
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

/// Tells why, and how to end.
fn failure(error: &ValidateError, term: &Term) -> Failure {
    let exit = match error {
        ValidateError::NoRun { .. } | ValidateError::NoDirectory { .. } => Exit::Usage,
        ValidateError::NoFolder { .. } | ValidateError::Io { .. } | ValidateError::Threads { .. } => Exit::Io,
        ValidateError::Cancelled => Exit::Interrupted,
    };
    Failure::told(exit, error, &error.help(), term)
}
