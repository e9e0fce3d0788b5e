//! Cases sorted into series: what belongs on one line of a plot or in one block of a table.

use crate::result::{Case, RunResult};

/// What the cases of one series share, and how it is named.
#[derive(Debug, Clone)]
pub(super) struct Series<'a> {
    /// As short as it can be told apart: `ring`, `ring (analytic)`, `all-reduce ring`.
    pub(super) name: String,
    /// How much of the name is before what follows the algorithm.
    pub(super) head: usize,
    /// Which of the results it is from.
    pub(super) result: usize,
    /// Equal for series of several results that differ in nothing but the result.
    pub(super) kind: usize,
    /// The operation and group, shared by all that have the same bound.
    pub(super) topic: (String, String),
    /// Whether it was asked for as `auto`, so that it repeats other series by its nature.
    pub(super) auto: bool,
    /// Its cases by size, ascending.
    pub(super) cases: Vec<&'a Case>,
}

impl<'a> Series<'a> {
    /// The case of that size.
    pub(super) fn at(&self, bytes: u64) -> Option<&'a Case> {
        self.cases.iter().find(|case| case.bytes == bytes).copied()
    }

    /// The largest size.
    pub(super) fn largest(&self) -> Option<&'a Case> {
        self.cases.last().copied()
    }
}

/// The names of a case's properties that make it part of one series.
type Key = [String; 5];

/// The series of some results, in order of their first case.
pub(super) fn series<'a>(results: impl IntoIterator<Item = &'a RunResult>) -> Vec<Series<'a>> {
    let mut found: Vec<(Key, Series<'a>)> = Vec::new();
    let mut scenarios: Vec<String> = Vec::new();
    for (position, result) in results.into_iter().enumerate() {
        let scenario = distinct(&result.scenario, position, &scenarios);
        scenarios.push(scenario.clone());
        for case in &result.cases {
            let key = [
                scenario.clone(),
                case.op.clone(),
                case.group.clone(),
                case.requested_algorithm.clone(),
                case.engine.clone(),
            ];
            match found.iter_mut().find(|(other, _)| *other == key) {
                Some((_, series)) => series.cases.push(case),
                None => found.push((
                    key,
                    Series {
                        name: String::new(),
                        head: 0,
                        result: position,
                        kind: 0,
                        topic: (case.op.clone(), case.group.clone()),
                        auto: case.requested_algorithm == "auto",
                        cases: vec![case],
                    },
                )),
            }
        }
    }
    let varies: [bool; 5] = std::array::from_fn(|i| found.windows(2).any(|w| w[0].0[i] != w[1].0[i]));
    let stem = stem(&scenarios);
    let mut kinds: Vec<Vec<String>> = Vec::new();
    found
        .into_iter()
        .map(|(mut key, mut series)| {
            let kind = key[1..].to_vec();
            series.kind = kinds.iter().position(|other| *other == kind).unwrap_or_else(|| {
                kinds.push(kind);
                kinds.len() - 1
            });
            if stem > 0 {
                key[0] = format!("…{}", &key[0][stem..]);
            }
            (series.name, series.head) = name(&key, &varies);
            series.cases.sort_by_key(|case| case.bytes);
            series
        })
        .collect()
}

/// The scenario's name, told apart from an equal one before it.
fn distinct(name: &str, position: usize, taken: &[String]) -> String {
    let name = if name.is_empty() { "unnamed" } else { name };
    if taken.iter().any(|other| other == name) { format!("{name} #{}", position + 1) } else { name.into() }
}

/// The length of the words that all names begin with, where leaving them out is worth it.
fn stem(names: &[String]) -> usize {
    let [first, rest @ ..] = names else { return 0 };
    let words = first
        .char_indices()
        .filter(|(_, c)| matches!(c, '-' | '_' | ' ' | '.'))
        .map(|(at, c)| at + c.len_utf8());
    let common = |end: &usize| rest.iter().all(|name| name.starts_with(&first[..*end]) && name.len() > *end);
    words
        .filter(|&end| !rest.is_empty() && end < first.len())
        .take_while(common)
        .last()
        .filter(|&end| end > 4)
        .unwrap_or(0)
}

/// The scenario's names as [`series`] tells them apart.
pub(super) fn scenario_names(results: &[RunResult]) -> Vec<String> {
    distinct_names(results.iter().map(|result| result.scenario.as_str()))
}

/// The names, told apart where they are the same.
pub(super) fn distinct_names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (position, name) in all.enumerate() {
        names.push(distinct(name, position, &names));
    }
    names
}

/// The name of a series, and the length of its part before scenario, group and engine.
fn name([scenario, op, group, algorithm, engine]: &Key, varies: &[bool; 5]) -> (String, usize) {
    let scenarios_vary = varies[0];
    let mut parts = Vec::new();
    if varies[1] {
        parts.push(op.as_str());
    }
    if varies[3] || !(scenarios_vary || varies[1]) {
        parts.push(algorithm);
    }
    let mut name = parts.join(" ");
    let head = name.len();
    if scenarios_vary {
        name = if name.is_empty() { scenario.clone() } else { format!("{name}, {scenario}") };
    }
    let mut remarks = Vec::new();
    if varies[2] && !group.is_empty() {
        remarks.push(group.as_str());
    }
    if varies[4] {
        remarks.push(engine);
    }
    if !remarks.is_empty() {
        name = format!("{name} ({})", remarks.join(", "));
    }
    let head = if head == 0 { name.len() } else { head };
    (name, head)
}

/// What ran, and what was asked for where that differs: `auto -> ring`.
pub(super) fn algorithm(case: &Case) -> String {
    if case.requested_algorithm == case.algorithm || case.requested_algorithm.is_empty() {
        case.algorithm.clone()
    } else {
        format!("{} -> {}", case.requested_algorithm, case.algorithm)
    }
}

/// The value all cases share, if they do.
pub(super) fn shared<'a, T: PartialEq + 'a>(
    cases: impl IntoIterator<Item = &'a Case>,
    value: impl Fn(&'a Case) -> T,
) -> Option<T> {
    let mut cases = cases.into_iter();
    let first = value(cases.next()?);
    cases.all(|case| value(case) == first).then_some(first)
}
