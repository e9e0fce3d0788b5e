//! A table, read key by key.

use toml::Spanned;
use toml::de::DeTable;

use super::aliases::alias;
use super::reader::{At, Item, Source};
use crate::diag::{Diagnostic, Place, Span, nearest};

/// A table being read. Keys that were never asked for are told by [`Section::finish`].
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) source: Source<'a>,
    /// How messages call it: `` `[fabric]` ``.
    pub(super) what: String,
    span: Span,
    /// `None` stands for a table without entries.
    table: Option<&'a DeTable<'a>>,
    known: Vec<&'static str>,
    /// Keys of the top of the file, which readers of TOML often write below a header.
    top: &'static [&'static str],
}

impl<'a> Section<'a> {
    pub(super) fn new(
        source: Source<'a>,
        what: impl Into<String>,
        span: Span,
        table: &'a DeTable<'a>,
    ) -> Self {
        Self { source, what: what.into(), span, table: Some(table), known: Vec::new(), top: &[] }
    }

    /// A table that is not there and so has no entries.
    pub(super) fn empty(source: Source<'a>, what: impl Into<String>) -> Self {
        Self { source, what: what.into(), span: 0..0, table: None, known: Vec::new(), top: &[] }
    }

    /// Keys that a hint should send to the top of the file.
    pub(super) fn top_keys(&mut self, top: &'static [&'static str]) {
        self.top = top;
    }

    /// The header, the inline table, or where there is neither the first key of the file.
    pub(super) fn place(&self) -> Place {
        if self.span.is_empty() {
            let first = self
                .table
                .into_iter()
                .flat_map(DeTable::keys)
                .map(Spanned::span)
                .min_by_key(|span| span.start);
            return self.source.place(first.unwrap_or(0..0));
        }
        self.source.place(self.span.clone())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// The place of a key itself.
    pub(super) fn key_place(&self, key: &str) -> Option<Place> {
        self.table?.get_key_value(key).map(|(key, _)| self.source.place(key.span()))
    }

    pub(super) fn item(&mut self, key: &'static str) -> Option<Item<'a>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table?.get(key).map(|value| Item::new(self.source, key, value))
    }

    /// A key that must be there; `example` shows a line that would do.
    pub(super) fn require(&mut self, key: &'static str, example: &str) -> Option<Item<'a>> {
        self.require_with(key, &format!("add for example `{example}`"))
    }

    /// A key that must be there; `hint` says how to give it. Where another key looks like a slip for it,
    /// nothing is said here: that key will be told as unknown, with this one as what was meant.
    pub(super) fn require_with(&mut self, key: &'static str, hint: &str) -> Option<Item<'a>> {
        let found = self.item(key);
        let slip = |name: &str| alias(name) == Some(key) || nearest(name, [key]).is_some();
        if found.is_none()
            && !self.entries().iter().any(|(name, _)| !self.known.contains(&name.value) && slip(name.value))
        {
            self.source.faults.push(
                Diagnostic::error("E0103", format!("missing key `{key}` in {}", self.what))
                    .at(self.place(), format!("`{key}` must be given"))
                    .help(hint),
            );
        }
        found
    }

    /// All entries, for tables whose keys are names of the user's.
    pub(super) fn entries(&self) -> Vec<(At<&'a str>, Item<'a>)> {
        let mut entries: Vec<_> = self
            .table
            .into_iter()
            .flat_map(DeTable::iter)
            .map(|(key, value)| {
                let name: &'a str = key.get_ref();
                let place = self.source.place(key.span());
                (At { value: name, place }, Item::new(self.source, name, value))
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.place.span.start);
        entries
    }

    /// Tells the keys that nobody asked for.
    pub(super) fn finish(self) {
        for (key, _) in self.entries() {
            if !self.known.contains(&key.value) {
                self.unknown(&key, &self.known);
            }
        }
    }

    /// Says that `key` is not one of `known`.
    pub(super) fn unknown(&self, key: &At<&str>, known: &[&str]) {
        let name = key.value;
        let fault = Diagnostic::error("E0102", format!("unknown key `{name}` in {}", self.what))
            .at(key.place.clone(), format!("not a key of {}", self.what));
        let near = alias(name)
            .filter(|better| known.contains(better))
            .or_else(|| nearest(name, known.iter().copied()).filter(|near| *near != name));
        let fault = if let Some(near) = near {
            fault.help(format!("did you mean `{near}`?"))
        } else if self.top.contains(&name) {
            fault.help(format!("`{name}` belongs at the top of the file, above the first `[table]`"))
        } else if known.is_empty() {
            fault
        } else {
            let list = known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            fault.help(format!("its keys are {list}"))
        };
        self.source.faults.push(fault);
    }

    /// Says that keys that exclude each other are both given; tells whether they are.
    pub(super) fn exclusive(&self, first: &str, second: &str, help: &str) -> bool {
        let (Some(a), Some(b)) = (self.key_place(first), self.key_place(second)) else { return false };
        let mut fault = Diagnostic::error("E0108", format!("`{first}` and `{second}` exclude each other"))
            .at(b, format!("`{second}` is given here"))
            .at(a, format!("and `{first}` here"));
        if !help.is_empty() {
            fault = fault.help(help);
        }
        self.source.faults.push(fault);
        true
    }
}
