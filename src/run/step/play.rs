//! What a collective takes on the fabric, done by all groups of a lane at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::collective::{Algorithm, Op};
use crate::fabric::Fabric;
use crate::ids::{LinkId, NodeId, ResourceId};
use crate::run::{CollectiveSpec, Proofs, RunError, RunOptions, Scenario, Watch, cases, prepare, stacked};
use crate::units::{Bytes, Time};
use crate::workload::Pattern;

/// What groups took.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayedGroups {
    /// What passed before anything moved, and on the way: launch and latency of the path that was critical.
    pub latency: Time,
    /// From the start until the last rank of the last group was done.
    pub time: Time,
    /// The algorithm that ran.
    pub algorithm: Algorithm,
    /// Whose links these are: 0 for the fabric's own, else a number for a copy of them.
    pub copy: u32,
    /// The part of each link that was used after the latency, of those that were used.
    pub loads: Arc<[(LinkId, f64)]>,
}

/// The operation of a pattern.
pub(in crate::run) const fn op(pattern: Pattern) -> Op {
    match pattern {
        Pattern::AllReduce => Op::AllReduce,
        Pattern::AllGather => Op::AllGather,
        Pattern::ReduceScatter => Op::ReduceScatter,
        Pattern::AllToAll => Op::AllToAll,
        Pattern::Send => Op::SendRecv,
    }
}

/// More ranks than this are not played at once: of their groups, those that share servers with the first.
const RANKS: usize = 2048;

/// The groups to play: all, or, where that is too much, those that share a server with the first; what is in other servers
/// shares no adapter with it.
fn chosen<'g>(fabric: &Fabric, groups: &'g [Vec<NodeId>]) -> Vec<&'g Vec<NodeId>> {
    if groups.iter().map(Vec::len).sum::<usize>() <= RANKS {
        return groups.iter().collect();
    }
    let servers = |group: &[NodeId]| -> Vec<Option<u32>> {
        let mut found: Vec<Option<u32>> = group.iter().map(|node| fabric.node(*node).server).collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    let first = groups.first().map(|group| servers(group)).unwrap_or_default();
    let shares = |group: &&Vec<NodeId>| {
        servers(group).iter().any(|server| server.is_some() && first.binary_search(server).is_ok())
    };
    let found: Vec<&Vec<NodeId>> = groups.iter().filter(shares).collect();
    if found.is_empty() { groups.iter().take(1).collect() } else { found }
}

/// Plays a collective of groups that run at once; nothing where there is no group.
///
/// # Errors
/// Where an algorithm cannot serve its ranks, ranks cannot reach each other, or `watch` says stop.
pub fn play_groups(
    scenario: &Scenario,
    (operation, bytes): (Op, Bytes),
    groups: &[Vec<NodeId>],
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<Option<PlayedGroups>, RunError> {
    let fabric = &scenario.fabric;
    let groups = chosen(fabric, groups);
    let Some(first) = groups.first() else { return Ok(None) };
    let spec = |nodes: &[NodeId]| {
        let mut spec = CollectiveSpec::new(operation, Algorithm::Auto, nodes.to_vec());
        spec.sizes = vec![bytes];
        spec
    };
    let mut asked = Scenario::of_one(&scenario.name, fabric.clone(), scenario.stack.clone(), spec(first));
    asked.seed = scenario.seed;
    if groups.len() > 1 {
        // All groups do what the first one alone would choose: to choose for all at once would ask what they share.
        let algorithm = chosen_alone(&asked, options, proofs)?;
        let more = groups.iter().map(|group| {
            let mut spec = spec(group);
            spec.algorithms = vec![algorithm];
            spec
        });
        asked.collectives = more.collect();
        asked.together = true;
    }
    let schedules = prepare::schedules(&asked)?;
    let prepared = prepare::prepare(&asked, schedules, options, proofs)?;
    let jobs = cases::jobs(&asked, &prepared);
    let Some(plan) = jobs.first() else { return Ok(None) };
    let played = cases::play(&asked, &prepared, plan, options.fluid, watch)?;
    let outcome = &played.outcome;
    let longest =
        outcome.collectives.iter().enumerate().max_by_key(|(at, one)| (one.finish, usize::MAX - at));
    let Some((at, last)) = longest else { return Ok(None) };
    let launch = plan.members.get(at).map_or(Time::ZERO, |member| stacked::launch(&prepared, member));
    let latency = launch + last.breakdown.latency;
    let time = last.finish;
    let moving = Time::from_ps(time.ps().saturating_sub(latency.ps())).as_secs();
    let algorithm =
        plan.members.first().map(|member| prepared.ways[member.way].verified.schedule().algorithm);
    let dressed = stacked::routes(&asked, &prepared, plan);
    let routes = dressed.as_ref().map_or_else(|| prepared.routes(&plan.members), |(routes, _)| routes);
    let mut loads: BTreeMap<LinkId, f64> = BTreeMap::new();
    for (at, bytes) in outcome.resource_bytes.iter().enumerate().filter(|(_, bytes)| **bytes > 0.0) {
        for link in routes.links(ResourceId::from_index(at)) {
            *loads.entry(*link).or_default() += bytes / (fabric.capacity(*link) * moving.max(1e-12));
        }
    }
    Ok(Some(PlayedGroups {
        latency: latency.min(time),
        time,
        algorithm: algorithm.unwrap_or(Algorithm::Auto),
        copy: 0,
        loads: loads.into_iter().map(|(link, load)| (link, load.min(1.0))).collect(),
    }))
}

/// The algorithm that a group alone takes.
fn chosen_alone(asked: &Scenario, options: &RunOptions, proofs: &Proofs) -> Result<Algorithm, RunError> {
    let schedules = prepare::schedules(asked)?;
    let prepared = prepare::prepare(asked, schedules, options, proofs)?;
    let plan = cases::jobs(asked, &prepared);
    let way = plan.first().and_then(|plan| plan.members.first()).map(|member| member.way);
    Ok(way.map_or(Algorithm::Auto, |way| prepared.ways[way].verified.schedule().algorithm))
}
