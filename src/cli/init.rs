//! `init`: a commented template.

use super::args::{InitArgs, Template};
use super::exit::{Exit, Failure};
use super::files::write_whole;
use super::term::Term;
use crate::input::{INIT_PLAN, INIT_SCENARIO, INIT_TOPOLOGY};

pub(super) fn init(args: &InitArgs, term: &Term) -> Result<Exit, Failure> {
    let text = match args.template {
        Template::Scenario => INIT_SCENARIO,
        Template::Topology => INIT_TOPOLOGY,
        Template::Plan => INIT_PLAN,
    };
    match &args.output {
        None => term.data(text)?,
        Some(path) if path.exists() => {
            let message = format!("`{}` exists already and is left as it is", path.display());
            return Err(Failure::Message(Exit::Usage, message));
        }
        Some(path) => {
            write_whole(path, text.as_bytes())?;
            term.say(&format!("wrote {}", path.display()));
        }
    }
    Ok(Exit::Ok)
}
