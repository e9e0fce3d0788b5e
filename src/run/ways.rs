//! The paths of proved schedules: folded by symmetry where that can be, else lane by lane.

use std::sync::Arc;

use super::{RunError, RunOptions, Scenario, fold, forecast};
use crate::collective::{Algorithm, Schedule, Verified};
use crate::engine::{EngineKind, Fold};
use crate::fabric::Fabric;
use crate::ids::{NodeId, PathId, Rank};
use crate::route::{BundleRouter, Bundles, Flow, Router, Routes};
use crate::units::Bytes;

/// Schedules with fewer lanes than this are routed lane by lane on the fabric itself: that takes milliseconds.
const LARGE: u64 = 1 << 9;

/// A proved schedule that a scenario needs.
pub(super) struct Asked {
    /// Which collective of the scenario.
    pub(super) collective: usize,
    pub(super) verified: Verified,
    /// The sizes at which it runs.
    pub(super) sizes: Vec<Bytes>,
}

/// A proved schedule and the paths of its lanes.
pub(super) struct Way {
    pub(super) verified: Verified,
    /// The table of paths; all ways that are not folded share one.
    pub(super) routes: Arc<Routes>,
    /// The path of every lane, or of every lane that is kept.
    pub(super) paths: Vec<PathId>,
    /// The lanes that are kept, where it is folded.
    pub(super) fold: Option<Arc<Fold>>,
}

/// Finds the paths of all schedules.
///
/// # Errors
/// Where more memory would be needed than may be, or ranks cannot reach each other.
pub(super) fn route(
    scenario: &Scenario,
    asked: Vec<Asked>,
    options: &RunOptions,
) -> Result<Vec<Way>, RunError> {
    let fabric = &*scenario.fabric;
    let large = asked.iter().any(|way| way.verified.schedule().lane_count() as u64 >= LARGE);
    let bundles = (options.fluid.symmetry && large).then(|| Bundles::new(fabric));
    let mut folded = Vec::with_capacity(asked.len());
    for way in &asked {
        let spec = &scenario.collectives[way.collective];
        let schedule = way.verified.schedule();
        folded.push(match &bundles {
            Some(bundles) if may_fold(scenario, way) => {
                fold::fold(fabric, bundles, &spec.nodes, schedule, &way.sizes)
            }
            _ => None,
        });
    }
    let kept = asked.iter().zip(&folded).map(|(way, folded)| match folded {
        Some(folded) => folded.paths.len() as u64,
        None => way.verified.schedule().lane_count() as u64,
    });
    forecast::check_memory(scenario, kept, options)?;
    let (mut flows, mut counts) = (Vec::new(), Vec::new());
    for (way, folded) in asked.iter().zip(&folded) {
        let before = flows.len();
        if folded.is_none() {
            let spec = &scenario.collectives[way.collective];
            let schedule = way.verified.schedule();
            let switches = if schedule.switches.is_empty() { Vec::new() } else { spec.switches(fabric) };
            lane_flows(schedule, (&spec.nodes, &switches), &mut flows);
        }
        counts.push(flows.len() - before);
    }
    let (routes, paths) = paths(fabric, bundles.as_ref(), scenario.seed, &flows)?;
    drop(flows);
    let routes = Arc::new(routes);
    let mut paths = paths.into_iter();
    let ways = asked.into_iter().zip(folded).zip(counts).map(|((way, folded), count)| match folded {
        Some(folded) => Way {
            verified: way.verified,
            routes: Arc::new(folded.routes),
            paths: folded.paths,
            fold: Some(Arc::new(folded.fold)),
        },
        None => Way {
            verified: way.verified,
            routes: Arc::clone(&routes),
            paths: paths.by_ref().take(count).collect(),
            fold: None,
        },
    });
    Ok(ways.collect())
}

/// Whether a schedule may be folded: it is large, of ranks only, only the fluid engine plays it, on its own, and no
/// timeline of single transfers is wanted.
fn may_fold(scenario: &Scenario, way: &Asked) -> bool {
    way.verified.schedule().lane_count() as u64 >= LARGE
        && way.verified.schedule().switches.is_empty()
        && !scenario.together
        && scenario.timeline_ranks.is_empty()
        && scenario.engines.iter().all(|engine| *engine == EngineKind::Fluid)
        && !scenario.collectives[way.collective].algorithms.contains(&Algorithm::Auto)
}

/// The paths of flows: on bundles of links where that is exact, else on the fabric itself.
fn paths(
    fabric: &Fabric,
    bundles: Option<&Bundles>,
    seed: u64,
    flows: &[Flow],
) -> Result<(Routes, Vec<PathId>), RunError> {
    if let Some(bundles) = bundles {
        let mut router = BundleRouter::new(fabric, bundles);
        // What has no path is told by the plain router, in its own order.
        if let Ok(paths) = router.paths(flows) {
            return Ok((router.finish(), paths));
        }
    }
    let mut router = Router::new(fabric, seed);
    let paths = router.paths(flows)?;
    Ok((router.finish(), paths))
}

/// Appends the flow of every lane, given the nodes of ranks and of switches: phases in order, lanes in order.
fn lane_flows(schedule: &Schedule, (ranks, switches): (&[NodeId], &[NodeId]), flows: &mut Vec<Flow>) {
    // Switches are numbered on from the ranks.
    let node = |end: Rank| match end.index().checked_sub(ranks.len()) {
        Some(switch) => switches[switch],
        None => ranks[end.index()],
    };
    for phase in &schedule.phases {
        let channel = phase.channel;
        flows.extend(phase.pattern.lanes().map(|lane| Flow {
            src: node(lane.src),
            dst: node(lane.dst),
            channel,
        }));
    }
}
