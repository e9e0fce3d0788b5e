//! All-to-all by rail: first inside the servers, then along the rails (NCCL's PXN; Tutel's 2D all-to-all).
//!
//! First every rank gives each rank of its server whatever it has for the ranks of that one's local number, on
//! all servers. Then every rank sends to each rank of the same local number what its server has for that one. Both
//! stages are direct, everybody to everybody of the server or rail at once; all messages between servers stay
//! on a rail, and there are `M - 1` of them a rank instead of `N - g`, each `g` times as large.

use std::sync::Arc;

use super::step::arrived;
use super::{Request, Unserved, empty, order};
use crate::collective::{Algorithm, Op, Pattern, Payload, Phase, Schedule};

pub(super) const OPS: &[Op] = &[Op::AllToAll];

pub(super) fn schedule(request: &Request) -> Result<Schedule, Unserved> {
    let algorithm = Algorithm::TwoLevel;
    let ranks = request.ranks;
    let servers = order::servers(request);
    let Some(size) = order::equal_size(&servers) else {
        let needs = "servers with equally many ranks each".to_owned();
        return Err(Unserved::Placement { algorithm, needs });
    };
    let inside: Arc<[u32]> = servers.iter().flatten().copied().collect();
    let along = (0..size as usize).flat_map(|local| servers.iter().map(move |members| members[local]));
    let (servers, rails) = (Groups::new(inside, size), Groups::new(along.collect(), ranks / size));
    let n = u64::from(ranks);
    let mut schedule = empty(request, algorithm, 1, n * n);
    let stages = [("inside servers", &servers, &rails, false), ("along rails", &rails, &servers, true)];
    for (name, stage, other, of_sources) in stages {
        if stage.size > 1 {
            let waits = (0..).zip(&schedule.phases).map(|(phase, _)| arrived(phase)).collect();
            schedule.phases.push(Phase {
                name,
                pattern: Pattern::Complete { order: Arc::clone(&stage.members), group: stage.size },
                steps: 1,
                payload: Payload::GroupShards {
                    ranks,
                    width: 1,
                    members: Arc::clone(&other.members),
                    group: other.size,
                    group_of: Arc::clone(&other.group_of),
                    of_sources,
                },
                reduce_steps: 0,
                waits,
                channel: 0,
                round: u32::from(of_sources),
            });
        }
    }
    Ok(schedule)
}

/// Ranks in groups of equal size.
struct Groups {
    /// Group by group.
    members: Arc<[u32]>,
    size: u32,
    /// By rank.
    group_of: Arc<[u32]>,
}

impl Groups {
    fn new(members: Arc<[u32]>, size: u32) -> Self {
        let mut group_of = vec![0; members.len()];
        for (group, of_group) in (0..).zip(members.chunks(size as usize)) {
            of_group.iter().for_each(|rank| group_of[*rank as usize] = group);
        }
        Self { members, size, group_of: group_of.into() }
    }
}
