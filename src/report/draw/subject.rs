//! What a figure is about: its title, its series, and the size it shows where it shows one.

use std::collections::BTreeSet;

use super::style::Look;
use super::{DrawError, kind_name};
use crate::report::number::counted;
use crate::report::series::{Series, scenario_names, series, shared};
use crate::report::stack;
use crate::result::{Case, PlotKind, PlotSpec, RunResult};
use crate::units::Bytes;

/// What a figure is about.
pub(super) struct Subject<'a> {
    /// The picture's name.
    pub(super) name: String,
    /// Its heading.
    pub(super) title: String,
    /// The fabric, or those that are compared.
    fabrics: String,
    /// The stack, or those that are compared.
    stacks: String,
    /// All series, in order.
    pub(super) series: Vec<Series<'a>>,
    /// The size asked for.
    pub(super) bytes: Option<u64>,
}

/// One series at one size.
pub(super) struct Shot<'a> {
    /// The name of its series; `auto` is told of behind it where it chose the same.
    pub(super) name: String,
    /// The index of its series among all.
    pub(super) index: usize,
    pub(super) look: Look,
    pub(super) case: &'a Case,
}

impl<'a> Subject<'a> {
    /// One result.
    pub(super) fn of_run(result: &'a RunResult, plot: &PlotSpec) -> Self {
        let own = if result.title.is_empty() { &result.scenario } else { &result.title };
        let name = if plot.name.is_empty() { kind_name(plot.kind) } else { &plot.name };
        Self {
            name: name.into(),
            title: plot.title.clone().unwrap_or_else(|| own.clone()),
            fabrics: fabrics(std::slice::from_ref(result)),
            stacks: stacks(std::slice::from_ref(result)),
            series: series([result]),
            bytes: plot.bytes,
        }
    }

    /// Several results.
    pub(super) fn of_comparison(results: &'a [RunResult], kind: PlotKind) -> Self {
        Self {
            name: format!("compare-{}", kind_name(kind)),
            title: scenario_names(results).join(" against "),
            fabrics: fabrics(results),
            stacks: stacks(results),
            series: series(results),
            bytes: None,
        }
    }

    /// What all cases share, for the line below the heading.
    pub(super) fn facts<'c>(&self, cases: impl IntoIterator<Item = &'c Case> + Clone) -> String {
        let mut facts = Vec::new();
        if let Some(op) = shared(cases.clone(), |case| case.op.as_str()) {
            facts.push(op.to_string());
        }
        if let Some(bytes) = shared(cases.clone(), |case| case.bytes) {
            facts.push(Bytes(bytes).to_string());
        }
        if let Some(ranks) = shared(cases.clone(), |case| case.ranks) {
            facts.push(counted(ranks.into(), "rank"));
        }
        if !self.fabrics.is_empty() {
            facts.push(self.fabrics.clone());
        }
        if let Some(engine) = shared(cases, |case| case.engine.as_str()).filter(|engine| !engine.is_empty()) {
            facts.push(format!("{engine} engine"));
        }
        // Last, since it may be long, and what finds no room is cut from the end.
        if !self.stacks.is_empty() {
            facts.push(self.stacks.clone());
        }
        facts.join(" · ")
    }

    /// One case of each series that `wanted` holds for: of the size asked for, else of the largest that all
    /// series have, else of the largest of each. What `auto` chose is not shown beside the same choice.
    pub(super) fn shots(&self, wanted: impl Fn(&Case) -> bool) -> Result<Vec<Shot<'a>>, DrawError> {
        let bytes = match self.bytes {
            Some(bytes) => Some(bytes),
            None => self.common_size(&wanted),
        };
        let mut shots: Vec<Shot<'a>> = Vec::new();
        for (index, series) in self.series.iter().enumerate() {
            let case = match bytes {
                Some(bytes) => series.at(bytes).filter(|case| wanted(case)),
                None => series.cases.iter().rev().find(|case| wanted(case)).copied(),
            };
            let Some(case) = case else { continue };
            let look = self.look(index);
            let name = if bytes.is_none() && self.series.len() > 1 {
                format!("{}, {}", series.name, Bytes(case.bytes))
            } else {
                series.name.clone()
            };
            shots.push(Shot { name, index, look, case });
        }
        if shots.is_empty() {
            return Err(DrawError::Nothing(match self.bytes {
                Some(bytes) => format!("no case of {} has what this plot shows", Bytes(bytes)),
                None => "no case has what this plot shows".into(),
            }));
        }
        self.fold_auto(&mut shots);
        // What is to be compared stands side by side.
        shots.sort_by_key(|shot| self.series[shot.index].kind);
        Ok(shots)
    }

    /// How a series looks: in a colour for each algorithm, and where a few results have several each, the results
    /// told apart by solid and dashed.
    pub(super) fn look(&self, index: usize) -> Look {
        let own = &self.series[index];
        let results = self.series.iter().map(|series| series.result).max().unwrap_or(0) + 1;
        let several = self.series.windows(2).any(|pair| pair[0].result == pair[1].result);
        if results > 1 && results <= 3 && several {
            Look::of(own.kind).variant(own.result)
        } else {
            Look::of(index)
        }
    }

    fn common_size(&self, wanted: impl Fn(&Case) -> bool) -> Option<u64> {
        let mut common: Option<BTreeSet<u64>> = None;
        for series in &self.series {
            let sizes: BTreeSet<u64> =
                series.cases.iter().filter(|case| wanted(case)).map(|case| case.bytes).collect();
            if sizes.is_empty() {
                continue;
            }
            common = Some(match common {
                None => sizes,
                Some(common) => common.intersection(&sizes).copied().collect(),
            });
        }
        common?.last().copied()
    }

    /// Where `auto` chose what is shown anyway, says so in the name of that and shows it once; else says what it chose.
    fn fold_auto(&self, shots: &mut Vec<Shot<'a>>) {
        let mut folded = Vec::new();
        for i in 0..shots.len() {
            let shot = &shots[i];
            let own = &self.series[shot.index];
            if !own.auto {
                continue;
            }
            let twin = shots.iter().position(|other| {
                let series = &self.series[other.index];
                !series.auto
                    && (series.result, &series.topic) == (own.result, &own.topic)
                    && (&other.case.engine, &other.case.algorithm)
                        == (&shot.case.engine, &shot.case.algorithm)
                    && other.case.time_ps == shot.case.time_ps
            });
            if let Some(twin) = twin {
                let head = self.series[shots[twin].index].head;
                shots[twin].name.insert_str(head, " = auto");
                folded.push(i);
            } else {
                let (head, chosen) = (own.head, format!(" → {}", shot.case.algorithm));
                shots[i].name.insert_str(head, &chosen);
            }
        }
        for i in folded.into_iter().rev() {
            shots.remove(i);
        }
    }
}

fn fabrics(results: &[RunResult]) -> String {
    distinct(results.iter().map(|result| result.fabric.name.clone()).filter(|name| !name.is_empty()))
        .join(", ")
}

fn stacks(results: &[RunResult]) -> String {
    distinct(results.iter().filter_map(|result| result.stack.as_ref()).map(stack::short)).join("; ")
}

/// Each name once, in the order in which they come.
fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}
