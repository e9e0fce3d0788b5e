//! The scale on which a constant is fitted.

use crate::stack::param::{Param, Spec, Unit};

/// What a time that starts at zero is shifted by, in microseconds: about what such additions come to.
const SHIFT: f64 = 10.0;

/// The scale of a constant: how far it is from its start in natural logarithms.
///
/// Times, rates and fractions of hardware differ by factors, and none is negative. A time that starts at zero has no
/// factor; it is counted as its distance from zero in logarithms of itself and [`SHIFT`] together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    start: f64,
    shift: f64,
    /// The least and the most, on this scale.
    pub(super) range: (f64, f64),
    /// How far to go to see what it does: far enough to be seen, near enough to be straight.
    pub(super) step: f64,
    /// Whether only whole numbers make sense, so that it has no slope.
    pub(super) whole: bool,
}

impl Scale {
    /// Of a constant that starts at a value.
    pub(super) fn new(param: Param, start: f64) -> Self {
        Self::of(param.spec(), start)
    }

    fn of(spec: &Spec, start: f64) -> Self {
        let shift = if start > 0.0 { 0.0 } else { SHIFT };
        let mut scale = Self {
            start,
            shift,
            range: (f64::NEG_INFINITY, f64::INFINITY),
            step: match spec.unit {
                Unit::Time | Unit::Rate | Unit::Fraction => 0.01,
                // Data is cut into whole pieces, so a small change often changes nothing.
                Unit::Bytes | Unit::Count => 0.1,
            },
            whole: spec.unit == Unit::Count,
        };
        // Zero itself is at minus infinity; what is a millionth of the start is as good.
        let least = if shift > 0.0 { spec.range.0 } else { spec.range.0.max(1e-6 * start) };
        scale.range = (scale.place(least).min(0.0), scale.place(spec.range.1).max(0.0));
        scale
    }

    /// The place of a value on the scale.
    pub(super) fn place(&self, value: f64) -> f64 {
        ((value + self.shift) / (self.start + self.shift)).ln()
    }

    /// The value at a place.
    pub(super) fn value(&self, at: f64) -> f64 {
        let value = at.exp() * (self.start + self.shift) - self.shift;
        if self.whole { value.round() } else { value }
    }

    /// The place within the range that is nearest.
    pub(super) fn within(&self, at: f64) -> f64 {
        at.clamp(self.range.0, self.range.1)
    }

    /// The step to see what it does from a place, away from a limit.
    pub(super) fn step_from(&self, at: f64) -> f64 {
        if at + self.step <= self.range.1 { self.step } else { -self.step }
    }

    /// How much of the constant's own unit a small distance is.
    pub(super) fn slope(&self, at: f64) -> f64 {
        at.exp() * (self.start + self.shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::param;

    #[test]
    fn places_and_values_agree() {
        for (param, start, value) in [
            (param::LAUNCH_LL, 6.6, 9.0),
            (param::LAUNCH_SHARED, 0.0, 3.0),
            (param::PART_SCALEUP, 0.8, 0.7),
            (param::CHANNELS, 24.0, 16.0),
        ] {
            let scale = Scale::new(param, start);
            assert!((scale.value(scale.place(value)) - value).abs() < 1e-12);
            assert!((scale.value(0.0) - start).abs() < 1e-12);
        }
    }

    #[test]
    fn limits_are_those_of_the_constant() {
        let part = Scale::new(param::PART_SCALEUP, 0.8);
        assert!((part.value(part.within(5.0)) - 1.0).abs() < 1e-12);
        assert!((part.value(part.within(-50.0)) - 0.01).abs() < 1e-12);
        assert!(part.step_from(part.range.1) < 0.0);
        let time = Scale::new(param::EXTRA_ROCE, 0.0);
        assert!(time.value(time.within(-50.0)).abs() < 1e-12);
        let launch = Scale::new(param::LAUNCH_LL, 6.6);
        assert!(launch.range.0.is_finite());
    }
}
