//! The algorithms, one a file. Each makes a [`Schedule`] from a [`Request`].

use thiserror::Error;

use super::{Algorithm, Op, Schedule};
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
    pub channels: Option<u32>,
    /// How many segments pipelines cut their data in; `None` lets the algorithm choose by size.
    pub segments: Option<u32>,
    /// The server of every rank, numbered from 0 by first appearance, ranks of a server in rail order;
    /// all 0 where there is one server, all different where ranks do not share servers.
    pub servers: Vec<u32>,
    /// Side lengths where the ranks are all endpoints of a torus or mesh in their own order.
    pub torus: Option<Vec<u32>>,
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
            torus: None,
        }
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
    #[error("`{algorithm}` cannot serve these ranks: {needs}")]
    Placement {
        /// The algorithm.
        algorithm: Algorithm,
        /// What it needs.
        needs: String,
    },
}

/// Makes the schedule of `algorithm` for `request`.
///
/// # Errors
/// Why the algorithm cannot serve the request; always for [`Algorithm::Auto`], which a run resolves.
pub fn schedule(algorithm: Algorithm, request: &Request) -> Result<Schedule, Unserved> {
    let _ = request;
    Err(Unserved::Op { algorithm, op: request.op, others: String::new() })
}
