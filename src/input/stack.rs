//! `[stack]` of a scenario, and stack profiles: what the communication library and the host add to a fabric.

mod builtin;
mod constants;
mod imposed;
mod profile;
mod schema;
mod write;

pub use write::to_toml;

pub(super) use builtin::COUNT;
use builtin::names;
pub(super) use imposed::has_choice;
pub(super) use profile::{is_profile, read as read_profile};
pub(super) use schema::{profile_properties, section as section_schema};

use super::collective::Draft;
use super::names::unknown_name;
use super::reader::{At, Item, Source, is_line};
use super::section::Section;
use super::{beside, load};
use crate::collective::Algorithm;
use crate::diag::{Diagnostic, SourceMap};
use crate::stack::{Profile, Stack, Version};

/// The built-in profile of that name: its constants with their sources.
pub fn builtin(name: &str) -> Option<Profile> {
    builtin::get(name, COUNT)
}

/// The names of the built-in profiles.
pub fn builtin_names() -> impl Iterator<Item = &'static str> + Clone {
    names()
}

/// Whether a profile may have that name.
pub fn is_name(name: &str) -> bool {
    is_line(name)
}

/// `[stack]`, read.
#[derive(Debug)]
pub(super) struct Found {
    /// What it says; `None` where faults were told.
    pub(super) stack: Option<Stack>,
    /// The algorithm that is imposed on collectives that ask for `auto`, where it has an effect.
    pub(super) algorithm: Option<At<Algorithm>>,
}

/// Reads `[stack]` of the scenario at `path`, whose collectives are those.
pub(super) fn read(
    mut section: Section<'_>,
    path: &str,
    sources: &mut SourceMap,
    drafts: &[Draft<'_>],
    top: &'static [&'static str],
) -> Found {
    let faults = section.source.faults;
    let before = faults.errors();
    section.top_keys(top);
    let file = section.item("file");
    let both = section.exclusive("profile", "file", "");
    let name = match &file {
        Some(_) => section.item("profile"),
        None => section.require_with(
            "profile",
            "add for example `profile = \"nccl-hopper\"`, or `file = \"my-profile.toml\"`",
        ),
    };
    let profile = match (name, file) {
        _ if both => None,
        (Some(name), _) => named(&name),
        (None, Some(file)) => from_file(&file, path, sources),
        (None, None) => None,
    };
    let imposed = imposed::read(&mut section);
    if let Some(profile) = &profile {
        imposed.warn_by_library(&section, profile.software);
        if profile.software.chooses_as_nccl() {
            imposed.warn_by_collectives(&section, drafts);
        }
    }
    section.finish();
    let reads = profile.as_ref().is_some_and(|own| own.software.chooses_as_nccl());
    let algorithm = imposed.algorithm.clone().filter(|_| reads);
    let stack = profile.filter(|_| faults.errors() == before).map(|mut profile| {
        for given in &imposed.set {
            profile.set(given.param, given.value);
        }
        Stack {
            profile,
            version: imposed.version.as_ref().map_or(Version::NEWEST, |version| version.value),
            shared_process: imposed.process.as_ref().is_some_and(|process| process.value),
            overrides: imposed.overrides(),
            set: imposed.set.iter().map(|given| given.param).collect(),
        }
    });
    Found { stack, algorithm }
}

/// A built-in profile.
fn named(item: &Item<'_>) -> Option<Profile> {
    let name = item.string_as("the name of a built-in stack profile")?;
    let found = builtin(name.value);
    if found.is_none() && name.value.ends_with(".toml") {
        item.push(
            Diagnostic::error("E0601", format!("there is no built-in stack profile named `{}`", name.value))
                .at(name.place, "this looks like the name of a file")
                .help(format!("profiles in files are named by `file = \"{}\"`", name.value)),
        );
    } else if found.is_none() {
        unknown_name("E0601", "built-in stack profile", &name, builtin_names(), item.source.faults);
    }
    found
}

/// A profile in a file.
fn from_file(item: &Item<'_>, path: &str, sources: &mut SourceMap) -> Option<Profile> {
    let named = beside::open(item, "the name of a file with a stack profile", path, sources)?;
    let source = Source { file: named.file, text: &named.text, faults: item.source.faults };
    load::parse(source, "the stack profile", |root| read_profile(root, &named.shown, COUNT)).flatten()
}
