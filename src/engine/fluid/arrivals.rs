//! Data under way: what was sent and will be received.
//!
//! Receipt is a fixed latency after sending, and time never goes back, so what has one latency arrives in the order in
//! which it was sent: one queue a latency, first in, first out.

use std::collections::VecDeque;

use super::agenda::Agenda;

/// A transfer that was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    /// When it is received.
    pub(super) time: u64,
    /// When it started.
    pub(super) start: u64,
    /// Latency on its critical path, its own included.
    pub(super) latency: u64,
    /// Transfer time on its critical path, its own included.
    pub(super) transfer: u64,
    /// Its lane.
    pub(super) lane: u32,
}

/// All data under way.
#[derive(Debug, Clone)]
pub(super) struct Arrivals {
    queues: Vec<VecDeque<Arrival>>,
    fronts: Agenda,
}

impl Arrivals {
    /// One queue for each of so many different latencies.
    pub(super) fn new(latencies: usize) -> Self {
        Self { queues: vec![VecDeque::new(); latencies], fronts: Agenda::new(latencies) }
    }

    /// Adds to the queue of its latency.
    #[inline]
    pub(super) fn push(&mut self, queue: u32, arrival: Arrival) {
        let row = &mut self.queues[queue as usize];
        if row.is_empty() {
            self.fronts.set(queue as usize, arrival.time);
        }
        row.push_back(arrival);
    }

    /// All that is under way: latency by latency, then as sent.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arrival> {
        self.queues.iter().flatten()
    }

    /// Puts all off by so much, and lets `also` change what else is to change.
    pub(super) fn shift(&mut self, by: u64, also: impl Fn(&mut Arrival)) {
        for arrival in self.queues.iter_mut().flatten() {
            arrival.time += by;
            also(arrival);
        }
        self.fronts.shift(by);
    }

    /// When the next is received.
    #[inline]
    pub(super) fn next(&mut self) -> u64 {
        self.fronts.next()
    }

    /// Takes all that are received at `time`, the result of [`Self::next`]: latency by latency, then as sent.
    pub(super) fn take(&mut self, time: u64, queues: &mut Vec<u32>, out: &mut Vec<Arrival>) {
        queues.clear();
        self.fronts.take(time, queues);
        for &queue in queues.iter() {
            let row = &mut self.queues[queue as usize];
            while let Some(first) = row.front().filter(|first| first.time == time) {
                out.push(*first);
                row.pop_front();
            }
            if let Some(first) = row.front() {
                self.fronts.set(queue as usize, first.time);
            }
        }
    }
}
