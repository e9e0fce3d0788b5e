//! A row: one layer.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{AicbComm, AicbLayer, AicbPhase, Faults, Scope};
use crate::diag::nearest;
use crate::exchange::lines::Line;
use crate::exchange::trace::TraceOp;
use crate::exchange::{MAX_BYTES, listed, quoted};
use crate::units::{Bytes, Time};

/// Words of a row, in order.
const COLUMNS: [&str; 12] = [
    "layer_name",
    "dep",
    "fwd_compute_time",
    "fwd_comm",
    "fwd_size",
    "ig_time",
    "ig_comm",
    "ig_size",
    "wg_time",
    "wg_comm",
    "wg_size",
    "wg_update_time",
];

/// Collectives by their word.
const COLLECTIVES: [(&str, TraceOp); 5] = [
    ("ALLREDUCE", TraceOp::AllReduce),
    ("ALLGATHER", TraceOp::AllGather),
    ("REDUCESCATTER", TraceOp::ReduceScatter),
    ("ALLTOALL", TraceOp::AllToAll),
    ("BROADCAST", TraceOp::Broadcast),
];

/// The longest time, in nanoseconds: ten days.
const MAX_NS: u64 = 864_000_000_000_000;

/// Reads a row. `None` where faults were told.
pub(super) fn read<'a>(
    line: Line<'a>,
    names: &mut FxHashMap<&'a str, Arc<str>>,
    faults: &mut Faults,
) -> Option<AicbLayer> {
    let before = faults.found.len() + faults.more;
    let words: Vec<&str> = line.text.split_whitespace().collect();
    if words.len() != COLUMNS.len() {
        let message = format!("a row has 12 words, found {}", words.len());
        let help = format!("they are {}", COLUMNS.join(" "));
        let part = words.get(COLUMNS.len()).copied().unwrap_or_else(|| line.text.trim());
        let label = if words.len() > COLUMNS.len() { "the first too many" } else { "this row" };
        faults.push(line, part, message, label, help);
        return None;
    }
    if words[1].parse::<i64>().is_err() {
        let message = format!("`dep` is {}, expected a whole number", quoted(words[1]));
        faults.push(line, words[1], message, "in this row", "write -1".into());
    }
    let mut phase = |first: usize, scope: Scope| AicbPhase {
        compute: time(line, COLUMNS[first], words[first], faults),
        comm: comm(line, first + 1, (words[first + 1], words[first + 2]), scope, faults),
    };
    let forward = phase(2, Scope::Tensor);
    let input_grad = phase(5, Scope::Tensor);
    let weight_grad = phase(8, Scope::Data);
    let update = time(line, COLUMNS[11], words[11], faults);
    if faults.found.len() + faults.more > before {
        return None;
    }
    let name = Arc::clone(names.entry(words[0]).or_insert_with(|| words[0].into()));
    Some(AicbLayer { name, forward, input_grad, weight_grad, update })
}

/// A time in nanoseconds.
fn time(line: Line<'_>, column: &str, word: &str, faults: &mut Faults) -> Time {
    let found = word.parse::<u64>().ok().filter(|found| *found <= MAX_NS);
    if found.is_none() {
        let message = format!(
            "`{column}` is {}, expected a whole number of nanoseconds from 0 to {MAX_NS}",
            quoted(word)
        );
        faults.push(line, word, message, "in this row", String::new());
    }
    Time(found.unwrap_or(0) * 1000)
}

/// A collective and its size. One of no bytes is none.
fn comm(
    line: Line<'_>,
    column: usize,
    (word, size): (&str, &str),
    default: Scope,
    faults: &mut Faults,
) -> Option<AicbComm> {
    let bytes = size.parse::<u64>().ok().filter(|bytes| *bytes <= MAX_BYTES);
    if bytes.is_none() {
        let name = COLUMNS[column + 1];
        let message =
            format!("`{name}` is {}, expected a whole number of bytes from 0 to {MAX_BYTES}", quoted(size));
        faults.push(line, size, message, "in this row", String::new());
    }
    if word == "NONE" {
        return None;
    }
    let (bare, scope) = if let Some(bare) = word.strip_suffix("_DP_EP") {
        (bare, Scope::DataExpert)
    } else if let Some(bare) = word.strip_suffix("_EP") {
        (bare, Scope::Expert)
    } else {
        (word, default)
    };
    match COLLECTIVES.iter().find(|(name, _)| *name == bare) {
        Some((_, op)) => {
            bytes.filter(|bytes| *bytes > 0).map(|bytes| AicbComm { op: *op, scope, bytes: Bytes(bytes) })
        }
        None => {
            let names = || {
                let bare = COLLECTIVES.iter().map(|(name, _)| (*name).to_owned());
                let scoped =
                    COLLECTIVES.iter().flat_map(|(name, _)| [format!("{name}_EP"), format!("{name}_DP_EP")]);
                bare.chain(["NONE".to_owned()]).chain(scoped).collect::<Vec<String>>()
            };
            let known = names();
            let help = match nearest(word, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let bare = listed(known.iter().take(COLLECTIVES.len() + 1).map(String::as_str));
                    format!("collectives are {bare}, with `_EP` or `_DP_EP` behind them for other groups")
                }
            };
            let message = format!("`{}` is {}, which is no collective", COLUMNS[column], quoted(word));
            faults.push(line, word, message, "in this row", help);
            None
        }
    }
}
