//! TOML files in: scenarios and topologies, with every fault of a file told in one pass.
