//! What the cells of a row mean, one file a matter.

pub(super) mod accelerator;
pub(super) mod model;
pub(super) mod network;
pub(super) mod overlap;
pub(super) mod parallel;
pub(super) mod precision;
pub(super) mod recompute;
pub(super) mod sharding;
