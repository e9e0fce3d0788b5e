//! Shortest paths over cells, from one end or from both.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Bundles, NONE};

/// Marks a cell that is not reached.
const FAR: u32 = u32::MAX;

/// A bundle on shortest paths between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    /// How far from the source it starts.
    pub(super) distance: u32,
    /// The cell that it starts at.
    pub(super) from: u32,
    /// The bundle.
    pub(super) bundle: u32,
}

/// What is known of a cell.
#[derive(Debug, Clone, Copy)]
struct Label {
    cost: u32,
    /// The last entry of its list of bundles.
    head: u32,
}

/// Of a cell that is not reached.
const UNKNOWN: Label = Label { cost: FAR, head: NONE };

/// Costs from one cell (or to it), with all the bundles by which each cell is reached at its cost.
#[derive(Debug)]
struct Side {
    /// Whether costs are *to* the root, along the direction of links.
    backward: bool,
    root: u32,
    labels: Vec<Label>,
    /// Bundles and the entries before them in the lists.
    entries: Vec<(u32, u32)>,
    heap: BinaryHeap<Reverse<(u32, u32)>>,
    touched: Vec<u32>,
    /// Which cells a trace has been to: those that hold its number.
    traced: Vec<u32>,
    trace: u32,
    /// Cells that a trace is yet to leave; empty between traces.
    open: Vec<u32>,
}

impl Side {
    fn new(cells: usize, backward: bool) -> Self {
        Self {
            backward,
            root: NONE,
            labels: vec![UNKNOWN; cells],
            entries: Vec::new(),
            heap: BinaryHeap::new(),
            touched: Vec::new(),
            traced: vec![0; cells],
            trace: 0,
            open: Vec::new(),
        }
    }

    fn start(&mut self, root: u32) {
        for cell in self.touched.drain(..) {
            self.labels[cell as usize] = UNKNOWN;
        }
        self.entries.clear();
        self.heap.clear();
        self.root = root;
        self.labels[root as usize].cost = 0;
        self.touched.push(root);
        self.heap.push(Reverse((0, root)));
    }

    fn cost(&self, cell: u32) -> u32 {
        self.labels[cell as usize].cost
    }

    /// The cost of the next cell to be settled; `FAR` where there is none.
    fn top(&mut self) -> u32 {
        while let Some(Reverse((cost, cell))) = self.heap.peek() {
            if *cost == self.cost(*cell) {
                return *cost;
            }
            self.heap.pop();
        }
        FAR
    }

    /// Settles the next cell and relaxes its bundles; calls `reached` with every cell that gets a better cost. Cells
    /// that do not forward are labelled, and queued only where `wanted` holds.
    fn settle(
        &mut self,
        bundles: &Bundles,
        wanted: impl Fn(u32) -> bool,
        mut reached: impl FnMut(u32, u32),
    ) -> Option<u32> {
        self.top();
        let Reverse((cost, cell)) = self.heap.pop()?;
        if cell != self.root && !bundles.forwards[cell as usize] {
            return Some(cell);
        }
        for out in bundles.out(cell) {
            let next = bundles.to[out as usize];
            let attributes = bundles.attributes(out);
            let (bundle, step) = match self.backward {
                true => (bundles.reverse(out), attributes.back_cost),
                false => (out, attributes.cost),
            };
            let after = cost.saturating_add(step);
            let known = &mut self.labels[next as usize];
            if after > known.cost || after == FAR {
                continue;
            }
            if after < known.cost {
                if known.cost == FAR {
                    self.touched.push(next);
                }
                *known = Label { cost: after, head: NONE };
                if bundles.forwards[next as usize] || wanted(next) {
                    self.heap.push(Reverse((after, next)));
                }
                reached(next, after);
            }
            self.entries.push((bundle, known.head));
            known.head = self.entries.len() as u32 - 1;
        }
        Some(cell)
    }

    /// Adds the bundles by which shortest paths lead from the root to `cell`, or from `cell` to the root.
    /// `whole` is the distance from end to end.
    fn trace(&mut self, bundles: &Bundles, cell: u32, whole: u32, steps: &mut Vec<Step>) {
        self.open.push(cell);
        while let Some(cell) = self.open.pop() {
            if std::mem::replace(&mut self.traced[cell as usize], self.trace) == self.trace {
                continue;
            }
            let mut entry = self.labels[cell as usize].head;
            while entry != NONE {
                let (bundle, before) = self.entries[entry as usize];
                let (from, to) = bundles.between(bundle);
                if self.backward {
                    steps.push(Step { distance: whole - self.cost(from), from, bundle });
                    self.open.push(to);
                } else {
                    steps.push(Step { distance: self.cost(from), from, bundle });
                    self.open.push(from);
                }
                entry = before;
            }
        }
    }
}

/// Finds all shortest paths between two cells.
#[derive(Debug)]
pub(super) struct Search {
    ahead: Side,
    back: Side,
    wanted: Vec<bool>,
}

impl Search {
    /// Room for so many cells.
    pub(super) fn new(cells: usize) -> Self {
        Self { ahead: Side::new(cells, false), back: Side::new(cells, true), wanted: vec![false; cells] }
    }

    /// Starts from a source.
    pub(super) fn start(&mut self, source: u32) {
        self.ahead.start(source);
    }

    /// Searches from the source until all of `cells` are settled, after which [`Self::settled`] serves them.
    pub(super) fn reach(&mut self, bundles: &Bundles, cells: &[u32]) {
        let mut left = 0;
        for cell in cells {
            left += usize::from(!std::mem::replace(&mut self.wanted[*cell as usize], true));
        }
        let wanted = &self.wanted;
        while left > 0 {
            let Some(cell) = self.ahead.settle(bundles, |cell| wanted[cell as usize], |_, _| {}) else {
                break;
            };
            left -= usize::from(wanted[cell as usize]);
        }
        for cell in cells {
            self.wanted[*cell as usize] = false;
        }
    }

    /// All bundles on shortest paths from the source to a cell that [`Self::reach`] was asked for, nearest first.
    /// False where there is no path.
    pub(super) fn settled(&mut self, bundles: &Bundles, target: u32, steps: &mut Vec<Step>) -> bool {
        steps.clear();
        if self.ahead.cost(target) == FAR {
            return false;
        }
        self.ahead.trace += 1;
        self.ahead.trace(bundles, target, 0, steps);
        steps.sort_unstable();
        true
    }

    /// All bundles on shortest paths from the source to `target`, nearest first: searches from both ends until the
    /// two radii reach the distance. False where there is no path.
    ///
    /// Every shortest path has a first cell whose cost from the source is not below what is still open on that side.
    /// All cells before it are settled ahead; all after it are nearer to the target than the other radius, so they
    /// are settled backwards; and it has its true cost from both. So tracing both ways from all cells whose two costs
    /// add up to the distance finds every bundle on a shortest path, and none that is not.
    pub(super) fn between(&mut self, bundles: &Bundles, target: u32, steps: &mut Vec<Step>) -> bool {
        let source = self.ahead.root;
        let passes = |cell: u32| bundles.forwards[cell as usize] || cell == source || cell == target;
        steps.clear();
        self.back.start(target);
        let mut whole = self.ahead.cost(target);
        loop {
            let (ahead, back) = (self.ahead.top(), self.back.top());
            if ahead == FAR || back == FAR || ahead.saturating_add(back) >= whole {
                break;
            }
            let Self { ahead: a, back: b, .. } = self;
            let (side, other) = if ahead <= back { (a, &b.labels) } else { (b, &a.labels) };
            side.settle(
                bundles,
                |_| false,
                |cell, cost| {
                    if passes(cell) {
                        whole = whole.min(cost.saturating_add(other[cell as usize].cost));
                    }
                },
            );
        }
        if whole == FAR {
            return false;
        }
        self.ahead.trace += 1;
        self.back.trace += 1;
        for at in 0..self.back.touched.len() {
            let cell = self.back.touched[at];
            let (from, to) = (self.ahead.cost(cell), self.back.cost(cell));
            if from.checked_add(to) == Some(whole) && passes(cell) {
                self.ahead.trace(bundles, cell, whole, steps);
                self.back.trace(bundles, cell, whole, steps);
            }
        }
        steps.sort_unstable();
        steps.dedup();
        true
    }
}
