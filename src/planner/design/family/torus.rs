//! Servers that are joined directly to a ring or torus, without switches.
//!
//! A message passes servers in between, so that all of a torus is played, and no two of its cables alike. This limits how
//! large tori can be searched.

use super::counted::counted;
use super::{Base, PlanFamily, Structure};
use crate::fabric::LinkClass;
use crate::planner::score::{Shape, TORUS, Wiring};
use crate::units::Time;

/// `torus`.
pub(super) static FAMILY: PlanFamily = PlanFamily { name: "torus", template: TORUS, structures };

/// The most servers: of 32 with 8 accelerators each, a step with all-to-alls takes seconds to play, of 64 more than a minute.
const MOST: u32 = 32;

/// Tori of one to three sides above 1, in ascending order, whose directions share out adapters evenly.
fn structures(family: usize, base: &Base<'_>) -> Vec<Structure> {
    let server = base.server();
    if base.servers > MOST || server.nics == 0 || !server.accelerators.is_multiple_of(server.nics) {
        return Vec::new();
    }
    let directions = |sides: &[u32; 3]| 2 * sides.iter().filter(|side| **side > 1).count();
    let suits = |sides: &[u32; 3]| {
        u32::try_from(directions(sides)).is_ok_and(|all| all > 0 && server.nics.is_multiple_of(all))
    };
    sides(base.servers).into_iter().filter(suits).filter_map(|sides| one(family, base, sides)).collect()
}

/// All ways to write a number as a product of three that ascend.
fn sides(servers: u32) -> Vec<[u32; 3]> {
    let divisors = |of: u32| (1..=of.isqrt()).filter(move |side| of.is_multiple_of(*side));
    let mut found = Vec::new();
    for first in divisors(servers) {
        let rest = servers / first;
        let seconds = divisors(rest).filter(|second| *second >= first);
        found.extend(seconds.map(|second| [first, second, rest / second]));
    }
    found
}

fn one(family: usize, base: &Base<'_>, sides: [u32; 3]) -> Option<Structure> {
    let server = base.server();
    // There is no switch whose latency it would be: what a link of its class has, as in a file that does not say.
    let classes = LinkClass::builtin();
    let class = classes.iter().find(|class| class.name == base.technology.name());
    let hop = class.map_or(Time::ZERO, |class| class.latency);
    let all = Wiring::on_one_leaf(server.into(), base.servers, base.technology, server.nic_rate, hop);
    let wiring = Wiring { relay: true, tiers: 0, shape: Shape::Torus(sides), ..all };
    counted(family, base, wiring, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_ascend_and_none_is_left_out() {
        assert_eq!(sides(12), [[1, 1, 12], [1, 2, 6], [1, 3, 4], [2, 2, 3]]);
        assert_eq!(sides(1), [[1, 1, 1]]);
        assert_eq!(sides(7), [[1, 1, 7]]);
        for servers in 1..200u32 {
            let mut all = Vec::new();
            for first in 1..=servers {
                for second in first..=servers {
                    for third in second..=servers {
                        if u64::from(first) * u64::from(second) * u64::from(third) == u64::from(servers) {
                            all.push([first, second, third]);
                        }
                    }
                    if u64::from(first) * u64::from(second) * u64::from(second) > u64::from(servers) {
                        break;
                    }
                }
            }
            assert_eq!(sides(servers), all, "{servers}");
        }
    }
}
