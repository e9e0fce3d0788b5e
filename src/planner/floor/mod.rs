//! Where racks stand, and what their cables cost there.
//!
//! A cable goes up from its device to the trays above the racks, along them (Manhattan) and down again, with slack at
//! both ends; it is bought in stock lengths, of the cheapest medium that reaches.

mod curve;
mod draw;
mod layout;
mod length;
mod media;
mod misfit;
mod place;
#[cfg(test)]
mod samples;

pub use curve::{Curve, STOCK, stock};
pub use draw::{
    Assigned, COPPER_LABOUR, DrawError, Drawn, HOUR, OPTICAL_LABOUR, Placing, Racked, draw_up, labour, takes,
    usd_range,
};
pub use layout::{Equipment, Filled, Layout, RackKind, Stand, layout};
pub use length::{End, Slot, along, drop, length, level, row_major, rows, serpentine};
pub use media::{Choice, Choices, Modules, choice, choices, modules};
pub use misfit::Misfit;
pub use place::{Bundle, CableCost, Floor, Placement, place};
