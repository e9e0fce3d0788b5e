//! The task engine: one training or inference step as a graph of tasks, each a piece of compute or a whole collective.
//!
//! How long a task takes alone is given: by a kernel model, or by an engine that simulated the collective. What this
//! engine adds is what happens when tasks run together: they wait for each other, through dependencies and in queues,
//! and they share rows, such as the compute units of a lane or the links that play one role, max-min fair.
//!
//! Demands and capacities are counted in whole units, so that sums do not depend on an order, and whether a row is
//! oversubscribed is no matter of rounding. A row whose running tasks demand no more than it has binds nobody; rates are
//! solved for only where one does. Simultaneous events are one event. What happens does not depend on how tasks are
//! numbered, but for the order in queues.

mod builder;
mod calendar;
mod fault;
mod fill;
mod instant;
mod job;
mod lists;
mod longest;
mod order;
mod outcome;
pub mod reference;
mod sharing;
mod simulate;

pub use builder::{Task, TaskJobBuilder};
pub use fault::TaskFault;
pub use job::TaskJob;
pub use longest::{Leg, Window};
pub use outcome::{RowUse, TaskOutcome};
pub use simulate::run;
