//! `[[collective]]`: first its own keys, then, once there is a fabric, its ranks and algorithms.

use super::ranks::{self, FabricIndex, RanksDraft};
use super::reader::{At, Item, Source};
use super::scenario::STEPS;
use super::section::Section;
use super::{sizes, stack};
use crate::collective::algo::{MAX_CHANNELS, MAX_SEGMENTS, Unserved, schedule};
use crate::collective::{Algorithm, Op, Spread};
use crate::diag::{Diagnostic, Place};
use crate::engine::Steps;
use crate::fabric::Fabric;
use crate::ids::Rank;
use crate::run::CollectiveSpec;
use crate::units::{Bytes, Time};

/// The latest start.
const MAX_START: Time = Time::from_ps(86_400_000_000_000_000);
/// The most seconds that a collective may take over one link at least: beyond, times would not fit.
const MAX_SECONDS: f64 = 1e6;

/// A collective whose own keys were read.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) source: Source<'a>,
    /// Its header.
    pub(super) place: Place,
    pub(super) group: String,
    pub(super) op: Option<At<Op>>,
    pub(super) algorithms: Vec<At<Algorithm>>,
    pub(super) sizes: Option<At<Vec<Bytes>>>,
    pub(super) start: Option<At<Time>>,
    ranks: Option<RanksDraft<'a>>,
    root: Option<At<u32>>,
    steps: Steps,
    channels: Option<u32>,
    segments: Option<u32>,
    spread: Option<At<f64>>,
    /// Faults were told of its keys.
    faulty: bool,
}

impl Draft<'_> {
    /// Where its algorithms stand, or its header where it names none.
    pub(super) fn algorithm_place(&self) -> Place {
        self.algorithms.last().map_or_else(|| self.place.clone(), |last| last.place.clone())
    }

    /// Whether it leaves the choice of an algorithm open.
    pub(super) fn asks_auto(&self) -> bool {
        self.algorithms.iter().any(|algorithm| algorithm.value == Algorithm::Auto)
    }
}

/// Words for operations.
pub(super) fn ops() -> Vec<(&'static str, Op)> {
    Op::ALL.into_iter().map(|op| (op.name(), op)).collect()
}

/// Words for algorithms.
pub(super) fn algorithms() -> Vec<(&'static str, Algorithm)> {
    Algorithm::ALL.into_iter().map(|algorithm| (algorithm.name(), algorithm)).collect()
}

/// A warning for an element that a list already holds.
pub(super) fn listed_twice(name: &str, place: &Place) -> Diagnostic {
    Diagnostic::warning("W0302", format!("`{name}` is listed twice"))
        .at(place.clone(), "this one is left out")
}

/// Reads the keys of a collective.
pub(super) fn read<'a>(mut section: Section<'a>, steps: Steps, top: &'static [&'static str]) -> Draft<'a> {
    let source = section.source;
    let before = source.faults.errors();
    let place = section.place();
    section.top_keys(top);
    let group = section.item("group").and_then(|item| item.string()).map_or("", |group| group.value);
    let op = section.require("op", "op = \"all-reduce\"").and_then(|item| item.word("an operation", &ops()));
    let algorithms = match section.item("algorithm") {
        Some(item) => read_algorithms(&item),
        None => vec![At { value: Algorithm::Auto, place: place.clone() }],
    };
    let sizes = section.require("size", "size = \"1 GiB\"").and_then(|item| sizes::read(&item));
    let ranks = ranks::read(&mut section);
    let root = section.item("root").and_then(|item| item.count(0, u32::MAX));
    let start = section.item("start").and_then(|item| item.quantity_to(MAX_START));
    let channels = section.item("channels").and_then(|item| item.count(1, MAX_CHANNELS));
    let segments = section.item("segments").and_then(|item| item.count(1, MAX_SEGMENTS));
    let spread = section.item("spread").and_then(|item| item.below_one());
    let own_steps = section.item("steps").and_then(|item| item.word("a kind of steps", &STEPS));
    section.finish();
    if let (Some(op), Some(root)) = (&op, &root)
        && !op.value.is_rooted()
    {
        source.faults.push(
            Diagnostic::warning("W0301", "`root` has no effect here")
                .at(root.place.clone(), format!("`{}` has no root", op.value)),
        );
    }
    if let (Some(op), Some(spread)) = (&op, &spread)
        && op.value != Op::AllToAllV
    {
        source.faults.push(
            Diagnostic::error("E0310", format!("`{}` has no `spread`", op.value))
                .at(spread.place.clone(), "all its shards are of one size")
                .at(op.place.clone(), "this operation")
                .help("`all-to-all-v` sends shards of sizes that differ; else take `spread` out"),
        );
    }
    Draft {
        source,
        place,
        group: group.to_owned(),
        op,
        algorithms,
        sizes,
        start,
        ranks,
        root,
        steps: own_steps.map_or(steps, |steps| steps.value),
        channels: channels.map(|channels| channels.value),
        segments: segments.map(|segments| segments.value),
        spread,
        faulty: source.faults.errors() > before,
    }
}

fn read_algorithms(item: &Item<'_>) -> Vec<At<Algorithm>> {
    let words = algorithms();
    let mut found: Vec<At<Algorithm>> = Vec::new();
    for item in item.each() {
        let Some(algorithm) = item.word("an algorithm", &words) else { continue };
        if found.iter().any(|known| known.value == algorithm.value) {
            item.push(listed_twice(algorithm.value.name(), &algorithm.place));
        } else {
            found.push(algorithm);
        }
    }
    found
}

/// Resolves names against the fabric and checks that all fits; `imposed` is the algorithm that a library takes for
/// `auto`. `None` where faults were told.
pub(super) fn resolve(
    draft: &Draft<'_>,
    site: &FabricIndex<'_>,
    seed: u64,
    index: usize,
    imposed: Option<&At<Algorithm>>,
) -> Option<CollectiveSpec> {
    let faults = draft.source.faults;
    let nodes = ranks::resolve(draft.ranks.as_ref()?, site, seed, index)?;
    let count = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    if let Some(root) = draft.root.as_ref().filter(|root| root.value >= count) {
        faults.push(
            Diagnostic::error("E0307", format!("`root` is {}, but there are {count} ranks", root.value))
                .at(root.place.clone(), format!("expected from 0 to {}", count - 1)),
        );
        return None;
    }
    if draft.faulty {
        return None;
    }
    let (op, sizes) = (draft.op.as_ref()?, draft.sizes.as_ref()?);
    let spec = CollectiveSpec {
        group: draft.group.clone(),
        op: op.value,
        algorithms: draft.algorithms.iter().map(|algorithm| algorithm.value).collect(),
        sizes: sizes.value.clone(),
        nodes,
        root: Rank(draft.root.as_ref().map_or(0, |root| root.value)),
        start: draft.start.as_ref().map_or(Time::ZERO, |start| start.value),
        steps: draft.steps,
        channels: draft.channels,
        segments: draft.segments,
        spread: Spread::new(
            draft.spread.as_ref().map_or(Spread::DEFAULT, |spread| spread.value),
            seed,
            index as u64,
        ),
    };
    let sound = check_sizes(draft, &spec, site.slowest);
    let sound = check_algorithms(draft, &spec, site.fabric, imposed) && sound;
    sound.then_some(spec)
}

/// Sizes must fit in the arithmetic of schedules and of times.
fn check_sizes(draft: &Draft<'_>, spec: &CollectiveSpec, slowest: f64) -> bool {
    let (Some(sizes), Some(largest)) = (&draft.sizes, spec.sizes.iter().max()) else { return false };
    let per_rank = spec.op.is_all_to_all() || spec.op == Op::SendRecv;
    let most = if per_rank { (1u64 << 60) / (spec.nodes.len() as u64).max(1) } else { 1 << 60 };
    if largest.get() > most {
        draft.source.faults.push(
            Diagnostic::error(
                "E0306",
                format!("{largest} for each of {} ranks is too much data", spec.nodes.len()),
            )
            .at(sizes.place.clone(), format!("expected at most {}", Bytes(most))),
        );
        return false;
    }
    if largest.as_f64() / slowest > MAX_SECONDS {
        draft.source.faults.push(
            Diagnostic::error(
                "E0306",
                format!("{largest} over the slowest link would take more than {MAX_SECONDS} s"),
            )
            .at(sizes.place.clone(), "too much data for this fabric")
            .help("use a smaller size, or check the unit of the slowest link's bandwidth"),
        );
        return false;
    }
    true
}

/// Every algorithm must serve the operation and the ranks.
fn check_algorithms(
    draft: &Draft<'_>,
    spec: &CollectiveSpec,
    fabric: &Fabric,
    imposed: Option<&At<Algorithm>>,
) -> bool {
    let Some(bytes) = spec.sizes.first() else { return false };
    let request = spec.request(fabric, *bytes);
    let mut sound = true;
    let imposed = imposed.filter(|_| draft.asks_auto() && stack::has_choice(spec.op));
    let named = draft.algorithms.iter().filter(|algorithm| algorithm.value != Algorithm::Auto);
    for algorithm in named.chain(imposed) {
        let Err(unserved) = schedule(algorithm.value, &request) else { continue };
        sound = false;
        let name = algorithm.value.name();
        let op_place = draft.op.as_ref().map_or_else(|| draft.place.clone(), |op| op.place.clone());
        draft.source.faults.push(match &unserved {
            Unserved::Op { op, others, .. } => {
                Diagnostic::error("E0304", format!("`{name}` does not do `{op}`"))
                    .at(algorithm.place.clone(), "this algorithm")
                    .at(op_place, "this operation")
                    .help(format!("`{op}` is done by {others}"))
            }
            Unserved::Ranks { ranks, needs, .. } => {
                let fault = Diagnostic::error("E0305", format!("`{name}` cannot serve {ranks} ranks"))
                    .at(algorithm.place.clone(), format!("it needs {needs}"));
                match draft.ranks.as_ref().and_then(|ranks| ranks.place.clone()) {
                    Some(place) => fault.at(place, format!("these are {ranks} ranks")),
                    None => fault.help(format!("all {ranks} GPUs take part; `ranks` chooses fewer")),
                }
            }
            Unserved::Setting { setting, value, most, .. } => {
                Diagnostic::error("E0305", format!("`{name}` cannot use {value} {setting}"))
                    .at(algorithm.place.clone(), format!("it takes 1 to {most} {setting}"))
            }
            Unserved::Placement { needs, .. } => {
                let fault = Diagnostic::error("E0305", format!("`{name}` cannot serve these ranks"))
                    .at(algorithm.place.clone(), format!("it needs {needs}"));
                match draft.ranks.as_ref().and_then(|ranks| ranks.place.clone()) {
                    Some(place) => fault.at(place, "the ranks are chosen here"),
                    None => fault,
                }
            }
        });
    }
    sound
}
