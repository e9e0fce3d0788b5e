//! `tune`: a training step in; the best ways to divide it out, with the best as a scenario.

use std::path::{Path, PathBuf};

use super::args::{Format, Global, TuneArgs};
use super::exit::{Exit, Failure};
use super::files::{OutDir, safe_name};
use super::load;
use super::memory;
use super::pictures::{undrawn, write_picture};
use super::tally::Tally;
use super::term::Term;
use crate::engine::fluid;
use crate::input;
use crate::planner::{self, Settings, TuneError};
use crate::report::{draw, json, tune as report};
use crate::result::TuneResult;
use crate::run::RunOptions;

pub(super) fn tune(args: &TuneArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let (scenario, text) = load::open_scenario(&args.file, args.seed, term)?;
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("out").join(safe_name(&scenario.name)));
    let mut out = OutDir::open(&folder)?;
    let settings = Settings {
        confirm: args.confirm.into(),
        run: RunOptions {
            fluid: fluid::Options { symmetry: true, skip: true },
            threads: args.threads.map(usize::from),
            max_memory: args.max_memory.or_else(memory::default_limit).map(|bytes| bytes.get()),
        },
    };
    let tally = Tally::open_ended(!args.no_progress, "searching");
    let result = planner::tune(&scenario, &settings, &tally);
    tally.finish();
    let result = result.map_err(failure)?;
    let (told_json, told_csv) = (json::tune(&result), report::csv(&result));
    out.write("tune.json", told_json.as_bytes())?;
    out.write("tune.csv", told_csv.as_bytes())?;
    if let Some(best) = result.best.first() {
        let from = if args.file == "-" {
            Path::new("")
        } else {
            Path::new(&args.file).parent().unwrap_or(Path::new(""))
        };
        let from = if from.as_os_str().is_empty() { Path::new(".") } else { from };
        let best = input::divided(&text, from, &folder, &best.division)
            .map_err(|why| Failure::Message(Exit::Incomplete, format!("cannot write `best.toml`: {why}")))?;
        out.write("best.toml", best.as_bytes())?;
        if !args.no_plots {
            let picture = draw::draw_tuned(&result).map_err(|error| undrawn("best", &error))?;
            write_picture(&mut out, &picture)?;
        }
    }
    match global.format {
        Format::Table => term.data(&report::table(&result, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&out.summary());
    Ok(verdict(&result, term))
}

/// Tells where nothing fits.
fn verdict(result: &TuneResult, term: &Term) -> Exit {
    let Some(nearest) = &result.nearest else { return Exit::Ok };
    #[expect(clippy::cast_precision_loss, reason = "for display only")]
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    term.error(&format!(
        "nothing fits in {:.1} GB: the nearest takes {:.1} GB more",
        gigabytes(result.memory_limit),
        gigabytes(nearest.excess_bytes)
    ));
    Exit::Missed
}

fn failure(error: TuneError) -> Failure {
    match error {
        TuneError::Run(error) => error.into(),
        TuneError::NoStep => Failure::Message(Exit::Usage, error.to_string()),
        TuneError::None { .. } => Failure::Message(Exit::Missed, error.to_string()),
    }
}
