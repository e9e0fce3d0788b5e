//! From the keys of a measured file to a fabric.
//!
//! The rule is in `docs/systems.md`. What the keys leave open takes a documented default, which [`System::assumed`]
//! lists; what they say and this rule does not know is [`Unmapped`], never guessed.

mod build;
mod keys;
mod media;
mod network;
mod product;
mod scaleup;
mod site;
mod word;

use std::sync::Arc;

use thiserror::Error;

pub use product::{NvLink, PRODUCTS, Product, product};
pub use scaleup::Scaleup;
pub(super) use word::word;

use crate::exchange::{Measured, Placement};
use crate::fabric::Fabric;
use crate::ids::NodeId;

/// A file whose keys lead to no fabric.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct Unmapped {
    /// Why, in one sentence.
    pub why: String,
}

impl Unmapped {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
}

/// What holds the buffers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HostKind {
    /// Accelerators, one a rank.
    Accelerator(&'static Product),
    /// The memory of the hosts, with so many ranks each.
    Memory {
        /// Ranks of a host.
        ranks: u32,
    },
}

/// Network adapters of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Adapters {
    /// How many a node has.
    pub per_node: u32,
    /// Nominal rate of each, in Gbps each way.
    pub gbps: f64,
    /// The network, as the header names it.
    pub net: &'static str,
    /// The most of them that one message uses, where the file sets it (`UCX_MAX_RNDV_RAILS`).
    pub rails_of_a_message: Option<u32>,
}

/// The fabric of a measured run, and where its ranks are.
#[derive(Debug, Clone)]
pub struct System {
    /// The fabric: the part of the machine that the run used.
    pub fabric: Arc<Fabric>,
    /// The endpoint of every rank.
    pub rank_nodes: Vec<NodeId>,
    /// What holds the buffers.
    pub host: HostKind,
    /// How accelerators of a domain are linked.
    pub scaleup: Scaleup,
    /// Ranks of a scale-up domain.
    pub domain: u32,
    /// Whether the switches of the domain can reduce and multicast.
    pub reduces_in_switch: bool,
    /// The adapters, where the run sends over a network.
    pub adapters: Option<Adapters>,
    /// One line for people.
    pub description: String,
    /// Keys whose value is a default of this rule, since the header does not give it.
    pub assumed: Vec<&'static str>,
    /// What the fabric does not represent, and what was assumed: sentences.
    pub notes: Vec<String>,
}

/// Maps a measured run to its system. `placement` is the file that the key `placement` names; without one, nodes fill
/// switches in order.
///
/// # Errors
/// Where keys hold what this rule does not know, contradict each other, or leave open what has no default.
pub fn map(measured: &Measured, placement: Option<&Placement>) -> Result<System, Unmapped> {
    let keys = keys::Keys::read(measured)?;
    build::build(keys, measured, placement)
}
