//! The pattern language for names: one text stands for many names.
//!
//! * `host{0..3}`: a range, both ends included; a leading zero (`{00..15}`) pads with zeros
//! * `{a,b}`: a list
//! * `host{h=0..3}` or `{p=a,b}`: the same with a name, which other groups may use
//! * `{h}`, `{h+1}`, `{h%8}`, `{h*2+1}`: a named range's value, or integer arithmetic on it
//!
//! Ranges and lists are *axes*: the pattern stands for every combination, the last axis running
//! fastest. Patterns that belong together (the two ends of links) share their named axes and form
//! the cross product of all axes.

use std::fmt::Write as _;

use super::expression::{Expression, Parser};
use super::reader::Item;
use crate::diag::{Diagnostic, Span};

/// What is wrong with a pattern, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PatternFault {
    pub(super) range: Span,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl PatternFault {
    pub(super) fn new(range: Span, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Tells it of the string that `item` holds.
    pub(super) fn tell(self, item: &Item<'_>) {
        let text = item.value.as_str().unwrap_or_default();
        let fault = Diagnostic::error("E0111", format!("`{text}` is not a valid pattern"))
            .at(item.part(self.range), self.message);
        item.push(match self.help {
            Some(help) => fault.help(help),
            None => fault,
        });
    }
}

/// The values of an axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Values {
    /// From the first to the last, printed with at least so many digits.
    Range { first: i64, last: i64, width: usize },
    /// Words, and their values where all are numbers.
    List(Vec<String>, Option<Vec<i64>>),
}

/// A range or list of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) name: Option<String>,
    pub(super) range: Span,
    values: Values,
}

impl Axis {
    pub(super) fn len(&self) -> u64 {
        match &self.values {
            Values::Range { first, last, .. } => first.abs_diff(*last).saturating_add(1),
            Values::List(words, _) => words.len() as u64,
        }
    }

    pub(super) fn number(&self, index: u64) -> Option<i64> {
        match &self.values {
            Values::Range { first, .. } => first.checked_add_unsigned(index),
            Values::List(_, numbers) => numbers.as_ref().map(|numbers| numbers[index as usize]),
        }
    }

    pub(super) fn write(&self, index: u64, out: &mut String) {
        match &self.values {
            Values::Range { first, width, .. } => {
                let _ = write!(out, "{:0width$}", first.saturating_add_unsigned(index));
            }
            Values::List(words, _) => out.push_str(&words[index as usize]),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// An axis of this pattern.
    Axis(usize),
    /// Arithmetic on variables, numbered by [`Pattern::variables`].
    Value(Expression, Span),
}

/// A pattern, read but not yet tied to the axes that it may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) parts: Vec<Part>,
    pub(super) axes: Vec<Axis>,
    /// Variables that expressions use, with the place of the first use.
    pub(super) variables: Vec<(String, usize)>,
}

impl Pattern {
    /// Reads a pattern.
    pub(super) fn parse(text: &str) -> Result<Self, PatternFault> {
        let mut pattern = Self { parts: Vec::new(), axes: Vec::new(), variables: Vec::new() };
        let mut at = 0;
        if text.is_empty() {
            return Err(PatternFault::new(0..0, "a name may not be empty"));
        }
        while at < text.len() {
            let rest = &text[at..];
            if let Some(inner) = rest.strip_prefix('{') {
                let end = inner
                    .find(['{', '}'])
                    .filter(|end| inner[*end..].starts_with('}'))
                    .ok_or_else(|| PatternFault::new(at..at + 1, "this `{` is never closed"))?;
                pattern.group(&inner[..end], at + 1)?;
                at += end + 2;
                continue;
            }
            let end = rest.find('{').unwrap_or(rest.len());
            let literal = &rest[..end];
            if let Some((i, c)) = literal.char_indices().find(|(_, c)| !name_char(*c)) {
                let fault = PatternFault::new(
                    at + i..at + i + c.len_utf8(),
                    match c {
                        '}' => "this `}` closes nothing".to_owned(),
                        c if c.is_whitespace() => "a name may not hold spaces".to_owned(),
                        c => format!("a name may not hold `{}`", c.escape_debug()),
                    },
                );
                return Err(if matches!(c, '*' | '?' | '[' | ']') {
                    fault.help(
                        "there are no wildcards: write a range such as `{0..7}` or a list such as `{a,b}`",
                    )
                } else {
                    fault
                });
            }
            pattern.parts.push(Part::Text(literal.to_owned()));
            at += end;
        }
        Ok(pattern)
    }

    /// True where it has ranges or lists of its own.
    pub(super) fn has_axes(&self) -> bool {
        !self.axes.is_empty()
    }

    /// Reads what is between braces.
    fn group(&mut self, inner: &str, offset: usize) -> Result<(), PatternFault> {
        let whole = offset..offset + inner.len();
        if inner.trim().is_empty() {
            return Err(PatternFault::new(offset - 1..whole.end + 1, "nothing between the braces")
                .help("write a range such as `{0..7}` or a list such as `{a,b}`"));
        }
        let (name, spec, start) = match inner.split_once('=') {
            Some((name, spec)) if !spec.starts_with('=') && !name.contains("..") => {
                let trimmed = name.trim();
                let word = trimmed.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && trimmed.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if !word {
                    return Err(PatternFault::new(offset..offset + name.len(), "not a name for a range")
                        .help("names of ranges are letters, digits and `_`, such as `{h=0..7}`"));
                }
                (Some(trimmed.to_owned()), spec, offset + name.len() + 1)
            }
            _ => (None, inner, offset),
        };
        let values = if spec.contains("..") {
            range(spec, start)?
        } else if spec.contains(',') || name.is_some() {
            list(spec, start)?
        } else {
            let expression = Parser::new(spec, start, &mut self.variables).parse()?;
            self.parts.push(Part::Value(expression, whole));
            return Ok(());
        };
        self.parts.push(Part::Axis(self.axes.len()));
        self.axes.push(Axis { name, range: whole, values });
        Ok(())
    }
}

/// Characters of names.
fn name_char(c: char) -> bool {
    c.is_alphanumeric() || "/-_.:@+=".contains(c)
}

fn range(text: &str, offset: usize) -> Result<Values, PatternFault> {
    let whole = offset..offset + text.len();
    let (first, last) = text.split_once("..").unwrap_or((text, ""));
    if let Some(rest) = last.strip_prefix(['=', '.']) {
        return Err(PatternFault::new(whole, "not a range")
            .help(format!("ranges hold both their ends already: write `{{{first}..{rest}}}`")));
    }
    let number = |part: &str| {
        let part = part.trim();
        part.parse::<u32>().map(i64::from).ok().filter(|_| part.starts_with(|c: char| c.is_ascii_digit()))
    };
    match (number(first), number(last)) {
        (Some(a), Some(b)) if a <= b => {
            let first = first.trim();
            let width = if first.starts_with('0') && first.len() > 1 { first.len() } else { 1 };
            Ok(Values::Range { first: a, last: b, width })
        }
        (Some(a), Some(b)) => {
            Err(PatternFault::new(whole, "the range runs backwards").help(format!("write `{{{b}..{a}}}`")))
        }
        _ => Err(PatternFault::new(whole, "not a range")
            .help("a range has two whole numbers, such as `{0..7}`, both ends included")),
    }
}

fn list(text: &str, offset: usize) -> Result<Values, PatternFault> {
    let words: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
    let mut at = offset;
    for (word, raw) in words.iter().zip(text.split(',')) {
        if word.is_empty() || !word.chars().all(name_char) {
            return Err(PatternFault::new(at..at + raw.len(), "not a word of a list")
                .help("a list holds words, such as `{a,b}`"));
        }
        at += raw.len() + 1;
    }
    let numbers = words.iter().map(|word| word.parse::<u32>().map(i64::from).ok()).collect();
    Ok(Values::List(words, numbers))
}

/// A pattern and the item that holds it.
#[derive(Debug, Clone)]
pub(super) struct PatternItem<'a> {
    pub(super) item: Item<'a>,
    pub(super) pattern: Pattern,
}

impl<'a> Item<'a> {
    /// A string that holds a pattern.
    pub(super) fn pattern(&self) -> Option<PatternItem<'a>> {
        let text = self.string_as("a name or a pattern for names, such as \"host{0..3}/gpu{0..7}\"")?;
        match Pattern::parse(text.value) {
            Ok(pattern) => Some(PatternItem { item: self.clone(), pattern }),
            Err(fault) => {
                fault.tell(self);
                None
            }
        }
    }
}

/// True where a pattern uses a variable only as it is, without arithmetic.
pub(super) fn plain(pattern: &Pattern, name: &str) -> bool {
    fn uses(expression: &Expression, variable: usize) -> bool {
        match expression {
            Expression::Number(_) => false,
            Expression::Variable(used) => *used == variable,
            Expression::Binary(_, operands) => operands.iter().any(|operand| uses(operand, variable)),
        }
    }
    let Some(variable) = pattern.variables.iter().position(|(known, _)| known == name) else { return false };
    pattern.parts.iter().all(|part| match part {
        Part::Value(Expression::Variable(_), _) => true,
        Part::Value(expression, _) => !uses(expression, variable),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_do_not_overflow() {
        let pattern = Pattern::parse("{0..4294967295}{0..4294967295}{0..4294967295}").unwrap();
        assert_eq!(pattern.axes.iter().fold(1u64, |n, axis| n.saturating_mul(axis.len())), u64::MAX);
    }
}
