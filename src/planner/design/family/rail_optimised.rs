//! Rail-optimised trees of two or three tiers.

use super::tree::{Sort, trees};
use super::{Base, PlanFamily, Structure};
use crate::planner::score::Attach;

/// `rail-optimised`.
pub(super) static FAMILY: PlanFamily =
    PlanFamily { name: "rail-optimised", template: "rail-optimised", structures };

fn structures(at: usize, base: &Base<'_>) -> Vec<Structure> {
    trees(at, base, Sort { attach: Attach::Rail, separate: false, planes: 1, least: 2, most: 3 })
}
