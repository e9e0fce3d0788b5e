//! Workloads as text, as AICB writes them and SimAI plays them: a header, a count, and a row for each layer.
//!
//! ```text
//! HYBRID_TRANSFORMER_FWD_IN_BCKWD model_parallel_NPU_group: 8 ep: 1 pp: 1 vpp: 8 ga: 1 all_gpus: 32 checkpoints: 0 checkpoint_initiates: 0
//! 1
//! embedding_layer  -1  556000 ALLREDUCE 16777216  1 NONE 0  1 NONE 0  1
//! ```
//!
//! A row has a name, a dependency (which is not used), then for the forward pass, the gradient of the input and that of
//! the weights each a time, a collective and its size, and at last the time of the update. Times are nanoseconds, sizes
//! bytes of the whole collective, as [`TraceOp`] counts them.
//!
//! Format: the reader of aliyun/SimAI (`astra-sim/workload/Workload.cc`) and the writer of aliyun/aicb
//! (`workload_generator/SimAI_training_workload_generator.py`). See `docs/traces.md`.

mod header;
mod layout;
mod lower;
mod row;

use std::sync::Arc;

pub use header::{Header, Policy};
pub use lower::{Lowering, Which};

use super::lines::{Line, lines, text};
use super::trace::TraceOp;
use super::{Rejected, quoted};
use crate::diag::{Diagnostic, FileId, Place, SourceMap};
use crate::units::{Bytes, Time};

/// The most layers of a workload.
const MAX_LAYERS: usize = 1 << 20;

/// The most faults that are told.
const MOST_FAULTS: usize = 100;

/// A workload as it stands in its file. [`Self::lower`] makes a trace of it.
#[derive(Debug, Clone)]
pub struct AicbWorkload {
    /// The name of the file, without folder and extension.
    pub name: String,
    /// What the first line says.
    pub header: Header,
    /// The layers, in the order of the file, which is that of the forward pass.
    pub layers: Vec<AicbLayer>,
    /// The file, for messages.
    sources: SourceMap,
    /// Where its header stands.
    place: Place,
}

/// A layer: one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AicbLayer {
    /// Its name; many rows may have the same.
    pub name: Arc<str>,
    /// The forward pass.
    pub forward: AicbPhase,
    /// The gradient of its input.
    pub input_grad: AicbPhase,
    /// The gradient of its weights.
    pub weight_grad: AicbPhase,
    /// What follows each of its collectives before their results can be used.
    pub update: Time,
}

/// One pass over a layer: it computes, then communicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AicbPhase {
    /// How long it computes.
    pub compute: Time,
    /// The collective after that.
    pub comm: Option<AicbComm>,
}

/// A collective of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AicbComm {
    /// Which.
    pub op: TraceOp,
    /// Over which ranks.
    pub scope: Scope,
    /// The size of the whole, as [`TraceOp`] counts it.
    pub bytes: Bytes,
}

/// Over which ranks a collective runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The ranks that share a layer: what forward passes and gradients of inputs use.
    Tensor,
    /// The ranks that share the experts of a layer (`_EP`).
    Expert,
    /// The replicas: what gradients of weights use.
    Data,
    /// The replicas of experts (`_DP_EP`).
    DataExpert,
}

impl Scope {
    /// The name in names of groups.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tensor => "tp",
            Self::Expert => "ep",
            Self::Data => "dp",
            Self::DataExpert => "dp_ep",
        }
    }
}

impl AicbWorkload {
    /// The share of the time of a step that a stage of the pipeline is idle on top, as SimAI counts it: stages less one,
    /// over micro-batches times virtual stages. It is of the time that all layers but those called `embedding_layer` take,
    /// gradients of weights counted without their collectives. It is not in the trace.
    pub fn bubble_share(&self) -> f64 {
        let stages = f64::from(self.header.pipeline.unwrap_or(1));
        let slots =
            f64::from(self.header.micro_batches.unwrap_or(1)) * f64::from(self.header.chunks.unwrap_or(1));
        (stages - 1.0) / slots
    }
}

/// Faults of a workload, with their places.
struct Faults {
    file: FileId,
    found: Vec<Diagnostic>,
    more: usize,
}

impl Faults {
    fn push(&mut self, line: Line<'_>, part: &str, message: String, label: &str, help: String) {
        if self.found.len() < MOST_FAULTS {
            let fault = Diagnostic::error("E0806", message).at(line.place(self.file, part), label);
            self.found.push(if help.is_empty() { fault } else { fault.help(help) });
        } else {
            self.more += 1;
        }
    }

    /// Another place of the last fault.
    fn also(&mut self, line: Line<'_>, part: &str, label: &str) {
        if self.more == 0
            && let Some(fault) = self.found.pop()
        {
            self.found.push(fault.at(line.place(self.file, part), label));
        }
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|fault| fault.labels.first().map(|label| label.place.span.start));
        if let (Some(last), true) = (self.found.last_mut(), self.more > 0) {
            let faults = if self.more == 1 { "fault is" } else { "faults are" };
            last.help.push(format!("{} more {faults} not shown", self.more));
        }
        self.found
    }
}

/// Reads a workload; `name` is what the user knows the file by.
///
/// # Errors
/// All that is wrong with it, with places; at most 100 faults.
pub fn read(name: &str, bytes: &[u8]) -> Result<AicbWorkload, Rejected> {
    let text = text(name, bytes).map_err(|mut rejected| {
        rejected.diagnostics.iter_mut().for_each(|fault| fault.code = "E0806");
        rejected
    })?;
    let mut sources = SourceMap::default();
    let file = sources.add(name, text.as_str());
    let mut faults = Faults { file, found: Vec::new(), more: 0 };
    let mut rows = lines(&text).filter(|line| !line.text.trim().is_empty());
    let end = Line { number: 0, start: text.len(), text: "" };
    let Some(first) = rows.next() else {
        let help = "the first line is a header such as `HYBRID_TRANSFORMER_FWD_IN_BCKWD model_parallel_NPU_group: 8 ...`";
        faults.push(end, end.text, "the workload is empty".into(), "it ends here", help.into());
        return Err(Rejected { sources, diagnostics: faults.finish() });
    };
    let header = header::read(first, &mut faults);
    let count = count(rows.next(), end, &mut faults);
    let layers = layers(rows, count, end, &mut faults);
    let place = first.place(file, first.text.trim());
    match header {
        Some(header) if faults.found.is_empty() => {
            Ok(AicbWorkload { name: stem(name), header, layers, sources, place })
        }
        _ => Err(Rejected { sources, diagnostics: faults.finish() }),
    }
}

/// The number of layers, with its line.
fn count<'a>(line: Option<Line<'a>>, end: Line<'a>, faults: &mut Faults) -> Option<(usize, Line<'a>)> {
    let Some(line) = line else {
        let help = "the second line is the number of rows that follow";
        faults.push(end, end.text, "there is no number of layers".into(), "the file ends here", help.into());
        return None;
    };
    let word = line.text.trim();
    let count = word.parse::<usize>().ok().filter(|count| (1..=MAX_LAYERS).contains(count));
    if count.is_none() {
        let message = format!(
            "the number of layers is {}, expected a whole number from 1 to {MAX_LAYERS}",
            quoted(word)
        );
        let help = "the second line is the number of rows that follow";
        faults.push(line, word, message, "the number of layers", help.into());
    }
    count.map(|count| (count, line))
}

fn layers<'a>(
    rows: impl Iterator<Item = Line<'a>>,
    count: Option<(usize, Line<'a>)>,
    end: Line<'a>,
    faults: &mut Faults,
) -> Vec<AicbLayer> {
    let mut layers = Vec::new();
    let mut found = 0;
    let mut names = rustc_hash::FxHashMap::default();
    for line in rows {
        found += 1;
        if found > MAX_LAYERS {
            let help = format!("a workload has at most {MAX_LAYERS} rows");
            faults.push(line, line.text, "there are too many rows".into(), "the first too many", help);
            break;
        }
        if let Some((count, told)) = count.filter(|(count, _)| found == count + 1) {
            let message = format!("there are more than {count} rows");
            let help = "say how many there are, or take this one and those after it out";
            faults.push(line, line.text.trim(), message, "the first too many", help.into());
            faults.also(told, told.text.trim(), "the number of layers");
            // What follows may be of another kind.
            return layers;
        }
        layers.extend(row::read(line, &mut names, faults));
    }
    if let Some((count, told)) = count.filter(|(count, _)| found < *count) {
        let message = format!("there are {found} rows, but {count} are announced");
        let help = "the file may have been cut off";
        faults.push(told, told.text.trim(), message, "the number of layers", help.into());
        faults.also(end, end.text, "the file ends here");
    }
    layers
}

/// The name of a file without folder and extension.
fn stem(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    base.rsplit_once('.').map_or(base, |(stem, _)| stem).to_owned()
}
