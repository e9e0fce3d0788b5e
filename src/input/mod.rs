//! TOML files in: scenarios and topologies, with every fault of a file told in one pass.

mod aliases;
mod classes;
mod collective;
mod expect;
mod explain;
mod expression;
mod init;
mod joint;
mod links;
mod load;
mod names;
mod nodes;
mod params;
mod pattern;
mod plots;
mod quantity;
mod ranks;
mod reader;
mod scenario;
mod schema;
mod section;
mod sizes;
mod topology;

pub use explain::{codes, explain};
pub use init::{INIT_SCENARIO, INIT_TOPOLOGY};
pub use load::{LoadError, LoadOptions, Loaded, load_scenario, load_topology};
pub use schema::{scenario_schema, topology_schema};
