//! Follows one atom through a schedule, round by round: the transfers of a round read at its start and land at
//! its end. With every transfer it is checked that the waits let no other order of events read anything else.
//!
//! That this is enough, by induction over the events of any order that the waits allow: a read sees what landed
//! before it in the rounds, because the waits say so; and nothing that lands after it, because
//!
//! * sums are added when their receiver gets to them, and it gets to them only after that read;
//! * a copy that changes anything is of everybody's contributions, the receiver's own among them. Where the
//!   receiver has sent the atom only once, that copy was made of what it sent, and so comes after. Where it had
//!   everybody's before it sent any, the copy changes nothing. A switch has no contribution of its own: what
//!   replaces its sum must come from the one that it sent the sum to, who has waited for it.

use super::VerifyFault;
use super::assured::{Assured, Steps};
use super::carriers::{Visit, carriers};
use super::goal::{Holds, at_end, at_start, destination, owner};
use super::orders::Orders;
use super::state::print_of;
use crate::collective::{Op, Schedule};
use crate::ids::Rank;

/// No entry.
const NONE: u32 = u32::MAX;

/// What a rank has of the atom, and what it did with it.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// The sum of the contributions' fingerprints.
    value: u64,
    /// Of which atom all this is.
    turn: u32,
    /// The last landing, in the list of landings.
    landed: u32,
    /// The last landing before the last read, and before the first.
    landed_at_read: u32,
    landed_at_first: u32,
    /// How often it was read.
    reads: u32,
    /// The last reads.
    last: Steps,
    /// Who got what was read last.
    reader: u32,
    /// The last reads come after all others for sure.
    in_order: bool,
    /// A copy has landed last.
    copied: bool,
}

const BLANK: Cell = Cell {
    value: 0,
    turn: 0,
    landed: NONE,
    landed_at_read: NONE,
    landed_at_first: NONE,
    reads: 0,
    last: Steps { phase: 0, step: 0 },
    reader: NONE,
    in_order: true,
    copied: false,
};

/// A landing that reads must wait for, and the one before it at the same rank.
struct Landing {
    of: Steps,
    src: u32,
    before: u32,
}

/// Follows atoms, one after the other.
pub(super) struct Replay<'a> {
    schedule: &'a Schedule,
    orders: &'a Orders,
    assured: Assured<'a>,
    cells: Vec<Cell>,
    turn: u32,
    landings: Vec<Landing>,
    visits: Vec<Visit>,
    values: Vec<u64>,
    prints: Vec<u64>,
    everybody: u64,
    /// How many transfers, lanes, blocks and steps were looked at.
    pub(super) looked: u64,
}

impl<'a> Replay<'a> {
    pub(super) fn new(schedule: &'a Schedule, orders: &'a Orders) -> Self {
        let prints: Vec<u64> = (0..schedule.ranks).map(print_of).collect();
        Self {
            schedule,
            orders,
            assured: Assured::new(schedule, orders),
            cells: vec![BLANK; schedule.participants() as usize],
            turn: 0,
            landings: Vec::new(),
            visits: Vec::new(),
            values: Vec::new(),
            everybody: prints.iter().fold(0, |sum: u64, print| sum.wrapping_add(*print)),
            prints,
            looked: 0,
        }
    }

    /// The transfers that carried the last atom, by round.
    pub(super) fn visits(&self) -> &[Visit] {
        &self.visits
    }

    /// Follows an atom to its end, through those phases.
    pub(super) fn follow(&mut self, atom: u64, phases: impl Iterator<Item = u32>) -> Result<(), VerifyFault> {
        self.turn += 1;
        self.landings.clear();
        let mut visits = std::mem::take(&mut self.visits);
        visits.clear();
        for phase in phases {
            self.looked += carriers(self.schedule, self.orders, phase, atom, &mut visits);
        }
        visits.sort_by_key(|visit| visit.round);
        let mut done = Ok(());
        for round in visits.chunk_by(|one, next| one.round == next.round) {
            done = self.round(atom, round);
            if done.is_err() {
                break;
            }
        }
        self.visits = visits;
        done?;
        self.check_end(atom)
    }

    fn round(&mut self, atom: u64, visits: &[Visit]) -> Result<(), VerifyFault> {
        let mut values = std::mem::take(&mut self.values);
        values.clear();
        for visit in visits {
            values.push(self.read(atom, visit)?);
        }
        for (visit, value) in visits.iter().zip(&values) {
            self.land(atom, visit, *value)?;
        }
        self.values = values;
        Ok(())
    }

    /// What a rank has.
    fn cell(&mut self, rank: u32, atom: u64) -> &mut Cell {
        let cell = &mut self.cells[rank as usize];
        if cell.turn != self.turn {
            let value = match at_start(self.schedule, rank, atom) {
                Holds::One(who) => self.prints[who as usize],
                Holds::Nothing | Holds::All => 0,
            };
            *cell = Cell { value, turn: self.turn, ..BLANK };
        }
        cell
    }

    fn read(&mut self, atom: u64, visit: &Visit) -> Result<u64, VerifyFault> {
        let by = Steps { phase: visit.phase, step: visit.step };
        let rank = visit.src;
        let cell = *self.cell(rank, atom);
        if cell.value == 0 {
            return Err(VerifyFault::Absent { transfer: visit.transfer(self.schedule), atom });
        }
        // What reads before this one waited for, this one waits for too.
        let after = cell.reads == 0 || self.assured.sent(rank, by, cell.last);
        let known = if after && cell.reads > 0 { cell.landed_at_read } else { NONE };
        let mut landing = cell.landed;
        while landing != known {
            let Landing { of, src, before } = self.landings[landing as usize];
            if !self.assured.landed(rank, by, of) {
                return Err(VerifyFault::Unawaited {
                    transfer: visit.transfer(self.schedule),
                    atom,
                    delivery: Visit { src, dst: rank, phase: of.phase, step: of.step, round: 0 }
                        .transfer(self.schedule),
                });
            }
            landing = before;
        }
        let cell = &mut self.cells[rank as usize];
        cell.landed_at_read = cell.landed;
        if cell.reads == 0 {
            cell.landed_at_first = cell.landed;
        }
        cell.reads += 1;
        cell.reader = visit.dst;
        if cell.last.phase == by.phase && cell.reads > 1 {
            cell.last.step = cell.last.step.max(by.step);
        } else {
            cell.in_order &= after;
            cell.last = by;
        }
        Ok(cell.value)
    }

    fn land(&mut self, atom: u64, visit: &Visit, value: u64) -> Result<(), VerifyFault> {
        let of = Steps { phase: visit.phase, step: visit.step };
        let rank = visit.dst;
        let overtaking = || VerifyFault::Overtaking { transfer: visit.transfer(self.schedule), atom };
        let everybody = self.everybody;
        if visit.step < self.schedule.phases[visit.phase as usize].reduce_steps {
            let cell = *self.cell(rank, atom);
            let in_time = cell.reads == 0 || (cell.in_order && self.assured.added_after(rank, of, cell.last));
            if cell.copied || !in_time {
                return Err(VerifyFault::Overtaking { transfer: visit.transfer(self.schedule), atom });
            }
            let cell = &mut self.cells[rank as usize];
            cell.value = cell.value.wrapping_add(value);
        } else {
            let cell = *self.cell(rank, atom);
            // The same again changes nothing, unless it could come before a sum that is added.
            if cell.value == value && (cell.copied || cell.landed == NONE) {
                return Ok(());
            }
            if cell.value != 0 {
                if value != everybody {
                    return Err(overtaking());
                }
                let own = rank < self.schedule.ranks;
                // Whoever had the total before it sent any of its own only gets back what it has.
                if own && cell.value == value && cell.reads > 0 && cell.landed == cell.landed_at_first {
                    return Ok(());
                }
                let once = cell.reads == 1 && cell.landed == cell.landed_at_read;
                let after =
                    own || (visit.src == cell.reader && self.assured.landed(visit.src, of, cell.last));
                if !once || !after {
                    return Err(overtaking());
                }
                // All that landed before was waited for by the read that this copy is made of.
                self.cells[rank as usize] = Cell { turn: cell.turn, ..BLANK };
            }
            let cell = &mut self.cells[rank as usize];
            cell.value = value;
            cell.copied = true;
        }
        let cell = &mut self.cells[rank as usize];
        if let Some(last) = self.landings.get_mut(cell.landed as usize)
            && last.of.phase == of.phase
            && cell.landed != cell.landed_at_read
        {
            last.of.step = last.of.step.max(of.step);
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "no more than transfers that carry the atom")]
            let next = self.landings.len() as u32;
            self.landings.push(Landing { of, src: visit.src, before: cell.landed });
            cell.landed = next;
        }
        Ok(())
    }

    /// Whether every rank has what it must.
    fn check_end(&mut self, atom: u64) -> Result<(), VerifyFault> {
        let only = match self.schedule.op {
            Op::AllReduce | Op::AllGather | Op::Broadcast => None,
            Op::Reduce => Some(self.schedule.root.0),
            Op::ReduceScatter => Some(owner(self.schedule, atom)),
            Op::SendRecv => Some((owner(self.schedule, atom) + 1) % self.schedule.ranks),
            Op::AllToAll | Op::AllToAllV => Some(destination(self.schedule, atom)),
        };
        let ranks = only.map_or(0..self.schedule.ranks, |rank| rank..rank + 1);
        for rank in ranks {
            let wanted = match at_end(self.schedule, rank, atom) {
                Holds::Nothing => continue,
                Holds::One(who) => self.prints[who as usize],
                Holds::All => self.everybody,
            };
            if self.cell(rank, atom).value != wanted {
                return Err(VerifyFault::Wrong { rank: Rank(rank), atom });
            }
        }
        Ok(())
    }
}
