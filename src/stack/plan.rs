//! What a library does with a collective: algorithm, protocol, channels, and what each costs.

use super::costs::Costs;
use super::nccl::{Protocol, Version};
use super::param::Param;
use super::profile::{Library, Profile};
use super::site::Site;
use crate::collective::{Algorithm, Op};
use crate::units::Time;

/// Whether a process drives one accelerator or all of its server: words in files, and whether it is shared.
pub const PROCESSES: [(&str, bool); 2] = [("per-gpu", false), ("per-node", true)];

/// What its user imposes on a library, as environment variables do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overrides {
    /// The algorithm, as `NCCL_ALGO`.
    pub algorithm: Option<Algorithm>,
    /// The protocol, as `NCCL_PROTO`.
    pub protocol: Option<Protocol>,
    /// Threads of a channel, as `NCCL_NTHREADS`.
    pub threads: Option<u32>,
    /// Least channels, as `NCCL_MIN_CTAS` (`NCCL_MIN_NCHANNELS`).
    pub min_channels: Option<u32>,
    /// Most channels, as `NCCL_MAX_CTAS` (`NCCL_MAX_NCHANNELS`).
    pub max_channels: Option<u32>,
    /// Most adapters that one message uses, as `UCX_MAX_RNDV_RAILS`.
    pub rails: Option<u32>,
}

/// A library on a host: its constants, its release, and what its user imposes on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// The constants.
    pub profile: Profile,
    /// The release.
    pub version: Version,
    /// Whether one process drives all accelerators of its server.
    pub shared_process: bool,
    /// What its user imposes.
    pub overrides: Overrides,
    /// Which constants stand over those that the profile of that name has.
    pub set: Vec<Param>,
}

/// What a library does with a collective of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The protocol, where the library has several.
    pub protocol: Option<Protocol>,
    /// How many channels the library uses.
    pub channels: u32,
    /// Into how many segments pipelines cut their data, where the library says.
    pub segments: Option<u32>,
    /// What it costs before anything moves.
    pub launch: Time,
    /// What transfers cost.
    pub costs: Costs,
}

impl Stack {
    /// A library of the newest release with one process an accelerator, nothing imposed.
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            version: Version::NEWEST,
            shared_process: false,
            overrides: Overrides::default(),
            set: Vec::new(),
        }
    }

    /// How many accelerators a process drives, as files say it.
    pub const fn process(&self) -> &'static str {
        PROCESSES[self.shared_process as usize].0
    }

    /// What the library does with a collective for which `asked` was named; its own choice for [`Algorithm::Auto`].
    /// `None` where it has no choice of its own for the operation.
    pub fn plan(&self, site: &Site, op: Op, asked: Algorithm, bytes: u64) -> Option<Plan> {
        match self.profile.software {
            Library::Ideal => None,
            Library::Mpi => Some(self.mpi(site, op, asked, bytes)),
            Library::Nccl | Library::Rccl => Some(self.nccl(site, op, asked, bytes)),
        }
    }

    /// A constant in its own unit.
    pub(super) fn at(&self, param: Param) -> f64 {
        self.profile.get(param)
    }

    /// A constant rate in bytes per second.
    pub(super) fn rate(&self, param: Param) -> f64 {
        self.profile.get(param) * 1e9
    }
}
