//! `[fabric]` of a plan: families, technologies, servers, switches and cables that may be taken.

use super::spec::{FAMILIES, SwitchPlace};
use crate::diag::{Diagnostic, Place, nearest};
use crate::fabric::parts::{Catalogue, MediumKind, Server, Technology};
use crate::input::collective::listed_twice;
use crate::input::names::unknown_name;
use crate::input::parts::MAX_PLANES;
use crate::input::reader::{At, Item};
use crate::input::section::Section;
use crate::input::stack;
use crate::input::tune::words;

/// The accelerator of plans that name none.
pub(super) const USUAL: &str = "h100";
/// The most ports down for each port up.
pub(super) const MAX_OVERSUBSCRIPTION: f64 = 1024.0;
const OVERSUBSCRIPTION: f64 = 8.0;
const PLANES: [u32; 2] = [1, 2];

/// What may be taken.
pub(super) struct Choice {
    pub(super) families: Vec<String>,
    pub(super) technologies: Vec<Technology>,
    /// Indices into the catalogue's; `None` where faults were told.
    pub(super) servers: Option<Vec<usize>>,
    /// Where they are chosen.
    pub(super) servers_at: Place,
    pub(super) switches: Option<Vec<String>>,
    pub(super) media: Vec<MediumKind>,
    pub(super) most_oversubscribed: f64,
    pub(super) planes: Vec<u32>,
    pub(super) switch_places: Vec<SwitchPlace>,
    pub(super) stack: Option<String>,
}

/// Reads it; what is of the catalogue is looked up where there is one. `whole` is where servers are chosen that the section
/// does not choose.
pub(super) fn read(mut section: Section<'_>, catalogue: Option<&Catalogue>, whole: Place) -> Choice {
    let s = &mut section;
    let families: Vec<(&str, &str)> = FAMILIES.into_iter().map(|name| (name, name)).collect();
    let families = some_of(s, "families", "a family", &families);
    let technologies = s.item("technologies");
    let asked = technologies.as_ref().map(|item| words(item, "a technology", &Technology::ALL));
    let (servers, servers_at) = servers(s, catalogue, whole);
    let switches = s
        .item("switches")
        .map(|item| (item.place(), catalogue.map_or_else(Vec::new, |catalogue| switches(&item, catalogue))));
    let speaks = |technology: Technology| {
        catalogue.is_none_or(|catalogue| {
            let mut able = catalogue.switches.iter().filter(|switch| switch.technology == technology);
            able.any(|switch| switches.as_ref().is_none_or(|(_, names)| names.contains(&switch.name)))
        })
    };
    // Names that are not known have told what is wrong.
    let sure = switches.as_ref().is_none_or(|(_, names)| !names.is_empty());
    if let (Some(item), Some(asked), true) = (&technologies, &asked, sure) {
        for technology in asked.iter().filter(|technology| !speaks(**technology)) {
            let fault = Diagnostic::error("E1006", format!("no switch speaks `{}`", technology.name()))
                .at(item.place(), "it is asked for here");
            item.push(match &switches {
                Some((place, _)) => fault.at(place.clone(), "and these are all that may be taken"),
                None => fault.help("the catalogue has none: add one, or leave the technology out"),
            });
        }
    }
    let all = || Technology::ALL.iter().map(|(_, own)| *own).filter(|own| !sure || speaks(*own)).collect();
    let technologies = asked.unwrap_or_else(all);
    let media = some_of(s, "media", "a kind of cable", &MediumKind::ALL);
    let oversubscription = s.item("oversubscription").and_then(|item| {
        item.number("from 1 to 1024, such as 8", |number| (1.0..=MAX_OVERSUBSCRIPTION).contains(&number))
    });
    let planes = s.item("planes").map_or_else(|| PLANES.to_vec(), |item| planes(&item));
    let switch_places = some_of(s, "switch_places", "a place of switches", &SwitchPlace::ALL);
    let stack = s.item("stack").and_then(|item| {
        let name = item.string_as("the name of a built-in stack profile")?;
        if stack::builtin_names().any(|own| own == name.value) {
            return Some(name.value.to_owned());
        }
        unknown_name("E0601", "built-in stack profile", &name, stack::builtin_names(), item.source.faults);
        None
    });
    section.finish();
    Choice {
        families: families.into_iter().map(str::to_owned).collect(),
        technologies,
        servers,
        servers_at,
        switches: switches.map(|(_, names)| names),
        media,
        most_oversubscribed: oversubscription.map_or(OVERSUBSCRIPTION, |told| told.value),
        planes,
        switch_places,
        stack,
    }
}

/// Words of a list, each once; all unless given.
fn some_of<T: Copy + PartialEq>(
    section: &mut Section<'_>,
    key: &'static str,
    what: &str,
    all: &[(&str, T)],
) -> Vec<T> {
    let every = || all.iter().map(|(_, value)| *value).collect();
    section.item(key).map_or_else(every, |item| words(&item, what, all))
}

/// Names of a list, each once.
fn names<'a>(item: &Item<'a>, what: &str) -> Vec<At<&'a str>> {
    let mut found: Vec<At<&str>> = Vec::new();
    for item in item.each() {
        let Some(name) = item.string_as(what) else { continue };
        if found.iter().any(|own| own.value == name.value) {
            item.push(listed_twice(name.value, &name.place));
        } else {
            found.push(name);
        }
    }
    found
}

/// Servers by their names, or by their accelerators. `None` where faults were told.
fn servers(
    section: &mut Section<'_>,
    catalogue: Option<&Catalogue>,
    whole: Place,
) -> (Option<Vec<usize>>, Place) {
    let faults = section.source.faults;
    let before = faults.errors();
    section.exclusive("servers", "accelerator", "servers have their accelerators");
    let (by_name, by_accelerator) = (section.item("servers"), section.item("accelerator"));
    let place = by_name.as_ref().or(by_accelerator.as_ref()).map_or(whole, Item::place);
    let Some(catalogue) = catalogue else { return (None, place) };
    let all = &catalogue.servers;
    let of =
        |name: &str| -> Vec<usize> { (0..all.len()).filter(|at| all[*at].accelerator == name).collect() };
    let found: Vec<usize> = if let Some(item) = by_name {
        names(&item, "the name of a server").iter().filter_map(|name| server(name, all, &item)).collect()
    } else if let Some(item) = by_accelerator {
        let asked = names(&item, "the name of an accelerator");
        asked
            .iter()
            .flat_map(|name| {
                let own = of(name.value);
                if own.is_empty() {
                    unknown_accelerator(name, all, &item);
                }
                own
            })
            .collect()
    } else {
        let usual = of(USUAL);
        if usual.is_empty() { (0..all.len()).collect() } else { usual }
    };
    if found.is_empty() && faults.errors() == before {
        faults.push(
            Diagnostic::error("E1006", "there is no server to choose from")
                .at(place.clone(), "the catalogue has none")
                .help("add a `[[server]]` to the file of `[parts]`, or leave `only` out"),
        );
    }
    ((faults.errors() == before).then_some(found), place)
}

fn server(name: &At<&str>, all: &[Server], item: &Item<'_>) -> Option<usize> {
    let at = all.iter().position(|server| server.name == name.value);
    if at.is_none() {
        let names = all.iter().map(|server| server.name.as_str());
        unknown_name("E1001", "server", name, names, item.source.faults);
    }
    at
}

fn unknown_accelerator(name: &At<&str>, all: &[Server], item: &Item<'_>) {
    let mut known: Vec<&str> = Vec::new();
    for server in all {
        if !known.contains(&server.accelerator.as_str()) {
            known.push(&server.accelerator);
        }
    }
    let fault = Diagnostic::error("E1001", format!("no server has the accelerator `{}`", name.value))
        .at(name.place.clone(), "no server of the catalogue has it");
    item.push(match nearest(name.value, known.iter().copied()) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => {
            let list: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            fault.help(format!("there are servers with {}", list.join(", ")))
        }
    });
}

/// Switches by their names.
fn switches(item: &Item<'_>, catalogue: &Catalogue) -> Vec<String> {
    let known = || catalogue.switches.iter().map(|switch| switch.name.as_str());
    let mut found = Vec::new();
    for name in names(item, "the name of a switch") {
        if known().any(|own| own == name.value) {
            found.push(name.value.to_owned());
        } else {
            let all: Vec<&str> = known().collect();
            unknown_name("E1001", "switch", &name, all.iter().copied(), item.source.faults);
        }
    }
    found
}

/// Numbers of planes, ascending.
fn planes(item: &Item<'_>) -> Vec<u32> {
    let mut found: Vec<u32> = Vec::new();
    for item in item.each() {
        let Some(planes) = item.count(1, MAX_PLANES) else { continue };
        if found.contains(&planes.value) {
            item.push(listed_twice(&planes.value.to_string(), &planes.place));
        } else {
            found.push(planes.value);
        }
    }
    found.sort_unstable();
    found
}
