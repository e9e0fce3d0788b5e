//! Reading TOML key by key: typed access that remembers places and collects every fault, where serde
//! would stop at the first.

use std::cell::{Cell, RefCell};

use toml::Spanned;
use toml::de::DeValue;

use super::aliases::alias;
use super::section::Section;
use crate::diag::{Diagnostic, FileId, Place, Severity, Span, nearest};

/// The most characters of a message.
const MAX_MESSAGE: usize = 400;

/// All that is wrong so far. Shared by all readers of a load.
#[derive(Debug, Default)]
pub(super) struct Faults {
    list: RefCell<Vec<Diagnostic>>,
    errors: Cell<usize>,
}

impl Faults {
    /// Adds a fault or warning. Texts of users are part of messages, and cut where they are very long.
    pub(super) fn push(&self, mut diagnostic: Diagnostic) {
        if let Some((end, _)) = diagnostic.message.char_indices().nth(MAX_MESSAGE) {
            diagnostic.message.truncate(end);
            diagnostic.message.push_str("...");
        }
        if diagnostic.severity == Severity::Error {
            self.errors.set(self.errors.get() + 1);
        }
        self.list.borrow_mut().push(diagnostic);
    }

    /// How many errors there are so far.
    pub(super) fn errors(&self) -> usize {
        self.errors.get()
    }

    /// All of them, in the order of their places. What is read several times, as a plan's step with each accelerator, is told
    /// once.
    pub(super) fn into_sorted(self) -> Vec<Diagnostic> {
        let mut list = self.list.into_inner();
        list.sort_by_key(|diagnostic| {
            diagnostic.labels.first().map(|label| (label.place.file, label.place.span.start))
        });
        list.dedup();
        list
    }
}

/// A file being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: FileId,
    pub(super) text: &'a str,
    pub(super) faults: &'a Faults,
}

impl Source<'_> {
    /// A place in the file: kept inside the text and on the borders of characters.
    pub(super) fn place(&self, span: Span) -> Place {
        let floor = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(span.start);
        Place { file: self.file, span: start..floor(span.end).max(start) }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// The value of a key, or one element of its list.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) source: Source<'a>,
    /// The key, for messages.
    pub(super) key: String,
    pub(super) value: &'a DeValue<'a>,
    span: Span,
}

/// Whether a name can be shown in a line: it is not blank and has no control characters.
pub(super) fn is_line(name: &str) -> bool {
    !name.trim().is_empty() && !name.contains(char::is_control)
}

/// What a value is, with its article.
fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<'a> Item<'a> {
    pub(super) fn new(source: Source<'a>, key: impl Into<String>, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { source, key: key.into(), value: value.get_ref(), span: value.span() }
    }

    /// Where it stands.
    pub(super) fn place(&self) -> Place {
        self.source.place(self.span.clone())
    }

    /// The place of a part of a string; the whole string where escapes hide the part.
    pub(super) fn part(&self, range: Span) -> Place {
        let whole = self.place();
        let raw = &self.source.text[whole.span.clone()];
        let quoted = match self.value.as_str() {
            Some(text) => raw.len() == text.len() + 2 && &raw[1..=text.len()] == text,
            None => false,
        };
        if quoted {
            let start = whole.span.start + 1;
            self.source.place(start + range.start..start + range.end)
        } else {
            whole
        }
    }

    pub(super) fn push(&self, diagnostic: Diagnostic) {
        self.source.faults.push(diagnostic);
    }

    pub(super) fn at<T>(&self, value: T) -> At<T> {
        At { value, place: self.place() }
    }

    /// Says that the value has the wrong type.
    pub(super) fn wrong_type(&self, expected: &str) {
        self.push(self.type_fault(expected));
    }

    fn type_fault(&self, expected: &str) -> Diagnostic {
        Diagnostic::error("E0104", format!("`{}` must be {expected}", self.key))
            .at(self.place(), format!("this is {}", kind_of(self.value)))
    }

    /// Says that the value is out of range.
    pub(super) fn out_of_range(&self, message: impl Into<String>, label: impl Into<String>) {
        self.push(Diagnostic::error("E0106", message).at(self.place(), label));
    }

    pub(super) fn string(&self) -> Option<At<&'a str>> {
        self.string_as("a string")
    }

    /// A string; `expected` says what it should hold.
    pub(super) fn string_as(&self, expected: &str) -> Option<At<&'a str>> {
        let text = self.value.as_str();
        if text.is_none() {
            self.wrong_type(expected);
        }
        text.map(|text| self.at(text))
    }

    /// A string that tables can show in a line.
    pub(super) fn line(&self) -> Option<At<&'a str>> {
        let text = self.string()?;
        if is_line(text.value) {
            return Some(text);
        }
        self.out_of_range(
            format!("`{}` is no name in one line", self.key),
            "expected at least one character that can be seen, and no control characters",
        );
        None
    }

    pub(super) fn boolean(&self) -> Option<At<bool>> {
        let value = self.value.as_bool();
        if value.is_none() {
            self.wrong_type("`true` or `false`");
        }
        value.map(|value| self.at(value))
    }

    /// A whole number from `min` to `max`.
    pub(super) fn integer(&self, min: u64, max: u64) -> Option<At<u64>> {
        let DeValue::Integer(number) = self.value else {
            self.wrong_type(&format!("a whole number from {min} to {max}"));
            return None;
        };
        match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(n) if i128::from(min) <= n && n <= i128::from(max) => {
                u64::try_from(n).ok().map(|n| self.at(n))
            }
            _ => {
                self.out_of_range(
                    format!("`{}` is out of range", self.key),
                    format!("expected a whole number from {min} to {max}"),
                );
                None
            }
        }
    }

    /// A whole number from `min` to `max` that fits in 32 bits.
    pub(super) fn count(&self, min: u32, max: u32) -> Option<At<u32>> {
        let found = self.integer(min.into(), max.into())?;
        u32::try_from(found.value).ok().map(|value| At { value, place: found.place })
    }

    /// A number in (0, 1].
    pub(super) fn fraction(&self) -> Option<At<f64>> {
        self.number("above 0 and up to 1, such as 0.95", |number| number > 0.0 && number <= 1.0)
    }

    /// A number in [0, 1).
    pub(super) fn below_one(&self) -> Option<At<f64>> {
        self.number("from 0 up to but not 1, such as 0.5", |number| (0.0..1.0).contains(&number))
    }

    /// A number that fits; `range` says which do, then an example.
    pub(super) fn number(&self, range: &str, fits: impl Fn(f64) -> bool) -> Option<At<f64>> {
        let number = match self.value {
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            DeValue::Integer(integer) => integer.as_str().parse::<f64>().ok(),
            _ => {
                self.wrong_type(&format!("a number {range}"));
                return None;
            }
        };
        match number {
            Some(number) if fits(number) => Some(self.at(number)),
            _ => {
                self.out_of_range(
                    format!("`{}` is out of range", self.key),
                    format!("expected a number {}", range.split(',').next().unwrap_or(range)),
                );
                None
            }
        }
    }

    /// One of a few words; `what` names them, such as `an operation`.
    pub(super) fn word<T: Copy>(&self, what: &str, words: &[(&str, T)]) -> Option<At<T>> {
        let list = words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let Some(text) = self.value.as_str() else {
            self.push(
                self.type_fault(&format!("a string that names {what}"))
                    .help(format!("expected one of {list}")),
            );
            return None;
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(self.at(*value));
        }
        let bare = what.strip_prefix("an ").or_else(|| what.strip_prefix("a ")).unwrap_or(what);
        let normal = text.replace('_', "-");
        let near = alias(&normal)
            .filter(|better| words.iter().any(|(word, _)| word == better))
            .or_else(|| nearest(&normal, words.iter().map(|(word, _)| *word)));
        let mut fault = Diagnostic::error("E0107", format!("there is no {bare} named `{text}`"))
            .at(self.place(), format!("not {what}"));
        if let Some(near) = near {
            fault = fault.help(format!("did you mean `{near}`?"));
        }
        self.push(fault.help(format!("expected one of {list}")));
        None
    }

    /// The elements of a list; a value that is no list stands for itself. An empty list is a fault.
    pub(super) fn each(&self) -> Vec<Item<'a>> {
        match self.value {
            DeValue::Array(array) => {
                if array.is_empty() {
                    self.out_of_range(
                        format!("`{}` is an empty list", self.key),
                        "expected at least one element",
                    );
                }
                array.iter().map(|value| Item::new(self.source, self.key.clone(), value)).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// The value as a table, called `what` in messages.
    pub(super) fn section(&self, what: impl Into<String>) -> Option<Section<'a>> {
        let DeValue::Table(table) = self.value else {
            self.wrong_type("a table");
            return None;
        };
        Some(Section::new(self.source, what, self.span.clone(), table))
    }

    /// The value as tables: `[[name]]` headers, or a single `[name]`.
    pub(super) fn sections(&self) -> Vec<Section<'a>> {
        let list = match self.value {
            DeValue::Array(_) => self.each(),
            DeValue::Table(_) => vec![self.clone()],
            _ => {
                self.wrong_type(&format!("a table, `[[{}]]`", self.key));
                Vec::new()
            }
        };
        list.iter().filter_map(|item| item.section(format!("`[[{}]]`", self.key))).collect()
    }
}
