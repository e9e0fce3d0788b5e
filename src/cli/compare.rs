//! `compare`: several scenarios side by side.

use std::path::PathBuf;

use super::args::{CompareArgs, Format, Global};
use super::exit::{Exit, Failure};
use super::files::{OutDir, safe_name};
use super::pictures::write_picture;
use super::run::{carry_out, verdict};
use super::term::Term;
use super::{load, step};
use crate::report::{csv, draw, json, table};
use crate::result::PlotKind;

pub(super) fn compare(args: &CompareArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let mut scenarios = Vec::new();
    let mut refused = None;
    for file in &args.files {
        // Faults of all files are told in one pass.
        match load::scenario(file, args.carry.seed, term) {
            Ok(scenario) => scenarios.push(scenario),
            Err(failure) => refused = Some(Failure::Told(failure.tell(term))),
        }
    }
    if let Some(refused) = refused {
        return Err(refused);
    }
    if let Some(mixed) = step::mixed(&args.files, &scenarios) {
        return Err(mixed);
    }
    let name = scenarios.iter().map(|scenario| scenario.name.as_str()).collect::<Vec<_>>().join("-vs-");
    let folder = args.carry.out.clone().unwrap_or_else(|| PathBuf::from("out").join(safe_name(&name)));
    let mut out = OutDir::open(&folder)?;
    if scenarios.iter().all(|scenario| scenario.workload.is_some()) {
        return step::compare(&scenarios, &args.carry, &mut out, global, term);
    }
    let mut results = Vec::new();
    for scenario in &scenarios {
        results.push(carry_out(scenario, &args.carry, term)?);
    }
    let (told_json, told_csv) = (json::compare(&results), csv::compare(&results));
    out.write("compare.json", told_json.as_bytes())?;
    out.write("compare.csv", told_csv.as_bytes())?;
    if !args.carry.no_plots {
        for kind in [PlotKind::Busbw, PlotKind::Time, PlotKind::Bars] {
            // Some kinds do not suit some results, such as a curve of one size: those are left out.
            if let Ok(picture) = draw::draw_compare(&results, kind) {
                write_picture(&mut out, &picture)?;
            }
        }
    }
    match global.format {
        Format::Table => term.data(&table::compare(&results, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&out.summary());
    let missed = results.iter().any(|result| verdict(result, term) != Exit::Ok);
    Ok(if missed { Exit::Missed } else { Exit::Ok })
}
