//! TOML files in: scenarios, plans, topologies, parts, stack profiles, models, accelerators and software, with every fault of a
//! file told in one pass.

mod aliases;
mod beside;
mod classes;
mod collective;
mod divided;
mod expect;
mod expect_step;
mod explain;
mod expression;
mod init;
mod joint;
mod links;
mod load;
mod names;
mod nodes;
mod params;
pub mod parts;
mod pattern;
pub mod plan;
mod plots;
mod quantity;
mod ranks;
mod reader;
mod scenario;
mod schema;
mod section;
mod sizes;
pub mod stack;
mod topology;
mod tune;
pub mod workload;

pub use divided::divided;
pub use explain::{codes, explain};
pub use init::{INIT_PLAN, INIT_SCENARIO, INIT_TOPOLOGY};
pub use load::{
    LoadError, LoadOptions, Loaded, load_accelerator, load_model, load_parts, load_plan, load_profile,
    load_scenario, load_software, load_topology, plain, read_bytes, read_stdin, read_text,
};
pub use names::nearest_entry;
pub use parts::parts_schema;
pub use plan::plan_schema;
pub use schema::{
    accelerator_schema, model_schema, scenario_schema, software_schema, stack_profile_schema, topology_schema,
};
