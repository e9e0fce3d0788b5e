//! Lines of a file with their places, whatever ends them.

use crate::diag::{Diagnostic, FileId, Place, SourceMap};

use super::Rejected;

/// The mark that some programs put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// One line, without its end and without a byte order mark.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    /// Where it starts in the file.
    pub(super) start: usize,
    /// What it holds.
    pub(super) text: &'a str,
}

impl Line<'_> {
    /// The place of a part of the line, which must be a slice of it; the whole line where it is not.
    pub(super) fn place(&self, file: FileId, part: &str) -> Place {
        let (line, part_at) = (self.text.as_ptr() as usize, part.as_ptr() as usize);
        match part_at.checked_sub(line) {
            Some(at) if at + part.len() <= self.text.len() => {
                Place { file, span: self.start + at..self.start + at + part.len() }
            }
            _ => Place { file, span: self.start..self.start + self.text.len() },
        }
    }
}

/// All lines of a text.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut next = 0;
    text.split_inclusive('\n').zip(1..).map(move |(raw, number)| {
        let mut start = next;
        next += raw.len();
        let mut line = raw.strip_suffix('\n').unwrap_or(raw);
        line = line.strip_suffix('\r').unwrap_or(line);
        if number == 1
            && let Some(rest) = line.strip_prefix(BYTE_ORDER_MARK)
        {
            start += line.len() - rest.len();
            line = rest;
        }
        Line { number, start, text: line }
    })
}

/// The text of a file that must be UTF-8 and free of control characters: names in it are shown in terminals.
///
/// # Errors
/// Where it is not.
pub(super) fn text(name: &str, bytes: &[u8]) -> Result<String, Rejected> {
    let (good, message, help) = match std::str::from_utf8(bytes) {
        Ok(text) => match text.find(|c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n')) {
            None => return Ok(text.to_owned()),
            Some(at) => (&text[..at], "the file holds a control character", "take it out"),
        },
        Err(fault) => {
            let good = std::str::from_utf8(&bytes[..fault.valid_up_to()]).unwrap_or_default();
            (good, "the file is not text in UTF-8", "save it as UTF-8")
        }
    };
    let mut sources = SourceMap::default();
    let file = sources.add(name, good);
    let diagnostic = Diagnostic::error("E0701", message)
        .at(Place { file, span: good.len()..good.len() }, "it follows here")
        .help(help);
    Err(Rejected { sources, diagnostics: vec![diagnostic] })
}

/// The cells of a line with commas between them, each with the double quotes around it taken off.
///
/// A quote that does not close runs to the end of the line, never beyond it: one slip spoils one row.
pub(super) fn cells(line: &str) -> Vec<&str> {
    let mut cells = Vec::new();
    let (mut start, mut inside) = (0, false);
    for (at, letter) in line.char_indices() {
        match letter {
            '"' => inside = !inside,
            ',' if !inside => {
                cells.push(bare(&line[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    cells.push(bare(&line[start..]));
    cells
}

fn bare(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(cell).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_marks_are_no_part_of_lines() {
        let text = "\u{feff}a,b\r\n\nc";
        let found: Vec<(usize, usize, &str)> =
            lines(text).map(|line| (line.number, line.start, line.text)).collect();
        assert_eq!(found, [(1, 3, "a,b"), (2, 8, ""), (3, 9, "c")]);
        assert_eq!(&text[3..6], "a,b");
    }

    #[test]
    fn quotes_hold_commas() {
        assert_eq!(cells(r#"1, "a,b" ,,"x"#), ["1", "a,b", "", "\"x"]);
        assert_eq!(cells(""), [""]);
        assert_eq!(cells("\""), ["\""]);
    }
}
