//! Results as CSV: one line a case, columns named as in the JSON.
//!
//! What a communication library adds stands behind all other columns, and only where there is one, as in the JSON: those
//! who read by place find the others where they are without one.

use ::csv::Writer;
use serde::Serialize;

use super::compare::Comparison;
use super::stack;
use crate::result::RunResult;

/// A case without its lists; the busiest link stands for all.
#[derive(Serialize)]
struct CaseLine<'a> {
    scenario: &'a str,
    op: &'a str,
    algorithm: &'a str,
    requested_algorithm: &'a str,
    engine: &'a str,
    group: &'a str,
    ranks: u32,
    channels: u32,
    steps: &'a str,
    bytes: u64,
    start_ps: u64,
    time_ps: u64,
    #[serde(rename = "algbw_GBps")]
    algbw_gbps: f64,
    #[serde(rename = "busbw_GBps")]
    busbw_gbps: f64,
    bound_ps: u64,
    bound_kind: &'a str,
    bound_detail: &'a str,
    bound_percent: f64,
    latency_ps: u64,
    transfer_ps: u64,
    sharing_ps: u64,
    flows: u64,
    busiest_link: &'a str,
    busiest_link_bytes: Option<u64>,
    busiest_link_utilisation: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    library: Option<LibraryCells<'a>>,
}

/// What a communication library adds to a case.
#[derive(Serialize)]
struct LibraryCells<'a> {
    protocol: &'a str,
    launch_ps: u64,
    profile: &'a str,
    stack: &'a str,
}

/// A case of one scenario in a comparison.
#[derive(Serialize)]
struct SideLine<'a> {
    op: &'a str,
    requested_algorithm: &'a str,
    group: &'a str,
    bytes: u64,
    scenario: &'a str,
    algorithm: &'a str,
    engine: &'a str,
    ranks: u32,
    time_ps: u64,
    #[serde(rename = "algbw_GBps")]
    algbw_gbps: f64,
    #[serde(rename = "busbw_GBps")]
    busbw_gbps: f64,
    bound_percent: f64,
    time_ratio: Option<f64>,
}

const CASE_HEAD: [&str; 25] = [
    "scenario",
    "op",
    "algorithm",
    "requested_algorithm",
    "engine",
    "group",
    "ranks",
    "channels",
    "steps",
    "bytes",
    "start_ps",
    "time_ps",
    "algbw_GBps",
    "busbw_GBps",
    "bound_ps",
    "bound_kind",
    "bound_detail",
    "bound_percent",
    "latency_ps",
    "transfer_ps",
    "sharing_ps",
    "flows",
    "busiest_link",
    "busiest_link_bytes",
    "busiest_link_utilisation",
];

/// Names of [`LibraryCells`].
const LIBRARY_HEAD: [&str; 4] = ["protocol", "launch_ps", "profile", "stack"];

const SIDE_HEAD: [&str; 13] = [
    "op",
    "requested_algorithm",
    "group",
    "bytes",
    "scenario",
    "algorithm",
    "engine",
    "ranks",
    "time_ps",
    "algbw_GBps",
    "busbw_GBps",
    "bound_percent",
    "time_ratio",
];

/// A result, one line a case.
pub fn run(result: &RunResult) -> String {
    let stack = result.stack.as_ref().map(|stack| (stack, stack::line(stack)));
    let head: Vec<&str> =
        CASE_HEAD.into_iter().chain(LIBRARY_HEAD.into_iter().filter(|_| stack.is_some())).collect();
    let lines = result.cases.iter().map(|case| {
        let busiest = case.busiest_links.first();
        CaseLine {
            scenario: &result.scenario,
            op: &case.op,
            algorithm: &case.algorithm,
            requested_algorithm: &case.requested_algorithm,
            engine: &case.engine,
            group: &case.group,
            ranks: case.ranks,
            channels: case.channels,
            steps: &case.steps,
            bytes: case.bytes,
            start_ps: case.start_ps,
            time_ps: case.time_ps,
            algbw_gbps: case.algbw_gbps,
            busbw_gbps: case.busbw_gbps,
            bound_ps: case.bound_ps,
            bound_kind: &case.bound_kind,
            bound_detail: &case.bound_detail,
            bound_percent: case.bound_percent,
            latency_ps: case.critical_path.latency_ps,
            transfer_ps: case.critical_path.transfer_ps,
            sharing_ps: case.critical_path.sharing_ps,
            flows: case.flows,
            busiest_link: busiest.map_or("", |link| &link.link),
            busiest_link_bytes: busiest.map(|link| link.bytes),
            busiest_link_utilisation: busiest.map(|link| link.utilisation),
            library: stack.as_ref().map(|(stack, line)| LibraryCells {
                protocol: &case.protocol,
                launch_ps: case.critical_path.launch_ps,
                profile: &stack.profile,
                stack: line,
            }),
        }
    });
    write(&head, lines)
}

/// Several results, one line a case and scenario, the scenarios of a case behind each other.
pub fn compare(results: &[RunResult]) -> String {
    let comparison = Comparison::new(results);
    let lines = comparison.rows.iter().flat_map(|row| {
        comparison.scenarios.iter().zip(&row.results).filter_map(move |(subject, side)| {
            let side = side.as_ref()?;
            Some(SideLine {
                op: &row.op,
                requested_algorithm: &row.requested_algorithm,
                group: &row.group,
                bytes: row.bytes,
                scenario: &subject.scenario,
                algorithm: &side.algorithm,
                engine: &side.engine,
                ranks: side.ranks,
                time_ps: side.time_ps,
                algbw_gbps: side.algbw_gbps,
                busbw_gbps: side.busbw_gbps,
                bound_percent: side.bound_percent,
                time_ratio: side.time_ratio,
            })
        })
    });
    write(&SIDE_HEAD, lines)
}

/// The head is written apart from the lines, so that it is there where no line is.
pub(super) fn write<T: Serialize>(head: &[&str], lines: impl Iterator<Item = T>) -> String {
    let mut writer = ::csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    fill(&mut writer, head, lines).expect("memory takes what is written, and the lines are flat");
    let bytes = writer.into_inner().expect("memory takes what is written");
    String::from_utf8(bytes).expect("texts and numbers are UTF-8")
}

fn fill<T: Serialize>(
    writer: &mut Writer<Vec<u8>>,
    head: &[&str],
    lines: impl Iterator<Item = T>,
) -> Result<(), ::csv::Error> {
    writer.write_record(head)?;
    for line in lines {
        writer.serialize(line)?;
    }
    Ok(())
}
