//! `plot`: the plots of a saved result, drawn again without simulating.

use std::path::{Path, PathBuf};

use super::args::{Format, Global, PlotArgs};
use super::exit::{Exit, Failure};
use super::files::OutDir;
use super::pictures::{undrawn, write_picture};
use super::run::draw_all;
use super::term::Term;
use super::{load, serve, step};
use crate::input;
use crate::report::draw::{Picture, draw_design, draw_plan};
use crate::report::json::{self, Saved, SavedPlan};

pub(super) fn plot(args: &PlotArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let text = if args.file == "-" {
        load::stdin()?
    } else {
        input::read_text(Path::new(&args.file)).map_err(|why| load::unread(&args.file, &why))?
    };
    let refused =
        |why| Failure::Message(Exit::Usage, format!("`{}` is not a saved result: {why}", args.file));
    let beside = Path::new(&args.file).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    let mut out = OutDir::open(args.out.as_ref().unwrap_or(&beside))?;
    let names = if json::is_serve(&text) {
        serve::draw_all(&json::read_serve(&text).map_err(refused)?, &mut out)?
    } else {
        let pictures = match json::read_plan(&text) {
            Some(saved) => planned(&saved.map_err(refused)?)?,
            None => match &json::read(&text).map_err(refused)? {
                Saved::Run(result) => draw_all(result)?,
                Saved::Step(result) => step::draw_all(result)?,
            },
        };
        for picture in &pictures {
            write_picture(&mut out, picture)?;
        }
        pictures.into_iter().map(|picture| picture.name).collect()
    };
    if global.format == Format::Json {
        let told = serde_json::json!({ "schema": "railspine.plot/1", "plots": names });
        term.data(&format!("{told:#}\n"))?;
    }
    term.say(&out.summary());
    Ok(Exit::Ok)
}

/// The pictures of a saved plan, or of one of its designs.
fn planned(saved: &SavedPlan) -> Result<Vec<Picture>, Failure> {
    match saved {
        SavedPlan::Plan(plan) => draw_plan(plan).map_err(|error| undrawn(&plan.plan, &error)),
        SavedPlan::Design(own) => draw_design(own).map_err(|error| undrawn(&own.design.id, &error)),
    }
}
