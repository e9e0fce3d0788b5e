//! What the waits of a schedule make sure of at one rank, whatever the order of events.

use rustc_hash::FxHashMap;

use super::orders::{NOWHERE, Orders};
use crate::collective::{Need, On, Pattern, Schedule, Side, Wait};

/// Transfers of a phase that a rank takes part in: all steps up to and with `step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Steps {
    pub(super) phase: u32,
    pub(super) step: u32,
}

/// Who sends in a phase.
enum Senders {
    Everybody,
    /// Those who stand in its order.
    Placed,
    /// By rank.
    Listed(Vec<bool>),
}

/// What waits make sure of.
pub(super) struct Assured<'a> {
    schedule: &'a Schedule,
    orders: &'a Orders,
    senders: Vec<Senders>,
    /// Nobody has more than one lane in the phase.
    single: Vec<bool>,
    /// Which phases wait for what a phase delivers.
    watchers: Vec<Vec<(u32, Need)>>,
    /// Everybody sends in every phase, so that all ranks are alike.
    alike: bool,
    landed: FxHashMap<(u32, u32, u32), u32>,
    sent: FxHashMap<(Steps, Steps), bool>,
}

impl<'a> Assured<'a> {
    pub(super) fn new(schedule: &'a Schedule, orders: &'a Orders) -> Self {
        let phases = schedule.phases.len();
        let mut watchers = vec![Vec::new(); phases];
        for (number, phase) in (0..).zip(&schedule.phases) {
            for wait in &phase.waits {
                if wait.on == On::Received && wait.side == Side::Incoming {
                    watchers[wait.phase as usize].push((number, wait.need));
                }
            }
        }
        let mut senders = Vec::with_capacity(phases);
        let mut single = Vec::with_capacity(phases);
        for (number, phase) in (0..).zip(&schedule.phases) {
            let full = !phase.pattern.is_empty() && phase.steps > 0;
            match (orders.of(number), &phase.pattern) {
                (Some(places), pattern) if full && places.distinct => {
                    senders.push(if places.everybody { Senders::Everybody } else { Senders::Placed });
                    single.push(match pattern {
                        Pattern::Complete { group, .. } => *group <= 2,
                        _ => true,
                    });
                }
                _ => {
                    let mut listed = vec![false; schedule.participants() as usize];
                    let mut once = true;
                    if full {
                        for lane in phase.pattern.lanes() {
                            once &= !std::mem::replace(&mut listed[lane.src.index()], true);
                        }
                    }
                    senders.push(Senders::Listed(listed));
                    single.push(once);
                }
            }
        }
        let alike = senders.iter().all(|senders| matches!(senders, Senders::Everybody));
        let (landed, sent) = (FxHashMap::default(), FxHashMap::default());
        Self { schedule, orders, senders, single, watchers, alike, landed, sent }
    }

    fn sends(&self, phase: u32, rank: u32) -> bool {
        match &self.senders[phase as usize] {
            Senders::Everybody => true,
            Senders::Placed => {
                self.orders.of(phase).is_some_and(|places| places.place[rank as usize] != NOWHERE)
            }
            Senders::Listed(listed) => listed[rank as usize],
        }
    }

    fn count(&self, wait: &Wait, step: u32) -> u32 {
        wait.need.count(step, self.schedule.phases[wait.phase as usize].steps)
    }

    /// The last of a rank's own transfers of other phases that must be over before `by` starts, for each wait.
    fn own_before(&self, rank: u32, by: Steps) -> impl Iterator<Item = Steps> + 'a {
        let schedule = self.schedule;
        let waits = schedule.phases[by.phase as usize].waits.iter();
        let own: Vec<Steps> = waits
            .filter(|wait| wait.side == Side::Outgoing && wait.phase != by.phase)
            .filter(|wait| self.sends(wait.phase, rank))
            .filter_map(|wait| {
                Some(Steps { phase: wait.phase, step: self.count(wait, by.step).checked_sub(1)? })
            })
            .collect();
        own.into_iter()
    }

    /// Whether all that phase `from` delivers to a rank up to a step has arrived, and the rank has got to it, when
    /// its transfers of `by` start.
    pub(super) fn landed(&mut self, rank: u32, by: Steps, from: Steps) -> bool {
        let waits = &self.schedule.phases[by.phase as usize].waits;
        let direct = waits.iter().any(|wait| {
            wait.phase == from.phase
                && wait.on == On::Received
                && wait.side == Side::Incoming
                && self.count(wait, by.step) > from.step
        });
        direct || self.landed_count(rank, by, from.phase, self.schedule.phases.len()) > from.step
    }

    /// How many steps of `from` have landed for sure.
    fn landed_count(&mut self, rank: u32, by: Steps, from: u32, depth: usize) -> u32 {
        let key = (by.phase, by.step, from);
        if self.alike
            && let Some(known) = self.landed.get(&key)
        {
            return *known;
        }
        let waits = &self.schedule.phases[by.phase as usize].waits;
        let direct = waits
            .iter()
            .filter(|wait| wait.phase == from && wait.on == On::Received && wait.side == Side::Incoming);
        let mut most = direct.map(|wait| self.count(wait, by.step)).max().unwrap_or(0);
        // Schedules whose phases wait for each other in a circle are not followed for ever.
        if depth > 0 && most < self.schedule.phases[from as usize].steps {
            for own in self.own_before(rank, by) {
                most = most.max(self.landed_count(rank, own, from, depth - 1));
            }
        }
        if self.alike {
            self.landed.insert(key, most);
        }
        most
    }

    /// Whether a rank has sent all its transfers of `first`, on all lanes, when those of `by` start.
    pub(super) fn sent(&mut self, rank: u32, by: Steps, first: Steps) -> bool {
        if by.phase == first.phase && by.step > first.step && self.single[by.phase as usize] {
            return true;
        }
        let waits = &self.schedule.phases[by.phase as usize].waits;
        let direct = waits.iter().any(|wait| {
            wait.phase == first.phase && wait.side == Side::Outgoing && self.count(wait, by.step) > first.step
        });
        direct || self.sent_before(rank, by, first, self.schedule.phases.len())
    }

    fn sent_before(&mut self, rank: u32, by: Steps, first: Steps, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        let key = (by, first);
        if self.alike
            && let Some(known) = self.sent.get(&key)
        {
            return *known;
        }
        let mut sent = false;
        for own in self.own_before(rank, by) {
            let single = self.single[own.phase as usize];
            if own.phase == first.phase {
                sent |= own.step >= first.step || (single && own.step > first.step);
            } else {
                let waits = &self.schedule.phases[own.phase as usize].waits;
                sent |= waits.iter().any(|wait| {
                    wait.phase == first.phase
                        && wait.side == Side::Outgoing
                        && self.count(wait, own.step) > first.step
                });
                sent = sent || self.sent_before(rank, own, first, depth - 1);
            }
            if sent {
                break;
            }
        }
        if self.alike {
            self.sent.insert(key, sent);
        }
        sent
    }

    /// Whether a rank gets to what step `added.step` of phase `added.phase` delivers for a reduction only when it
    /// has sent all its transfers of `first`.
    pub(super) fn added_after(&mut self, rank: u32, added: Steps, first: Steps) -> bool {
        if self.watchers[added.phase as usize].is_empty() {
            // It gets to it when it has started all that it sends in that phase itself.
            let steps = self.schedule.phases[added.phase as usize].steps;
            let last = Steps { phase: added.phase, step: steps.saturating_sub(1) };
            return self.sends(added.phase, rank)
                && (added.phase == first.phase || self.sent(rank, last, first));
        }
        for watcher in 0..self.watchers[added.phase as usize].len() {
            let (phase, need) = self.watchers[added.phase as usize][watcher];
            if !self.sends(phase, rank) {
                continue;
            }
            let step = match need {
                Need::All => 0,
                Need::Step { plus } => (added.step + 1).saturating_sub(plus),
            };
            if step < self.schedule.phases[phase as usize].steps
                && !self.sent(rank, Steps { phase, step }, first)
            {
                return false;
            }
        }
        true
    }
}
