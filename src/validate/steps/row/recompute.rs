//! What a row does again.

use crate::workload::Recompute;

/// What is done again: as told, or else what the software does usually.
pub(in crate::validate::steps) fn recompute(told: &str, usual: Recompute) -> Recompute {
    let told = told.to_ascii_lowercase();
    if told.starts_with("full") {
        Recompute::Full
    } else if told.starts_with("selective") {
        Recompute::Selective
    } else if told == "none" {
        Recompute::None
    } else {
        usual
    }
}

/// Whether norms are divided along the sequence: as the software does usually, or where a row says so beside what it does
/// again.
pub(in crate::validate::steps) fn sequence(told: &str, usual: bool) -> bool {
    usual || told.to_ascii_lowercase().contains("+sp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_is_as_usual() {
        use Recompute::{Full, None, Selective};
        for (told, own) in [
            ("full-ish (HFU 57.8)", Full),
            ("selective(attention)+SP", Selective),
            ("none", None),
            ("not stated", Full),
            ("", Full),
        ] {
            assert_eq!(recompute(told, Full), own, "{told}");
        }
        assert!(sequence("selective(attention)+SP", false) && sequence("", true) && !sequence("full", false));
    }
}
