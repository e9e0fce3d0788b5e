//! Families of networks that plans may take, one a file.
//!
//! A family tells its template, and which networks it has for what is asked: their parameters, with the numbers of
//! switches and cables in closed form. A further family joins by one file and one line in [`FAMILIES`].

mod counted;
mod dragonfly;
mod fat_tree;
mod multi_plane;
mod rail_only;
mod rail_optimised;
mod single_switch;
mod torus;
mod tree;

use super::{Base, Structure};

/// A family of networks.
pub struct PlanFamily {
    /// The name in plans.
    pub name: &'static str,
    /// The template of its topologies.
    pub template: &'static str,
    /// The networks for a base, where `at` is the number of the family.
    pub structures: fn(at: usize, base: &Base<'_>) -> Vec<Structure>,
}

/// All families.
pub const FAMILIES: &[&PlanFamily] = &[
    &single_switch::FAMILY,
    &fat_tree::FAMILY,
    &rail_optimised::FAMILY,
    &rail_only::FAMILY,
    &multi_plane::FAMILY,
    &dragonfly::FAMILY,
    &torus::FAMILY,
];

/// All networks of the families that a plan takes.
pub fn structures(base: &Base<'_>) -> Vec<Structure> {
    let taken = |name: &str| base.plan.families.iter().any(|own| own == name);
    let mut found: Vec<Structure> = FAMILIES
        .iter()
        .enumerate()
        .filter(|(_, family)| taken(family.name))
        .flat_map(|(at, family)| (family.structures)(at, base))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn families_are_those_of_plans() {
        let own: BTreeSet<&str> = FAMILIES.iter().map(|family| family.name).collect();
        let read: BTreeSet<&str> = crate::input::plan::FAMILIES.into_iter().collect();
        assert_eq!(own, read);
        assert_eq!(own.len(), FAMILIES.len());
    }
}
