//! A workload as a trace.
//!
//! One step runs as in SimAI. Forward over the layers: each computes, then waits for its collective. Then back over the
//! layers: the gradient of the input is computed, its collective is waited for, and the gradient of the weights is
//! computed; its collective runs beside what follows, and only the end of the step waits for it. After each collective the
//! time of the update passes before its result is there. Of layers that are to be computed again, the forward pass from the
//! last kept input comes before their gradient.
//!
//! The rows hold all micro-batches of one stage. What stages send to each other is put behind all that, one transfer after
//! the other, as SimAI adds it: forward and back, for each micro-batch and virtual stage. The idle time of the pipeline is
//! not in the trace: see [`AicbWorkload::bubble_share`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::layout::Layout;
use super::{AicbComm, AicbLayer, AicbPhase, AicbWorkload, Policy, Scope};
use crate::diag::Diagnostic;
use crate::exchange::Rejected;
use crate::exchange::trace::{Group, MAX_NODES, MAX_TIME, RankTrace, Trace, TraceKind, TraceNode};
use crate::units::{Bytes, Time};

/// How a workload is made into a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lowering {
    /// How many ranks there are; what the header says where this is `None`.
    pub ranks: Option<u32>,
    /// Which of them the trace holds.
    pub which: Which,
}

/// Which ranks a trace holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// One, which stands for all: they do the same.
    One(u32),
}

/// A node of the step before it is known which rank does it.
#[derive(Debug, Clone)]
struct Step {
    name: Arc<str>,
    work: Work,
    deps: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Work {
    Compute(Time),
    Collective(AicbComm),
    /// A send to the next stage, or to the one before.
    Send {
        forward: bool,
        bytes: Bytes,
        tag: u32,
    },
    /// A receive from the stage before, or from the next.
    Receive {
        forward: bool,
        bytes: Bytes,
        tag: u32,
    },
}

impl AicbWorkload {
    /// The trace of one step.
    ///
    /// # Errors
    /// Where the groups of the header do not divide the ranks, where layers to be computed again have no kept input, and
    /// where the trace would be too large.
    pub fn lower(&self, lowering: &Lowering) -> Result<Trace, Rejected> {
        let layout =
            Layout::new(self, lowering.ranks).map_err(|(message, help)| self.refused(message, help))?;
        let again = self.again()?;
        let room = match lowering.which {
            Which::All => MAX_NODES / layout.ranks as usize,
            Which::One(_) => MAX_NODES,
        };
        let steps = self.steps(layout, &again, room)?;
        let ranks: Vec<u32> = match lowering.which {
            Which::All => (0..layout.ranks).collect(),
            Which::One(rank) if rank < layout.ranks => vec![rank],
            Which::One(rank) => {
                let message = format!("there is no rank {rank}");
                return Err(self.refused(message, format!("ranks go from 0 to {}", layout.ranks - 1)));
            }
        };
        let mut groups = Groups { layout, groups: Vec::new(), known: BTreeMap::new() };
        let ranks = ranks.into_iter().map(|rank| rank_trace(&steps, rank, &mut groups)).collect();
        Ok(Trace { name: self.name.clone(), size: layout.ranks, ranks, groups: groups.groups })
    }

    fn refused(&self, message: String, help: String) -> Rejected {
        let diagnostic = Diagnostic::error("E0807", message).at(self.place.clone(), "the header").help(help);
        Rejected { sources: self.sources.clone(), diagnostics: vec![diagnostic] }
    }

    /// For each layer before whose gradient the forward pass is done again, the layer to begin with.
    fn again(&self) -> Result<BTreeMap<usize, usize>, Rejected> {
        if self.header.policy != Policy::TransformerRecompute {
            return Ok(BTreeMap::new());
        }
        let last = self.layers.len().saturating_sub(1);
        let lists = [
            ("checkpoints", &self.header.checkpoints),
            ("checkpoint_initiates", &self.header.checkpoint_initiates),
        ];
        for (key, list) in lists {
            if let Some(beyond) = list.iter().find(|layer| **layer > last) {
                let message = format!("`{key}` names layer {beyond}, which is not there");
                return Err(self.refused(message, format!("layers go from 0 to {last}")));
            }
        }
        let mut again = BTreeMap::new();
        for &layer in &self.header.checkpoint_initiates {
            let kept = self.header.checkpoints.iter().filter(|kept| **kept <= layer).max();
            let Some(&kept) = kept else {
                let message =
                    format!("layer {layer} is to be computed again, but no input before it is kept");
                return Err(self.refused(message, "add a layer before it to `checkpoints`".into()));
            };
            again.insert(layer, kept);
        }
        Ok(again)
    }

    /// What each rank does.
    fn steps(
        &self,
        layout: Layout,
        again: &BTreeMap<usize, usize>,
        room: usize,
    ) -> Result<Vec<Step>, Rejected> {
        let mut plan = Plan { layout, policy: self.header.policy, steps: Vec::new(), last: None };
        let too_large = || {
            let message = format!("the trace would have more than {MAX_NODES} nodes");
            self.refused(message, "make the trace of one rank, which stands for the others".into())
        };
        if self.header.policy == Policy::Micro {
            for layer in &self.layers {
                if let Some(comm) = layer.weight_grad.comm {
                    plan.blocking(layer, "wg", AicbPhase { compute: Time::ZERO, comm: Some(comm) });
                }
            }
        } else {
            for layer in &self.layers {
                plan.blocking(layer, "fwd", layer.forward);
            }
            for (at, layer) in self.layers.iter().enumerate().rev() {
                if let Some(&kept) = again.get(&at) {
                    for layer in &self.layers[kept..at] {
                        plan.blocking(layer, "fwd again", layer.forward);
                    }
                }
                plan.blocking(layer, "ig", layer.input_grad);
                plan.beside(layer, "wg", layer.weight_grad);
                if plan.steps.len() > room {
                    return Err(too_large());
                }
            }
        }
        let turns =
            u64::from(self.header.micro_batches.unwrap_or(1)) * u64::from(self.header.chunks.unwrap_or(1));
        if layout.stages > 1 && self.header.pipeline_bytes > Bytes(0) {
            let Some(turns) = u32::try_from(turns).ok().filter(|turns| *turns as usize <= room / 4) else {
                return Err(too_large());
            };
            plan.pipeline(self.header.pipeline_bytes, turns);
        }
        let total = plan.steps.iter().fold(Time::ZERO, |total, step| match step.work {
            Work::Compute(time) => total.saturating_add(time),
            _ => total,
        });
        if total > MAX_TIME {
            let message = format!("the step would compute for {total}");
            return Err(
                self.refused(message, format!("a step may take {MAX_TIME} at most: times are nanoseconds"))
            );
        }
        if plan.steps.len() > room { Err(too_large()) } else { Ok(plan.steps) }
    }
}

/// The steps so far.
struct Plan {
    layout: Layout,
    policy: Policy,
    steps: Vec<Step>,
    /// The step that the next waits for.
    last: Option<usize>,
}

impl Plan {
    fn add(&mut self, name: Arc<str>, work: Work, after: Option<usize>) -> usize {
        self.steps.push(Step { name, work, deps: after.into_iter().collect() });
        self.steps.len() - 1
    }

    /// The collective, where it is of more than one rank and of a kind that the policy has.
    fn comm(&self, phase: AicbPhase, weights: bool) -> Option<AicbComm> {
        let allowed = match self.policy {
            Policy::Transformer | Policy::TransformerRecompute => true,
            Policy::Data | Policy::Micro => weights,
            Policy::Model => !weights,
        };
        phase.comm.filter(|comm| allowed && self.layout.size(comm.scope) > 1)
    }

    /// Computes, and gives the step that comes before the collective.
    fn compute(&mut self, layer: &AicbLayer, pass: &str, phase: AicbPhase) {
        if phase.compute > Time::ZERO {
            let name = format!("{} {pass}", layer.name).into();
            self.last = Some(self.add(name, Work::Compute(phase.compute), self.last));
        }
    }

    /// The collective after the last step and what follows it; gives the end of that.
    fn communicate(&mut self, layer: &AicbLayer, pass: &str, comm: AicbComm) -> usize {
        let name = format!("{} {pass} {}", layer.name, comm.op).into();
        let sent = self.add(name, Work::Collective(comm), self.last);
        if layer.update == Time::ZERO {
            return sent;
        }
        let name = format!("{} {pass} update", layer.name).into();
        self.add(name, Work::Compute(layer.update), Some(sent))
    }

    /// A pass whose collective is waited for.
    fn blocking(&mut self, layer: &AicbLayer, pass: &str, phase: AicbPhase) {
        self.compute(layer, pass, phase);
        let weights = self.policy == Policy::Micro;
        if let Some(comm) = self.comm(phase, weights) {
            self.last = Some(self.communicate(layer, pass, comm));
        }
    }

    /// A pass whose collective runs beside what follows.
    fn beside(&mut self, layer: &AicbLayer, pass: &str, phase: AicbPhase) {
        self.compute(layer, pass, phase);
        if let Some(comm) = self.comm(phase, true) {
            self.communicate(layer, pass, comm);
        }
    }

    /// What stages send to each other: forward, then back.
    fn pipeline(&mut self, bytes: Bytes, turns: u32) {
        let mut before: Vec<usize> = self.last.into_iter().collect();
        for forward in [true, false] {
            let way = if forward { "forward" } else { "backward" };
            let (send, receive): (Arc<str>, Arc<str>) =
                (format!("pipeline {way} send").into(), format!("pipeline {way} receive").into());
            let tag = u32::from(!forward);
            for _ in 0..turns {
                let sent = self.add(Arc::clone(&send), Work::Send { forward, bytes, tag }, None);
                let received = self.add(Arc::clone(&receive), Work::Receive { forward, bytes, tag }, None);
                self.steps[sent].deps.clone_from(&before);
                self.steps[received].deps = before;
                before = vec![sent, received];
            }
        }
    }
}

/// The groups that are used, in the order in which they come.
struct Groups {
    layout: Layout,
    groups: Vec<Group>,
    known: BTreeMap<(Scope, u32), usize>,
}

impl Groups {
    fn of(&mut self, scope: Scope, rank: u32) -> usize {
        *self.known.entry(self.layout.key(scope, rank)).or_insert_with(|| {
            self.groups.push(self.layout.group(scope, rank));
            self.groups.len() - 1
        })
    }
}

/// The steps as one rank does them.
fn rank_trace(steps: &[Step], rank: u32, groups: &mut Groups) -> RankTrace {
    let (next, before) = groups.layout.neighbours(rank);
    let nodes = (0..)
        .zip(steps)
        .map(|(id, step)| {
            let kind = match step.work {
                Work::Compute(time) => {
                    TraceKind::Compute { duration: Some(time), flops: None, bytes: None, host: false }
                }
                Work::Collective(comm) => TraceKind::Collective {
                    op: comm.op,
                    bytes: comm.bytes,
                    group: groups.of(comm.scope, rank),
                },
                Work::Send { forward, bytes, tag } => {
                    TraceKind::Send { to: if forward { next } else { before }, bytes, tag }
                }
                Work::Receive { forward, bytes, tag } => {
                    TraceKind::Receive { from: if forward { before } else { next }, bytes, tag }
                }
            };
            let (data_deps, ctrl_deps) = (step.deps.clone(), Vec::new());
            TraceNode { id, name: Arc::clone(&step.name), kind, data_deps, ctrl_deps }
        })
        .collect();
    RankTrace { rank, nodes }
}
