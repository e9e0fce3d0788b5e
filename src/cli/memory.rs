//! How much memory the machine has.

use crate::units::Bytes;

/// Four fifths of the machine's memory, where the system tells it.
pub(super) fn default_limit() -> Option<Bytes> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    parse(&text).map(|total| Bytes(total / 5 * 4))
}

/// The total of a Linux `meminfo`, in bytes.
fn parse(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_total() {
        assert_eq!(parse("MemTotal:       24562432 kB\nMemFree: 1 kB\n"), Some(24_562_432 * 1024));
        assert_eq!(parse("nothing"), None);
    }
}
