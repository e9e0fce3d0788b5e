//! Lengths of cables, from where their ends stand.

use super::Misfit;
use crate::input::plan::Room;
use crate::units::Length;

/// A place for a rack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// Row, from 0.
    pub row: u32,
    /// Place in the row, from 0.
    pub place: u32,
}

/// Where an end of a cable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct End {
    /// The rack's place.
    pub slot: Slot,
    /// Lowest height unit of the device, from 1.
    pub unit: u32,
    /// Height units of the device; its ports are in its middle.
    pub height: u32,
}

impl End {
    /// The height unit of the ports, from 1: the lower one of two in the middle.
    pub const fn level(self) -> u32 {
        level(self.unit, self.height)
    }
}

/// The height unit of the ports of a device, from 1: the lower one of two in its middle.
pub const fn level(unit: u32, height: u32) -> u32 {
    unit.saturating_add(height.saturating_sub(1) / 2)
}

/// From the ports of a device at this height unit up to the trays.
pub fn drop(room: &Room, rack_height: u32, level: u32) -> Length {
    let up = u64::from(rack_height.saturating_sub(level)).saturating_mul(room.unit.mm());
    Length(up.saturating_add(room.tray.mm()))
}

/// From a rack to another along the trays.
pub fn along(room: &Room, a: Slot, b: Slot) -> Length {
    let rows = u64::from(a.row.abs_diff(b.row));
    let places = u64::from(a.place.abs_diff(b.place));
    Length(
        rows.saturating_mul(room.row_pitch.mm()).saturating_add(places.saturating_mul(room.rack_pitch.mm())),
    )
}

/// What a cable must span at least: within a rack straight up or down; else up to the trays, along them (Manhattan) and
/// down again; with slack at both ends.
pub fn length(room: &Room, rack_height: u32, a: End, b: End) -> Length {
    let slack = room.slack.mm().saturating_mul(2);
    if a.slot == b.slot {
        let span = u64::from(a.level().abs_diff(b.level())).saturating_mul(room.unit.mm());
        return Length(span.saturating_add(slack));
    }
    let ends = [a, b].map(|end| drop(room, rack_height, end.level()).mm());
    Length(ends.into_iter().fold(slack, u64::saturating_add).saturating_add(along(room, a.slot, b.slot).mm()))
}

/// Where rack `at` of the sequence stands in the canonical order: row by row, every other row backwards.
pub fn serpentine(room: &Room, at: u32) -> Slot {
    let Slot { row, place } = row_major(room, at);
    let last = room.racks_per_row.max(1) - 1;
    Slot { row, place: if row.is_multiple_of(2) { place } else { last - place } }
}

/// Where rack `at` of a sequence stands row by row, every row in the same direction.
pub fn row_major(room: &Room, at: u32) -> Slot {
    let per_row = room.racks_per_row.max(1);
    Slot { row: at / per_row, place: at % per_row }
}

/// The rows that so many racks may use: those of the room, or as many as are needed where it does not say.
///
/// # Errors
/// Where the room has too few places.
pub fn rows(room: &Room, racks: u32) -> Result<u32, Misfit> {
    let needed = racks.div_ceil(room.racks_per_row.max(1));
    match room.rows {
        0 => Ok(needed),
        rows if rows < needed => Err(Misfit::Room),
        rows => Ok(rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn end(row: u32, place: u32, unit: u32, height: u32) -> End {
        End { slot: Slot { row, place }, unit, height }
    }

    #[test]
    fn lengths_by_hand() {
        let room = Room::default();
        // In a rack: from the middle of a server in units 1 to 8 (unit 4) to unit 48, with a metre of slack.
        assert_eq!(length(&room, 48, end(0, 0, 1, 8), end(0, 0, 48, 1)), Length(44 * 44 + 1_000));
        // Three places on: 44 units up and 0.4 m to the trays, 2.1 m along, 0.4 m down to unit 48.
        let far = length(&room, 48, end(0, 0, 1, 8), end(0, 3, 48, 1));
        assert_eq!(far, Length((44 * 44 + 400) + 2_100 + 400 + 1_000));
        // Two rows on as well.
        let farther = length(&room, 48, end(2, 0, 1, 8), end(0, 3, 48, 1));
        assert_eq!(farther, Length(far.mm() + 6_000));
        assert_eq!(length(&room, 48, end(0, 3, 48, 1), end(2, 0, 1, 8)), farther);
    }

    #[test]
    fn odd_rows_run_backwards() {
        let room = Room { racks_per_row: 3, ..Room::default() };
        let slots: Vec<_> = (0..7).map(|at| serpentine(&room, at)).map(|s| (s.row, s.place)).collect();
        assert_eq!(slots, [(0, 0), (0, 1), (0, 2), (1, 2), (1, 1), (1, 0), (2, 0)]);
        assert_eq!(row_major(&room, 3), Slot { row: 1, place: 0 });
    }

    #[test]
    fn rooms_can_be_too_small() {
        let room = Room { rows: 2, racks_per_row: 3, ..Room::default() };
        assert_eq!(rows(&room, 6), Ok(2));
        assert_eq!(rows(&room, 7), Err(Misfit::Room));
        assert_eq!(rows(&Room { rows: 0, ..room }, 7), Ok(3));
    }
}
