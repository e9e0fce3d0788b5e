//! A network for every rail, of one to three tiers; rails meet in servers.

use super::tree::{Sort, trees};
use super::{Base, PlanFamily, Structure};
use crate::planner::score::Attach;

/// `rail-only`.
pub(super) static FAMILY: PlanFamily = PlanFamily { name: "rail-only", template: "rail-only", structures };

fn structures(at: usize, base: &Base<'_>) -> Vec<Structure> {
    trees(at, base, Sort { attach: Attach::Rail, separate: true, planes: 1, least: 1, most: 3 })
}
