//! Closed rings and open chains of lanes whose step `k` waits for step `k - 1` of the lane before.
//!
//! Such a row is a timed event graph without choices: the start of step `k` of a lane is the later of "my step
//! `k - 1` is over" (a *stay*) and "step `k - 1` of the lane before has come" (a *hop*), so the last step of a
//! lane starts after the heaviest walk of `K - 1` stays and hops that ends there. All stays are made where they
//! cost most; the hops of a walk are consecutive, so the best walk is a largest sum over a window, found with
//! prefix sums and a monotone queue in time proportional to the row. Where all stays cost the same this is
//! exact: a ring of `K` steps takes `K` drains and the largest sum of latencies over `K` consecutive hops.

use std::collections::VecDeque;

use super::mark::Mark;

/// One lane of the row, in the order in which data goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    /// When its first step may start.
    pub(super) ready: Mark,
    /// How long a step takes, and how long it would take alone.
    pub(super) drain: u64,
    pub(super) alone: u64,
    /// What a hop to the next lane adds to that.
    pub(super) hop_latency: u64,
    /// What waiting for its own step before adds.
    pub(super) stay_latency: u64,
}

impl Link {
    /// What waiting for its own step before takes.
    fn stay(&self) -> u64 {
        self.drain.saturating_add(self.stay_latency)
    }
}

/// When the last of `steps` steps of every lane is sent.
pub(super) fn last_sent(row: &[Link], closed: bool, steps: u32) -> Vec<Mark> {
    let count = row.len();
    let hops = steps.saturating_sub(1) as usize;
    let stay = row.iter().map(Link::stay).max().unwrap_or(0);
    let slowest = row.iter().find(|link| link.stay() == stay).copied();
    let gain = |link: &Link| i128::from(link.drain) + i128::from(link.hop_latency) - i128::from(stay);
    let turn: i128 = row.iter().map(gain).sum();
    // Whole turns that every walk makes, the longest window beside them, and where windows may end.
    let (turns, longest, ends) = match (closed, turn > 0) {
        (false, _) => (0, hops, 0..count),
        (true, true) if hops >= count => (hops / count - 1, hops % count + count, 2 * count..3 * count),
        (true, _) => (0, hops.min(count), count..2 * count),
    };
    let mut before = vec![Sums::default()];
    for position in 0..ends.end {
        before.push(before[position].and(&row[position % count]));
    }
    let value = |position: usize| i128::from(row[position % count].ready.at) - before[position].gain(stay);
    let mut queue = VecDeque::new();
    let mut sent = vec![Mark::ZERO; count];
    for end in 0..ends.end {
        while queue.back().is_some_and(|last| value(*last) <= value(end)) {
            queue.pop_back();
        }
        queue.push_back(end);
        while queue.front().is_some_and(|first| first + longest < end) {
            queue.pop_front();
        }
        let (Some(&start), Some(slowest), true) = (queue.front(), slowest, ends.contains(&end)) else {
            continue;
        };
        let round = if closed { before[count] } else { Sums::default() };
        let walked = before[end].since(before[start]).plus(round.times(turns as u64));
        let stays = (hops as u64).saturating_sub(walked.hops);
        let (last, from) = (&row[end % count], row[start % count].ready);
        sent[end % count] = from
            .after_latency(walked.latency)
            .after_drain(walked.drain, walked.alone)
            .after_latency(stays.saturating_mul(slowest.stay_latency))
            .after_drain(stays.saturating_mul(slowest.drain), stays.saturating_mul(slowest.alone))
            .after_drain(last.drain, last.alone);
    }
    sent
}

/// Sums over consecutive hops.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    hops: u64,
    drain: u64,
    alone: u64,
    latency: u64,
}

impl Sums {
    fn and(self, link: &Link) -> Self {
        Self {
            hops: self.hops + 1,
            drain: self.drain.saturating_add(link.drain),
            alone: self.alone.saturating_add(link.alone),
            latency: self.latency.saturating_add(link.hop_latency),
        }
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            hops: self.hops - earlier.hops,
            drain: self.drain - earlier.drain,
            alone: self.alone - earlier.alone,
            latency: self.latency - earlier.latency,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            hops: self.hops.saturating_add(other.hops),
            drain: self.drain.saturating_add(other.drain),
            alone: self.alone.saturating_add(other.alone),
            latency: self.latency.saturating_add(other.latency),
        }
    }

    fn times(self, times: u64) -> Self {
        Self {
            hops: self.hops.saturating_mul(times),
            drain: self.drain.saturating_mul(times),
            alone: self.alone.saturating_mul(times),
            latency: self.latency.saturating_mul(times),
        }
    }

    /// What these hops take beyond as many stays.
    fn gain(self, stay: u64) -> i128 {
        i128::from(self.drain) + i128::from(self.latency) - i128::from(self.hops) * i128::from(stay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Step by step, with nothing clever.
    fn simulated(row: &[Link], closed: bool, steps: u32) -> Vec<u64> {
        let mut sent: Vec<u64> = row.iter().map(|link| link.ready.at + link.drain).collect();
        for _ in 1..steps {
            sent = (0..row.len())
                .map(|i| {
                    let own = sent[i] + row[i].stay_latency;
                    let before = match (i, closed) {
                        (0, false) => 0,
                        (0, true) => sent[row.len() - 1] + row[row.len() - 1].hop_latency,
                        _ => sent[i - 1] + row[i - 1].hop_latency,
                    };
                    own.max(before) + row[i].drain
                })
                .collect();
        }
        sent
    }

    fn link(ready: u64, drain: u64, hop_latency: u64) -> Link {
        Link {
            ready: Mark { at: ready, latency: 0, transfer: 0 },
            drain,
            alone: drain,
            hop_latency,
            stay_latency: 0,
        }
    }

    #[test]
    fn equal_drains_are_exact() {
        let latencies = [3, 1, 4, 1, 5, 9, 2];
        for closed in [true, false] {
            for steps in 1..40 {
                let row: Vec<Link> = latencies.iter().map(|latency| link(0, 10, *latency)).collect();
                let found: Vec<u64> = last_sent(&row, closed, steps).iter().map(|mark| mark.at).collect();
                assert_eq!(found, simulated(&row, closed, steps), "{steps} steps, closed: {closed}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn never_below_the_truth(
            links in proptest::collection::vec((0u64..30, 1u64..20, 0u64..20), 1..8),
            steps in 1u32..30,
            closed: bool,
        ) {
            let row: Vec<Link> = links.iter().map(|(ready, drain, hop)| link(*ready, *drain, *hop)).collect();
            let found = last_sent(&row, closed, steps);
            for (found, truth) in found.iter().zip(simulated(&row, closed, steps)) {
                proptest::prop_assert!(found.at >= truth, "{} is below {}", found.at, truth);
                proptest::prop_assert!(found.latency + found.transfer <= found.at);
            }
        }
    }
}
