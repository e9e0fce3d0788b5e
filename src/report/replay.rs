//! Traces that were played, as a table and as CSV.

use super::number::{count, counted, percent, time};
use super::stack;
use super::table::{self, number, text};
use crate::result::{ReplayCollective, ReplayResult};
use crate::units::Bytes;

/// Ranks and kinds of collectives that a table shows.
const SHOWN: usize = 8;

/// What a trace came to.
pub fn table(result: &ReplayResult, width: Option<u16>) -> String {
    let fabric = &result.fabric;
    let mut out = format!(
        "{}: a trace of {} ({}), {} of {}\n",
        result.trace,
        counted(result.size.into(), "rank"),
        result.format,
        counted(result.nodes, "node"),
        counted(result.held.into(), "rank"),
    );
    out.push_str(&format!("fabric {}: {}\n", fabric.name, counted(fabric.gpus.into(), "GPU")));
    if let Some(own) = &result.stack {
        out.push_str(&format!("stack {}\n", stack::line(own)));
    }
    if !result.accelerator.is_empty() {
        out.push_str(&format!("operations without a time as on {}\n", result.accelerator));
    }
    out.push_str(&format!("\ntime {}", time(result.time_ps)));
    if result.bubble_ps > 0 {
        out.push_str(&format!(", of which {} for the pipeline's bubble", time(result.bubble_ps)));
    }
    out.push_str("\n\nranks that compute longest\n");
    let mut ranks: Vec<_> = result.ranks.iter().collect();
    ranks.sort_by_key(|rank| (std::cmp::Reverse(rank.computing_ps), rank.rank));
    let columns = ["rank", "computing", "exposed communication", "idle", "computing %"].map(number);
    let rows = ranks.iter().take(SHOWN).map(|rank| {
        let all = rank.computing_ps + rank.exposed_ps + rank.idle_ps;
        let part = if all == 0 { 0.0 } else { ratio(rank.computing_ps, all) };
        vec![
            count(rank.rank.into()),
            time(rank.computing_ps),
            time(rank.exposed_ps),
            time(rank.idle_ps),
            percent(part * 100.0),
        ]
    });
    out.push_str(&table::lay_out(&columns, rows.collect(), width));
    if result.ranks.len() > SHOWN {
        out.push_str(&format!("and {} more\n", result.ranks.len() - SHOWN));
    }
    out.push_str("\ncollectives and messages\n");
    let columns = [
        text("operation"),
        text("algorithm"),
        number("ranks"),
        number("size"),
        number("count"),
        number("alone"),
        number("in all"),
    ];
    let rows = result.collectives.iter().take(2 * SHOWN).map(|one| {
        vec![
            one.op.clone(),
            one.algorithm.clone(),
            count(one.ranks.into()),
            Bytes(one.bytes).to_string(),
            count(one.count),
            time(one.alone_ps),
            time(one.total_ps),
        ]
    });
    out.push_str(&table::lay_out(&columns, rows.collect(), width));
    if result.collectives.len() > 2 * SHOWN {
        out.push_str(&format!("and {} more kinds\n", result.collectives.len() - 2 * SHOWN));
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "for display only")]
fn ratio(part: u64, all: u64) -> f64 {
    part as f64 / all as f64
}

/// Collectives and messages as CSV: a row a kind.
pub fn csv(result: &ReplayResult) -> String {
    let mut out = String::from("op,algorithm,ranks,bytes,count,alone_ps,total_ps\n");
    for ReplayCollective { op, algorithm, ranks, bytes, count, alone_ps, total_ps } in &result.collectives {
        out.push_str(&format!("{op},{algorithm},{ranks},{bytes},{count},{alone_ps},{total_ps}\n"));
    }
    out
}
