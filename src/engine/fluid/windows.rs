//! Rings whose lanes share nothing: finish times as path windows.
//!
//! Each lane of such a ring sends its step `k` when its predecessor's step `k - 1` has arrived and its own step `k - 1`
//! is sent. With drains `d` and latencies `L` along the ring that is linear in the (max, +) algebra: the start of step
//! `k` at place `h` is the longest path through a grid of (place, step) with edges "next place, next step" of
//! `d + L` and "same place, next step" of `d`. A path goes back over `m <= k` places and may stay at any of them for the
//! `k - m` other steps; it stays where `d` is largest. So
//!
//! `S(h, k) = max over m of  sum of (d + L) over the m places before h  +  (k - m) x (largest d among them and h)`.
//!
//! For each distinct drain `D` that is a window: the largest value, over windows that reach a place with a drain of at
//! least `D`, of a prefix sum less `D` a place, which one pass with a monotone queue finds for all `h`. Cost:
//! O((places + steps) x distinct drains), instead of places x steps.

use std::collections::VecDeque;

use super::drain::drain;
use super::plan::Plan;
use super::ring::Rings;

/// More distinct drains than this are left to the event loop.
const DRAINS: usize = 64;

/// The end of a job of such rings. Of critical paths that are equally long, the one with the most latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct End {
    /// When the last rank has received everything, after the start.
    pub(super) finish: u64,
    /// Of it, latency on the critical path.
    pub(super) latency: u64,
    /// Of it, transfers at the rate that they would have alone.
    pub(super) transfer: u64,
}

/// The end of rings whose lanes share nothing; `None` where some do, or drains are too many.
pub(super) fn end(plan: &Plan<'_>, rings: &Rings) -> Option<End> {
    let mut lanes = rings.rings.iter().flatten().map(|lane| &plan.lanes[*lane as usize]);
    if lanes.any(|lane| !lane.exclusive || lane.rate.to_bits() != lane.alone.to_bits()) {
        return None;
    }
    let mut end = End { finish: 0, latency: 0, transfer: 0 };
    for ring in &rings.rings {
        let drains: Vec<u64> = ring
            .iter()
            .map(|lane| {
                let planned = &plan.lanes[*lane as usize];
                drain(planned.bytes.unwrap_or(0) as f64, planned.rate)
            })
            .collect();
        let latencies: Vec<u64> = ring.iter().map(|lane| plan.lanes[*lane as usize].latency).collect();
        let one = ring_end(&drains, &latencies, rings.steps)?;
        if one > end {
            end = one;
        }
    }
    Some(end)
}

/// The end of one ring of so many steps.
fn ring_end(drains: &[u64], latencies: &[u64], steps: u32) -> Option<End> {
    let places = drains.len();
    let back = steps as usize - 1;
    let mut distinct = drains.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    // The longest sum must fit.
    let longest = latencies.iter().zip(drains).map(|(a, b)| u128::from(*a) + u128::from(*b)).max()?;
    let all = longest * (back as u128 + 1);
    if distinct.len() > DRAINS || all > u128::from(u64::MAX / 8) {
        return None;
    }
    // Prefix sums of d + L over the ring unrolled: places `0 .. back + places`, place `back + h` being `h`.
    let total = back + places;
    let of = |at: usize| (at + places - back % places) % places;
    let mut before = vec![0i64; total + 1];
    for at in 0..total {
        before[at + 1] = before[at] + (drains[of(at)] + latencies[of(at)]) as i64;
    }
    let mut best: Vec<(i64, usize)> = vec![(i64::MIN, 0); places];
    for drain in distinct {
        // `base(at)`: what a path that comes from place `at` saves.
        let base = |at: usize| before[at] - drain as i64 * at as i64;
        let mut queue: VecDeque<usize> = VecDeque::new();
        let mut entered = 0;
        let mut reached: Option<usize> = None;
        for at in 0..total {
            if drains[of(at)] >= drain {
                reached = Some(at);
            }
            let Some(last) = reached else { continue };
            // Windows may begin anywhere up to the last place with such a drain.
            while entered <= last {
                while queue.back().is_some_and(|other| base(*other) > base(entered)) {
                    queue.pop_back();
                }
                queue.push_back(entered);
                entered += 1;
            }
            if at < back {
                continue;
            }
            while queue.front().is_some_and(|first| *first + back < at) {
                queue.pop_front();
            }
            if let Some(&first) = queue.front() {
                let moves = at - first;
                let start = before[at] - before[first] + (back - moves) as i64 * drain as i64;
                let known = &mut best[at - back];
                *known = (*known).max((start, moves));
            }
        }
    }
    // Latencies of the last `moves + 1` places up to one, over the unrolled ring.
    let mut latency_before = vec![0u64; total + 1];
    for at in 0..total {
        latency_before[at + 1] = latency_before[at] + latencies[of(at)];
    }
    let ends = best.iter().enumerate().map(|(place, (start, moves))| {
        let finish = (start + (drains[place] + latencies[place]) as i64) as u64;
        let latency = latency_before[back + place + 1] - latency_before[back + place - moves];
        End { finish, latency, transfer: finish - latency }
    });
    ends.max()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The recurrence itself.
    fn plain(drains: &[u64], latencies: &[u64], steps: u32) -> u64 {
        let places = drains.len();
        let mut start = vec![0u64; places];
        for _ in 1..steps {
            start = (0..places)
                .map(|h| {
                    let g = (h + places - 1) % places;
                    (start[g] + drains[g] + latencies[g]).max(start[h] + drains[h])
                })
                .collect();
        }
        (0..places).map(|h| start[h] + drains[h] + latencies[h]).max().unwrap()
    }

    proptest! {
        #[test]
        fn agrees_with_the_recurrence(
            ring in prop::collection::vec((prop_oneof![1u64..4, 1u64..1000], 0u64..300), 1..20),
            steps in 1u32..60,
        ) {
            let (drains, latencies): (Vec<u64>, Vec<u64>) = ring.into_iter().unzip();
            let told = ring_end(&drains, &latencies, steps).unwrap();
            prop_assert_eq!(told.finish, plain(&drains, &latencies, steps));
            prop_assert_eq!(told.latency + told.transfer, told.finish);
        }
    }
}
