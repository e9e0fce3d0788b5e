//! A trace as Chakra files.

use super::convert::{PS_PER_US, comm_type, counts_shards};
use super::groups;
use super::message::{self, BYTES, DURATION_PS};
use super::wire::Writer;
use crate::diag::{Diagnostic, SourceMap};
use crate::exchange::trace::{Group, RankTrace, Trace, TraceKind, TraceNode};
use crate::exchange::{Rejected, quoted};
use crate::units::Time;

/// The version of the schema, as ASTRA-sim's own traces tell it.
const VERSION: &str = "0.0.4";

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutFile {
    /// Its name, without a folder.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Writes a trace: a file `NAME.RANK.et` for each rank and, where it has groups, `NAME.groups.json`. The same trace gives
/// the same bytes. What [`super::read`] makes of them is the trace again.
///
/// Durations are written in whole microseconds, rounded up, and exactly in an attribute of our own where they are not
/// whole; ASTRA-sim reads the first. It needs groups whose names are whole numbers, and knows no other collectives than
/// all-reduce, all-gather, reduce-scatter, all-to-all and broadcast.
///
/// # Errors
/// Where the trace does not hold all of its ranks, cannot name files, or does not fit together ([`Trace::check`]).
pub fn write(trace: &Trace) -> Result<Vec<OutFile>, Rejected> {
    let rejected = |diagnostics: Vec<Diagnostic>| Rejected { sources: SourceMap::default(), diagnostics };
    let name = trace.name.as_str();
    if name.is_empty()
        || name.starts_with('.')
        || name.contains(|c: char| c.is_control() || "/\\:".contains(c))
    {
        let message = format!("{} cannot be the name of files", quoted(name));
        let help = "a name has no `/`, `\\` or `:`, and no `.` in front";
        return Err(rejected(vec![Diagnostic::error("E0110", message).help(help)]));
    }
    trace.check().map_err(rejected)?;
    if !trace.is_whole() {
        let message = format!("the trace holds {} of {} ranks", trace.ranks.len(), trace.size);
        let help = "only a trace of all ranks can be written";
        return Err(rejected(vec![Diagnostic::error("E0805", message).help(help)]));
    }
    let mut files: Vec<OutFile> = trace
        .ranks
        .iter()
        .map(|rank| OutFile {
            name: format!("{name}.{}.et", rank.rank),
            bytes: rank_file(rank, &trace.groups),
        })
        .collect();
    if !trace.groups.is_empty() {
        let bytes = groups::file(&trace.groups).into_bytes();
        files.push(OutFile { name: format!("{name}.groups.json"), bytes });
    }
    Ok(files)
}

fn rank_file(rank: &RankTrace, groups: &[Group]) -> Vec<u8> {
    let mut file = Writer::default();
    let mut metadata = Writer::default();
    metadata.text(1, VERSION.as_bytes());
    file.framed(&metadata);
    for node in &rank.nodes {
        file.framed(&message(rank, node, groups));
    }
    file.into_bytes()
}

/// A `Node` message. Fields that are zero are left out, as protocol buffers do.
fn message(rank: &RankTrace, node: &TraceNode, groups: &[Group]) -> Writer {
    let ids = |deps: &[usize]| deps.iter().filter_map(|dep| rank.nodes.get(*dep)).map(|dep| dep.id).collect();
    let (ctrl_deps, data_deps): (Vec<u64>, Vec<u64>) = (ids(&node.ctrl_deps), ids(&node.data_deps));
    let mut message = Writer::default();
    if node.id > 0 {
        message.varint(1, node.id);
    }
    if !node.name.is_empty() {
        message.text(2, node.name.as_bytes());
    }
    message.varint(3, type_of(node.kind));
    message.packed(4, ctrl_deps.into_iter());
    message.packed(5, data_deps.into_iter());
    match node.kind {
        TraceKind::Compute { duration, flops, bytes, host } => {
            let micros = duration.map_or(0, |time| time.ps().div_ceil(PS_PER_US));
            if micros > 0 {
                message.varint(7, micros);
            }
            truth(&mut message, "is_cpu_op", host);
            match flops {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "in range, as checked"
                )]
                Some(flops) if is_int64(flops) => int64(&mut message, "num_ops", flops as u64),
                Some(flops) => double(&mut message, "num_ops", flops),
                None => {}
            }
            if let Some(bytes) = bytes {
                uint64(&mut message, "tensor_size", bytes.get());
            }
            if let Some(exact) = duration.filter(|time| !is_whole_micros(*time)) {
                uint64(&mut message, DURATION_PS, exact.ps());
            }
        }
        TraceKind::Memory { bytes, .. } => {
            truth(&mut message, "is_cpu_op", false);
            uint64(&mut message, "tensor_size", bytes.get());
        }
        TraceKind::Collective { op, bytes, group } => {
            let group = groups.get(group);
            let count = group.map_or(1, |group| group.ranks.len()) as u64;
            let bytes = bytes.get();
            let size = if counts_shards(op) { bytes.div_ceil(count) } else { bytes };
            let read_back = match op {
                crate::exchange::trace::TraceOp::Barrier => 0,
                _ if counts_shards(op) => size * count,
                _ => size,
            };
            truth(&mut message, "is_cpu_op", false);
            int64(&mut message, "comm_type", comm_type(op));
            int64(&mut message, "comm_size", size);
            if let Some(group) = group {
                string(&mut message, "pg_name", &group.name);
            }
            if read_back != bytes {
                uint64(&mut message, BYTES, bytes);
            }
        }
        TraceKind::Send { to: peer, bytes, tag } | TraceKind::Receive { from: peer, bytes, tag } => {
            let sends = matches!(node.kind, TraceKind::Send { .. });
            let (from, to) = if sends { (rank.rank, peer) } else { (peer, rank.rank) };
            truth(&mut message, "is_cpu_op", false);
            int64(&mut message, "comm_size", bytes.get());
            uint32(&mut message, "comm_src", from);
            uint32(&mut message, "comm_dst", to);
            uint32(&mut message, "comm_tag", tag);
        }
        TraceKind::Marker => {}
    }
    message
}

fn type_of(kind: TraceKind) -> u64 {
    match kind {
        TraceKind::Marker => message::METADATA,
        TraceKind::Memory { store: false, .. } => message::LOAD,
        TraceKind::Memory { store: true, .. } => message::STORE,
        TraceKind::Compute { .. } => message::COMPUTE,
        TraceKind::Send { .. } => message::SEND,
        TraceKind::Receive { .. } => message::RECEIVE,
        TraceKind::Collective { .. } => message::COLLECTIVE,
    }
}

/// True for durations that `duration_micros` tells exactly; zero would be read as none.
fn is_whole_micros(time: Time) -> bool {
    time.ps() > 0 && time.ps().is_multiple_of(PS_PER_US)
}

/// True for numbers that `int64` holds exactly.
fn is_int64(number: f64) -> bool {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    number.is_sign_positive() && number < BEYOND && number.fract() == 0.0
}

/// Adds an attribute whose value `fill` writes.
fn attribute(message: &mut Writer, name: &str, fill: impl FnOnce(&mut Writer)) {
    let mut attribute = Writer::default();
    attribute.text(1, name.as_bytes());
    fill(&mut attribute);
    message.text(10, &attribute.into_bytes());
}

fn double(message: &mut Writer, name: &str, value: f64) {
    attribute(message, name, |attribute| attribute.double(3, value));
}

fn int64(message: &mut Writer, name: &str, value: u64) {
    attribute(message, name, |attribute| attribute.varint(9, value));
}

fn uint32(message: &mut Writer, name: &str, value: u32) {
    attribute(message, name, |attribute| attribute.varint(11, value.into()));
}

fn uint64(message: &mut Writer, name: &str, value: u64) {
    attribute(message, name, |attribute| attribute.varint(13, value));
}

fn truth(message: &mut Writer, name: &str, value: bool) {
    attribute(message, name, |attribute| attribute.varint(27, value.into()));
}

fn string(message: &mut Writer, name: &str, value: &str) {
    attribute(message, name, |attribute| attribute.text(29, value.as_bytes()));
}
