//! Where racks stand, and what their cables cost there.
//!
//! A cable goes up from its device to the trays above the racks, along them (Manhattan) and down again, with slack at
//! both ends; it is bought in stock lengths, of the cheapest medium that reaches.

mod curve;

pub use curve::{Curve, STOCK, stock};
