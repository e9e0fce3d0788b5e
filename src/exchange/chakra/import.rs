//! The files of ranks become one trace: messages first, then nodes, then ranks with each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::groups::GroupTable;
use super::message::{self, RawNode, type_name};
use super::wire::Reader;
use super::{RankFile, convert};
use crate::diag::{Place, SourceMap};
use crate::exchange::trace::{
    Faults, MAX_RANKS, RankTrace, Spot, Trace, TraceKind, TraceNode, check_nodes, check_ranks, check_values,
};
use crate::exchange::{Rejected, quoted};
use crate::units::Bytes;

/// What is known of a rank while files are read.
struct Read {
    path: String,
    trace: RankTrace,
    /// Id, name and type of each message after the first, one line a message.
    lines: Vec<(u64, Arc<str>, u64)>,
    /// True where every message could be read.
    whole: bool,
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Import {
    ranks: Vec<Read>,
    table: GroupTable,
    /// Collectives whose sizes are still those of one rank: the rank's place in `ranks` and the node.
    per_rank: Vec<(u32, usize)>,
    faults: Faults,
    /// The most nodes, and how many are left of them.
    most: usize,
    left: usize,
}

impl Import {
    /// Nothing yet, but for the groups of a file; at most so many nodes are read.
    pub(super) fn new(table: GroupTable, most: usize) -> Self {
        Self { table, most, left: most, ..Self::default() }
    }

    /// Reads the file of a rank.
    pub(super) fn file(&mut self, file: &RankFile) {
        let rank = file.rank;
        let mut read = Read {
            path: file.path.clone(),
            trace: RankTrace { rank, nodes: Vec::new() },
            lines: Vec::new(),
            whole: true,
        };
        let raw = self.messages(file, &mut read);
        if read.whole {
            self.nodes(&raw, &mut read);
        }
        self.ranks.push(read);
    }

    /// The messages of a file. Where one cannot be read, the file is not whole.
    fn messages(&mut self, file: &RankFile, read: &mut Read) -> Vec<RawNode> {
        const AGAIN: &str = "write the trace again, or copy it again as binary";
        let rank = file.rank;
        let mut raw: Vec<RawNode> = Vec::new();
        let mut reader = Reader::new(&file.bytes, 0);
        if file.bytes.starts_with(&[0x1f, 0x8b]) {
            let spots = vec![Spot::rank(rank, "the file of this rank")];
            let message = format!("the trace of rank {rank} is compressed with gzip");
            self.faults.push("E0801", message, spots, "unpack it first, such as with `gunzip`");
            read.whole = false;
            return raw;
        }
        let first = reader.message().and_then(|(bytes, base)| message::is_metadata(bytes, base));
        if first != Ok(true) {
            let message = match first {
                _ if file.bytes.is_empty() => format!("the trace of rank {rank} is empty"),
                Ok(_) => format!("the trace of rank {rank} does not begin with a `GlobalMetadata` message"),
                Err(fault) => format!("the trace of rank {rank} cannot be read: {fault}"),
            };
            let help = "a Chakra trace is a `GlobalMetadata` message and a `Node` message for each node, each with its \
                        length before it";
            self.faults.push("E0801", message, vec![Spot::rank(rank, "here")], help);
            read.whole = false;
            return raw;
        }
        while !reader.is_done() && raw.len() <= self.left && !self.faults.is_full() {
            let rest = reader.rest();
            let told = match reader.message() {
                Ok((bytes, base)) => {
                    let (node, fault) = message::node(bytes, base);
                    read.lines.push((node.id, Arc::clone(&node.name), node.kind));
                    let told = fault.map(|fault| format!("{} cannot be read: {fault}", shown(rank, &node)));
                    raw.push(node);
                    told
                }
                // After a broken length nothing can be found any more.
                Err(fault) => {
                    reader = Reader::new(&[], 0);
                    Some(format!("{}: {fault}", broken_off(rank, rest, read)))
                }
            };
            if let Some(told) = told {
                read.whole = false;
                self.faults.push("E0801", told, vec![Spot::node(rank, read.lines.len() - 1, "here")], AGAIN);
            }
        }
        if raw.len() > self.left {
            let message = format!("the trace has more than {} nodes", self.most);
            let spots = vec![Spot::rank(rank, "at this rank")];
            self.faults.push("E0801", message, spots, "take a part of it, such as one step");
            read.whole = false;
            self.left = 0;
        } else {
            self.left -= raw.len();
        }
        raw
    }

    /// Makes nodes of messages.
    fn nodes(&mut self, raw: &[RawNode], read: &mut Read) {
        let rank = read.trace.rank;
        for (at, node) in raw.iter().enumerate() {
            let kind = match convert::kind(rank, node, &mut self.table, Spot::node(rank, at, "used here")) {
                Ok((kind, per_rank)) => {
                    if per_rank {
                        self.per_rank.push((rank, at));
                    }
                    kind
                }
                Err((message, help)) => {
                    let text = format!("{} {message}", shown(rank, node));
                    self.faults.push("E0802", text, vec![Spot::node(rank, at, "this node")], help);
                    TraceKind::Marker
                }
            };
            let name = Arc::clone(&node.name);
            let (data_deps, ctrl_deps) = (Vec::new(), Vec::new());
            read.trace.nodes.push(TraceNode { id: node.id, name, kind, data_deps, ctrl_deps });
            if node.kind == message::METADATA {
                let spot = Spot::node(rank, at, "this node tells groups");
                self.table.metadata(&node.input_values, &spot, &mut self.faults);
            }
        }
        let place: FxHashMap<u64, usize> =
            raw.iter().enumerate().rev().map(|(at, node)| (node.id, at)).collect();
        for (at, node) in raw.iter().enumerate() {
            let mut find = |ids: &[u64]| -> Vec<usize> {
                let mut found = Vec::with_capacity(ids.len());
                for id in ids {
                    match place.get(id) {
                        Some(dep) => found.push(*dep),
                        None => self.faults.push(
                            "E0803",
                            format!("{} waits for node {id}, which is not in the file", shown(rank, node)),
                            vec![Spot::node(rank, at, "this waits")],
                            "dependencies are ids of nodes of the same rank",
                        ),
                    }
                }
                found
            };
            let (data_deps, ctrl_deps) = (find(&node.data_deps), find(&node.ctrl_deps));
            read.trace.nodes[at].data_deps = data_deps;
            read.trace.nodes[at].ctrl_deps = ctrl_deps;
        }
        check_nodes(&read.trace, &mut self.faults);
    }

    /// The trace of all ranks.
    ///
    /// # Errors
    /// All faults of the files, with places in listings of them.
    pub(super) fn finish(mut self, name: &str) -> Result<Trace, Rejected> {
        self.ranks.sort_by_key(|read| read.trace.rank);
        let size = self.size();
        let groups =
            self.table.resolve(size, self.ranks.first().map(|read| read.trace.rank), &mut self.faults);
        let mut trace = Trace {
            name: name.to_owned(),
            size,
            ranks: self.ranks.iter_mut().map(|read| take(&mut read.trace)).collect(),
            groups,
        };
        if self.faults.is_empty() {
            self.whole_sizes(&mut trace);
            self.members(&trace);
        }
        if self.faults.is_empty() {
            check_ranks(&trace, &mut self.faults);
        }
        if self.faults.is_empty() { Ok(trace) } else { Err(self.rejected()) }
    }

    /// How many ranks there are, all of which must have a file.
    fn size(&mut self) -> u32 {
        let Some(last) = self.ranks.last().map(|read| read.trace.rank) else {
            self.faults.push(
                "E0805",
                "the trace has no ranks",
                Vec::new(),
                "a trace is files such as `step.0.et`, one a rank",
            );
            return 0;
        };
        if last >= MAX_RANKS {
            let message = format!("there is a trace of rank {last}");
            let help = format!("ranks go up to {}", MAX_RANKS - 1);
            self.faults.push("E0805", message, vec![Spot::rank(last, "this rank")], help);
            return last.saturating_add(1);
        }
        for pair in self.ranks.windows(2) {
            let (rank, next) = (pair[0].trace.rank, pair[1].trace.rank);
            if rank == next {
                let message =
                    format!("there are two traces of rank {rank}: `{}` and `{}`", pair[0].path, pair[1].path);
                let spots = vec![Spot::rank(rank, "one of them")];
                self.faults.push("E0805", message, spots, "keep one of them");
            }
        }
        let mut wanted = 0;
        for read in &self.ranks {
            let rank = read.trace.rank;
            if rank > wanted {
                let missing = rank - wanted;
                let more =
                    if missing > 1 { format!(", nor of {} after it", missing - 1) } else { String::new() };
                let message = format!("there is no trace of rank {wanted}{more}, but one of rank {rank}");
                let spots = vec![Spot::rank(rank, "this rank is there")];
                self.faults.push("E0805", message, spots, "each rank from 0 to the last needs a file");
            }
            wanted = rank + 1;
        }
        last + 1
    }

    /// Sizes of collectives that were of one rank become those of the group.
    fn whole_sizes(&self, trace: &mut Trace) {
        for &(rank, at) in &self.per_rank {
            let Some(node) = trace.ranks.get_mut(rank as usize).and_then(|rank| rank.nodes.get_mut(at))
            else {
                continue;
            };
            let TraceKind::Collective { bytes, group, .. } = &mut node.kind else { continue };
            let count = trace.groups.get(*group).map_or(1, |group| group.ranks.len()) as u64;
            *bytes = Bytes(bytes.get().saturating_mul(count));
        }
    }

    /// Ranks are members of the groups that they use, and partners are ranks.
    fn members(&mut self, trace: &Trace) {
        for rank in &trace.ranks {
            check_values(trace, rank, &mut self.faults);
        }
    }

    /// The faults with their places, in listings of the files.
    fn rejected(self) -> Rejected {
        let mut sources = SourceMap::default();
        let mut files = BTreeMap::new();
        for fault in self.faults.found() {
            for spot in &fault.spots {
                files.entry(spot.rank).or_insert(None);
            }
        }
        for (rank, file) in &mut files {
            if let Some(read) = self.ranks.iter().find(|read| read.trace.rank == *rank) {
                let (text, starts) = listing(read);
                *file = Some((sources.add(read.path.as_str(), text), starts));
            }
        }
        let diagnostics = self.faults.diagnostics(|spot| {
            let (file, starts) = files.get(&spot.rank)?.as_ref()?;
            let start = *starts.get(spot.line)?;
            let end = starts.get(spot.line + 1).map_or(sources.text(*file).len(), |next| next - 1);
            Some(Place { file: *file, span: start..end })
        });
        Rejected { sources, diagnostics }
    }
}

/// The nodes of a rank, which the rank keeps no longer.
fn take(rank: &mut RankTrace) -> RankTrace {
    RankTrace { rank: rank.rank, nodes: std::mem::take(&mut rank.nodes) }
}

/// A file as text, and where its lines start: what is shown where something is wrong.
fn listing(read: &Read) -> (String, Vec<usize>) {
    let mut text = String::from("GlobalMetadata");
    let mut starts = vec![0];
    for (id, name, kind) in &read.lines {
        text.push('\n');
        starts.push(text.len());
        text.push_str(&format!("{} {id} {}", type_name(*kind), quoted(name)));
    }
    (text, starts)
}

/// What is told where a file breaks off; adds a line for it.
fn broken_off(rank: u32, rest: &[u8], read: &mut Read) -> String {
    // What stands of the message may still tell which node it was to be.
    let mut inner = Reader::new(rest, 0);
    let begun = inner.varint().map(|_| message::node(inner.rest(), 0).0).unwrap_or_default();
    let text = match read.lines.last() {
        _ if !begun.name.is_empty() => format!("the trace breaks off in {}", shown(rank, &begun)),
        Some((id, name, _)) => {
            format!("the trace of rank {rank} breaks off after node {id} {}", quoted(name))
        }
        None => format!("the trace of rank {rank} breaks off before its first node"),
    };
    read.lines.push((begun.id, begun.name, begun.kind));
    text
}

/// How messages call a node that was not made into one of a trace yet.
fn shown(rank: u32, node: &RawNode) -> String {
    format!("node {} {} of rank {rank}", node.id, quoted(&node.name))
}
