//! Routes: which links a flow crosses, and what part of it crosses each.
//!
//! A [`Router`] finds shortest paths on the frozen fabric (the metric is the cost of link classes), lets the
//! routing of each class choose among equal ones, and hands out a [`Routes`] table.

mod choice;
mod distance;
mod fraction;
mod home;
pub mod metrics;
mod paths;
mod router;

pub use distance::Distances;
pub use paths::{Hop, Resource, Routes};
pub use router::{Flow, Router, Unreachable};
