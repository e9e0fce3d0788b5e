//! What an engine is asked to run.

use std::sync::Arc;

use super::Fold;
use crate::collective::Verified;
use crate::ids::PathId;
use crate::route::Routes;
use crate::units::{Bytes, Time};

/// When a rank's next step may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Steps {
    /// When what it depends on has happened.
    #[default]
    Receipt,
    /// When its own step was received and its receive is in, as MPI codes with a wait-all do.
    Lockstep,
}

impl Steps {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Lockstep => "lockstep",
        }
    }
}

/// One collective of a job.
#[derive(Debug, Clone)]
pub struct Collective {
    /// How it is done, proved.
    pub schedule: Verified,
    /// Its size, as its operation counts it.
    pub bytes: Bytes,
    /// The path of every lane: phases in order, lanes in order; of the lanes of `fold` where there is one.
    pub paths: Vec<PathId>,
    /// The lanes that stand for all, where the schedule was folded by symmetry.
    pub fold: Option<Arc<Fold>>,
    /// When it starts.
    pub start: Time,
    /// Receipt-driven or in lockstep.
    pub steps: Steps,
}

/// Collectives that run at once on one fabric.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// The paths and what they share.
    pub routes: &'a Routes,
    /// The collectives.
    pub collectives: Vec<Collective>,
}
