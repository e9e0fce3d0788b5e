//! `replay`: a trace of a step and a fabric in; its time, and where it went, out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Format, Global, ReplayArgs};
use super::exit::{Exit, Failure};
use super::files::{OutDir, safe_name};
use super::load::{self, Document};
use super::memory;
use super::tally::Tally;
use super::term::Term;
use crate::collective::{Algorithm, Op};
use crate::exchange::aicb::{self, Lowering, Which};
use crate::exchange::trace::{self, Ground, ReplayError, Trace};
use crate::exchange::{Rejected, chakra};
use crate::input::stack::builtin;
use crate::input::{self, workload};
use crate::report::{json, replay as report};
use crate::run::{CollectiveSpec, RunOptions, Scenario};
use crate::stack::Stack;
use crate::workload::Accelerator;

pub(super) fn replay(args: &ReplayArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let mut scenario = ground(&args.topology, term)?;
    if let Some(profile) = &args.profile {
        let profile = match builtin(profile) {
            Some(found) => found,
            None => load::profile(profile, term)?,
        };
        scenario.stack = Some(Stack::new(profile));
    }
    let accelerator = args.accelerator.as_deref().map(|name| accelerator(name, term)).transpose()?;
    let (trace, format, bubble_share) = read(args, term)?;
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("out").join(safe_name(&trace.name)));
    let mut out = OutDir::open(&folder)?;
    let options = RunOptions {
        threads: args.threads.map(usize::from),
        max_memory: memory::default_limit().map(|bytes| bytes.get()),
        ..RunOptions::default()
    };
    let on = Ground { scenario: &scenario, accelerator: accelerator.as_ref(), bubble_share, format };
    let tally = Tally::open_ended(!args.no_progress, "playing");
    let played = trace::replay(&trace, &on, &options, &tally);
    tally.finish();
    let result = played.map_err(|error| match error {
        ReplayError::Run(error) => error.into(),
        other => Failure::Message(Exit::Usage, other.to_string()),
    })?;
    let (told_json, told_csv) = (json::replay(&result), report::csv(&result));
    out.write("replay.json", told_json.as_bytes())?;
    out.write("collectives.csv", told_csv.as_bytes())?;
    match global.format {
        Format::Table => term.data(&report::table(&result, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&out.summary());
    Ok(Exit::Ok)
}

/// The fabric, and the stack where a scenario has one.
fn ground(path: &str, term: &Term) -> Result<Scenario, Failure> {
    let wrong = |what: &str| {
        Failure::Message(Exit::Usage, format!("`{path}` is {what}, expected a topology or a scenario"))
    };
    match load::document(path, term)? {
        Document::Topology(fabric) => {
            // A scenario needs something to run; it is not looked at.
            let spec = CollectiveSpec::new(Op::AllReduce, Algorithm::Auto, fabric.endpoints().to_vec());
            Ok(Scenario::of_one("replay", Arc::new(*fabric), None, spec))
        }
        Document::Scenario(scenario) => Ok(*scenario),
        Document::Plan(_) => Err(wrong("a plan")),
        Document::Parts(_) => Err(wrong("a parts catalogue")),
        Document::Profile(_) => Err(wrong("a stack profile")),
        Document::Part(what, _) => Err(wrong(what)),
    }
}

fn accelerator(name: &str, term: &Term) -> Result<Accelerator, Failure> {
    match workload::accelerator(name) {
        Some(found) => Ok(found),
        None => load::accelerator(name, term),
    }
}

/// The trace, its format, and what a bubble adds.
fn read(args: &ReplayArgs, term: &Term) -> Result<(Trace, &'static str, f64), Failure> {
    let refuse = |rejected: Rejected| {
        load::tell(&rejected.diagnostics, &rejected.sources, term);
        Failure::Told(Exit::Usage)
    };
    if !args.trace.is_file() {
        let read = chakra::read_folder(&args.trace, args.groups.as_deref()).map_err(refuse)?;
        return Ok((read, "chakra", 0.0));
    }
    let shown = args.trace.to_string_lossy();
    let bytes = input::read_bytes(Path::new(&args.trace)).map_err(|why| load::unread(&shown, &why))?;
    let read = aicb::read(&shown, &bytes).map_err(refuse)?;
    let which = args.one.map_or(Which::All, Which::One);
    let lowered = read.lower(&Lowering { ranks: args.ranks, which }).map_err(refuse)?;
    Ok((lowered, "aicb", read.bubble_share()))
}
