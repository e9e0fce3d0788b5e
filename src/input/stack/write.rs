//! A stack profile as a file.

use crate::stack::Profile;
use crate::stack::param::{Param, SPECS};

/// The profile as TOML that reads back to the same profile, to the last bit of times, rates, fractions and sizes;
/// counts are rounded. Constants that its library does not read are left out unless they were changed.
pub fn to_toml(profile: &Profile) -> String {
    let text = |text: &str| toml::Value::from(text).to_string();
    let mut out = format!("name = {}\n", text(&profile.name));
    if !profile.title.is_empty() {
        out.push_str(&format!("title = {}\n", text(&profile.title)));
    }
    out.push_str(&format!("library = \"{}\"\n", profile.software.name()));
    if profile.software.chooses_as_nccl() {
        out.push_str(&format!("generation = \"{}\"\n", profile.generation.name()));
    }
    if let [only] = &profile.sources[..] {
        out.push_str(&format!("sources = [{}]\n", text(only)));
    } else if !profile.sources.is_empty() {
        out.push_str("sources = [\n");
        for source in &profile.sources {
            out.push_str(&format!("    {},\n", text(source)));
        }
        out.push_str("]\n");
    }
    // Tables in the order in which they first occur; each may have one header only.
    let mut tables: Vec<(&str, Vec<(String, &str)>)> = Vec::new();
    for param in Param::all() {
        let (spec, value) = (&SPECS[param.index()], profile.get(param));
        #[expect(clippy::float_cmp, reason = "whether it was changed at all")]
        let changed = value != spec.default;
        if !profile.software.reads(param) && !changed {
            continue;
        }
        let (table, key) = spec.key.rsplit_once('.').unwrap_or(("", spec.key));
        let value = spec.unit.told(value);
        let plain = value.parse::<f64>().is_ok();
        let line = if plain { format!("{key} = {value}") } else { format!("{key} = \"{value}\"") };
        match tables.iter_mut().find(|(name, _)| *name == table) {
            Some((_, lines)) => lines.push((line, spec.about)),
            None => tables.push((table, vec![(line, spec.about)])),
        }
    }
    for (table, lines) in tables {
        out.push_str(&format!("\n[{table}]\n"));
        let width = lines.iter().map(|(line, _)| line.len()).max().unwrap_or(0);
        for (line, about) in lines {
            out.push_str(&format!("{line:<width$}  # {about}\n"));
        }
    }
    out
}
