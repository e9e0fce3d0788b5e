//! What happens next: one time at most for each task, in a heap that knows where each task is.
//!
//! Setting a time moves an entry; nothing is ever stale. Tasks of one time come out by id, ascending.

/// Children of an entry. Four share a line of the processor's memory.
const FAN: usize = 4;

/// Where a task is that has no time.
const NOWHERE: u32 = u32::MAX;

/// Times of tasks, least first.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    /// `(time, task)`, each not less than its parent.
    heap: Vec<(u64, u32)>,
    /// By task: its place in the heap.
    place: Vec<u32>,
}

impl Calendar {
    /// For so many tasks.
    pub(super) fn new(tasks: usize) -> Self {
        Self { heap: Vec::new(), place: vec![NOWHERE; tasks] }
    }

    /// The least time.
    pub(super) fn next(&self) -> Option<u64> {
        self.heap.first().map(|entry| entry.0)
    }

    /// Sets the time of a task, anew or for the first time.
    pub(super) fn set(&mut self, task: u32, time: u64) {
        let entry = (time, task);
        let place = self.place[task as usize] as usize;
        if place == NOWHERE as usize {
            self.heap.push(entry);
            self.rise(self.heap.len() - 1, entry);
        } else if entry < self.heap[place] {
            self.rise(place, entry);
        } else {
            self.sink(place, entry);
        }
    }

    /// Takes out the task of lowest id whose time is `time`, which is not more than any.
    pub(super) fn take(&mut self, time: u64) -> Option<u32> {
        let &(least, task) = self.heap.first()?;
        if least != time {
            return None;
        }
        self.place[task as usize] = NOWHERE;
        if let Some(last) = self.heap.pop()
            && !self.heap.is_empty()
        {
            self.sink(0, last);
        }
        Some(task)
    }

    /// Puts an entry into a hole, or above it.
    fn rise(&mut self, mut hole: usize, entry: (u64, u32)) {
        while hole > 0 {
            let parent = (hole - 1) / FAN;
            if self.heap[parent] <= entry {
                break;
            }
            self.put(hole, self.heap[parent]);
            hole = parent;
        }
        self.put(hole, entry);
    }

    /// Puts an entry into a hole, or below it.
    fn sink(&mut self, mut hole: usize, entry: (u64, u32)) {
        loop {
            let first = hole * FAN + 1;
            let end = self.heap.len().min(first + FAN);
            let Some(least) = (first..end).min_by_key(|child| self.heap[*child]) else { break };
            if entry <= self.heap[least] {
                break;
            }
            self.put(hole, self.heap[least]);
            hole = least;
        }
        self.put(hole, entry);
    }

    fn put(&mut self, place: usize, entry: (u64, u32)) {
        self.heap[place] = entry;
        self.place[entry.1 as usize] = place as u32;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The twin is a plain scan of all times.
        #[test]
        fn agrees_with_a_plain_scan(
            tasks in 1usize..200,
            actions in prop::collection::vec((any::<prop::sample::Index>(), 0u64..40, any::<bool>()), 1..300),
        ) {
            let mut calendar = Calendar::new(tasks);
            let mut plain: Vec<Option<u64>> = vec![None; tasks];
            for (task, time, take) in actions {
                let task = task.index(tasks);
                calendar.set(task as u32, time);
                plain[task] = Some(time);
                let least = plain.iter().flatten().min().copied();
                prop_assert_eq!(calendar.next(), least);
                if take && let Some(least) = least {
                    let out: Vec<u32> = std::iter::from_fn(|| calendar.take(least)).collect();
                    let expected: Vec<u32> =
                        (0..tasks).filter(|i| plain[*i] == Some(least)).map(|i| i as u32).collect();
                    prop_assert_eq!(&out, &expected);
                    for i in out {
                        plain[i as usize] = None;
                    }
                    prop_assert_eq!(calendar.next(), plain.iter().flatten().min().copied());
                }
            }
        }
    }
}
