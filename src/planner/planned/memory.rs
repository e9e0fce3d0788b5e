//! Whether steps fit in the memory of their accelerators.

use super::loads::Divided;
use crate::input::plan::Plan;
use crate::planner::score::domain;
use crate::workload::memory;

/// Steps that do not fit, in words, by servers (index and how many) and how their loads are divided.
pub(super) fn unfit(plan: &Plan, courses: &[(usize, u32)], divisions: &[Divided]) -> Vec<String> {
    let mut told = Vec::new();
    for ((server, _), divided) in courses.iter().zip(divisions) {
        let server = &plan.catalogue.servers[*server];
        for (load, workload) in plan.loads.iter().zip(divided) {
            let step = workload.as_ref().and_then(|own| own.step(domain(server.accelerators)));
            let Some(step) = step else { continue };
            let (taken, there) = (memory(&step).total(), step.accelerator.memory);
            if taken > there {
                let note = format!(
                    "{} does not fit on {}: it takes {:.1} GB of an accelerator's {:.1} GB",
                    load.name,
                    server.name,
                    taken / 1e9,
                    there / 1e9
                );
                if !told.contains(&note) {
                    told.push(note);
                }
            }
        }
    }
    told
}
