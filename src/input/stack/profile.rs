//! A stack profile in a file.

use super::{builtin, constants};
use crate::diag::Diagnostic;
use crate::input::names::{name_of_file, unknown_name};
use crate::input::section::Section;
use crate::input::{parts, plan, workload};
use crate::stack::{Generation, Library, Profile};

/// Keys of a profile that are no constants.
const OWN: [&str; 6] = ["name", "title", "library", "generation", "based_on", "sources"];

/// True, with a fault, where a file that should be `wanted` is a stack profile.
pub(in crate::input) fn is_profile(root: &Section<'_>, wanted: &str) -> bool {
    let place = ["library", "based_on"].into_iter().find_map(|key| root.key_place(key));
    let other = ["kind", "fabric", "collective", "template", "node"].into_iter().any(|key| root.has(key));
    let Some(place) = place.filter(|_| !other) else { return false };
    root.source.faults.push(
        Diagnostic::error("E0109", format!("this file is a stack profile, not {wanted}"))
            .at(place, "a key of stack profiles")
            .help("a scenario names a stack profile by `file` in `[stack]`"),
    );
    true
}

/// True, with a fault, where a file that should be a profile is a topology or a scenario.
fn is_other(root: &Section<'_>) -> bool {
    if root.has("library") || root.has("based_on") {
        return false;
    }
    let scenario = ["kind", "fabric", "collective"].into_iter().find_map(|key| root.key_place(key));
    let topology = ["template", "node", "link", "params"].into_iter().find_map(|key| root.key_place(key));
    let (place, found) = match (scenario, topology) {
        (Some(place), _) => (place, "a scenario"),
        (None, Some(place)) => (place, "a topology"),
        (None, None) => return false,
    };
    root.source.faults.push(
        Diagnostic::error("E0109", format!("this file is {found}, not a stack profile"))
            .at(place, format!("a key of {}", if found == "a scenario" { "scenarios" } else { "topologies" }))
            .help("a stack profile begins with `library` or `based_on`"),
    );
    true
}

/// Reads a profile from the keys of `root`. `path` gives the name where the profile has none; it may be based on the
/// first `known` of the built-in profiles. `None` where faults were told.
pub(in crate::input) fn read(mut root: Section<'_>, path: &str, known: usize) -> Option<Profile> {
    let faults = root.source.faults;
    let before = faults.errors();
    let wanted = "a stack profile";
    if plan::is_plan(&root, wanted)
        || parts::is_parts(&root, wanted)
        || is_other(&root)
        || workload::is_part(&root, wanted)
    {
        return None;
    }
    let name = root.item("name").and_then(|item| item.line());
    let title = root.item("title").and_then(|item| item.string());
    let sources: Vec<String> = root
        .item("sources")
        .map(|item| item.each())
        .unwrap_or_default()
        .iter()
        .filter_map(|item| item.string())
        .map(|text| text.value.to_owned())
        .collect();
    let base_name =
        root.item("based_on").and_then(|item| item.string_as("the name of a built-in stack profile"));
    let base = base_name.as_ref().and_then(|name| {
        let names = builtin::names().take(known);
        let found = builtin::get(name.value, known);
        if found.is_none() {
            unknown_name("E0601", "built-in stack profile", name, names, faults);
        }
        found
    });
    let library = if root.has("based_on") {
        root.item("library")
    } else {
        root.require_with(
            "library",
            "add for example `library = \"nccl\"`, or `based_on = \"nccl-hopper\"` to begin with a built-in profile",
        )
    };
    let library = library.and_then(|item| item.word("a library", &Library::ALL)).map(|found| found.value);
    let library = library.or_else(|| base.as_ref().map(|base| base.software));
    let needs = library.is_some_and(Library::chooses_as_nccl);
    let own = base.as_ref().filter(|base| base.software.chooses_as_nccl());
    let generation = if needs && own.is_none() && base_name.is_none() {
        root.require("generation", "generation = \"hopper\"")
    } else {
        root.item("generation")
    };
    let generation = generation.and_then(|item| item.word("a generation", &Generation::ALL));
    if let (Some(library), Some(generation), false) = (library, &generation, needs) {
        faults.push(
            Diagnostic::warning("W0301", "`generation` has no effect here")
                .at(generation.place.clone(), format!("`{}` has no table of its own", library.name())),
        );
    }
    let given = constants::read(&root, &OWN);
    if let Some(library) = library {
        constants::warn_idle(&root, &given, library);
    }
    if faults.errors() > before {
        return None;
    }
    let name = name.map_or_else(|| name_of_file(path, "profile"), |name| name.value.to_owned());
    let generation = generation.map(|found| found.value);
    let mut profile = match base {
        Some(base) => base,
        None => Profile::new("", library?, generation.unwrap_or(Generation::Hopper)),
    };
    profile.name = name;
    profile.software = library?;
    profile.generation = generation.unwrap_or(profile.generation);
    if let Some(title) = title {
        title.value.clone_into(&mut profile.title);
    }
    if !sources.is_empty() {
        profile.sources = sources;
    }
    for given in given {
        profile.set(given.param, given.value);
    }
    Some(profile)
}
