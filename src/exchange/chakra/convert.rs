//! What a Chakra node does, from its type and its attributes.

use super::groups::GroupTable;
use super::message::{self, BYTES, DURATION_PS, RawNode, Value, type_name};
use crate::exchange::trace::{Spot, TraceKind, TraceOp};
use crate::exchange::{MAX_BYTES, quoted};
use crate::units::{Bytes, Time};

/// Picoseconds of a microsecond.
pub(super) const PS_PER_US: u64 = 1_000_000;

/// Collectives by `comm_type`; 8 is PyTorch's reduce-scatter of one tensor.
const COLLECTIVES: [TraceOp; 10] = [
    TraceOp::AllReduce,
    TraceOp::Reduce,
    TraceOp::AllGather,
    TraceOp::Gather,
    TraceOp::Scatter,
    TraceOp::Broadcast,
    TraceOp::AllToAll,
    TraceOp::ReduceScatter,
    TraceOp::ReduceScatter,
    TraceOp::Barrier,
];

/// The end of a sentence that begins with the node, and a way out.
type Wrong = (String, String);

/// The `comm_type` of a collective.
pub(super) fn comm_type(op: TraceOp) -> u64 {
    COLLECTIVES.iter().position(|known| *known == op).unwrap_or_default() as u64
}

/// Collectives whose `comm_size` is a shard of what is counted here.
pub(super) fn counts_shards(op: TraceOp) -> bool {
    matches!(op, TraceOp::AllGather | TraceOp::Gather)
}

/// What a node does; true where the size of its collective is still that of one rank.
pub(super) fn kind(
    rank: u32,
    node: &RawNode,
    groups: &mut GroupTable,
    spot: Spot,
) -> Result<(TraceKind, bool), Wrong> {
    let kind = match node.kind {
        message::METADATA => TraceKind::Marker,
        message::COMPUTE => compute(node)?,
        message::LOAD | message::STORE => TraceKind::Memory {
            store: node.kind == message::STORE,
            bytes: Bytes(needed(node, "tensor_size", MAX_BYTES)?),
        },
        message::COLLECTIVE => return collective(node, groups, spot),
        message::SEND => {
            own_end(rank, node, "comm_src")?;
            let to = rank_in(node, "comm_dst")?;
            TraceKind::Send { to, bytes: Bytes(needed(node, "comm_size", MAX_BYTES)?), tag: tag(node)? }
        }
        message::RECEIVE => {
            own_end(rank, node, "comm_dst")?;
            let from = rank_in(node, "comm_src")?;
            TraceKind::Receive { from, bytes: Bytes(needed(node, "comm_size", MAX_BYTES)?), tag: tag(node)? }
        }
        other => {
            let known: Vec<String> = (1..=7).map(type_name).collect();
            return Err((
                format!("is of type `{}`, which is not read here", type_name(other)),
                format!(
                    "types that are read are {}",
                    crate::exchange::listed(known.iter().map(String::as_str))
                ),
            ));
        }
    };
    Ok((kind, false))
}

fn compute(node: &RawNode) -> Result<TraceKind, Wrong> {
    let flops = match node.attribute("num_ops") {
        Some(Value::Real(real)) if real.is_finite() && *real >= 0.0 => Some(*real),
        #[expect(clippy::cast_precision_loss, reason = "a count of operations, of which 53 bits do")]
        _ => whole(node, "num_ops", u64::MAX)?.map(|count| count as f64),
    };
    let host = match node.attribute("is_cpu_op") {
        None => false,
        Some(Value::Truth(host)) => *host,
        Some(Value::Whole(host)) => *host != 0,
        Some(_) => return Err(("has an `is_cpu_op` that is no boolean".into(), "use `bool_val`".into())),
    };
    let bytes = whole(node, "tensor_size", MAX_BYTES)?.map(Bytes);
    Ok(TraceKind::Compute { duration: duration(node)?, flops, bytes, host })
}

/// The duration; a time of zero is none, unless our own attribute says so.
fn duration(node: &RawNode) -> Result<Option<Time>, Wrong> {
    if let Some(exact) = whole(node, DURATION_PS, u64::MAX)? {
        return Ok(Some(Time(exact)));
    }
    const MOST: u64 = u64::MAX / PS_PER_US;
    let (name, micros) = match node.duration_micros {
        0 => ("runtime", whole(node, "runtime", u64::MAX)?.unwrap_or(0)),
        micros => ("duration_micros", micros),
    };
    match micros {
        0 => Ok(None),
        1..=MOST => Ok(Some(Time(micros * PS_PER_US))),
        _ => Err((
            format!("has a `{name}` of {micros}, expected at most {MOST} microseconds"),
            "durations are in microseconds".into(),
        )),
    }
}

fn collective(node: &RawNode, groups: &mut GroupTable, spot: Spot) -> Result<(TraceKind, bool), Wrong> {
    let number = needed(node, "comm_type", u64::MAX)?;
    let Some(op) = usize::try_from(number).ok().and_then(|number| COLLECTIVES.get(number)).copied() else {
        let known: Vec<String> =
            COLLECTIVES.iter().enumerate().map(|(number, op)| format!("{number} ({op})")).collect();
        return Err((
            format!("has a `comm_type` of {number}, which is no collective"),
            format!("types are {}", known.join(", ")),
        ));
    };
    let bytes = match op {
        TraceOp::Barrier => 0,
        _ => needed(node, "comm_size", MAX_BYTES)?,
    };
    let exact = whole(node, BYTES, MAX_BYTES)?;
    let name = match node.attribute("pg_name") {
        None => "",
        Some(Value::Text(name)) => name.as_str(),
        Some(_) => return Err(("has a `pg_name` that is no text".into(), "use `string_val`".into())),
    };
    if let (Some(Value::Truths(dimensions)), "") = (node.attribute("involved_dim"), name)
        && dimensions.contains(&false)
    {
        return Err((
            "runs over some dimensions of a topology only (`involved_dim`)".into(),
            "name its ranks as a group, with `pg_name`: dimensions are not known here".into(),
        ));
    }
    let group = groups.used(name, spot);
    let kind = TraceKind::Collective { op, bytes: Bytes(exact.unwrap_or(bytes)), group };
    Ok((kind, exact.is_none() && counts_shards(op)))
}

/// The end of a message that must be the rank of the file, where it is told.
fn own_end(rank: u32, node: &RawNode, name: &str) -> Result<(), Wrong> {
    match whole(node, name, u32::MAX.into())? {
        Some(told) if told != u64::from(rank) => Err((
            format!("has a `{name}` of {told}, but the file is of rank {rank}"),
            "a send stands in the file of its sender, a receive in that of its receiver".into(),
        )),
        _ => Ok(()),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most the largest 32-bit number, as asked for")]
fn rank_in(node: &RawNode, name: &str) -> Result<u32, Wrong> {
    needed(node, name, u32::MAX.into()).map(|rank| rank as u32)
}

#[expect(clippy::cast_possible_truncation, reason = "at most the largest 32-bit number, as asked for")]
fn tag(node: &RawNode) -> Result<u32, Wrong> {
    whole(node, "comm_tag", u32::MAX.into()).map(|tag| tag.unwrap_or(0) as u32)
}

fn needed(node: &RawNode, name: &str, most: u64) -> Result<u64, Wrong> {
    whole(node, name, most)?.ok_or_else(|| {
        let help = format!("nodes of type `{}` need the attribute `{name}`", type_name(node.kind));
        (format!("has no `{name}`"), help)
    })
}

/// A whole number from 0, of whichever kind.
fn whole(node: &RawNode, name: &str, most: u64) -> Result<Option<u64>, Wrong> {
    let help = || "give a whole number, such as `int64_val`".to_owned();
    match node.attribute(name) {
        None => Ok(None),
        Some(Value::Whole(found)) => match u64::try_from(*found).ok().filter(|found| *found <= most) {
            Some(found) => Ok(Some(found)),
            None => {
                Err((format!("has a `{name}` of {found}, expected a whole number from 0 to {most}"), help()))
            }
        },
        Some(Value::Text(found)) => {
            Err((format!("has a `{name}` of {}, expected a whole number", quoted(found)), help()))
        }
        Some(_) => Err((format!("has a `{name}` that is no whole number"), help())),
    }
}
