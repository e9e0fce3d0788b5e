//! Several rail-optimised networks side by side, each with a port of every adapter.

use super::tree::{Sort, trees};
use super::{Base, PlanFamily, Structure};
use crate::planner::score::Attach;

/// `multi-plane`.
pub(super) static FAMILY: PlanFamily =
    PlanFamily { name: "multi-plane", template: "multi-plane", structures };

fn structures(at: usize, base: &Base<'_>) -> Vec<Structure> {
    let planes = base.plan.planes.iter().filter(|planes| (2..=base.most_planes).contains(*planes));
    let sort =
        |planes: &u32| Sort { attach: Attach::Rail, separate: false, planes: *planes, least: 2, most: 3 };
    planes.flat_map(|planes| trees(at, base, sort(planes))).collect()
}
