//! Why logs cannot be fitted.

use thiserror::Error;

use crate::exchange::quoted;
use crate::run::RunError;
use crate::units::{Bytes, count, counted};

/// Why logs cannot be fitted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CalibrateError {
    /// A log is of more hosts than there are servers.
    #[error(
        "`{log}` is of {}, but `{place}` has {}", counted((*.hosts).into(), "host"), counted((*.servers).into(), "server")
    )]
    Servers {
        /// The log.
        log: String,
        /// Its hosts.
        hosts: u32,
        /// The fabric.
        place: String,
        /// Its servers.
        servers: u32,
    },
    /// A host of a log holds more ranks than any server that is left.
    #[error(
        "host {} of `{log}` holds {}, but the next server of `{place}` has {}",
        quoted(.host), counted((*.ranks).into(), "rank"), counted((*.most).into(), "accelerator")
    )]
    Accelerators {
        /// The log.
        log: String,
        /// The host.
        host: String,
        /// Its ranks.
        ranks: u32,
        /// The fabric.
        place: String,
        /// Accelerators of the server that it would be.
        most: u32,
    },
    /// A log is of more or fewer ranks than there are.
    #[error("`{log}` is of {}, but `{place}` has {}", counted((*.ranks).into(), "rank"), count((*.found).into()))]
    Ranks {
        /// The log.
        log: String,
        /// Its ranks.
        ranks: u32,
        /// The fabric or scenario.
        place: String,
        /// How many it has.
        found: u32,
    },
    /// Nothing moves among fewer than two ranks.
    #[error("`{log}` is of one rank, so nothing is sent")]
    Alone {
        /// The log.
        log: String,
    },
    /// A profile without constants.
    #[error("the profile `{profile}` has no constants that could be fitted")]
    NoConstants {
        /// Its name.
        profile: String,
    },
    /// There is no constant of that key.
    #[error("there is no constant named `{key}`")]
    UnknownConstant {
        /// As typed.
        key: String,
        /// One of a similar name.
        near: Option<&'static str>,
    },
    /// A constant is to be free and fixed.
    #[error("`{key}` cannot be both free and fixed")]
    FreeAndFixed {
        /// Its key.
        key: &'static str,
    },
    /// The logs do not depend on any constant that is free.
    #[error("no time of these logs depends on a constant that is free")]
    NothingFree,
    /// A log cannot be simulated.
    #[error("cannot simulate `{log}`: {error}")]
    Run {
        /// The log.
        log: String,
        /// Why.
        error: Box<RunError>,
    },
    /// A log needs more memory than there is for it.
    #[error(
        "to simulate `{log}` would need about {} of memory, more than the {} that it may have",
        Bytes(*.need), Bytes(*.limit)
    )]
    Memory {
        /// The log.
        log: String,
        /// Bytes needed, about.
        need: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// No threads could be had.
    #[error("cannot start threads: {message}")]
    Threads {
        /// What the system says.
        message: String,
    },
    /// The watch said stop.
    #[error("interrupted")]
    Cancelled,
}

impl CalibrateError {
    /// Ways out, one entry a hint.
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::Servers { .. } | Self::Accelerators { .. } => {
                vec!["the topology must hold at least the machine that the log is of".into()]
            }
            Self::Ranks { .. } => vec![
                "a scenario must place exactly the ranks of the log; of a topology, the first servers are taken".into(),
            ],
            Self::UnknownConstant { near: Some(near), .. } => vec![format!("did you mean `{near}`?")],
            Self::UnknownConstant { near: None, .. } => {
                vec!["keys are those of stack profiles, such as `launch.ll` or `fraction.network`".into()]
            }
            Self::NothingFree => vec!["leave out `--free` and `--fix`, or free constants of what the logs measure".into()],
            Self::Alone { .. } => vec!["give logs of two ranks or more".into()],
            Self::NoConstants { .. } => {
                vec!["start from the profile of a library, such as `--profile nccl-hopper`".into()]
            }
            Self::FreeAndFixed { .. } => vec!["name it in `--free` or in `--fix`, not in both".into()],
            Self::Memory { .. } => {
                vec!["give a log of fewer ranks, or calibrate on a machine with more memory".into()]
            }
            Self::Run { .. } | Self::Threads { .. } | Self::Cancelled => Vec::new(),
        }
    }
}
