//! The built-in catalogue: files of this crate, one a kind of part.

use std::sync::OnceLock;

use super::{WHAT, read};
use crate::diag::SourceMap;
use crate::fabric::parts::Catalogue;
use crate::input::load;
use crate::input::reader::{Faults, Source};

const FILES: [(&str, &str); 5] = [
    ("switches", include_str!("switches.toml")),
    ("nics", include_str!("nics.toml")),
    ("media", include_str!("media.toml")),
    ("servers", include_str!("servers.toml")),
    ("racks", include_str!("racks.toml")),
];

/// The parts that come with the program, read once.
pub fn builtin() -> Catalogue {
    static READ: OnceLock<Catalogue> = OnceLock::new();
    READ.get_or_init(|| {
        FILES.iter().fold(Catalogue::default(), |known, (name, text)| {
            let faults = Faults::default();
            let file = SourceMap::default().add(*name, *text);
            let source = Source { file, text, faults: &faults };
            load::parse(source, WHAT, |root| read(root, &known)).flatten().unwrap_or(known)
        })
    })
    .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_built_in_parts_load_without_a_warning() {
        let mut known = Catalogue::default();
        for (name, text) in FILES {
            let faults = Faults::default();
            let file = SourceMap::default().add(name, text);
            let source = Source { file, text, faults: &faults };
            let found = load::parse(source, WHAT, |root| read(root, &known)).flatten();
            let told = faults.into_sorted();
            assert!(told.is_empty(), "{name}: {told:?}");
            known = found.unwrap();
        }
        assert_eq!(builtin(), known);
    }
}
