//! One switch for all servers.

use super::tree::{Sort, trees};
use super::{Base, PlanFamily, Structure};
use crate::planner::score::Attach;

/// `single-switch`.
pub(super) static FAMILY: PlanFamily =
    PlanFamily { name: "single-switch", template: "server-tree", structures };

fn structures(at: usize, base: &Base<'_>) -> Vec<Structure> {
    trees(at, base, Sort { attach: Attach::Server, separate: false, planes: 1, least: 1, most: 1 })
}
