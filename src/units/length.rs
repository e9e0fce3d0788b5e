//! Lengths of cables.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parse::{Table, decimal, quantity};

/// A length in whole millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Length(pub u64);

const TABLE: Table = Table {
    kind: "a length",
    expected: "a length such as \"30 m\"",
    units: &[("mm", 1, 1), ("cm", 10, 1), ("m", 1_000, 1), ("km", 1_000_000, 1)],
};

quantity!(Length, TABLE);

impl Length {
    /// The length in millimetres.
    pub const fn mm(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} m", decimal(self.0, 1_000, 3)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        assert_eq!("30 m".parse(), Ok(Length(30_000)));
        assert_eq!("1.5 m".parse::<Length>().unwrap().to_string(), "1.5 m");
        assert!("30".parse::<Length>().is_err());
    }
}
