//! Placements to start from.

use super::bisect::bisected;
use super::ground::{Ground, NONE};
use super::{Floor, RackKind};
use crate::ids::number;
use crate::planner::floor::serpentine;

/// The cell of each rack: row by row by kind, canonical, row-middle, hierarchical.
pub(super) fn all(floor: &Floor, ground: &Ground) -> [Vec<u32>; 4] {
    [by_kind(floor), canonical(floor, ground), row_middle(floor, ground), bisected(floor, ground)]
}

/// Row by row: all server racks in their order, then racks of leaves, of spines, of cores.
pub(super) fn by_kind(floor: &Floor) -> Vec<u32> {
    let mut order: Vec<u32> = (0..number(floor.kinds.len())).collect();
    order.sort_by_key(|rack| floor.kinds[*rack as usize]);
    inverse(&order)
}

/// The sequence, every other row backwards.
fn canonical(floor: &Floor, ground: &Ground) -> Vec<u32> {
    let cell = |rack| {
        let slot = serpentine(&floor.room, rack);
        slot.row * ground.per_row + slot.place
    };
    (0..ground.racks).map(cell).collect()
}

/// Racks of the network in the middle of rows, as many in each row as in any other; the others around them. Both follow
/// the sequence, every other row backwards.
fn row_middle(floor: &Floor, ground: &Ground) -> Vec<u32> {
    let is_server = |rack: &u32| floor.kinds[*rack as usize] == RackKind::Servers;
    let (servers, network): (Vec<u32>, Vec<u32>) = (0..ground.racks).partition(is_server);
    let (mut servers, mut network) = (servers.into_iter(), network.into_iter());
    // Rows in use: as few as hold all racks.
    let rows = ground.racks.div_ceil(ground.per_row).max(1);
    let share = |row: u32| number(network.len() * row as usize / rows as usize);
    let shares: Vec<u32> = (0..rows).map(|row| share(row + 1) - share(row)).collect();
    let mut at = vec![0; ground.racks as usize];
    let mut left = Vec::new();
    for (row, share) in (0..).zip(shares) {
        let first = (ground.per_row - share) / 2;
        let middle = first..first + share;
        for along in 0..ground.per_row {
            let place = if row % 2 == 0 { along } else { ground.per_row - 1 - along };
            let queue = if middle.contains(&place) { network.next() } else { servers.next() };
            match queue {
                Some(rack) => at[rack as usize] = row * ground.per_row + place,
                None => left.push(row * ground.per_row + place),
            }
        }
    }
    // Where one of the two runs out, the rest of the other takes what is free.
    for (rack, cell) in servers.chain(network).zip(left) {
        at[rack as usize] = cell;
    }
    at
}

/// The cell of each rack, from the rack of each cell.
fn inverse(order: &[u32]) -> Vec<u32> {
    let mut at = vec![NONE; order.len()];
    for (cell, rack) in (0..).zip(order) {
        at[*rack as usize] = cell;
    }
    at
}
