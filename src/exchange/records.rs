//! Records of a CSV file with the places of their cells.
//!
//! Cells in double quotes may hold commas, line ends and doubled quotes (RFC 4180). A quote that never closes, or that
//! swallows lines until the record has another number of cells than the header, is taken for a slip: the record is then
//! read as its first line alone, so that one slip spoils one row.

use std::borrow::Cow;
use std::ops::Range;

/// A cell: its text without quotes and blanks around it, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell<'a> {
    /// What it holds.
    pub(super) text: Cow<'a, str>,
    /// The bytes of the file that it takes, without blanks around it.
    pub(super) span: Range<usize>,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// The line that it begins in, from 1.
    pub(super) line: usize,
    /// Its bytes, without the line end.
    pub(super) span: Range<usize>,
    /// Its cells.
    pub(super) cells: Vec<Cell<'a>>,
}

impl Record<'_> {
    /// Whether nothing stands in it.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.is_empty())
    }
}

/// The records of a text, blank lines left out. The first one is the header.
#[derive(Debug)]
pub(super) struct Records<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// Cells of the header, once it was read.
    width: Option<usize>,
}

impl<'a> Records<'a> {
    /// Of a text.
    pub(super) fn new(text: &'a str) -> Self {
        let mark = '\u{feff}';
        let at = if text.starts_with(mark) { mark.len_utf8() } else { 0 };
        Self { text, at, line: 1, width: None }
    }

    /// Reads from where it stands, over line ends in quotes or up to the first; `None` where a quote does not close, or
    /// not before a comma or a line end.
    fn read(&self, over_lines: bool) -> Option<(Record<'a>, usize)> {
        let bytes = self.text.as_bytes();
        let mut cells = Vec::new();
        let (mut start, mut at, mut inside) = (self.at, self.at, Inside::Blank);
        loop {
            let byte = bytes.get(at).copied();
            match (byte, inside) {
                (Some(b'"'), Inside::Quotes) if bytes.get(at + 1) == Some(&b'"') => at += 1,
                (Some(b'"'), Inside::Quotes) => inside = Inside::Closed,
                (Some(b'"'), Inside::Blank) => inside = Inside::Quotes,
                (Some(b'\n'), Inside::Quotes) if over_lines => {}
                (None, Inside::Quotes) if over_lines => return None,
                (Some(b'\n') | None, _) => {
                    let ends_twice = byte.is_some() && at > start && bytes.get(at - 1) == Some(&b'\r');
                    let end = at - usize::from(ends_twice);
                    cells.push(cell(self.text, start..end));
                    let record = Record { line: self.line, span: self.at..end, cells };
                    return Some((record, at + usize::from(byte.is_some())));
                }
                (Some(b','), Inside::Blank | Inside::Plain | Inside::Closed) => {
                    cells.push(cell(self.text, start..at));
                    start = at + 1;
                    inside = Inside::Blank;
                }
                (Some(_), Inside::Quotes) | (Some(b' ' | b'\t' | b'\r'), _) => {}
                (Some(_), Inside::Closed) if over_lines => return None,
                (Some(_), _) => inside = Inside::Plain,
            }
            at += 1;
        }
    }
}

/// What has come of a cell so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Nothing but blanks.
    Blank,
    /// A text without quotes.
    Plain,
    /// A quote that is not closed yet.
    Quotes,
    /// Quotes that are.
    Closed,
}

/// A cell of these bytes, which begin and end beside commas, line ends or ends of the text.
fn cell(text: &str, span: Range<usize>) -> Cell<'_> {
    let whole = text.get(span.clone()).unwrap_or_default();
    let bare = whole.trim();
    let start = span.start + (whole.len() - whole.trim_start().len());
    let span = start..start + bare.len();
    let text = match bare.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) if inner.contains("\"\"") => Cow::Owned(inner.replace("\"\"", "\"").trim().to_owned()),
        Some(inner) => Cow::Borrowed(inner.trim()),
        None => Cow::Borrowed(bare),
    };
    Cell { text, span }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.text.len() {
            let fits = |(record, _): &(Record<'_>, usize)| {
                self.width.is_none_or(|width| record.cells.len() == width)
                    || !self.text.get(record.span.clone()).is_some_and(|told| told.contains('\n'))
            };
            let (record, next) = self.read(true).filter(fits).or_else(|| self.read(false))?;
            self.line += self.text.get(self.at..next)?.matches('\n').count();
            self.at = next;
            if !record.is_blank() {
                self.width.get_or_insert(record.cells.len());
                return Some(record);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(usize, Vec<String>)> {
        Records::new(text)
            .map(|record| {
                (record.line, record.cells.into_iter().map(|cell| cell.text.into_owned()).collect())
            })
            .collect()
    }

    fn texts<const N: usize>(line: usize, cells: [&str; N]) -> (usize, Vec<String>) {
        (line, cells.map(str::to_owned).to_vec())
    }

    #[test]
    fn quotes_hold_commas_quotes_and_line_ends() {
        assert_eq!(
            told("\u{feff}a,b,c\r\n\n 1 ,\"x, \"\"y\"\"\",\"two\nlines\"\r\n2,,say \"no\"\n"),
            [
                texts(1, ["a", "b", "c"]),
                texts(3, ["1", "x, \"y\"", "two\nlines"]),
                texts(5, ["2", "", "say \"no\""]),
            ]
        );
    }

    #[test]
    fn a_quote_that_does_not_close_spoils_one_line() {
        assert_eq!(
            told("a,b\n\"1,2\n3,4\n"),
            [texts(1, ["a", "b"]), texts(2, ["\"1,2"]), texts(3, ["3", "4"])]
        );
        assert_eq!(
            told("a,b\n1,\"2\n3,\"4\"\n5,6"),
            [texts(1, ["a", "b"]), texts(2, ["1", "\"2"]), texts(3, ["3", "4"]), texts(4, ["5", "6"])]
        );
    }

    #[test]
    fn places_are_those_of_the_file() {
        let text = "a, b\n1,  \"é\" \n";
        let records: Vec<Record<'_>> = Records::new(text).collect();
        assert_eq!(&text[records[0].cells[1].span.clone()], "b");
        assert_eq!(&text[records[1].cells[1].span.clone()], "\"é\"");
        assert_eq!(&text[records[1].span.clone()], "1,  \"é\" ");
    }

    #[test]
    fn nothing_has_no_records() {
        assert_eq!(told(""), []);
        assert_eq!(told("\n\r\n , \n"), []);
    }
}
