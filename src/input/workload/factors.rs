//! Factors on constants: `[factors]`, which hold everywhere, and `[[on]]`, which hold on an accelerator or in a number
//! format.

use super::accelerator_likes;
use crate::diag::Diagnostic;
use crate::input::names::unknown_name;
use crate::input::reader::Item;
use crate::input::section::Section;
use crate::workload::{Constant, Factors, Format, SPECS, Scope};

/// The largest factor.
pub(super) const MAX_FACTOR: f64 = 1000.0;

/// Reads both tables of a file. `on` are the keys that say where an `[[on]]` holds.
pub(super) fn read(root: &mut Section<'_>, on: &[&'static str]) -> Vec<Factors> {
    let mut found = Vec::new();
    if let Some(section) = root.item("factors").and_then(|item| item.section("`[factors]`")) {
        let factors = constants(&section, &[], factor);
        if !factors.is_empty() {
            found.push(Factors { scope: Scope::default(), factors });
        }
    }
    for mut section in root.item("on").map(|item| item.sections()).unwrap_or_default() {
        let scope = scope(&mut section, on);
        let factors = constants(&section, on, factor);
        found.push(Factors { scope, factors });
    }
    found
}

fn scope(section: &mut Section<'_>, on: &[&'static str]) -> Scope {
    if !on.iter().any(|key| section.has(key)) {
        let keys = on.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" or ");
        section.source.faults.push(
            Diagnostic::error("E0103", format!("{} does not say where it holds", section.what))
                .at(section.place(), format!("{keys} must be given"))
                .help("factors that hold everywhere are in `[factors]`"),
        );
    }
    let mut scope = Scope::default();
    if on.contains(&"accelerator")
        && let Some(name) = section
            .item("accelerator")
            .and_then(|item| item.string_as("the name of a built-in accelerator or family"))
    {
        if !accelerator_likes().any(|known| known == name.value) {
            let faults = section.source.faults;
            unknown_name("E0604", "built-in accelerator or family", &name, accelerator_likes(), faults);
        }
        scope.accelerator = Some(name.value.to_owned());
    }
    scope.format = section
        .item("format")
        .and_then(|item| item.word("a number format", &Format::ALL))
        .map(|format| format.value);
    scope
}

/// Reads all constants of a table, in their own order. `own` are keys of the table that are no constants.
pub(super) fn constants(
    section: &Section<'_>,
    own: &[&'static str],
    value: fn(&Item<'_>, Constant) -> Option<f64>,
) -> Vec<(Constant, f64)> {
    let known: Vec<&str> = own.iter().copied().chain(SPECS.iter().map(|spec| spec.key)).collect();
    let mut found = Vec::new();
    for (key, item) in section.entries() {
        if own.contains(&key.value) {
            continue;
        }
        match Constant::from_key(key.value) {
            Some(constant) => found.extend(value(&item, constant).map(|value| (constant, value))),
            None => section.unknown(&key, &known),
        }
    }
    found.sort_by_key(|(constant, _)| *constant);
    found
}

fn factor(item: &Item<'_>, _: Constant) -> Option<f64> {
    let range = format!("from 0 to {MAX_FACTOR}, such as 1.1");
    item.number(&range, |number| (0.0..=MAX_FACTOR).contains(&number)).map(|number| number.value)
}
