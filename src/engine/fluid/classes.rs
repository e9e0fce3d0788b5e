//! Lanes and resources that play the same role, found by refining a partition until it is stable.
//!
//! A partition of lanes and resources is *equitable* when
//!
//! 1. lanes of a class have the same transfers (steps, bytes), latency and start;
//! 2. lanes of a class cross the same number of resources of each class, with the same weights;
//! 3. resources of a class have the same capacity, and the same weight of lanes of each class on them;
//! 4. lanes of a class wait for lanes of the same classes, in the same way; in lockstep their ends are ranks of the same
//!    classes, and ranks of a class have lanes of the same classes.
//!
//! Then all lanes of a class are in the same state at all times. By induction over events: let it be so up to some
//! instant. Water-filling goes by levels; at each, the share of a resource is its capacity less what was frozen below,
//! over its open weight, which by 3 is the same within a class; so whole classes of resources fill, and by 2 whole
//! classes of lanes freeze. So rates are the same within a class, its transfers end together, and by 4 the next ones
//! start together. That needs no symmetry of the fabric as such: a failed link, a straggler or hashed paths only make
//! the classes smaller. It is colour refinement, applied to max-min fairness over time as Grohe, Kersting, Mladenov and
//! Selman apply it to linear programs (arXiv 1307.5697).
//!
//! One lane of each class is then played, on one resource of each class, with the weight that its whole class has there:
//! the same sums of the same integers as in the plain run, so the same rates to the last bit.
//!
//! Colours are 64-bit hashes while they are refined; the partition that comes out is checked against the four conditions
//! themselves, so that it cannot be wrong by a collision.

use rustc_hash::FxHashMap;

use crate::collective::{Need, On};
use crate::ids::ResourceId;
use crate::rng::mix;
use crate::route::Hop;

use super::network::Network;
use super::plan::{Dependency, Gate, Links, Plan, PlannedLane};
use super::rows::Rows;

/// Fewer lanes than this are played as they are.
const FEW: usize = 24;
/// Rounds of refinement that are always affordable.
const ROUNDS: u64 = 6;

/// A plan in which few lanes stand for all.
pub(super) struct Quotient<'a> {
    pub(super) plan: Plan<'a>,
    /// The lane of it that stands for each lane of the whole.
    pub(super) class: Vec<u32>,
}

/// An equitable partition.
struct Partition {
    lanes: Numbered,
    resources: Numbered,
    gates: Numbered,
    ranks: Numbered,
}

/// Classes by member, numbered by their first members, which stand for them.
struct Numbered {
    class: Vec<u32>,
    first: Vec<u32>,
}

impl Numbered {
    fn new(colours: &[u64]) -> Self {
        let mut known: FxHashMap<u64, u32> = FxHashMap::default();
        let mut first = Vec::new();
        let class = (0u32..)
            .zip(colours)
            .map(|(member, colour)| {
                let next = first.len() as u32;
                *known.entry(*colour).or_insert_with(|| {
                    first.push(member);
                    next
                })
            })
            .collect();
        Self { class, first }
    }
}

/// The quotient of a plan, if it is much smaller than the plan and was found at a cost that playing the plan would exceed.
pub(super) fn quotient<'a>(plan: &Plan<'a>) -> Option<Quotient<'a>> {
    if plan.lanes.len() < FEW {
        return None;
    }
    let colours = Colours::refine(plan)?;
    let partition = Partition {
        lanes: Numbered::new(&colours.lanes),
        resources: Numbered::new(&colours.resources),
        gates: Numbered::new(&colours.gates),
        ranks: Numbered::new(&colours.ranks),
    };
    drop(colours);
    let shares = partition.check(plan)?;
    Some(Quotient { plan: partition.fold(plan, &shares), class: partition.lanes.class })
}

/// Colours while they are refined.
struct Colours<'p, 'a> {
    plan: &'p Plan<'a>,
    lanes: Vec<u64>,
    resources: Vec<u64>,
    gates: Vec<u64>,
    ranks: Vec<u64>,
    /// Whether ranks matter.
    lockstep: bool,
}

impl<'p, 'a> Colours<'p, 'a> {
    /// Refines until nothing is split any more; `None` where that takes too long or hardly anything is alike.
    fn refine(plan: &'p Plan<'a>) -> Option<Self> {
        let lockstep = (0..plan.job.collectives.len()).any(|number| {
            let first = plan.first_lane[number];
            first < plan.first_lane[number + 1] && plan.lockstep(first as usize)
        });
        let mut colours = Self {
            plan,
            lanes: (0..plan.lanes.len()).map(|lane| first_colour(plan, lane)).collect(),
            resources: plan.network.capacities.iter().map(|capacity| mix(capacity.to_bits())).collect(),
            gates: plan.gates.iter().map(gate_kind).collect(),
            ranks: vec![0; if lockstep { plan.ranks as usize } else { 0 }],
            lockstep,
        };
        // What a round costs against what playing costs, in visits of memory.
        let visits = (plan.lanes.len() + plan.network.hops.len() + plan.waits.items()) as u64;
        let affordable = (plan.transfers / visits.max(1)).max(ROUNDS);
        let most = plan.lanes.len() * 3 / 4;
        let mut before = 0;
        for _ in 0..affordable {
            colours.round();
            let count = colours.count();
            if count.0 > most {
                return None;
            }
            if count.0 + count.1 == before {
                return Some(colours);
            }
            before = count.0 + count.1;
        }
        None
    }

    /// How many classes of lanes there are, and of everything else.
    fn count(&self) -> (usize, usize) {
        let distinct = |colours: &[u64]| Numbered::new(colours).first.len();
        (distinct(&self.lanes), distinct(&self.resources) + distinct(&self.gates) + distinct(&self.ranks))
    }

    fn round(&mut self) {
        let plan = self.plan;
        for (colour, gate) in self.gates.iter_mut().zip(&plan.gates) {
            let lanes = &self.lanes;
            *colour = gate
                .lanes
                .iter()
                .fold(gate_kind(gate), |sum, lane| sum.wrapping_add(mix(lanes[*lane as usize])));
            *colour = mix(*colour);
        }
        let old = std::mem::take(&mut self.lanes);
        self.lanes = (0..old.len())
            .map(|lane| {
                let mut colour = old[lane];
                for hop in plan.network.hops(lane) {
                    let resource = self.resources[hop.resource.index()];
                    colour = colour.wrapping_add(mix(resource ^ u64::from(hop.weight).rotate_left(40)));
                }
                for wait in plan.waits.row(lane) {
                    let target = wait.target as usize;
                    let target = if wait.gate { self.gates[target] } else { old[target].rotate_left(17) };
                    colour = colour.wrapping_add(mix(target ^ kind(wait)));
                }
                if self.lockstep {
                    let [src, dst] = plan.lanes[lane].ends.map(|rank| self.ranks[rank as usize]);
                    colour = colour.wrapping_add(mix(src ^ 0x51)).wrapping_add(mix(dst ^ 0xA3));
                }
                mix(colour)
            })
            .collect();
        let mut sums = self.resources.clone();
        for lane in 0..self.lanes.len() {
            for hop in plan.network.hops(lane) {
                let sum = &mut sums[hop.resource.index()];
                *sum = sum.wrapping_add(mix(self.lanes[lane] ^ u64::from(hop.weight).rotate_left(40)));
            }
        }
        self.resources = sums.into_iter().map(mix).collect();
        if self.lockstep {
            let mut sums = self.ranks.clone();
            for (lane, colour) in plan.lanes.iter().zip(&self.lanes) {
                for (end, salt) in lane.ends.iter().zip([0x17, 0x2B]) {
                    let sum = &mut sums[*end as usize];
                    *sum = sum.wrapping_add(mix(colour ^ salt));
                }
            }
            self.ranks = sums.into_iter().map(mix).collect();
        }
    }
}

/// What a lane is, whatever is around it.
fn first_colour(plan: &Plan<'_>, number: usize) -> u64 {
    let lane = &plan.lanes[number];
    let mut colour = mix(u64::from(lane.collective) << 32 | u64::from(lane.steps));
    let mut add = |value: u64| colour = mix(colour ^ value);
    add(lane.latency);
    add(lane.rate.to_bits());
    add(lane.alone.to_bits());
    add(u64::from(lane.round) << 1 | u64::from(lane.exclusive));
    match lane.bytes {
        Some(bytes) => add(bytes),
        // Sizes vary from step to step, so that lanes are alike only where they are all known to be: never.
        None => add(!(number as u64)),
    }
    colour
}

/// What kind of gate it is.
fn gate_kind(gate: &Gate) -> u64 {
    gate.total << 2 | u64::from(gate.on == On::Received) << 1 | u64::from(gate.stepwise)
}

/// What kind of dependency it is.
fn kind(wait: &Dependency) -> u64 {
    let need = match wait.need {
        Need::All => 0,
        Need::Step { plus } => 1 + u64::from(plus),
    };
    need << 8 | u64::from(wait.on == On::Received) << 1 | u64::from(wait.gate)
}

/// Classes of lanes on a resource and the weight of each, ascending by class.
type Shares = Vec<Vec<(u32, u64)>>;

impl Partition {
    /// Checks the four conditions. Gives what the first resource of each class carries.
    fn check(&self, plan: &Plan<'_>) -> Option<Shares> {
        let (lanes, resources) = (&self.lanes, &self.resources);
        let mut mine = Vec::new();
        let mut other = Vec::new();
        for (number, lane) in plan.lanes.iter().enumerate() {
            let first = lanes.first[lanes.class[number] as usize] as usize;
            if first == number {
                continue;
            }
            let model = &plan.lanes[first];
            let alike = lane.collective == model.collective
                && lane.steps == model.steps
                && lane.latency == model.latency
                && lane.rate.to_bits() == model.rate.to_bits()
                && lane.alone.to_bits() == model.alone.to_bits()
                && lane.exclusive == model.exclusive
                && lane.round == model.round
                && lane.bytes.is_some()
                && lane.bytes == model.bytes;
            if !alike {
                return None;
            }
            let crossed = |lane: usize, out: &mut Vec<(u32, u32)>| {
                out.clear();
                let hops = plan.network.hops(lane).iter();
                out.extend(hops.map(|hop| (resources.class[hop.resource.index()], hop.weight)));
                out.sort_unstable();
            };
            crossed(number, &mut mine);
            crossed(first, &mut other);
            if mine != other {
                return None;
            }
            if self.waits(plan, number) != self.waits(plan, first) {
                return None;
            }
            if !self.ranks.class.is_empty() {
                let ends = |lane: &PlannedLane| lane.ends.map(|rank| self.ranks.class[rank as usize]);
                if ends(lane) != ends(model) {
                    return None;
                }
            }
        }
        for (number, gate) in plan.gates.iter().enumerate() {
            let first = self.gates.first[self.gates.class[number] as usize] as usize;
            let model = &plan.gates[first];
            let alike = gate.on == model.on
                && gate.stepwise == model.stepwise
                && self.members(gate) == self.members(model);
            if !alike {
                return None;
            }
        }
        self.check_ranks(plan)?;
        self.check_resources(plan)
    }

    /// What a lane waits for, in classes.
    fn waits(&self, plan: &Plan<'_>, lane: usize) -> Vec<(u64, u32)> {
        let class = |wait: &Dependency| {
            let classes = if wait.gate { &self.gates } else { &self.lanes };
            (kind(wait), classes.class[wait.target as usize])
        };
        let mut waits: Vec<(u64, u32)> = plan.waits.row(lane).iter().map(class).collect();
        waits.sort_unstable();
        waits.dedup();
        waits
    }

    /// The classes of a gate's lanes.
    fn members(&self, gate: &Gate) -> Vec<u32> {
        let mut members: Vec<u32> = gate.lanes.iter().map(|lane| self.lanes.class[*lane as usize]).collect();
        members.sort_unstable();
        members.dedup();
        members
    }

    /// Ranks of a class have lanes of the same classes.
    fn check_ranks(&self, plan: &Plan<'_>) -> Option<()> {
        if self.ranks.class.is_empty() {
            return Some(());
        }
        let mut of_rank: Vec<Vec<(bool, u32)>> = vec![Vec::new(); self.ranks.class.len()];
        for (lane, class) in plan.lanes.iter().zip(&self.lanes.class) {
            for (end, incoming) in lane.ends.iter().zip([false, true]) {
                of_rank[*end as usize].push((incoming, *class));
            }
        }
        for row in &mut of_rank {
            row.sort_unstable();
            row.dedup();
        }
        let model = |rank: usize| &of_rank[self.ranks.first[self.ranks.class[rank] as usize] as usize];
        (0..of_rank.len()).all(|rank| of_rank[rank] == *model(rank)).then_some(())
    }

    /// Resources of a class carry the same; what the first of each class carries.
    fn check_resources(&self, plan: &Plan<'_>) -> Option<Shares> {
        let count = plan.network.capacities.len();
        let mut pairs = Vec::with_capacity(plan.network.hops.len());
        for (lane, class) in self.lanes.class.iter().enumerate() {
            pairs.extend(plan.network.hops(lane).iter().map(|hop| (hop.resource.0, (*class, hop.weight))));
        }
        let users = Rows::new(count, &pairs);
        drop(pairs);
        let sums = |resource: usize| {
            let mut row = users.row(resource).to_vec();
            row.sort_unstable();
            let mut sums: Vec<(u32, u64)> = Vec::new();
            for (class, weight) in row {
                match sums.last_mut() {
                    Some((known, sum)) if *known == class => *sum += u64::from(weight),
                    _ => sums.push((class, u64::from(weight))),
                }
            }
            sums
        };
        let shares: Shares = self.resources.first.iter().map(|first| sums(*first as usize)).collect();
        for resource in 0..count {
            let class = self.resources.class[resource] as usize;
            let first = self.resources.first[class] as usize;
            let capacities = &plan.network.capacities;
            if capacities[resource].to_bits() != capacities[first].to_bits()
                || (resource != first && sums(resource) != shares[class])
            {
                return None;
            }
        }
        let fits = shares.iter().flatten().all(|(_, weight)| *weight <= u64::from(u32::MAX));
        fits.then_some(shares)
    }

    /// The plan of the first members.
    fn fold<'a>(&self, plan: &Plan<'a>, shares: &Shares) -> Plan<'a> {
        let mut counts = vec![0u64; self.lanes.first.len()];
        for (lane, class) in plan.lanes.iter().zip(&self.lanes.class) {
            counts[*class as usize] += lane.count;
        }
        let mut lanes: Vec<PlannedLane> =
            self.lanes.first.iter().map(|lane| plan.lanes[*lane as usize]).collect();
        for (lane, count) in lanes.iter_mut().zip(&counts) {
            lane.count = *count;
            lane.ends = if self.ranks.class.is_empty() {
                [0, 0]
            } else {
                lane.ends.map(|rank| self.ranks.class[rank as usize])
            };
        }
        let mut on = vec![Vec::new(); lanes.len()];
        let mut users = vec![0u32; shares.len()];
        for (resource, shares) in (0u32..).zip(shares) {
            for (class, weight) in shares {
                on[*class as usize].push((resource, *weight));
                users[resource as usize] += 1;
            }
        }
        let capacities: Vec<f64> =
            self.resources.first.iter().map(|first| plan.network.capacities[*first as usize]).collect();
        let mut network = Network { capacities, hops: Vec::new(), starts: vec![0] };
        for (lane, on) in lanes.iter_mut().zip(&on) {
            if !lane.exclusive && on.iter().all(|(resource, _)| users[*resource as usize] == 1) {
                // Nobody but its own class is on its way: it goes at one rate for ever.
                lane.exclusive = true;
                lane.rate = on.iter().fold(f64::INFINITY, |rate, (resource, weight)| {
                    rate.min(network.capacities[*resource as usize] / *weight as f64)
                });
            } else if !lane.exclusive {
                network.hops.extend(on.iter().map(|(resource, weight)| Hop {
                    resource: ResourceId(*resource),
                    weight: u32::try_from(*weight).unwrap_or(u32::MAX),
                }));
            }
            network.starts.push(network.hops.len() as u32);
        }
        let mut waits = Vec::new();
        let mut gates: Vec<Gate> = self
            .gates
            .first
            .iter()
            .map(|first| {
                let gate = &plan.gates[*first as usize];
                let members = self.members(gate);
                let total = members.iter().map(|lane| u64::from(lanes[*lane as usize].steps)).sum();
                Gate { on: gate.on, lanes: members, waiters: Vec::new(), total, stepwise: gate.stepwise }
            })
            .collect();
        for (class, first) in (0u32..).zip(&self.lanes.first) {
            let mut known: Vec<(u64, u32)> = Vec::new();
            for wait in plan.waits.row(*first as usize) {
                let classes = if wait.gate { &self.gates } else { &self.lanes };
                let target = classes.class[wait.target as usize];
                if known.contains(&(kind(wait), target)) {
                    continue;
                }
                known.push((kind(wait), target));
                waits.push((class, Dependency { target, ..*wait }));
                if wait.gate {
                    gates[target as usize].waiters.push(class);
                }
            }
        }
        let first_lane = plan
            .first_lane
            .iter()
            .map(|lane| self.lanes.first.partition_point(|first| first < lane) as u32)
            .collect();
        let ranks = self.ranks.first.len().max(1) as u32;
        Plan::assemble(plan.job, lanes, network, Links { waits, gates }, first_lane, ranks, plan.latencies)
    }
}
