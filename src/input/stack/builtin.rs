//! The built-in stack profiles: files of this crate.

use super::profile;
use crate::diag::SourceMap;
use crate::input::load;
use crate::input::reader::{Faults, Source};
use crate::stack::Profile;

macro_rules! files {
    ($($name:literal,)*) => {
        /// Names and texts. A profile may be based on those before it.
        const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../stack/profiles/", $name, ".toml")))),*];
    };
}

files! {
    "ideal",
    "nccl-volta",
    "nccl-ampere",
    "nccl-hopper",
    "nccl-blackwell",
    "rccl-mi300x",
    "nccl-pcie",
    "mpi-infiniband",
    "mpi-infiniband-device",
    "mpi-slingshot",
    "mpi-tofud",
}

/// How many there are.
pub(in crate::input) const COUNT: usize = FILES.len();

/// The names of all.
pub(in crate::input) fn names() -> impl Iterator<Item = &'static str> + Clone {
    FILES.iter().map(|(name, _)| *name)
}

/// The profile of that name among the first `known`.
pub(super) fn get(name: &str, known: usize) -> Option<Profile> {
    let at = FILES.iter().take(known).position(|(own, _)| *own == name)?;
    let (name, text) = FILES[at];
    let faults = Faults::default();
    let file = SourceMap::default().add(name, text);
    let source = Source { file, text, faults: &faults };
    load::parse(source, "the stack profile", |root| profile::read(root, name, at)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Library;

    #[test]
    fn all_built_in_profiles_load_without_a_warning() {
        for (at, (name, text)) in FILES.iter().enumerate() {
            let faults = Faults::default();
            let file = SourceMap::default().add(*name, *text);
            let source = Source { file, text, faults: &faults };
            let read = load::parse(source, "the stack profile", |root| profile::read(root, name, at));
            let told = faults.into_sorted();
            assert!(told.is_empty(), "{name}: {told:?}");
            let profile = read.flatten().unwrap();
            assert_eq!(profile.name, *name, "named as its file");
            assert!(!profile.title.is_empty(), "{name}");
            assert_eq!(profile.sources.is_empty(), profile.software == Library::Ideal, "{name}");
            let kind = name.split('-').next().unwrap();
            assert_eq!(profile.software.name(), kind, "{name}");
        }
        assert_eq!(get("nccl-hopper", 3), None, "only those before");
    }
}
