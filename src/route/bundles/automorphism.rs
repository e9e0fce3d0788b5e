//! Permutations of endpoints, extended to the whole fabric and checked.

use super::signatures::Signatures;
use super::{Bundles, NONE};

/// An automorphism of a fabric's cells and bundles: a permutation of the endpoints under which the fabric is as it was.
///
/// Cells go to cells of the same size and kind, and bundles to bundles with the same attributes, the same number of
/// links and ends that correspond; where routing is by dimension order, endpoints that share a coordinate go to
/// endpoints that share it. All of that is checked, link by link (bundle by bundle), when one is made. Since distances
/// and shares follow from just that, the path of a flow goes to the path of the flow between the images of its ends,
/// with the same parts on corresponding bundles.
#[derive(Debug, Clone)]
pub struct Automorphism {
    pub(super) endpoints: Vec<u32>,
    pub(super) bundles: Vec<u32>,
}

impl Automorphism {
    /// The index of the endpoint that each endpoint goes to.
    pub fn endpoints(&self) -> &[u32] {
        &self.endpoints
    }

    /// The bundle that each bundle goes to.
    pub fn bundles(&self) -> &[u32] {
        &self.bundles
    }
}

impl Bundles {
    /// Extends a permutation of the endpoints (`image[i]` is the index of the endpoint that endpoint `i` goes to) to
    /// all cells and bundles. `None` where it is no permutation, or where the fabric does not look the same after it:
    /// a link fewer, slower or longer on one side is enough.
    ///
    /// As no two cells look the same to the endpoints, there is only one cell that a cell can go to, and it is found by
    /// its signature (a hash of the endpoints around it). Costs one pass over bundles for the signatures and one for the check.
    pub fn extend(&self, image: &[u32]) -> Option<Automorphism> {
        if !permutes(image, self.endpoints()) || !self.keeps_coordinates(image) {
            return None;
        }
        let signatures = self.signatures.get_or_init(|| Signatures::new(self));
        let cells = self.image_of_cells(signatures, image)?;
        let bundles = self.image_of_bundles(&cells)?;
        Some(Automorphism { endpoints: image.to_vec(), bundles })
    }

    /// The cell that each cell must go to, if any automorphism extends the permutation.
    fn image_of_cells(&self, signatures: &Signatures, image: &[u32]) -> Option<Vec<u32>> {
        let moved = signatures.moved(self, image);
        let mut to = vec![NONE; self.cells()];
        for (end, image) in image.iter().enumerate() {
            to[self.ends[end] as usize] = self.ends[*image as usize];
        }
        // Where in the image of a parent the last child was found: the next is most often the one after it.
        let (mut last_parent, mut last_found) = (NONE, 0);
        for (cell, parent) in signatures.order.iter().zip(&signatures.parent) {
            let (from, _) = self.between(*parent);
            let range = self.out(to[from as usize]);
            if last_parent != from || !range.contains(&last_found) {
                (last_parent, last_found) = (from, range.start);
            }
            let sort = self.sort[*parent as usize];
            let fits = |bundle: &u32| {
                let at = *bundle as usize;
                self.sort[at] == sort && moved[self.to[at] as usize] == signatures.of[*cell as usize]
            };
            let found = (last_found..range.end).chain(range.start..last_found).find(fits)?;
            to[*cell as usize] = self.to[found as usize];
            last_found = found;
        }
        // What no endpoint is connected with stays where it is.
        for (cell, to) in to.iter_mut().enumerate().filter(|(_, to)| **to == NONE) {
            *to = cell as u32;
        }
        let alike = |(cell, to): (usize, &u32)| {
            let to = *to as usize;
            self.size(cell as u32) == self.size(to as u32)
                && self.forwards[cell] == self.forwards[to]
                && self.kinds[cell] == self.kinds[to]
        };
        (permutes(&to, self.cells()) && to.iter().enumerate().all(alike)).then_some(to)
    }

    /// The bundle that each bundle goes to where cells go to `cells`, if there is one for each.
    ///
    /// Cells go to different cells, so bundles with different ends or attributes go to different bundles: what is found
    /// for each is a permutation. The links back need no search, as the way back from the image is the image of the way
    /// back.
    fn image_of_bundles(&self, cells: &[u32]) -> Option<Vec<u32>> {
        let mut image = vec![NONE; self.len()];
        for (cell, to) in cells.iter().enumerate() {
            let range = self.out(*to);
            let mut guess = range.start;
            for bundle in self.out(cell as u32) {
                let at = bundle as usize;
                if image[at] != NONE {
                    continue;
                }
                let key = (cells[self.to[at] as usize], self.sort[at]);
                let of = |other: u32| (self.to[other as usize], self.sort[other as usize]);
                let found = if range.contains(&guess) && of(guess) == key {
                    guess
                } else {
                    let (mut low, mut high) = (range.start, range.end);
                    while low < high {
                        let middle = low + (high - low) / 2;
                        if of(middle) < key {
                            low = middle + 1;
                        } else {
                            high = middle;
                        }
                    }
                    low
                };
                if !range.contains(&found) || of(found) != key || self.count(found) != self.count(bundle) {
                    return None;
                }
                image[at] = found;
                image[self.reverse[at] as usize] = self.reverse[found as usize];
                guess = found + 1;
            }
        }
        Some(image)
    }

    /// Whether endpoints that share a coordinate of the torus go to endpoints that share it, where routes are chosen by
    /// coordinates; true where they are not.
    fn keeps_coordinates(&self, image: &[u32]) -> bool {
        let Some(sides) = self.torus.as_ref().filter(|_| self.dimension_order) else { return true };
        let mut stride: u32 = sides.iter().product();
        sides.iter().all(|side| {
            let before = stride;
            stride /= side;
            let mut to = vec![NONE; *side as usize];
            image.iter().enumerate().all(|(end, image)| {
                let here = &mut to[(end as u32 % before / stride) as usize];
                let there = image % before / stride;
                *here == there || std::mem::replace(here, there) == NONE
            })
        })
    }
}

/// Whether `image` is a permutation of `0..count`.
fn permutes(image: &[u32], count: usize) -> bool {
    let mut taken = vec![false; count];
    image.len() == count
        && image
            .iter()
            .all(|to| taken.get_mut(*to as usize).is_some_and(|taken| !std::mem::replace(taken, true)))
}
