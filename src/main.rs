//! The `railspine` program.

fn main() {}
