//! Signatures of cells: numbers that follow from the endpoints around a cell, so that a cell can be found by them.

use super::{Bundles, NONE};
use crate::rng::mix;

/// The signatures of all cells, and the plan by which they are worked out again for other numbers of the endpoints.
///
/// Endpoints come first, with a signature that is a function of their number alone. Cells follow by their distance from
/// the nearest endpoint, in links; the signature of each is a hash of those of its neighbours that are nearer. Where
/// some cells then still share a signature, all such cells (the *crowd*) are hashed again with all their neighbours
/// until none is left or nothing changes. Distances and the crowd do not depend on how the endpoints are numbered, so an
/// automorphism that takes endpoint `e` to `f` takes each cell to the one that has its signature when `f` has the number
/// of `e`.
#[derive(Debug, Clone)]
pub(super) struct Signatures {
    /// Cells that are no endpoints, by distance from endpoints.
    pub(super) order: Vec<u32>,
    /// The bundle by which each cell of `order` was found, from a nearer cell.
    pub(super) parent: Vec<u32>,
    /// Nearer neighbours of each cell of `order`, in compressed rows, with a hash of the bundle's attributes.
    below_start: Vec<u32>,
    below: Vec<(u32, u64)>,
    crowd: Vec<u32>,
    rounds: u32,
    /// The signature of every cell; 0 for those that no endpoint is connected with.
    pub(super) of: Vec<u64>,
}

impl Signatures {
    /// Signatures for the endpoints' own numbers.
    pub(super) fn new(bundles: &Bundles) -> Self {
        let mut layer = vec![NONE; bundles.cells()];
        for end in &bundles.ends {
            layer[*end as usize] = 0;
        }
        let (mut order, mut parent) = (bundles.ends.clone(), vec![NONE; bundles.ends.len()]);
        let mut at = 0;
        while let Some(&cell) = order.get(at) {
            for bundle in bundles.out(cell) {
                let to = bundles.to[bundle as usize] as usize;
                if layer[to] == NONE {
                    layer[to] = layer[cell as usize] + 1;
                    order.push(to as u32);
                    parent.push(bundle);
                }
            }
            at += 1;
        }
        order.drain(..bundles.ends.len());
        parent.drain(..bundles.ends.len());
        let (mut below_start, mut below) = (vec![0], Vec::new());
        for cell in &order {
            for bundle in bundles.out(*cell) {
                let to = bundles.to[bundle as usize];
                if layer[to as usize] < layer[*cell as usize] {
                    below.push((to, salt(bundles, bundle)));
                }
            }
            below_start.push(below.len() as u32);
        }
        let mut made =
            Self { order, parent, below_start, below, crowd: Vec::new(), rounds: 0, of: Vec::new() };
        let mut of = made.layered(bundles, |end| end);
        made.find_crowd(&of);
        let mut before = 0;
        loop {
            // The crowd stays as it was found first: what matters is that all of it is hashed in all rounds.
            let mut all: Vec<u64> = made.crowd.iter().map(|cell| of[*cell as usize]).collect();
            all.sort_unstable();
            all.dedup();
            if all.len() == made.crowd.len() || all.len() == before {
                break;
            }
            before = all.len();
            made.again(bundles, &mut of);
            made.rounds += 1;
        }
        made.of = of;
        made
    }

    /// Signatures where endpoint `image[e]` has the number `e`.
    pub(super) fn moved(&self, bundles: &Bundles, image: &[u32]) -> Vec<u64> {
        let mut of = self.layered(bundles, |end| image[end as usize]);
        for _ in 0..self.rounds {
            self.again(bundles, &mut of);
        }
        of
    }

    fn layered(&self, bundles: &Bundles, image: impl Fn(u32) -> u32) -> Vec<u64> {
        let mut of = vec![0; bundles.cells()];
        for end in 0..bundles.ends.len() as u32 {
            of[bundles.ends[image(end) as usize] as usize] = mix(u64::from(end) | 1 << 40);
        }
        for (at, cell) in self.order.iter().enumerate() {
            let below = &self.below[self.below_start[at] as usize..self.below_start[at + 1] as usize];
            let sum = below.iter().fold(0u64, |sum, (near, salt)| {
                sum.wrapping_add(
                    (of[*near as usize] ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ salt,
                )
            });
            of[*cell as usize] = mix(sum);
        }
        of
    }

    /// Hashes all of the crowd with all neighbours, at once.
    fn again(&self, bundles: &Bundles, of: &mut [u64]) {
        let fresh: Vec<u64> = self
            .crowd
            .iter()
            .map(|cell| {
                let around = bundles.out(*cell).fold(0u64, |sum, bundle| {
                    let near = of[bundles.to[bundle as usize] as usize];
                    sum.wrapping_add(mix(near ^ salt(bundles, bundle)))
                });
                mix(of[*cell as usize] ^ mix(around))
            })
            .collect();
        for (cell, hash) in self.crowd.iter().zip(fresh) {
            of[*cell as usize] = hash;
        }
    }

    /// Finds all cells that share a signature.
    fn find_crowd(&mut self, of: &[u64]) {
        let mut all: Vec<(u64, u32)> = self.order.iter().map(|cell| (of[*cell as usize], *cell)).collect();
        all.sort_unstable();
        let shared = all.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
        self.crowd = shared.flat_map(|group| group.iter().map(|(_, cell)| *cell)).collect();
    }
}

/// A hash of a bundle's attributes and of its links at each node that it leaves.
fn salt(bundles: &Bundles, bundle: u32) -> u64 {
    mix(u64::from(bundles.sort[bundle as usize]) << 32 | u64::from(bundles.out_degree(bundle)))
}
