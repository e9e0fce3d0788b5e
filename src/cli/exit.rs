//! How the program ends.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use super::term::Term;
use crate::input::plain;
use crate::run::RunError;

/// Exit codes; `--help` documents them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// All is well.
    Ok = 0,
    /// It ran, but an expectation was missed, or nothing was found that fits.
    Missed = 1,
    /// Wrong use, or a wrong file.
    Usage = 2,
    /// A file could not be read or written.
    Io = 3,
    /// It could not be brought to an end.
    Incomplete = 4,
    /// Stopped by the user.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An end that is not the command's normal one.
#[derive(Debug)]
pub(super) enum Failure {
    /// Already told on stderr.
    Told(Exit),
    /// To be told as one line.
    Message(Exit, String),
    /// Whoever read our output has closed it: no fault.
    Closed,
}

impl Failure {
    /// A failure to read or write `path`.
    pub(super) fn io(path: &str, verb: &str, error: &io::Error) -> Self {
        Self::Message(Exit::Io, format!("cannot {verb} `{path}`: {}", plain(error)))
    }

    /// Tells an error and the ways out of it.
    pub(super) fn told(exit: Exit, error: &impl Display, help: &[String], term: &Term) -> Self {
        term.error(&error.to_string());
        for hint in help {
            term.say(&format!("help: {hint}"));
        }
        Self::Told(exit)
    }

    /// Tells it on stderr, and which code it ends with.
    pub(super) fn tell(self, term: &Term) -> Exit {
        match self {
            Self::Told(exit) => exit,
            Self::Message(exit, message) => {
                term.error(&message);
                exit
            }
            Self::Closed => Exit::Ok,
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::Unserved(_)
            | RunError::Unreachable(_)
            | RunError::Memory { .. }
            | RunError::Undivided { .. }
            | RunError::Pipeline { .. } => Exit::Usage,
            RunError::Cancelled => Exit::Interrupted,
            RunError::Threads { .. } => Exit::Io,
            RunError::Schedule { .. } | RunError::Endless { .. } => Exit::Incomplete,
        };
        Self::Message(exit, error.to_string())
    }
}
