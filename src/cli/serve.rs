//! `run` of inference: a table out; JSON, CSV and plots beside it.

use super::args::{Carry, Format, Global};
use super::exit::{Exit, Failure};
use super::files::OutDir;
use super::pictures::{undrawn, write_picture};
use super::progress::Progress;
use super::term::Term;
use crate::report::{draw, json, serve as report};
use crate::result::ServeResult;
use crate::run::{self, RunOptions, Scenario};

pub(super) fn serve(
    scenario: &Scenario,
    carry: &Carry,
    options: &RunOptions,
    out: &mut OutDir,
    global: &Global,
    term: &Term,
) -> Result<Exit, Failure> {
    let progress = Progress::new(term, !carry.no_progress, carry.verbose, &scenario.name);
    let result = run::run_serve(scenario, options, &progress);
    progress.finish();
    let Some(result) = result? else { return Ok(Exit::Ok) };
    let (told_json, told_csv) = (json::serve(&result), report::lines(&result));
    out.write("result.json", told_json.as_bytes())?;
    out.write("serve.csv", told_csv.as_bytes())?;
    if !carry.no_plots {
        draw_all(&result, out)?;
    }
    match global.format {
        Format::Table => term.data(&report::table(&result, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&out.summary());
    Ok(Exit::Ok)
}

/// Draws all plots; tells their names.
pub(super) fn draw_all(result: &ServeResult, out: &mut OutDir) -> Result<Vec<String>, Failure> {
    let pictures = draw::draw_serve(result).map_err(|error| undrawn(&result.scenario, &error))?;
    for picture in &pictures {
        write_picture(out, picture)?;
    }
    Ok(pictures.into_iter().map(|picture| picture.name).collect())
}
