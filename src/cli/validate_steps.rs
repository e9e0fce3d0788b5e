//! `validate --steps`: predictions against measured times of training steps; tables out, JSON, CSV and a plot beside
//! them.

use std::path::{Path, PathBuf};

use super::args::{Format, Global, ValidateArgs};
use super::exit::{Exit, Failure};
use super::files::OutDir;
use super::load;
use super::pictures::Pictures;
use super::tally::Tally;
use super::term::Term;
use crate::report::{draw, json, validate::steps as report};
use crate::result::StepValidation;
use crate::validate::steps::{Options, StepsError, predict_file};

pub(super) fn validate(
    steps: &Path,
    args: &ValidateArgs,
    global: &Global,
    term: &Term,
) -> Result<Exit, Failure> {
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("out/validate-steps"));
    let mut out = OutDir::open(&folder)?;
    let tally = Tally::of_groups(!args.no_progress, "fitting without each group");
    let options = Options { threads: args.threads.map(usize::from), leave_out: args.leave_out };
    let predicted = predict_file(steps, &options, &tally);
    tally.finish();
    let validation = predicted.map_err(|error| failure(&error, term))?;
    let (told_json, told_csv) = (json::validate_steps(&validation), report::rows(&validation));
    out.write("validate.json", told_json.as_bytes())?;
    out.write("steps.csv", told_csv.as_bytes())?;
    out.write("step_groups.csv", report::groups(&validation).as_bytes())?;
    out.write("step_families.csv", report::families(&validation).as_bytes())?;
    out.write("step_incomplete.csv", report::incomplete(&validation).as_bytes())?;
    if let Some(left_out) = report::leave_out(&validation) {
        out.write("step_leave_out.csv", left_out.as_bytes())?;
    }
    let mut wrote = out.summary();
    if !args.no_plots {
        let mut pictures = Pictures::new(&mut out);
        pictures.keep("scatter", draw::draw_steps(&validation))?;
        wrote.push_str(&format!(", with {}", pictures.count()));
    }
    match global.format {
        Format::Table => term.data(&report::table(&validation, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&wrote);
    Ok(if args.strict { verdict(&validation, term) } else { Exit::Ok })
}

/// How a strict validation ends: with each missed target told.
fn verdict(validation: &StepValidation, term: &Term) -> Exit {
    if validation.rows.is_empty() {
        term.error("no row could be predicted");
        return Exit::Missed;
    }
    let mut exit = Exit::Ok;
    for target in validation.targets.iter().filter(|target| !target.met) {
        term.error(&format!(
            "{} is {:.2} %, expected {} {} %",
            target.what.name(),
            target.value_pct,
            target.what.relation(),
            target.limit_pct,
        ));
        exit = Exit::Missed;
    }
    exit
}

/// Tells why, and how to end.
fn failure(error: &StepsError, term: &Term) -> Failure {
    match error {
        StepsError::Rejected(rejected) => {
            load::tell(&rejected.diagnostics, &rejected.sources, term);
            Failure::Told(Exit::Usage)
        }
        StepsError::Io { .. } | StepsError::Threads { .. } => Failure::Message(Exit::Io, error.to_string()),
        StepsError::Cancelled => Failure::Message(Exit::Interrupted, error.to_string()),
    }
}
