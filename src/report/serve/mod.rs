//! Inference as tables and CSV.

mod csv;
mod table;

pub use csv::lines;
pub use table::table;
pub(super) use table::{parts, phases};

use crate::result::ServeFacts;

/// What is served, in a line.
pub(super) fn facts(facts: &ServeFacts) -> String {
    let mut degrees = vec![format!("tp {}", facts.tp)];
    for (name, degree) in [("pp", facts.pp), ("dp", facts.dp), ("ep", facts.ep)] {
        if degree > 1 {
            degrees.push(format!("{name} {degree}"));
        }
    }
    if facts.etp > 1 && facts.etp != facts.tp {
        degrees.push(format!("etp {}", facts.etp));
    }
    let mut formats = vec![facts.format.clone()];
    for (what, format) in [("weights", &facts.weights), ("kv cache", &facts.kv_cache)] {
        if *format != facts.format {
            formats.push(format!("{what} {format}"));
        }
    }
    format!("{} on {}, {}, {}", facts.model, facts.accelerator, formats.join(", "), degrees.join(" "))
}
