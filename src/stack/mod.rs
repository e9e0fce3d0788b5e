//! What the communication library and the host add to a fabric.
//!
//! A [`Profile`] holds the constants of a library on a generation of hardware; a [`Stack`] adds its release and what
//! its user imposes on it. For one collective it makes a [`Plan`]: the algorithm and protocol that the library would
//! choose (by its own table, [`nccl`]), its segments, what it costs before anything moves, and what every transfer
//! costs: software latency on top of the path's, the part of the raw rate of links that is got, and the most that its
//! channels move. [`dress()`] puts these into the paths that an engine reads, so that engines know nothing of stacks.
//! `docs/stack.md` tells the model.

pub mod nccl;
pub mod param;
pub mod rings;

mod costs;
mod dress;
mod kernels;
mod mpi;
mod plan;
mod profile;
mod published;
mod site;
mod tables;

pub use costs::Costs;
pub use dress::{BareLane, dress};
pub use nccl::{Protocol, Version};
pub use plan::{Overrides, PROCESSES, Plan, Stack};
pub use profile::{Generation, Library, Profile};
pub use published::published;
pub use site::{Medium, Site};
