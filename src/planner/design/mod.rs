//! The designs of a plan: networks, and the ways to rack and cable them.

mod cables;
pub mod family;
mod physical;
mod structure;

pub use physical::{Bounds, Priced, Rooming, Variant, Yard};
pub use structure::{Base, PortMode, Structure, Switches};
