//! Why a folder cannot be validated.

use thiserror::Error;

use crate::units::counted;

/// Why a folder of measured runs cannot be validated. Files that cannot be mapped are not among these: they are
/// skipped.
#[derive(Debug, Error)]
pub enum ValidateError {
    /// There is no such folder.
    #[error("cannot read `{folder}`: there is no such folder")]
    NoFolder {
        /// The folder asked for.
        folder: String,
        /// One that is there, of a similar name.
        near: Option<String>,
    },
    /// It is no folder.
    #[error("`{file}` is a file, expected a folder")]
    NoDirectory {
        /// What was asked for.
        file: String,
    },
    /// It holds no run.
    #[error("there is no measured run in `{folder}`")]
    NoRun {
        /// The folder asked for.
        folder: String,
        /// Files of it that are no runs by their names.
        aux: u32,
        /// Folders in it.
        folders: u32,
    },
    /// The system could not read it.
    #[error("cannot read `{path}`: {why}")]
    Io {
        /// The file or folder.
        path: String,
        /// What stands against it.
        why: String,
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

impl ValidateError {
    /// Ways out, one entry a hint.
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::NoFolder { near: Some(near), .. } => vec![format!("did you mean `{near}`?")],
            Self::NoFolder { .. } | Self::NoDirectory { .. } => {
                vec!["`--measured` takes the folder that holds the measured files `*.csv`".into()]
            }
            Self::NoRun { aux, folders, .. } => vec![format!(
                "runs are the files `*.csv` of the folder itself whose names do not begin with `aux_`; this one has {} \
                 `aux_*.csv` and {}",
                counted((*aux).into(), "file"),
                counted((*folders).into(), "folder"),
            )],
            Self::Io { .. } | Self::Threads { .. } | Self::Cancelled => Vec::new(),
        }
    }
}
