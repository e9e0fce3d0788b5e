//! Physical quantities with their units: parsing, printing and the few places where they meet.
//!
//! Times are integer picoseconds, sizes integer bytes and rates integer bits per second, so equal
//! quantities are equal values. `b` is bit and `B` is byte, everywhere.

mod bandwidth;
mod bytes;
mod count;
mod energy_price;
mod flop_rate;
mod length;
mod mass;
mod money;
mod parse;
mod power;
mod time;

pub use bandwidth::Bandwidth;
pub use bytes::Bytes;
pub use count::{count, counted};
pub use energy_price::EnergyPrice;
pub use flop_rate::FlopRate;
pub use length::Length;
pub use mass::Mass;
pub use money::Money;
pub use parse::UnitError;
pub use power::Power;
pub use time::Time;
