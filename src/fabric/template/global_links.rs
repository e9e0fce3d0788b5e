//! The cables between the groups of a dragonfly.
//!
//! Every pair of groups gets the same number of cables, or one more: the ports of a group over the number of
//! other groups, and what is left over goes, one cable each, to the groups that are nearest by number, counted
//! around. Where an odd port is left over in each of an odd number of groups, it stays free, so that all groups
//! are alike. A group counts its cables by distance, upwards and around, and deals them to its switches in
//! turn: cables of one pair of groups end at different switches, as far as there are.

/// A cable, or several, between switches of two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GlobalLink {
    /// Group and switch of either end.
    pub(super) ends: [(u32, u32); 2],
    /// Parallel cables.
    pub(super) lanes: u32,
}

/// How the ports of a group are shared out.
#[derive(Debug, Clone, Copy)]
struct Share {
    groups: u64,
    /// Cables to every other group.
    each: u64,
    /// Other groups with one cable more.
    more: u64,
}

impl Share {
    fn new(groups: u32, ports: u64) -> Self {
        let groups = u64::from(groups);
        let others = groups.saturating_sub(1);
        let (each, more) = (ports.checked_div(others).unwrap_or(0), ports.checked_rem(others).unwrap_or(0));
        // an odd number of cable ends cannot be paired
        Self { groups, each, more: more - (more * groups) % 2 }
    }

    /// Cables to the group that is so far away, counted upwards and around.
    const fn to(self, far: u64) -> u64 {
        let near = if far < self.groups - far { far } else { self.groups - far };
        let more = near <= self.more / 2 || (self.more % 2 == 1 && 2 * near == self.groups);
        self.each + more as u64
    }

    /// Cables to all groups that are nearer, counted upwards.
    const fn before(self, far: u64) -> u64 {
        let half = self.more / 2;
        let below = far - 1;
        let low = if below < half { below } else { half };
        let high = (half + far).saturating_sub(self.groups);
        let middle = (self.more % 2 == 1 && 2 * below >= self.groups) as u64;
        self.each * below + low + high + middle
    }
}

/// How many cables join so many groups of so many ports each.
pub(super) fn count(groups: u32, ports: u64) -> u64 {
    let share = Share::new(groups, ports);
    let of_group = share.each * share.groups.saturating_sub(1) + share.more;
    // both factors below 2^56: the product needs more than 64 bits
    u64::try_from(u128::from(share.groups) * u128::from(of_group) / 2).unwrap_or(u64::MAX)
}

/// The cables between so many groups of so many switches and ports each, pair by pair.
pub(super) fn all(groups: u32, switches: u32, ports: u64) -> impl Iterator<Item = GlobalLink> {
    let share = Share::new(groups, ports);
    let switches = u64::from(switches);
    let pairs = (0..groups).flat_map(move |from| (from + 1..groups).map(move |to| (from, to)));
    pairs.flat_map(move |(from, to)| {
        let (up, down) = (u64::from(to - from), u64::from(groups - (to - from)));
        let (lanes, first) = (share.to(up), [share.before(up), share.before(down)]);
        (0..lanes.min(switches)).map(move |i| {
            let [a, b] = first.map(|first| ((first + i) % switches) as u32);
            let lanes = (lanes - i).div_ceil(switches) as u32;
            GlobalLink { ends: [(from, a), (to, b)], lanes }
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn cables_are_even_and_fit_the_ports() {
        for groups in 1..=12u32 {
            for switches in 1..=5u32 {
                for global in 0..=7u64 {
                    let ports = u64::from(switches) * global;
                    if u64::from(groups) > ports + 1 {
                        continue;
                    }
                    let told = format!("{groups} groups of {switches} switches with {global} ports");
                    let mut of_pair: BTreeMap<(u32, u32), u64> = BTreeMap::new();
                    let mut of_switch: BTreeMap<(u32, u32), u64> = BTreeMap::new();
                    let mut seen = std::collections::BTreeSet::new();
                    for link in all(groups, switches, ports) {
                        assert!(link.lanes > 0 && seen.insert(link.ends), "{told}: {link:?}");
                        let [a, b] = link.ends;
                        *of_pair.entry((a.0, b.0)).or_default() += u64::from(link.lanes);
                        *of_switch.entry(a).or_default() += u64::from(link.lanes);
                        *of_switch.entry(b).or_default() += u64::from(link.lanes);
                    }
                    let pairs = groups as usize * (groups as usize - 1) / 2;
                    assert_eq!(of_pair.len(), pairs, "{told}");
                    assert!(of_switch.values().all(|used| *used <= global), "{told}: {of_switch:?}");
                    let sum: u64 = of_pair.values().sum();
                    assert_eq!(sum, count(groups, ports), "{told}");
                    if groups > 1 {
                        let others = u64::from(groups) - 1;
                        let range = ports / others..=ports.div_ceil(others);
                        assert!(of_pair.values().all(|lanes| range.contains(lanes)), "{told}: {of_pair:?}");
                        let free = ports * u64::from(groups) - 2 * sum;
                        let odd = ports % 2 == 1 && groups % 2 == 1;
                        assert_eq!(free, if odd { groups.into() } else { 0 }, "{told}");
                    }
                }
            }
        }
    }
}
