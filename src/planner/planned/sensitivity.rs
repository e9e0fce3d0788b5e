//! What a change of a network would do to its step time.

use crate::planner::score::{Score, Scorer, Shape, Wiring};
use crate::result::PlanSensitivity;
use crate::run::{RunError, Watch};
use crate::units::{Bandwidth, Time};

/// Changes of a network, in words, and the network with each.
fn changes(wiring: &Wiring) -> Vec<(&'static str, Wiring)> {
    let mut found = Vec::new();
    let mut faster = *wiring;
    faster.nic_rate = Bandwidth(wiring.nic_rate.bits_per_sec().saturating_mul(2));
    faster.port_rate = Bandwidth(wiring.port_rate.bits_per_sec().saturating_mul(2));
    found.push(("adapters and all ports twice as fast", faster));
    if wiring.tiers >= 2 {
        found.push((
            "twice the leaf-spine bandwidth",
            Wiring { leaf_up: wiring.leaf_up.saturating_mul(2), ..*wiring },
        ));
        let half = (wiring.leaf_up / 2).max(1);
        found.push(("half the leaf-spine bandwidth", Wiring { leaf_up: half, ..*wiring }));
    }
    if wiring.tiers >= 3 {
        let twice = wiring.group_up.saturating_mul(2);
        found.push(("twice the spine-core bandwidth", Wiring { group_up: twice, ..*wiring }));
        found.push((
            "half the spine-core bandwidth",
            Wiring { group_up: (wiring.group_up / 2).max(1), ..*wiring },
        ));
    }
    if let Shape::Dragonfly(_) = wiring.shape {
        let rate = wiring.port_rate.bits_per_sec();
        let with = |port_rate| Wiring { port_rate: Bandwidth(port_rate), ..*wiring };
        found.push(("twice the bandwidth between switches", with(rate.saturating_mul(2))));
        found.push(("half the bandwidth between switches", with((rate / 2).max(1))));
    }
    found.push(("half the latency of a hop", Wiring { hop: Time::from_ps(wiring.hop.ps() / 2), ..*wiring }));
    found
}

/// What each change would do, the most saving first: in situations in which nothing has failed, which make up the most of the
/// step time, and take but half the time to play.
///
/// # Errors
/// Where a network cannot be played.
pub(super) fn sensitivity(
    scorer: &Scorer,
    wiring: &Wiring,
    score: &Score,
    watch: &dyn Watch,
) -> Result<Vec<PlanSensitivity>, RunError> {
    let mut found = Vec::new();
    let before = scorer.unfailed(score).as_secs().max(1e-12);
    for (change, own) in changes(wiring) {
        let mut collected = scorer.collect_unfailed(&own)?;
        let (changed, _) = scorer.score(&mut collected, watch)?;
        let part = scorer.unfailed(&changed).as_secs() / before;
        let (saves, time) = (1.0 - part, Time::from_secs(score.time.as_secs() * part));
        found.push(PlanSensitivity { change: change.into(), step_time_ps: time.ps(), saves });
    }
    found.sort_by(|a, b| b.saves.total_cmp(&a.saves));
    Ok(found)
}
