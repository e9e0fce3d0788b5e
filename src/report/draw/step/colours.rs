//! Colours of what a step does: the same in all charts.

use plotters::style::RGBColor;

use crate::report::draw::style::REFERENCE;

/// The colours of parts of the time: computation in blues, what slows it in olive, communication from red to yellow,
/// waiting in greys.
const PARTS: [(&str, RGBColor); 16] = [
    ("products", RGBColor(0x00, 0x72, 0xB2)),
    ("attention", RGBColor(0x56, 0xB4, 0xE9)),
    ("moved", RGBColor(0xA6, 0xD5, 0xF2)),
    ("again", RGBColor(0x33, 0x22, 0x88)),
    ("head", RGBColor(0x7D, 0x8F, 0xC9)),
    ("host", RGBColor(0x44, 0xAA, 0x99)),
    ("optimizer", RGBColor(0x00, 0x9E, 0x73)),
    ("slowdown", RGBColor(0x99, 0x99, 0x33)),
    ("tensor", RGBColor(0xD5, 0x5E, 0x00)),
    ("context", RGBColor(0x88, 0x22, 0x55)),
    ("experts", RGBColor(0xCC, 0x79, 0xA7)),
    ("shard", RGBColor(0xB8, 0x7A, 0x00)),
    ("data", RGBColor(0xE6, 0x9F, 0x00)),
    ("expert-data", RGBColor(0xF5, 0xD0, 0x6F)),
    ("pipeline", RGBColor(0x6F, 0x4E, 0x37)),
    ("bubble", RGBColor(0xCF, 0xD4, 0xD9)),
];

/// The colour of a part of the time, or of a purpose of communication.
pub(in crate::report::draw) fn part(name: &str) -> RGBColor {
    PARTS.iter().find(|(own, _)| *own == name).map_or(REFERENCE, |(_, colour)| *colour)
}

/// The colour of a pass.
pub(super) fn phase(name: &str) -> RGBColor {
    match name {
        "forward" => RGBColor(0x00, 0x72, 0xB2),
        "backward" => RGBColor(0x00, 0x9E, 0x73),
        "weights" => RGBColor(0xE6, 0x9F, 0x00),
        _ => RGBColor(0x88, 0x22, 0x55),
    }
}

/// The colour of a kind of memory.
pub(super) fn memory(kind: &str) -> RGBColor {
    match kind {
        "weights" => RGBColor(0x00, 0x72, 0xB2),
        "gradients" => RGBColor(0x56, 0xB4, 0xE9),
        "optimizer" => RGBColor(0x00, 0x9E, 0x73),
        "activations" => RGBColor(0xE6, 0x9F, 0x00),
        _ => REFERENCE,
    }
}
