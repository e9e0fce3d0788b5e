//! An accelerator: what its data sheet says, and the most that was ever got out of it.

use super::precision::Format;
use super::software::Factors;

/// An accelerator's figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Accelerator {
    /// Its name in the library or its file.
    pub name: String,
    /// A line for headings.
    pub title: String,
    /// Where its figures are from.
    pub sources: Vec<String>,
    /// Whose constants of software it uses, where it has none of its own: `h100` for an H200.
    pub like: String,
    /// Dense peak in FLOP/s of each format that it has.
    pub peak: Vec<(Format, f64)>,
    /// The most that the largest products got, as a part of the peak, where it was measured.
    pub achieved: Vec<(Format, f64)>,
    /// Factors on constants of software, whatever the software.
    pub factors: Vec<Factors>,
    /// Multiprocessors: what tiles of a product are dealt to.
    pub processors: u32,
    /// Bytes of memory.
    pub memory: f64,
    /// Bytes per second of memory.
    pub memory_bandwidth: f64,
    /// Bytes per second to its scale-up domain, one way.
    pub scaleup: f64,
    /// Accelerators of a scale-up domain, as usually built.
    pub domain: u32,
    /// Watts under load.
    pub power: f64,
    /// Watts when idle.
    pub idle_power: f64,
}

impl Accelerator {
    /// FLOP/s of a format: its own, or else that of the narrowest wider one that it has. Half precision and bfloat16
    /// stand for one another, as do formats of 8 bits. 0 where there is none.
    pub fn peak(&self, format: Format) -> f64 {
        Self::find(&self.peak, format).unwrap_or(0.0)
    }

    /// The part of the peak that the largest products got; `None` where it was not measured.
    pub fn achieved(&self, format: Format) -> Option<f64> {
        Self::find(&self.achieved, format)
    }

    /// Whether products of a format run as such.
    pub fn has(&self, format: Format) -> bool {
        let bits = |format: Format| format.bytes().to_bits();
        self.peak.iter().any(|(own, _)| bits(*own) == bits(format))
    }

    fn find(of: &[(Format, f64)], format: Format) -> Option<f64> {
        if let Some((_, value)) = of.iter().find(|(own, _)| *own == format) {
            return Some(*value);
        }
        let wide = of.iter().filter(|(own, _)| own.bytes() >= format.bytes());
        wide.min_by(|a, b| a.0.bytes().total_cmp(&b.0.bytes())).map(|(_, value)| *value)
    }
}
