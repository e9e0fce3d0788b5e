//! What a search for a division found, as tables and CSV.

use super::csv::write;
use super::number::{count, counted, percent, significant};
use super::stack;
use super::table::{Column, lay_out, number, text};
use crate::result::{TuneCandidate, TuneDivision, TuneNearest, TuneResult};

/// The best as a table with reasons below; what was searched above. `width` is the most columns a line may take; long cells
/// are then wrapped.
pub fn table(result: &TuneResult, width: Option<u16>) -> String {
    let mut out = head(result);
    out.push('\n');
    if let Some(nearest) = &result.nearest {
        out.push_str(&nothing(result, nearest));
        return out;
    }
    out.push_str(&best(result, width));
    let reasons: Vec<Vec<String>> = result
        .best
        .iter()
        .filter(|own| !own.reason.is_empty())
        .map(|own| vec![own.rank.to_string(), own.reason.clone()])
        .collect();
    if !reasons.is_empty() {
        out.push_str("\nwhat costs more than with number 1\n");
        out.push_str(&lay_out(&[number(""), text("")], reasons, width));
    }
    if let Some(given) = &result.given {
        let place = if given.fits {
            format!("{} that fit are faster by closed forms", counted(given.before, "division"))
        } else {
            "does not fit in memory".to_owned()
        };
        out.push_str(&format!(
            "\nas the scenario has it: {}\n{} s by closed forms, {} GB; {place}\n{}\n",
            line(&given.division),
            significant(given.closed_s),
            gigabytes(given.memory_bytes),
            given.reason,
        ));
    }
    for note in &result.notes {
        out.push_str(&format!("\nnote: {note}\n"));
    }
    out
}

fn head(result: &TuneResult) -> String {
    let (fabric, facts, counts) = (&result.fabric, &result.workload, &result.counts);
    let mut out = if result.title.is_empty() || result.title == result.scenario {
        format!("{}\n", result.scenario)
    } else {
        format!("{}: {}\n", result.scenario, result.title)
    };
    out.push_str(&format!("fabric {}: {}\n", fabric.name, counted(fabric.gpus.into(), "GPU")));
    if let Some(own) = &result.stack {
        out.push_str(&format!("stack {}\n", stack::line(own)));
    }
    out.push_str(&format!(
        "{} on {} with {}, {}, {} of {} tokens\n",
        facts.model,
        facts.accelerator,
        facts.software,
        facts.format,
        counted(facts.sequences.into(), "sequence"),
        count(facts.sequence_length.into()),
    ));
    out.push_str(&searched(result));
    if counts.unfilled > 0 {
        out.push_str(&format!(
            "left out: {} with too few micro-batches to fill a pipeline, for which closed forms do not hold\n",
            count(counts.unfilled)
        ));
    }
    out
}

/// That all was searched, and what came of it.
fn searched(result: &TuneResult) -> String {
    let counts = &result.counts;
    format!(
        "searched all {} of {} combinations: {} do not fit in {} GB ({} of them follow from a smaller micro-batch), {} \
         timed\n",
        counted(counts.valid, "valid division"),
        count(counts.configurations),
        count(counts.unfit),
        gigabytes(result.memory_limit),
        count(counts.pruned),
        count(counts.evaluated),
    )
}

fn best(result: &TuneResult, width: Option<u16>) -> String {
    let any = |of: fn(&TuneDivision) -> bool| result.best.iter().any(|own| of(&own.division));
    let experts = any(|own| own.ep > 1 || own.etp > 1);
    let columns: Vec<Column> = ["#", "tp", "pp", "vpp", "cp", "dp"]
        .into_iter()
        .chain(if experts { &["ep", "etp"][..] } else { &[] }.iter().copied())
        .map(number)
        .chain([text("sharding"), text("schedule"), number("micro\nbatch"), text("recompute")])
        .chain([number("memory\nGB"), number("closed\ns"), number("simulated\ns"), number("off\n%")])
        .chain([number("tokens/s\nper GPU")])
        .collect();
    let rows = result.best.iter().map(|own| row(own, experts)).collect();
    lay_out(&columns, rows, width)
}

fn row(own: &TuneCandidate, experts: bool) -> Vec<String> {
    let TuneDivision { tp, pp, vpp, cp, dp, ep, etp, micro_batch, .. } = own.division;
    let mut cells: Vec<String> = [own.rank, tp, pp, vpp, cp, dp].map(|value| value.to_string()).to_vec();
    if experts {
        cells.extend([ep.to_string(), etp.to_string()]);
    }
    cells.extend([
        own.division.sharding.clone(),
        own.division.schedule.clone(),
        micro_batch.to_string(),
        own.division.recompute.clone(),
        gigabytes(own.memory_bytes),
        significant(own.closed_s),
        own.simulated_s.map_or_else(|| "-".into(), significant),
        own.difference_percent.map_or_else(|| "-".into(), |value| format!("{value:+.1}")),
        significant(own.tokens_per_s_per_gpu),
    ]);
    cells
}

/// A division in a line.
pub fn line(division: &TuneDivision) -> String {
    let TuneDivision { tp, pp, vpp, cp, dp, ep, etp, micro_batch, .. } = division;
    let mut parts = vec![format!("tp {tp}"), format!("pp {pp}")];
    let more = [("vpp", vpp), ("cp", cp)];
    parts.extend(more.iter().filter(|(_, value)| **value > 1).map(|(name, value)| format!("{name} {value}")));
    parts.push(format!("dp {dp}"));
    let more = [("ep", ep), ("etp", etp)];
    parts.extend(more.iter().filter(|(_, value)| **value > 1).map(|(name, value)| format!("{name} {value}")));
    parts.push(division.sharding.clone());
    if *pp > 1 && division.schedule != "1f1b" {
        parts.push(division.schedule.clone());
    }
    parts.push(format!("micro-batch {micro_batch}"));
    parts.push(format!("recompute {}", division.recompute));
    parts.join(", ")
}

/// What is told where nothing fits: what is nearest, and by how much it does not fit.
fn nothing(result: &TuneResult, nearest: &TuneNearest) -> String {
    let kinds: Vec<String> = nearest
        .memory
        .iter()
        .filter(|own| own.bytes > 0)
        .map(|own| format!("{} {} GB", own.kind, gigabytes(own.bytes)))
        .collect();
    format!(
        "nothing fits in {} GB\nnearest: {}\nit takes {} GB, {} GB too much ({} %): {}\n",
        gigabytes(result.memory_limit),
        line(&nearest.division),
        gigabytes(nearest.memory_bytes),
        gigabytes(nearest.excess_bytes),
        percent(100.0 * super::number::quotient(nearest.excess_bytes, result.memory_limit)),
        kinds.join(", "),
    )
}

#[expect(clippy::cast_precision_loss, reason = "for display only")]
fn gigabytes(bytes: u64) -> String {
    significant(bytes as f64 / 1e9)
}

const HEAD: [&str; 21] = [
    "rank",
    "closed_rank",
    "tp",
    "sequence_parallel",
    "pp",
    "vpp",
    "cp",
    "dp",
    "ep",
    "etp",
    "sharding",
    "schedule",
    "micro_batch",
    "micro_batches",
    "recompute",
    "memory_bytes",
    "closed_s",
    "simulated_s",
    "difference_percent",
    "tokens_per_s_per_gpu",
    "reason",
];

/// The best as CSV, one line each.
pub fn csv(result: &TuneResult) -> String {
    let lines = result.best.iter().map(|own| {
        let division = &own.division;
        (
            (own.rank, own.closed_rank, division.tp, division.sequence_parallel, division.pp, division.vpp),
            (division.cp, division.dp, division.ep, division.etp, &division.sharding, &division.schedule),
            (division.micro_batch, division.micro_batches, &division.recompute, own.memory_bytes),
            (own.closed_s, own.simulated_s, own.difference_percent, own.tokens_per_s_per_gpu, &own.reason),
        )
    });
    write(&HEAD, lines)
}
