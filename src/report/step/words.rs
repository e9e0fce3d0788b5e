//! How a step is put into words.

use crate::report::number::count;
use crate::result::{StepFacts, StepMemory};
use crate::units::Bytes;

/// Bytes as data sheets of accelerators count them: `6.6 GB`; less than one in `MB`.
pub(in crate::report) fn gigabytes(bytes: u64) -> String {
    let (unit, size) = if bytes == 0 || bytes >= 1_000_000_000 { ("GB", 1e9) } else { ("MB", 1e6) };
    format!("{:.1} {unit}", Bytes(bytes).as_f64() / size)
}

/// Whether a step fits in memory, and by how much: `fits, 6.6 GB free`.
pub(in crate::report) fn room(memory: &StepMemory) -> String {
    if memory.fits {
        format!("fits, {} free", gigabytes(memory.capacity.saturating_sub(memory.total)))
    } else {
        format!("does not fit: {} too much", gigabytes(memory.total.saturating_sub(memory.capacity)))
    }
}

/// How a workload is divided; what is not divided is left out: `tp 4, pp 4 (vpp 5), dp 16`.
pub(in crate::report) fn divided(facts: &StepFacts) -> String {
    let mut words = Vec::new();
    for (name, ranks) in [("tp", facts.tp), ("cp", facts.cp)] {
        words.extend((ranks > 1).then(|| format!("{name} {}", count(ranks.into()))));
    }
    if facts.pp > 1 {
        let stages = if facts.vpp > 1 { format!(" (vpp {})", facts.vpp) } else { String::new() };
        words.push(format!("pp {}{stages}", facts.pp));
    }
    for (name, ranks) in [("dp", facts.dp), ("ep", facts.ep)] {
        words.extend((ranks > 1).then(|| format!("{name} {}", count(ranks.into()))));
    }
    if words.is_empty() { "not divided".into() } else { words.join(", ") }
}

/// A count of parameters: `70.55 billion parameters`.
pub(super) fn parameters(of: u64) -> String {
    let all = Bytes(of).as_f64();
    let (value, unit) = if all >= 1e9 { (all / 1e9, "billion") } else { (all / 1e6, "million") };
    format!("{value:.2} {unit} parameters")
}

/// A count that need not be whole.
pub(super) fn times(of: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    let whole = of.max(0.0).round() as u64;
    if (of - Bytes(whole).as_f64()).abs() < 1e-9 { count(whole) } else { format!("{of:.2}") }
}

/// So often a time, in picoseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
pub(super) fn often(count: f64, ps: u64) -> u64 {
    (count * Bytes(ps).as_f64()).round() as u64
}

/// Joules, with a unit that suits: `4.708 MJ`.
pub(super) fn joules(of: f64) -> String {
    let units = [(1e9, "GJ"), (1e6, "MJ"), (1e3, "kJ"), (1.0, "J"), (1e-3, "mJ")];
    let (size, unit) = units.into_iter().find(|(size, _)| of >= *size).unwrap_or((1e-6, "uJ"));
    format!("{} {unit}", crate::report::number::significant(of / size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_told_either_way() {
        let mut memory =
            StepMemory { parts: Vec::new(), total: 73_411_063_808, capacity: 80_000_000_000, fits: true };
        assert_eq!(room(&memory), "fits, 6.6 GB free");
        (memory.total, memory.fits) = (92_300_000_000, false);
        assert_eq!(room(&memory), "does not fit: 12.3 GB too much");
        assert_eq!([gigabytes(0), gigabytes(134_217_728)], ["0.0 GB", "134.2 MB"]);
    }

    #[test]
    fn counts_and_joules_are_short() {
        assert_eq!([times(5120.0), times(0.25), times(-1.0)], ["5,120", "0.25", "-1.00"]);
        assert_eq!([joules(4_707_781.3), joules(0.5612), joules(0.0)], ["4.708 MJ", "561.2 mJ", "0 uJ"]);
        assert_eq!(parameters(70_553_698_304), "70.55 billion parameters");
        assert_eq!(parameters(500_000), "0.50 million parameters");
        assert_eq!(often(2.5, 1_000), 2_500);
    }
}
