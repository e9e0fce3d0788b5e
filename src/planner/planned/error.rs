//! Why there is no plan.

use thiserror::Error;

use crate::planner::floor::DrawError;
use crate::planner::front::SearchError;
use crate::run::RunError;

/// Why there is no plan.
#[derive(Debug, Error)]
pub enum PlanError {
    /// Something could not be played.
    #[error(transparent)]
    Run(#[from] RunError),
    /// No family has a network of the parts that may be taken.
    #[error("no family of the plan has a network for its servers from the switches that may be taken")]
    NoNetwork,
    /// The budget does not pay for a single server.
    #[error("the budget does not pay for one server with its network")]
    Budget,
    /// No division of a step fits.
    #[error("no division of `{load}` over {ranks} accelerators keeps the rules and fits in memory")]
    Undivided {
        /// The load.
        load: String,
        /// Accelerators of a job.
        ranks: u32,
    },
    /// A division could not be searched.
    #[error("{why}")]
    Tune {
        /// Why.
        why: String,
    },
    /// A design could not be drawn up.
    #[error("design {id} cannot be drawn up: {why}")]
    Draw {
        /// The design.
        id: String,
        /// Why.
        why: String,
    },
}

impl From<SearchError> for PlanError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Run(error) => Self::Run(error),
        }
    }
}

impl PlanError {
    /// Of a drawing.
    pub(super) fn draw(id: &str, error: &DrawError) -> Self {
        Self::Draw { id: id.to_owned(), why: error.to_string() }
    }
}
