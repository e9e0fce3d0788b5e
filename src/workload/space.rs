//! Which divisions of a step a search may look at: values of each axis, all that suit unless a list or a range says
//! others.

use super::model::Model;
use super::parallel::{Recompute, Schedule, Sharding};
use super::rules;
use super::step::Batch;

/// Values of an axis.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Values {
    /// All that suit.
    #[default]
    All,
    /// These, ascending.
    List(Vec<u32>),
    /// From the first to the second.
    Range(u32, u32),
}

impl Values {
    /// Whether a value is one of them.
    pub fn has(&self, value: u32) -> bool {
        match self {
            Self::All => true,
            Self::List(list) => list.contains(&value),
            Self::Range(least, most) => (*least..=*most).contains(&value),
        }
    }
}

/// An axis with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Degree {
    /// Tensor-parallel ranks.
    Tensor,
    /// Pipeline ranks.
    Pipeline,
    /// Stages of a pipeline rank.
    Stages,
    /// Context-parallel ranks.
    Context,
    /// Data-parallel ranks.
    Data,
    /// Expert-parallel ranks.
    Experts,
    /// Tensor-parallel ranks of an expert.
    ExpertTensor,
    /// Sequences of a micro-batch.
    Micro,
}

impl Degree {
    /// All of them with their names in files.
    pub const ALL: [(&'static str, Self); 8] = [
        ("tp", Self::Tensor),
        ("pp", Self::Pipeline),
        ("vpp", Self::Stages),
        ("cp", Self::Context),
        ("dp", Self::Data),
        ("ep", Self::Experts),
        ("etp", Self::ExpertTensor),
        ("micro_batch", Self::Micro),
    ];
}

/// How much memory a step may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// Bytes.
    Bytes(f64),
    /// A part of the accelerator's.
    Part(f64),
}

/// What a search looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// Values of each degree, in the order of [`Degree::ALL`].
    pub degrees: [Values; 8],
    /// What is sharded.
    pub shardings: Vec<Sharding>,
    /// What is done again; where `None` all that differ.
    pub recomputes: Option<Vec<Recompute>>,
    /// Schedules, and whether each must have several stages a rank.
    pub schedules: Vec<(Schedule, bool)>,
    /// How much memory a step may take; all where `None`.
    pub limit: Option<Limit>,
    /// How many of the best are told.
    pub top: usize,
}

impl Default for Space {
    fn default() -> Self {
        Self {
            degrees: Default::default(),
            shardings: vec![Sharding::None, Sharding::Optimizer, Sharding::Gradients, Sharding::Parameters],
            recomputes: None,
            // The others are orders that not all software has.
            schedules: vec![(Schedule::OneForwardOneBackward, false)],
            limit: None,
            top: Self::TOP,
        }
    }
}

impl Space {
    /// How many of the best are told, unless another number is asked for.
    pub const TOP: usize = 10;

    /// The values of a degree that may be looked at.
    pub fn values(&self, degree: Degree) -> &Values {
        &self.degrees[degree as usize]
    }
}

/// The values of a degree that suit a model, a batch and a number of ranks by themselves, whatever the other degrees:
/// ascending. A value that is not among them is one that no division has.
pub fn possible(degree: Degree, model: &Model, batch: &Batch, ranks: u64) -> Vec<u32> {
    let of_ranks = || divisors(ranks);
    let sequences = u64::from(batch.sequences);
    match degree {
        Degree::Tensor => keep(of_ranks(), |tp| rules::tensor(model, tp).is_ok()),
        Degree::Pipeline => keep(of_ranks(), |pp| rules::stages(model, pp, 1).is_ok()),
        Degree::Stages => {
            (1..=model.layers + 2).filter(|v| *v == 1 || rules::stages(model, 2, *v).is_ok()).collect()
        }
        // Whatever way keys and values get about, each rank has as many tokens as the others.
        Degree::Context => keep(of_ranks(), |cp| batch.length.is_multiple_of(cp)),
        Degree::Data => keep(of_ranks(), |dp| rules::batch(batch.sequences, dp, 1).is_ok()),
        Degree::Experts => match model.experts {
            None => vec![1],
            Some(experts) => {
                keep(divisors(u64::from(experts.count)), |ep| ranks.is_multiple_of(u64::from(ep)))
            }
        },
        Degree::ExpertTensor => match model.experts {
            None => vec![1],
            Some(_) => keep(of_ranks(), |etp| rules::expert_width(model, etp).is_ok()),
        },
        Degree::Micro => divisors(sequences),
    }
}

fn keep(values: Vec<u32>, fits: impl Fn(u32) -> bool) -> Vec<u32> {
    values.into_iter().filter(|value| fits(*value)).collect()
}

/// The divisors of a number that fit in 32 bits, ascending.
pub fn divisors(of: u64) -> Vec<u32> {
    let mut found: Vec<u64> = Vec::new();
    let mut small = 1;
    while small * small <= of {
        if of.is_multiple_of(small) {
            found.push(small);
            found.push(of / small);
        }
        small += 1;
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().filter_map(|one| u32::try_from(one).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisors_are_all_and_ascend() {
        assert_eq!(divisors(1), [1]);
        assert_eq!(divisors(36), [1, 2, 3, 4, 6, 9, 12, 18, 36]);
        for of in 1..200u64 {
            let plain: Vec<u32> =
                (1..=of).filter(|n| of % n == 0).map(|n| u32::try_from(n).unwrap()).collect();
            assert_eq!(divisors(of), plain);
        }
    }

    #[test]
    fn values_have_what_they_say() {
        assert!(Values::All.has(7));
        assert!(Values::List(vec![1, 4]).has(4) && !Values::List(vec![1, 4]).has(2));
        assert!(Values::Range(2, 4).has(4) && !Values::Range(2, 4).has(1));
    }
}
