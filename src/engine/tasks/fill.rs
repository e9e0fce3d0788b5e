//! Max-min fair rates of one component, by filling.
//!
//! All rates grow together. A row is full at its level: what it has, less what tasks of lower levels take, over what the
//! others demand. Its tasks keep that level as their rate; at level 1 all do. What tasks of one level take is summed as an
//! integer and counted off at once, in ascending order of levels, so that rates depend only on who works.

use super::job::TaskJob;
use super::sharing::Member;

/// A row at work.
#[derive(Debug)]
pub(super) struct Row {
    capacity: u128,
    /// What its members demand together, in units.
    pub(super) demanded: u128,
    /// Who works on it, in no order.
    pub(super) members: Vec<Member>,
    /// Whether members came or went since rates were told last.
    pub(super) changed: bool,
    /// Whether members demand more than there is, as of the last look; and before that.
    pub(super) over: bool,
    pub(super) was_over: bool,
    /// When it was looked at last, and how it had been until then.
    looked: u64,
    worked: bool,
    /// How long it had members, and more than it can serve.
    pub(super) busy: u64,
    pub(super) contended: u64,
    /// The component that it is in.
    stamp: u64,
    /// What members demand who have no rate yet, in units.
    open: u128,
    /// The same of those who get one at this level.
    closing: u128,
    /// What members with rates take.
    load: f64,
    /// At which level it is full.
    level: f64,
}

impl Row {
    /// A row of that capacity, in units.
    pub(super) const fn new(capacity: u128) -> Self {
        Self {
            capacity,
            demanded: 0,
            members: Vec::new(),
            changed: false,
            over: false,
            was_over: false,
            looked: 0,
            worked: false,
            busy: 0,
            contended: 0,
            stamp: 0,
            open: 0,
            closing: 0,
            load: 0.0,
            level: 0.0,
        }
    }

    /// Counts the time since the last look, and looks.
    pub(super) fn look(&mut self, now: u64) {
        let span = now - self.looked;
        self.busy += if self.worked { span } else { 0 };
        self.contended += if self.over { span } else { 0 };
        self.looked = now;
        self.was_over = self.over;
        self.worked = !self.members.is_empty();
        self.over = self.demanded > self.capacity;
    }

    /// Nobody has a rate.
    fn empty(&mut self, stamp: u64) {
        self.stamp = stamp;
        self.open = self.demanded;
        self.closing = 0;
        self.load = 0.0;
        self.level = 0.0;
        self.set_level();
    }

    /// At which level it is full, which rounding must not let be below one that is past.
    fn set_level(&mut self) {
        self.level = level(self.capacity, self.load, self.open).max(self.level);
    }

    /// The members that got a rate at a level take what they take.
    fn close(&mut self, level: f64) {
        self.load += take(self.closing, level);
        self.open -= self.closing;
        self.closing = 0;
        self.level = level;
        if self.open > 0 {
            self.set_level();
        }
    }
}

/// At which level a row is full: the same for the fast engine and its twin.
#[expect(clippy::cast_precision_loss, reason = "the one rounding of sums that are exact")]
pub(super) fn level(capacity: u128, load: f64, open: u128) -> f64 {
    (capacity as f64 - load) / open as f64
}

/// What so many units take at a level.
#[expect(clippy::cast_precision_loss, reason = "the one rounding of a sum that is exact")]
pub(super) fn take(units: u128, level: f64) -> f64 {
    units as f64 * level
}

/// Finds components and fills them.
#[derive(Debug)]
pub(super) struct Fill {
    /// Counts components.
    stamp: u64,
    /// The first component since the last event.
    first: u64,
    /// By task: in which component it was met. Twice the stamp, and one more once it has its rate.
    met: Vec<u64>,
    /// Of the component: tasks, and rows that demand too much.
    tasks: Vec<u32>,
    rows: Vec<u32>,
    /// Rows that are full at this level, and all whose members get rates at it.
    full: Vec<u32>,
    hit: Vec<u32>,
}

impl Fill {
    /// For so many tasks.
    pub(super) fn new(tasks: usize) -> Self {
        Self {
            stamp: 0,
            first: 0,
            met: vec![0; tasks],
            tasks: Vec::new(),
            rows: Vec::new(),
            hit: Vec::new(),
            full: Vec::new(),
        }
    }

    /// An event: nothing was met yet.
    pub(super) fn begin(&mut self) {
        self.first = self.stamp + 1;
    }

    /// Collects the component of a task, unless it was met since the event; true where a row binds it.
    pub(super) fn component(&mut self, job: &TaskJob, rows: &mut [Row], task: u32) -> bool {
        self.tasks.clear();
        self.rows.clear();
        if self.met[task as usize] >= 2 * self.first {
            return false;
        }
        self.stamp += 1;
        self.met[task as usize] = 2 * self.stamp;
        self.tasks.push(task);
        let (mut next_task, mut next_row) = (0, 0);
        loop {
            if let Some(row) = self.rows.get(next_row) {
                next_row += 1;
                for member in &rows[*row as usize].members {
                    let met = &mut self.met[member.task as usize];
                    if *met != 2 * self.stamp {
                        *met = 2 * self.stamp;
                        self.tasks.push(member.task);
                    }
                }
            } else if let Some(task) = self.tasks.get(next_task) {
                next_task += 1;
                for demand in job.demands.of(*task as usize) {
                    let row = &mut rows[demand.row as usize];
                    if row.over && row.stamp != self.stamp {
                        row.empty(self.stamp);
                        self.rows.push(demand.row);
                    }
                }
            } else {
                return !self.rows.is_empty();
            }
        }
    }

    /// Tells the rate of every task of the component that was collected last, once.
    pub(super) fn solve(&mut self, job: &TaskJob, rows: &mut [Row], tell: &mut impl FnMut(u32, f64)) {
        let with_rate = 2 * self.stamp + 1;
        loop {
            let mut least = f64::INFINITY;
            for row in &self.rows {
                least = least.min(rows[*row as usize].level);
            }
            if least >= 1.0 {
                break;
            }
            self.full.clear();
            self.full.extend(self.rows.iter().filter(|row| rows[**row as usize].level <= least));
            for full in &self.full {
                for member in 0..rows[*full as usize].members.len() {
                    let task = rows[*full as usize].members[member].task;
                    if self.met[task as usize] == with_rate {
                        continue;
                    }
                    self.met[task as usize] = with_rate;
                    tell(task, least);
                    for demand in job.demands.of(task as usize) {
                        let row = &mut rows[demand.row as usize];
                        if row.over {
                            if row.closing == 0 {
                                self.hit.push(demand.row);
                            }
                            row.closing += u128::from(demand.units);
                        }
                    }
                }
            }
            for row in self.hit.drain(..) {
                rows[row as usize].close(least);
            }
            self.rows.retain(|row| rows[*row as usize].open > 0);
        }
        for task in self.tasks.drain(..) {
            if self.met[task as usize] != with_rate {
                tell(task, 1.0);
            }
        }
        self.rows.clear();
    }
}
