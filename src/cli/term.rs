//! The two streams: stdout is data, stderr is talk.

use std::io::{self, IsTerminal, Write};

use super::args::Color;
use super::exit::Failure;

/// The terminal, or what stands in for it.
pub(super) struct Term {
    /// Whether stderr may be coloured.
    pub(super) color: bool,
}

impl Term {
    /// Colours by choice, else where stderr is a terminal and `NO_COLOR` is not set.
    pub(super) fn new(color: Color) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !plain && io::stderr().is_terminal()
            }
        };
        Self { color }
    }

    /// Data for stdout, as it is.
    pub(super) fn data(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::io("stdout", "write to", &error),
        })
    }

    /// A line for stderr.
    pub(super) fn say(&self, text: &str) {
        // Where stderr is gone there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// A line for stderr that begins with `error:`.
    pub(super) fn error(&self, message: &str) {
        let (on, off) = if self.color { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
        self.say(&format!("{on}error:{off} {message}"));
    }

    /// A line for stderr that begins with `warning:`.
    pub(super) fn warning(&self, message: &str) {
        let (on, off) = if self.color { ("\u{1b}[1;33m", "\u{1b}[0m") } else { ("", "") };
        self.say(&format!("{on}warning:{off} {message}"));
    }

    /// The width to fit tables in: that of the terminal, unlimited where output goes elsewhere.
    pub(super) fn width(&self) -> Option<u16> {
        if !io::stdout().is_terminal() {
            return None;
        }
        std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok())
    }
}
