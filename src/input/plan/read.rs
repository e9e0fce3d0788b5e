//! A plan's top level, and what must fit between its parts.

use std::sync::Arc;

use super::amount;
use super::spec::Plan;
use super::{choice, goals, loads, racks, room};
use crate::diag::{Diagnostic, SourceMap};
use crate::fabric::parts::Catalogue;
use crate::input::load::{self, LoadOptions};
use crate::input::names::name_of_file;
use crate::input::reader::Source;
use crate::input::section::Section;
use crate::input::{beside, parts, stack, workload};
use crate::workload::Accelerator;

/// Keys of the top of a plan.
pub(super) const TOP: &[&str] = &["kind", "name", "title", "seed", "heavy", "accelerators", "budget", "jobs"];

/// What messages call it, with its article.
const A: &str = "a plan";

/// Whether the file says that it is a plan.
fn says_plan(root: &Section<'_>) -> bool {
    root.entries().iter().any(|(key, item)| key.value == "kind" && item.value.as_str() == Some("plan"))
}

/// True, with a fault, where a file that should be `wanted` is a plan.
pub(in crate::input) fn is_plan(root: &Section<'_>, wanted: &str) -> bool {
    let Some(place) = root.key_place("kind").filter(|_| says_plan(root)) else { return false };
    root.source.faults.push(
        Diagnostic::error("E0109", format!("this file is a plan, not {wanted}"))
            .at(place, "it says so")
            .help("plans are for `railspine plan` and `railspine check`"),
    );
    true
}

/// Says what a file that is no plan is; tells whether reading can go on.
fn check_kind(root: &mut Section<'_>) -> bool {
    if !root.has("kind")
        && (parts::is_parts(root, A) || stack::is_profile(root, A) || workload::is_part(root, A))
    {
        return false;
    }
    let keys = ["template", "node", "link", "params"];
    if let Some(place) = keys.into_iter().find_map(|key| root.key_place(key)).filter(|_| !root.has("kind")) {
        root.source.faults.push(
            Diagnostic::error("E0109", "this file is a topology, not a plan")
                .at(place, "a key of topologies")
                .help("`railspine show` describes a topology"),
        );
        return false;
    }
    let Some(item) = root.require("kind", "kind = \"plan\"") else { return true };
    let Some(kind) = item.word("a kind", &[("plan", true), ("run", false)]) else { return true };
    if !kind.value {
        root.source.faults.push(
            Diagnostic::error("E0109", "this file is a scenario, not a plan")
                .at(kind.place, "a scenario runs on a fabric, a plan asks for one")
                .help("scenarios are for `railspine run`; a plan has `kind = \"plan\"`"),
        );
    }
    kind.value
}

/// A table of the top, empty where it is not given or no table.
fn table<'a>(root: &mut Section<'a>, key: &'static str) -> Section<'a> {
    let (source, what) = (root.source, format!("`[{key}]`"));
    let found = root.item(key).and_then(|item| item.section(what.clone()));
    let mut section = found.unwrap_or_else(|| Section::empty(source, what));
    section.top_keys(TOP);
    section
}

/// `[parts]`: the built-in catalogue, what goes over it, or another.
fn catalogue(mut section: Section<'_>, path: &str, sources: &mut SourceMap) -> Option<Catalogue> {
    let faults = section.source.faults;
    let file = section.item("file");
    let only = section.item("only").and_then(|item| item.boolean());
    let idle = file.is_none() && only.is_some();
    if let (true, Some(only)) = (idle, &only) {
        faults.push(
            Diagnostic::error("E0103", "`only` needs a `file`")
                .at(only.place.clone(), "only what?")
                .help("add for example `file = \"my-parts.toml\"`"),
        );
    }
    section.finish();
    if idle {
        return None;
    }
    let alone = only.is_some_and(|only| only.value);
    let known = if alone { Catalogue::default() } else { parts::builtin() };
    let Some(file) = file else { return Some(known) };
    let named = beside::open(&file, "the name of a file with parts", path, sources)?;
    let source = Source { file: named.file, text: &named.text, faults };
    load::parse(source, parts::WHAT, |root| parts::read(root, &known)).flatten()
}

/// Reads a plan; `None` where faults were told.
pub(in crate::input) fn read(
    mut root: Section<'_>,
    path: &str,
    options: &LoadOptions,
    sources: &mut SourceMap,
) -> Option<Plan> {
    let faults = root.source.faults;
    let before = faults.errors();
    root.top_keys(TOP);
    if !check_kind(&mut root) {
        return None;
    }
    let name = root.item("name").and_then(|item| item.file_name());
    let name = name.map_or_else(|| name_of_file(path, "plan"), |name| name.value.to_owned());
    let title = root.item("title").and_then(|item| item.line());
    let title = title.map_or_else(|| name.clone(), |title| title.value.to_owned());
    let seed = root.item("seed").and_then(|item| item.integer(0, u64::MAX >> 1));
    let heavy = root.item("heavy").and_then(|item| item.boolean()).is_some_and(|heavy| heavy.value);
    let bought = amount::read(&mut root);
    let catalogue = catalogue(table(&mut root, "parts"), path, sources);
    // Where no servers are chosen, they are those of the catalogue.
    let whole = root.key_place("parts").unwrap_or_else(|| root.place());
    let choice = choice::read(table(&mut root, "fabric"), catalogue.as_ref(), whole);
    let servers = choice.servers.as_deref().unwrap_or_default();
    if let Some(catalogue) = &catalogue {
        amount::check(&bought, servers, catalogue, faults);
    }
    let accelerators = catalogue.as_ref().map_or_else(Vec::new, |catalogue| models(servers, catalogue));
    let racks = racks::read(table(&mut root, "racks"), catalogue, servers, &choice.servers_at);
    let loads = loads::read(&mut root, &accelerators, &bought, path, sources);
    let room = room::room(table(&mut root, "room"));
    let power = room::power(table(&mut root, "power"));
    let goals = goals::read(table(&mut root, "objective"));
    let limits = goals::limits(table(&mut root, "limits"));
    let situations =
        goals::situations(root.item("situations").and_then(|item| item.section("`[situations]`")));
    root.finish();
    if faults.errors() > before {
        return None;
    }
    let (catalogue, racks) = racks?;
    Some(Plan {
        name,
        title,
        seed: options.seed.or(seed.map(|seed| seed.value)).unwrap_or(1),
        heavy,
        loads,
        amount: bought.amount.as_ref().map(|amount| amount.value)?,
        servers: choice.servers?,
        technologies: choice.technologies,
        families: choice.families,
        catalogue: Arc::new(catalogue),
        switches: choice.switches,
        racks,
        media: choice.media,
        most_oversubscribed: choice.most_oversubscribed,
        planes: choice.planes,
        switch_places: choice.switch_places,
        room,
        pue: power.pue,
        electricity: power.electricity,
        years: power.years,
        upkeep: power.upkeep,
        utilisation: power.utilisation,
        objectives: goals.axes,
        weights: goals.weights,
        limits,
        epsilon: goals.epsilon,
        situations,
        jobs: bought.jobs,
        stack: choice.stack,
    })
}

/// The accelerators of servers, each once, in their order.
fn models(servers: &[usize], catalogue: &Catalogue) -> Vec<Accelerator> {
    let mut found: Vec<Accelerator> = Vec::new();
    for server in servers {
        let name = &catalogue.servers[*server].accelerator;
        if !found.iter().any(|own| own.name == *name) {
            found.extend(workload::accelerator(name));
        }
    }
    found
}
