//! What a shortest-path search looks at next, where arcs have few different latencies.
//!
//! The search goes outward, so what it adds over arcs of one latency comes in ascending order: a queue for each
//! latency is sorted by itself, and only the heads of the queues need a heap. A fabric has about five latencies.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Entries by how far they are; nothing may be added that is nearer than what was taken last.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    queues: Vec<VecDeque<(u64, T)>>,
    /// How far the head of every queue with entries is.
    heads: BinaryHeap<Reverse<(u64, u32)>>,
}

impl<T> Agenda<T> {
    /// An empty agenda of so many queues.
    pub(super) fn new(queues: usize) -> Self {
        Self {
            queues: std::iter::repeat_with(VecDeque::new).take(queues).collect(),
            heads: BinaryHeap::with_capacity(queues),
        }
    }

    /// Adds an entry to a queue, in which it must not be nearer than those before it.
    pub(super) fn push(&mut self, queue: u32, far: u64, entry: T) {
        let entries = &mut self.queues[queue as usize];
        debug_assert!(entries.back().is_none_or(|(before, _)| *before <= far));
        if entries.is_empty() {
            self.heads.push(Reverse((far, queue)));
        }
        entries.push_back((far, entry));
    }

    /// Takes a nearest entry.
    pub(super) fn pop(&mut self) -> Option<(u64, T)> {
        let mut head = self.heads.peek_mut()?;
        let queue = head.0.1;
        let entries = &mut self.queues[queue as usize];
        let taken = entries.pop_front();
        match entries.front() {
            // The heap puts itself in order when the head is let go.
            Some((next, _)) => *head = Reverse((*next, queue)),
            None => {
                std::collections::binary_heap::PeekMut::pop(head);
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_in_order() {
        let mut agenda = Agenda::new(3);
        agenda.push(0, 0, 'a');
        let mut seen = Vec::new();
        while let Some((far, entry)) = agenda.pop() {
            seen.push((far, entry));
            if seen.len() < 20 {
                for (queue, step) in [(0, 0), (1, 7), (2, 3)] {
                    agenda.push(queue, far + step, 'b');
                }
            }
        }
        assert_eq!(seen.len(), 1 + 19 * 3);
        assert!(seen.is_sorted_by_key(|(far, _)| *far));
        assert_eq!(seen[0], (0, 'a'));
    }
}
