//! The parts catalogue: built in, and in files of one's own that go over it.

mod builtin;
mod entry;
mod medium;
mod nic;
mod rack;
mod schema;
mod server;
mod switch;

pub use builtin::builtin;
pub use schema::parts_schema;

pub(super) use nic::MAX_PLANES;

use super::reader::At;
use super::section::Section;
use super::{plan, scenario, stack, workload};
use crate::diag::{Diagnostic, Place};
use crate::fabric::parts::{Catalogue, Medium, Nic, Rack, Server, Switch};
use entry::Entry;

/// What messages call such a file.
pub(super) const WHAT: &str = "the parts catalogue";
/// With its article, in a sentence.
pub(super) const A: &str = "a parts catalogue";

/// Headers of a catalogue, which no other kind of file has.
pub const KEYS: [&str; 5] = [Switch::KEY, Nic::KEY, Medium::KEY, Server::KEY, Rack::KEY];

/// A kind of part.
trait Part: Sized + Clone {
    /// Its header.
    const KEY: &'static str;

    /// Its name.
    fn name(&self) -> &str;

    /// All of its kind.
    fn list(catalogue: &mut Catalogue) -> &mut Vec<Self>;

    /// Reads one, over an `old` one of its name where there is such. `None` where faults were told.
    fn read(entry: &mut Entry<'_>, old: Option<&Self>) -> Option<Self>;
}

/// True, with a fault, where a file that should be `wanted` is a catalogue.
pub(super) fn is_parts(root: &Section<'_>, wanted: &str) -> bool {
    let other = ["kind", "fabric", "collective", "template", "node", "link", "library", "based_on"];
    let place = KEYS.iter().find_map(|key| root.key_place(key));
    let Some(place) = place.filter(|_| !other.iter().any(|key| root.has(key))) else { return false };
    root.source.faults.push(
        Diagnostic::error("E0109", format!("this file is {A}, not {wanted}"))
            .at(place, "a header of parts catalogues")
            .help("a plan names a catalogue by `file` in `[parts]`"),
    );
    true
}

/// Reads a catalogue whose parts go over those of `known`: a part of the name of one there changes only what it gives.
/// `None` where faults were told.
pub(super) fn read(mut root: Section<'_>, known: &Catalogue) -> Option<Catalogue> {
    let faults = root.source.faults;
    let before = faults.errors();
    if !KEYS.iter().any(|key| root.has(key))
        && (plan::is_plan(&root, A)
            || scenario::is_scenario(&root, A)
            || stack::is_profile(&root, A)
            || workload::is_part(&root, A)
            || is_topology(&root))
    {
        return None;
    }
    let mut catalogue = known.clone();
    each::<Switch>(&mut root, &mut catalogue);
    each::<Nic>(&mut root, &mut catalogue);
    each::<Medium>(&mut root, &mut catalogue);
    each::<Server>(&mut root, &mut catalogue);
    each::<Rack>(&mut root, &mut catalogue);
    root.finish();
    (faults.errors() == before).then_some(catalogue)
}

fn is_topology(root: &Section<'_>) -> bool {
    let place = ["template", "node", "link", "params"].into_iter().find_map(|key| root.key_place(key));
    let Some(place) = place else { return false };
    root.source.faults.push(
        Diagnostic::error("E0109", format!("this file is a topology, not {A}"))
            .at(place, "a key of topologies"),
    );
    true
}

/// Reads all parts of a kind.
fn each<P: Part>(root: &mut Section<'_>, catalogue: &mut Catalogue) {
    let Some(item) = root.item(P::KEY) else { return };
    let mut names: Vec<(String, Place)> = Vec::new();
    for mut section in item.sections() {
        let name = section.require("name", "name = \"my-part\"").and_then(|item| item.line());
        // What else is wrong is told of a part without a name, too.
        let known = name.is_some();
        let name = name.map_or_else(
            || At { value: String::new(), place: section.place() },
            |name| At { value: name.value.to_owned(), place: name.place },
        );
        if let Some((_, first)) = names.iter().find(|(own, _)| known && *own == name.value) {
            section.source.faults.push(
                Diagnostic::error("E1002", format!("two parts are named `{}`", name.value))
                    .at(name.place.clone(), "the second")
                    .at(first.clone(), "and the first"),
            );
        }
        names.push((name.value.clone(), name.place.clone()));
        let list = P::list(catalogue);
        let at = list.iter().position(|part| part.name() == name.value);
        let mut entry = Entry { section, name };
        let part = P::read(&mut entry, at.map(|at| &list[at]));
        entry.section.finish();
        match (part, at) {
            (Some(part), Some(at)) => list[at] = part,
            (Some(part), None) => list.push(part),
            (None, _) => {}
        }
    }
}
