//! Which ranks form which groups.

use super::collectives::Purpose;
use super::parallel::{Axis, Parallel};

/// Where a rank stands on each axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coordinates {
    /// Tensor-parallel.
    pub tensor: u32,
    /// Context-parallel.
    pub context: u32,
    /// Pipeline.
    pub pipeline: u32,
    /// Data-parallel.
    pub data: u32,
}

impl Coordinates {
    const fn of(&self, axis: Axis) -> u32 {
        match axis {
            Axis::Tensor => self.tensor,
            Axis::Context => self.context,
            Axis::Pipeline => self.pipeline,
            Axis::Data => self.data,
        }
    }
}

impl Parallel {
    /// Where a rank stands.
    pub fn coordinates(&self, rank: u32) -> Coordinates {
        let mut left = rank;
        let mut found = Coordinates::default();
        for axis in self.order.0 {
            let degree = self.degree(axis).max(1);
            let own = left % degree;
            left /= degree;
            match axis {
                Axis::Tensor => found.tensor = own,
                Axis::Context => found.context = own,
                Axis::Pipeline => found.pipeline = own,
                Axis::Data => found.data = own,
            }
        }
        found
    }

    /// The rank that stands somewhere.
    pub fn rank(&self, at: Coordinates) -> u32 {
        self.order.0.iter().rev().fold(0, |rank, axis| rank * self.degree(*axis).max(1) + at.of(*axis))
    }

    /// The number of a rank among those that share its parameters, in order of ranks.
    fn replica(&self, at: Coordinates) -> u32 {
        if self.stride(Axis::Context) < self.stride(Axis::Data) {
            at.data * self.cp + at.context
        } else {
            at.context * self.dp + at.data
        }
    }

    /// The ranks of a pipeline rank, ascending.
    pub fn stage_ranks(&self, pipeline: u32) -> Vec<u32> {
        let all = u32::try_from(self.ranks()).unwrap_or(u32::MAX);
        (0..all).filter(|rank| self.coordinates(*rank).pipeline == pipeline).collect()
    }

    /// The groups for a purpose among the ranks of a pipeline rank, each ascending; for messages between stages the pairs
    /// with the next pipeline rank, in a ring. Groups of one rank are left out.
    pub fn groups(&self, purpose: Purpose, pipeline: u32) -> Vec<Vec<u32>> {
        let ranks = self.stage_ranks(pipeline);
        let each = (self.ep * self.etp).max(1);
        let etp = self.etp.max(1);
        let shard = self.shard_ranks();
        // Ranks of one group agree in a key.
        let key = |place: usize, rank: u32| -> (u32, u32) {
            let at = self.coordinates(rank);
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            match purpose {
                Purpose::Tensor => (at.context, at.data),
                Purpose::Context => (at.tensor, at.data),
                Purpose::Shard => (at.tensor, self.replica(at) / shard),
                Purpose::Data if shard < self.replicas() => (at.tensor, self.replica(at) % shard),
                Purpose::Data => (at.tensor, 0),
                // Experts are dealt to the ranks of a stage in order.
                Purpose::Experts => (place / each, place % etp),
                Purpose::ExpertData => (place % each, 0),
                Purpose::Pipeline => (rank, 0),
            }
        };
        let mut groups: Vec<((u32, u32), Vec<u32>)> = Vec::new();
        let mut known = std::collections::BTreeMap::new();
        for (place, &rank) in ranks.iter().enumerate() {
            let key = key(place, rank);
            let at = *known.entry(key).or_insert_with(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(rank);
            if purpose == Purpose::Pipeline && self.pp > 1 {
                let mut next = self.coordinates(rank);
                next.pipeline = (pipeline + 1) % self.pp;
                groups[at].1.push(self.rank(next));
            }
        }
        groups.into_iter().map(|(_, ranks)| ranks).filter(|ranks| ranks.len() > 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Order, Sharding};

    fn parallel() -> Parallel {
        Parallel { tp: 2, cp: 3, pp: 4, dp: 5, ep: 6, ..Parallel::ONE }
    }

    #[test]
    fn ranks_and_coordinates_are_one_to_one_in_any_order() {
        for order in ["tp-cp-dp-pp", "pp-dp-cp-tp", "dp-tp-pp-cp"] {
            let axes: Vec<Axis> = order
                .split('-')
                .map(|name| Axis::ALL.iter().find(|(own, _)| *own == name).unwrap().1)
                .collect();
            let parallel = Parallel { order: Order(axes.try_into().unwrap()), ..parallel() };
            for rank in 0..120 {
                assert_eq!(parallel.rank(parallel.coordinates(rank)), rank, "{order}");
            }
        }
    }

    #[test]
    fn shards_and_their_replicas_cross_in_one_rank() {
        let parallel = Parallel { sharding: Sharding::Hybrid(3), ..parallel() };
        let (shards, replicas) = (parallel.groups(Purpose::Shard, 1), parallel.groups(Purpose::Data, 1));
        assert!(shards.iter().all(|group| group.len() == 3) && replicas.iter().all(|group| group.len() == 5));
        let shared = |a: &Vec<u32>, b: &Vec<u32>| a.iter().filter(|rank| b.contains(rank)).count();
        for shard in &shards {
            let crossing = replicas.iter().filter(|group| shared(shard, group) == 1).count();
            assert_eq!(crossing, 3, "each of its ranks with its own");
        }
    }

    #[test]
    fn groups_part_the_ranks_of_a_stage() {
        let parallel = parallel();
        let sizes = [
            (Purpose::Tensor, 2),
            (Purpose::Context, 3),
            (Purpose::Data, 15),
            (Purpose::Experts, 6),
            (Purpose::ExpertData, 5),
        ];
        for (purpose, size) in sizes {
            for pipeline in 0..4 {
                let groups = parallel.groups(purpose, pipeline);
                assert!(groups.iter().all(|group| group.len() == size), "{purpose:?}");
                let mut all: Vec<u32> = groups.into_iter().flatten().collect();
                all.sort_unstable();
                assert_eq!(all, parallel.stage_ranks(pipeline), "{purpose:?}");
            }
        }
        assert_eq!(parallel.groups(Purpose::Tensor, 0)[0], [0, 1], "neighbours");
        assert_eq!(parallel.groups(Purpose::Pipeline, 3)[0], [90, 0], "the last stage sends to the first");
    }
}
