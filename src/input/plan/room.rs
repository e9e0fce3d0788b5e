//! `[room]` and `[power]`: where racks stand, and what it takes to run them.

use super::spec::Room;
use crate::input::reader::{At, Item};
use crate::input::section::Section;
use crate::units::{EnergyPrice, Length};

/// The most rows, and racks of a row.
pub(super) const MAX_PLACES: u32 = 10_000;
/// The longest pitch, height of trays and slack.
const MAX_LENGTH: Length = Length(1_000_000);

/// A length of a room.
fn length(item: &Item<'_>) -> Option<At<Length>> {
    item.quantity_to(MAX_LENGTH)
}

/// From one to the next: above nothing.
fn pitch(item: &Item<'_>) -> Option<At<Length>> {
    let found = length(item)?;
    if found.value == Length(0) {
        item.out_of_range(format!("`{}` is out of range", item.key), "expected more than 0 m");
        return None;
    }
    Some(found)
}

/// Reads `[room]`; what could not be read stays as usual, with a fault.
pub(super) fn room(mut section: Section<'_>) -> Room {
    let usual = Room::default();
    let s = &mut section;
    let rows = s.item("rows").and_then(|item| item.count(0, MAX_PLACES));
    let racks = s.item("racks_per_row").and_then(|item| item.count(1, MAX_PLACES));
    let rack_pitch = s.item("rack_pitch").and_then(|item| pitch(&item));
    let row_pitch = s.item("row_pitch").and_then(|item| pitch(&item));
    let tray = s.item("tray").and_then(|item| length(&item));
    let slack = s.item("slack").and_then(|item| length(&item));
    section.finish();
    Room {
        rows: rows.map_or(usual.rows, |told| told.value),
        racks_per_row: racks.map_or(usual.racks_per_row, |told| told.value),
        rack_pitch: rack_pitch.map_or(usual.rack_pitch, |told| told.value),
        row_pitch: row_pitch.map_or(usual.row_pitch, |told| told.value),
        tray: tray.map_or(usual.tray, |told| told.value),
        unit: usual.unit,
        slack: slack.map_or(usual.slack, |told| told.value),
    }
}

/// What it takes to run a cluster.
pub(super) struct Running {
    pub(super) pue: f64,
    pub(super) electricity: EnergyPrice,
    pub(super) years: f64,
    pub(super) upkeep: f64,
    pub(super) utilisation: f64,
}

/// Facility over equipment of a modern site; the world's average of 2025 is 1.54 (Uptime Institute).
pub const PUE: f64 = 1.2;
/// What large sites pay.
pub const ELECTRICITY: EnergyPrice = EnergyPrice(80_000);
/// An estimate.
pub const YEARS: f64 = 5.0;
/// AIDC Studio's rule: 2 % of capital cost a year.
pub const UPKEEP: f64 = 0.02;
/// AIDC Studio's rule.
pub const UTILISATION: f64 = 0.85;

/// Reads `[power]`; what could not be read stays as usual, with a fault.
pub(super) fn power(mut section: Section<'_>) -> Running {
    let s = &mut section;
    let part = |number: f64| (0.0..=1.0).contains(&number);
    let pue = s
        .item("pue")
        .and_then(|item| item.number("from 1 to 10, such as 1.2", |number| (1.0..=10.0).contains(&number)));
    let electricity = s.item("electricity").and_then(|item| item.quantity::<EnergyPrice>());
    let years = s.item("years").and_then(|item| {
        item.number("above 0 and up to 100, such as 5", |years| years > 0.0 && years <= 100.0)
    });
    let upkeep = s.item("upkeep").and_then(|item| item.number("from 0 to 1, such as 0.02", part));
    let utilisation = s.item("utilisation").and_then(|item| item.number("from 0 to 1, such as 0.85", part));
    section.finish();
    Running {
        pue: pue.map_or(PUE, |told| told.value),
        electricity: electricity.map_or(ELECTRICITY, |told| told.value),
        years: years.map_or(YEARS, |told| told.value),
        upkeep: upkeep.map_or(UPKEEP, |told| told.value),
        utilisation: utilisation.map_or(UTILISATION, |told| told.value),
    }
}
