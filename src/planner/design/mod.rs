//! The designs of a plan: networks, and the ways to rack and cable them.

mod bundles;
pub mod family;
mod least;
mod physical;
mod price;
mod structure;

pub use physical::{Bounds, Priced, Rooming, Variant, Yard};
pub use structure::{Base, PortMode, Structure, Switches};
