//! The one place where a time of a task becomes an integer.

/// Picoseconds until so much work is done at a rate, rounded up; at least one, so that time goes on.
///
/// A result within a thousandth of a picosecond (or four units in the last place, if that is more) above a whole
/// picosecond counts as that picosecond: such remainders are rounding of rates and of what was done before, since work
/// is given in whole picoseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1; a cast saturates")]
pub(super) fn until_done(work: f64, rate: f64) -> u64 {
    let exact = work / rate;
    let slack = (exact * (4.0 * f64::EPSILON)).max(1e-3);
    (exact - slack).ceil().max(1.0) as u64
}

/// A time in picoseconds as a float.
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53 ps, two and a half hours")]
pub(super) fn float(time: u64) -> f64 {
    time as f64
}

/// How a task gets on with its work.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Progress {
    /// When the rate began.
    since: u64,
    /// What was left then.
    left: f64,
    /// More than 0, at most 1.
    rate: f64,
}

impl Progress {
    /// Where nothing was started yet.
    pub(super) const NONE: Self = Self { since: 0, left: 0.0, rate: 1.0 };

    /// Work that begins now, at rate 1, and when it is done if the rate stays: at a sum of integers, however long it is.
    pub(super) fn begin(now: u64, work: u64) -> (Self, u64) {
        (Self { since: now, left: float(work), rate: 1.0 }, now.saturating_add(work))
    }

    /// Goes on at another rate from now; when it is done if that stays. `None` where the rate is what it was, to the bit:
    /// then nothing changes.
    pub(super) fn set_rate(&mut self, now: u64, rate: f64) -> Option<u64> {
        if rate.to_bits() == self.rate.to_bits() {
            return None;
        }
        self.left -= self.rate * float(now - self.since);
        self.since = now;
        self.rate = rate;
        Some(now.saturating_add(until_done(self.left, rate)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_picoseconds_are_exact_and_others_round_up() {
        assert_eq!(until_done(100.0, 0.5), 200);
        assert_eq!(until_done(10.0, 3.0), 4);
        assert_eq!(until_done(100.0004, 1.0), 100);
        assert_eq!(until_done(100.01, 1.0), 101);
        assert_eq!(until_done(1e-9, 1.0), 1);
        assert_eq!(until_done(-1e-9, 1.0), 1);
        assert_eq!(until_done(1e30, 1e-9), u64::MAX);
    }

    #[test]
    fn a_task_that_is_never_slowed_down_ends_at_a_sum_of_integers() {
        let long = (1u64 << 60) + 1;
        assert_eq!(Progress::begin(7, long).1, long + 7);
        assert_eq!(Progress::begin(u64::MAX, 1).1, u64::MAX);
    }

    #[test]
    fn a_rate_that_stays_changes_nothing() {
        let (mut progress, finish) = Progress::begin(10, 1_000);
        let before = progress;
        assert_eq!((finish, progress.set_rate(500, 1.0)), (1_010, None));
        assert_eq!(progress, before);
        assert_eq!(progress.set_rate(510, 0.5), Some(1_510));
        assert_eq!(progress.set_rate(1_010, 1.0), Some(1_260));
    }
}
