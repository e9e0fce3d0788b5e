//! The command line: one file a command, results on stdout, everything else on stderr.

mod args;
mod calibrate;
mod check;
mod compare;
mod complete;
mod design_folder;
mod exit;
mod explain;
mod export;
mod files;
mod init;
mod journal;
mod load;
mod memory;
mod pictures;
mod plan;
mod plot;
mod price;
mod progress;
pub mod render;
mod replay;
mod run;
mod schema;
mod serve;
mod show;
mod step;
mod tally;
mod term;
mod tune;
mod validate;
mod validate_steps;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use exit::Exit;
use term::Term;

/// Runs the program with its arguments (the first is its name) and tells how it ended.
pub fn main<I, T>(args: I) -> ExitCode
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            // Nothing can be told where even this cannot be printed.
            let _ = error.print();
            return code.into();
        }
    };
    let term = Term::new(cli.global.color);
    let ended = match &cli.command {
        Command::Run(args) => run::run(args, &cli.global, &term),
        Command::Compare(args) => compare::compare(args, &cli.global, &term),
        Command::Check(args) => check::check(args, &cli.global, &term),
        Command::Show(args) => show::show(args, &cli.global, &term),
        Command::Validate(args) => validate::validate(args, &cli.global, &term),
        Command::Calibrate(args) => calibrate::calibrate(args, &cli.global, &term),
        Command::Replay(args) => replay::replay(args, &cli.global, &term),
        Command::Export(args) => export::export(args, &term),
        Command::Tune(args) => tune::tune(args, &cli.global, &term),
        Command::Plan(args) => plan::plan(args, &cli.global, &term),
        Command::Price(args) => price::price(args, &cli.global, &term),
        Command::Plot(args) => plot::plot(args, &cli.global, &term),
        Command::Init(args) => init::init(args, &term),
        Command::Explain(args) => explain::explain(args, &term),
        Command::Schema(args) => schema::schema(args, &term),
        Command::Completions(args) => complete::completions(args, &term),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => failure.tell(&term).into(),
    }
}
