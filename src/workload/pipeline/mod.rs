//! In what order each rank of a pipeline does its passes.
//!
//! An order is a list of passes per rank. When they run is not said here: a rank does its list from the front, and each
//! pass waits for those that it needs ([`PipelineOrder::waits_for`]). All orders are the published constructions; none
//! comes from a search, so that none depends on how long passes take.
//!
//! Where a construction needs more micro-batches than there are, it is made for as many as it needs, and the passes of
//! those that do not exist are left out. What is left of an order that can be executed can be executed too.

mod closed;
mod dual;
mod fault;
mod interleaved;
mod order;
mod place;
mod zero_bubble;
mod zero_bubble_v;

pub use closed::{Costs, bubble, bubble_fraction, in_flight, step_time};
pub use fault::OrderFault;
pub use order::{Op, PassKind, PipelineOrder, order, peak_in_flight};
pub use place::{holder, stage, stages};
