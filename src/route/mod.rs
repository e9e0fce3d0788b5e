//! Routes: which links a flow crosses, and what part of it crosses each.

pub mod metrics;
mod paths;

pub use paths::{Hop, Resource, Routes};
