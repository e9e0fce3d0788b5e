//! One part of a file, read key by key: what it leaves out is as in the part of its name that it goes over.

use crate::diag::{Diagnostic, Place};
use crate::fabric::parts::{Price, PriceKind, Provenance, Technology};
use crate::input::reader::{At, Item};
use crate::input::section::Section;
use crate::input::tune::words;
use crate::units::{Bandwidth, Length, Money};

/// The most that a part may cost: sums over a cluster then fit in 64 bits.
pub(super) const MAX_PRICE: Money = Money(100_000_000_000);
/// The most years that prices may be of.
pub(super) const YEARS: (u32, u32) = (1990, 2100);

/// A part whose name is known.
pub(super) struct Entry<'a> {
    pub(super) section: Section<'a>,
    pub(super) name: At<String>,
}

/// What every part has beside its name and figures.
pub(super) struct Head {
    pub(super) title: String,
    pub(super) provenance: Provenance,
}

impl<'a> Entry<'a> {
    /// A key that must be given, unless there is an `old` value.
    pub(super) fn value<T>(
        &mut self,
        key: &'static str,
        example: &str,
        old: Option<T>,
        read: impl FnOnce(&Item<'a>) -> Option<At<T>>,
    ) -> Option<T> {
        let item = match &old {
            Some(_) => self.section.item(key),
            None => self.section.require(key, &format!("{key} = {example}")),
        };
        match item {
            Some(item) => read(&item).map(|found| found.value),
            None => old,
        }
    }

    /// A key that may be left out, and then is `old`, or else `usual`.
    pub(super) fn or<T>(
        &mut self,
        key: &'static str,
        old: Option<T>,
        usual: T,
        read: impl FnOnce(&Item<'a>) -> Option<At<T>>,
    ) -> Option<T> {
        self.value(key, "", Some(old.unwrap_or(usual)), read)
    }

    /// Title, and where the figures are from.
    pub(super) fn head(&mut self, old: Option<(&str, &Provenance)>) -> Option<Head> {
        let name = self.name.value.clone();
        let title = self.or("title", old.map(|(title, _)| title.to_owned()), name, line);
        let old = old.map(|(_, provenance)| provenance);
        let kind = self.or("price_kind", old.map(|old| old.kind), PriceKind::Estimate, |item| {
            item.word("a kind of price", &PriceKind::ALL)
        });
        let (first, last) = YEARS;
        let year = self.value("year", "2026", old.map(|old| old.year), |item| item.count(first, last));
        // Figures of a file's own are not those of the source that the built-in part names.
        let changed = old.map(|old| format!("{}; with figures of one's own", old.source));
        let source = self.or("source", changed, "one's own".to_owned(), line);
        Some(Head { title: title?, provenance: Provenance { kind: kind?, year: year?, source: source? } })
    }

    /// Says that a value is above another that it must not exceed.
    pub(super) fn above(&self, low: &'static str, high: &'static str) {
        let whole = || self.name.place.clone();
        let place = |key| -> Place { self.section.key_place(key).unwrap_or_else(whole) };
        self.section.source.faults.push(
            Diagnostic::error("E0106", format!("`{low}` of `{}` is above `{high}`", self.name.value))
                .at(place(low), format!("`{high}` must be at least as much")),
        );
    }
}

/// A text in one line.
pub(super) fn line(item: &Item<'_>) -> Option<At<String>> {
    item.line().map(|text| At { value: text.value.to_owned(), place: text.place })
}

/// A price: one amount, or three that ascend.
pub(super) fn price(item: &Item<'_>) -> Option<At<Price>> {
    if !item.value.is_array() {
        if !item.value.is_str() {
            item.wrong_type("a price such as \"38 kUSD\", or three: at least, likely, at most");
            return None;
        }
        return item.quantity_to(MAX_PRICE).map(|found| item.at(Price::fixed(found.value)));
    }
    let items = item.each();
    let found: Vec<At<Money>> = items.iter().filter_map(|item| item.quantity_to(MAX_PRICE)).collect();
    if found.len() < items.len() || items.is_empty() {
        return None;
    }
    let [low, mid, high] = &found[..] else {
        item.out_of_range(
            format!("`{}` has {} amounts", item.key, found.len()),
            "expected one amount, or three: at least, likely, at most",
        );
        return None;
    };
    for (less, more) in [(low, mid), (mid, high)] {
        if less.value > more.value {
            item.push(
                Diagnostic::error("E1003", format!("`{}` does not ascend", item.key))
                    .at(more.place.clone(), format!("{} is less than {}", more.value, less.value))
                    .help("the three amounts are: at least, likely, at most"),
            );
            return None;
        }
    }
    Some(item.at(Price { low: low.value, mid: mid.value, high: high.value }))
}

/// A rate above nothing.
pub(super) fn rate(item: &Item<'_>) -> Option<At<Bandwidth>> {
    let found = item.quantity::<Bandwidth>()?;
    // Anything slower is a slip of a unit, and times would not fit.
    if found.value < Bandwidth::from_gbps(1) {
        item.out_of_range(format!("`{}` is out of range", item.key), "expected at least 1 Gbps");
        return None;
    }
    Some(found)
}

/// A length above nothing.
pub(super) fn length(item: &Item<'_>) -> Option<At<Length>> {
    let found = item.quantity_to(Length(10_000_000))?;
    if found.value == Length(0) {
        item.out_of_range(format!("`{}` is out of range", item.key), "expected more than 0 m");
        return None;
    }
    Some(found)
}

/// What a part speaks: at least one technology, each once.
pub(super) fn technologies(item: &Item<'_>) -> Option<At<Vec<Technology>>> {
    let found = words(item, "a technology", &Technology::ALL);
    (!found.is_empty()).then(|| item.at(found))
}
