//! What every lane of a collective carries, as numbers: bytes a step, bytes in all, latency, rate alone.

use crate::collective::{Base, Lane, Payload, Phase, Schedule};
use crate::engine::Collective;
use crate::ids::PathId;
use crate::route::Routes;
use crate::units::Bytes;

/// A lane and what it carries.
#[derive(Debug, Clone, Copy)]
pub(super) struct LaneLoad {
    pub(super) src: u32,
    pub(super) dst: u32,
    pub(super) path: PathId,
    /// Bytes of all its steps, exactly.
    pub(super) total: u64,
    /// Bytes of its largest step, to within a byte.
    pub(super) step: u64,
    /// Latency of its path in picoseconds.
    pub(super) latency: u64,
    /// Picoseconds that a step takes alone.
    pub(super) alone: u64,
}

/// The lanes of one phase.
#[derive(Debug, Clone)]
pub(super) struct PhaseLoad {
    pub(super) steps: u32,
    pub(super) lanes: Vec<LaneLoad>,
    /// The largest stagger of its lanes.
    pub(super) stagger: u32,
}

/// All phases of a collective.
pub(super) fn phases(routes: &Routes, collective: &Collective) -> Vec<PhaseLoad> {
    let schedule = collective.schedule.schedule();
    let atom = schedule.atom_bytes(collective.bytes);
    let mut paths = collective.paths.iter();
    let phase = |phase: &Phase| {
        let mut stagger = 0;
        let lane = |(index, lane, path): (usize, Lane, &PathId)| {
            stagger = stagger.max(lane.stagger);
            let total = match atom.zip(phase.payload.atoms(index)) {
                Some((atom, atoms)) => u64::from(phase.steps).saturating_mul(atoms).saturating_mul(atom),
                None => total_bytes(schedule, phase, index, &lane, collective.bytes),
            };
            let step = total.div_ceil(u64::from(phase.steps.max(1)));
            LaneLoad {
                src: lane.src.0,
                dst: lane.dst.0,
                path: *path,
                total,
                step,
                latency: routes.latency(*path).ps(),
                alone: drain(Bytes(step).as_f64() / routes.alone_rate(*path)),
            }
        };
        let numbered = phase.pattern.lanes().enumerate();
        let lanes = numbered.zip(&mut paths).map(|((index, l), path)| (index, l, path)).map(lane).collect();
        PhaseLoad { steps: phase.steps, lanes, stagger }
    };
    schedule.phases.iter().map(phase).collect()
}

/// Seconds as picoseconds, rounded up as the fluid engine does, but not for what is only noise of floats.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; never negative")]
pub(super) fn drain(seconds: f64) -> u64 {
    let ps = seconds * 1e12;
    (ps - ps * 1e-12).ceil() as u64
}

/// The bytes that a lane carries in all steps, in constant time for the patterns of the known algorithms.
fn total_bytes(schedule: &Schedule, phase: &Phase, index: usize, lane: &Lane, bytes: Bytes) -> u64 {
    let before = |atom| schedule.bytes_before(atom, bytes);
    let steps = u64::from(phase.steps);
    let one = |step| schedule.transfer_bytes(phase, index, lane, step, bytes);
    match &phase.payload {
        _ if steps <= 1 => (0..phase.steps).map(one).sum(),
        Payload::Segments { base, width } => before(base + steps * width) - before(*base),
        // Step by step the window of `len` blocks moves on by one: each of its blocks runs over `steps` blocks of
        // the row, once round the row or several times.
        Payload::Cyclic { base, blocks, width, start, per_position, per_step: per_step @ (1 | -1), len } => {
            let base = match base {
                Base::At(atom) => *atom,
                Base::PerRing(starts) => starts[lane.ring as usize],
            };
            let row = i64::from(*blocks);
            let block = |number: u64| base + number * width;
            let whole = before(block(u64::from(*blocks))) - before(base);
            let (turns, rest) = (steps / u64::from(*blocks), steps % u64::from(*blocks));
            (0..i64::from(*len))
                .map(|offset| {
                    let first = start + per_position * i64::from(lane.position) + offset;
                    let lowest = if *per_step == 1 { first } else { first - rest.cast_signed() + 1 };
                    let lowest = lowest.rem_euclid(row).cast_unsigned();
                    let straight = rest.min(u64::from(*blocks) - lowest);
                    turns * whole + before(block(lowest + straight)) - before(block(lowest))
                        + before(block(rest - straight))
                        - before(base)
                })
                .sum()
        }
        Payload::Cyclic { .. } | Payload::Blocks { .. } => (0..phase.steps).map(one).sum(),
        _ => steps * one(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::{Algorithm, Op, Pattern};
    use crate::ids::Rank;

    fn schedule(op: Op, ranks: u32, phase: Phase, atoms: u64) -> Schedule {
        let root = Rank(0);
        Schedule {
            op,
            algorithm: Algorithm::Ring,
            ranks,
            switches: Vec::new(),
            root,
            channels: 1,
            atoms,
            spread: None,
            phases: vec![phase],
        }
    }

    /// Every closed form equals the sum over all steps.
    #[test]
    fn totals_are_exact() {
        let ranks = 6;
        let order: std::sync::Arc<[u32]> = (0..ranks).collect();
        let cyclic = |per_step, len, blocks| Payload::Cyclic {
            base: Base::At(0),
            blocks,
            width: 12 / u64::from(blocks),
            start: -1,
            per_position: 1,
            per_step,
            len,
        };
        let payloads = [
            cyclic(1, 1, 6),
            cyclic(-1, 1, 6),
            cyclic(-1, 3, 4),
            cyclic(1, 2, 12),
            cyclic(2, 1, 12),
            Payload::Segments { base: 1, width: 1 },
            Payload::Shard { ranks, width: 2 },
            Payload::BruckShards { ranks, bit: 0, width: 2 },
            Payload::BruckShards { ranks, bit: 1, width: 2 },
            Payload::BruckShards { ranks, bit: 2, width: 2 },
        ];
        for payload in payloads {
            let shards = matches!(payload, Payload::Shard { .. } | Payload::BruckShards { .. });
            let (op, atoms) = if shards { (Op::AllToAll, 72) } else { (Op::AllReduce, 12) };
            for steps in [1, 2, 5, 7, 11] {
                let phase = Phase {
                    name: "test",
                    pattern: Pattern::Shift { order: order.clone(), ring: ranks, shift: 1 },
                    steps,
                    payload: payload.clone(),
                    reduce_steps: 0,
                    waits: Vec::new(),
                    channel: 0,
                    round: 0,
                };
                let schedule = schedule(op, ranks, phase, atoms);
                let phase = &schedule.phases[0];
                for bytes in [Bytes(0), Bytes(5), Bytes(12), Bytes(1001), Bytes(1 << 20)] {
                    for (index, lane) in phase.pattern.lanes().enumerate() {
                        let each = |step| schedule.transfer_bytes(phase, index, &lane, step, bytes);
                        let sum: u64 = (0..steps).map(each).sum();
                        let found = total_bytes(&schedule, phase, index, &lane, bytes);
                        assert_eq!(found, sum, "{payload:?}, {steps} steps, {bytes}, lane {index}");
                        if let Some(atom) = schedule.atom_bytes(bytes) {
                            assert_eq!(u64::from(steps) * payload.atoms(index).unwrap() * atom, sum);
                        }
                    }
                }
            }
        }
    }
}
