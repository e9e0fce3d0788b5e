//! The two tiers that closed forms see of a fabric.

use super::play_groups;
use crate::collective::Op;
use crate::ids::NodeId;
use crate::run::{Proofs, RunError, RunOptions, Scenario, Watch};
use crate::units::Bytes;
use crate::workload::{Network, Tier, Workload};

/// Sizes at which a tier is looked at: between them lies its rate, below the first what a collective costs besides.
pub(in crate::run) const SIZES: (u64, u64) = (1 << 24, 1 << 28);
/// The most domains that are looked at.
const DOMAINS: usize = 8;
/// A tier that nothing crosses.
const NONE: Tier = Tier { bandwidth: f64::INFINITY, latency: 0.0, launch: 0.0 };

/// The tiers of a fabric under its library: all-gathers of a domain's accelerators, and of one accelerator of each of
/// several domains, are played at two sizes.
///
/// # Errors
/// As [`super::run_step`].
pub(in crate::run) fn network(
    scenario: &Scenario,
    workload: &Workload,
    sizes: (u64, u64),
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<Network, RunError> {
    let fabric = &scenario.fabric;
    let nodes = fabric.endpoints();
    let server = |node: NodeId| fabric.node(node).server;
    let domain = match nodes.first().and_then(|node| server(*node)) {
        Some(first) => nodes.iter().take_while(|node| server(**node) == Some(first)).count(),
        None => 1,
    };
    let ends: Vec<NodeId> = nodes.iter().step_by(domain.max(1)).take(DOMAINS).copied().collect();
    let tier = |group: Vec<NodeId>| -> Result<Tier, RunError> {
        let ranks = group.len();
        if ranks < 2 {
            return Ok(NONE);
        }
        let groups = [group];
        let time = |bytes| -> Result<f64, RunError> {
            let played =
                play_groups(scenario, (Op::AllGather, Bytes(bytes)), &groups, options, watch, proofs)?;
            Ok(played.map_or(0.0, |played| played.time.as_secs()))
        };
        Ok(between(ranks, sizes, (time(sizes.0)?, time(sizes.1)?)))
    };
    Ok(Network {
        scaleup: tier(nodes[..domain].to_vec())?,
        scaleout: tier(ends)?,
        domain: u32::try_from(domain)
            .unwrap_or(u32::MAX)
            .min(u32::try_from(workload.parallel.ranks()).unwrap_or(u32::MAX)),
    })
}

/// The tier whose all-gather among ranks takes these seconds at the two sizes.
#[expect(clippy::cast_precision_loss, reason = "sizes and ranks are small")]
fn between(ranks: usize, sizes: (u64, u64), (small, large): (f64, f64)) -> Tier {
    let n = ranks as f64;
    let part = (n - 1.0) / n;
    let each = (large - small).max(1e-15) / (sizes.1 - sizes.0) as f64;
    let fixed = (small - each * sizes.0 as f64).max(0.0);
    Tier { bandwidth: part / each, latency: fixed / (n - 1.0), launch: 0.0 }
}
