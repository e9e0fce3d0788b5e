//! `price`: a topology and parts in; its bill, cables and racks out.

use std::path::PathBuf;

use super::args::{Format, Global, PriceArgs};
use super::design_folder::write_design;
use super::exit::{Exit, Failure};
use super::files::{OutDir, safe_name};
use super::load;
use super::progress::interrupted;
use super::term::Term;
use crate::fabric::parts::Technology;
use crate::input::parts;
use crate::input::plan::{PUE, SwitchPlace};
use crate::planner::price::{self, Asked, PriceError};
use crate::report::{json, plan as report};
use crate::run::RunError;

pub(super) fn price(args: &PriceArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let (fabric, template) = load::fabric(&args.file, "price", term)?;
    let catalogue = match &args.parts {
        Some(file) => load::parts(file, term)?,
        None => parts::builtin(),
    };
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("out").join(safe_name(fabric.name())));
    let mut out = OutDir::open(&folder)?;
    let stop = interrupted();
    let stopped = || stop.load(std::sync::atomic::Ordering::Relaxed);
    let asked = asked(args, template.unwrap_or_else(|| fabric.name().to_owned()));
    let priced =
        price::price(&fabric, &catalogue, &asked, &stopped).map_err(|error| failure(&error, term))?;
    if stopped() {
        return Err(RunError::Cancelled.into());
    }
    for note in &priced.notes {
        term.say(&format!("note: {note}"));
    }
    let own = &priced.planned;
    write_design(&mut out, own, !args.no_plots)?;
    match global.format {
        Format::Table => term.data(&report::price_table(own, term.width()))?,
        Format::Json => term.data(&json::design(own))?,
        Format::Csv => term.data(&report::bill_csv(own))?,
    }
    term.say(&out.summary());
    Ok(Exit::Ok)
}

fn asked(args: &PriceArgs, family: String) -> Asked {
    fn of<T: Copy>(all: &[(&'static str, T)], name: Option<&String>) -> Option<T> {
        let name = name?;
        all.iter().find(|(own, _)| own == name).map(|(_, own)| *own)
    }
    Asked {
        family,
        server: args.server.clone(),
        nic: args.nic.clone(),
        switches: [&args.leaf, &args.spine, &args.core, &args.switch].map(Clone::clone),
        rack: args.rack.clone(),
        per_rack: args.servers_per_rack,
        place: of(&SwitchPlace::ALL, args.place.as_ref()),
        technology: of(&Technology::ALL, args.technology.as_ref()),
        pue: args.pue.unwrap_or(PUE),
        seed: args.seed,
    }
}

fn failure(error: &PriceError, term: &Term) -> Failure {
    let exit = if error.is_wrong_use() { Exit::Usage } else { Exit::Missed };
    Failure::told(exit, error, &error.help(), term)
}
