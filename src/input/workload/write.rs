//! Generations of software and accelerators as files.

use super::software::SHARDING;
use crate::workload::{
    Accelerator, Constant, Factors, Format, Overlap, Recompute, Scope, Sharding, Software,
};

/// The software as TOML that reads back to the same software, to the last bit of its factors. Factors of one scope are
/// multiplied into one table; what holds everywhere comes first, the rest in the order in which scopes first occur.
pub fn software_to_toml(software: &Software) -> String {
    let mut out = head(&software.name, &software.title, &software.sources);
    let habits = &software.habits;
    // A generation has no groups to shard within: those of a workload are not its habit.
    let sharding = match habits.sharding {
        Sharding::Hybrid(_) => Sharding::Parameters,
        other => other,
    };
    out.push_str(&format!(
        "\n[habits]\nfused_attention = {}\ngraphs = {}\nsequence_parallel = {}\nrecompute = \"{}\"\n\
         gradients = \"{}\"\nsharding = \"{}\"\n",
        habits.fused_attention,
        habits.graphs,
        habits.sequence,
        word(&Recompute::ALL, habits.recompute),
        habits.gradients.name(),
        word(&SHARDING, sharding),
    ));
    let Overlap { tensor, data, pipeline, experts } = software.overlap;
    out.push_str(&format!(
        "\n[overlap]\ntensor = {tensor}\ndata = {data}\npipeline = {pipeline}\nexperts = {experts}\n"
    ));
    out.push_str(&tables(&software.factors));
    out
}

/// The accelerator as TOML that reads back to the same accelerator, to the last bit of its figures where they come of a
/// file: not every part of a peak is one of a rate. Factors that are of other accelerators, and so have no effect, are left
/// out.
pub fn accelerator_to_toml(accelerator: &Accelerator) -> String {
    let mut out = head(&accelerator.name, &accelerator.title, &accelerator.sources);
    if accelerator.like != accelerator.name {
        out.push_str(&format!("like = {}\n", quoted(&accelerator.like)));
    }
    out.push_str(&format!("processors = {}\ndomain = {}\n", accelerator.processors, accelerator.domain));
    for (key, value, units) in [
        ("memory", accelerator.memory, &BYTES[..]),
        ("memory_bandwidth", accelerator.memory_bandwidth, &BYTES_PER_SECOND[..]),
        ("scaleup", accelerator.scaleup, &BYTES_PER_SECOND[..]),
        ("power", accelerator.power, &WATTS[..]),
        ("idle_power", accelerator.idle_power, &WATTS[..]),
    ] {
        out.push_str(&format!("{key} = \"{}\"\n", quantity(value, units)));
    }
    out.push_str("\n[peak]\n");
    for (format, peak) in &accelerator.peak {
        out.push_str(&format!("{} = \"{}\"\n", format.name(), quantity(*peak, &FLOPS)));
    }
    if !accelerator.achieved.is_empty() {
        out.push_str("\n[achieved]\n");
    }
    for (format, part) in &accelerator.achieved {
        let peak = accelerator.peak.iter().find(|(own, _)| own == format).map_or(1.0, |(_, peak)| *peak);
        out.push_str(&format!("{} = \"{} TFLOP/s\"\n", format.name(), rate_of_part(*part, peak)));
    }
    let own: Vec<Factors> = accelerator
        .factors
        .iter()
        .filter(|factors| {
            let format = factors.scope.format.unwrap_or(Format::Bf16);
            factors.scope.holds(accelerator, format)
        })
        .map(|factors| Factors {
            scope: Scope { accelerator: None, format: factors.scope.format },
            factors: factors.factors.clone(),
        })
        .collect();
    out.push_str(&tables(&own));
    out
}

const BYTES: [(&str, f64); 2] = [("GB", 1e9), ("B", 1.0)];
const BYTES_PER_SECOND: [(&str, f64); 3] = [("TB/s", 1e12), ("GB/s", 1e9), ("B/s", 1.0)];
const WATTS: [(&str, f64); 1] = [("W", 1.0)];
const FLOPS: [(&str, f64); 2] = [("TFLOP/s", 1e12), ("FLOP/s", 1.0)];

fn word<T: PartialEq>(words: &[(&'static str, T)], wanted: T) -> &'static str {
    words.iter().find(|(_, own)| *own == wanted).map_or("", |(word, _)| word)
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn head(name: &str, title: &str, sources: &[String]) -> String {
    let mut out = format!("name = {}\ntitle = {}\n", quoted(name), quoted(title));
    if let [only] = sources {
        out.push_str(&format!("sources = [{}]\n", quoted(only)));
    } else if !sources.is_empty() {
        out.push_str("sources = [\n");
        for source in sources {
            out.push_str(&format!("    {},\n", quoted(source)));
        }
        out.push_str("]\n");
    }
    out
}

/// A value in the largest unit in which it is at least 1 and reads back to the same bits; the last unit always does.
fn quantity(value: f64, units: &[(&str, f64)]) -> String {
    let told = |(unit, size): &(&str, f64)| (value / size, format!("{} {unit}", value / size), *size);
    let mut ways = units.iter().map(told);
    let fits = ways.find(|(number, _, size)| *number >= 1.0 && (number * size).to_bits() == value.to_bits());
    let last = || units.last().map_or_else(String::new, |unit| told(unit).1);
    fits.map_or_else(last, |(_, text, _)| text)
}

/// The rate in TFLOP/s that is a part of a peak, with as few digits as read back to the same part.
fn rate_of_part(part: f64, peak: f64) -> String {
    let rate = part * peak / 1e12;
    (0..=17)
        .map(|digits| format!("{rate:.digits$}"))
        .find(|text| {
            let read = text.parse::<f64>().unwrap_or(0.0) * 1e12 / peak;
            read.to_bits() == part.to_bits()
        })
        .unwrap_or_else(|| rate.to_string())
}

/// `[factors]` and `[[on]]`.
fn tables(all: &[Factors]) -> String {
    let mut scopes: Vec<(&Scope, Vec<(Constant, f64)>)> = Vec::new();
    for Factors { scope, factors } in all {
        let at = scopes.iter().position(|(own, _)| *own == scope).unwrap_or_else(|| {
            scopes.push((scope, Vec::new()));
            scopes.len() - 1
        });
        let merged = &mut scopes[at].1;
        for (constant, factor) in factors {
            match merged.iter_mut().find(|(own, _)| own == constant) {
                Some((_, value)) => *value *= factor,
                None => merged.push((*constant, *factor)),
            }
        }
    }
    let everywhere = Scope::default();
    scopes.sort_by_key(|(scope, _)| **scope != everywhere);
    let mut out = String::new();
    for (scope, mut factors) in scopes {
        if *scope == everywhere {
            if factors.is_empty() {
                continue;
            }
            out.push_str("\n[factors]\n");
        } else {
            out.push_str("\n[[on]]\n");
        }
        if let Some(accelerator) = &scope.accelerator {
            out.push_str(&format!("accelerator = {}\n", quoted(accelerator)));
        }
        if let Some(format) = scope.format {
            out.push_str(&format!("format = \"{}\"\n", format.name()));
        }
        factors.sort_by_key(|(constant, _)| *constant);
        for (constant, factor) in factors {
            out.push_str(&format!("{} = {factor}\n", constant.spec().key));
        }
    }
    out
}
