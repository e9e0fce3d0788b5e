//! Two complementary binary trees (Sanders, Speck and Traeff 2009; NCCL 2.4).
//!
//! Each tree carries half the data in pipelined segments; no rank but the root is an inner one of both, so
//! that nobody sends or receives more than about the data once (broadcast, reduce) or twice (all-reduce),
//! at a depth of `O(lg N)`.
//!
//! Where ranks share several servers, the trees join servers at one local rank a channel, and each server
//! hangs on that rank as a chain, as NCCL does. Within one server, and where there are no servers, the
//! trees join the ranks themselves.
//!
//! The trees are NCCL's in-order ones: in the first, the parent of place `x`, whose lowest set bit is `b`,
//! is `(x ^ b) | 2 b`, or `x ^ b` where that is too large; place 0 is the root and has one child. The
//! second is the first with places other than 0 mirrored (odd count) or shifted by one (even count).

use super::step::{number, same_step};
use super::{Request, empty, order, pipeline};
use crate::collective::{Algorithm, Op, Pattern, Payload, Phase, Schedule};

pub(super) const OPS: &[Op] = &[Op::AllReduce, Op::Broadcast, Op::Reduce];

/// Channels `2 c` and `2 c + 1` are the two trees through local rank `c` of every server; an odd number
/// asked for is rounded up.
pub(super) fn schedule(request: &Request) -> Schedule {
    let pairs = request.channels.map_or_else(|| order::rails(request), |channels| channels.div_ceil(2));
    let channels = 2 * pairs;
    let segments = pipeline::segments(request, channels);
    let mut schedule =
        empty(request, Algorithm::DoubleTree, channels, u64::from(channels) * u64::from(segments));
    if request.ranks == 1 {
        return schedule;
    }
    let mut servers = order::servers(request);
    if servers.len() == 1 {
        servers = (0..request.ranks).map(|rank| vec![rank]).collect();
    }
    let root = request.op.is_rooted().then_some(request.root.0);
    if let Some(root) = root {
        let home = servers.iter().position(|members| members.contains(&root)).unwrap_or(0);
        servers.rotate_left(home);
    }
    for channel in 0..channels {
        let tree = Tree::new(request.ranks, &servers, channel as usize / 2, channel % 2 == 1, root);
        tree.push(&mut schedule, channel, segments);
    }
    schedule
}

/// The parent of a place in the first tree of `count` places.
const fn parent_in_first(place: u32, count: u32) -> u32 {
    let lowest = place & place.wrapping_neg();
    let up = (place ^ lowest) | lowest << 1;
    if up < count { up } else { place ^ lowest }
}

/// The parent of a place other than 0.
pub(super) const fn parent(place: u32, count: u32, second: bool) -> u32 {
    if !second {
        return parent_in_first(place, count);
    }
    // A parent of 0 is the root in both trees.
    if count % 2 == 1 {
        let parent = parent_in_first(count - place, count);
        if parent == 0 { 0 } else { count - parent }
    } else {
        let shifted = if place == 1 { count - 1 } else { place - 1 };
        let parent = parent_in_first(shifted, count);
        if parent == 0 {
            0
        } else if parent == count - 1 {
            1
        } else {
            parent + 1
        }
    }
}

/// A tree over the ranks.
struct Tree {
    /// `(child, parent)`, parents before their children.
    edges: Vec<(u32, u32)>,
    /// Edges from the root.
    depth: Vec<u32>,
    /// Edges to the farthest leaf.
    height: Vec<u32>,
}

impl Tree {
    #[expect(clippy::cast_possible_truncation, reason = "there are no more servers than ranks")]
    fn new(ranks: u32, servers: &[Vec<u32>], rail: usize, second: bool, root: Option<u32>) -> Self {
        let count = servers.len() as u32;
        let gate = |server: u32| {
            let members = &servers[server as usize];
            members[rail % members.len()]
        };
        let mut children = vec![Vec::new(); servers.len()];
        for place in 1..count {
            children[parent(place, count, second) as usize].push(place);
        }
        let mut edges = Vec::with_capacity(ranks as usize);
        let mut next = vec![0];
        while let Some(server) = next.pop() {
            let members = &servers[server as usize];
            let mut chain = order::turned(members, gate(server));
            // The root begins its server's chain, the rank that leads to other servers comes next.
            if let Some(root) = root.filter(|_| server == 0) {
                chain.retain(|rank| *rank != root);
                chain.insert(0, root);
            }
            edges.extend(chain.windows(2).map(|pair| (pair[1], pair[0])));
            for child in &children[server as usize] {
                edges.push((gate(*child), gate(server)));
                next.push(*child);
            }
        }
        let (mut depth, mut height) = (vec![0; ranks as usize], vec![0; ranks as usize]);
        for (child, parent) in &edges {
            depth[*child as usize] = depth[*parent as usize] + 1;
        }
        for (child, parent) in edges.iter().rev() {
            height[*parent as usize] = height[*parent as usize].max(height[*child as usize] + 1);
        }
        Self { edges, depth, height }
    }

    fn push(&self, schedule: &mut Schedule, channel: u32, segments: u32) {
        let payload = Payload::Segments { base: u64::from(channel) * u64::from(segments), width: 1 };
        let mut waits = Vec::new();
        let mut round = 0;
        if schedule.op != Op::Broadcast {
            let itself = number(&schedule.phases);
            let up = self.edges.iter().map(|(child, parent)| (*child, *parent, self.height[*child as usize]));
            schedule.phases.push(Phase {
                name: "up",
                pattern: Pattern::Pairs(up.collect()),
                steps: segments,
                payload: payload.clone(),
                reduce_steps: segments,
                waits: vec![same_step(itself)],
                channel,
                round,
            });
            round = self.height.iter().max().copied().unwrap_or(0);
            waits.push(same_step(itself));
        }
        if schedule.op != Op::Reduce {
            let down =
                self.edges.iter().map(|(child, parent)| (*parent, *child, self.depth[*parent as usize]));
            waits.push(same_step(number(&schedule.phases)));
            schedule.phases.push(Phase {
                name: "down",
                pattern: Pattern::Pairs(down.collect()),
                steps: segments,
                payload,
                reduce_steps: 0,
                waits,
                channel,
                round,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which places have children, and the depth of the deepest.
    fn shape(count: u32, second: bool) -> (Vec<bool>, u32) {
        let mut inner = vec![false; count as usize];
        let mut deepest = 0;
        for mut place in 1..count {
            inner[parent(place, count, second) as usize] = true;
            let mut depth = 0;
            while place != 0 {
                place = parent(place, count, second);
                depth += 1;
                assert!(depth <= count, "a cycle");
            }
            deepest = deepest.max(depth);
        }
        (inner, deepest)
    }

    #[test]
    fn trees_are_complementary_binary_and_flat() {
        for count in 2..=300 {
            let ((first, depth), (second, other_depth)) = (shape(count, false), shape(count, true));
            let both = (1..count as usize).filter(|place| first[*place] && second[*place]).count();
            assert_eq!(both, 0, "{count} places");
            assert!(depth.max(other_depth) <= count.next_power_of_two().ilog2() + 1, "{count} places");
            for second in [false, true] {
                let mut children = vec![0; count as usize];
                (1..count).for_each(|place| children[parent(place, count, second) as usize] += 1);
                assert_eq!(children[0], 1);
                assert!(children.iter().all(|count| *count <= 2));
            }
        }
    }
}
