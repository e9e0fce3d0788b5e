//! The first line: how the ranks share the work.

use super::Faults;
use crate::diag::nearest;
use crate::exchange::lines::Line;
use crate::exchange::{MAX_BYTES, listed, quoted};
use crate::units::Bytes;

/// The most that a count of the header may be.
const MOST: u64 = 1 << 20;

/// How the ranks share the work: the first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// `HYBRID_TRANSFORMER`: tensor, expert, pipeline and data parallel.
    Transformer,
    /// `HYBRID_TRANSFORMER_FWD_IN_BCKWD`: the same, with layers whose forward pass is done again in the backward pass.
    TransformerRecompute,
    /// `DATA`: all ranks are replicas.
    Data,
    /// `MODEL`: all ranks share each layer.
    Model,
    /// `MICRO`: only the collectives of the gradients of weights, one after the other.
    Micro,
}

/// Words that are read, and those of ASTRA-sim that are not, for which dimensions of a topology or more rows are needed.
const POLICIES: [(&str, Option<Policy>); 11] = [
    ("HYBRID_TRANSFORMER", Some(Policy::Transformer)),
    ("HYBRID_TRANSFORMER_FWD_IN_BCKWD", Some(Policy::TransformerRecompute)),
    ("DATA", Some(Policy::Data)),
    ("MODEL", Some(Policy::Model)),
    ("MICRO", Some(Policy::Micro)),
    ("HYBRID_DATA_MODEL", None),
    ("HYBRID_MODEL_DATA", None),
    ("HYBRID_DLRM", None),
    ("HYBRID_DLRM_ENHANCED", None),
    ("HYBRID_CUSTOMIZED", None),
    ("DISTRIBUTED_INFERENCE", None),
];

/// What the first line says. What it does not say is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// How the ranks share the work.
    pub policy: Policy,
    /// Ranks that share a layer (`model_parallel_NPU_group`).
    pub tensor: Option<u32>,
    /// Ranks that share the experts of a layer (`ep`).
    pub expert: Option<u32>,
    /// Stages of the pipeline (`pp`).
    pub pipeline: Option<u32>,
    /// Virtual stages of each stage (`vpp`): AICB writes the layers of a stage.
    pub chunks: Option<u32>,
    /// Micro-batches of a step (`ga`). The rows hold all of them already.
    pub micro_batches: Option<u32>,
    /// Ranks in all (`all_gpus`).
    pub ranks: Option<u32>,
    /// Layers, by their place from 0, whose input is kept (`checkpoints`).
    pub checkpoints: Vec<usize>,
    /// Layers, by their place from 0, before whose backward pass the forward pass is done again from the last kept input
    /// (`checkpoint_initiates`).
    pub checkpoint_initiates: Vec<usize>,
    /// What one stage sends to the next for one micro-batch and virtual stage (`pp_comm`).
    pub pipeline_bytes: Bytes,
}

/// Keys, each with another name that it has.
const KEYS: [(&str, &str); 9] = [
    ("model_parallel_NPU_group", "tp"),
    ("ep", "expert_parallel_npu_group"),
    ("pp", "pp"),
    ("vpp", "vpp"),
    ("ga", "ga"),
    ("all_gpus", "all_gpus"),
    ("checkpoints", "checkpoints"),
    ("checkpoint_initiates", "checkpoint_initiates"),
    ("pp_comm", "pp_comm"),
];

/// Reads the line. `None` where faults were told.
pub(super) fn read(line: Line<'_>, faults: &mut Faults) -> Option<Header> {
    let before = faults.found.len();
    let mut words = line.text.split_whitespace();
    let word = words.next().unwrap_or_default();
    let policy = policy(line, word, faults);
    if policy.is_none() && POLICIES.iter().any(|(name, _)| *name == word) {
        // Its keys are others.
        return None;
    }
    let mut header = Header {
        policy: policy.unwrap_or(Policy::Transformer),
        tensor: None,
        expert: None,
        pipeline: None,
        chunks: None,
        micro_batches: None,
        ranks: None,
        checkpoints: Vec::new(),
        checkpoint_initiates: Vec::new(),
        pipeline_bytes: Bytes(0),
    };
    let mut seen: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        let key = word.strip_suffix(':').unwrap_or(word);
        let Some((key, _)) = KEYS.iter().find(|(name, other)| *name == key || *other == key) else {
            unknown(line, word, key, faults);
            continue;
        };
        if seen.contains(key) {
            faults.push(line, word, format!("`{key}` stands twice"), "the second", "leave only one".into());
        }
        seen.push(key);
        let value = words.next();
        match *key {
            "checkpoints" => header.checkpoints = list(line, key, value, &mut words, faults),
            "checkpoint_initiates" => {
                header.checkpoint_initiates = list(line, key, value, &mut words, faults)
            }
            "pp_comm" => {
                header.pipeline_bytes = Bytes(number(line, key, value, (0, MAX_BYTES), faults).unwrap_or(0))
            }
            _ => {
                let count =
                    number(line, key, value, (1, MOST), faults).and_then(|count| u32::try_from(count).ok());
                match *key {
                    "model_parallel_NPU_group" => header.tensor = count,
                    "ep" => header.expert = count,
                    "pp" => header.pipeline = count,
                    "vpp" => header.chunks = count,
                    "ga" => header.micro_batches = count,
                    _ => header.ranks = count,
                }
            }
        }
    }
    policy.filter(|_| faults.found.len() == before)?;
    Some(header)
}

fn policy(line: Line<'_>, word: &str, faults: &mut Faults) -> Option<Policy> {
    let read = || POLICIES.iter().filter(|(_, policy)| policy.is_some()).map(|(name, _)| *name);
    match POLICIES.iter().find(|(name, _)| *name == word) {
        Some((_, Some(policy))) => Some(*policy),
        Some((_, None)) => {
            let message = format!("workloads of the kind `{word}` are not read");
            faults.push(
                line,
                word,
                message,
                "the kind of the workload",
                format!("those that are read are {}", listed(read())),
            );
            None
        }
        None => {
            let help = match nearest(word, read()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("kinds are {}", listed(read())),
            };
            let message = format!("{} is no kind of workload", quoted(word));
            faults.push(line, word, message, "the header begins with the kind of the workload", help);
            None
        }
    }
}

fn unknown(line: Line<'_>, word: &str, key: &str, faults: &mut Faults) {
    let names = KEYS.iter().map(|(name, _)| *name);
    let help = match nearest(key, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("keys are {}", listed(names)),
    };
    let message = if key.parse::<f64>().is_ok() {
        format!("expected a key, found {}", quoted(word))
    } else {
        format!("there is no key {}", quoted(key))
    };
    faults.push(line, word, message, "in the header", help);
}

/// A whole number, which may be written with a fraction of zero, as AICB does where it divides.
fn number(
    line: Line<'_>,
    key: &str,
    word: Option<&str>,
    (least, most): (u64, u64),
    faults: &mut Faults,
) -> Option<u64> {
    let Some(word) = word else {
        let end = &line.text[line.text.trim_end().len()..];
        let help = format!("write `{key}: {least}`");
        faults.push(line, end, format!("`{key}` has no value"), "the header ends here", help);
        return None;
    };
    let bare = word.strip_suffix(".0").unwrap_or(word);
    let found = bare.parse::<u64>().ok().filter(|found| (least..=most).contains(found));
    if found.is_none() {
        let message = format!("`{key}` is {}, expected a whole number from {least} to {most}", quoted(word));
        faults.push(line, word, message, "in the header", String::new());
    }
    found
}

/// A count and as many numbers of layers.
fn list<'a>(
    line: Line<'a>,
    key: &str,
    count: Option<&'a str>,
    words: &mut impl Iterator<Item = &'a str>,
    faults: &mut Faults,
) -> Vec<usize> {
    let count = number(line, key, count, (0, MOST), faults).unwrap_or(0);
    let mut layers = Vec::new();
    for _ in 0..count {
        let word = words.next();
        let ended = word.is_none();
        let found = number(line, key, word, (0, MOST), faults);
        layers.extend(found.and_then(|layer| usize::try_from(layer).ok()));
        // One fault tells that the list is too short.
        if ended {
            break;
        }
    }
    layers
}
