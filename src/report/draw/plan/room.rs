//! Where things of a room are in its picture. A room with more metres across its rows than along them is turned, so that
//! its longer side lies flat.

use crate::report::draw::canvas::{Frame, Point};
use crate::result::PlannedDesign;

/// The most pixels of a room, and of a metre.
const WIDE: f64 = 1_200.0;
const HIGH: f64 = 700.0;
const METRE: f64 = 44.0;
/// Depth of a rack, in metres, where the rows leave room for it.
const DEPTH: f64 = 1.2;
/// Rows of no more places than this are drawn with all their places.
const ALL_PLACES: u32 = 200;

/// A room and its place in the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// From rack to rack and from row to row, in metres.
    pub(super) pitch: f64,
    pub(super) row_pitch: f64,
    /// From 0.
    pub(super) last_row: u32,
    pub(super) last_place: u32,
    /// Whether rows go down.
    pub(super) turned: bool,
    /// Its top left.
    pub(super) origin: Point,
}

impl Room {
    /// The rows and places that racks stand in; `None` without racks.
    pub(super) fn of(planned: &PlannedDesign) -> Option<Self> {
        let last_row = planned.racks.iter().map(|rack| rack.row).max()?;
        let last_place = planned.racks.iter().map(|rack| rack.place).max()?;
        let floor = &planned.floor;
        let whole = floor.racks_per_row.min(ALL_PLACES).saturating_sub(1);
        // A saved file may hold anything.
        let sane = |metres: f64, usual: f64| if (0.05..100.0).contains(&metres) { metres } else { usual };
        let mut room = Self {
            pitch: sane(floor.rack_pitch_m, 0.7),
            row_pitch: sane(floor.row_pitch_m, 3.0),
            last_row,
            last_place: last_place.max(whole),
            turned: false,
            origin: (0.0, 0.0),
        };
        let (along, across) = room.metres();
        room.turned = across > along;
        Some(room)
    }

    /// The same at another place.
    pub(super) fn at(self, origin: Point) -> Self {
        Self { origin, ..self }
    }

    pub(super) fn rows(&self) -> u64 {
        u64::from(self.last_row) + 1
    }

    pub(super) fn places(&self) -> u64 {
        u64::from(self.last_place) + 1
    }

    /// Metres along rows and across them.
    fn metres(&self) -> (f64, f64) {
        let rows = f64::from(self.last_row) * self.row_pitch;
        // Below the last row is room for its tray.
        ((f64::from(self.last_place) + 1.0) * self.pitch, rows + self.depth() + 0.6 * self.aisle())
    }

    /// Pixels of a metre.
    pub(super) fn scale(&self) -> f64 {
        let (along, across) = self.metres();
        let (wide, high) = if self.turned { (across, along) } else { (along, across) };
        (WIDE / wide).min(HIGH / high).min(METRE)
    }

    /// Its size in pixels.
    pub(super) fn size(&self) -> Point {
        let (along, across) = self.metres();
        let (wide, high) = if self.turned { (across, along) } else { (along, across) };
        (wide * self.scale(), high * self.scale())
    }

    fn depth(&self) -> f64 {
        DEPTH.min(0.5 * self.row_pitch)
    }

    /// Metres between rows.
    pub(super) fn aisle(&self) -> f64 {
        self.row_pitch - self.depth()
    }

    /// The point so many metres along the rows and across them.
    fn point(&self, along: f64, across: f64) -> Point {
        let (x, y) = if self.turned { (across, along) } else { (along, across) };
        (self.origin.0 + x * self.scale(), self.origin.1 + y * self.scale())
    }

    /// Where a rack stands.
    pub(super) fn rack(&self, row: u32, place: u32) -> Frame {
        let (along, across) = (f64::from(place) * self.pitch, f64::from(row) * self.row_pitch);
        let gap = 0.04 * self.pitch;
        let (left, top) = self.point(along + gap, across);
        let (right, bottom) = self.point(along + self.pitch - gap, across + self.depth());
        Frame { left, top, right, bottom }
    }

    /// Where the cables of a rack leave it.
    pub(super) fn edge(&self, row: u32, place: u32) -> Point {
        let along = (f64::from(place) + 0.5) * self.pitch;
        self.point(along, f64::from(row) * self.row_pitch + self.depth())
    }

    /// The point of a row's tray before a rack: nearer to its own row than to the next.
    pub(super) fn tray(&self, row: u32, place: u32) -> Point {
        let along = (f64::from(place) + 0.5) * self.pitch;
        self.point(along, f64::from(row) * self.row_pitch + self.depth() + 0.42 * self.aisle())
    }
}
