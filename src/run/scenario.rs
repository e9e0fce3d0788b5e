//! A checked scenario: what `input` makes and `run` takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::working;
use crate::collective::algo::{Request, schedule};
use crate::collective::{Algorithm, Op, Spread};
use crate::engine::{EngineKind, Steps};
use crate::fabric::Fabric;
use crate::ids::{NodeId, Rank};
use crate::result::PlotSpec;
use crate::stack::{Site, Stack, rings};
use crate::units::{Bandwidth, Bytes, Time};
use crate::workload::{Space, Task, Workload};

/// A scenario whose names are resolved and whose parts fit together.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name: the file's stem unless it says another.
    pub name: String,
    /// For plots and tables; the name unless it says another.
    pub title: String,
    /// Seed of random choices.
    pub seed: u64,
    /// Too large for the test suite.
    pub heavy: bool,
    /// The fabric.
    pub fabric: Arc<Fabric>,
    /// The engines; every case runs on each.
    pub engines: Vec<EngineKind>,
    /// What the communication library and the host add, if anything.
    pub stack: Option<Stack>,
    /// What to run.
    pub collectives: Vec<CollectiveSpec>,
    /// The training step, where there is one in place of collectives.
    pub workload: Option<Arc<Workload>>,
    /// Which divisions of the training step a search for the fastest may look at.
    pub tune: Space,
    /// Whether all collectives run at once, in one job: each then has one algorithm, and their sizes go in step.
    pub together: bool,
    /// Expectations.
    pub expect: Vec<ExpectSpec>,
    /// Expectations of the training step.
    pub step_expect: Vec<StepExpectSpec>,
    /// Plots; empty where the default ones are wanted.
    pub plots: Vec<PlotSpec>,
    /// Ranks whose transfers a timeline shows; empty where none is wanted.
    pub timeline_ranks: Vec<Rank>,
}

/// One collective of a scenario, for each of its algorithms and sizes.
#[derive(Debug, Clone)]
pub struct CollectiveSpec {
    /// Name of its group, empty where none is given.
    pub group: String,
    /// The operation.
    pub op: Op,
    /// The algorithms asked for.
    pub algorithms: Vec<Algorithm>,
    /// The sizes, ascending as given.
    pub sizes: Vec<Bytes>,
    /// The node of every rank.
    pub nodes: Vec<NodeId>,
    /// The root of rooted operations.
    pub root: Rank,
    /// When it starts.
    pub start: Time,
    /// Receipt-driven or in lockstep.
    pub steps: Steps,
    /// Channels, where the scenario fixes them.
    pub channels: Option<u32>,
    /// Segments of pipelines, where the scenario fixes them.
    pub segments: Option<u32>,
    /// How the sizes of an all-to-all-v differ.
    pub spread: Spread,
}

impl Scenario {
    /// One collective on a fabric under a library, by the fluid engine.
    pub fn of_one(name: &str, fabric: Arc<Fabric>, stack: Option<Stack>, spec: CollectiveSpec) -> Self {
        Self {
            name: name.to_owned(),
            title: name.to_owned(),
            seed: 1,
            heavy: false,
            fabric,
            engines: vec![EngineKind::Fluid],
            stack,
            collectives: vec![spec],
            workload: None,
            tune: Space::default(),
            together: false,
            expect: Vec::new(),
            step_expect: Vec::new(),
            plots: Vec::new(),
            timeline_ranks: Vec::new(),
        }
    }
}

impl Scenario {
    /// Whether its workload is inference.
    pub fn infers(&self) -> bool {
        self.workload.as_ref().is_some_and(|workload| matches!(workload.task, Task::Infer(_)))
    }
}

impl CollectiveSpec {
    /// A collective of the ranks on these nodes, its sizes still to come, all else left open.
    pub fn new(op: Op, algorithm: Algorithm, nodes: Vec<NodeId>) -> Self {
        Self {
            group: String::new(),
            op,
            algorithms: vec![algorithm],
            sizes: Vec::new(),
            nodes,
            root: Rank(0),
            start: Time::ZERO,
            steps: Steps::Receipt,
            channels: None,
            segments: None,
            spread: Spread::default(),
        }
    }

    /// The size by which the operation is bounded: that of the collective, but for all-to-all-v that of an all-to-all
    /// of the least shards that it may have.
    pub fn least_bytes(&self, bytes: Bytes) -> Bytes {
        if self.op != Op::AllToAllV {
            return bytes;
        }
        let ranks = (self.nodes.len() as u64).max(1);
        Bytes(self.spread.least(bytes.get() / ranks) * ranks)
    }

    /// What a library sees of the fabric, to which `request` was made.
    pub fn site(&self, fabric: &Fabric, request: &Request) -> Site {
        let several = request.servers.iter().any(|server| *server > 0);
        let algorithm = if several { Algorithm::NvlsTree } else { Algorithm::Nvls };
        // Whoever chooses it must be able to do it.
        let sums = Request { op: Op::AllReduce, segments: Some(1), ..request.clone() };
        let reducing = !request.switches.is_empty() && schedule(algorithm, &sums).is_ok();
        Site::new(fabric, &self.nodes, reducing)
    }

    /// The rings that a library finds where accelerators of a server are joined directly.
    pub fn rings(&self, fabric: &Fabric, request: &Request) -> Option<Vec<Arc<[u32]>>> {
        let orders = rings::orders(fabric, &self.nodes, &request.members())?;
        Some(orders.into_iter().map(Arc::from).collect())
    }

    /// The switches that work on data on its way and that all ranks of some server are linked to: the nodes of the
    /// switches of [`Self::request`], in the same order.
    pub(super) fn switches(&self, fabric: &Fabric) -> Vec<NodeId> {
        working::switches(fabric, &self.nodes, &self.servers(fabric))
            .into_iter()
            .map(|(node, _)| node)
            .collect()
    }

    /// The server of every rank, numbered by first appearance.
    fn servers(&self, fabric: &Fabric) -> Vec<u32> {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        let mut next = 0;
        let servers = self.nodes.iter().map(|&node| {
            let mut fresh = || {
                next += 1;
                next - 1
            };
            match fabric.node(node).server {
                Some(server) => *numbers.entry(server).or_insert_with(fresh),
                None => fresh(),
            }
        });
        servers.collect()
    }

    /// What an algorithm is asked for at one size.
    pub fn request(&self, fabric: &Fabric, bytes: Bytes) -> Request {
        let servers = self.servers(fabric);
        let switches = working::switches(fabric, &self.nodes, &servers);
        Request {
            op: self.op,
            ranks: u32::try_from(self.nodes.len()).unwrap_or(u32::MAX),
            root: self.root,
            bytes,
            channels: self.channels,
            segments: self.segments,
            servers,
            switches: switches.into_iter().map(|(_, place)| place).collect(),
            spread: self.spread,
            rings: None,
            torus: fabric.torus().filter(|_| self.nodes == fabric.endpoints()).map(<[u32]>::to_vec),
        }
    }
}

/// A value that a case must come to.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectSpec {
    /// Which operation; any where `None`.
    pub op: Option<Op>,
    /// Which requested algorithm; any where `None`.
    pub algorithm: Option<Algorithm>,
    /// Which size; any where `None`.
    pub bytes: Option<Bytes>,
    /// Which engine; any where `None`.
    pub engine: Option<EngineKind>,
    /// The value.
    pub what: ExpectWhat,
    /// Relative tolerance, such as 0.05.
    pub tolerance: f64,
}

/// What is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectWhat {
    /// The time.
    Time(Time),
    /// The algorithm bandwidth.
    Algbw(Bandwidth),
    /// The bus bandwidth.
    Busbw(Bandwidth),
}

/// A value that a training step must come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepExpectSpec {
    /// The value.
    pub what: StepExpectWhat,
    /// Relative tolerance, such as 0.05.
    pub tolerance: f64,
}

/// What is expected of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepExpectWhat {
    /// The time of a step.
    Time(Time),
    /// Tokens per second, of all accelerators.
    TokensPerSecond(f64),
    /// Of the 16-bit peak, as a fraction of one, attention counted causal.
    MfuCausal(f64),
    /// The same with attention counted whole.
    MfuFull(f64),
}
