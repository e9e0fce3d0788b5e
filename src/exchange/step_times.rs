//! Measured times of training steps as CSV, a row a run.
//!
//! Columns are found by name, in any order; those that are not known are ignored. See `docs/steps.md` for the columns.
//! A row that cannot be used is left out with the reason; a file of which no row can be used is refused.

use std::collections::BTreeMap;

use super::lines::text;
use super::records::{Cell, Record, Records};
use super::{Rejected, is_absent, listed, quoted};
use crate::diag::{Diagnostic, FileId, Place, SourceMap, nearest};

/// Columns that a file must have: without one of them no row can be predicted.
pub const NEEDED: [&str; 8] = ["model", "seq", "gbs", "gpus", "gpu_type", "tp", "pp", "step_time_s"];

/// Columns of whole numbers above zero, each with the most that it may be.
const COUNTS: [(&str, u32); 23] = [
    ("L", 1 << 14),
    ("h", 1 << 20),
    ("ffn", 1 << 22),
    ("heads", 1 << 14),
    ("kv_heads", 1 << 14),
    ("head_dim", 1 << 14),
    ("vocab", 1 << 26),
    ("experts", 1 << 16),
    ("topk", 1 << 16),
    ("expert_ffn", 1 << 22),
    ("shared_experts", 1 << 16),
    ("seq", 1 << 27),
    ("gbs", 1 << 27),
    ("gpus", 1 << 22),
    ("gpus_per_scaleup", 1 << 22),
    ("tp", 1 << 22),
    ("pp", 1 << 22),
    ("vpp", 1 << 14),
    ("cp", 1 << 22),
    ("dp", 1 << 22),
    ("ep", 1 << 22),
    ("mbs", 1 << 27),
    ("microbatches", 1 << 27),
];

/// Columns of numbers above zero, each with the least and the most that it may be.
const NUMBERS: [(&str, f64, f64); 3] =
    [("step_time_s", 1e-6, 864e3), ("scaleup_GBps_dir", 1e-3, 1e6), ("scaleout_Gbps_per_gpu", 1e-3, 1e6)];

/// Columns whose numbers may be zero, for nothing of the kind, or have a fraction, for a mean.
const LOOSE: [&str; 3] = ["shared_experts", "mbs", "microbatches"];

/// Columns of texts.
const TEXTS: [&str; 14] = [
    "id",
    "quality",
    "group",
    "source",
    "task",
    "model",
    "act",
    "gpu_type",
    "precision",
    "sharding",
    "recompute",
    "overlap",
    "framework",
    "notes",
];

/// So many rows that were left out are named, the others counted.
const NAMED: usize = 100;

/// All columns that are read.
fn known() -> impl Iterator<Item = &'static str> {
    let counts = COUNTS.iter().map(|(name, _)| *name);
    TEXTS.into_iter().chain(counts).chain(NUMBERS.iter().map(|(name, ..)| *name))
}

/// A row: its cells by the names of columns, absent ones left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepRow {
    /// The line that it begins in, from 1.
    pub line: usize,
    cells: BTreeMap<&'static str, String>,
}

impl StepRow {
    /// The text of a column; nothing where it is empty or the file has no such column.
    pub fn text(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }

    /// The number of a column.
    pub fn number(&self, column: &str) -> Option<f64> {
        self.text(column)?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The whole number above zero of a column, which may be written with a fraction of zero.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range, as checked")]
    pub fn count(&self, column: &str) -> Option<u32> {
        let number = self.number(column)?;
        (number >= 1.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0).then_some(number as u32)
    }
}

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedRow {
    /// The line that it begins in, from 1.
    pub line: usize,
    /// Its id, where it has one.
    pub id: String,
    /// Why, with line and column: one lower-case sentence.
    pub why: String,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepTimes {
    /// The rows that can be used, in the order of the file.
    pub rows: Vec<StepRow>,
    /// The first of those that cannot.
    pub skipped: Vec<SkippedRow>,
    /// How many cannot, the unnamed ones among them.
    pub skipped_count: usize,
    /// Columns that are not known but named much like one that is and that the file lacks: sentences.
    pub notes: Vec<String>,
}

/// Reads the rows of a file; `name` is what the user knows it by.
///
/// # Errors
/// All that keeps the file as a whole from being used: needed columns that are missing, columns that stand twice, and
/// no row that can be used.
pub fn read(name: &str, bytes: &[u8]) -> Result<StepTimes, Rejected> {
    let text = text(name, bytes)?;
    let mut sources = SourceMap::default();
    let file = sources.add(name, text.as_str());
    read_text(&text, file).map_err(|mut diagnostics| {
        diagnostics.sort_by_key(|fault| fault.labels.first().map(|label| label.place.span.start));
        Rejected { sources, diagnostics }
    })
}

fn read_text(text: &str, file: FileId) -> Result<StepTimes, Vec<Diagnostic>> {
    let mut records = Records::new(text);
    let Some(header) = records.next() else {
        let place = Place { file, span: text.len()..text.len() };
        let fault = Diagnostic::error("E0701", "the file is empty").at(place, "it ends here").help(format!(
            "a line of column names is expected, {} among them, and a row for each run",
            listed(NEEDED)
        ));
        return Err(vec![fault]);
    };
    let (columns, notes) = columns(&header, file)?;
    let mut told = StepTimes { notes, ..StepTimes::default() };
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for record in records {
        match row(&record, &columns, header.cells.len(), text, &ids) {
            Ok(row) => {
                if let Some(id) = row.text("id") {
                    ids.insert(id.to_owned(), row.line);
                }
                told.rows.push(row);
            }
            Err(why) => {
                told.skipped_count += 1;
                if told.skipped.len() < NAMED {
                    let id = columns.iter().position(|column| *column == Some("id"));
                    let id = id.and_then(|at| record.cells.get(at)).map_or("", |cell| &cell.text);
                    told.skipped.push(SkippedRow { line: record.line, id: id.to_owned(), why });
                }
            }
        }
    }
    if told.rows.is_empty() {
        let why = told
            .skipped
            .first()
            .map_or_else(|| "there are no rows below the names".to_owned(), |row| row.why.clone());
        let fault = Diagnostic::error("E0701", format!("no row can be used: {why}"))
            .at(Place { file, span: header.span }, "the columns")
            .help("write a row for each run; seconds of a step are in `step_time_s`");
        return Err(vec![fault]);
    }
    Ok(told)
}

/// Which known column stands where, and what is odd.
#[expect(clippy::type_complexity, reason = "two lists and the faults")]
fn columns(
    header: &Record<'_>,
    file: FileId,
) -> Result<(Vec<Option<&'static str>>, Vec<String>), Vec<Diagnostic>> {
    let place = |cell: &Cell<'_>| Place { file, span: cell.span.clone() };
    let find = |name: &str| header.cells.iter().find(|cell| cell.text == name);
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    // A cell that is no column itself may be a slip for one that is missing.
    let slip = |name: &str| {
        let strangers = header.cells.iter().filter(|cell| !known().any(|known| known == cell.text));
        let longer = format!("{name}_");
        strangers.into_iter().find(|cell| {
            cell.text.eq_ignore_ascii_case(name)
                || name.len() > 3 && nearest(&cell.text, [name]).is_some()
                || NEEDED.contains(&name) && cell.text.to_ascii_lowercase().starts_with(&longer)
        })
    };
    for name in known().filter(|name| find(name).is_none()) {
        let slip = slip(name);
        if NEEDED.contains(&name) {
            let at = slip.map_or(Place { file, span: header.span.clone() }, place);
            let fault = Diagnostic::error("E0701", format!("there is no column `{name}`"))
                .at(at, "the first line must hold the names of the columns");
            faults.push(match slip {
                Some(slip) => fault.help(format!("rename {} to `{name}`", quoted(&slip.text))),
                None => fault.help(format!("needed are {}", listed(NEEDED))),
            });
        } else if let Some(slip) = slip {
            notes.push(format!(
                "column {} is not known and ignored; did you mean `{name}`?",
                quoted(&slip.text)
            ));
        }
    }
    let mut found: Vec<Option<&'static str>> = Vec::new();
    for cell in &header.cells {
        let column = known().find(|name| *name == cell.text);
        if let (Some(name), true) = (column, found.contains(&column)) {
            let mut fault = Diagnostic::error("E0701", format!("the column `{name}` stands twice"))
                .at(place(cell), "this is the second");
            if let Some(first) = find(name) {
                fault = fault.at(place(first), "this is the first");
            }
            faults.push(fault.help("leave only one of them"));
        }
        found.push(column);
    }
    if faults.is_empty() { Ok((found, notes)) } else { Err(faults) }
}

/// A row, or why it cannot be used.
fn row(
    record: &Record<'_>,
    columns: &[Option<&'static str>],
    width: usize,
    text: &str,
    ids: &BTreeMap<String, usize>,
) -> Result<StepRow, String> {
    let line = record.line;
    let extra = record.cells.iter().skip(width).any(|cell| !cell.text.is_empty());
    if record.cells.len() < width || extra {
        return Err(format!("line {line}: expected {width} cells, found {}", record.cells.len()));
    }
    let mut cells = BTreeMap::new();
    for (cell, column) in record.cells.iter().zip(columns) {
        let Some(column) = column else { continue };
        if let Some(why) = wrong(column, &cell.text) {
            let (line, at) = place(record, cell, text);
            return Err(format!("line {line}, column {at}: `{column}` is {}, {why}", quoted(&cell.text)));
        }
        if !cell.text.is_empty() {
            cells.insert(*column, cell.text.clone().into_owned());
        }
    }
    let row = StepRow { line, cells };
    match row.text("id").and_then(|id| Some((id, ids.get(id)?))) {
        Some((id, first)) => {
            Err(format!("line {line}: the id {} stands in line {first} too, which counts alone", quoted(id)))
        }
        None => Ok(row),
    }
}

/// Line and column of a cell, both from 1; the column counts characters.
fn place(record: &Record<'_>, cell: &Cell<'_>, text: &str) -> (usize, usize) {
    let before = text.get(record.span.start..cell.span.start).unwrap_or_default();
    let line = record.line + before.matches('\n').count();
    (line, 1 + before.rsplit('\n').next().unwrap_or_default().chars().count())
}

/// What is expected of a column where its text is something else; `None` where it is fine or not given.
fn wrong(column: &str, text: &str) -> Option<String> {
    // How many stages a rank has is sometimes only known to be more than one.
    if is_absent(text) || text == "?" {
        return None;
    }
    let number = text.parse::<f64>().ok();
    if let Some((_, most)) = COUNTS.iter().find(|(name, _)| *name == column) {
        let (least, whole) = if LOOSE.contains(&column) { (0.0, false) } else { (1.0, true) };
        let fits =
            |number: &f64| (least..=f64::from(*most)).contains(number) && (!whole || number.fract() == 0.0);
        let what = if whole { "a whole number" } else { "a number" };
        return number.filter(fits).is_none().then(|| format!("expected {what} from {least} to {most}"));
    }
    let (_, least, most) = NUMBERS.iter().find(|(name, ..)| *name == column)?;
    let fits = |number: &f64| (*least..=*most).contains(number);
    number.filter(fits).is_none().then(|| format!("expected a number from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "id,model,seq,gbs,gpus,gpu_type,tp,pp,step_time_s,vpp\n";

    fn skipped(rows: &str) -> Vec<String> {
        let good = "good,m,1,1,1,g,1,1,1.5,\n";
        let told = read("a.csv", format!("{HEAD}{good}{rows}").as_bytes()).unwrap();
        assert_eq!(told.skipped.len(), told.skipped_count);
        told.skipped.into_iter().map(|row| row.why).collect()
    }

    fn rejected(text: &str) -> Vec<String> {
        read("a.csv", text.as_bytes())
            .unwrap_err()
            .diagnostics
            .into_iter()
            .map(|fault| fault.message)
            .collect()
    }

    #[test]
    fn rows_are_read_by_the_names_of_columns() {
        let text = "pp,step_time_s,x,model,seq,gbs,gpus,gpu_type,tp\n2,1.5,?,\"a, b\",4096.0,8,16,H100,?\n";
        let told = read("a.csv", text.as_bytes()).unwrap();
        let row = &told.rows[0];
        assert_eq!((row.line, row.text("model"), row.count("pp")), (2, Some("a, b"), Some(2)));
        assert_eq!((row.count("seq"), row.number("step_time_s")), (Some(4096), Some(1.5)));
        assert_eq!((row.text("tp"), row.count("tp")), (Some("?"), None));
        assert_eq!((row.text("x"), row.text("vpp")), (None, None));
        assert_eq!((told.skipped_count, told.notes), (0, Vec::new()));
    }

    #[test]
    fn rows_that_cannot_be_used_say_why() {
        assert_eq!(
            skipped(
                "a,m,1,1,1,g,1,1,fast,\nb,m,1,1,1,g,1.5,1,1,\nc,m,1,1\ngood,m,1,1,1,g,1,1,1,\nd,m,1,1,0,g,1,1,1,\n\
                 e,m,1,1,1,g,1,1,inf,\nf,m,1,1,1,g,1,1,1,,more\ng,m,1,1,1,g,1,1,1,,\n"
            ),
            [
                "line 3, column 17: `step_time_s` is `fast`, expected a number from 0.000001 to 864000",
                "line 4, column 13: `tp` is `1.5`, expected a whole number from 1 to 4194304",
                "line 5: expected 10 cells, found 4",
                "line 6: the id `good` stands in line 2 too, which counts alone",
                "line 7, column 9: `gpus` is `0`, expected a whole number from 1 to 4194304",
                "line 8, column 17: `step_time_s` is `inf`, expected a number from 0.000001 to 864000",
                "line 9: expected 10 cells, found 11",
            ]
        );
    }

    #[test]
    fn skipped_rows_are_named_up_to_a_bound() {
        let bad = "x,m,1,1,1,g,1,1,-1,\n".repeat(NAMED + 7);
        let told = read("a.csv", format!("{HEAD}g,m,1,1,1,g,1,1,1,\n{bad}").as_bytes()).unwrap();
        assert_eq!((told.skipped.len(), told.skipped_count), (NAMED, NAMED + 7));
    }

    #[test]
    fn a_file_without_rows_is_refused() {
        assert_eq!(rejected(""), ["the file is empty"]);
        assert_eq!(rejected(HEAD), ["no row can be used: there are no rows below the names"]);
        assert_eq!(
            rejected(&format!("{HEAD}a,m,1,1,1,g,1,1,0,\n")),
            [
                "no row can be used: line 2, column 17: `step_time_s` is `0`, expected a number from 0.000001 to 864000"
            ]
        );
    }

    #[test]
    fn an_optional_column_that_is_nearly_named_is_told() {
        let told =
            read("a.csv", b"model,seq,gbs,gpus,gpu_type,tp,pp,step_time_s,framwork\nm,1,1,1,g,1,1,1,x\n")
                .unwrap();
        assert_eq!(told.notes, ["column `framwork` is not known and ignored; did you mean `framework`?"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read("a.csv", &bytes);
        }

        #[test]
        fn no_rows_make_it_panic(rows in "[0-9a-z,\"\n\r .-]{0,200}") {
            let text = format!("{HEAD}{rows}");
            if let Ok(told) = read("a.csv", text.as_bytes()) {
                prop_assert!(told.rows.iter().all(|row| row.line >= 2));
            }
        }
    }
}
