//! `template` and `[params]`: read from what a family tells of its parameters.

use std::collections::BTreeMap;

use super::classes;
use super::reader::{At, Item};
use super::section::Section;
use crate::diag::{Diagnostic, Place};
use crate::fabric::template::{Family, ParamKind, Value, Values};
use crate::fabric::{Builder, LinkClass};
use crate::units::{Bandwidth, Length, Time};

/// Builds a family with the parameters of the topology and those that a scenario puts over them.
/// Faults are told; the builder then holds what could be built.
pub(super) fn build(
    family: &'static Family,
    template: &At<&str>,
    sections: Vec<Section<'_>>,
    classes: &[LinkClass],
    builder: &mut Builder,
) {
    let mut given: BTreeMap<&str, Value> = BTreeMap::new();
    let mut places: BTreeMap<&str, Place> = BTreeMap::new();
    let Some(faults) = sections.first().map(|section| section.source.faults) else { return };
    let before = faults.errors();
    let mut wrong = false;
    let over = sections.get(1).map(Section::place);
    for mut section in sections {
        for param in family.params {
            let Some(item) = section.item(param.name) else { continue };
            places.insert(param.name, item.place());
            match read_value(&item, param.kind, classes) {
                Some(value) => {
                    given.insert(param.name, value);
                }
                None => wrong = true,
            }
        }
        section.finish();
    }
    if wrong {
        return;
    }
    let values = match Values::new(family.params, given) {
        Ok(values) => values,
        Err(missing) => {
            for name in missing {
                let about =
                    family.params.iter().find(|param| param.name == name).map_or("", |param| param.about);
                faults.push(
                    Diagnostic::error("E0103", format!("missing key `{name}` in `[params]`"))
                        .at(template.place.clone(), format!("a `{}` needs `{name}`", family.name))
                        .help(format!("`{name}`: {}", lower_first(about))),
                );
            }
            return;
        }
    };
    if faults.errors() > before {
        return;
    }
    for fault in (family.build)(&values, builder).err().unwrap_or_default() {
        let diagnostic = Diagnostic::error("E0202", fault.message);
        let mut diagnostic = match places.get(fault.param) {
            Some(place) => diagnostic.at(place.clone(), format!("`{}` is given here", fault.param)),
            None => {
                let default =
                    family.params.iter().find(|param| param.name == fault.param).and_then(|p| p.default);
                let label = match default {
                    Some(default) if !default.is_empty() => {
                        format!("`{}` has its default, {default}", fault.param)
                    }
                    _ => format!("`{}` is not given", fault.param),
                };
                diagnostic.at(template.place.clone(), label)
            }
        };
        // A parameter of the file may be at fault only because the scenario changed another.
        if let Some(over) = over.clone().filter(|over| diagnostic.labels[0].place.file != over.file) {
            diagnostic = diagnostic.at(over, "the scenario changes parameters here");
        }
        faults.push(diagnostic);
    }
}

fn lower_first(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if !text.starts_with("GPU") && !text.starts_with("NV") => {
            first.to_lowercase().collect::<String>() + chars.as_str()
        }
        _ => text.to_owned(),
    }
}

fn read_value(item: &Item<'_>, kind: ParamKind, classes: &[LinkClass]) -> Option<Value> {
    match kind {
        ParamKind::Count { min, max } => item.count(min, max).map(|found| Value::Count(found.value)),
        ParamKind::Sides => {
            if item.value.as_array().is_none() {
                item.wrong_type("a list of 1 to 4 side lengths, such as `[4, 4, 4]`");
                return None;
            }
            let items = item.each();
            if items.len() > 4 {
                item.out_of_range(
                    format!("`{}` has {} sides", item.key, items.len()),
                    "expected from 1 to 4 of them",
                );
                return None;
            }
            let read: Vec<_> = items.iter().map(|side| side.count(1, 1 << 20)).collect();
            let sides: Option<Vec<u32>> =
                read.into_iter().map(|side| side.map(|found| found.value)).collect();
            sides.filter(|sides| !sides.is_empty()).map(Value::Sides)
        }
        ParamKind::Bandwidth => item.rate().map(|found| Value::Bandwidth(found.value)),
        ParamKind::Time => item.quantity::<Time>().map(|found| Value::Time(found.value)),
        ParamKind::Length => item.quantity::<Length>().map(|found| Value::Length(found.value)),
        ParamKind::Class => classes::find(item, classes).map(|class| Value::Word(class.name.clone())),
        ParamKind::Choice(words) => {
            let words: Vec<_> = words.iter().map(|word| (*word, *word)).collect();
            item.word("a choice", &words).map(|found| Value::Word(found.value.to_owned()))
        }
        ParamKind::Flag => item.boolean().map(|found| Value::Flag(found.value)),
    }
}

impl Item<'_> {
    /// A bandwidth above zero.
    pub(super) fn rate(&self) -> Option<At<Bandwidth>> {
        let found = self.quantity::<Bandwidth>()?;
        if found.value.bits_per_sec() == 0 {
            self.push(
                Diagnostic::error("E0204", format!("`{}` is zero, so nothing could ever arrive", self.key))
                    .at(found.place, "expected a bandwidth above zero")
                    .help("to take a link away, use `[[remove]]`"),
            );
            return None;
        }
        Some(found)
    }
}
