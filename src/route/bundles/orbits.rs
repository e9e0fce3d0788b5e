//! What a group of automorphisms makes alike: orbits of endpoints and of links.

use super::{Automorphism, Bundles, NONE};
use crate::ids::LinkId;

/// Orbits of endpoints and bundles under the group that some automorphisms generate.
///
/// Without any automorphism every endpoint and every bundle is an orbit of its own.
#[derive(Debug, Clone)]
pub struct Orbits {
    endpoints: Vec<u32>,
    bundles: Vec<u32>,
}

impl Orbits {
    /// The orbits of the trivial group.
    pub fn new(bundles: &Bundles) -> Self {
        Self {
            endpoints: (0..bundles.endpoints() as u32).collect(),
            bundles: (0..bundles.len() as u32).collect(),
        }
    }

    /// Adds an automorphism to the group, which need not be kept after that. Costs about one pass over the bundles.
    pub fn join(&mut self, automorphism: &Automorphism) {
        unite(&mut self.endpoints, &automorphism.endpoints);
        unite(&mut self.bundles, &automorphism.bundles);
    }

    /// Numbers the orbits of endpoints by their lowest endpoint: the number of each endpoint, and how many there are.
    pub fn endpoint_classes(&self) -> (Vec<u32>, u32) {
        number(&self.endpoints)
    }

    /// The classes of links that the orbits of bundles are.
    pub fn link_classes(&self, bundles: &Bundles) -> LinkClasses {
        let (of, count) = number(&self.bundles);
        let mut starts = vec![0u32; count as usize + 1];
        for bundle in 0..bundles.len() {
            starts[of[bundle] as usize + 1] += bundles.count(bundle as u32);
        }
        for class in 0..count as usize {
            starts[class + 1] += starts[class];
        }
        let mut next = starts.clone();
        let mut links = vec![LinkId(0); bundles.links.len()];
        for (link, bundle) in bundles.bundle_of.iter().enumerate() {
            let slot = &mut next[of[*bundle as usize] as usize];
            links[*slot as usize] = LinkId::from_index(link);
            *slot += 1;
        }
        LinkClasses { of, starts, links }
    }
}

/// Classes of links: each the links of all bundles of an orbit. Every link is in one class.
#[derive(Debug, Clone)]
pub struct LinkClasses {
    of: Vec<u32>,
    starts: Vec<u32>,
    links: Vec<LinkId>,
}

impl LinkClasses {
    /// How many classes there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// True where the fabric has no links.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The class of a bundle.
    pub fn of(&self, bundle: u32) -> u32 {
        self.of[bundle as usize]
    }

    /// The links of a class, ascending; the first stands for all.
    pub fn links(&self, class: u32) -> &[LinkId] {
        let class = class as usize;
        &self.links[self.starts[class] as usize..self.starts[class + 1] as usize]
    }
}

/// Unites every member with its image. The lowest of a set is its root.
fn unite(sets: &mut [u32], image: &[u32]) {
    for (member, image) in image.iter().enumerate() {
        let (a, b) = (find(sets, member as u32), find(sets, *image));
        sets[a.max(b) as usize] = a.min(b);
    }
}

/// The root of a set; halves the way to it.
fn find(sets: &mut [u32], mut member: u32) -> u32 {
    while sets[member as usize] != member {
        let up = sets[sets[member as usize] as usize];
        sets[member as usize] = up;
        member = up;
    }
    member
}

/// Numbers sets by their lowest member.
fn number(sets: &[u32]) -> (Vec<u32>, u32) {
    let (mut of, mut count) = (vec![NONE; sets.len()], 0);
    for member in 0..sets.len() {
        // Parents are lower, so they have their numbers.
        of[member] = if sets[member] == member as u32 {
            count += 1;
            count - 1
        } else {
            of[sets[member] as usize]
        };
    }
    (of, count)
}
