//! Collectives: what is asked for ([`Op`]), how it is done ([`Algorithm`]), and the symbolic
//! [`Schedule`] of transfers that an algorithm makes, proved by [`verify()`].

pub mod algo;
mod op;
mod pattern;
mod payload;
mod schedule;
mod spread;
mod symmetry;
pub mod verify;

pub use op::{Algorithm, Op};
pub use pattern::{Lane, Pattern};
pub use payload::{AtomRange, Base, Payload};
pub use schedule::{Need, On, Phase, Schedule, Side, Wait};
pub use spread::Spread;
pub use symmetry::Symmetries;
pub use verify::{Order, Proof, Transfer, Verified, VerifyFault, verify, verify_order, verify_sampled};
