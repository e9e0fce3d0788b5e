//! Models held against measurements, and constants fitted to them.

pub mod fit;
