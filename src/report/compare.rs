//! Several results side by side, matched case by case.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::number::quotient;
use super::series::scenario_names;
use crate::result::{Case, FabricSummary, RunResult, StackSummary};

/// The schema name of [`Comparison`].
pub const COMPARE_SCHEMA: &str = "railspine.compare/1";

/// Several results side by side. Cases match where operation, algorithm asked for, size and group are
/// equal, and the engine too if any of the results has several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Always `railspine.compare/1`.
    pub schema: String,
    /// What is compared; ratios are to the first.
    pub scenarios: Vec<Subject>,
    /// One entry a case that at least one of them has.
    pub rows: Vec<ComparisonRow>,
}

/// One of the results that are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// The scenario's name, with ` #2` behind it for the second of one name.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The seed of its random choices.
    pub seed: u64,
    /// Its fabric in short.
    pub fabric: FabricSummary,
    /// What the communication library and the host were taken for, where they add anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackSummary>,
}

/// One case in all the results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonRow {
    /// The operation.
    pub op: String,
    /// The algorithm that was asked for.
    pub requested_algorithm: String,
    /// The group's name, empty where none is given.
    pub group: String,
    /// Size in bytes.
    pub bytes: u64,
    /// One entry a scenario, in order; null where it has no such case.
    pub results: Vec<Option<Side>>,
}

/// What one scenario came to in one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// The algorithm that ran.
    pub algorithm: String,
    /// The engine that ran.
    pub engine: String,
    /// Ranks that took part.
    pub ranks: u32,
    /// The time, in picoseconds.
    pub time_ps: u64,
    /// Bytes over time, in 10^9 bytes per second.
    #[serde(rename = "algbw_GBps")]
    pub algbw_gbps: f64,
    /// algbw times the operation's bus factor, in 10^9 bytes per second.
    #[serde(rename = "busbw_GBps")]
    pub busbw_gbps: f64,
    /// The bound over the time, in percent.
    pub bound_percent: f64,
    /// The time over the first scenario's; null where that has no such case or took no time.
    pub time_ratio: Option<f64>,
}

/// What cases are matched by; the last tells apart cases of one result that are equal in all else.
type Key<'a> = (&'a str, &'a str, &'a str, &'a str, u64, usize);

impl Comparison {
    /// Sets results side by side; the first is what the others are measured by.
    pub fn new(results: &[RunResult]) -> Self {
        let engines_matter =
            results.iter().any(|result| result.cases.windows(2).any(|pair| pair[0].engine != pair[1].engine));
        let mut rows: Vec<ComparisonRow> = Vec::new();
        let mut row_of: BTreeMap<Key<'_>, usize> = BTreeMap::new();
        for (position, result) in results.iter().enumerate() {
            let mut seen: BTreeMap<Key<'_>, usize> = BTreeMap::new();
            for case in &result.cases {
                let mut key = key(case, engines_matter);
                let before = seen.entry(key).or_insert(0);
                key.5 = *before;
                *before += 1;
                let index = *row_of.entry(key).or_insert_with(|| {
                    rows.push(row(case, results.len()));
                    rows.len() - 1
                });
                let sides = &mut rows[index].results;
                let first = sides[0].as_ref().map(|side| side.time_ps);
                let base = if position == 0 { Some(case.time_ps) } else { first };
                sides[position] = Some(side(case, base));
            }
        }
        let scenarios = results
            .iter()
            .zip(scenario_names(results))
            .map(|(result, scenario)| Subject {
                scenario,
                title: result.title.clone(),
                seed: result.seed,
                fabric: result.fabric.clone(),
                stack: result.stack.clone(),
            })
            .collect();
        Self { schema: COMPARE_SCHEMA.into(), scenarios, rows }
    }
}

/// What a case is matched by, as the first of its kind.
fn key(case: &Case, engines_matter: bool) -> Key<'_> {
    let engine = if engines_matter { case.engine.as_str() } else { "" };
    (&case.op, &case.requested_algorithm, &case.group, engine, case.bytes, 0)
}

fn row(case: &Case, results: usize) -> ComparisonRow {
    ComparisonRow {
        op: case.op.clone(),
        requested_algorithm: case.requested_algorithm.clone(),
        group: case.group.clone(),
        bytes: case.bytes,
        results: vec![None; results],
    }
}

fn side(case: &Case, base: Option<u64>) -> Side {
    Side {
        algorithm: case.algorithm.clone(),
        engine: case.engine.clone(),
        ranks: case.ranks,
        time_ps: case.time_ps,
        algbw_gbps: case.algbw_gbps,
        busbw_gbps: case.busbw_gbps,
        bound_percent: case.bound_percent,
        time_ratio: base.filter(|&base| base > 0).map(|base| quotient(case.time_ps, base)),
    }
}
