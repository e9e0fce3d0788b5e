//! Which ranks share what: the groups of a workload.

use super::{AicbWorkload, Policy, Scope};
use crate::exchange::trace::{Group, MAX_RANKS};

/// Sizes of the groups. Ranks count tensor parallelism innermost, then data parallelism, of which experts share
/// neighbours, then stages: Megatron's order, and SimAI's where there is one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) ranks: u32,
    pub(super) tensor: u32,
    pub(super) expert: u32,
    pub(super) data: u32,
    pub(super) stages: u32,
}

impl Layout {
    /// The layout of a workload over so many ranks.
    ///
    /// # Errors
    /// A message and a way out, where the numbers do not divide.
    pub(super) fn new(workload: &AicbWorkload, ranks: Option<u32>) -> Result<Self, (String, String)> {
        let header = &workload.header;
        let Some(ranks) = ranks.or(header.ranks) else {
            let help = "add `all_gpus: 8` to the header, or say it where the workload is used";
            return Err(("the workload does not say how many ranks there are".into(), help.into()));
        };
        if ranks == 0 || ranks > MAX_RANKS {
            return Err((
                format!("the workload cannot be spread over {ranks} ranks"),
                format!("use from 1 to {MAX_RANKS}"),
            ));
        }
        let (tensor, stages) = match header.policy {
            Policy::Transformer | Policy::TransformerRecompute => {
                (header.tensor.unwrap_or(1), header.pipeline.unwrap_or(1))
            }
            Policy::Data | Policy::Micro => (1, 1),
            Policy::Model => (ranks, 1),
        };
        let share = u64::from(tensor) * u64::from(stages);
        if u64::from(ranks) % share != 0 {
            return Err((
                format!(
                    "{ranks} ranks cannot be shared by groups of `model_parallel_NPU_group` {tensor} times `pp` {stages}"
                ),
                format!("the number of ranks must be a multiple of {share}"),
            ));
        }
        let data = ranks / u32::try_from(share).unwrap_or(u32::MAX).max(1);
        let expert = header.expert.unwrap_or(1);
        if data % expert != 0 {
            return Err((
                format!("{data} replicas cannot be shared by groups of `ep` {expert}"),
                format!("`ep` must divide the replicas: {ranks} ranks over {share}"),
            ));
        }
        Ok(Self { ranks, tensor, expert, data, stages })
    }

    /// How many ranks a group has.
    pub(super) const fn size(self, scope: Scope) -> u32 {
        match scope {
            Scope::Tensor => self.tensor,
            Scope::Expert => self.expert,
            Scope::Data => self.data,
            Scope::DataExpert => self.data / self.expert,
        }
    }

    /// The first rank of the group of a rank, and the distance between its ranks.
    const fn start(self, scope: Scope, rank: u32) -> (u32, u32) {
        let own = rank % self.tensor;
        let replica = rank / self.tensor % self.data;
        let stage = rank / (self.tensor * self.data);
        let base = stage * self.tensor * self.data;
        match scope {
            Scope::Tensor => (base + replica * self.tensor, 1),
            Scope::Expert => (base + replica / self.expert * self.expert * self.tensor + own, self.tensor),
            Scope::Data => (base + own, self.tensor),
            Scope::DataExpert => {
                (base + replica % self.expert * self.tensor + own, self.tensor * self.expert)
            }
        }
    }

    /// The group of a rank, named after its first.
    pub(super) fn group(self, scope: Scope, rank: u32) -> Group {
        let (start, step) = self.start(scope, rank);
        let ranks = (0..self.size(scope)).map(|at| start + at * step).collect();
        Group { name: format!("{}{start}", scope.name()), ranks }
    }

    /// What tells the group of a rank from others of the scope.
    pub(super) const fn key(self, scope: Scope, rank: u32) -> (Scope, u32) {
        (scope, self.start(scope, rank).0)
    }

    /// The same place in the next stage and in the one before, round the pipeline.
    pub(super) const fn neighbours(self, rank: u32) -> (u32, u32) {
        let stage = self.tensor * self.data;
        ((rank + stage) % self.ranks, (rank + self.ranks - stage) % self.ranks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_those_of_simai_where_there_is_one_stage() {
        // Its rules: tensor groups are neighbours, data groups stand tensor apart, expert groups take neighbouring tensor
        // groups, and the replicas of experts stand tensor times expert apart.
        let layout = Layout { ranks: 16, tensor: 2, expert: 4, data: 8, stages: 1 };
        assert_eq!(layout.group(Scope::Tensor, 5).ranks, [4, 5]);
        assert_eq!(layout.group(Scope::Data, 5).ranks, [1, 3, 5, 7, 9, 11, 13, 15]);
        assert_eq!(layout.group(Scope::Expert, 5).ranks, [1, 3, 5, 7]);
        assert_eq!(layout.group(Scope::Expert, 8).ranks, [8, 10, 12, 14]);
        assert_eq!(layout.group(Scope::DataExpert, 5).ranks, [5, 13]);
        assert_eq!(layout.group(Scope::DataExpert, 5).name, "dp_ep5");
    }

    #[test]
    fn every_rank_is_in_its_own_groups_and_groups_part_the_ranks() {
        for (ranks, tensor, expert, stages) in [(16, 2, 2, 2), (24, 3, 4, 2), (8, 8, 1, 1), (8, 1, 1, 8)] {
            let layout = Layout { ranks, tensor, expert, data: ranks / tensor / stages, stages };
            for scope in [Scope::Tensor, Scope::Expert, Scope::Data, Scope::DataExpert] {
                for rank in 0..ranks {
                    let group = layout.group(scope, rank);
                    assert!(group.ranks.contains(&rank), "{scope:?} of {rank}: {group:?}");
                    assert!(group.ranks.iter().all(|other| layout.group(scope, *other) == group));
                }
            }
        }
    }

    #[test]
    fn stages_are_the_outermost() {
        let layout = Layout { ranks: 12, tensor: 2, expert: 1, data: 2, stages: 3 };
        assert_eq!(layout.neighbours(1), (5, 9));
        assert_eq!(layout.neighbours(9), (1, 5));
        assert_eq!(layout.group(Scope::Data, 9).ranks, [9, 11]);
    }
}
