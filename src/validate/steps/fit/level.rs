//! Where a factor holds.

use crate::workload::{Constant, Format};

/// Where a factor holds; of two that hold for the same rows, the one that comes first stands for both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// On a family of accelerators, whatever the software.
    Family(String),
    /// On an accelerator, whatever the software.
    Accelerator(String),
    /// On a family of accelerators in a format, whatever the software.
    Format(String, Format),
    /// In a generation of software.
    Software(String),
    /// In a generation of software on a family of accelerators.
    SoftwareFamily(String, String),
    /// The same in one format.
    SoftwareFormat(String, String, Format),
}

impl Level {
    /// How much of a constant's spread a level may take.
    pub(super) const fn share(&self) -> f64 {
        match self {
            Self::Family(_) => 0.7,
            Self::Accelerator(_) => 0.3,
            Self::Format(..) => 0.6,
            Self::Software(_) => 1.0,
            Self::SoftwareFamily(..) => 0.4,
            Self::SoftwareFormat(..) => 0.3,
        }
    }

    /// Where its factors stand among the unknowns. Levels of different families of accelerators share rows with those
    /// of a generation of software only: those come last, and within a family the narrow ones before the wide ones, so
    /// that few zeros of the equations are lost when they are solved.
    pub(super) fn place<'a>(&'a self, family: &'a str) -> (bool, &'a str, u8, &'a str, u8, Option<Format>) {
        match self {
            Self::SoftwareFormat(software, _, format) => (false, family, 0, software, 0, Some(*format)),
            Self::SoftwareFamily(software, _) => (false, family, 0, software, 1, None),
            Self::Format(_, format) => (false, family, 1, "", 0, Some(*format)),
            Self::Accelerator(name) => (false, family, 2, name, 0, None),
            Self::Family(_) => (false, family, 3, "", 0, None),
            Self::Software(software) => (true, "", 0, software, 0, None),
        }
    }
}

/// A free factor.
#[derive(Debug, Clone, PartialEq)]
pub struct Free {
    /// On which constant.
    pub constant: Constant,
    /// Where.
    pub level: Level,
}
