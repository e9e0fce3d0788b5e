//! Colours of parts, cables and racks: the same in all charts of plans. They can be told apart by readers with any of the
//! common colour deficiencies.

use plotters::style::RGBColor;

use crate::report::draw::style::INK;

/// What money and power go into.
pub(super) fn share(what: &str) -> RGBColor {
    match what {
        "servers" => RGBColor(0xB4, 0xBC, 0xC4),
        "adapters" => RGBColor(0x56, 0xB4, 0xE9),
        "switches" => RGBColor(0x00, 0x72, 0xB2),
        "transceivers" => RGBColor(0xD5, 0x5E, 0x00),
        "cables" => RGBColor(0xE6, 0x9F, 0x00),
        "racks" => RGBColor(0x99, 0x99, 0x33),
        "labour" => RGBColor(0xCC, 0x79, 0xA7),
        "cooling" => RGBColor(0x44, 0xAA, 0x99),
        _ => RGBColor(0x6F, 0x4E, 0x37),
    }
}

/// Sorts of cables in the order of their reach, near the colours of their jackets.
pub(super) const MEDIA: [(&str, RGBColor); 4] = [
    ("copper", INK),
    ("active-copper", RGBColor(0xCC, 0x79, 0xA7)),
    ("multimode", RGBColor(0x00, 0x9E, 0x73)),
    ("single-mode", RGBColor(0xE6, 0x9F, 0x00)),
];

/// Racks of servers, by pod: neighbours differ.
const PODS: [RGBColor; 4] = [
    RGBColor(0xD3, 0xDB, 0xE3),
    RGBColor(0xE9, 0xE2, 0xD6),
    RGBColor(0xBF, 0xCB, 0xD6),
    RGBColor(0xD9, 0xCF, 0xC0),
];

/// The colour of a rack.
pub(super) fn rack(kind: &str, pod: Option<u32>) -> RGBColor {
    match kind {
        "network" => RGBColor(0x00, 0x72, 0xB2),
        "mixed" => RGBColor(0x8C, 0xBE, 0xDC),
        _ => PODS[(pod.unwrap_or(0) % 4) as usize],
    }
}

/// The colour of a device, or of a tier of devices.
pub(super) fn device(kind: &str) -> RGBColor {
    match kind {
        "server" | "servers" => RGBColor(0xD3, 0xDB, 0xE3),
        "leaf" | "leaves" | "switch" | "switches" => RGBColor(0x56, 0xB4, 0xE9),
        "spine" | "spines" => RGBColor(0xF0, 0xC3, 0x6B),
        "core" | "cores" => RGBColor(0xDD, 0xA3, 0xC3),
        _ => RGBColor(0xE3, 0xE6, 0xE9),
    }
}
