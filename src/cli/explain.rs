//! `explain`: what an error code means.

use super::args::ExplainArgs;
use super::exit::{Exit, Failure};
use super::term::Term;
use crate::diag::nearest;
use crate::input;

pub(super) fn explain(args: &ExplainArgs, term: &Term) -> Result<Exit, Failure> {
    let Some(code) = &args.code else {
        let list: String = input::codes().iter().map(|(code, title)| format!("{code}  {title}\n")).collect();
        term.data(&list)?;
        return Ok(Exit::Ok);
    };
    let code = code.to_uppercase();
    match input::explain(&code) {
        Some(text) => term.data(&format!("{}\n", text.trim_end()))?,
        None => {
            let hint = nearest(&code, input::codes().iter().map(|(code, _)| *code))
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let message = format!("there is no error code `{code}`{hint} `railspine explain` lists all");
            return Err(Failure::Message(Exit::Usage, message));
        }
    }
    Ok(Exit::Ok)
}
