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
use crate::diag::{Diagnostic, Span, nearest};

/// The largest number of names, or of links, that the patterns of one table may stand for.
pub(super) const MAX_EXPANSION: u64 = 1 << 22;

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

    fn help(mut self, help: impl Into<String>) -> Self {
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
enum Values {
    /// From the first to the last, printed with at least so many digits.
    Range { first: i64, last: i64, width: usize },
    /// Words, and their values where all are numbers.
    List(Vec<String>, Option<Vec<i64>>),
}

/// A range or list of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Axis {
    name: Option<String>,
    range: Span,
    values: Values,
}

impl Axis {
    fn len(&self) -> u64 {
        match &self.values {
            Values::Range { first, last, .. } => first.abs_diff(*last).saturating_add(1),
            Values::List(words, _) => words.len() as u64,
        }
    }

    fn number(&self, index: u64) -> Option<i64> {
        match &self.values {
            Values::Range { first, .. } => first.checked_add_unsigned(index),
            Values::List(_, numbers) => numbers.as_ref().map(|numbers| numbers[index as usize]),
        }
    }

    fn write(&self, index: u64, out: &mut String) {
        match &self.values {
            Values::Range { first, width, .. } => {
                let _ = write!(out, "{:0width$}", first.saturating_add_unsigned(index));
            }
            Values::List(words, _) => out.push_str(&words[index as usize]),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// An axis of this pattern.
    Axis(usize),
    /// Arithmetic on variables, numbered by [`Pattern::variables`].
    Value(Expression, Span),
}

/// A pattern, read but not yet tied to the axes that it may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    axes: Vec<Axis>,
    /// Variables that expressions use, with the place of the first use.
    variables: Vec<(String, usize)>,
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

/// Patterns that share their axes.
pub(super) struct Joint<'p, 'a> {
    patterns: Vec<&'p PatternItem<'a>>,
    axes: Vec<&'p Axis>,
    /// Where each pattern's axes begin.
    base: Vec<usize>,
    /// For each pattern, the axis of each of its variables.
    bound: Vec<Vec<usize>>,
}

impl<'p, 'a> Joint<'p, 'a> {
    /// Ties the patterns together, telling what does not fit.
    pub(super) fn new(patterns: Vec<&'p PatternItem<'a>>) -> Option<Self> {
        let mut joint = Self { axes: Vec::new(), base: Vec::new(), bound: Vec::new(), patterns };
        let mut named: Vec<(&str, usize)> = Vec::new();
        let mut sound = true;
        for pattern in &joint.patterns {
            joint.base.push(joint.axes.len());
            for axis in &pattern.pattern.axes {
                if let Some(name) = axis.name.as_deref() {
                    if named.iter().any(|(known, _)| *known == name) {
                        sound = false;
                        PatternFault::new(
                            axis.range.clone(),
                            format!("`{name}` is already the name of another range"),
                        )
                        .help(format!("to use its value, write `{{{name}}}`"))
                        .tell(&pattern.item);
                    }
                    named.push((name, joint.axes.len()));
                }
                joint.axes.push(axis);
            }
        }
        for pattern in &joint.patterns {
            let mut bound = Vec::new();
            for (name, at) in &pattern.pattern.variables {
                let found = named.iter().find(|(known, _)| known == name).map(|(_, axis)| *axis);
                let range = *at..at + name.len();
                match found {
                    Some(axis) if joint.axes[axis].number(0).is_some() || plain(&pattern.pattern, name) => {
                        bound.push(axis)
                    }
                    Some(_) => {
                        sound = false;
                        PatternFault::new(
                            range,
                            format!("`{name}` is a list of words, so nothing can be calculated from it"),
                        )
                        .tell(&pattern.item);
                    }
                    None => {
                        sound = false;
                        let fault = PatternFault::new(range, format!("no range is named `{name}` here"));
                        match nearest(name, named.iter().map(|(name, _)| *name)) {
                            Some(near) => fault.help(format!("did you mean `{near}`?")),
                            None => fault.help(format!(
                                "name a range, such as `{{{name}=0..7}}`, in this pattern or its other end"
                            )),
                        }
                        .tell(&pattern.item);
                    }
                }
            }
            joint.bound.push(bound);
        }
        sound.then_some(joint)
    }

    /// How many combinations there are.
    pub(super) fn count(&self) -> u64 {
        self.axes.iter().fold(1, |count, axis| count.saturating_mul(axis.len()))
    }

    /// Calls `each` with the names of every combination, one name a pattern, the last axis running
    /// fastest. Stops where arithmetic fails, telling why, or where `each` returns false; tells
    /// whether all went well.
    pub(super) fn for_each(&self, mut each: impl FnMut(&[String]) -> bool) -> bool {
        let mut index = vec![0u64; self.axes.len()];
        let mut names = vec![String::new(); self.patterns.len()];
        loop {
            for (number, name) in names.iter_mut().enumerate() {
                name.clear();
                if let Err(fault) = self.write(number, &index, name) {
                    fault.tell(&self.patterns[number].item);
                    return false;
                }
            }
            if !each(&names) {
                return false;
            }
            let mut axis = self.axes.len();
            loop {
                if axis == 0 {
                    return true;
                }
                axis -= 1;
                index[axis] += 1;
                if index[axis] < self.axes[axis].len() {
                    break;
                }
                index[axis] = 0;
            }
        }
    }

    fn write(&self, number: usize, index: &[u64], out: &mut String) -> Result<(), PatternFault> {
        let pattern = &self.patterns[number].pattern;
        for part in &pattern.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Axis(axis) => {
                    let axis = self.base[number] + axis;
                    self.axes[axis].write(index[axis], out);
                }
                Part::Value(Expression::Variable(variable), _) => {
                    let axis = self.bound[number][*variable];
                    self.axes[axis].write(index[axis], out);
                }
                Part::Value(expression, range) => {
                    let variable = |variable: usize| {
                        let axis = self.bound[number][variable];
                        self.axes[axis].number(index[axis]).unwrap_or(0)
                    };
                    let fault = |why: &str| {
                        let values: Vec<String> = pattern
                            .variables
                            .iter()
                            .zip(&self.bound[number])
                            .map(|((name, _), axis)| {
                                format!("`{name}` = {}", self.axes[*axis].number(index[*axis]).unwrap_or(0))
                            })
                            .collect();
                        PatternFault::new(range.clone(), format!("{why} for {}", values.join(", ")))
                    };
                    match expression.value(&variable) {
                        Ok(value) if value >= 0 => {
                            let _ = write!(out, "{value}");
                        }
                        Ok(value) => return Err(fault(&format!("is {value}, below zero,"))),
                        Err(why) => return Err(fault(&why)),
                    }
                }
            }
        }
        Ok(())
    }
}

/// True where a pattern uses a variable only as it is, without arithmetic.
fn plain(pattern: &Pattern, name: &str) -> bool {
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

/// Says that a table stands for more than [`MAX_EXPANSION`] of `what`.
pub(super) fn too_many(item: &Item<'_>, count: u64, what: &str) {
    let count = if count == u64::MAX { "more than 2^64".to_owned() } else { count.to_string() };
    item.push(
        Diagnostic::error("E0501", format!("the patterns stand for {count} {what}"))
            .at(item.place(), format!("at most {MAX_EXPANSION} {what} can come of one file")),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;
    use crate::input::reader::{Faults, Section, Source};

    /// What patterns stand for together, or the messages of what is wrong.
    fn expand(texts: &[&str]) -> Result<Vec<String>, Vec<String>> {
        let toml =
            format!("p = [{}]", texts.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", "));
        let faults = Faults::default();
        let source = Source { file: FileId(0), text: &toml, faults: &faults };
        let table = toml::de::DeTable::parse(&toml).unwrap();
        let mut section = Section::new(source, "test", 0..0, table.get_ref());
        let items = section.item("p").unwrap().each();
        let patterns: Vec<_> = items.iter().filter_map(Item::pattern).collect();
        let mut found = Vec::new();
        if patterns.len() == texts.len()
            && let Some(joint) = Joint::new(patterns.iter().collect())
        {
            joint.for_each(|names| {
                found.push(names.join(" "));
                true
            });
        }
        let told: Vec<String> =
            faults.into_sorted().into_iter().map(|fault| fault.labels[0].text.clone()).collect();
        if told.is_empty() { Ok(found) } else { Err(told) }
    }

    #[test]
    fn ranges_and_lists_form_the_product_last_fastest() {
        assert_eq!(expand(&["h{0..1}/{a,b}"]).unwrap(), ["h0/a", "h0/b", "h1/a", "h1/b"]);
        assert_eq!(expand(&["plain"]).unwrap(), ["plain"]);
        assert_eq!(expand(&["n{08..10}"]).unwrap(), ["n08", "n09", "n10"]);
    }

    #[test]
    fn named_ranges_tie_the_ends_together() {
        assert_eq!(expand(&["h{h=0..2}", "leaf{h/2}"]).unwrap(), ["h0 leaf0", "h1 leaf0", "h2 leaf1"]);
        assert_eq!(expand(&["g{i=0..2}", "g{(i+1)%3}"]).unwrap(), ["g0 g1", "g1 g2", "g2 g0"]);
        assert_eq!(expand(&["{p=a,b}0", "{p}{0..1}"]).unwrap(), ["a0 a0", "a0 a1", "b0 b0", "b0 b1"]);
        assert_eq!(expand(&["s{x}", "t{x=1,4}"]).unwrap(), ["s1 t1", "s4 t4"]);
        assert_eq!(expand(&["l{0..1}", "s{0..1}"]).unwrap().len(), 4);
    }

    #[test]
    fn faults_say_what_is_wrong() {
        let one = |texts: &[&str]| expand(texts).unwrap_err().join("; ");
        assert_eq!(one(&["h{0..3"]), "this `{` is never closed");
        assert_eq!(one(&["h}"]), "this `}` closes nothing");
        assert_eq!(one(&["h{3..0}"]), "the range runs backwards");
        assert_eq!(one(&["h{0..=3}"]), "not a range");
        assert_eq!(one(&["h{}"]), "nothing between the braces");
        assert_eq!(one(&["h*"]), "a name may not hold `*`");
        assert_eq!(one(&["a b"]), "a name may not hold spaces");
        assert_eq!(one(&["h{h=0..1}", "l{g}"]), "no range is named `g` here");
        assert_eq!(one(&["h{h=0..1}", "l{h=0..1}"]), "`h` is already the name of another range");
        assert_eq!(
            one(&["h{h=a,b}", "l{h+1}"]),
            "`h` is a list of words, so nothing can be calculated from it"
        );
        assert_eq!(one(&["h{h=0..1}", "l{h-1}"]), "is -1, below zero, for `h` = 0");
        assert_eq!(one(&["h{h=0..1}", "l{4/h}"]), "divides 4 by zero for `h` = 0");
    }

    #[test]
    fn counts_do_not_overflow() {
        let pattern = Pattern::parse("{0..4294967295}{0..4294967295}{0..4294967295}").unwrap();
        assert_eq!(pattern.axes.iter().fold(1u64, |n, axis| n.saturating_mul(axis.len())), u64::MAX);
    }
}
