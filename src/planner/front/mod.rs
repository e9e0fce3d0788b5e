//! The front of a plan: the search for the designs that nothing beats.

mod journal;
mod search;
mod space;
mod values;

pub use journal::{Journal, NoJournal, from_line, to_line};
pub use search::{Found, Member, SearchError, search};
pub use space::{Infeasible, Network, Space};
pub use values::{Axes, Ownership, Values};
