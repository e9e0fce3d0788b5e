//! Families of fabrics, one a file.
//!
//! A family tells its parameters as data ([`Param`]), from which files are read, schemas are made and
//! designs are enumerated, and builds itself into a [`Builder`]. A further family joins by one file and
//! one line in [`FAMILIES`].

mod values;

pub use values::{Fault, Param, ParamKind, Value, Values};

use super::Builder;

/// A family of fabrics.
pub struct Family {
    /// The name in files: `fat-tree`.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Its parameters, in the order in which they are documented.
    pub params: &'static [Param],
    /// Adds the nodes and cables.
    ///
    /// # Errors
    /// Faults that concern parameters, each by name.
    pub build: fn(&Values<'_>, &mut Builder) -> Result<(), Vec<Fault>>,
}

/// All families, by name.
pub const FAMILIES: &[&Family] = &[];

/// The family of that name.
pub fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().copied().find(|family| family.name == name)
}
