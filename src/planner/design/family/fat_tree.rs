//! Fat trees of two or three tiers: all adapters of a server plug into the leaf of its pod.

use super::tree::{Sort, trees};
use super::{Base, PlanFamily, Structure};
use crate::planner::score::Attach;

/// `fat-tree`.
pub(super) static FAMILY: PlanFamily = PlanFamily { name: "fat-tree", template: "server-tree", structures };

fn structures(at: usize, base: &Base<'_>) -> Vec<Structure> {
    trees(at, base, Sort { attach: Attach::Server, separate: false, planes: 1, least: 2, most: 3 })
}
