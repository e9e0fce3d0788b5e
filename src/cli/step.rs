//! `run` and `compare` of training steps.

use super::args::{Carry, Format, Global, RunArgs};
use super::exit::{Exit, Failure};
use super::files::OutDir;
use super::pictures::{undrawn, write_picture};
use super::progress::Progress;
use super::run::{missed, options};
use super::term::Term;
use crate::report::draw::{self, Picture};
use crate::report::step::{self, StepForecastReport};
use crate::report::{draw::DrawError, json};
use crate::result::StepResult;
use crate::run::{self, Scenario};

/// Runs a training step: a table, JSON, CSV and plots.
pub(super) fn run(
    scenario: &Scenario,
    args: &RunArgs,
    out: &mut OutDir,
    global: &Global,
    term: &Term,
) -> Result<Exit, Failure> {
    let result = carry_out(scenario, &args.carry, term)?;
    let (told_json, told_csv) = (json::step(&result), step::step(&result));
    out.write("result.json", told_json.as_bytes())?;
    out.write("step.csv", told_csv.as_bytes())?;
    out.write("breakdown.csv", step::breakdown(&result).as_bytes())?;
    out.write("collectives.csv", step::collectives(&result).as_bytes())?;
    if !args.carry.no_plots {
        for picture in draw_all(&result)? {
            write_picture(out, &picture)?;
        }
    }
    match global.format {
        Format::Table => term.data(&step::table(&result, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&out.summary());
    Ok(verdict(&result, term))
}

/// Runs a step with progress; what does not fit in memory is told.
fn carry_out(scenario: &Scenario, carry: &Carry, term: &Term) -> Result<StepResult, Failure> {
    let progress = Progress::new(term, !carry.no_progress, carry.verbose, &scenario.name);
    let result = run::run_step(scenario, &options(carry), &progress);
    progress.finish();
    let Some(result) = result? else {
        return Err(Failure::Message(Exit::Usage, format!("`{}` has no training step", scenario.name)));
    };
    if let Some(told) = step::unfit(&result) {
        term.warning(&told);
    }
    Ok(result)
}

/// All plots of a step.
pub(super) fn draw_all(result: &StepResult) -> Result<Vec<Picture>, Failure> {
    draw::draw_step(result).map_err(|error| undrawn("step", &error))
}

fn verdict(result: &StepResult, term: &Term) -> Exit {
    missed(&result.expectations, term)
}

/// Prints what a step will cost.
pub(super) fn forecast(
    scenario: &Scenario,
    args: &RunArgs,
    global: &Global,
    term: &Term,
) -> Result<Exit, Failure> {
    if let Some(forecast) = run::step_forecast(scenario, &options(&args.carry))? {
        let report = StepForecastReport::new(&scenario.name, &forecast);
        match global.format {
            Format::Table => term.data(&report.table())?,
            Format::Json => term.data(&json::step_forecast(&report))?,
            Format::Csv => term.data(&report.csv())?,
        }
    }
    Ok(Exit::Ok)
}

/// Runs several steps and shows them side by side.
pub(super) fn compare(
    scenarios: &[Scenario],
    carry: &Carry,
    out: &mut OutDir,
    global: &Global,
    term: &Term,
) -> Result<Exit, Failure> {
    let mut results = Vec::new();
    for scenario in scenarios {
        results.push(carry_out(scenario, carry, term)?);
    }
    let (told_json, told_csv) = (json::step_compare(&results), step::compare_csv(&results));
    out.write("compare.json", told_json.as_bytes())?;
    out.write("compare-steps.csv", told_csv.as_bytes())?;
    if !carry.no_plots {
        match draw::draw_step_compare(&results) {
            Ok(picture) => write_picture(out, &picture)?,
            Err(DrawError::Nothing(_)) => {}
            Err(error) => return Err(undrawn("compare-breakdown", &error)),
        }
    }
    match global.format {
        Format::Table => term.data(&step::compare_table(&results, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&out.summary());
    let missed = results.iter().any(|result| verdict(result, term) != Exit::Ok);
    Ok(if missed { Exit::Missed } else { Exit::Ok })
}

/// Says that steps and collectives cannot stand side by side; nothing where all are of one kind.
pub(super) fn mixed<'a>(files: &[String], scenarios: &'a [Scenario]) -> Option<Failure> {
    let of = |step: bool| {
        let found =
            files.iter().zip(scenarios).find(|(_, one): &(_, &'a Scenario)| one.workload.is_some() == step);
        found.map(|(file, _)| file)
    };
    let (step, other) = (of(true)?, of(false)?);
    let told = format!(
        "a training step cannot be compared with collectives: `{step}` is a training step, `{other}` has collectives"
    );
    Some(Failure::Message(Exit::Usage, told))
}
