//! How many accelerators are planned for.

use super::PlanError;
use crate::input::plan::{Amount, Plan};

/// Numbers of accelerators that a budget is tried with.
const TRIED: usize = 6;

/// The numbers to look at: the plan's own; of a budget the largest powers of two, and one and a half times such, that its
/// servers alone would leave money for.
///
/// # Errors
/// Where a budget pays for nothing.
pub(super) fn counts(plan: &Plan) -> Result<Vec<u32>, PlanError> {
    let budget = match plan.amount {
        Amount::Accelerators(count) => return Ok(vec![count]),
        Amount::Budget(budget) => budget,
    };
    let mut found: Vec<u32> = Vec::new();
    for server in plan.servers() {
        let unit = server.accelerators.saturating_mul(plan.jobs.max(1));
        let mut fitting: Vec<u32> = (0..20)
            .flat_map(|power| [1u32 << power, 3 << power >> 1])
            .filter_map(|count| unit.checked_mul(count.max(1)))
            .filter(|count| server.price.mid.times(u64::from(count / server.accelerators)) < budget)
            .collect();
        fitting.sort_unstable();
        fitting.dedup();
        found.extend(fitting.iter().rev().take(TRIED));
    }
    found.sort_unstable();
    found.dedup();
    if found.is_empty() { Err(PlanError::Budget) } else { Ok(found) }
}
