//! A job laid out in arrays for the event loop: its lanes, what each waits for and what waits for it.
//!
//! Memory is that of the lanes and their dependencies; transfers are never listed.

use rustc_hash::FxHashMap;

use crate::collective::{Lane, Need, On, Payload, Schedule, Side};
use crate::engine::{Fold, Job, Steps};
use crate::ids::PathId;
use crate::route::Routes;
use crate::units::Bytes;

use super::network::Network;
use super::rows::Rows;

/// What a lane waits for: `need` transfers of one lane, or of each lane of a gate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dependency {
    pub(super) on: On,
    pub(super) need: Need,
    /// Whether `target` is a gate, else a lane.
    pub(super) gate: bool,
    pub(super) target: u32,
}

/// Several lanes that are waited for together: those of one phase on one side of one rank. Whoever waits for them
/// all shares the list, so that memory is lanes plus waits, not lanes times lanes.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    /// What of the lanes' transfers is counted.
    pub(super) on: On,
    pub(super) lanes: Vec<u32>,
    /// Lanes that wait for it.
    pub(super) waiters: Vec<u32>,
    /// Transfers of all its lanes.
    pub(super) total: u64,
    /// Whether some waiter needs fewer than all transfers, so that each may wake it.
    pub(super) stepwise: bool,
}

/// What is fixed of a lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlannedLane {
    /// Its path.
    pub(super) path: PathId,
    /// Its transfers.
    pub(super) steps: u32,
    /// The queue of its latency.
    pub(super) queue: u32,
    /// Path latency in picoseconds.
    pub(super) latency: u64,
    /// The rate of one transfer that has all links for itself, bytes per second.
    pub(super) alone: f64,
    /// Its rate where no other lane uses any of its links, bytes per second: less than `alone` where it stands for
    /// several lanes that share links among themselves.
    pub(super) rate: f64,
    /// True where no other lane of the job uses any of its links, so that it always goes at `rate`.
    pub(super) exclusive: bool,
    /// For how many lanes it stands, itself included.
    pub(super) count: u64,
    /// Bytes of each transfer, where all are alike.
    pub(super) bytes: Option<u64>,
    /// Which collective.
    pub(super) collective: u32,
    /// Which phase of it.
    pub(super) phase: u32,
    /// Number in the phase.
    pub(super) index: u32,
    /// Ends, as ranks and switches (or classes of ranks) numbered over the whole job.
    pub(super) ends: [u32; 2],
    /// Lockstep round of its first transfer.
    pub(super) round: u32,
}

/// A job in arrays.
pub(super) struct Plan<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) lanes: Vec<PlannedLane>,
    /// What each lane waits for.
    pub(super) waits: Rows<Dependency>,
    pub(super) gates: Vec<Gate>,
    /// Gates that count a lane's transfers when they are received.
    pub(super) gates_at_receipt: Rows<u32>,
    /// Gates that count a lane's transfers when they are sent.
    pub(super) gates_at_sending: Rows<u32>,
    /// Lanes that may start when one of this lane's transfers is received.
    pub(super) after_receipt: Rows<u32>,
    /// Lanes that may start when one of this lane's transfers is sent.
    pub(super) after_sending: Rows<u32>,
    /// First lane of each collective, and the end.
    pub(super) first_lane: Vec<u32>,
    /// How many ranks and switches (or classes of ranks) all collectives have together.
    pub(super) ranks: u32,
    /// What the lanes that share links share.
    pub(super) network: Network,
    /// How many different latencies there are.
    pub(super) latencies: usize,
    /// Transfers in all.
    pub(super) transfers: u64,
}

impl<'a> Plan<'a> {
    pub(super) fn new(job: &'a Job<'a>) -> Self {
        let routes = job.routes;
        let mut lanes = Vec::with_capacity(job.collectives.iter().map(|c| c.paths.len()).sum());
        let mut queues: FxHashMap<u64, u32> = FxHashMap::default();
        let mut first_lane = vec![0];
        let (mut links, mut ranks) = (Links::default(), 0);
        for (number, collective) in job.collectives.iter().enumerate() {
            let schedule = collective.schedule.schedule();
            let base = lanes.len() as u32;
            let ends = Ends { first: ranks, fold: collective.fold.as_deref() };
            let mut paths = collective.paths.iter();
            let mut add = |phase_number: usize, index: usize, lane: Lane, count: u64| {
                let Some(path) = paths.next() else { return };
                let phase = &schedule.phases[phase_number];
                let latency = routes.latency(*path).ps();
                let next = queues.len() as u32;
                let alone = routes.alone_rate(*path);
                lanes.push(PlannedLane {
                    path: *path,
                    steps: phase.steps,
                    queue: *queues.entry(latency).or_insert(next),
                    latency,
                    alone,
                    rate: alone,
                    exclusive: false,
                    count,
                    bytes: constant_bytes(schedule, phase_number, index, &lane, collective.bytes),
                    collective: number as u32,
                    phase: phase_number as u32,
                    index: index as u32,
                    ends: [ends.of(lane.src.0), ends.of(lane.dst.0)],
                    round: phase.round + lane.stagger,
                });
            };
            match &collective.fold {
                None => {
                    for (phase_number, phase) in schedule.phases.iter().enumerate() {
                        for (index, lane) in phase.pattern.lanes().enumerate() {
                            add(phase_number, index, lane, 1);
                        }
                    }
                }
                Some(fold) => {
                    for kept in &fold.lanes {
                        let phase = &schedule.phases[kept.phase as usize];
                        let lane = phase.pattern.lane(kept.index as usize);
                        add(kept.phase as usize, kept.index as usize, lane, u64::from(kept.count));
                    }
                }
            }
            first_lane.push(lanes.len() as u32);
            let count = collective.fold.as_ref().map_or(schedule.participants(), |fold| fold.classes);
            links.add(schedule, base, &lanes[base as usize..], (ranks, count));
            ranks += count;
        }
        mark_exclusive(routes, &mut lanes);
        let network = Network::new(routes, &lanes);
        let latencies = queues.len();
        Self::assemble(job, lanes, network, links, first_lane, ranks, latencies)
    }

    /// A plan from its lanes, what they share, and what they wait for.
    pub(super) fn assemble(
        job: &'a Job<'a>,
        lanes: Vec<PlannedLane>,
        network: Network,
        links: Links,
        first_lane: Vec<u32>,
        ranks: u32,
        latencies: usize,
    ) -> Self {
        let waits = Rows::new(lanes.len(), &links.waits);
        let (mut received, mut sent) = (Vec::new(), Vec::new());
        for (lane, wait) in links.waits.iter().filter(|(_, wait)| !wait.gate) {
            let after = if wait.on == On::Received { &mut received } else { &mut sent };
            after.push((wait.target, *lane));
        }
        let (mut at_receipt, mut at_sending) = (Vec::new(), Vec::new());
        for (number, gate) in (0u32..).zip(&links.gates) {
            let counted = if gate.on == On::Received { &mut at_receipt } else { &mut at_sending };
            counted.extend(gate.lanes.iter().map(|lane| (*lane, number)));
        }
        let transfers = lanes.iter().map(|lane| lane.count * u64::from(lane.steps)).sum();
        Self {
            job,
            after_receipt: Rows::new(lanes.len(), &received),
            after_sending: Rows::new(lanes.len(), &sent),
            gates_at_receipt: Rows::new(lanes.len(), &at_receipt),
            gates_at_sending: Rows::new(lanes.len(), &at_sending),
            gates: links.gates,
            waits,
            lanes,
            network,
            first_lane,
            ranks,
            latencies,
            transfers,
        }
    }

    /// The bytes of a lane's transfer.
    #[inline]
    pub(super) fn bytes(&self, lane: usize, step: u32) -> u64 {
        let planned = &self.lanes[lane];
        if let Some(bytes) = planned.bytes {
            return bytes;
        }
        let collective = &self.job.collectives[planned.collective as usize];
        let schedule = collective.schedule.schedule();
        let phase = &schedule.phases[planned.phase as usize];
        let index = planned.index as usize;
        schedule.transfer_bytes(phase, index, &phase.pattern.lane(index), step, collective.bytes)
    }

    /// The transfers of the lanes of each collective.
    pub(super) fn left(&self) -> Vec<u64> {
        let lanes = self.first_lane.windows(2).map(|range| &self.lanes[range[0] as usize..range[1] as usize]);
        lanes.map(|lanes| lanes.iter().map(|lane| u64::from(lane.steps)).sum()).collect()
    }

    /// Whether a lane's collective runs in lockstep.
    #[inline]
    pub(super) fn lockstep(&self, lane: usize) -> bool {
        self.job.collectives[self.lanes[lane].collective as usize].steps == Steps::Lockstep
    }
}

/// The bytes of every transfer of a lane where they are the same at every step: always, unless the atoms move with
/// the step and are not of one size.
fn constant_bytes(schedule: &Schedule, phase: usize, index: usize, lane: &Lane, bytes: Bytes) -> Option<u64> {
    let phase = &schedule.phases[phase];
    let moves = !matches!(
        phase.payload,
        Payload::Table(_)
            | Payload::Lists { .. }
            | Payload::Shard { .. }
            | Payload::GroupShards { .. }
            | Payload::BruckShards { .. }
    );
    let even = schedule.atom_bytes(bytes).is_some();
    (phase.steps <= 1 || !moves || even).then(|| schedule.transfer_bytes(phase, index, lane, 0, bytes))
}

/// What lanes wait for, while it is collected.
#[derive(Default)]
pub(super) struct Links {
    /// Waiting lane and what it waits for.
    pub(super) waits: Vec<(u32, Dependency)>,
    pub(super) gates: Vec<Gate>,
}

impl Links {
    /// Adds the dependencies of a schedule whose first lane has number `base`; `lanes` are its lanes, and its ranks
    /// are numbered from `first`, `ranks` of them.
    fn add(&mut self, schedule: &Schedule, base: u32, lanes: &[PlannedLane], (first, ranks): (u32, u32)) {
        let phases = schedule.phases.len();
        let mut starts = vec![0u32; phases + 1];
        for lane in lanes {
            starts[lane.phase as usize + 1] += 1;
        }
        for phase in 0..phases {
            starts[phase + 1] += starts[phase];
        }
        let of_phase = |phase: usize| starts[phase] as usize..starts[phase + 1] as usize;
        let mut by_end: FxHashMap<(u32, Side), Rows<u32>> = FxHashMap::default();
        let mut gates: FxHashMap<(u32, Side, bool, u32), u32> = FxHashMap::default();
        for (number, phase) in schedule.phases.iter().enumerate() {
            for wait in &phase.waits {
                let other = wait.phase as usize;
                let rows = by_end.entry((wait.phase, wait.side)).or_insert_with(|| {
                    let pairs: Vec<(u32, u32)> = of_phase(other)
                        .map(|at| (end(wait.side, &lanes[at]) - first, base + at as u32))
                        .collect();
                    Rows::new(ranks as usize, &pairs)
                });
                for at in of_phase(number) {
                    let waiter = base + at as u32;
                    let (on, need) = (wait.on, wait.need);
                    let rank = lanes[at].ends[0] - first;
                    match rows.row(rank as usize) {
                        [] => {}
                        [target] => {
                            self.waits.push((waiter, Dependency { on, need, gate: false, target: *target }));
                        }
                        lanes => {
                            let key = (wait.phase, wait.side, on == On::Received, rank);
                            let steps = u64::from(schedule.phases[other].steps);
                            let target = *gates.entry(key).or_insert_with(|| self.gate(lanes, on, steps));
                            let gate = &mut self.gates[target as usize];
                            gate.waiters.push(waiter);
                            gate.stepwise |= need != Need::All && steps > 1;
                            self.waits.push((waiter, Dependency { on, need, gate: true, target }));
                        }
                    }
                }
            }
        }
    }

    fn gate(&mut self, lanes: &[u32], on: On, steps: u64) -> u32 {
        let number = self.gates.len() as u32;
        let total = lanes.len() as u64 * steps;
        self.gates.push(Gate { on, lanes: lanes.to_vec(), waiters: Vec::new(), total, stepwise: false });
        number
    }
}

/// The end of a lane by which a wait on that side finds it.
fn end(side: Side, lane: &PlannedLane) -> u32 {
    match side {
        Side::Incoming => lane.ends[1],
        Side::Outgoing => lane.ends[0],
    }
}

/// Numbers the ranks of a collective, or their classes, over the whole job.
struct Ends<'a> {
    first: u32,
    fold: Option<&'a Fold>,
}

impl Ends<'_> {
    fn of(&self, rank: u32) -> u32 {
        self.first + self.fold.map_or(rank, |fold| fold.rank_class[rank as usize])
    }
}

/// Marks lanes none of whose resources is on another lane's path, and works out their rates.
fn mark_exclusive(routes: &Routes, lanes: &mut [PlannedLane]) {
    let mut users = vec![0u32; routes.resources().len()];
    for lane in lanes.iter() {
        for hop in routes.hops(lane.path) {
            users[hop.resource.index()] += 1;
        }
    }
    let unit = f64::from(routes.unit());
    for lane in lanes {
        let hops = routes.hops(lane.path);
        lane.exclusive = hops.iter().all(|hop| users[hop.resource.index()] == 1);
        if lane.count > 1 {
            lane.rate = hops.iter().fold(f64::INFINITY, |rate, hop| {
                let capacity = routes.resources()[hop.resource.index()].capacity * unit;
                rate.min(capacity / f64::from(hop.weight))
            });
        }
    }
}
