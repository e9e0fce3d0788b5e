//! Who waits for whom, from the waits of the phases, and how far every lane has come.

use crate::collective::{Need, On, Schedule, Side};

/// The lanes of a phase by the rank at one of their ends.
struct ByRank {
    starts: Vec<u32>,
    lanes: Vec<u32>,
}

impl ByRank {
    #[expect(clippy::cast_possible_truncation, reason = "shape::check counts the lanes")]
    fn new(ranks: u32, first: usize, ends: impl Iterator<Item = u32> + Clone) -> Self {
        let mut starts = vec![0_u32; ranks as usize + 1];
        for end in ends.clone() {
            starts[end as usize + 1] += 1;
        }
        for rank in 0..ranks as usize {
            starts[rank + 1] += starts[rank];
        }
        let mut next = starts.clone();
        let mut lanes = vec![0; starts[ranks as usize] as usize];
        for (index, end) in ends.enumerate() {
            lanes[next[end as usize] as usize] = (first + index) as u32;
            next[end as usize] += 1;
        }
        Self { starts, lanes }
    }

    fn of(&self, rank: u32) -> &[u32] {
        &self.lanes[self.starts[rank as usize] as usize..self.starts[rank as usize + 1] as usize]
    }
}

/// A lane and how far it has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct LaneState {
    pub(super) phase: u32,
    pub(super) src: u32,
    pub(super) dst: u32,
    pub(super) started: u32,
    pub(super) sent: u32,
    pub(super) received: u32,
    /// It is in the caller's list of those that may start.
    pub(super) listed: bool,
}

/// A wait of a phase, and where its counters are.
struct Watch {
    waiter: u32,
    waited: u32,
    on: On,
    side: Side,
    need: Need,
    /// For `Need::All`: the place of its counters, one a rank, of what is still to happen.
    counters: Option<usize>,
}

/// All lanes, and who waits for whom.
pub(super) struct Graph {
    pub(super) lanes: Vec<LaneState>,
    /// The first lane of every phase.
    first: Vec<u32>,
    steps: Vec<u32>,
    /// Lanes by sender, where a phase waits or is waited for on that side.
    from: Vec<Option<ByRank>>,
    /// Lanes by receiver, where a phase is waited for on that side.
    to: Vec<Option<ByRank>>,
    watches: Vec<Watch>,
    /// The watches of every phase that waits.
    of_waiter: Vec<Vec<u32>>,
    /// The watches on every phase that is waited for.
    of_waited: Vec<Vec<u32>>,
    counters: Vec<u64>,
    /// Beside the counters: the rank has been told what it waited for, by [`Self::awaited`].
    told: Vec<bool>,
}

impl Graph {
    #[expect(clippy::cast_possible_truncation, reason = "shape::check counts the lanes")]
    pub(super) fn new(schedule: &Schedule) -> Self {
        let phases = schedule.phases.len();
        let mut lanes = Vec::with_capacity(schedule.lane_count());
        let mut first = Vec::with_capacity(phases);
        for (number, phase) in (0..).zip(&schedule.phases) {
            first.push(lanes.len() as u32);
            lanes.extend(phase.pattern.lanes().map(|lane| LaneState {
                phase: number,
                src: lane.src.0,
                dst: lane.dst.0,
                started: 0,
                sent: 0,
                received: 0,
                listed: false,
            }));
        }
        let mut graph = Self {
            lanes,
            first,
            steps: schedule.phases.iter().map(|phase| phase.steps).collect(),
            from: (0..phases).map(|_| None).collect(),
            to: (0..phases).map(|_| None).collect(),
            watches: Vec::new(),
            of_waiter: vec![Vec::new(); phases],
            of_waited: vec![Vec::new(); phases],
            counters: Vec::new(),
            told: Vec::new(),
        };
        for (number, phase) in (0..).zip(&schedule.phases) {
            for wait in &phase.waits {
                graph.watch(schedule.participants(), number, wait);
            }
        }
        graph.told = vec![false; graph.counters.len()];
        graph
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are fewer waits than lanes")]
    fn watch(&mut self, ranks: u32, waiter: u32, wait: &crate::collective::Wait) {
        self.index(ranks, waiter, Side::Outgoing);
        self.index(ranks, wait.phase, wait.side);
        let steps = u64::from(self.steps[wait.phase as usize]);
        let counters = (wait.need == Need::All).then(|| {
            let place = self.counters.len();
            let lanes = self.side(wait.phase, wait.side);
            let counts = (0..ranks).map(|rank| lanes.map_or(0, |lanes| lanes.of(rank).len() as u64) * steps);
            let counts: Vec<u64> = counts.collect();
            self.counters.extend(counts);
            place
        });
        let number = self.watches.len() as u32;
        self.of_waiter[waiter as usize].push(number);
        self.of_waited[wait.phase as usize].push(number);
        let (waited, on, side, need) = (wait.phase, wait.on, wait.side, wait.need);
        self.watches.push(Watch { waiter, waited, on, side, need, counters });
    }

    fn side(&self, phase: u32, side: Side) -> Option<&ByRank> {
        match side {
            Side::Incoming => self.to[phase as usize].as_ref(),
            Side::Outgoing => self.from[phase as usize].as_ref(),
        }
    }

    fn index(&mut self, ranks: u32, phase: u32, side: Side) {
        if self.side(phase, side).is_some() {
            return;
        }
        let first = self.first[phase as usize] as usize;
        let end = self.first.get(phase as usize + 1).map_or(self.lanes.len(), |next| *next as usize);
        let lanes = &self.lanes[first..end];
        match side {
            Side::Incoming => {
                self.to[phase as usize] = Some(ByRank::new(ranks, first, lanes.iter().map(|lane| lane.dst)));
            }
            Side::Outgoing => {
                self.from[phase as usize] =
                    Some(ByRank::new(ranks, first, lanes.iter().map(|lane| lane.src)));
            }
        }
    }

    /// The number of a lane within its phase.
    pub(super) fn index_in_phase(&self, lane: u32) -> usize {
        (lane - self.first[self.lanes[lane as usize].phase as usize]) as usize
    }

    /// True where some wait is for what this phase delivers.
    pub(super) fn is_awaited(&self, phase: u32) -> bool {
        self.of_waited[phase as usize].iter().any(|watch| {
            let watch = &self.watches[*watch as usize];
            watch.on == On::Received && watch.side == Side::Incoming
        })
    }

    /// True where the lane's next transfer may start.
    pub(super) fn may_start(&self, lane: u32) -> bool {
        let LaneState { phase, src, started, sent, listed, .. } = self.lanes[lane as usize];
        if listed || sent < started || started >= self.steps[phase as usize] {
            return false;
        }
        self.of_waiter[phase as usize].iter().all(|watch| {
            let watch = &self.watches[*watch as usize];
            if let Some(counters) = watch.counters {
                return self.counters[counters + src as usize] == 0;
            }
            let count = watch.need.count(started, self.steps[watch.waited as usize]);
            self.side(watch.waited, watch.side).is_none_or(|lanes| {
                lanes.of(src).iter().all(|other| {
                    let other = &self.lanes[*other as usize];
                    count <= if watch.on == On::Sent { other.sent } else { other.received }
                })
            })
        })
    }

    /// Puts in `lanes` those whose deliveries the next transfer of `lane` waits for, and how many of them;
    /// where a rank waits for all deliveries of a phase, only the first time.
    pub(super) fn awaited(&mut self, lane: u32, lanes: &mut Vec<(u32, u32)>) {
        let LaneState { phase, src, started, .. } = self.lanes[lane as usize];
        for watch in &self.of_waiter[phase as usize] {
            let watch = &self.watches[*watch as usize];
            if watch.on != On::Received || watch.side != Side::Incoming {
                continue;
            }
            if let Some(counters) = watch.counters
                && std::mem::replace(&mut self.told[counters + src as usize], true)
            {
                continue;
            }
            let count = watch.need.count(started, self.steps[watch.waited as usize]);
            if let Some(by_rank) = &self.to[watch.waited as usize] {
                lanes.extend(by_rank.of(src).iter().map(|other| (*other, count)));
            }
        }
    }

    /// Notes that a transfer of `lane` was sent or received, and puts in `free` the lanes that may start now.
    pub(super) fn happened(&mut self, lane: u32, on: On, free: &mut Vec<u32>) {
        let entry = &mut self.lanes[lane as usize];
        match on {
            On::Sent => entry.sent += 1,
            On::Received => entry.received += 1,
        }
        let LaneState { phase, src, dst, .. } = *entry;
        if on == On::Sent && self.may_start(lane) {
            self.list(lane, free);
        }
        for position in 0..self.of_waited[phase as usize].len() {
            let watch = &self.watches[self.of_waited[phase as usize][position] as usize];
            if watch.on != on {
                continue;
            }
            let rank = if watch.side == Side::Incoming { dst } else { src };
            let waiter = watch.waiter as usize;
            if let Some(counters) = watch.counters {
                let left = &mut self.counters[counters + rank as usize];
                *left -= 1;
                if *left > 0 {
                    continue;
                }
            }
            let count = self.from[waiter].as_ref().map_or(0, |lanes| lanes.of(rank).len());
            for place in 0..count {
                let Some(waiting) = self.from[waiter].as_ref().map(|lanes| lanes.of(rank)[place]) else {
                    break;
                };
                if self.may_start(waiting) {
                    self.list(waiting, free);
                }
            }
        }
    }

    /// Lists a lane as one that may start.
    pub(super) fn list(&mut self, lane: u32, free: &mut Vec<u32>) {
        self.lanes[lane as usize].listed = true;
        free.push(lane);
    }

    /// How many steps the lane has.
    pub(super) fn steps(&self, lane: u32) -> u32 {
        self.steps[self.lanes[lane as usize].phase as usize]
    }
}
