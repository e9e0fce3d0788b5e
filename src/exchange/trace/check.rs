//! Whether a trace fits together: nodes of a rank first, then ranks with each other.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::joint::check_waits;
use super::{Faults, MAX_RANKS, MAX_TIME, RankTrace, Spot, Trace, TraceKind, TraceOp, name_node};
use crate::exchange::{MAX_BYTES, quoted};
use crate::units::{Bytes, Time};

/// Ids and dependencies of one rank. True where its order of work is known.
pub(in crate::exchange) fn check_nodes(rank: &RankTrace, faults: &mut Faults) -> bool {
    let mut known: FxHashMap<u64, usize> = FxHashMap::default();
    for (at, node) in rank.nodes.iter().enumerate() {
        match known.get(&node.id) {
            None => {
                known.insert(node.id, at);
            }
            Some(&first) => faults.push(
                "E0803",
                format!("{} has the id of another node", name_node(rank.rank, node)),
                vec![
                    Spot::node(rank.rank, at, "this is the second"),
                    Spot::node(rank.rank, first, "this is the first"),
                ],
                "ids must differ within a file",
            ),
        }
        for dep in node.data_deps.iter().chain(&node.ctrl_deps).filter(|dep| **dep >= rank.nodes.len()) {
            faults.push(
                "E0803",
                format!("{} waits for node number {dep} of {}", name_node(rank.rank, node), rank.nodes.len()),
                vec![Spot::node(rank.rank, at, "this waits")],
                "dependencies are indices into the nodes of the rank",
            );
        }
    }
    let order = rank.runnable();
    if order.len() == rank.nodes.len() {
        return true;
    }
    if let Some(circle) = circle(rank, &order) {
        tell_circle(rank, &circle, faults);
    }
    false
}

/// The nodes of one circle of dependencies, each waiting for the next.
fn circle(rank: &RankTrace, order: &[usize]) -> Option<Vec<usize>> {
    let mut stuck = vec![true; rank.nodes.len()];
    for &at in order {
        stuck[at] = false;
    }
    let next = |at: usize| {
        let node = rank.nodes.get(at)?;
        node.data_deps
            .iter()
            .chain(&node.ctrl_deps)
            .copied()
            .find(|dep| stuck.get(*dep).copied().unwrap_or(false))
    };
    let mut at = stuck.iter().position(|stuck| *stuck)?;
    let mut path = Vec::new();
    let mut seen: FxHashMap<usize, usize> = FxHashMap::default();
    loop {
        if let Some(&start) = seen.get(&at) {
            return Some(path.split_off(start));
        }
        seen.insert(at, path.len());
        path.push(at);
        // None where the node waits for one that is not there, which was told.
        at = next(at)?;
    }
}

fn tell_circle(rank: &RankTrace, circle: &[usize], faults: &mut Faults) {
    const SHOWN: usize = 4;
    let Some(&first) = circle.first() else { return };
    let name = |at: usize| format!("node {} {}", rank.nodes[at].id, quoted(&rank.nodes[at].name));
    let mut text = match circle {
        [_] => format!("{} of rank {} waits for itself", name(first), rank.rank),
        _ => format!("nodes of rank {} wait for each other: {} waits", rank.rank, name(first)),
    };
    if circle.len() > 1 {
        let names: Vec<String> = circle.iter().skip(1).take(SHOWN - 1).map(|at| name(*at)).collect();
        text.push_str(&format!(" for {}", names.join(", which waits for ")));
        text.push_str(&match circle.len() {
            0..=SHOWN => ", which waits for the first".to_owned(),
            count => format!(", and so on round {count} nodes"),
        });
    }
    let spots = circle.iter().take(SHOWN).map(|at| Spot::node(rank.rank, *at, "on the circle")).collect();
    faults.push("E0803", text, spots, "take out one of these dependencies");
}

/// Groups: names, and members that are ranks of the job.
pub(super) fn check_groups(trace: &Trace, faults: &mut Faults) {
    let mut names = BTreeSet::new();
    let place =
        |text: &str| trace.ranks.first().map(|rank| Spot::rank(rank.rank, text)).into_iter().collect();
    for group in &trace.groups {
        let name = quoted(&group.name);
        if !names.insert(&group.name) {
            let help = "give each group a name of its own";
            faults.push("E0804", format!("two groups are called {name}"), place("the first rank"), help);
        }
        for (message, help) in member_faults(&group.ranks, trace.size) {
            faults.push("E0804", format!("group {name} {message}"), place("the first rank"), help);
        }
    }
}

/// What is wrong with the members of a group: the end of a sentence, and a way out.
pub(in crate::exchange) fn member_faults(ranks: &[u32], size: u32) -> Vec<(String, &'static str)> {
    let mut told = Vec::new();
    if ranks.is_empty() {
        told.push(("has no ranks".to_owned(), "list its ranks"));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = ranks.iter().find(|rank| !seen.insert(**rank)) {
        told.push((format!("lists rank {twice} twice"), "list each rank once"));
    }
    if let Some(beyond) = ranks.iter().find(|rank| **rank >= size) {
        let last = size.saturating_sub(1);
        told.push((
            format!("lists rank {beyond}, but ranks go from 0 to {last}"),
            "take it out, or add the trace of that rank",
        ));
    }
    told
}

/// Ranks in order, each once, and below the size. True where they are.
pub(super) fn check_order_of_ranks(trace: &Trace, faults: &mut Faults) -> bool {
    if trace.size == 0 || trace.size > MAX_RANKS || trace.ranks.is_empty() {
        let message = format!("the trace holds {} of {} ranks", trace.ranks.len(), trace.size);
        let help = format!("a trace needs at least one rank, of at most {MAX_RANKS}");
        faults.push("E0805", message, Vec::new(), help);
        return false;
    }
    let ordered = trace.ranks.windows(2).all(|pair| pair[0].rank < pair[1].rank);
    let within = trace.ranks.last().is_some_and(|last| last.rank < trace.size);
    if !(ordered && within) {
        let message = format!("ranks are not in order, or not all below {}", trace.size);
        faults.push("E0805", message, Vec::new(), "list each rank once, from the lowest");
    }
    ordered && within
}

/// What nodes hold: sizes, peers and groups. True where ranks can be compared with each other.
pub(in crate::exchange) fn check_values(trace: &Trace, rank: &RankTrace, faults: &mut Faults) -> bool {
    // Whether the rank is in a group, of those that it uses: there may be many others.
    let mut members: FxHashMap<usize, bool> = FxHashMap::default();
    let before = faults.found().len();
    for (at, node) in rank.nodes.iter().enumerate() {
        let told = |message: String, help: &str, faults: &mut Faults| {
            let message = format!("{} {message}", name_node(rank.rank, node));
            faults.push("E0802", message, vec![Spot::node(rank.rank, at, "this node")], help);
        };
        let bytes = match node.kind {
            TraceKind::Compute { bytes, flops, .. } => {
                if flops.is_some_and(|flops| !(flops.is_finite() && flops >= 0.0)) {
                    told("has no finite number of operations".into(), "give a number from 0", faults);
                }
                bytes
            }
            TraceKind::Memory { bytes, .. } => Some(bytes),
            TraceKind::Collective { bytes, group, .. } => {
                let inside = *members.entry(group).or_insert_with(|| {
                    trace.groups.get(group).is_some_and(|group| group.ranks.contains(&rank.rank))
                });
                if !inside {
                    let message = match trace.groups.get(group) {
                        Some(group) => {
                            format!("does a collective of group {}, which it is not in", quoted(&group.name))
                        }
                        None => {
                            format!("does a collective of group number {group} of {}", trace.groups.len())
                        }
                    };
                    told(message, "only members of a group do its collectives", faults);
                }
                Some(bytes)
            }
            TraceKind::Send { to: peer, bytes, .. } | TraceKind::Receive { from: peer, bytes, .. } => {
                if let Some((message, help)) = peer_fault(peer, rank.rank, trace.size) {
                    told(message, help, faults);
                }
                Some(bytes)
            }
            TraceKind::Marker => None,
        };
        if let Some(bytes) = bytes.filter(|bytes| bytes.get() > MAX_BYTES) {
            told(
                format!("is of {} bytes", bytes.get()),
                &format!("sizes go up to {MAX_BYTES} bytes"),
                faults,
            );
        }
    }
    let durations = rank.nodes.iter().map(|node| match node.kind {
        TraceKind::Compute { duration, .. } => duration.unwrap_or(Time::ZERO),
        _ => Time::ZERO,
    });
    let total = durations.fold(Time::ZERO, Time::saturating_add);
    if total > MAX_TIME {
        let message = format!("nodes of rank {} compute for {total} in all", rank.rank);
        let help = format!("a step may take {MAX_TIME} at most: durations may be of another unit");
        faults.push("E0802", message, vec![Spot::rank(rank.rank, "this rank")], help);
    }
    faults.found().len() == before
}

/// What is wrong with the other rank of a send or a receive: the end of a sentence, and a way out.
fn peer_fault(peer: u32, own: u32, size: u32) -> Option<(String, &'static str)> {
    if peer == own {
        Some(("sends to or receives from its own rank".into(), "name another rank, or leave the node out"))
    } else if peer >= size {
        let message =
            format!("names rank {peer} as its partner, but ranks go from 0 to {}", size.saturating_sub(1));
        Some((message, "name a rank of the job, or add the trace of that rank"))
    } else {
        None
    }
}

/// Ranks with each other: collectives of groups, sends with receives, and waits across ranks. What each rank does must
/// have been found sound.
pub(in crate::exchange) fn check_ranks(trace: &Trace, faults: &mut Faults) {
    let orders: Vec<Vec<usize>> = trace.ranks.iter().map(RankTrace::runnable).collect();
    let before = faults.found().len();
    check_collectives(trace, &orders, faults);
    check_messages(trace, &orders, faults);
    if faults.found().len() == before {
        check_waits(trace, &orders, faults);
    }
}

/// What a rank does in a group, one entry a collective: the operation, the size and the node.
type Turns = Vec<(TraceOp, Bytes, usize)>;

fn check_collectives(trace: &Trace, orders: &[Vec<usize>], faults: &mut Faults) {
    let mut turns: Vec<BTreeMap<usize, Turns>> = vec![BTreeMap::new(); trace.groups.len()];
    for (place, (rank, order)) in trace.ranks.iter().zip(orders).enumerate() {
        for &at in order {
            if let TraceKind::Collective { op, bytes, group } = rank.nodes[at].kind {
                turns[group].entry(place).or_default().push((op, bytes, at));
            }
        }
    }
    let place_of: FxHashMap<u32, usize> =
        trace.ranks.iter().enumerate().map(|(place, rank)| (rank.rank, place)).collect();
    let none = Turns::new();
    for (group, turns) in trace.groups.iter().zip(&turns) {
        let mut present = group.ranks.iter().filter_map(|rank| place_of.get(rank)).copied();
        let Some(first) = present.next() else { continue };
        let wanted = turns.get(&first).unwrap_or(&none);
        for other in present {
            let found = turns.get(&other).unwrap_or(&none);
            compare(trace, &group.name, (first, wanted), (other, found), faults);
        }
    }
}

/// Tells the first collective in which two ranks of a group differ.
fn compare(
    trace: &Trace,
    group: &str,
    (first, wanted): (usize, &Turns),
    (other, found): (usize, &Turns),
    faults: &mut Faults,
) {
    let (first, other) = (&trace.ranks[first], &trace.ranks[other]);
    let group = quoted(group);
    let differ = wanted.iter().zip(found).position(|(a, b)| (a.0, a.1) != (b.0, b.1));
    if let Some(turn) = differ {
        let (wanted, found) = (&wanted[turn], &found[turn]);
        let message = format!(
            "collective {} of group {group} is {} of {} bytes on rank {} and {} of {} bytes on rank {}",
            turn + 1,
            wanted.0,
            wanted.1.get(),
            first.rank,
            found.0,
            found.1.get(),
            other.rank
        );
        let spots = vec![
            Spot::node(other.rank, found.2, name_node(other.rank, &other.nodes[found.2])),
            Spot::node(first.rank, wanted.2, name_node(first.rank, &first.nodes[wanted.2])),
        ];
        let help = "all ranks of a group do the same collectives, of the same sizes and in the same order";
        faults.push("E0805", message, spots, help);
        return;
    }
    if wanted.len() == found.len() {
        return;
    }
    let (long, short, turns, missing) = if wanted.len() > found.len() {
        (first, other, wanted, found.len())
    } else {
        (other, first, found, wanted.len())
    };
    let node = turns[missing].2;
    let message = format!(
        "{} is collective {} of group {group}, but rank {} does only {missing}",
        name_node(long.rank, &long.nodes[node]),
        missing + 1,
        short.rank
    );
    let spots = vec![
        Spot::node(long.rank, node, "has no partner there"),
        Spot::rank(short.rank, "this rank is of the group"),
    ];
    faults.push("E0805", message, spots, "all ranks of a group do all of its collectives");
}

fn check_messages(trace: &Trace, orders: &[Vec<usize>], faults: &mut Faults) {
    // By source, destination and tag: sends and receives, each with its size and its node.
    type Ends = Vec<(Bytes, usize)>;
    let mut lanes: BTreeMap<(u32, u32, u32), (Ends, Ends)> = BTreeMap::new();
    for (rank, order) in trace.ranks.iter().zip(orders) {
        for &at in order {
            match rank.nodes[at].kind {
                TraceKind::Send { to, bytes, tag } => {
                    lanes.entry((rank.rank, to, tag)).or_default().0.push((bytes, at));
                }
                TraceKind::Receive { from, bytes, tag } => {
                    lanes.entry((from, rank.rank, tag)).or_default().1.push((bytes, at));
                }
                _ => {}
            }
        }
    }
    let by_rank: FxHashMap<u32, &RankTrace> = trace.ranks.iter().map(|rank| (rank.rank, rank)).collect();
    for ((from, to, tag), (sends, receives)) in &lanes {
        let (Some(source), Some(sink)) = (by_rank.get(from), by_rank.get(to)) else { continue };
        let differ = sends.iter().zip(receives).find(|(send, receive)| send.0 != receive.0);
        if let Some((send, receive)) = differ {
            let message = format!(
                "{} sends {} bytes, but {} receives {}",
                name_node(*from, &source.nodes[send.1]),
                send.0.get(),
                name_node(*to, &sink.nodes[receive.1]),
                receive.0.get()
            );
            let spots =
                vec![Spot::node(*to, receive.1, "this receives"), Spot::node(*from, send.1, "this sends")];
            let help = "messages between two ranks with one tag are matched in order";
            faults.push("E0805", message, spots, help);
        } else if let Some(send) = sends.get(receives.len()) {
            let message = format!(
                "{} sends to rank {to} with tag {tag}, which does not receive it",
                name_node(*from, &source.nodes[send.1])
            );
            let spots = vec![Spot::node(*from, send.1, "this is not received")];
            faults.push("E0805", message, spots, "each send needs a receive of the same tag");
        } else if let Some(receive) = receives.get(sends.len()) {
            let message = format!(
                "{} receives from rank {from} with tag {tag}, which does not send it",
                name_node(*to, &sink.nodes[receive.1])
            );
            let spots = vec![Spot::node(*to, receive.1, "this is not sent")];
            faults.push("E0805", message, spots, "each receive needs a send of the same tag");
        }
    }
}
