//! Sums and copies made in the NVSwitches inside every server, and double trees between the servers (NCCL's NVLSTree).
//!
//! Every rank is the head of a share of the data. The switches of a server sum the share of each head over the other
//! ranks and give it to the head, which adds its own; the heads of one local number (their rail) sum it up a binary tree
//! over the servers and send the total down again; each head then sends the total up once, and the switches copy it to
//! all ranks of the server. All goes in segments from end to end, so that the slowest stage sets the pace. Half the
//! data goes over the first of two complementary trees, half over the second: see [`super::double_tree`].
//!
//! Of its NVLinks a rank uses the way up once for all data, and the way down once and for its share once more.

use super::double_tree::parent;
use super::in_network::{Kind, Lanes, Switches, switches};
use super::step::{number, same_step};
use super::{Request, Unserved, empty, order, pipeline};
use crate::collective::{Algorithm, Op, Schedule, Wait};
use crate::fabric::InNetwork;

pub(super) const OPS: &[Op] = &[Op::AllReduce];

/// Channels `2 c` and `2 c + 1` are the two trees; an odd number asked for is rounded up.
pub(super) fn schedule(request: &Request) -> Result<Schedule, Unserved> {
    let algorithm = Algorithm::NvlsTree;
    let refused = |needs: &str| Unserved::Placement { algorithm, needs: needs.to_owned() };
    let channels = request.channels.map_or(2, |channels| 2 * channels.div_ceil(2));
    let servers = order::servers(request);
    let Some(size) = order::equal_size(&servers) else {
        return Err(refused("servers with equally many ranks each"));
    };
    let segments = pipeline::segments(request, channels.saturating_mul(size));
    if request.ranks == 1 {
        return Ok(empty(request, algorithm, channels, u64::from(channels) * u64::from(segments)));
    }
    if servers.len() == 1 {
        return Err(refused("ranks in several servers; within one there is `nvls`"));
    }
    let found = if size > 1 { switches(request, algorithm, &servers, InNetwork::BOTH)? } else { Vec::new() };
    let block = found.first().map_or(1, |switches| switches.block) * u64::from(size);
    let plan = Plan { servers, switches: found, size: u64::from(size), segments, block };
    let atoms = u64::from(channels) * u64::from(segments) * block;
    let mut schedule = empty(request, algorithm, channels, atoms);
    if size > 1 {
        schedule.switches = request.switches.iter().map(|place| place.in_network).collect();
    }
    for channel in 0..channels {
        plan.push(&mut schedule, channel);
    }
    Ok(schedule)
}

/// One of the two trees over the servers.
struct Tree {
    /// `(child, parent)`.
    edges: Vec<(u32, u32)>,
    /// Edges from the root.
    depth: Vec<u32>,
    /// Edges to the farthest leaf.
    height: Vec<u32>,
}

impl Tree {
    fn new(count: u32, second: bool) -> Self {
        let edges: Vec<(u32, u32)> = (1..count).map(|place| (place, parent(place, count, second))).collect();
        let (mut depth, mut height) = (vec![0; count as usize], vec![0; count as usize]);
        for place in 1..count {
            let (mut above, mut steps) = (place, 0);
            while above != 0 {
                above = parent(above, count, second);
                steps += 1;
                let height = &mut height[above as usize];
                *height = (*height).max(steps);
            }
            depth[place as usize] = steps;
        }
        Self { edges, depth, height }
    }
}

struct Plan {
    /// The ranks of every server.
    servers: Vec<Vec<u32>>,
    /// The switches of every server; none where servers have one rank each.
    switches: Vec<Switches>,
    /// Ranks of a server, which are the heads.
    size: u64,
    segments: u32,
    /// Atoms of a segment: the parts of the switches one after another, in each the shares of the heads.
    block: u64,
}

/// Which ranks a lane between a rank and a switch is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carries {
    /// The share of the rank itself.
    Own,
    /// All shares but that.
    Others,
    /// All shares.
    All,
}

impl Plan {
    fn push(&self, schedule: &mut Schedule, channel: u32) {
        #[expect(clippy::cast_possible_truncation, reason = "there are no more servers than ranks")]
        let tree = Tree::new(self.servers.len() as u32, channel % 2 == 1);
        let base = u64::from(channel) * u64::from(self.segments) * self.block;
        let mut round = 0;
        let mut push = |name, reduce, rounds: u32, waits: &[u32], itself: bool, lanes: Lanes| {
            let phases = &mut schedule.phases;
            let this = number(phases);
            let mut waits: Vec<Wait> = waits.iter().map(|phase| same_step(*phase)).collect();
            waits.extend(itself.then(|| same_step(this)));
            let kind = Kind { name, reduce, segments: self.segments, stride: self.block, channel, round };
            phases.push(lanes.phase(kind, waits));
            round += rounds;
            this
        };
        let mut before = Vec::new();
        if self.size > 1 {
            let lanes = self.inside(base, true, Carries::Others);
            let summed = push("reduce in switch", true, 1, &[], false, lanes);
            let lanes = self.inside(base, false, Carries::Own);
            before.push(push("to head", true, 1, &[summed], false, lanes));
        }
        let tallest = tree.height.iter().max().copied().unwrap_or(0);
        let lanes =
            self.between(base, tree.edges.iter().map(|(child, parent)| (*child, *parent)), &tree.height);
        before.push(push("up", true, tallest, &before, true, lanes));
        let lanes =
            self.between(base, tree.edges.iter().map(|(child, parent)| (*parent, *child)), &tree.depth);
        before.push(push("down", false, tallest, &before, true, lanes));
        if self.size > 1 {
            let lanes = self.inside(base, true, Carries::Own);
            let stored = push("store", false, 1, &before, false, lanes);
            let lanes = self.inside(base, false, Carries::All);
            push("multicast", false, 1, &[stored], false, lanes);
        }
    }

    /// Lanes between every rank and every switch of its server, up or down.
    fn inside(&self, base: u64, up: bool, carries: Carries) -> Lanes {
        let mut lanes = Lanes::default();
        for (members, switches) in self.servers.iter().zip(&self.switches) {
            for part in &switches.parts {
                let start = base + part.before * self.size;
                for (local, rank) in (0..).zip(members) {
                    let (before, after) = (local * part.width, (self.size - 1 - local) * part.width);
                    let ends = if up { (*rank, part.switch) } else { (part.switch, *rank) };
                    let carried = match carries {
                        Carries::Own => [(start + before, part.width), (0, 0)],
                        Carries::Others => [(start, before), (start + before + part.width, after)],
                        Carries::All => [(start, self.size * part.width), (0, 0)],
                    };
                    lanes.add(ends, 0, carried);
                }
            }
        }
        lanes
    }

    /// Lanes between the heads of one local number of servers, each later by the stagger of its sender's server.
    fn between(&self, base: u64, edges: impl Iterator<Item = (u32, u32)>, staggers: &[u32]) -> Lanes {
        // Without switches a segment is one atom.
        let parts: Vec<(u64, u64)> = match self.switches.first() {
            Some(switches) => switches.parts.iter().map(|part| (part.before, part.width)).collect(),
            None => vec![(0, 1)],
        };
        let mut lanes = Lanes::default();
        for (from, to) in edges {
            let (senders, receivers) = (&self.servers[from as usize], &self.servers[to as usize]);
            for (local, (src, dst)) in (0u64..).zip(senders.iter().zip(receivers)) {
                let share =
                    |(before, width): &(u64, u64)| (base + before * self.size + local * width, *width);
                lanes.add((*src, *dst), staggers[from as usize], parts.iter().map(share));
            }
        }
        lanes
    }
}
