//! `plan`: what is to be trained and what may be bought in; the designs that nothing beats out.

use std::path::PathBuf;
use std::time::Instant;

use super::args::{Format, Global, PlanArgs};
use super::design_folder::write_design;
use super::exit::{Exit, Failure};
use super::files::{OutDir, safe_name};
use super::journal::FileJournal;
use super::load;
use super::memory;
use super::pictures::{undrawn, write_picture};
use super::tally::Tally;
use super::term::Term;
use crate::engine::fluid;
use crate::planner::planned::{self, Drawing, PlanError, Planned};
use crate::report::plan as report;
use crate::report::{draw, json};
use crate::run::RunOptions;

pub(super) fn plan(args: &PlanArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let plan = load::plan(&args.file, args.seed, term)?;
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("out").join(safe_name(&plan.name)));
    let mut out = OutDir::open(&folder)?;
    let options = RunOptions {
        fluid: fluid::Options { symmetry: true, skip: true },
        threads: args.threads.map(usize::from),
        max_memory: args.max_memory.or_else(memory::default_limit).map(|bytes| bytes.get()),
    };
    let journal = FileJournal::open(&folder, &plan, args.fresh)?;
    if journal.before() > 0 {
        term.say(&format!("going on: {} networks were simulated before", journal.before()));
    }
    let tally = Tally::of_groups(!args.no_progress, "designs");
    let started = Instant::now();
    let stage = |stage| tally.stage(stage);
    let found = planned::certify(&plan, &options, &journal, &tally, &stage);
    let mut found = found.inspect_err(|_| tally.finish()).map_err(failure)?;
    let ((simulated, networks), designs) = (found.networks(), found.designs());
    term.say(&format!(
        "the front of {designs} designs was certified in {:.1} s, with {simulated} of {networks} networks simulated to the end",
        started.elapsed().as_secs_f64(),
    ));
    found.describe(&options, &tally, &stage).inspect_err(|_| tally.finish()).map_err(failure)?;
    let drawn = if args.no_designs { Ok(()) } else { draw_all(&found, args, &folder, &tally) };
    tally.finish();
    drawn?;
    let result = &found.result;
    let (told_json, told_csv) = (json::plan(result), report::csv(result));
    out.write("plan.json", told_json.as_bytes())?;
    out.write("plan.csv", told_csv.as_bytes())?;
    if !args.no_plots && !result.front.is_empty() {
        for picture in draw::draw_plan(result).map_err(|error| undrawn("front", &error))? {
            write_picture(&mut out, &picture)?;
        }
    }
    match global.format {
        Format::Table => term.data(&report::table(result, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&out.summary());
    if !args.no_designs {
        let folders = result.front.len();
        let plural = if folders == 1 { "" } else { "s" };
        term.say(&format!(
            "and {folders} folder{plural} of designs there: topology, bill, cables, racks, why.md"
        ));
    }
    journal.finish();
    if result.front.is_empty() {
        term.error("no design is feasible: see which limits they break");
        return Ok(Exit::Missed);
    }
    Ok(Exit::Ok)
}

/// Draws all designs of the front up, each to a folder of its own.
fn draw_all(
    found: &Planned<'_>,
    args: &PlanArgs,
    folder: &std::path::Path,
    tally: &Tally,
) -> Result<(), Failure> {
    let all = found.result.front.len();
    for at in 0..all {
        tally.stage(planned::Stage::Drawing(at, all));
        let Drawing { planned: own, topology } = found.draw(at, &|| tally.interrupted()).map_err(failure)?;
        if tally.interrupted() {
            return Err(failure(PlanError::Run(crate::run::RunError::Cancelled)));
        }
        let mut out = OutDir::open(&folder.join(safe_name(&own.design.id)))?;
        out.write("topology.toml", topology.as_bytes())?;
        write_design(&mut out, &own, !args.no_plots)?;
    }
    Ok(())
}

pub(super) fn failure(error: PlanError) -> Failure {
    match error {
        PlanError::Run(error) => error.into(),
        PlanError::Undivided { .. } | PlanError::NoNetwork | PlanError::Budget => {
            Failure::Message(Exit::Missed, error.to_string())
        }
        PlanError::Tune { .. } => Failure::Message(Exit::Usage, error.to_string()),
        PlanError::Draw { .. } => Failure::Message(Exit::Incomplete, error.to_string()),
    }
}
