//! Which jobs are rings: every lane passes on what one other lane delivers, a step later, from the first step on.

use crate::collective::{Need, On};
use crate::engine::{Breakdown, CollectiveOutcome, Outcome, Steps, Work};
use crate::units::Time;

use super::plan::Plan;
use super::simulate::resource_bytes;
use super::{waves, windows};

/// What becomes of a job of rings, worked out without playing every transfer; `None` where that cannot be.
pub(super) fn outcome(plan: &Plan<'_>) -> Option<Outcome> {
    let count = plan.job.collectives.len();
    let mut collectives = Vec::with_capacity(count);
    let mut moved = Vec::with_capacity(plan.lanes.len());
    for (number, collective) in plan.job.collectives.iter().enumerate() {
        let rings = Rings::of(plan, number)?;
        // Lanes that share nothing share nothing with other collectives either.
        let end = windows::end(plan, &rings)
            .or_else(|| if count == 1 { waves::end(plan, &rings) } else { None })?;
        let start = collective.start;
        let finish = Time(start.ps().checked_add(end.finish)?);
        let latency = end.latency.min(end.finish);
        let transfer = end.transfer.min(end.finish - latency);
        let breakdown = Breakdown {
            latency: Time(latency),
            transfer: Time(transfer),
            sharing: Time(end.finish - latency - transfer),
        };
        collectives.push(CollectiveOutcome { start, finish, breakdown });
        let lanes = &plan.lanes[plan.first_lane[number] as usize..plan.first_lane[number + 1] as usize];
        moved.extend(lanes.iter().map(|lane| lane.bytes.unwrap_or(0) * u64::from(rings.steps)));
    }
    Some(Outcome {
        collectives,
        resource_bytes: resource_bytes(plan.job.routes, plan.lanes.iter().zip(moved)),
        flows: plan.transfers,
        solves: 0,
        work: Work {
            lanes: plan.lanes.iter().map(|lane| lane.count).sum(),
            classes: plan.lanes.len() as u64,
            simulated: 0,
            skipped: plan.transfers,
        },
        cancelled: false,
    })
}

/// The lanes of a collective that is nothing but rings.
#[derive(Debug, Clone)]
pub(super) struct Rings {
    /// The lanes of each ring, each lane's receipts letting the next one send.
    pub(super) rings: Vec<Vec<u32>>,
    /// Transfers of every lane.
    pub(super) steps: u32,
}

impl Rings {
    /// The rings of a collective; `None` where it is anything else, or runs in lockstep.
    pub(super) fn of(plan: &Plan<'_>, number: usize) -> Option<Self> {
        let collective = &plan.job.collectives[number];
        let (first, end) = (plan.first_lane[number] as usize, plan.first_lane[number + 1] as usize);
        let steps = plan.lanes[first..end].first()?.steps;
        if collective.steps != Steps::Receipt || steps == 0 || !plan.gates.is_empty() {
            return None;
        }
        const NONE: u32 = u32::MAX;
        let mut next = vec![NONE; end - first];
        for (number, lane) in plan.lanes.iter().enumerate().take(end).skip(first) {
            let [wait] = plan.waits.row(number) else { return None };
            let passes_on = wait.on == On::Received && wait.need == Need::Step { plus: 0 } && !wait.gate;
            let taken = &mut next[wait.target as usize - first];
            if !passes_on
                || *taken != NONE
                || lane.steps != steps
                || lane.bytes.is_none_or(|bytes| bytes == 0)
            {
                return None;
            }
            *taken = number as u32;
        }
        // Every lane is waited for once, so that following `next` closes rings.
        let mut seen = vec![false; end - first];
        let mut rings = Vec::new();
        for begin in first..end {
            let mut ring = Vec::new();
            let mut at = begin;
            while !seen[at - first] {
                seen[at - first] = true;
                ring.push(at as u32);
                at = next[at - first] as usize;
            }
            if !ring.is_empty() {
                rings.push(ring);
            }
        }
        Some(Self { rings, steps })
    }
}
