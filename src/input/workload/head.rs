//! What every file of the libraries begins with, and telling the kinds of file apart.

use crate::diag::{Diagnostic, Place};
use crate::input::names::name_of_file;
use crate::input::section::Section;
use crate::input::{parts, plan};

/// Name, title and sources.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) sources: Vec<String>,
}

/// Reads them. `path` gives the name where the file has none, and the name is the title where there is none.
pub(super) fn read(root: &mut Section<'_>, path: &str, otherwise: &str) -> Head {
    let name = root.item("name").and_then(|item| item.line());
    let title = root.item("title").and_then(|item| item.line());
    let sources = root
        .item("sources")
        .map(|item| item.each())
        .unwrap_or_default()
        .iter()
        .filter_map(|item| item.string())
        .map(|text| text.value.to_owned())
        .collect();
    let name = name.map_or_else(|| name_of_file(path, otherwise), |name| name.value.to_owned());
    let title = title.map_or_else(|| name.clone(), |title| title.value.to_owned());
    Head { name, title, sources }
}

/// What a kind of file is called, in a sentence and in the plural, and keys that no other kind has.
struct Kind {
    what: &'static str,
    plural: &'static str,
    keys: &'static [&'static str],
}

const OTHERS: [Kind; 3] = [
    Kind { what: "a scenario", plural: "scenarios", keys: &["kind", "fabric", "collective", "workload"] },
    Kind { what: "a topology", plural: "topologies", keys: &["template", "node", "link", "params"] },
    Kind { what: "a stack profile", plural: "stack profiles", keys: &["library", "based_on"] },
];

const OWN: [Kind; 3] = [
    Kind {
        what: super::model::A,
        plural: "models",
        keys: &["layers", "hidden", "vocabulary", "attention", "mlp", "experts"],
    },
    Kind {
        what: super::accelerator::A,
        plural: "accelerators",
        keys: &["peak", "achieved", "processors", "memory_bandwidth", "idle_power"],
    },
    Kind { what: super::software::A, plural: "software", keys: &["habits", "overlap"] },
];

fn key_of(root: &Section<'_>, kind: &Kind) -> Option<Place> {
    kind.keys.iter().find_map(|key| root.key_place(key))
}

fn tell(root: &Section<'_>, found: &Kind, place: Place, wanted: &str) {
    root.source.faults.push(
        Diagnostic::error("E0109", format!("this file is {}, not {wanted}", found.what))
            .at(place, format!("a key of {}", found.plural)),
    );
}

/// True, with a fault, where a file that should be `wanted`, one of the three kinds here, is of another kind.
pub(super) fn is_other(root: &Section<'_>, wanted: &str) -> bool {
    if OWN.iter().any(|kind| kind.what == wanted && key_of(root, kind).is_some()) {
        return false;
    }
    if plan::is_plan(root, wanted) || parts::is_parts(root, wanted) {
        return true;
    }
    let found = OWN.iter().chain(&OTHERS).find_map(|kind| Some((kind, key_of(root, kind)?)));
    let Some((kind, place)) = found else { return false };
    tell(root, kind, place, wanted);
    true
}

/// True, with a fault, where a file that should be `wanted` is of one of the three kinds here.
pub(in crate::input) fn is_part(root: &Section<'_>, wanted: &str) -> bool {
    if OTHERS.iter().any(|kind| key_of(root, kind).is_some()) {
        return false;
    }
    let Some((kind, place)) = OWN.iter().find_map(|kind| Some((kind, key_of(root, kind)?))) else {
        return false;
    };
    tell(root, kind, place, wanted);
    true
}
