//! Families of fabrics, one a file.
//!
//! A family tells its parameters as data ([`Param`]), from which files are read, schemas are made and
//! designs are enumerated, and builds itself into a [`Builder`]. A further family joins by one file and
//! one line in [`FAMILIES`].

mod boxes;
mod bundles;
mod clos;
mod counts;
mod fat_tree;
mod full_mesh_box;
mod fully_connected;
mod global_links;
mod grid;
mod hosts;
mod hybrid_cube_mesh;
mod hypercube;
mod limits;
mod medium;
mod mesh;
mod multi_plane;
mod nvlink_domain;
mod pods;
mod rail_only;
mod rail_optimised;
mod rails;
mod ring;
mod server_dragonfly;
mod server_torus;
mod server_tree;
mod single_switch;
mod tiers;
mod torus;
mod values;

pub use bundles::{Bundle, Join, bundles};
pub use counts::{Counts, Tree, TreeCounts, tree};
pub use hybrid_cube_mesh::PAIRS as HYBRID_CUBE_MESH;
pub use values::{Fault, Param, ParamKind, Value, Values};

use super::Builder;

/// Counts the switches and cables of a family's fabric.
pub type Count = fn(&Values<'_>) -> Result<Counts, Vec<Fault>>;

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
    /// Counts its switches and cables in closed form, without building; families with servers have it.
    ///
    /// # Errors
    /// Faults that concern parameters, each by name; not those of rates and link classes, nor of fabrics that
    /// are too large to be built.
    pub counts: Option<Count>,
}

/// All families, simple ones first.
pub const FAMILIES: &[&Family] = &[
    &single_switch::FAMILY,
    &ring::FAMILY,
    &mesh::FAMILY,
    &torus::FAMILY,
    &fully_connected::FAMILY,
    &hypercube::FAMILY,
    &fat_tree::FAMILY,
    &rail_optimised::FAMILY,
    &rail_only::FAMILY,
    &server_tree::FAMILY,
    &multi_plane::FAMILY,
    &server_dragonfly::FAMILY,
    &server_torus::FAMILY,
    &nvlink_domain::FAMILY,
    &hybrid_cube_mesh::FAMILY,
    &full_mesh_box::FAMILY,
];

/// The family of that name.
pub fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().copied().find(|family| family.name == name)
}
