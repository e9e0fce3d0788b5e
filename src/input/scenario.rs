//! A scenario's top level, and what must fit between its parts.

use std::sync::Arc;

use super::load::{self, LoadOptions};
use super::names::name_of_file;
use super::reader::{At, Item, Source};
use super::section::Section;
use super::topology::{self, Overrides};
use super::{beside, collective, expect, expect_step, parts, plots, ranks, stack, tune, workload};
use crate::diag::{Diagnostic, Place, SourceMap};
use crate::engine::{EngineKind, Steps};
use crate::fabric::{Fabric, Routing};
use crate::run::Scenario;
use crate::workload::Space;

/// The most cases of a scenario.
pub(super) const MAX_CASES: usize = 10_000;

/// Keys of the top of a scenario.
const TOP: &[&str] = &["kind", "name", "title", "seed", "heavy", "engine", "together", "steps"];

/// Words for steps.
pub(super) const STEPS: [(&str, Steps); 2] = [("receipt", Steps::Receipt), ("lockstep", Steps::Lockstep)];

/// Words for engines.
pub(super) fn engines() -> Vec<(&'static str, EngineKind)> {
    EngineKind::ALL.into_iter().map(|engine| (engine.name(), engine)).collect()
}

/// True, with a fault, where a file that should be `wanted` is a scenario.
pub(super) fn is_scenario(root: &Section<'_>, wanted: &str) -> bool {
    let found = root.has("kind") && (root.has("collective") || root.has("fabric"));
    if let (true, Some(place)) = (found, root.key_place("kind")) {
        root.source.faults.push(
            Diagnostic::error("E0109", format!("this file is a scenario, not {wanted}"))
                .at(place, "only scenarios have a `kind`")
                .help("scenarios are for `railspine run` and `railspine check`"),
        );
    }
    found
}

/// Says what a file without `kind` is; tells whether reading can go on.
fn check_kind(root: &mut Section<'_>) -> bool {
    const KINDS: [(&str, bool); 2] = [("run", true), ("plan", false)];
    if stack::is_profile(root, "a scenario")
        || workload::is_part(root, "a scenario")
        || parts::is_parts(root, "a scenario")
    {
        return false;
    }
    if !root.has("kind") {
        let topology = ["template", "node", "link", "params"].into_iter().find_map(|key| root.key_place(key));
        if let (Some(place), false) = (topology, root.has("collective") || root.has("fabric")) {
            root.source.faults.push(
                Diagnostic::error("E0109", "this file is a topology, not a scenario")
                    .at(place, "a key of topologies")
                    .help(
                        "`railspine show` describes a topology; a scenario names it by `file` in `[fabric]`",
                    ),
            );
            return false;
        }
    }
    let Some(item) = root.require("kind", "kind = \"run\"") else { return true };
    let Some(kind) = item.word("a kind", &KINDS) else { return true };
    if !kind.value {
        root.source.faults.push(
            Diagnostic::error("E0109", "this file is a plan, which cannot be run as a scenario")
                .at(kind.place, "a plan asks for a fabric, a scenario runs on one")
                .help("plans are for `railspine plan`; a scenario has `kind = \"run\"`"),
        );
    }
    kind.value
}

/// Reads a scenario; `None` where faults were told.
pub(super) fn read(
    mut root: Section<'_>,
    path: &str,
    options: &LoadOptions,
    sources: &mut SourceMap,
) -> Option<Scenario> {
    let faults = root.source.faults;
    root.top_keys(TOP);
    if !check_kind(&mut root) {
        return None;
    }
    let name = root.item("name").and_then(|item| item.file_name());
    let name = name.map_or_else(|| name_of_file(path, "scenario"), |name| name.value.to_owned());
    let title = root.item("title").and_then(|item| item.string());
    let title = title.map_or_else(|| name.clone(), |title| title.value.to_owned());
    let seed = root.item("seed").and_then(|item| item.integer(0, u64::MAX >> 1));
    let seed = options.seed.or(seed.map(|seed| seed.value)).unwrap_or(1);
    let heavy = root.item("heavy").and_then(|item| item.boolean()).is_some_and(|heavy| heavy.value);
    let together = root.item("together").and_then(|item| item.boolean());
    let steps = root.item("steps").and_then(|item| item.word("a kind of steps", &STEPS));
    let engine = root.item("engine");
    let engines = engine.as_ref().map_or_else(|| vec![EngineKind::Fluid], read_engines);
    if let (Some(item), true, true) = (&engine, root.has("workload"), engines.len() > 1) {
        item.out_of_range(
            format!("a training step cannot run by {} engines", engines.len()),
            "expected one engine: `compare` shows two scenarios side by side",
        );
    }
    let fabric = root
        .require_with(
            "fabric",
            "add a `[fabric]` with for example `file = \"../topologies/dgx-h100-superpod.toml\"`",
        )
        .and_then(|item| item.section("`[fabric]`"))
        .and_then(|section| read_fabric(section, path, sources));
    let steps = steps.map_or(Steps::Receipt, |steps| steps.value);
    let workload = root.item("workload");
    root.exclusive("collective", "workload", "a scenario is of collectives, or of a training step");
    let list = match &workload {
        Some(_) => root.item("collective"),
        None => root.require_with(
            "collective",
            "add a `[[collective]]` with for example `op = \"all-reduce\"` and `size = \"1 GiB\"`",
        ),
    };
    let drafts: Vec<_> = list
        .map(|list| list.sections())
        .unwrap_or_default()
        .into_iter()
        .map(|section| collective::read(section, steps, TOP))
        .collect();
    let together_at =
        together.as_ref().filter(|together| together.value).map(|together| together.place.clone());
    check_together(&together_at, &drafts);
    check_count(&drafts, engines.len(), together_at.is_some());
    let (expect, step_expect) = match &workload {
        Some(_) => (Some(Vec::new()), expect_step::read(&mut root, TOP)),
        None => (expect::read(&mut root, &drafts, &engines, TOP), Some(Vec::new())),
    };
    let plots = match &workload {
        Some(_) => {
            refuse_plots(&mut root);
            Vec::new()
        }
        None => plots::read(&mut root, &drafts, TOP),
    };
    let stack = root
        .item("stack")
        .map(|item| item.section("`[stack]`").map(|s| stack::read(s, path, sources, &drafts, TOP)));
    let ranks = fabric.as_ref().map(|fabric| fabric.endpoints().len() as u64);
    let tuned = root.item("tune");
    if let (Some(_), None, Some(place)) = (&tuned, &workload, root.key_place("tune")) {
        faults.push(
            Diagnostic::error("E0103", "`[tune]` needs a `[workload]`")
                .at(place, "what is to be divided?")
                .help("`[tune]` is for training steps: collectives have no division to search"),
        );
    }
    let open = options.open || tuned.is_some();
    let read_step = |s| workload::read(s, (ranks, open), path, sources, TOP);
    let workload = workload.map(|item| item.section("`[workload]`").and_then(read_step));
    let tune = tuned.map(|item| {
        let step = workload.as_ref().and_then(Option::as_ref);
        item.section("`[tune]`").and_then(|s| tune::read(s, step, ranks, TOP))
    });
    let imposed = stack.as_ref().and_then(|found| found.as_ref()?.algorithm.as_ref());
    let mut shape = None;
    if let Some(fabric) = &fabric {
        let site = ranks::FabricIndex::new(fabric);
        shape = drafts
            .iter()
            .enumerate()
            .map(|(index, draft)| collective::resolve(draft, &site, seed, index, imposed))
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Option<Vec<_>>>();
    }
    if let Some(collectives) = &shape {
        plots::check_ranks(&plots, collectives, faults);
    }
    root.finish();
    let (timeline_ranks, plots) = plots::finish(plots);
    let stack = match stack {
        Some(found) => Some(found?.stack?),
        None => None,
    };
    Some(Scenario {
        stack,
        name,
        title,
        seed,
        heavy,
        fabric: Arc::new(fabric?),
        engines,
        collectives: shape?,
        workload: match workload {
            Some(found) => Some(Arc::new(found?)),
            None => None,
        },
        tune: match tune {
            Some(found) => found?,
            None => Space::default(),
        },
        together: together.is_some_and(|together| together.value),
        expect: expect?,
        step_expect: step_expect?,
        plots,
        timeline_ranks,
    })
}

/// The plots of a step are always the same.
fn refuse_plots(root: &mut Section<'_>) {
    let help = "the plots of a training step are always drawn: `breakdown`, `pipeline` and `memory`";
    root.exclusive("plot", "workload", help);
    root.item("plot");
}

fn read_engines(item: &Item<'_>) -> Vec<EngineKind> {
    let mut found: Vec<EngineKind> = Vec::new();
    for item in item.each() {
        let Some(engine) = item.word("an engine", &engines()) else { continue };
        if found.contains(&engine.value) {
            item.push(collective::listed_twice(engine.value.name(), &engine.place));
        } else {
            found.push(engine.value);
        }
    }
    found
}

/// `[fabric]`: a file with overrides, or a topology inline.
fn read_fabric(mut section: Section<'_>, path: &str, sources: &mut SourceMap) -> Option<Fabric> {
    section.top_keys(TOP);
    let Some(item) = section.item("file") else {
        return topology::read(section, path, Overrides::default());
    };
    let faults = section.source.faults;
    for key in ["template", "node", "link", "remove", "class", "position", "name"] {
        if section.has(key) {
            section.exclusive("file", key, "change the file, or describe the whole topology here");
            section.item(key);
        }
    }
    let params = section.item("params").and_then(|item| item.section("`params` of `[fabric]`"));
    let routing = section.item("routing").and_then(|item| item.word("a routing", &Routing::ALL));
    section.finish();
    let named = beside::open(&item, "the name of a topology file", path, sources)?;
    // The parameters of the scenario are read beside those of the file, so both texts must live here.
    let source = Source { file: named.file, text: &named.text, faults };
    load::parse(source, "the topology", |root| {
        if load::is_no_topology(&root) {
            return None;
        }
        topology::read(root, &named.shown, Overrides { params, routing })
    })
    .flatten()
}

/// Collectives that run together have one algorithm each, and sizes that go in step.
fn check_together(together: &Option<Place>, drafts: &[collective::Draft<'_>]) {
    let Some(together) = together else {
        for draft in drafts {
            if let Some(start) = draft.start.as_ref().filter(|start| start.value.ps() > 0) {
                draft.source.faults.push(
                    Diagnostic::warning("W0301", "`start` has no effect here")
                        .at(start.place.clone(), "every case of this scenario runs alone")
                        .help(
                            "to run all collectives at once, write `together = true` at the top of the file",
                        ),
                );
            }
        }
        return;
    };
    for draft in drafts.iter().filter(|draft| draft.algorithms.len() > 1) {
        draft.source.faults.push(
            Diagnostic::error("E0309", "collectives that run together have one algorithm each")
                .at(draft.algorithm_place(), format!("these are {}", draft.algorithms.len()))
                .at(together.clone(), "all collectives run at once")
                .help("write a scenario for each and use `railspine compare`"),
        );
    }
    let mut longest: Option<&At<Vec<crate::units::Bytes>>> = None;
    for sizes in drafts.iter().filter_map(|draft| draft.sizes.as_ref()).filter(|sizes| sizes.value.len() > 1)
    {
        match longest {
            Some(first) if first.value.len() != sizes.value.len() => {
                if let Some(draft) = drafts.first() {
                    draft.source.faults.push(
                        Diagnostic::error(
                            "E0309",
                            "collectives that run together need equally many sizes, or one",
                        )
                        .at(sizes.place.clone(), format!("these are {} sizes", sizes.value.len()))
                        .at(first.place.clone(), format!("and these {}", first.value.len())),
                    );
                }
            }
            Some(_) => {}
            None => longest = Some(sizes),
        }
    }
}

/// A scenario has a bounded number of cases.
fn check_count(drafts: &[collective::Draft<'_>], engines: usize, together: bool) {
    let sizes = |draft: &collective::Draft<'_>| draft.sizes.as_ref().map_or(0, |sizes| sizes.value.len());
    let each = |draft: &collective::Draft<'_>| sizes(draft).saturating_mul(draft.algorithms.len());
    let cases = if together {
        drafts.iter().map(sizes).max().unwrap_or(0).saturating_mul(drafts.len())
    } else {
        drafts.iter().map(each).fold(0, usize::saturating_add)
    };
    let cases = cases.saturating_mul(engines);
    let Some(largest) = drafts.iter().max_by_key(|draft| each(draft)) else { return };
    if cases > MAX_CASES {
        largest.source.faults.push(
            Diagnostic::error("E0502", format!("the scenario has {cases} cases"))
                .at(
                    largest.place.clone(),
                    format!("{} of them come of this", each(largest).saturating_mul(engines)),
                )
                .help(format!("at most {MAX_CASES} cases can be run at once: use fewer sizes or algorithms")),
        );
    }
}
