//! Commented templates to begin with.

/// A scenario to begin with; it loads as it is.
pub const INIT_SCENARIO: &str = include_str!("init/scenario.toml");

/// A topology to begin with; it loads as it is.
pub const INIT_TOPOLOGY: &str = include_str!("init/topology.toml");

/// A plan to begin with; it loads as it is.
pub const INIT_PLAN: &str = include_str!("init/plan.toml");
