//! Measured times of training steps as CSV, a row a run; columns are found by name.

use std::collections::BTreeMap;

/// A row: its cells by the names of columns, absent ones left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepRow {
    /// Where it begins in the file, from 1.
    pub line: u64,
    cells: BTreeMap<String, String>,
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

/// Reads the rows of a file.
///
/// # Errors
/// What keeps it from being read.
pub fn read(bytes: &[u8]) -> Result<Vec<StepRow>, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let names = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = names
            .iter()
            .zip(&record)
            .filter(|(_, cell)| !cell.trim().is_empty())
            .map(|(name, cell)| (name.trim().to_owned(), cell.trim().to_owned()))
            .collect();
        rows.push(StepRow { line, cells });
    }
    Ok(rows)
}
