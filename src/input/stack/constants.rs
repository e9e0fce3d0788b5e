//! Constants of a stack profile, as files give them: tables along their dotted keys.

use crate::diag::{Diagnostic, Place, nearest};
use crate::input::reader::Item;
use crate::input::section::Section;
use crate::stack::Library;
use crate::stack::param::{Param, SPECS, Unit};
use crate::units::{Bandwidth, Bytes, Time};

/// A constant that a file gives.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) param: Param,
    pub(super) value: f64,
    /// Of its key.
    place: Place,
}

/// Reads all constants of a table and of those inside it. `own` are keys of the table that are no constants.
pub(super) fn read(section: &Section<'_>, own: &[&str]) -> Vec<Given> {
    let mut found = Vec::new();
    walk(section, own, "", &mut found);
    found
}

fn walk(section: &Section<'_>, own: &[&str], prefix: &str, found: &mut Vec<Given>) {
    for (key, mut item) in section.entries() {
        if own.contains(&key.value) {
            continue;
        }
        let path = if prefix.is_empty() { key.value.to_owned() } else { format!("{prefix}.{}", key.value) };
        item.key.clone_from(&path);
        if let Some(param) = Param::from_key(&path) {
            if let Some(first) = found.iter().find(|given| given.param == param) {
                item.push(
                    Diagnostic::error("E0108", format!("`{path}` is given twice"))
                        .at(key.place, "given again here")
                        .at(first.place.clone(), "and first here"),
                );
            } else if let Some(value) = value(&item, param) {
                found.push(Given { param, value, place: key.place });
            }
        } else if !level(&path).is_empty() {
            if let Some(table) = item.section(section.what.clone()) {
                walk(&table, &[], &path, found);
            }
        } else {
            item.push(unknown(&section.what, &path, key.place, own, prefix));
        }
    }
}

/// The keys just below `prefix`, whole.
fn level(prefix: &str) -> Vec<&'static str> {
    let mut keys: Vec<&str> = SPECS
        .iter()
        .filter_map(|spec| {
            let rest = if prefix.is_empty() {
                spec.key
            } else {
                spec.key.strip_prefix(prefix)?.strip_prefix('.')?
            };
            let own = rest.split('.').next().map_or(0, str::len);
            Some(&spec.key[..spec.key.len() - rest.len() + own])
        })
        .collect();
    keys.dedup();
    keys
}

fn unknown(what: &str, path: &str, place: Place, own: &[&str], prefix: &str) -> Diagnostic {
    let fault = Diagnostic::error("E0102", format!("unknown key `{path}` in {what}"))
        .at(place, "not a constant of a stack profile");
    let here: Vec<&str> = own.iter().copied().chain(level(prefix)).collect();
    let wanted = path.strip_prefix(prefix).map_or(path, |rest| rest.trim_start_matches('.'));
    let near = match nearest(wanted, own.iter().copied().chain(level(prefix).into_iter().map(last_of))) {
        Some(near) => here.iter().copied().find(|key| *key == near || last_of(key) == near),
        // A key in quotes may hold its dots.
        None if prefix.is_empty() => nearest(path, SPECS.iter().map(|spec| spec.key)),
        None => None,
    };
    match near {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => {
            let list = here.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            fault.help(format!("the keys there are {list}"))
        }
    }
}

/// What stands behind the last dot.
fn last_of(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// The value of a constant, in its own unit. `None` where faults were told.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the ranges of counts are small")]
fn value(item: &Item<'_>, param: Param) -> Option<f64> {
    let spec = param.spec();
    let (least, most) = spec.range;
    let found = match spec.unit {
        Unit::Time => item.number_in::<Time>("us")?,
        Unit::Rate => item.number_in::<Bandwidth>("GB/s")?,
        Unit::Bytes => item.number_in::<Bytes>("B")?,
        Unit::Fraction => {
            let range = format!("from {least} to {most}, such as {}", spec.default);
            item.number(&range, |number| (least..=most).contains(&number))?
        }
        Unit::Count => {
            let count = item.count(least as u32, most as u32)?;
            return Some(f64::from(count.value));
        }
    };
    if (least..=most).contains(&found.value) {
        return Some(found.value);
    }
    item.out_of_range(
        format!("`{}` is out of range", item.key),
        format!("expected from {} to {}", spec.unit.told(least), spec.unit.told(most)),
    );
    None
}

/// Warns of constants that a library does not read.
pub(super) fn warn_idle(section: &Section<'_>, given: &[Given], library: Library) {
    for given in given.iter().filter(|given| !library.reads(given.param)) {
        section.source.faults.push(
            Diagnostic::warning("W0301", format!("`{}` has no effect here", given.param.spec().key))
                .at(given.place.clone(), format!("`{}` does not read this constant", library.name())),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_constant_is_a_table_of_others() {
        for spec in SPECS {
            assert!(level(spec.key).is_empty(), "{}", spec.key);
        }
        assert_eq!(level("step.scaleup.ring").len(), 3);
        assert!(level("").contains(&"step") && level("step").contains(&"step.pcie"));
    }
}
