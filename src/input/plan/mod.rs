//! Plans: what is to be trained, what may be bought, and where it may stand.

mod amount;
mod choice;
mod goals;
mod loads;
mod racks;
mod read;
mod room;
mod schema;
mod spec;

pub use room::{ELECTRICITY, PUE, UPKEEP, UTILISATION, YEARS};
pub use schema::plan_schema;
pub use spec::{Amount, FAMILIES, Limits, Load, LoadKind, Objective, Plan, Room, Situations, SwitchPlace};

pub(super) use read::{is_plan, read};
