//! Shares of cost and power, and times by load and situation: rows that tables and pages share.

use super::words::{part_of, usd_unit, watts_unit};
use crate::report::number::{count, percent, quotient, short, significant, time};
use crate::result::{PlanDesign, PlanTime, UsdRange};

/// A table: heads, and rows of as many cells. The first `words` columns hold words, the others numbers.
pub(super) struct Rows {
    pub(super) heads: Vec<String>,
    pub(super) words: usize,
    pub(super) rows: Vec<Vec<String>>,
}

impl Rows {
    fn new<const N: usize>(heads: [&str; N], words: usize) -> Self {
        Self { heads: heads.map(str::to_owned).to_vec(), words, rows: Vec::new() }
    }
}

/// What capital goes into.
pub(super) fn cost(own: &PlanDesign) -> Rows {
    let (unit, size) = usd_unit(own.capex.mid);
    // The sum of these parts: the front has racks in another order, and so other cables.
    let sum = |of: fn(&UsdRange) -> f64| own.cost.iter().map(|part| of(&part.usd)).sum();
    let all = UsdRange { low: sum(|usd| usd.low), mid: sum(|usd| usd.mid), high: sum(|usd| usd.high) };
    let mut told = Rows::new(["", unit, "low", "high", "%"], 1);
    let mut row = |name: &str, usd: UsdRange| {
        let [mid, low, high] = [usd.mid, usd.low, usd.high].map(|amount| significant(amount / size));
        told.rows.push(vec![name.to_owned(), mid, low, high, percent(part_of(usd.mid, all.mid))]);
    };
    own.cost.iter().filter(|part| part.usd.high > 0.0).for_each(|part| row(&part.what, part.usd));
    row("in all", all);
    told
}

/// What power goes into.
pub(super) fn power(own: &PlanDesign) -> Rows {
    let (unit, size) = watts_unit(own.power_w);
    let all: f64 = own.power.iter().map(|part| part.watts).sum();
    let mut told = Rows::new(["", unit, "%"], 1);
    let mut row = |name: &str, watts: f64| {
        let share = percent(part_of(watts, all));
        told.rows.push(vec![name.to_owned(), significant(watts / size), share]);
    };
    own.power.iter().filter(|part| part.watts > 0.0).for_each(|part| row(&part.what, part.watts));
    row("in all", all);
    told
}

/// The time of each load in each situation, and how much longer it is than in the first situation of that load.
pub(super) fn times(own: &PlanDesign) -> Rows {
    let mut told = Rows::new(["load", "situation", "failed", "time", "slower %"], 3);
    for one in &own.times {
        let first = own.times.iter().find(|other| other.load == one.load).map_or(0, |other| other.time_ps);
        let PlanTime { load, situation, failed, time_ps } = one;
        let slower = format!("{:+.1}", 100.0 * (quotient(*time_ps, first) - 1.0));
        told.rows.push(vec![load.clone(), situation.clone(), failed.clone(), time(*time_ps), slower]);
    }
    if own.times.iter().all(|one| one.failed.is_empty()) {
        told.heads.remove(2);
        told.words = 2;
        for row in &mut told.rows {
            row.remove(2);
        }
    }
    told
}

/// Cables by tier, sort and length.
pub(super) fn cables(own: &PlanDesign) -> Rows {
    let mut told = Rows::new(["tier", "medium", "metres each", "cables"], 2);
    for tier in &own.cables {
        for length in &tier.lengths {
            told.rows.push(vec![
                tier.tier.clone(),
                length.medium.clone(),
                short(length.metres),
                count(length.cables),
            ]);
        }
    }
    told
}
