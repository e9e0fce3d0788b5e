//! Plans: what is to be trained, what may be bought, and where it may stand.

mod spec;

pub use spec::{Amount, Limits, Load, LoadKind, Objective, Plan, Room, Situations, SwitchPlace};
