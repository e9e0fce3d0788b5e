//! railspine: how long a collective takes on a given fabric, and why.

#![warn(clippy::unwrap_used)]

pub mod bound;
pub mod cli;
pub mod collective;
pub mod diag;
pub mod engine;
pub mod exchange;
pub mod fabric;
pub mod ids;
pub mod input;
pub mod planner;
pub mod report;
pub mod result;
pub mod rng;
pub mod route;
pub mod run;
pub mod stack;
pub mod units;
pub mod validate;
pub mod workload;
