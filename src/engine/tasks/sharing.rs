//! Which tasks work on which rows, and whose rates an event may have changed.
//!
//! Sums of demands are kept as they change: they are integers, so nothing drifts. Only rows whose tasks demand more than
//! they have bind; tasks that are linked through such rows make a component, whose rates depend on nothing else.

use super::fill::{Fill, Row};
use super::job::{Demand, TaskJob};

/// Rows with the tasks that work on them.
#[derive(Debug)]
pub(super) struct Sharing<'a> {
    job: &'a TaskJob,
    rows: Vec<Row>,
    /// By demand of the job: its place among the members of its row.
    place: Vec<u32>,
    /// Rows whose members changed since rates were told last.
    changed: Vec<u32>,
    fill: Fill,
    /// How many components were solved for.
    pub(super) solves: u64,
}

/// A task on a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) task: u32,
    /// Which demand of the job.
    demand: u32,
}

impl<'a> Sharing<'a> {
    /// Nobody works yet.
    pub(super) fn new(job: &'a TaskJob) -> Self {
        Self {
            job,
            rows: job.capacity.iter().map(|capacity| Row::new(*capacity)).collect(),
            place: vec![0; job.demands.all().len()],
            changed: Vec::new(),
            fill: Fill::new(job.len()),
            solves: 0,
        }
    }

    /// A task begins to work.
    pub(super) fn join(&mut self, task: u32) {
        for demand in self.job.demands.places(task as usize) {
            let Demand { row, units } = self.job.demands.all()[demand];
            let members = &mut self.touch(row).members;
            let place = members.len() as u32;
            members.push(Member { task, demand: demand as u32 });
            self.place[demand] = place;
            self.rows[row as usize].demanded += u128::from(units);
        }
    }

    /// A task works no longer.
    pub(super) fn leave(&mut self, task: u32) {
        for demand in self.job.demands.places(task as usize) {
            let Demand { row, units } = self.job.demands.all()[demand];
            let place = self.place[demand] as usize;
            let row = self.touch(row);
            row.demanded -= u128::from(units);
            row.members.swap_remove(place);
            if let Some(moved) = row.members.get(place).map(|moved| moved.demand) {
                self.place[moved as usize] = place as u32;
            }
        }
    }

    /// A row, which changes.
    fn touch(&mut self, number: u32) -> &mut Row {
        let row = &mut self.rows[number as usize];
        if !row.changed {
            row.changed = true;
            self.changed.push(number);
        }
        row
    }

    /// Tells the rate of every task whose rate may have changed through who joined and who left. Of the others, those who
    /// joined work at rate 1.
    pub(super) fn settle(&mut self, now: u64, mut tell: impl FnMut(u32, f64)) {
        let Self { job, rows, changed, fill, solves, .. } = self;
        let mut bound = false;
        for number in changed.iter() {
            let row = &mut rows[*number as usize];
            bound |= row.over;
            row.look(now);
            bound |= row.over;
        }
        if bound {
            fill.begin();
            for number in changed.iter().map(|number| *number as usize) {
                // A row that was over and is not frees its members, whom other rows may bind still.
                if !(rows[number].over || rows[number].was_over) {
                    continue;
                }
                for member in 0..rows[number].members.len() {
                    let task = rows[number].members[member].task;
                    if fill.component(job, rows, task) {
                        *solves += 1;
                    }
                    fill.solve(job, rows, &mut tell);
                }
            }
        }
        for number in changed.drain(..) {
            rows[number as usize].changed = false;
        }
    }

    /// How long each row had tasks, and had more than it can serve, until now.
    pub(super) fn times(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.rows.iter().map(|row| (row.busy, row.contended))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::tasks::{Task, TaskJobBuilder, reference};
    use crate::ids::{RowId, TaskId};
    use crate::units::Time;

    /// Tasks with demands drawn as sevenths, so that sums round.
    fn job(capacities: &[u32], demands: &[Vec<(usize, u32)>]) -> TaskJob {
        let mut builder = TaskJobBuilder::new();
        for capacity in capacities {
            builder.row(f64::from(*capacity) / 3.0);
        }
        for demands in demands {
            let mut list: Vec<(RowId, f64)> = demands
                .iter()
                .map(|(row, sevenths)| {
                    (RowId::from_index(row % capacities.len()), f64::from(*sevenths) / 7.0)
                })
                .collect();
            list.sort_by_key(|demand| demand.0);
            list.dedup_by_key(|demand| demand.0);
            builder.task(Task::new(Time(1)).demands(&list));
        }
        builder.finish().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// After every change the rates are those of filling everything anew, to the bit; no row is above what it has;
        /// and every task is as fast as it can be alone, or is held by a full row on which nobody is faster.
        #[test]
        fn rates_are_max_min_fair_after_every_change(
            capacities in prop::collection::vec(1u32..9, 1..6),
            demands in prop::collection::vec(prop::collection::vec((0usize..6, 1u32..8), 0..4), 1..12),
            flips in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 1..4), 1..12),
        ) {
            let job = job(&capacities, &demands);
            let mut sharing = Sharing::new(&job);
            let mut rates: Vec<Option<f64>> = vec![None; job.len()];
            for (now, flips) in flips.iter().enumerate() {
                for task in flips.iter().map(|flip| flip.index(job.len())) {
                    if rates[task].take().is_some() {
                        sharing.leave(task as u32);
                    } else {
                        sharing.join(task as u32);
                        rates[task] = Some(1.0);
                    }
                }
                sharing.settle(now as u64, |task, rate| rates[task as usize] = Some(rate));
                let working: Vec<TaskId> = job.tasks().filter(|task| rates[task.index()].is_some()).collect();
                let rate = |task: TaskId| rates[task.index()].unwrap_or(0.0);
                let fast: Vec<u64> = working.iter().map(|task| rate(*task).to_bits()).collect();
                let plain: Vec<u64> =
                    reference::rates(&job, &working).into_iter().map(f64::to_bits).collect();
                prop_assert_eq!(fast, plain);
                let mut taken = vec![0.0; job.rows()];
                let mut fastest = vec![0.0f64; job.rows()];
                for task in &working {
                    for (row, demand) in job.demands(*task) {
                        taken[row.index()] += demand * rate(*task);
                        fastest[row.index()] = fastest[row.index()].max(rate(*task));
                    }
                }
                let capacity = |row: RowId| job.capacity(row);
                for (row, taken) in taken.iter().enumerate() {
                    prop_assert!(*taken <= capacity(RowId::from_index(row)) * (1.0 + 1e-12));
                }
                for task in &working {
                    let held = job.demands(*task).any(|(row, _)| {
                        taken[row.index()] >= capacity(row) * (1.0 - 1e-12)
                            && rate(*task) >= fastest[row.index()] * (1.0 - 1e-12)
                    });
                    prop_assert!(held || rate(*task) == 1.0, "task {} at {}", task.0, rate(*task));
                }
            }
        }
    }
}
