//! A whole component, filled again from the lowest level that an event can have changed.
//!
//! A flow that ends leaves all levels below its own as they were: until it froze, each of its resources had more than
//! the least share, and without it has no less. One that begins leaves those levels as they were at which, with its
//! weight, each of its resources still has more than the least share. So filling leaves *marks* behind, the state of
//! all resources after so many flows had frozen; an event strikes out those that it may have changed, and filling goes
//! on from the last that stands. The component may be too large, as it stays while flows end that held it together:
//! levels of one component do not touch another, so that is no error.

use crate::route::Hop;

use super::flows::{Flows, NONE};
use super::shares::Shares;

/// Flows a resource that freeze between two marks: a mark costs as much as freezing about that many.
pub(super) const MARK_EVERY: usize = 2;

/// What is filled of a resource.
#[derive(Debug, Clone, Copy, Default)]
struct Load {
    /// That of frozen flows.
    frozen: f64,
    /// Weight of those that are not.
    open: u64,
}

impl Load {
    /// What an open flow of weight 1 would get.
    #[inline]
    fn share(self, capacity: f64) -> f64 {
        if self.open == 0 { f64::INFINITY } else { (capacity - self.frozen).max(0.0) / self.open as f64 }
    }
}

/// A place from which filling can go on.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// Flows whose level has this number or a lower one are frozen.
    number: u32,
    /// The last level.
    level: f64,
}

/// Where a resource is: in which component, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) component: u32,
    pub(super) place: u32,
}

/// In no component.
pub(super) const NOWHERE: Home = Home { component: NONE, place: NONE };

/// What all components share.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// Flows a resource that freeze between two marks.
    pub(super) mark_every: usize,
    /// Where each resource is.
    pub(super) homes: Vec<Home>,
    /// The number of the level at which each lane's flow froze last; any number above all marks for a new one.
    pub(super) numbers: Vec<u32>,
    /// The last number given out.
    pub(super) clock: u32,
    saturated: Vec<u32>,
    /// Flows that freeze.
    fixed: Vec<u32>,
    touched: Vec<u32>,
}

impl Desk {
    /// For no component yet.
    pub(super) fn new(mark_every: usize) -> Self {
        Self { mark_every, ..Self::default() }
    }
}

/// A set of resources that no flow leaves.
#[derive(Debug)]
pub(super) struct Component {
    resources: Vec<u32>,
    /// Flows when it was gathered, and how many came or went since.
    flows: usize,
    moves: usize,
    capacities: Vec<f64>,
    loads: Vec<Load>,
    /// Weight frozen at the present level.
    level: Vec<u64>,
    shares: Shares,
    marks: Vec<Mark>,
    /// The loads of each mark.
    kept: Vec<Load>,
}

impl Component {
    /// Finds the component of a resource. Its number is `own`.
    pub(super) fn gather(all: &Flows, desk: &mut Desk, resource: u32, own: u32) -> Self {
        let number = desk.clock;
        desk.clock += 1;
        let mut resources = vec![resource];
        desk.homes[resource as usize] = Home { component: own, place: 0 };
        let (mut flows, mut looked) = (0, 0);
        let (mut capacities, mut kept) = (Vec::new(), Vec::new());
        while let Some(&resource) = resources.get(looked) {
            looked += 1;
            let shared = &all.resources[resource as usize];
            let mut open = 0;
            for member in shared.members.all() {
                open += u64::from(member.weight);
                if std::mem::replace(&mut desk.numbers[member.lane as usize], desk.clock) == desk.clock {
                    continue;
                }
                flows += 1;
                for hop in all.hops_of(member.lane) {
                    let home = &mut desk.homes[hop.resource.index()];
                    if home.component != own {
                        *home = Home { component: own, place: resources.len() as u32 };
                        resources.push(hop.resource.0);
                    }
                }
            }
            capacities.push(shared.capacity);
            kept.push(Load { frozen: 0.0, open });
        }
        let count = resources.len();
        Self {
            flows,
            moves: 0,
            loads: kept.clone(),
            level: vec![0; count],
            shares: Shares::new(count),
            marks: vec![Mark { number, level: 0.0 }],
            resources,
            capacities,
            kept,
        }
    }

    /// Whether so many flows came and went that it may have fallen apart.
    pub(super) fn worn(&self) -> bool {
        self.moves * 2 > self.flows
    }

    /// Its resources are in no component any more.
    pub(super) fn leave(&self, desk: &mut Desk, own: u32) {
        for &resource in &self.resources {
            let home = &mut desk.homes[resource as usize];
            if home.component == own {
                *home = NOWHERE;
            }
        }
    }

    /// Whether no flow crosses the resource at that place.
    pub(super) fn idle(&self, place: u32) -> bool {
        self.kept[place as usize].open == 0
    }

    /// A flow begins, all of whose resources are in here.
    pub(super) fn add(&mut self, desk: &mut Desk, lane: u32, hops: &[Hop]) {
        desk.numbers[lane as usize] = desk.clock;
        self.moves += 1;
        let count = self.resources.len();
        for mark in 0..self.marks.len() {
            let stands = mark == 0
                || hops.iter().all(|hop| {
                    // Between two marks the load is never more than at the later, nor the open weight more than
                    // at the earlier.
                    let place = desk.homes[hop.resource.index()].place as usize;
                    let frozen = self.kept[mark * count + place].frozen;
                    let open = self.kept[(mark - 1) * count + place].open;
                    Load { frozen, open }.share(self.capacities[place]) > self.marks[mark].level
                });
            if !stands {
                self.strike(mark);
                return;
            }
            for hop in hops {
                let place = desk.homes[hop.resource.index()].place as usize;
                self.kept[mark * count + place].open += u64::from(hop.weight);
            }
        }
    }

    /// A flow ends.
    pub(super) fn remove(&mut self, desk: &Desk, lane: u32, hops: &[Hop]) {
        let number = desk.numbers[lane as usize];
        self.moves += 1;
        let standing = self.marks.iter().skip(1).take_while(|mark| mark.number < number).count();
        self.strike(standing + 1);
        for hop in hops {
            let place = desk.homes[hop.resource.index()].place as usize;
            for load in self.kept.iter_mut().skip(place).step_by(self.resources.len()) {
                load.open -= u64::from(hop.weight);
            }
        }
    }

    /// Strikes out all but so many marks.
    pub(super) fn strike(&mut self, marks: usize) {
        self.marks.truncate(marks);
        self.kept.truncate(marks * self.resources.len());
    }

    /// Fills it from the last mark on; calls `told` with every flow whose rate changed, and when it will be sent. How
    /// many flows and resources were looked at.
    pub(super) fn fill(
        &mut self,
        all: &mut Flows,
        desk: &mut Desk,
        now: u64,
        mut told: impl FnMut(u32, u64),
    ) -> usize {
        let Desk { mark_every, homes, numbers, clock, saturated, fixed, touched } = desk;
        let Flows { hops, resources, flows, .. } = all;
        let count = self.resources.len();
        let Some(mark) = self.marks.last() else { return 0 };
        // Flows that are open have numbers in between.
        let (standing, begin, mut last) = (mark.number, *clock + 1, mark.level);
        self.loads.copy_from_slice(&self.kept[(self.marks.len() - 1) * count..]);
        for (place, (load, capacity)) in self.loads.iter().zip(&self.capacities).enumerate() {
            self.shares.set(place, load.share(*capacity));
        }
        let (mut since, mut work) = (0, count);
        loop {
            let least = self.shares.least();
            if least == f64::INFINITY {
                return work + since;
            }
            if since > *mark_every * count {
                work += std::mem::take(&mut since);
                self.marks.push(Mark { number: *clock, level: last });
                self.kept.extend_from_slice(&self.loads);
            }
            let level = f64::max(least, last);
            last = level;
            *clock += 1;
            self.shares.at(least, saturated);
            for &place in saturated.iter() {
                let resource = self.resources[place as usize];
                let members = resources[resource as usize].members.all();
                // Which are open is as good as random, so without branches; what comes then can be done for many
                // flows at a time.
                fixed.resize(members.len(), 0);
                let mut frozen = 0;
                for member in members {
                    let number = &mut numbers[member.lane as usize];
                    fixed[frozen] = member.lane;
                    let open = (*number > standing) & (*number < begin);
                    let mask = u32::from(open).wrapping_neg();
                    *number = (*number & !mask) | (*clock & mask);
                    frozen += usize::from(open);
                }
                since += frozen;
                // Looks at all their lines of cache first, so that they come from memory at the same time.
                let crossed: usize = fixed[..frozen].iter().map(|lane| flows[*lane as usize].crosses()).sum();
                touched.reserve(crossed);
                for &lane in &fixed[..frozen] {
                    let flow = &mut flows[lane as usize];
                    flow.bottleneck = resource;
                    let old = std::mem::replace(&mut flow.rate, level);
                    if let Some(finish) = flow.move_on(old, now) {
                        told(lane, finish);
                    }
                    for hop in flow.hops(hops) {
                        let place = homes[hop.resource.index()].place;
                        let weight = &mut self.level[place as usize];
                        if *weight == 0 {
                            touched.push(place);
                        }
                        *weight += u64::from(hop.weight);
                    }
                }
            }
            for place in touched.drain(..) {
                let place = place as usize;
                let weight = std::mem::take(&mut self.level[place]);
                let load = &mut self.loads[place];
                load.frozen += weight as f64 * level;
                load.open -= weight;
                self.shares.set(place, load.share(self.capacities[place]));
            }
        }
    }
}
