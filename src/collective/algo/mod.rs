//! The algorithms, one a file. Each makes a [`Schedule`] from a [`Request`].

mod binomial;
mod bruck;
mod chain;
mod direct;
mod double_tree;
mod halving_doubling;
mod hierarchical;
mod in_network;
mod multi_ring;
mod nvls;
mod nvls_tree;
mod order;
mod pairwise;
mod pipeline;
mod recursive_doubling;
mod ring;
mod ring_bidirectional;
mod step;
mod two_level;

use std::sync::Arc;

use thiserror::Error;

use super::{Algorithm, Op, Schedule, Spread};
use crate::fabric::InNetwork;
use crate::ids::Rank;
use crate::units::Bytes;

/// What an algorithm may know when it makes a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub op: Op,
    /// How many ranks.
    pub ranks: u32,
    /// The root of rooted operations.
    pub root: Rank,
    /// Size, as [`Op`] counts it: pipelines choose their segments by it.
    pub bytes: Bytes,
    /// How many channels; `None` lets the algorithm choose (one ring per rail where servers have several GPUs).
    /// Only `ring`, `ring-bidirectional`, `chain`, `double-tree`, `multi-ring`, `nvls` and `nvls-tree` have channels;
    /// the others use one whatever is asked for, and [`Schedule::channels`] says what came of it.
    pub channels: Option<u32>,
    /// How many segments pipelines cut the data of a channel in; `None` lets the algorithm choose by size.
    /// Only `chain`, `double-tree`, `hierarchical`, `nvls`, `nvls-tree` and the rooted operations of `ring` have
    /// segments.
    pub segments: Option<u32>,
    /// The server of every rank, numbered from 0 by first appearance, ranks of a server in rail order;
    /// all 0 where there is one server, all different where ranks do not share servers.
    pub servers: Vec<u32>,
    /// The switches that work on data on its way, by server.
    pub switches: Vec<SwitchPlace>,
    /// How the sizes of an all-to-all-v differ.
    pub spread: Spread,
    /// The order of all ranks in each ring, where the fabric has its own; as many rings as channels then.
    pub rings: Option<Vec<Arc<[u32]>>>,
    /// Side lengths where the ranks are all endpoints of a torus or mesh in their own order.
    pub torus: Option<Vec<u32>>,
}

/// A switch that works on data on its way, and that all ranks of one server are linked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchPlace {
    /// The server, as in [`Request::servers`].
    pub server: u32,
    /// What it does.
    pub in_network: InNetwork,
    /// How wide the links between it and a rank are, beside those of the server's other switches: data is split over
    /// the switches of a server by it. In any unit, such as bits per second.
    pub weight: u64,
}

impl Request {
    /// A request among `ranks` ranks that share no servers, all else left open.
    pub fn new(op: Op, ranks: u32, bytes: Bytes) -> Self {
        Self {
            op,
            ranks,
            root: Rank(0),
            bytes,
            channels: None,
            segments: None,
            servers: (0..ranks).collect(),
            switches: Vec::new(),
            spread: Spread::default(),
            rings: None,
            torus: None,
        }
    }

    /// The ranks of each server, servers and ranks ascending.
    pub fn members(&self) -> Vec<Vec<u32>> {
        order::servers(self)
    }
}

/// Why an algorithm cannot serve a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unserved {
    /// It does not do this operation at all.
    #[error("`{algorithm}` does not do `{op}`; `{op}` is done by {others}")]
    Op {
        /// The algorithm.
        algorithm: Algorithm,
        /// The operation.
        op: Op,
        /// The algorithms that do, comma-separated.
        others: String,
    },
    /// It needs another number of ranks.
    #[error("`{algorithm}` cannot serve {ranks} ranks: it needs {needs}")]
    Ranks {
        /// The algorithm.
        algorithm: Algorithm,
        /// How many ranks there are.
        ranks: u32,
        /// What it needs, such as `a power of two`.
        needs: String,
    },
    /// It needs something of the fabric or placement.
    #[error("`{algorithm}` cannot serve these ranks: it needs {needs}")]
    Placement {
        /// The algorithm.
        algorithm: Algorithm,
        /// What it needs.
        needs: String,
    },
    /// A setting is out of bounds.
    #[error("`{algorithm}` cannot use {value} {setting}: it takes 1 to {most}")]
    Setting {
        /// The algorithm.
        algorithm: Algorithm,
        /// What is set: `channels` or `segments`.
        setting: &'static str,
        /// To what.
        value: u32,
        /// The most that it may be.
        most: u32,
    },
}

/// The most channels of a request.
pub const MAX_CHANNELS: u32 = 1024;
/// The most segments of a request.
pub const MAX_SEGMENTS: u32 = 4096;

/// The operations that an algorithm does.
pub const fn ops(algorithm: Algorithm) -> &'static [Op] {
    match algorithm {
        Algorithm::Ring => ring::OPS,
        Algorithm::RingBidirectional => ring_bidirectional::OPS,
        Algorithm::RecursiveDoubling => recursive_doubling::OPS,
        Algorithm::HalvingDoubling => halving_doubling::OPS,
        Algorithm::Binomial => binomial::OPS,
        Algorithm::DoubleTree => double_tree::OPS,
        Algorithm::Chain => chain::OPS,
        Algorithm::Direct => direct::OPS,
        Algorithm::Pairwise => pairwise::OPS,
        Algorithm::Bruck => bruck::OPS,
        Algorithm::MultiRing => multi_ring::OPS,
        Algorithm::Hierarchical => hierarchical::OPS,
        Algorithm::TwoLevel => two_level::OPS,
        Algorithm::Nvls => nvls::OPS,
        Algorithm::NvlsTree => nvls_tree::OPS,
        Algorithm::Auto => &[],
    }
}

/// The algorithms that do an operation, in the order of [`Algorithm::ALL`], without [`Algorithm::Auto`].
pub fn serves(op: Op) -> Vec<Algorithm> {
    Algorithm::ALL.into_iter().filter(|algorithm| ops(*algorithm).contains(&op)).collect()
}

/// Makes the schedule of `algorithm` for `request`.
///
/// # Errors
/// Why the algorithm cannot serve the request; always for [`Algorithm::Auto`], which a run resolves.
pub fn schedule(algorithm: Algorithm, request: &Request) -> Result<Schedule, Unserved> {
    if !ops(algorithm).contains(&request.op) {
        let others: Vec<String> = serves(request.op).iter().map(|other| format!("`{other}`")).collect();
        return Err(Unserved::Op { algorithm, op: request.op, others: others.join(", ") });
    }
    check(algorithm, request)?;
    match algorithm {
        Algorithm::Ring => Ok(ring::schedule(request)),
        Algorithm::RingBidirectional => Ok(ring_bidirectional::schedule(request)),
        Algorithm::RecursiveDoubling => recursive_doubling::schedule(request),
        Algorithm::HalvingDoubling => halving_doubling::schedule(request),
        Algorithm::Binomial => Ok(binomial::schedule(request)),
        Algorithm::DoubleTree => Ok(double_tree::schedule(request)),
        Algorithm::Chain => Ok(chain::schedule(request)),
        Algorithm::Direct => Ok(direct::schedule(request)),
        Algorithm::Pairwise => Ok(pairwise::schedule(request)),
        Algorithm::Bruck => Ok(bruck::schedule(request)),
        Algorithm::MultiRing => multi_ring::schedule(request),
        Algorithm::Hierarchical => hierarchical::schedule(request),
        Algorithm::TwoLevel => two_level::schedule(request),
        Algorithm::Nvls => nvls::schedule(request),
        Algorithm::NvlsTree => nvls_tree::schedule(request),
        Algorithm::Auto => Err(Unserved::Op { algorithm, op: request.op, others: String::new() }),
    }
}

/// What every algorithm needs of a request.
fn check(algorithm: Algorithm, request: &Request) -> Result<(), Unserved> {
    let ranks = request.ranks;
    if ranks == 0 {
        return Err(Unserved::Ranks { algorithm, ranks, needs: "at least one".to_owned() });
    }
    if request.root.0 >= ranks {
        let needs = format!("a root below {ranks}, not rank {}", request.root.0);
        return Err(Unserved::Ranks { algorithm, ranks, needs });
    }
    if request.servers.len() != ranks as usize {
        let needs = format!("the server of each of {ranks} ranks, and {} are given", request.servers.len());
        return Err(Unserved::Placement { algorithm, needs });
    }
    let settings =
        [("channels", request.channels, MAX_CHANNELS), ("segments", request.segments, MAX_SEGMENTS)];
    for (setting, value, most) in settings {
        if let Some(value) = value
            && !(1..=most).contains(&value)
        {
            return Err(Unserved::Setting { algorithm, setting, value, most });
        }
    }
    Ok(())
}

/// A schedule without phases yet.
fn empty(request: &Request, algorithm: Algorithm, channels: u32, atoms: u64) -> Schedule {
    Schedule {
        op: request.op,
        algorithm,
        ranks: request.ranks,
        switches: Vec::new(),
        root: if request.op.is_rooted() { request.root } else { Rank(0) },
        channels,
        atoms,
        spread: (request.op == Op::AllToAllV).then_some(request.spread),
        phases: Vec::new(),
    }
}
