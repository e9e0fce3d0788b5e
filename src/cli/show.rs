//! `show`: what a fabric is.

use super::args::{Format, Global, ShowArgs};
use super::exit::{Exit, Failure};
use super::load::{self, Document};
use super::term::Term;
use crate::report::{json, show as report};
use crate::route::metrics;

pub(super) fn show(args: &ShowArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let told = match load::document(&args.file, term)? {
        Document::Scenario(scenario) => metrics::report(&scenario.fabric),
        Document::Topology(fabric) => metrics::report(&fabric),
        Document::Plan(_) => {
            let told =
                format!("`{}` is a plan, which has no fabric yet: `railspine plan` finds one", args.file);
            return Err(Failure::Message(Exit::Usage, told));
        }
        Document::Parts(_) => {
            let message = format!("`{}` is a parts catalogue, which has no fabric to show", args.file);
            return Err(Failure::Message(Exit::Usage, message));
        }
        Document::Profile(_) => {
            let message = format!("`{}` is a stack profile, which has no fabric to show", args.file);
            return Err(Failure::Message(Exit::Usage, message));
        }
        Document::Part(what, _) => {
            let message = format!("`{}` is {what}, which has no fabric to show", args.file);
            return Err(Failure::Message(Exit::Usage, message));
        }
    };
    match global.format {
        Format::Table => term.data(&report::table(&told))?,
        Format::Json => term.data(&json::show(&told))?,
        Format::Csv => {
            let message = "`show` prints `table` or `json`, not `csv`".into();
            return Err(Failure::Message(Exit::Usage, message));
        }
    }
    Ok(Exit::Ok)
}
