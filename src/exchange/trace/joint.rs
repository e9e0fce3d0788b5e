//! Ranks that wait for each other for ever: each alone could run, but not all together.

use std::collections::BTreeMap;

use super::{Faults, Spot, Trace, TraceKind, name_node};

/// The place of a rank in the trace, and a node of it.
type Member = (usize, usize);

/// Sends and receives of one source, destination and tag.
type Lane = (Vec<Member>, Vec<Member>);

/// The graph of all ranks, in which the nodes of one collective are one vertex and a receive waits for its send.
/// Sends wait for nobody: that is left to the fabric.
struct Joint {
    /// Vertex of each node, by rank and node.
    vertex: Vec<Vec<usize>>,
    /// How many vertices there are.
    count: usize,
}

impl Joint {
    /// The vertices. Ranks of a group do the same collectives, as was checked before.
    fn new(trace: &Trace, orders: &[Vec<usize>]) -> Self {
        let mut joint = Self { vertex: Vec::with_capacity(trace.ranks.len()), count: 0 };
        // By group, the vertices of its collectives in order.
        let mut known: Vec<Vec<usize>> = vec![Vec::new(); trace.groups.len()];
        for (rank, order) in trace.ranks.iter().zip(orders) {
            let mut vertices = vec![usize::MAX; rank.nodes.len()];
            let mut turns: BTreeMap<usize, usize> = BTreeMap::new();
            for &at in order {
                vertices[at] = match rank.nodes[at].kind {
                    TraceKind::Collective { group, .. } => {
                        let turn = turns.entry(group).or_default();
                        if *turn == known[group].len() {
                            known[group].push(joint.count);
                            joint.count += 1;
                        }
                        *turn += 1;
                        known[group][*turn - 1]
                    }
                    _ => {
                        joint.count += 1;
                        joint.count - 1
                    }
                };
            }
            joint.vertex.push(vertices);
        }
        joint
    }

    /// Calls `edge` for every wait: a vertex, that which waits for it, and the nodes that say so.
    fn each_wait(
        &self,
        trace: &Trace,
        orders: &[Vec<usize>],
        mut edge: impl FnMut(usize, usize, Member, Member),
    ) {
        let mut lanes: BTreeMap<(u32, u32, u32), Lane> = BTreeMap::new();
        for (place, (rank, order)) in trace.ranks.iter().zip(orders).enumerate() {
            for &at in order {
                let (node, own) = (&rank.nodes[at], self.vertex[place][at]);
                for &dep in node.data_deps.iter().chain(&node.ctrl_deps) {
                    edge(self.vertex[place][dep], own, (place, dep), (place, at));
                }
                match node.kind {
                    TraceKind::Send { to, tag, .. } => {
                        lanes.entry((rank.rank, to, tag)).or_default().0.push((place, at));
                    }
                    TraceKind::Receive { from, tag, .. } => {
                        lanes.entry((from, rank.rank, tag)).or_default().1.push((place, at));
                    }
                    _ => {}
                }
            }
        }
        for (sends, receives) in lanes.values() {
            for (&send, &receive) in sends.iter().zip(receives) {
                edge(self.vertex[send.0][send.1], self.vertex[receive.0][receive.1], send, receive);
            }
        }
    }
}

/// Tells one circle of waits across ranks, if there is any.
pub(super) fn check_waits(trace: &Trace, orders: &[Vec<usize>], faults: &mut Faults) {
    let joint = Joint::new(trace, orders);
    let mut waits = vec![0_usize; joint.count];
    let mut first = vec![0_usize; joint.count + 1];
    joint.each_wait(trace, orders, |from, to, _, _| {
        waits[to] += 1;
        first[from + 1] += 1;
    });
    for at in 0..joint.count {
        first[at + 1] += first[at];
    }
    let mut free = first.clone();
    let mut followers = vec![0_usize; first[joint.count]];
    joint.each_wait(trace, orders, |from, to, _, _| {
        followers[free[from]] = to;
        free[from] += 1;
    });
    let mut ready: Vec<usize> = (0..joint.count).filter(|at| waits[*at] == 0).collect();
    let mut done = 0;
    while let Some(at) = ready.pop() {
        done += 1;
        for &next in &followers[first[at]..first[at + 1]] {
            waits[next] -= 1;
            if waits[next] == 0 {
                ready.push(next);
            }
        }
    }
    if done < joint.count {
        tell(trace, orders, &joint, &waits, faults);
    }
}

/// Tells the circle that a stuck vertex leads to.
fn tell(trace: &Trace, orders: &[Vec<usize>], joint: &Joint, waits: &[usize], faults: &mut Faults) {
    const SHOWN: usize = 4;
    // For each stuck vertex, one that it waits for and that is stuck as well, with the nodes that say so.
    let mut before: Vec<Option<(usize, Member, Member)>> = vec![None; waits.len()];
    joint.each_wait(trace, orders, |from, to, awaited, waiting| {
        if waits[from] > 0 && waits[to] > 0 && before[to].is_none() {
            before[to] = Some((from, awaited, waiting));
        }
    });
    let Some(mut at) = waits.iter().position(|waits| *waits > 0) else { return };
    let mut seen: Vec<Option<usize>> = vec![None; waits.len()];
    let mut path: Vec<(Member, Member)> = Vec::new();
    let start = loop {
        if let Some(start) = seen[at] {
            break start;
        }
        seen[at] = Some(path.len());
        let Some((next, awaited, waiting)) = before[at] else { return };
        path.push((awaited, waiting));
        at = next;
    };
    let circle = path.split_off(start);
    let name = |(place, node): Member| name_node(trace.ranks[place].rank, &trace.ranks[place].nodes[node]);
    let mut pairs: Vec<String> = circle
        .iter()
        .take(SHOWN)
        .map(|(awaited, waiting)| format!("{} waits for {}", name(*waiting), name(*awaited)))
        .collect();
    if circle.len() > SHOWN {
        pairs.push(format!("and so on round {} nodes", circle.len()));
    }
    let message = format!("ranks wait for each other: {}", pairs.join(", "));
    let spots = circle
        .iter()
        .take(SHOWN)
        .map(|(_, (place, node))| Spot::node(trace.ranks[*place].rank, *node, "on the circle"))
        .collect();
    let help = "collectives must come in an order that all their ranks can follow";
    faults.push("E0805", message, spots, help);
}
