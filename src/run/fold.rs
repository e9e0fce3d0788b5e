//! Folding a schedule by the symmetries that it shares with the fabric.
//!
//! A permutation of accelerators that the fabric does not notice (an automorphism) and that leaves the schedule as it
//! is makes lanes, and links, play the same role as their images: with even spraying, paths go with it, so all that
//! happens to the one happens to the other. The group that such permutations generate has orbits of ranks; one rank of
//! each is kept, with the lanes that leave it. Some permutations are tried that regular fabrics have, and each is
//! checked, on the schedule and on the fabric: what fails is left out, so that a fabric that is less regular only
//! has smaller orbits.

use crate::collective::{Schedule, Symmetries};
use crate::engine::{Fold, FoldedLane};
use crate::fabric::Fabric;
use crate::ids::{NodeId, PathId};
use crate::route::bundles::{Orbits, fold as fold_routes};
use crate::route::{Bundles, Distances, Flow, Routes};
use crate::units::Bytes;

/// A folded schedule and the paths of its lanes, over classes of links.
#[derive(Debug, Clone)]
pub(super) struct Folded {
    pub(super) fold: Fold,
    pub(super) routes: Routes,
    pub(super) paths: Vec<PathId>,
}

/// More kept lanes than this are no gain.
const MOST_LANES: usize = 1 << 22;

/// Folds a schedule for ranks on `nodes` that runs at some sizes; `None` where nothing is gained, sizes do not divide
/// evenly, or paths depend on hashes or numbers.
pub(super) fn fold(
    fabric: &Fabric,
    bundles: &Bundles,
    nodes: &[NodeId],
    schedule: &Schedule,
    sizes: &[Bytes],
) -> Option<Folded> {
    let symmetries = Symmetries::of(schedule);
    if !sizes.iter().all(|bytes| symmetries.is_even(*bytes)) {
        return None;
    }
    let orbits = orbits(fabric, bundles, nodes, &symmetries)?;
    let (of_endpoint, _) = orbits.endpoint_classes();
    let endpoint = numbers(fabric);
    // Classes numbered by their lowest ranks, which are kept.
    let mut number = vec![u32::MAX; of_endpoint.len()];
    let (mut kept, mut sizes) = (Vec::new(), Vec::new());
    let rank_class: Vec<u32> = (0u32..)
        .zip(nodes)
        .map(|(rank, node)| {
            let class = &mut number[of_endpoint[endpoint[node.index()] as usize] as usize];
            if *class == u32::MAX {
                *class = kept.len() as u32;
                kept.push(rank);
                sizes.push(0u32);
            }
            sizes[*class as usize] += 1;
            *class
        })
        .collect();
    if kept.len() * 2 > nodes.len() {
        return None;
    }
    let (mut lanes, mut flows) = (Vec::new(), Vec::new());
    for (number, phase) in (0u32..).zip(&schedule.phases) {
        let mut leaving: Vec<(usize, u32)> = Vec::new();
        for (rank, count) in kept.iter().zip(&sizes) {
            leaving.extend(symmetries.leaving(phase, *rank).into_iter().map(|index| (index, *count)));
        }
        leaving.sort_unstable();
        for (index, count) in leaving {
            let lane = phase.pattern.lane(index);
            lanes.push(FoldedLane { phase: number, index: u32::try_from(index).ok()?, count });
            let (src, dst) = (nodes[lane.src.index()], nodes[lane.dst.index()]);
            flows.push((Flow { src, dst, channel: phase.channel }, u64::from(count)));
        }
        if lanes.len() > MOST_LANES {
            return None;
        }
    }
    let classes = orbits.link_classes(bundles);
    let (routes, paths) = fold_routes(fabric, bundles, &classes, &flows).ok()?;
    let fold = Fold { rank_class, classes: u32::try_from(kept.len()).ok()?, lanes };
    Some(Folded { fold, routes, paths })
}

/// The number of every endpoint in the fabric's order, by node.
fn numbers(fabric: &Fabric) -> Vec<u32> {
    let mut numbers = vec![u32::MAX; fabric.nodes().len()];
    for (number, node) in (0u32..).zip(fabric.endpoints()) {
        numbers[node.index()] = number;
    }
    numbers
}

/// The orbits under all permutations that were found to fit; `None` where none does.
fn orbits(
    fabric: &Fabric,
    bundles: &Bundles,
    nodes: &[NodeId],
    symmetries: &Symmetries<'_>,
) -> Option<Orbits> {
    let numbers = numbers(fabric);
    let mut rank_at = vec![u32::MAX; fabric.endpoints().len()];
    for (rank, node) in (0u32..).zip(nodes) {
        rank_at[numbers[node.index()] as usize] = rank;
    }
    let mut orbits = Orbits::new(bundles);
    let mut found = false;
    let mut image = Vec::new();
    for candidate in candidates(fabric) {
        let moved: Vec<u32> = (0..rank_at.len() as u32).map(|place| candidate.image(place)).collect();
        image.clear();
        image.extend(nodes.iter().map(|node| rank_at[moved[numbers[node.index()] as usize] as usize]));
        if image.contains(&u32::MAX) || !symmetries.keeps(&image) {
            continue;
        }
        if let Some(automorphism) = bundles.extend(&moved) {
            orbits.join(&automorphism);
            found = true;
            if orbits.endpoint_classes().1 == 1 {
                break;
            }
        }
    }
    found.then_some(orbits)
}

/// A permutation of endpoints that is worth a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Candidate {
    /// Of every block of so many, the parts of so many move on by one, the last to the front.
    Turn { block: u32, part: u32 },
    /// Endpoints change places with those whose numbers differ in one bit.
    Flip { bit: u32 },
}

impl Candidate {
    fn image(self, place: u32) -> u32 {
        match self {
            Self::Turn { block, part } => place / block * block + (place % block + part) % block,
            Self::Flip { bit } => place ^ bit,
        }
    }
}

/// The permutations that are tried: those that turn servers in their pods, pods in the fabric and so on, those that turn
/// the whole, and those that swap neighbours, next but one neighbours and so on.
fn candidates(fabric: &Fabric) -> Vec<Candidate> {
    let count = fabric.endpoints().len() as u32;
    let levels = levels(fabric);
    let mut found = Vec::new();
    for pair in levels.windows(2).rev() {
        found.push(Candidate::Turn { block: pair[1], part: pair[0] });
    }
    for level in levels.iter().filter(|level| **level < count) {
        let turn = Candidate::Turn { block: count, part: *level };
        if !found.contains(&turn) {
            found.push(turn);
        }
    }
    let mut bit = 1;
    while bit < count && count.is_multiple_of(2 * bit) {
        found.push(Candidate::Flip { bit });
        bit *= 2;
    }
    found
}

/// Sizes of blocks of endpoints, each a multiple of the one before, from 1 to all: where the way from the first endpoint
/// becomes longer than to the first endpoint of the next block, a block ends. On tori, the strides of dimensions.
fn levels(fabric: &Fabric) -> Vec<u32> {
    let count = fabric.endpoints().len() as u32;
    let mut levels = vec![1];
    let mut add = |level: u32| {
        let last = levels[levels.len() - 1];
        if level > last && level.is_multiple_of(last) && count.is_multiple_of(level) {
            levels.push(level);
        }
    };
    if let Some(sides) = fabric.torus() {
        let mut stride = 1;
        for side in sides.iter().rev() {
            add(stride);
            stride *= side;
        }
    } else if let Some(first) = fabric.endpoints().first() {
        let mut distances = Distances::new(fabric);
        distances.find(fabric, *first, &[]);
        let costs: Vec<Option<u32>> = fabric.endpoints().iter().map(|node| distances.cost(*node)).collect();
        let mut block = 1;
        // First endpoints of blocks are compared with one another: those of one rail, of one place in the pod.
        while let Some(near) = costs.get(block) {
            let farther = (2 * block..costs.len()).step_by(block).find(|at| costs[*at] > *near);
            let Some(next) = farther else { break };
            add(next as u32);
            block = next;
        }
    }
    add(count);
    levels
}
