//! Patterns that belong together and share their axes: the two ends of links, a node's name and numbers.

use std::fmt::Write as _;

use super::expression::Expression;
use super::pattern::{Axis, Part, PatternFault, PatternItem, plain};
use super::reader::Item;
use crate::diag::{Diagnostic, nearest};

/// The largest number of names, or of links, that the patterns of one table may stand for.
pub(super) const MAX_EXPANSION: u64 = 1 << 22;

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
    use crate::input::reader::{Faults, Source};
    use crate::input::section::Section;

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
}
