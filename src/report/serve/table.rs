//! Inference as a text table for a terminal.

use super::facts;
use crate::report::number::{count, counted, percent, quotient, significant, time};
use crate::report::stack;
use crate::report::table::{lay_out, number, text};
use crate::result::{ServeMemoryResult, ServePhaseResult, ServeResult};
use crate::units::Bytes;

/// What inference came to: the prefill, a line for each batch, where the time goes, and the collectives of the prefill and of
/// the smallest and the largest batch. `width` is the most columns a line may take.
pub fn table(result: &ServeResult, width: Option<u16>) -> String {
    let mut out = head(result);
    out.push_str("\nprefill\n");
    out.push_str(&prefill(result));
    out.push_str("\ndecode\n");
    out.push_str(&points(result, width));
    out.push_str(&room(result));
    out.push_str("\nwhere the time goes, %\n");
    out.push_str(&shares(result, width));
    let collectives = collectives(result, width);
    if !collectives.is_empty() {
        out.push_str("\ncollectives\n");
        out.push_str(&collectives);
    }
    out
}

fn head(result: &ServeResult) -> String {
    let fabric = &result.fabric;
    let mut out = if result.title.is_empty() || result.title == result.scenario {
        format!("{}\n", result.scenario)
    } else {
        format!("{}: {}\n", result.scenario, result.title)
    };
    out.push_str(&format!(
        "fabric {}: {}, {}, {}\n",
        fabric.name,
        counted(fabric.gpus.into(), "GPU"),
        counted(fabric.nodes.into(), "node"),
        counted(fabric.links.into(), "directed link"),
    ));
    if let Some(own) = &result.stack {
        out.push_str(&format!("stack {}\n", stack::line(own)));
    }
    let own = &result.workload;
    out.push_str(&format!(
        "{}, software {}\nprompt of {}, {} out, engine {}\n",
        facts(own),
        own.software,
        counted(own.prompt.into(), "token"),
        count(own.output.into()),
        result.engine
    ));
    out
}

fn prefill(result: &ServeResult) -> String {
    let read = &result.prefill;
    format!(
        "time to first token {}: {} at once a replica, {} % of bound ({}), {} % communication, {} J/token\n",
        time(result.ttft_ps),
        counted(result.workload.prefill_batch.into(), "prompt"),
        percent(read.bound_percent),
        read.bound_by,
        percent(read.communication_percent),
        significant(read.per_token_j),
    )
}

fn points(result: &ServeResult, width: Option<u16>) -> String {
    let columns = [
        number("batch"),
        number("time per\ntoken"),
        number("tokens/s"),
        number("tokens/s\na GPU"),
        number("tokens/s\nwith prefill"),
        number("request"),
        number("bound\n%"),
        text("bound by"),
        number("commu-\nnication %"),
        number("J/token"),
        number("memory"),
        text(""),
    ];
    let rows = result.points.iter().map(|point| {
        vec![
            count(point.batch.into()),
            time(point.tpot_ps),
            significant(point.tokens_per_s),
            significant(point.tokens_per_s_per_gpu),
            significant(point.tokens_per_s_with_prefill),
            time(point.request_ps),
            percent(point.decode.bound_percent),
            point.decode.bound_by.clone(),
            percent(point.decode.communication_percent),
            significant(point.decode.per_token_j),
            gigabytes(point.memory.total),
            if point.memory.fits { String::new() } else { "does not fit".into() },
        ]
    });
    lay_out(&columns, rows.collect(), width)
}

fn gigabytes(bytes: u64) -> String {
    format!("{} GB", significant(Bytes(bytes).as_f64() / 1e9))
}

/// How much room there is.
fn room(result: &ServeResult) -> String {
    let Some(last) = result.points.last() else { return String::new() };
    let memory = &last.memory;
    let kinds: Vec<String> =
        memory.parts.iter().map(|part| format!("{} {}", part.kind, gigabytes(part.bytes))).collect();
    let mut out =
        format!("memory at batch {}: {} of {}", count(last.batch.into()), kinds.join(", "), capacity(memory));
    if !memory.fits {
        out.push_str(&format!(", {} too many", gigabytes(memory.missing)));
    }
    out.push_str(&match result.largest_batch {
        0 => "; no batch fits\n".into(),
        largest => format!("; the largest batch that fits is {}\n", count(largest.into())),
    });
    out
}

fn capacity(memory: &ServeMemoryResult) -> String {
    gigabytes(memory.capacity)
}

/// The phases with their names: the prefill and each batch.
pub(in crate::report) fn phases(result: &ServeResult) -> Vec<(String, &ServePhaseResult)> {
    let prefill = (format!("prefill, {}", counted(result.workload.prompt.into(), "token")), &result.prefill);
    let decodes = result
        .points
        .iter()
        .map(|point| (format!("decode, batch {}", count(point.batch.into())), &point.decode));
    std::iter::once(prefill).chain(decodes).collect()
}

/// The names of parts that some phase has, in the order of charts.
pub(in crate::report) fn parts(result: &ServeResult) -> Vec<&'static str> {
    const ORDER: [&str; 10] = [
        "products",
        "attention",
        "moved",
        "head",
        "host",
        "slowdown",
        "tensor",
        "experts",
        "pipeline",
        "bubble",
    ];
    let phases = phases(result);
    let known = |name: &&str| {
        phases
            .iter()
            .any(|(_, phase)| phase.breakdown.iter().any(|part| part.part == **name && part.time_ps > 0))
    };
    ORDER.into_iter().filter(known).collect()
}

fn shares(result: &ServeResult, width: Option<u16>) -> String {
    let parts = parts(result);
    let columns: Vec<_> =
        [text(""), number("time")].into_iter().chain(parts.iter().map(|part| number(*part))).collect();
    let rows = phases(result).into_iter().map(|(name, phase)| {
        let share = |part: &&str| {
            let found = phase.breakdown.iter().find(|own| own.part == **part);
            found.map_or_else(String::new, |own| percent(100.0 * quotient(own.time_ps, phase.time_ps)))
        };
        [name, time(phase.time_ps)].into_iter().chain(parts.iter().map(share)).collect()
    });
    lay_out(&columns, rows.collect(), width)
}

fn collectives(result: &ServeResult, width: Option<u16>) -> String {
    let columns = [
        text(""),
        text("for"),
        text("op"),
        text("algorithm"),
        number("ranks"),
        number("size"),
        number("times"),
        number("one alone"),
        number("latency\n%"),
        number("of phase\n%"),
    ];
    let phases = phases(result);
    let shown = phases.iter().enumerate().filter(|(at, _)| *at < 2 || at + 1 == phases.len());
    let mut rows = Vec::new();
    for (_, (name, phase)) in shown {
        for (at, one) in phase.collectives.iter().enumerate() {
            let all = one.count * 100.0 * quotient(one.time_ps, phase.time_ps);
            rows.push(vec![
                if at == 0 { name.clone() } else { String::new() },
                one.purpose.clone(),
                one.op.clone(),
                one.algorithm.clone(),
                count(one.ranks.into()),
                Bytes(one.bytes).to_string(),
                significant(one.count),
                time(one.time_ps),
                percent(100.0 * quotient(one.latency_ps, one.time_ps)),
                percent(all),
            ]);
        }
    }
    if rows.is_empty() { String::new() } else { lay_out(&columns, rows, width) }
}
