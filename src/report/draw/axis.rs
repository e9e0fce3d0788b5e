//! Axes: plotters' own have no powers of two and do not care whether labels fit.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::report::number::{count, short};
use crate::units::{Bytes, Time};

/// Room between the labels of two ticks, in pixels.
const GAP: f64 = 14.0;

/// How values become places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    Linear,
    Log,
}

/// A value with a line across the plot and a label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// A range of values with its ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    /// Ascending.
    pub(super) ticks: Vec<Tick>,
}

impl Axis {
    /// Sizes of data over `pixels` of width, logarithmic, with powers of two as ticks. The sizes are not zero;
    /// `width` measures labels.
    pub(super) fn sizes(sizes: &[u64], pixels: f64, width: impl Fn(&str) -> f64) -> Self {
        let (min, max) = extent(sizes.iter().map(|&bytes| Bytes(bytes).as_f64()));
        // A bit of air; a single size gets a doubling to each side.
        let doublings = (max / min).log2();
        let air = if doublings < 0.5 { 1.0 } else { doublings * 0.02 };
        let (low, high) = (min / air.exp2(), max * air.exp2());
        let pixels_a_doubling = pixels / (high / low).log2();
        let label = |bytes: u64| Tick { value: Bytes(bytes).as_f64(), label: Bytes(bytes).to_string() };
        let first = min.log2().ceil().max(0.0) as u32;
        let last = (max.log2().floor().max(0.0) as u32).min(63);
        for step in [1u32, 2, 5, 10, 20] {
            let ticks: Vec<Tick> =
                (first..=last).filter(|exponent| exponent % step == 0).map(|e| label(1 << e)).collect();
            let room = f64::from(step) * pixels_a_doubling;
            if ticks.len() >= 2 && ticks.iter().all(|tick| width(&tick.label) + GAP <= room) {
                return Self { scale: Scale::Log, low, high, ticks };
            }
        }
        // No two powers of two in the range: the sizes themselves, as far as they do not touch.
        let mut distinct = sizes.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let mut ticks: Vec<Tick> = Vec::new();
        for bytes in distinct {
            let tick = label(bytes);
            let fits = ticks.last().is_none_or(|before| {
                let between = (tick.value / before.value).log2() * pixels_a_doubling;
                between >= GAP + (width(&tick.label) + width(&before.label)) / 2.0
            });
            if fits {
                ticks.push(tick);
            }
        }
        Self { scale: Scale::Log, low, high, ticks }
    }

    /// Times in picoseconds, logarithmic, with decades as ticks, or 1, 2 and 5 where there are few decades. The
    /// times are not zero.
    pub(super) fn log_times(times: &[f64]) -> Self {
        Self::decades(times, time_label)
    }

    /// Rates in bytes per second, logarithmic, with decades in GB/s as ticks, or 1, 2 and 5 where there are few
    /// decades. They are not zero.
    pub(super) fn log_rates(rates: &[f64]) -> Self {
        Self::decades(rates, |rate| short(rate / 1e9))
    }

    /// Quotients around 1 from `1 / most` to `most`, which is above 1 and at most 10, logarithmic.
    pub(super) fn log_quotients(most: f64) -> Self {
        let (low, high) = (1.0 / most, most);
        let values = [0.1, 0.2, 0.5, 0.75, 1.0, 1.33, 2.0, 5.0, 10.0].into_iter();
        let ticks = values
            .filter(|value| {
                (low..=high).contains(value) && (most < 3.0 || !matches!(value, 0.6..0.9 | 1.1..1.5))
            })
            .map(|value| Tick { value, label: short(value) })
            .collect();
        Self { scale: Scale::Log, low, high, ticks }
    }

    /// Values that are not zero, logarithmic, with decades as ticks, or 1, 2 and 5 where there are few decades.
    fn decades(values: &[f64], label: impl Fn(f64) -> String) -> Self {
        let (min, max) = extent(values.iter().copied());
        let (mut low, mut high) = (min / 1.25, max * 1.25);
        let mut values = decimal_steps(low, high, &[1]);
        if values.len() < 3 {
            values = decimal_steps(low, high, &[1, 2, 5]);
        }
        if values.len() < 2 {
            // Less than a step: widened to the steps around it.
            let around = decimal_steps(low / 10.0, high * 10.0, &[1, 2, 5]);
            low = around.iter().copied().rfind(|&value| value <= low).unwrap_or(low);
            high = around.iter().copied().find(|&value| value >= high).unwrap_or(high);
            values = decimal_steps(low, high, &[1, 2, 5]);
        }
        let ticks = values.into_iter().map(|value| Tick { value, label: label(value) }).collect();
        Self { scale: Scale::Log, low, high, ticks }
    }

    /// Counts, logarithmic, with decades as ticks, or 1, 2 and 5 where there are few decades. They are not zero.
    pub(super) fn log_counts(counts: &[f64]) -> Self {
        let (min, max) = extent(counts.iter().copied());
        let (low, high) = (min / 1.25, max * 1.25);
        let mut values = decimal_steps(low, high, &[1]);
        if values.len() < 3 {
            values = decimal_steps(low, high, &[1, 2, 5]);
        }
        let label = |value: f64| {
            let (unit, word) = [(1e9, " G"), (1e6, " M"), (1e3, " k")]
                .into_iter()
                .find(|(unit, _)| value >= *unit)
                .unwrap_or((1.0, ""));
            format!("{}{word}", short(value / unit))
        };
        let ticks = values.into_iter().map(|value| Tick { value, label: label(value) }).collect();
        Self { scale: Scale::Log, low, high, ticks }
    }

    /// Numbers of ranks, logarithmic, each with a tick. They are not zero.
    pub(super) fn ranks(ranks: &[u64]) -> Self {
        let mut distinct = ranks.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let (min, max) = extent(distinct.iter().map(|ranks| *ranks as f64));
        let label = |ranks: &u64| Tick { value: *ranks as f64, label: count(*ranks) };
        Self {
            scale: Scale::Log,
            low: min / 1.1,
            high: max * 1.1,
            ticks: distinct.iter().map(label).collect(),
        }
    }

    /// From zero to a little over `max`, with about `ticks` ticks.
    pub(super) fn from_zero(max: f64, ticks: f64) -> Self {
        let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
        let step = round_step(max / ticks.max(2.0));
        let high = max * 1.04;
        let ticks = (0..)
            .map(|i| f64::from(i) * step)
            .take_while(|value| *value <= high)
            .map(|value| Tick { value, label: short(value) });
        Self { scale: Scale::Linear, low: 0.0, high, ticks: ticks.collect() }
    }

    /// From `low` to `high`, with about `ticks` ticks at round values.
    pub(super) fn between(low: f64, high: f64, ticks: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / ticks.max(2.0));
        let first = (low / step).ceil();
        let ticks = (0..)
            .map(|i| (first + f64::from(i)) * step)
            .take_while(|value| *value <= high)
            .map(|value| Tick { value, label: rounded(value, step) });
        Self { scale: Scale::Linear, low, high, ticks: ticks.collect() }
    }

    /// From 0 to 100 %.
    pub(super) fn percent() -> Self {
        let ticks = [0.0, 20.0, 40.0, 60.0, 80.0, 100.0].map(|value| Tick { value, label: short(value) });
        Self { scale: Scale::Linear, low: 0.0, high: 100.0, ticks: ticks.into() }
    }

    /// The same with as many of its ticks, evenly chosen, as have room over so many pixels; `size` measures a label
    /// along the axis.
    pub(super) fn spaced(self, pixels: f64, size: impl Fn(&str) -> f64) -> Self {
        let fits = |step: usize| {
            let kept: Vec<&Tick> = self.ticks.iter().step_by(step).collect();
            kept.windows(2).all(|pair| {
                let apart = (self.share(pair[1].value) - self.share(pair[0].value)) * pixels;
                apart >= GAP / 2.0 + (size(&pair[0].label) + size(&pair[1].label)) / 2.0
            })
        };
        let step = (1..self.ticks.len()).find(|&step| fits(step)).unwrap_or(self.ticks.len().max(1));
        let ticks = self.ticks.iter().step_by(step).cloned().collect();
        Self { ticks, ..self }
    }

    /// The place of a value as a share of the axis.
    pub(super) fn share(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and pictures are small")]
    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from.saturating_add((self.share(*value) * f64::from(to - from)).round() as i32)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|tick| tick.value.total_cmp(value).is_eq());
        tick.map_or_else(|| short(*value), |tick| tick.label.clone())
    }
}

/// A unit of time for an axis that ends at `ps`: its name and its picoseconds.
pub(super) fn time_unit(ps: f64) -> (&'static str, f64) {
    match ps {
        _ if ps < 1e3 => ("ps", 1.0),
        _ if ps < 1e6 => ("ns", 1e3),
        _ if ps < 1e9 => ("µs", 1e6),
        _ if ps < 1e12 => ("ms", 1e9),
        _ => ("s", 1e12),
    }
}

/// A time as figures write it: with `µ`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
pub(super) fn time_label(ps: f64) -> String {
    Time::from_ps(ps.round() as u64).to_string().replace(" us", " µs")
}

/// A multiple of a step with the decimals that it needs, which may be more than four digits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few decimals")]
fn rounded(value: f64, step: f64) -> String {
    // A step of 2.5 times a power of ten needs one more.
    let decimals = (1.0 - step.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// The multiples of powers of ten in a range, at least 1.
fn decimal_steps(low: f64, high: f64, multiples: &[u32]) -> Vec<f64> {
    let mut values = Vec::new();
    let mut decade = 1.0;
    while decade <= high {
        let inside = multiples.iter().map(|&m| f64::from(m) * decade).filter(|v| (low..=high).contains(v));
        values.extend(inside);
        decade *= 10.0;
    }
    values
}

/// The least of 1, 2, 2.5, 5 and 10 times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let mut decade = 1.0;
    while decade > step {
        decade /= 10.0;
    }
    while decade * 10.0 <= step {
        decade *= 10.0;
    }
    [1.0, 2.0, 2.5, 5.0].into_iter().map(|m| m * decade).find(|&v| v >= step).unwrap_or(10.0 * decade)
}

fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, 0.0), |(low, high), value| (low.min(value), high.max(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    fn six_a_letter(text: &str) -> f64 {
        6.0 * f64::from(u32::try_from(text.len()).unwrap())
    }

    #[test]
    fn sizes_are_labelled_as_far_as_there_is_room() {
        let sizes: Vec<u64> = (10..=33).map(|e| 1 << e).collect();
        let wide = Axis::sizes(&sizes, 560.0, six_a_letter);
        assert_eq!(labels(&wide), ["1 KiB", "32 KiB", "1 MiB", "32 MiB", "1 GiB"]);
        let narrow = Axis::sizes(&sizes, 200.0, six_a_letter);
        assert_eq!(labels(&narrow), ["1 KiB", "1 MiB", "1 GiB"]);
        assert_eq!(labels(&Axis::sizes(&[3000], 500.0, six_a_letter)), ["2.93 KiB"]);
        assert_eq!(labels(&Axis::sizes(&[1000, 1001, 1500], 500.0, six_a_letter)), ["1000 B", "1.46 KiB"]);
    }

    #[test]
    fn times_are_decades_or_steps_of_a_decade() {
        let decades = Axis::log_times(&[40e6, 60e9]);
        assert_eq!(labels(&decades), ["100 µs", "1 ms", "10 ms"]);
        assert_eq!(labels(&Axis::log_times(&[3e6, 9e6])), ["5 µs", "10 µs"]);
        assert_eq!(labels(&Axis::log_times(&[3e6])), ["2 µs", "5 µs"]);
        assert_eq!(labels(&Axis::log_times(&[1.0])).len(), 2);
    }

    #[test]
    fn rates_are_decades_in_gigabytes() {
        assert_eq!(labels(&Axis::log_rates(&[2e5, 3e11])), ["0.001", "0.01", "0.1", "1", "10", "100"]);
        assert_eq!(labels(&Axis::log_rates(&[3e10, 3e11])), ["50", "100", "200"]);
        assert_eq!(labels(&Axis::log_rates(&[3.6e11])), ["200", "500"]);
    }

    #[test]
    fn ticks_give_way_to_each_other() {
        let wide = Axis::log_times(&[1e3, 9e11]);
        assert_eq!(labels(&wide).len(), 10);
        assert_eq!(labels(&wide.clone().spaced(900.0, six_a_letter)), labels(&wide));
        assert_eq!(
            labels(&wide.clone().spaced(300.0, six_a_letter)),
            ["1 ns", "100 ns", "10 µs", "1 ms", "100 ms"]
        );
        assert_eq!(labels(&wide.spaced(10.0, six_a_letter)), ["1 ns"]);
    }

    #[test]
    fn quotients_are_around_one() {
        assert_eq!(labels(&Axis::log_quotients(2.0)), ["0.5", "0.75", "1", "1.33", "2"]);
        assert_eq!(labels(&Axis::log_quotients(10.0)), ["0.1", "0.2", "0.5", "1", "2", "5", "10"]);
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(labels(&Axis::from_zero(362.0, 5.0)), ["0", "100", "200", "300"]);
        assert_eq!(labels(&Axis::from_zero(0.0003, 3.0)), ["0", "0.0001", "0.0002", "0.0003"]);
        assert_eq!(labels(&Axis::from_zero(0.0, 2.0)), ["0", "0.5", "1"]);
        assert_eq!(labels(&Axis::from_zero(f64::NAN, 2.0)).len(), 3);
        assert_eq!(labels(&Axis::between(27.11, 29.13, 5.0)), ["27.5", "28", "28.5", "29"]);
        assert_eq!(labels(&Axis::between(1234.5, 1235.02, 5.0)), ["1234.6", "1234.8", "1235"]);
        assert_eq!(labels(&Axis::between(0.0, 0.7, 3.0)), ["0", "0.25", "0.5"]);
        assert_eq!(labels(&Axis::between(3.0, 3.0, 2.0)), ["3", "3.5", "4"]);
    }
}
