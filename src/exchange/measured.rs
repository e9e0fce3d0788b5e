//! A measured collective as CSV: `# key = value` lines, then rows by column name.
//!
//! Columns are found by name, in any order; those that are not known are ignored, as are keys. See
//! `docs/systems.md` for the keys.

mod file;

use std::collections::BTreeMap;

use super::lines::{Line, cells, lines, text};
use super::{Rejected, is_absent, listed, quoted, size, time_us};
use crate::collective::Op;
use crate::diag::{Diagnostic, FileId, Place, SourceMap, nearest};

use file::MOST;
pub use file::{Given, Measured, Point, SkippedPoint};

/// Reads a measured file; `name` is what the user knows it by.
///
/// # Errors
/// All that keeps the file as a whole from being used: no header, no columns, no row that can be used, and needed
/// keys that are missing or make no sense.
pub fn read(name: &str, bytes: &[u8]) -> Result<Measured, Rejected> {
    let text = text(name, bytes)?;
    let mut sources = SourceMap::default();
    let file = sources.add(name, text.as_str());
    Reader::new(name, file).read(&text).map_err(|mut diagnostics| {
        diagnostics.sort_by_key(|fault| fault.labels.first().map(|label| label.place.span.start));
        Rejected { sources, diagnostics }
    })
}

/// A key of the header: its text and where that stands.
struct Key<'a> {
    text: &'a str,
    line: Line<'a>,
}

/// Where the known columns are.
struct Columns {
    count: usize,
    size: usize,
    time: Option<usize>,
    time_inplace: Option<usize>,
    algorithm: Option<usize>,
}

struct Reader<'n> {
    name: &'n str,
    file: FileId,
    faults: Vec<Diagnostic>,
    notes: Vec<String>,
}

impl<'n> Reader<'n> {
    const fn new(name: &'n str, file: FileId) -> Self {
        Self { name, file, faults: Vec::new(), notes: Vec::new() }
    }

    fn read(mut self, text: &str) -> Result<Measured, Vec<Diagnostic>> {
        let (comments, rows): (Vec<Line<'_>>, Vec<Line<'_>>) = lines(text)
            .filter(|line| !line.text.trim().is_empty())
            .partition(|line| line.text.trim_start().starts_with('#'));
        let keys = self.keys(&comments);
        let Some((first, rows)) = rows.split_first() else {
            let place = Place { file: self.file, span: text.len()..text.len() };
            let message = if keys.is_empty() { "the file is empty" } else { "the file has no rows" };
            let fault = Diagnostic::error("E0701", message)
                .at(place, "it ends here")
                .help("below the `#` lines, a line of column names such as `size_bytes,time_us` and rows are expected");
            self.faults.push(fault);
            return Err(self.faults);
        };
        let columns = self.columns(first);
        let op = self.operation(&keys, first);
        let nodes = self.needed(&keys, "nodes", 1, first);
        let per_node = self.needed(&keys, "gpus_per_node", 0, first);
        let ranks = self.needed(&keys, "ranks", 1, first);
        let (points, skipped) = columns.as_ref().map(|columns| self.rows(columns, rows)).unwrap_or_default();
        if let (Some(_), true) = (&columns, points.is_empty()) {
            let why = skipped
                .first()
                .map_or_else(|| "there are no rows below the names".into(), |row| row.why.clone());
            let fault = Diagnostic::error("E0701", format!("no row gives a size and a time: {why}"))
                .at(first.place(self.file, first.text), "the columns")
                .help("write a row for each size, with bytes and microseconds");
            self.faults.push(fault);
        }
        let (Some(op), Some(nodes), Some(gpus_per_node), Some(ranks), true) =
            (op, nodes, per_node, ranks, self.faults.is_empty())
        else {
            return Err(self.faults);
        };
        let id = keys.get("id").map(|key| key.text).filter(|id| !is_absent(id));
        let measured = Measured {
            id: id.map_or_else(|| stem(self.name), str::to_owned),
            op,
            nodes,
            gpus_per_node,
            ranks,
            header: keys.into_iter().map(|(key, value)| (key.to_owned(), value.text.to_owned())).collect(),
            points,
            skipped,
            notes: self.notes,
        };
        Ok(measured)
    }

    /// The keys of the header. A key that stands twice keeps its first text; where a needed one has two, neither is
    /// to be trusted.
    fn keys<'a>(&mut self, comments: &[Line<'a>]) -> BTreeMap<&'a str, Key<'a>> {
        const NEEDED: [&str; 4] = ["collective", "nodes", "gpus_per_node", "ranks"];
        let mut keys: BTreeMap<&str, Key<'_>> = BTreeMap::new();
        for line in comments {
            let Some((key, text)) = line.text.trim_start().trim_start_matches('#').split_once('=') else {
                continue;
            };
            let (key, text) = (key.trim(), text.trim());
            match keys.get(key) {
                None => {
                    keys.insert(key, Key { text, line: *line });
                }
                Some(first) if first.text == text => {}
                Some(first) if NEEDED.contains(&key) => {
                    let message =
                        format!("`{key}` is given as {} and as {}", quoted(first.text), quoted(text));
                    let fault = Diagnostic::error("E0702", message)
                        .at(line.place(self.file, text), "this is the second")
                        .at(first.line.place(self.file, first.text), "this is the first")
                        .help("leave only one of the lines");
                    self.faults.push(fault);
                }
                Some(first) => self.notes.push(format!(
                    "line {}: {} stands twice; the first, in line {}, is used",
                    line.number,
                    quoted(key),
                    first.line.number
                )),
            }
        }
        keys
    }

    fn columns(&mut self, line: &Line<'_>) -> Option<Columns> {
        let names = cells(line.text);
        let find = |name: &str| names.iter().position(|cell| cell.eq_ignore_ascii_case(name));
        let found = (find("size_bytes"), find("time_us"), find("time_inplace_us"));
        if let (Some(size), time, time_inplace) = found
            && (time.is_some() || time_inplace.is_some())
        {
            let algorithm = find("algorithm");
            return Some(Columns { count: names.len(), size, time, time_inplace, algorithm });
        }
        let (missing, wanted) = if found.0.is_none() {
            ("`size_bytes`", "size_bytes")
        } else {
            ("`time_us` or `time_inplace_us`", "time_us")
        };
        let near = names.iter().find(|cell| nearest(cell, [wanted]).is_some());
        let place = line.place(self.file, near.unwrap_or(&line.text));
        let mut fault = Diagnostic::error("E0701", format!("there is no column {missing}")).at(
            place,
            "this is the first line that is no `#` line, so it must hold the names of the columns",
        );
        fault = match near {
            Some(near) => fault.help(format!("rename {} to `{wanted}`", quoted(near))),
            None => fault.help("a first line may be `size_bytes,time_us,time_inplace_us`"),
        };
        self.faults.push(fault);
        None
    }

    fn missing(&mut self, key: &str, example: &str, columns: &Line<'_>) {
        let fault = Diagnostic::error("E0702", format!("the header has no `{key}`"))
            .at(columns.place(self.file, columns.text), "the header ends here")
            .help(format!("add a line such as `# {key} = {example}` above the names of the columns"));
        self.faults.push(fault);
    }

    fn operation(&mut self, keys: &BTreeMap<&str, Key<'_>>, columns: &Line<'_>) -> Option<Op> {
        let Some(key) = keys.get("collective").filter(|key| !is_absent(key.text)) else {
            self.missing("collective", "all_reduce", columns);
            return None;
        };
        let op = Op::from_name(&key.text.to_ascii_lowercase());
        if op.is_none() {
            let names: Vec<String> = Op::ALL.iter().map(|op| op.name().replace('-', "_")).collect();
            let mut fault = Diagnostic::error("E0702", format!("{} is no operation", quoted(key.text)))
                .at(key.line.place(self.file, key.text), "what was measured");
            fault = match nearest(key.text, names.iter().map(String::as_str)) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!("operations are {}", listed(names.iter().map(String::as_str)))),
            };
            self.faults.push(fault);
        }
        op
    }

    fn needed(
        &mut self,
        keys: &BTreeMap<&str, Key<'_>>,
        name: &str,
        least: u32,
        columns: &Line<'_>,
    ) -> Option<u32> {
        let Some(key) = keys.get(name).filter(|key| !is_absent(key.text)) else {
            self.missing(name, "8", columns);
            return None;
        };
        let count = key.text.parse::<u32>().ok().filter(|count| (least..=MOST).contains(count));
        if count.is_none() {
            let found = quoted(key.text);
            let message = format!("`{name}` is {found}, expected a whole number from {least} to {MOST}");
            let fault =
                Diagnostic::error("E0702", message).at(key.line.place(self.file, key.text), "in the header");
            self.faults.push(fault);
        }
        count
    }

    fn rows(&mut self, columns: &Columns, rows: &[Line<'_>]) -> (Vec<Point>, Vec<SkippedPoint>) {
        let (mut points, mut skipped) = (Vec::new(), Vec::new());
        for line in rows {
            match self.row(columns, line) {
                Ok(point) => points.push(point),
                Err(row) => skipped.push(row),
            }
        }
        let in_place = points.iter().filter(|point| point.in_place).count();
        if in_place > 0 {
            let what = if in_place == points.len() { "all".into() } else { in_place.to_string() };
            let rows = if in_place == 1 { "point has" } else { "points have" };
            self.notes.push(format!("{what} {rows} only a time in place, which is used"));
        }
        self.notes.extend(repeats(&points));
        (points, skipped)
    }

    fn row(&mut self, columns: &Columns, line: &Line<'_>) -> Result<Point, SkippedPoint> {
        let cells = cells(line.text);
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).copied().unwrap_or_default();
        let algorithm = Some(cell(columns.algorithm)).filter(|name| !name.is_empty()).map(str::to_owned);
        let bytes = size(cell(Some(columns.size)));
        let skip = |why: String| SkippedPoint {
            bytes: bytes.as_ref().ok().copied(),
            algorithm: algorithm.clone(),
            line: line.number,
            why: format!("line {}{why}", line.number),
        };
        let extra = cells.iter().skip(columns.count).any(|cell| !cell.is_empty());
        if cells.len() < columns.count || extra {
            return Err(skip(format!(": expected {} cells, found {}", columns.count, cells.len())));
        }
        let at = |column: &str, why: &str| format!(", column `{column}`: {why}");
        let bytes = match &bytes {
            Ok(bytes) => *bytes,
            Err(why) => return Err(skip(at("size_bytes", why))),
        };
        let time = |column: &str, place: Option<usize>| time_us(cell(place)).map_err(|why| at(column, &why));
        let out_of_place = time("time_us", columns.time).map_err(&skip)?;
        let time_inplace_us = match time("time_inplace_us", columns.time_inplace) {
            Ok(time) => time,
            Err(why) if out_of_place.is_some() => {
                self.notes.push(format!("line {}{why}; only the time out of place is used", line.number));
                None
            }
            Err(why) => return Err(skip(why)),
        };
        let in_place = out_of_place.is_none();
        match out_of_place.or(time_inplace_us) {
            Some(time_us) => {
                Ok(Point { bytes, algorithm: algorithm.clone(), time_us, time_inplace_us, in_place })
            }
            None => Err(skip(": there is no time".into())),
        }
    }
}

/// What is to be said of sizes that were measured more than once.
fn repeats(points: &[Point]) -> Option<String> {
    let mut seen: BTreeMap<(u64, Option<&str>), u32> = BTreeMap::new();
    for point in points {
        *seen.entry((point.bytes, point.algorithm.as_deref())).or_default() += 1;
    }
    let again = seen.values().filter(|count| **count > 1).count();
    (again > 0).then(|| format!("{again} sizes stand in several rows, each of which is a point"))
}

/// The name of a file without folder and extension.
fn stem(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    base.rsplit_once('.').map_or(base, |(stem, _)| stem).to_owned()
}
