//! `completions`: for a shell.

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs};
use super::exit::{Exit, Failure};
use super::term::Term;

pub(super) fn completions(args: &CompletionsArgs, term: &Term) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "railspine", &mut script);
    term.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
