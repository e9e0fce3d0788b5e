//! Routes: which links a flow crosses, and what part of it crosses each.
//!
//! A [`Router`] finds shortest paths on the frozen fabric (the metric is the cost of link classes), lets the
//! routing of each class choose among equal ones, and hands out a [`Routes`] table. [`bundles`] does the same on far
//! fewer parts, where symmetry allows it.

mod asides;
pub mod bundles;
mod choice;
mod distance;
mod fraction;
mod home;
pub mod metrics;
mod paths;
mod router;
mod unit;

pub use bundles::{BundleFault, BundleRouter, Bundles};
pub use distance::Distances;
pub use paths::{Dress, Hop, Resource, Routes};
pub use router::{Flow, Router, Unreachable};
