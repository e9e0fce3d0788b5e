//! `export`: the training step of a scenario as Chakra files.

use std::path::PathBuf;

use super::args::ExportArgs;
use super::exit::{Exit, Failure};
use super::files::{OutDir, safe_name};
use super::load;
use super::term::Term;
use crate::exchange::{chakra, trace};
use crate::run;

pub(super) fn export(args: &ExportArgs, term: &Term) -> Result<Exit, Failure> {
    let scenario = load::scenario(&args.file, None, term)?;
    let (Some(workload), Some(graph)) = (&scenario.workload, run::step_graph(&scenario)?) else {
        let why = format!("`{}` has no `[workload]`: there is no step to export", args.file);
        return Err(Failure::Message(Exit::Usage, why));
    };
    let name = safe_name(&scenario.name);
    let made = trace::of_step(&name, &workload.parallel, &graph)
        .map_err(|error| Failure::Message(Exit::Usage, error.to_string()))?;
    let files = chakra::write(&made).map_err(|rejected| {
        load::tell(&rejected.diagnostics, &rejected.sources, term);
        Failure::Told(Exit::Incomplete)
    })?;
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("out").join(format!("{name}-chakra")));
    let mut out = OutDir::open(&folder)?;
    for file in files {
        out.write(&file.name, &file.bytes)?;
    }
    let nodes = made.node_count();
    term.say(&format!("wrote {} ranks, {nodes} nodes, to {}", made.ranks.len(), folder.display()));
    Ok(Exit::Ok)
}
