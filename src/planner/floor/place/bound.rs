//! What the cables between racks cost at least, wherever racks stand.
//!
//! Of each cable a share is counted at either end. Around a rack its partners need a cell each, so no more of them can be
//! near than there are near cells: with that alone, its shares cost no less than the cheapest assignment of partners to
//! the cells around it. All racks' sum is a bound, as each rack's cheapest neighbourhood need not agree with the others'
//! (Gilmore, Journal of SIAM, 1962, and Lawler, Management Science, 1963, with a free place for the rack itself).

use std::collections::BTreeMap;

use super::Floor;
use super::ground::Ground;
use crate::ids::number;
use crate::units::Money;

/// Parts of a cable that are shared out.
const WHOLE: i64 = 2;

/// How cables are shared between their ends.
#[derive(Debug, Clone, Copy)]
enum Share {
    /// All to the end with more partners.
    Hub,
    /// Half to each.
    Half,
    /// All to the hub where the other end has no more partners, else half to each.
    Star,
}

impl Share {
    /// What the first of two racks with so many partners counts of a cable, in parts of [`WHOLE`].
    const fn first(self, own: (usize, u32), other: (usize, u32)) -> i64 {
        let leaf = own.0 <= 1 || other.0 <= 1;
        match self {
            Self::Half => WHOLE / 2,
            Self::Star if !leaf => WHOLE / 2,
            // Of two with as many the lower one.
            Self::Hub | Self::Star if own.0 > other.0 || (own.0 == other.0 && own.1 < other.1) => WHOLE,
            Self::Hub | Self::Star => 0,
        }
    }
}

/// What a partner's cables come to: its share, and tables with how many times each.
type Partner = (i64, Vec<(u32, u32)>);

impl Floor {
    /// What the cables between racks cost at least in any placement in which all of them reach.
    pub fn least(&self) -> Money {
        let racks = number(self.kinds.len());
        let ground = Ground::new(self, racks.div_ceil(self.room.racks_per_row.max(1)).max(1));
        let partners: Vec<BTreeMap<u32, Vec<(u32, u32)>>> = (0..racks)
            .map(|rack| {
                let mut partners: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
                for edge in ground.edges(rack) {
                    partners.entry(edge.other).or_default().push((edge.table, edge.times));
                }
                partners
            })
            .collect();
        let around = around(self, &ground);
        let total = |share: Share| {
            let mut known: BTreeMap<Vec<Partner>, i64> = BTreeMap::new();
            let own = |rack: u32| (partners[rack as usize].len(), rack);
            let mut sum = 0;
            for rack in 0..racks {
                let of = |(other, tables): (&u32, &Vec<(u32, u32)>)| {
                    (share.first(own(rack), own(*other)), tables.clone())
                };
                let mut each: Vec<Partner> =
                    partners[rack as usize].iter().map(of).filter(|(share, _)| *share > 0).collect();
                each.sort_unstable();
                sum += *known.entry(each).or_insert_with_key(|each| cheapest(&ground, &around, each));
            }
            sum / WHOLE
        };
        let best = [Share::Hub, Share::Half, Share::Star].map(total).into_iter().max();
        Money(best.and_then(|best| u64::try_from(best).ok()).unwrap_or(0))
    }
}

/// The cells around a rack by their distance in rows and places, the nearest first, as entries of tables.
fn around(floor: &Floor, ground: &Ground) -> Vec<u32> {
    let mut cells: Vec<(u64, u32)> = (1..ground.cells())
        .map(|cell| {
            let (row, place) = (cell / ground.per_row, cell % ground.per_row);
            let deep = u64::from(row).saturating_mul(floor.room.row_pitch.mm());
            (deep.saturating_add(u64::from(place).saturating_mul(floor.room.rack_pitch.mm())), cell)
        })
        .collect();
    cells.sort_unstable();
    let sides = |cell: u32| {
        let (row, place) = (cell / ground.per_row, cell % ground.per_row);
        (1 + usize::from(row > 0)) * (1 + usize::from(place > 0))
    };
    cells.into_iter().flat_map(|(_, cell)| std::iter::repeat_n(cell, sides(cell))).collect()
}

/// What partners' cables cost at least on as many cells, the nearest ones: what is farther costs no less.
fn cheapest(ground: &Ground, around: &[u32], partners: &[Partner]) -> i64 {
    let cells = &around[..partners.len().min(around.len())];
    let costs: Vec<Vec<i64>> = partners
        .iter()
        .take(cells.len())
        .map(|(share, tables)| {
            let each = cells.iter().map(|cell| {
                let of =
                    |(table, times): &(u32, u32)| ground.cost(*table, *cell).saturating_mul((*times).into());
                tables.iter().map(of).sum::<i64>().saturating_mul(*share)
            });
            each.collect()
        })
        .collect();
    assignment(&costs)
}

/// The least sum of one entry of each row, no two of them of one column: by shortest augmenting paths (Kuhn and Munkres),
/// O(n^3).
fn assignment(costs: &[Vec<i64>]) -> i64 {
    let n = costs.len();
    let (mut rows, mut columns) = (vec![0; n + 1], vec![0; n + 1]);
    // The row of each column; 0 is none, and column 0 is where a path starts.
    let mut taken = vec![0; n + 1];
    for row in 1..=n {
        let (mut least, mut from, mut used) = (vec![i64::MAX; n + 1], vec![0; n + 1], vec![false; n + 1]);
        let mut at = 0;
        taken[0] = row;
        loop {
            used[at] = true;
            let (own, mut next, mut step) = (taken[at], 0, i64::MAX);
            for column in 1..=n {
                if used[column] {
                    continue;
                }
                let reduced = costs[own - 1][column - 1] - rows[own] - columns[column];
                if reduced < least[column] {
                    (least[column], from[column]) = (reduced, at);
                }
                if least[column] < step {
                    (step, next) = (least[column], column);
                }
            }
            for column in 0..=n {
                if used[column] {
                    rows[taken[column]] += step;
                    columns[column] -= step;
                } else if column > 0 {
                    least[column] -= step;
                }
            }
            at = next;
            if taken[at] == 0 {
                break;
            }
        }
        while at != 0 {
            taken[at] = taken[from[at]];
            at = from[at];
        }
    }
    (1..=n).map(|column| costs[taken[column] - 1][column - 1]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_by_hand() {
        assert_eq!(assignment(&[]), 0);
        assert_eq!(assignment(&[vec![4, 1, 3], vec![2, 0, 5], vec![3, 2, 2]]), 5);
        // The first row's cheapest is left to the second.
        assert_eq!(assignment(&[vec![1, 2], vec![1, 10]]), 3);
    }
}
