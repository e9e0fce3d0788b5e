//! What nccl-tests and rccl-tests print, as they print it, between whatever else is in the log.
//!
//! The table is found by its line of column names (`size count type ... time algbw busbw`), so versions with and
//! without `redop`, `root`, `#wrong` or `error` are all read. Marks of launchers (`[1,0]<stdout>:`, `0: `) are taken off.

mod table;

use std::collections::{BTreeMap, BTreeSet};

use super::lines::{Line, lines};
use super::{Point, Rejected, SkippedPoint, listed, quoted};
use crate::collective::Op;
use crate::diag::{Diagnostic, Place, SourceMap};

use table::{Row, Table, row};

/// A host of a log and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Ranks on it.
    pub ranks: u32,
}

/// A log of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// The operation.
    pub op: Op,
    /// Ranks of a collective, where the log tells.
    pub ranks: Option<u32>,
    /// Hosts in the order of ranks; empty where the log does not list its devices.
    pub hosts: Vec<Host>,
    /// What the devices call themselves, such as `NVIDIA H100 80GB HBM3`, where they all do so alike.
    pub device: Option<String>,
    /// How many accelerators one process drives, where the log tells (`nThread` times `nGpus`).
    pub per_process: Option<u32>,
    /// Version of the library, such as `2.18.5`.
    pub release: Option<String>,
    /// The points, in the order of the log.
    pub points: Vec<Point>,
    /// Rows that give no point.
    pub skipped: Vec<SkippedPoint>,
    /// What else is to be said: sentences.
    pub notes: Vec<String>,
}

/// Programs by name, with what they measure; `None` where it is no operation here.
const PROGRAMS: [(&str, Option<Op>); 12] = [
    ("all_reduce_perf", Some(Op::AllReduce)),
    ("all_gather_perf", Some(Op::AllGather)),
    ("reduce_scatter_perf", Some(Op::ReduceScatter)),
    ("alltoall_perf", Some(Op::AllToAll)),
    ("all_to_all_perf", Some(Op::AllToAll)),
    ("alltoallv_perf", None),
    ("broadcast_perf", Some(Op::Broadcast)),
    ("reduce_perf", Some(Op::Reduce)),
    ("sendrecv_perf", Some(Op::SendRecv)),
    ("gather_perf", None),
    ("scatter_perf", None),
    ("hypercube_perf", None),
];

/// Reads a log; `name` is what the user knows it by, `op` what the user says that it measures.
///
/// # Errors
/// Where there is no table, no row that can be used, or no single operation.
pub fn read(name: &str, bytes: &[u8], op: Option<Op>) -> Result<Log, Rejected> {
    let text = String::from_utf8_lossy(bytes);
    let mut sources = SourceMap::default();
    let file = sources.add(name, text.as_ref());
    let mut reader = Reader::default();
    for line in lines(&text) {
        reader.line(line);
    }
    let end = Place { file, span: text.len()..text.len() };
    reader
        .finish(name, op, |line, part| line.map_or(end.clone(), |line| line.place(file, part)))
        .map_err(|diagnostic| Rejected { sources, diagnostics: vec![diagnostic] })
}

/// The device line of a rank.
struct Device {
    group: u32,
    host: String,
    name: String,
}

#[derive(Default)]
struct Reader<'a> {
    table: Option<Table>,
    first_table: Option<Line<'a>>,
    /// Programs named, each with the first place.
    programs: Vec<(&'static str, Option<Op>, Line<'a>, &'a str)>,
    devices: BTreeMap<u32, Device>,
    nranks: Option<u32>,
    per_process: Option<u32>,
    version: Option<String>,
    out_of_bounds: Option<u64>,
    rows: Vec<Row>,
    first_row: Option<Line<'a>>,
    skipped: Vec<SkippedPoint>,
    notes: Vec<String>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: Line<'a>) {
        let text = bare(line.text).trim();
        self.program(line, text);
        if let Some(table) = Table::of(text) {
            self.first_table.get_or_insert(line);
            self.table = Some(table);
            return;
        }
        if let Some(comment) = text.strip_prefix('#') {
            self.comment(comment.trim());
        } else if text.contains("NCCL INFO") || text.contains("NCCL WARN") {
            if let Some(count) = word_after(text, "nranks").and_then(|word| word.parse().ok()) {
                self.nranks.get_or_insert(count);
            }
            self.find_version(text);
        } else if starts_with_counts(text) {
            self.row(line, text);
        } else {
            self.find_version(text);
        }
    }

    fn program(&mut self, line: Line<'a>, text: &'a str) {
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
            // The programs of MPI builds end so.
            let bare = word.strip_suffix("_mpi").unwrap_or(word);
            if let Some((name, op)) = PROGRAMS.iter().find(|(name, _)| *name == bare)
                && !self.programs.iter().any(|(_, known, ..)| known == op)
            {
                self.programs.push((name, *op, line, word));
            }
        }
    }

    fn comment(&mut self, text: &str) {
        let found =
            text.strip_prefix("Out of bounds values").and_then(|rest| rest.trim_start().strip_prefix(':'));
        if let Some(found) = found {
            self.out_of_bounds = found.split_whitespace().next().and_then(|word| word.parse().ok());
        } else if let Some((rank, device)) = device(text) {
            self.devices.insert(rank, device);
        } else if let (Some(threads), Some(each)) = (word_after(text, "nThread"), word_after(text, "nGpus"))
            && let (Ok(threads), Ok(each)) = (threads.parse::<u32>(), each.parse::<u32>())
        {
            self.per_process = threads.checked_mul(each).filter(|count| *count > 0);
        }
        self.find_version(text);
    }

    fn find_version(&mut self, text: &str) {
        for label in ["NCCL version", "RCCL version", "nccl version", "rccl version"] {
            if self.version.is_none()
                && let Some(word) =
                    text.find(label).map(|at| text[at + label.len()..].trim_start_matches([':', ' ']))
            {
                let end = word.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(word.len());
                let version = word[..end].trim_end_matches('.');
                if version.contains('.') {
                    self.version = Some(version.to_owned());
                }
            }
        }
    }

    fn row(&mut self, line: Line<'a>, text: &str) {
        self.first_row.get_or_insert(line);
        let Some(table) = &self.table else { return };
        match row(table, &text.split_whitespace().collect::<Vec<_>>()) {
            Ok(row) => self.rows.push(row),
            Err((bytes, why)) => self.skipped.push(SkippedPoint {
                bytes,
                algorithm: None,
                line: line.number,
                why: format!("line {}{why}", line.number),
            }),
        }
    }

    fn finish(
        mut self,
        name: &str,
        told: Option<Op>,
        place: impl Fn(Option<Line<'_>>, &str) -> Place,
    ) -> Result<Log, Diagnostic> {
        let Some(table) = self.first_table else {
            let at = self.first_row.map_or_else(|| place(None, ""), |line| place(Some(line), line.text));
            let message = if self.first_row.is_some() {
                "rows come before any names of columns"
            } else {
                "the log holds no table of nccl-tests"
            };
            return Err(Diagnostic::error("E0703", message)
                .at(at, "a line such as `#  size  count  type  redop  root  time  algbw  busbw` is expected before")
                .help("give the whole output of the program, with its lines that start with `#`"));
        };
        if self.rows.is_empty() {
            let why = self.skipped.first().map_or("no rows follow", |row| row.why.as_str());
            return Err(Diagnostic::error("E0703", format!("the table of the log has no times: {why}"))
                .at(place(Some(table), table.text), "the names of its columns")
                .help("give the whole output of the program, with a row for each size"));
        }
        let (hosts, ranks) = self.hosts();
        let op = self.operation(name, told, ranks, table, &place)?;
        let device = self.one_device();
        let in_place = self.rows.iter().filter(|row| row.point.in_place).count();
        if in_place > 0 {
            self.notes.push(format!(
                "{in_place} of {} points have only a time in place, which is used",
                self.rows.len()
            ));
        }
        if let Some(wrong) = self.out_of_bounds.filter(|wrong| *wrong > 0) {
            self.notes.push(format!("the log counts {wrong} values out of bounds: its results were wrong"));
        }
        if ranks.is_none() {
            self.notes.push("the log does not list its devices, so the number of ranks is not known".into());
        }
        Ok(Log {
            op,
            ranks,
            hosts,
            device,
            per_process: self.per_process,
            release: self.version,
            points: self.rows.into_iter().map(|row| row.point).collect(),
            skipped: self.skipped,
            notes: self.notes,
        })
    }

    /// Hosts in the order of ranks, and the ranks of a collective. Where the program splits ranks into groups that run
    /// side by side, a collective has those of one group.
    fn hosts(&mut self) -> (Vec<Host>, Option<u32>) {
        let first = self.devices.values().next().map_or(0, |device| device.group);
        let groups: BTreeSet<u32> = self.devices.values().map(|device| device.group).collect();
        let mut hosts: Vec<Host> = Vec::new();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for device in self.devices.values().filter(|device| device.group == first) {
            let at = *known.entry(&device.host).or_insert_with(|| {
                hosts.push(Host { name: device.host.clone(), ranks: 0 });
                hosts.len() - 1
            });
            hosts[at].ranks += 1;
        }
        if groups.len() > 1 {
            self.notes.push(format!("{} groups ran side by side; the ranks are those of one", groups.len()));
        }
        let listed = hosts.iter().map(|host| host.ranks).sum::<u32>();
        let ranks = if listed > 0 { Some(listed) } else { self.nranks.filter(|count| *count > 0) };
        if let (true, Some(told)) = (listed > 0, self.nranks)
            && told != listed
        {
            self.notes
                .push(format!("{listed} ranks of a group are listed, but the library speaks of {told}"));
        }
        (hosts, ranks)
    }

    fn one_device(&mut self) -> Option<String> {
        let mut names: Vec<&str> = self.devices.values().map(|device| device.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        match names[..] {
            [] | [""] => None,
            [one] => Some(one.to_owned()),
            [first, ..] => {
                let note = format!("the devices are of {} kinds, such as {}", names.len(), quoted(first));
                self.notes.push(note);
                None
            }
        }
    }

    fn operation(
        &self,
        name: &str,
        told: Option<Op>,
        ranks: Option<u32>,
        table: Line<'_>,
        place: &impl Fn(Option<Line<'_>>, &str) -> Place,
    ) -> Result<Op, Diagnostic> {
        const SAY: &str = "say which operation was measured, with `--op`";
        if let Some(op) = told {
            return Ok(op);
        }
        match self.programs[..] {
            [] => {}
            [(_, Some(op), ..)] => return Ok(op),
            [(program, None, line, word)] => {
                let known = PROGRAMS.iter().filter(|(_, op)| op.is_some()).map(|(name, _)| *name);
                return Err(Diagnostic::error(
                    "E0703",
                    format!("`{program}` measures no operation that is known here"),
                )
                .at(place(Some(line), word), "named here")
                .help(format!("known are {}", listed(known))));
            }
            [(first, _, one, word), (second, _, other, word2), ..] => {
                return Err(Diagnostic::error("E0703", format!("the log names `{first}` and `{second}`"))
                    .at(place(Some(other), word2), "this is the second")
                    .at(place(Some(one), word), "this is the first")
                    .help(format!("cut the log so that it holds one, or {SAY}")));
            }
        }
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let in_name = PROGRAMS
            .iter()
            .filter(|(program, op)| op.is_some() && base.contains(program.trim_end_matches("_perf")))
            .max_by_key(|(program, _)| program.len());
        if let Some((_, Some(op))) = in_name {
            return Ok(*op);
        }
        let candidates = self.candidates(ranks);
        match candidates[..] {
            [op] => Ok(op),
            _ => {
                let names: Vec<String> = candidates.iter().map(|op| format!("`{op}`")).collect();
                let which = if names.is_empty() { "any operation".into() } else { names.join(" or ") };
                Err(Diagnostic::error("E0703", "the log does not tell which operation was measured")
                    .at(place(Some(table), table.text), format!("these columns may be of {which}"))
                    .help(SAY))
            }
        }
    }

    /// The operations that the ratios of bandwidths allow.
    fn candidates(&self, ranks: Option<u32>) -> Vec<Op> {
        let mut ratios: Vec<f64> = self.rows.iter().filter_map(|row| row.ratio).collect();
        ratios.sort_by(f64::total_cmp);
        let (Some(ranks), Some(&ratio)) = (ranks, ratios.get(ratios.len() / 2)) else { return Vec::new() };
        let reduces = self.rows.iter().find_map(|row| row.reduces);
        let rooted = self.rows.iter().find_map(|row| row.root).map(|root| root >= 0);
        Op::ALL
            .into_iter()
            .filter(|op| *op != Op::AllToAllV && (op.bus_factor(ranks) - ratio).abs() < 0.004 * ratio)
            .filter(|op| {
                let sums = matches!(op, Op::AllReduce | Op::ReduceScatter | Op::Reduce);
                reduces.is_none_or(|reduces| reduces == sums)
            })
            .filter(|op| rooted.is_none_or(|rooted| rooted == op.is_rooted()))
            .collect()
    }
}

/// The line without marks of launchers: `[1,0]<stdout>:` of mpirun, `0: ` of srun.
fn bare(line: &str) -> &str {
    let line = line.trim_start();
    if line.starts_with('[') {
        for mark in ["<stdout>:", "<stderr>:"] {
            if let Some(at) = line.find(mark)
                && line[..at].ends_with(']')
            {
                return &line[at + mark.len()..];
            }
        }
    }
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match line[digits..].strip_prefix(": ") {
        Some(rest) if digits > 0 => rest,
        _ => line,
    }
}

/// True where the first two words are whole numbers, as rows have.
fn starts_with_counts(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let mut count = || words.next().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    count() && count()
}

fn word_after<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let mut words = text.split_whitespace();
    words.find(|word| *word == label)?;
    words.next()
}

/// `Rank  0 Group  0 Pid 1 on host device  0 [0x07] NAME`, with or without the group.
fn device(text: &str) -> Option<(u32, Device)> {
    let rank = word_after(text, "Rank").filter(|_| text.starts_with("Rank"))?.parse().ok()?;
    let group = word_after(text, "Group").and_then(|word| word.parse().ok()).unwrap_or(0);
    let host = word_after(text, "on")?.to_owned();
    let at = text.find("device")?;
    let name = text[at..].split_once(']').map(|(_, name)| name.trim()).unwrap_or_default();
    Some((rank, Device { group, host, name: name.to_owned() }))
}
