//! What a block of a ring does to the data that passes it: lanes that share links with one another, and those that
//! share none, between two places where all rings leave it for the next block.
//!
//! The data that start together in one block are a *batch*; every piece of it is a token that a ring passes on from lane
//! to lane. Only times relative to the clock matter, so that what a block does to a batch is a function of when its
//! tokens come in, compared with the first of them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::agenda::{Agenda, NEVER};
use super::drain::drain;
use super::network::Network;
use super::sharing::Sharing;

/// A lane of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BlockLane {
    /// Bytes of every transfer.
    pub(super) bytes: u64,
    /// Its rate where it shares nothing, and where it has everything for itself.
    pub(super) rate: f64,
    pub(super) alone: f64,
    /// Whether it shares nothing.
    pub(super) exclusive: bool,
    /// Its latency; of the last lane of a ring, what it has beyond the block's own exit latency.
    pub(super) latency: u64,
    /// Whether it is the last lane of its ring in the block.
    pub(super) last: bool,
}

/// A kind of block: its lanes, ring by ring, in the order in which rings pass them.
pub(super) struct Block {
    pub(super) lanes: Vec<BlockLane>,
    /// First lane of each ring, and the end.
    pub(super) first: Vec<u32>,
    sharing: Sharing,
    agenda: Agenda,
}

/// A token that comes into a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// When, after the first of its batch.
    pub(super) time: u64,
    /// Its first lane.
    pub(super) lane: u32,
    /// How many lanes it will pass before it is at its end, in this block and others.
    pub(super) left: u32,
}

/// What became of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Passed {
    /// When it had arrived at the next block, its exit latency not counted; or at its end.
    pub(super) time: u64,
    /// Whether it came to its end, and there on a lane that leaves the block.
    pub(super) ended: bool,
    pub(super) at_exit: bool,
    /// The token whose way into the block its critical path has.
    pub(super) origin: u32,
    /// What its critical path has in the block: latency, and transfers at their rates alone.
    pub(super) latency: u64,
    pub(super) transfer: u64,
}

/// What a block did to a batch. Times are after the first entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Passage {
    /// Of each token.
    pub(super) tokens: Vec<Passed>,
    /// When lanes that share links were in use: intervals that do not touch, ascending.
    pub(super) busy: Vec<(u64, u64)>,
    /// Of each lane: its first start and its last end; `(NEVER, 0)` where it was not used.
    pub(super) used: Vec<(u64, u64)>,
    /// The last end of all lanes.
    pub(super) last: u64,
}

/// State of a lane while a batch passes.
#[derive(Debug, Clone, Default)]
struct Lane {
    token: Option<u32>,
    waiting: VecDeque<u32>,
}

/// State of a token.
#[derive(Debug, Clone, Copy)]
struct Token {
    lane: u32,
    left: u32,
    origin: u32,
    latency: u64,
    transfer: u64,
}

impl Block {
    /// A kind of block from its lanes and what they share.
    pub(super) fn new(lanes: Vec<BlockLane>, first: Vec<u32>, network: &Network) -> Self {
        Self { agenda: Agenda::new(lanes.len()), sharing: Sharing::new(network), lanes, first }
    }

    /// Lets a batch pass.
    pub(super) fn pass(&mut self, entries: &[Entry]) -> Passage {
        let mut lanes: Vec<Lane> = vec![Lane::default(); self.lanes.len()];
        let mut tokens: Vec<Token> = (0..)
            .zip(entries)
            .map(|(origin, entry)| Token {
                lane: entry.lane,
                left: entry.left,
                origin,
                latency: 0,
                transfer: 0,
            })
            .collect();
        let mut passage = Passage {
            tokens: vec![Passed::default(); tokens.len()],
            used: vec![(NEVER, 0); self.lanes.len()],
            ..Passage::default()
        };
        let mut arrivals: BinaryHeap<Reverse<(u64, u32)>> =
            (0..).zip(entries).map(|(token, entry)| Reverse((entry.time, token))).collect();
        let mut sharing_now = 0u32;
        let (mut sent, mut free) = (Vec::new(), Vec::new());
        loop {
            let arriving = arrivals.peek().map_or(NEVER, |Reverse((time, _))| *time);
            let now = self.agenda.next().min(arriving);
            if now == NEVER {
                return passage;
            }
            let was_shared = sharing_now;
            loop {
                sent.clear();
                free.clear();
                if self.agenda.next() == now {
                    self.agenda.take(now, &mut sent);
                }
                for &lane in &sent {
                    let planned = self.lanes[lane as usize];
                    let state = &mut lanes[lane as usize];
                    let Some(token) = state.token.take() else { continue };
                    passage.used[lane as usize].1 = now;
                    passage.last = passage.last.max(now);
                    if !planned.exclusive {
                        self.sharing.remove(lane);
                        sharing_now -= 1;
                    }
                    let moving = &mut tokens[token as usize];
                    moving.transfer += drain(planned.bytes as f64, planned.alone);
                    if let Some(next) = state.waiting.pop_front() {
                        // Who waited for the lane has the critical path of who had it.
                        let (origin, latency, transfer) = (moving.origin, moving.latency, moving.transfer);
                        let waited = &mut tokens[next as usize];
                        (waited.origin, waited.latency, waited.transfer) = (origin, latency, transfer);
                        free.push((lane, next));
                    }
                    let moving = &mut tokens[token as usize];
                    moving.latency += planned.latency;
                    moving.left -= 1;
                    let time = now + planned.latency;
                    if planned.last || moving.left == 0 {
                        passage.tokens[token as usize] = Passed {
                            time,
                            ended: moving.left == 0,
                            at_exit: planned.last,
                            origin: moving.origin,
                            latency: moving.latency,
                            transfer: moving.transfer,
                        };
                    } else {
                        moving.lane += 1;
                        arrivals.push(Reverse((time, token)));
                    }
                }
                while let Some(&Reverse((time, token))) = arrivals.peek()
                    && time == now
                {
                    arrivals.pop();
                    let lane = tokens[token as usize].lane;
                    let state = &mut lanes[lane as usize];
                    let promised = free.iter().any(|(other, _)| *other == lane);
                    if state.token.is_some() || promised {
                        state.waiting.push_back(token);
                    } else {
                        free.push((lane, token));
                    }
                }
                if free.is_empty() {
                    break;
                }
                for &(lane, token) in &free {
                    let planned = self.lanes[lane as usize];
                    lanes[lane as usize].token = Some(token);
                    let used = &mut passage.used[lane as usize];
                    used.0 = used.0.min(now);
                    if planned.exclusive {
                        self.agenda.set(lane as usize, now + drain(planned.bytes as f64, planned.rate));
                    } else {
                        sharing_now += 1;
                        self.sharing.add(lane, planned.bytes, now);
                    }
                }
            }
            let agenda = &mut self.agenda;
            self.sharing.solve(now, |lane, finish| agenda.set(lane as usize, finish));
            match (was_shared > 0, sharing_now > 0) {
                (false, true) => passage.busy.push((now, NEVER)),
                (true, false) => {
                    if let Some(last) = passage.busy.last_mut() {
                        last.1 = now;
                    }
                }
                _ => {}
            }
        }
    }
}
