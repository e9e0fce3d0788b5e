//! How much is to be bought, for how many jobs.

use super::spec::Amount;
use crate::diag::Diagnostic;
use crate::fabric::parts::Catalogue;
use crate::input::reader::{At, Faults};
use crate::input::section::Section;
use crate::units::Money;

/// The most accelerators of a plan.
pub(super) const MAX_ACCELERATORS: u32 = 1 << 20;
/// The most jobs.
pub(super) const MAX_JOBS: u32 = 1 << 10;

/// What the top of a plan says of it.
pub(super) struct Bought {
    /// `None` where faults were told.
    pub(super) amount: Option<At<Amount>>,
    pub(super) jobs: u32,
}

impl Bought {
    /// Whether there is money in place of a number.
    pub(super) fn is_budget(&self) -> bool {
        matches!(self.amount.as_ref().map(|amount| amount.value), Some(Amount::Budget(_)))
    }

    /// Accelerators of one job, where their number is known and can be shared.
    pub(super) fn job(&self) -> Option<u32> {
        match self.amount.as_ref()?.value {
            Amount::Accelerators(count) => count.is_multiple_of(self.jobs).then(|| count / self.jobs),
            Amount::Budget(_) => None,
        }
    }
}

/// Reads it.
pub(super) fn read(root: &mut Section<'_>) -> Bought {
    let both =
        root.exclusive("accelerators", "budget", "a plan is for so many accelerators, or for so much money");
    let budget = root.item("budget");
    let count = match &budget {
        Some(_) => root.item("accelerators"),
        None => root
            .require_with("accelerators", "add for example `accelerators = 1024`, or `budget = \"50 MUSD\"`"),
    };
    let count = count.and_then(|item| item.count(1, MAX_ACCELERATORS));
    let budget = budget.and_then(|item| {
        let found = item.quantity::<Money>()?;
        if found.value == Money::ZERO {
            item.out_of_range("`budget` buys nothing", "expected more than 0 USD");
            return None;
        }
        Some(found)
    });
    let jobs = root.item("jobs").and_then(|item| item.count(1, MAX_JOBS));
    let amount = match (count, budget) {
        _ if both => None,
        (Some(count), _) => Some(At { value: Amount::Accelerators(count.value), place: count.place }),
        (None, Some(budget)) => Some(At { value: Amount::Budget(budget.value), place: budget.place }),
        (None, None) => None,
    };
    Bought { amount, jobs: jobs.map_or(1, |jobs| jobs.value) }
}

/// The largest number that divides both.
fn common(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// Every job has whole servers, whichever of them are taken.
pub(super) fn check(bought: &Bought, servers: &[usize], catalogue: &Catalogue, faults: &Faults) {
    let Some(At { value: Amount::Accelerators(count), place }) = &bought.amount else { return };
    let sizes = || servers.iter().map(|at| &catalogue.servers[*at]);
    let jobs = u64::from(bought.jobs);
    let shared = sizes().fold(1, |least: u64, server| {
        let size = u64::from(server.accelerators);
        (least / common(least, size)).saturating_mul(size)
    });
    let step = shared.saturating_mul(jobs);
    let wanted = u64::from(*count);
    if wanted.is_multiple_of(step) {
        return;
    }
    let misfit =
        sizes().find(|server| !wanted.is_multiple_of(u64::from(server.accelerators).saturating_mul(jobs)));
    let label = match misfit {
        _ if !wanted.is_multiple_of(jobs) => format!("{jobs} jobs of equal size cannot share them"),
        Some(server) if jobs > 1 => {
            format!("{jobs} jobs need whole servers of {}, as `{}` is", server.accelerators, server.name)
        }
        Some(server) => format!("one `{}` has {}", server.name, server.accelerators),
        None => format!("all of the servers together come in {shared}"),
    };
    let (below, above) = (wanted / step * step, wanted.div_ceil(step).saturating_mul(step));
    let nearest = match below {
        0 => above.to_string(),
        _ => format!("{below} or {above}"),
    };
    faults.push(
        Diagnostic::error("E1004", format!("{wanted} accelerators cannot be had"))
            .at(place.clone(), label)
            .help(format!("the nearest that suits is {nearest}")),
    );
}
