//! `show`: what a fabric is.

use super::args::{Format, Global, ShowArgs};
use super::exit::{Exit, Failure};
use super::load;
use super::term::Term;
use crate::report::{json, show as report};
use crate::route::metrics;

pub(super) fn show(args: &ShowArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let (fabric, _) = load::fabric(&args.file, "show", term)?;
    let told = metrics::report(&fabric);
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
