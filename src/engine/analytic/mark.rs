//! Points of time that remember how the critical path came to them.

/// A time since the collective began, in picoseconds, and what part of the way to it was latency and what part
/// was transfers at the rate that each would have alone; the rest was waiting for shared links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) at: u64,
    pub(super) latency: u64,
    pub(super) transfer: u64,
}

impl Mark {
    /// The start of the collective.
    pub(super) const ZERO: Self = Self { at: 0, latency: 0, transfer: 0 };

    /// So much later for latency.
    pub(super) fn after_latency(self, latency: u64) -> Self {
        Self {
            at: self.at.saturating_add(latency),
            latency: self.latency.saturating_add(latency),
            transfer: self.transfer,
        }
    }

    /// So much later for transfers that take `drain` where each alone would take `alone`, together.
    pub(super) fn after_drain(self, drain: u64, alone: u64) -> Self {
        Self {
            at: self.at.saturating_add(drain),
            latency: self.latency,
            transfer: self.transfer.saturating_add(alone.min(drain)),
        }
    }

    /// The later of two; the first where they are equal.
    pub(super) fn later(self, other: Self) -> Self {
        if other.at > self.at { other } else { self }
    }

    /// The way to event `index` of `last + 1` that are spread evenly from `first` to `self`.
    pub(super) fn between(self, first: Self, index: u32, last: u32) -> Self {
        if index >= last {
            return self;
        }
        let (index, last) = (u128::from(index), u128::from(last));
        let mix = |from: u64, to: u64| {
            let sum = u128::from(from) * (last - index) + u128::from(to) * index;
            u64::try_from(sum.div_ceil(last)).unwrap_or(u64::MAX)
        };
        let at = mix(first.at, self.at);
        let latency = mix(first.latency, self.latency).min(at);
        Self { at, latency, transfer: mix(first.transfer, self.transfer).min(at - latency) }
    }
}
