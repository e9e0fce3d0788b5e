//! The hierarchical placement: the racks are cut in two with few cables between, onto two halves of the room, and so on.
//!
//! Each cut starts from the sequence and is bettered by passes of Kernighan and Lin (Bell System Technical Journal, 1970).

use super::Floor;
use super::ground::Ground;
use crate::ids::number;

/// Passes of a cut, at most.
const PASSES: u32 = 4;

/// A part of the room: rows and places.
#[derive(Debug, Clone, Copy)]
struct Part {
    row: u32,
    rows: u32,
    place: u32,
    places: u32,
}

impl Part {
    const fn cells(self) -> u32 {
        self.rows * self.places
    }

    /// Two halves, across the longer side.
    fn halves(self, floor: &Floor) -> (Self, Self) {
        let deep = u64::from(self.rows).saturating_mul(floor.room.row_pitch.mm());
        let wide = u64::from(self.places).saturating_mul(floor.room.rack_pitch.mm());
        if self.places < 2 || (self.rows > 1 && deep >= wide) {
            let rows = self.rows.div_ceil(2);
            (Self { rows, ..self }, Self { row: self.row + rows, rows: self.rows - rows, ..self })
        } else {
            let places = self.places.div_ceil(2);
            (
                Self { places, ..self },
                Self { place: self.place + places, places: self.places - places, ..self },
            )
        }
    }
}

/// The cell of each rack.
pub(super) fn bisected(floor: &Floor, ground: &Ground) -> Vec<u32> {
    let mut neighbours: Vec<Vec<(u32, i64)>> = vec![Vec::new(); ground.racks as usize];
    for ((a, b), cables) in &ground.pairs {
        let cables = i64::try_from(*cables).unwrap_or(i64::MAX >> 32);
        neighbours[*a as usize].push((*b, cables));
        neighbours[*b as usize].push((*a, cables));
    }
    let mut at = vec![0; ground.racks as usize];
    let room = Part { row: 0, rows: ground.rows, place: 0, places: ground.per_row };
    let mut open = vec![(room, (0..ground.racks).collect::<Vec<u32>>())];
    while let Some((part, racks)) = open.pop() {
        if racks.is_empty() {
            continue;
        }
        if part.cells() <= 1 {
            at[racks[0] as usize] = part.row * ground.per_row + part.place;
            continue;
        }
        let (one, other) = part.halves(floor);
        let racks_in = u64::from(number(racks.len()));
        let even = racks_in * u64::from(one.cells()) / u64::from(part.cells());
        let even = number(usize::try_from(even).unwrap_or(0));
        // Neither half may get more racks than it has cells.
        let least = number(racks.len()).saturating_sub(other.cells());
        let first = even.clamp(least, one.cells()) as usize;
        let (near, far) = cut(&racks, first, &neighbours);
        open.push((one, near));
        open.push((other, far));
    }
    at
}

/// Cuts racks in two, `first` of them on one side.
fn cut(racks: &[u32], first: usize, neighbours: &[Vec<(u32, i64)>]) -> (Vec<u32>, Vec<u32>) {
    let mut side: Vec<Option<bool>> = vec![None; neighbours.len()];
    for (at, rack) in racks.iter().enumerate() {
        side[*rack as usize] = Some(at >= first);
    }
    for _ in 0..PASSES {
        if !pass(racks, &mut side, neighbours) {
            break;
        }
    }
    racks.iter().partition(|rack| side[**rack as usize] == Some(false))
}

/// Swaps pairs across the cut, the best first and each rack once, and keeps as many swaps as are best together. Whether
/// any is.
fn pass(racks: &[u32], side: &mut [Option<bool>], neighbours: &[Vec<(u32, i64)>]) -> bool {
    let mut gains: Vec<Option<i64>> = vec![None; side.len()];
    for rack in racks {
        let own = side[*rack as usize];
        let part = |(other, cables): &(u32, i64)| match side[*other as usize] {
            None => 0,
            other if other == own => -cables,
            _ => *cables,
        };
        gains[*rack as usize] = Some(neighbours[*rack as usize].iter().map(part).sum());
    }
    let mut swaps = Vec::new();
    let (mut sum, mut best) = (0, (0, 0));
    loop {
        let top = |side: &[Option<bool>], gains: &[Option<i64>], which: bool| {
            let free = racks.iter().filter(|rack| side[**rack as usize] == Some(which));
            let rated = free.filter_map(|rack| gains[*rack as usize].map(|gain| (gain, *rack)));
            rated.max_by_key(|(gain, rack)| (*gain, std::cmp::Reverse(*rack)))
        };
        let (Some((gain_a, a)), Some((gain_b, b))) = (top(side, &gains, false), top(side, &gains, true))
        else {
            break;
        };
        let between = neighbours[a as usize].iter().find(|(other, _)| *other == b).map_or(0, |(_, c)| *c);
        sum += gain_a + gain_b - 2 * between;
        swaps.push((a, b));
        for (rack, was) in [(a, false), (b, true)] {
            gains[rack as usize] = None;
            side[rack as usize] = Some(!was);
            for (other, cables) in &neighbours[rack as usize] {
                let toward = side[*other as usize] == Some(was);
                if let Some(gain) = &mut gains[*other as usize] {
                    *gain += if toward { 2 * cables } else { -2 * cables };
                }
            }
        }
        if sum > best.0 {
            best = (sum, swaps.len());
        }
    }
    for (a, b) in swaps.drain(best.1..) {
        side[a as usize] = Some(false);
        side[b as usize] = Some(true);
    }
    best.0 > 0
}
