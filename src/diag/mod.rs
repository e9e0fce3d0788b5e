//! What is wrong with an input, as data: a code, a message, labelled places and a way out.
//!
//! Rendering for a terminal lives in `cli`; this room knows no colours.

mod source;

pub use source::{FileId, Place, SourceMap, Span};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run goes on.
    Warning,
    /// The run cannot start.
    Error,
}

/// A place in a file and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The file and the bytes in it.
    pub place: Place,
    /// What is said of it; may be empty.
    pub text: String,
}

/// One fault or warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable code such as `E0102`, which `explain` knows.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// One lower-case sentence without a final stop.
    pub message: String,
    /// The first is the primary place; may be empty where no file is to blame.
    pub labels: Vec<Label>,
    /// How to get out of it, one entry a hint.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error with no place yet.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: one_line(message.into()),
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// A warning with no place yet.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Adds a place; the first added is the primary one.
    #[must_use]
    pub fn at(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: one_line(text.into()) });
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn help(mut self, hint: impl Into<String>) -> Self {
        self.help.push(one_line(hint.into()));
        self
    }
}

/// The text with control characters escaped: what it quotes from a file must not break lines or steer a terminal.
fn one_line(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let mut told = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if letter.is_control() { told.extend(letter.escape_default()) } else { told.push(letter) }
    }
    told
}

/// The longest name that others are compared with, in bytes.
const LONGEST_COMPARED: usize = 200;

/// The candidate nearest to `name`, if one is near enough to be a likely slip.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes time and memory by the product of the lengths, and nobody mistypes such names.
    if name.len() > LONGEST_COMPARED {
        return None;
    }
    let wanted = name.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= 1 + name.len().max(candidate.len()) / 4)
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + name.len().max(candidate.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_control_characters_are_escaped() {
        let told = Diagnostic::error("E0111", "`a\nb\u{1b}[2J` is not a valid pattern").help("say\tso");
        assert_eq!(told.message, r"`a\nb\u{1b}[2J` is not a valid pattern");
        assert_eq!(told.help, [r"say\tso"]);
    }

    #[test]
    fn nearest_finds_slips_only() {
        assert_eq!(nearest("bandwith", ["bandwidth", "latency"]), Some("bandwidth"));
        assert_eq!(nearest("zebra", ["bandwidth", "latency"]), None);
        assert_eq!(nearest(&"x".repeat(1 << 20), ["x"]), None);
    }
}
