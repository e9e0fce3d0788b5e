//! `run`: a scenario in; a table out; JSON, CSV and plots beside it.

use std::path::PathBuf;

use super::args::{Carry, Format, Global, RunArgs};
use super::exit::{Exit, Failure};
use super::files::{OutDir, safe_name};
use super::pictures::{undrawn, write_picture};
use super::progress::Progress;
use super::term::Term;
use super::{load, memory, serve, step};
use crate::engine::fluid;
use crate::report::draw::Picture;
use crate::report::{ForecastReport, csv, draw, json, table};
use crate::result::{Expectation, RunResult};
use crate::run::{self, RunOptions, Scenario};

pub(super) fn run(args: &RunArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let scenario = load::scenario(&args.file, args.carry.seed, term)?;
    if args.forecast && scenario.infers() {
        let told = "there is no forecast of inference: it is simulated in a second or two";
        return Err(Failure::Message(Exit::Usage, told.into()));
    }
    if args.forecast && scenario.workload.is_some() {
        return step::forecast(&scenario, args, global, term);
    }
    if args.forecast {
        return forecast(&scenario, args, global, term);
    }
    let folder =
        args.carry.out.clone().unwrap_or_else(|| PathBuf::from("out").join(safe_name(&scenario.name)));
    let mut out = OutDir::open(&folder)?;
    if scenario.infers() {
        return serve::serve(&scenario, &args.carry, &options(&args.carry), &mut out, global, term);
    }
    if scenario.workload.is_some() {
        return step::run(&scenario, args, &mut out, global, term);
    }
    let result = carry_out(&scenario, &args.carry, term)?;
    let (told_json, told_csv) = (json::run(&result), csv::run(&result));
    out.write("result.json", told_json.as_bytes())?;
    out.write("result.csv", told_csv.as_bytes())?;
    if !args.carry.no_plots {
        for picture in draw_all(&result)? {
            write_picture(&mut out, &picture)?;
        }
    }
    match global.format {
        Format::Table => term.data(&table::run(&result, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&out.summary());
    Ok(verdict(&result, term))
}

/// Prints what a run will cost.
fn forecast(scenario: &Scenario, args: &RunArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let forecast = run::forecast(scenario, &options(&args.carry))?;
    let report = ForecastReport::new(&scenario.name, &forecast);
    match global.format {
        Format::Table => term.data(&report.table())?,
        Format::Json => term.data(&json::forecast(&report))?,
        Format::Csv => term.data(&report.csv())?,
    }
    Ok(Exit::Ok)
}

/// How to run, as asked for.
pub(super) fn options(carry: &Carry) -> RunOptions {
    RunOptions {
        fluid: fluid::Options { symmetry: !carry.no_symmetry, skip: !carry.no_skip },
        threads: carry.threads.map(usize::from),
        max_memory: carry.max_memory.or_else(memory::default_limit).map(|bytes| bytes.get()),
    }
}

/// Runs a scenario with progress.
pub(super) fn carry_out(scenario: &Scenario, carry: &Carry, term: &Term) -> Result<RunResult, Failure> {
    let progress = Progress::new(term, !carry.no_progress, carry.verbose, &scenario.name);
    let result = run::run(scenario, &options(carry), &progress);
    progress.finish();
    Ok(result?)
}

/// All plots that a result asks for, or those that suit it.
pub(super) fn draw_all(result: &RunResult) -> Result<Vec<Picture>, Failure> {
    let specs = if result.plots.is_empty() { draw::default_plots(result) } else { result.plots.clone() };
    specs.iter().map(|spec| draw::draw(result, spec).map_err(|error| undrawn(&spec.name, &error))).collect()
}

/// Tells missed expectations, and how to end.
pub(super) fn verdict(result: &RunResult, term: &Term) -> Exit {
    missed(&result.expectations, term)
}

/// Tells those that are missed, and how to end.
pub(super) fn missed(expectations: &[Expectation], term: &Term) -> Exit {
    let mut exit = Exit::Ok;
    for missed in expectations.iter().filter(|expectation| !expectation.met) {
        term.error(&format!("{}: expected {}, found {}", missed.what, missed.expected, missed.found));
        exit = Exit::Missed;
    }
    exit
}
