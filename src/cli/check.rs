//! `check`: all faults of files, without running them.

use serde_json::json;

use super::args::{CheckArgs, Format, Global};
use super::exit::{Exit, Failure};
use super::load::{self, Document};
use super::term::Term;
use crate::fabric::parts::Catalogue;
use crate::input::plan::{Amount, Plan};

pub(super) fn check(args: &CheckArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let mut worst = Exit::Ok;
    let mut lines = Vec::new();
    let mut entries = Vec::new();
    for file in &args.files {
        let (ok, what) = match load::document(file, term) {
            Ok(Document::Scenario(scenario)) if scenario.infers() => {
                (true, format!("scenario, inference on {} GPUs", scenario.fabric.endpoints().len()))
            }
            Ok(Document::Scenario(scenario)) if scenario.workload.is_some() => {
                (true, format!("scenario, a training step on {} GPUs", scenario.fabric.endpoints().len()))
            }
            Ok(Document::Scenario(scenario)) => {
                let cases: usize =
                    scenario.collectives.iter().map(|c| c.algorithms.len() * c.sizes.len()).sum();
                let gpus = scenario.fabric.endpoints().len();
                (true, format!("scenario, {cases} case{} on {gpus} GPUs", if cases == 1 { "" } else { "s" }))
            }
            Ok(Document::Plan(plan)) => (true, planned(&plan)),
            Ok(Document::Parts(parts)) => (true, listed(&parts)),
            Ok(Document::Topology(fabric)) => {
                let (nodes, cables) = (fabric.nodes().len(), fabric.links().len() / 2);
                let gpus = fabric.endpoints().len();
                (true, format!("topology, {gpus} GPUs, {nodes} nodes, {cables} links"))
            }
            Ok(Document::Profile(profile)) => {
                (true, format!("stack profile of `{}`", profile.software.name()))
            }
            Ok(Document::Part(what, title)) => (true, format!("{what}, {title}")),
            Err(failure) => {
                worst = failure.tell(term);
                (false, "refused".into())
            }
        };
        lines.push(format!("{file}: {}{what}", if ok { "ok, " } else { "" }));
        entries.push(json!({ "file": file, "ok": ok, "what": what }));
    }
    match global.format {
        Format::Table => term.data(&(lines.join("\n") + "\n"))?,
        Format::Json => {
            let told = json!({ "schema": "railspine.check/1", "files": entries });
            term.data(&format!("{told:#}\n"))?;
        }
        Format::Csv => {
            let rows = args.files.iter().zip(&entries).map(|(file, entry)| {
                let quoted = file.replace('"', "\"\"");
                format!("\"{quoted}\",{},{}\n", entry["ok"], entry["what"])
            });
            term.data(&std::iter::once("file,ok,what\n".to_string()).chain(rows).collect::<String>())?;
        }
    }
    Ok(worst)
}

/// A line about a plan.
fn planned(plan: &Plan) -> String {
    let loads = plan.loads.len();
    let of = format!("{loads} load{}", if loads == 1 { "" } else { "s" });
    match plan.amount {
        Amount::Accelerators(number) => format!("plan, {of} on {number} accelerators"),
        Amount::Budget(money) => format!("plan, {of} for {money}"),
    }
}

/// A line about a catalogue: what there is with the built-in parts.
fn listed(parts: &Catalogue) -> String {
    let (switches, nics, media) = (parts.switches.len(), parts.nics.len(), parts.media.len());
    let (servers, racks) = (parts.servers.len(), parts.racks.len());
    format!(
        "parts; with the built-in ones {switches} switches, {nics} adapters, {media} cables, {servers} servers, {racks} racks"
    )
}
