//! All designs of a plan, by network.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::fabric::parts::Technology;
use crate::input::plan::Plan;
use crate::planner::design::{Base, Bounds, Structure, Variant, Yard, family};
use crate::planner::floor::Misfit;
use crate::planner::score::Wiring;
use crate::units::Bandwidth;

/// A network, and the designs that have it.
pub struct Network {
    /// Index of its servers and technology among the space's bases.
    pub base: usize,
    /// What its time depends on.
    pub wiring: Wiring,
    /// The designs: index of the structure, how it is racked and cabled, and its bounds; the cheapest bound first.
    pub designs: Vec<(u32, Variant, Bounds)>,
}

/// Why designs are not feasible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Infeasible {
    /// A limit of racks, the room or cables.
    Rack(Misfit),
    /// The plan's limit of capital cost.
    Capex,
    /// The plan's limit of total cost of ownership.
    Tco,
    /// The plan's limit of power.
    Power,
    /// The plan's limit of the step's time.
    Time,
}

/// All designs.
pub struct Space<'a> {
    /// Servers, technologies and adapters that go together.
    pub bases: Vec<Base<'a>>,
    /// Servers, by index and how many: what loads are prepared for.
    pub courses: Vec<(usize, u32)>,
    /// Of each base, the index of its servers in `courses`.
    pub course_of: Vec<usize>,
    /// All networks with their parts.
    pub structures: Vec<Structure>,
    /// What racks and cables cost.
    pub yard: Yard<'a>,
    /// Networks that differ in anything that a step's time depends on, in one order.
    pub networks: Vec<Network>,
    /// How many designs break which limit.
    pub infeasible: BTreeMap<Infeasible, u64>,
    /// How many designs there are.
    pub designs: u64,
}

impl<'a> Space<'a> {
    /// All designs of a plan, for these numbers of accelerators.
    pub fn new(plan: &'a Plan, accelerators: &[u32]) -> Self {
        let all = accelerators.iter().flat_map(|count| Base::all(plan, *count));
        // Loads are prepared only for servers that some network joins.
        let (bases, found): (Vec<Base<'a>>, Vec<Vec<Structure>>) = all
            .map(|base| (base, family::structures(&base)))
            .filter(|(_, structures)| !structures.is_empty())
            .unzip();
        let mut courses: Vec<(usize, u32)> = Vec::new();
        let course = |base: &Base<'_>| {
            let own = (base.server, base.servers);
            courses.iter().position(|known| *known == own).unwrap_or_else(|| {
                courses.push(own);
                courses.len() - 1
            })
        };
        let course_of: Vec<usize> = bases.iter().map(course).collect();
        let mut structures: Vec<(usize, Structure)> = Vec::new();
        for (at, own) in found.into_iter().enumerate() {
            structures.extend(own.into_iter().map(|own| (at, own)));
        }
        let mut rates: Vec<(Technology, Bandwidth)> =
            structures.iter().map(|(_, own)| (own.wiring.technology, own.wiring.port_rate)).collect();
        rates.sort_unstable();
        rates.dedup();
        let yard = Yard::new(plan, rates.into_iter());
        // Of each structure: its designs by lengths, and those that do not fit.
        type Part = (Vec<([crate::units::Length; 3], Variant, Bounds)>, BTreeMap<Infeasible, u64>);
        let parts: Vec<Part> = structures
            .par_iter()
            .map(|(_, structure)| {
                let mut found = Vec::new();
                let mut infeasible: BTreeMap<Infeasible, u64> = BTreeMap::new();
                for variant in yard.variants(structure) {
                    let fits = match yard.misfit(structure, &variant) {
                        Some(misfit) => Err(misfit),
                        None => yard.bounds(structure, &variant).ok_or(Misfit::Reach),
                    };
                    match fits {
                        Ok(bounds) => found.push((yard.lengths(structure, &variant), variant, bounds)),
                        Err(misfit) => *infeasible.entry(Infeasible::Rack(misfit)).or_default() += 1,
                    }
                }
                (found, infeasible)
            })
            .collect();
        let mut known: FxHashMap<(usize, Wiring), usize> = FxHashMap::default();
        let mut networks: Vec<Network> = Vec::new();
        let mut infeasible: BTreeMap<Infeasible, u64> = BTreeMap::new();
        let mut designs = 0u64;
        for (number, ((base, structure), (found, misfits))) in (0u32..).zip(structures.iter().zip(parts)) {
            designs += found.len() as u64 + misfits.values().sum::<u64>();
            for (why, count) in misfits {
                *infeasible.entry(why).or_default() += count;
            }
            for (lengths, variant, bounds) in found {
                let wiring = Wiring { lengths, ..structure.wiring };
                let at = *known.entry((*base, wiring)).or_insert_with(|| {
                    networks.push(Network { base: *base, wiring, designs: Vec::new() });
                    networks.len() - 1
                });
                networks[at].designs.push((number, variant, bounds));
            }
        }
        networks.par_iter_mut().for_each(|network| {
            network.designs.sort_by_key(|(structure, variant, bounds)| {
                (bounds.capex, bounds.power, *structure, *variant)
            });
        });
        networks.sort_by(|a, b| {
            let key = |own: &Network| own.designs.first().map(|(.., bounds)| (bounds.capex, bounds.power));
            key(a).cmp(&key(b)).then_with(|| (a.base, a.wiring).cmp(&(b.base, b.wiring)))
        });
        let structures = structures.into_iter().map(|(_, own)| own).collect();
        Self { bases, courses, course_of, structures, yard, networks, infeasible, designs }
    }
}
