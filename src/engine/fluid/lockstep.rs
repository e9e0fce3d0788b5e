//! Rounds of ranks in lockstep: a rank enters its next round when all that it sends and receives in the present one
//! has been received.

use super::plan::Plan;
use super::rows::Rows;

/// The present round of every rank of the job.
pub(super) struct Lockstep {
    /// Lanes of every rank, by their first round.
    lanes: Rows<u32>,
    /// Next of them that is not in the window.
    next: Vec<u32>,
    /// Lanes with a transfer in the present round.
    window: Vec<Vec<u32>>,
    round: Vec<u32>,
    /// Transfers of the present round that were not received yet.
    pending: Vec<u32>,
}

impl Lockstep {
    pub(super) fn new(plan: &Plan<'_>) -> Self {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let mut order: Vec<u32> =
            (0..plan.lanes.len() as u32).filter(|lane| plan.lockstep(*lane as usize)).collect();
        order.sort_by_key(|lane| plan.lanes[*lane as usize].round);
        for lane in order {
            if plan.lanes[lane as usize].steps > 0 {
                pairs.extend(distinct(plan.lanes[lane as usize].ends).map(|rank| (rank, lane)));
            }
        }
        let ranks = plan.ranks as usize;
        Self {
            lanes: Rows::new(ranks, &pairs),
            next: vec![0; ranks],
            window: vec![Vec::new(); ranks],
            round: vec![0; ranks],
            pending: vec![0; ranks],
        }
    }

    /// Of every rank: its round, the transfers that it waits for, and how many of its lanes have had their first round.
    pub(super) fn ranks(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        (0..self.round.len()).map(|rank| (self.round[rank], self.pending[rank], self.next[rank]))
    }

    /// The lanes of a rank with a transfer in the present round.
    pub(super) fn window(&self, rank: usize) -> &[u32] {
        &self.window[rank]
    }

    /// How many rounds it is until another lane of a rank begins; `None` where none is left.
    pub(super) fn room(&self, plan: &Plan<'_>, rank: usize) -> Option<u32> {
        let next = self.lanes.row(rank).get(self.next[rank] as usize)?;
        Some(plan.lanes[*next as usize].round - self.round[rank])
    }

    /// Lets every rank make the rounds since `before` so many times more.
    pub(super) fn skip(&mut self, times: u32, before: impl Fn(usize) -> u32) {
        for (rank, round) in self.round.iter_mut().enumerate() {
            *round += (*round - before(rank)) * times;
        }
    }

    /// Whether a lane may start its transfer of that round.
    pub(super) fn allows(&self, rank: u32, round: u32) -> bool {
        round <= self.round[rank as usize]
    }

    /// Puts a rank in its first round; to be called once, before anything is received.
    pub(super) fn open(
        &mut self,
        plan: &Plan<'_>,
        rank: u32,
        received: impl Fn(u32) -> u32,
        ready: &mut Vec<u32>,
    ) {
        self.enter(plan, rank, 0, &received, ready);
    }

    /// A transfer of that round was received: moves its ends on, and appends the lanes that may start now.
    pub(super) fn received(
        &mut self,
        plan: &Plan<'_>,
        lane: u32,
        round: u32,
        received: impl Fn(u32) -> u32,
        ready: &mut Vec<u32>,
    ) {
        for rank in distinct(plan.lanes[lane as usize].ends) {
            if self.round[rank as usize] == round && self.window[rank as usize].contains(&lane) {
                self.pending[rank as usize] -= 1;
                if self.pending[rank as usize] == 0 {
                    self.enter(plan, rank, round + 1, &received, ready);
                }
            }
        }
    }

    /// Enters `round`, or the first one after it that has something left to wait for.
    fn enter(
        &mut self,
        plan: &Plan<'_>,
        rank: u32,
        mut round: u32,
        received: &impl Fn(u32) -> u32,
        ready: &mut Vec<u32>,
    ) {
        let at = rank as usize;
        let row = self.lanes.row(at);
        loop {
            self.window[at].retain(|&lane| {
                let planned = &plan.lanes[lane as usize];
                round < planned.round + planned.steps
            });
            if self.window[at].is_empty() {
                match row.get(self.next[at] as usize) {
                    Some(&lane) => round = round.max(plan.lanes[lane as usize].round),
                    None => {
                        self.round[at] = u32::MAX;
                        return;
                    }
                }
            }
            while let Some(&lane) = row.get(self.next[at] as usize) {
                if plan.lanes[lane as usize].round > round {
                    break;
                }
                self.window[at].push(lane);
                self.next[at] += 1;
            }
            self.round[at] = round;
            self.pending[at] = 0;
            for &lane in &self.window[at] {
                let planned = &plan.lanes[lane as usize];
                if received(lane) <= round - planned.round {
                    self.pending[at] += 1;
                }
                if planned.ends[0] == rank {
                    ready.push(lane);
                }
            }
            if self.pending[at] > 0 {
                return;
            }
            round += 1;
        }
    }
}

/// The ends of a lane, once where both are of one class.
fn distinct(ends: [u32; 2]) -> impl Iterator<Item = u32> {
    std::iter::once(ends[0]).chain((ends[1] != ends[0]).then_some(ends[1]))
}
