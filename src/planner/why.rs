//! Why one division is slower than another, in words.

use crate::workload::{Group, Groups, Parallel, Recompute, Sharding, Step, memory};

/// A part of a step's time: its name and seconds.
pub(super) type Parts = Vec<(String, f64)>;

/// The most parts that are named on each side.
const NAMED: usize = 3;
/// What share of all that costs more is told.
const TOLD: f64 = 0.85;
/// What is below this part of a step is not worth a word.
const LITTLE: f64 = 5e-4;

/// Why `own` is not the first: the parts that cost more than with `best`, each with what makes it so; then those that cost
/// less.
pub(super) fn why((best, best_parts): (&Step<'_>, &Parts), (own, own_parts): (&Step<'_>, &Parts)) -> String {
    let all: f64 = best_parts.iter().map(|(_, seconds)| seconds).sum();
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in best_parts.iter().chain(own_parts) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let of = |parts: &Parts, name: &str| -> f64 {
        parts.iter().filter(|(own, _)| own == name).map(|(_, seconds)| seconds).sum()
    };
    let mut more: Vec<(&str, f64)> =
        names.iter().map(|name| (*name, of(own_parts, name) - of(best_parts, name))).collect();
    // Stable, so that equal parts stay in the order of charts.
    more.sort_by(|a, b| b.1.total_cmp(&a.1));
    let above: f64 = more.iter().map(|(_, seconds)| seconds.max(0.0)).sum();
    let mut told = Vec::new();
    let mut sum = 0.0;
    for (name, seconds) in more.iter().take(NAMED).filter(|(_, seconds)| *seconds > LITTLE * all) {
        if sum >= TOLD * above {
            break;
        }
        sum += seconds;
        told.push(format!("{name} +{}{}", duration(*seconds), because(name, best, own)));
    }
    let mut less: Vec<String> = Vec::new();
    for (name, seconds) in more.iter().rev().take(NAMED) {
        if -seconds > LITTLE * all && -seconds > (1.0 - TOLD) * above {
            less.push(format!("{name} -{}", duration(-seconds)));
        }
    }
    match (told.is_empty(), less.is_empty()) {
        (true, true) => alike(best, own),
        (false, true) => told.join(", "),
        (true, false) => format!("less: {}", less.join(", ")),
        (false, false) => format!("{}; less: {}", told.join(", "), less.join(", ")),
    }
}

/// Two steps that take as long: what decides between them.
fn alike(best: &Step<'_>, own: &Step<'_>) -> String {
    let more = memory(own).total() - memory(best).total();
    if more > 0.0 {
        return format!("as fast, with {} GB more memory", tenths(more / 1e9));
    }
    "as fast: of such, that with less of each degree is first".to_owned()
}

/// What makes a part what it is: of the step itself, and of the other where that differs.
fn because(part: &str, best: &Step<'_>, own: &Step<'_>) -> String {
    let (mut here, mut there) = (facts(part, own), facts(part, best));
    // What has less memory in use does not pay for that.
    if part == "other" && full(own) <= full(best) {
        here.retain(|fact| !fact.starts_with(MEMORY));
        there.retain(|fact| !fact.starts_with(MEMORY));
    }
    let differ: Vec<&str> = here.iter().filter(|fact| !there.contains(fact)).map(String::as_str).collect();
    let instead: Vec<&str> = there.iter().filter(|fact| !here.contains(fact)).map(String::as_str).collect();
    match (differ.is_empty(), instead.is_empty()) {
        _ if here.is_empty() => String::new(),
        (true, true) => format!(" ({})", here.join(", ")),
        (true, false) => format!(" (not {})", instead.join(", ")),
        (false, true) => format!(" ({})", differ.join(", ")),
        (false, false) => format!(" ({}, not {})", differ.join(", "), instead.join(", ")),
    }
}

const MEMORY: &str = "memory";

/// The part of an accelerator's memory that is in use, in whole percent.
fn full(step: &Step<'_>) -> f64 {
    (memory(step).total() / step.accelerator.memory * 100.0).round()
}

/// What a part of the time depends on.
fn facts(part: &str, step: &Step<'_>) -> Vec<String> {
    let Parallel { tp, pp, vpp, cp, ep, etp, .. } = step.parallel;
    let groups = Groups::new(step);
    let micro = format!("micro-batch {}", step.batch.micro);
    let stages = if vpp > 1 { format!("pp {pp} x vpp {vpp}") } else { format!("pp {pp}") };
    let sharding = sharding(step.parallel.sharding);
    let replicas = format!("{} replicas", step.parallel.replicas());
    match part {
        "products" | "attention" | "moved" | "host" => {
            let mut found = vec![format!("tp {tp}"), format!("cp {cp}"), micro];
            if step.model.experts.is_some() {
                found.extend([format!("ep {ep}"), format!("etp {etp}")]);
            }
            if !step.model.layers.is_multiple_of(pp * vpp) {
                found.push(format!("layers uneven over {stages}"));
            }
            found
        }
        "slowdown" => vec![sharding, replicas, stages, micro],
        "again" => vec![
            match step.recompute {
                Recompute::None => "nothing done again",
                Recompute::Selective => "attention done again",
                Recompute::Full => "layers done again",
            }
            .to_owned(),
        ],
        "head" => vec![if pp > 1 { format!("all on the last of pp {pp}") } else { format!("tp {tp}") }],
        "tensor" => vec![over(format!("tp {tp}"), groups.tensor), micro],
        "context" => vec![over(format!("cp {cp}"), groups.context)],
        "experts" => vec![over(format!("ep {ep}"), groups.experts)],
        "shard" => vec![sharding, over(replicas, groups.shard)],
        "data" => vec![sharding, over(replicas, groups.data), stages],
        "expert-data" => {
            let replicas = format!("{} replicas of experts", step.parallel.expert_replicas());
            vec![sharding, over(replicas, groups.expert_data)]
        }
        "pipeline" => vec![stages],
        "bubble" => {
            let micros = step.micro_batches();
            vec![format!("{} {stages} with {micros} micro-batches", step.parallel.schedule.name())]
        }
        "optimizer" => vec![sharding, replicas],
        "other" => {
            let mut found = vec![format!("{MEMORY} {} % full", full(step))];
            if pp > 1 && tp > 1 && tp < step.network.domain {
                found.push("tp and pp share adapters".to_owned());
            }
            found
        }
        _ => Vec::new(),
    }
}

/// A group with how far it reaches.
fn over(what: String, group: Group) -> String {
    let domains = group.domains();
    if domains > 1 { format!("{what}, across {domains} domains") } else { what }
}

/// A sharding as in files.
pub(super) fn sharding(of: Sharding) -> String {
    match of {
        Sharding::None => "none".to_owned(),
        Sharding::Optimizer => "zero-1".to_owned(),
        Sharding::Gradients => "zero-2".to_owned(),
        Sharding::Parameters => "zero-3".to_owned(),
        Sharding::Hybrid(group) => format!("hsdp {group}"),
    }
}

/// Seconds in three digits or so.
fn duration(seconds: f64) -> String {
    if seconds >= 10.0 {
        format!("{seconds:.1} s")
    } else if seconds >= 1.0 {
        format!("{seconds:.2} s")
    } else if seconds >= 0.01 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{:.1} ms", seconds * 1e3)
    }
}

fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_or_so() {
        let told: Vec<String> = [12.34, 1.234, 0.1234, 0.01234, 0.001_234].map(duration).to_vec();
        assert_eq!(told, ["12.3 s", "1.23 s", "123 ms", "12 ms", "1.2 ms"]);
    }
}
