//! Rows of the network for the task engine: links that all collectives use alike are one.

use std::collections::BTreeMap;

use super::PlayedGroups;
use crate::ids::{LinkId, number};
use crate::workload::Cost;

/// A lane, a class of it, and the bits of the part that it uses of a link.
type User = (u32, u32, u64);

/// The number of rows, and what each lane's classes cost. A link that only one class of one lane uses is shared with
/// nobody and needs no row; links that the same classes of the same lanes use to the same part are one row.
pub(super) fn rows(played: &[Vec<Option<PlayedGroups>>]) -> (u32, Vec<Vec<Cost>>) {
    let mut users: BTreeMap<(u32, LinkId), Vec<User>> = BTreeMap::new();
    for (lane, classes) in played.iter().enumerate() {
        for (class, one) in classes.iter().enumerate() {
            let Some(one) = one else { continue };
            for (link, load) in &one.loads {
                let user = (number(lane), number(class), load.to_bits());
                users.entry((one.copy, *link)).or_default().push(user);
            }
        }
    }
    // Full rows can bind, and so can those whose users together ask for more than there is.
    let binds = |users: &Vec<User>| {
        users.len() > 1 && users.iter().map(|(.., load)| f64::from_bits(*load)).sum::<f64>() > 1.0
    };
    let mut kinds: Vec<Vec<User>> = users.into_values().filter(binds).collect();
    kinds.sort();
    kinds.dedup();
    let mut costs: Vec<Vec<Cost>> = played
        .iter()
        .map(|classes| {
            let of = |one: &Option<PlayedGroups>| {
                one.as_ref().map_or_else(Cost::default, |one| super::cost(one, Vec::new()))
            };
            classes.iter().map(of).collect()
        })
        .collect();
    for (row, users) in kinds.iter().enumerate() {
        for (lane, class, load) in users {
            let demands = &mut costs[*lane as usize][*class as usize].demands;
            demands.push((number(row), f64::from_bits(*load)));
        }
    }
    (number(kinds.len()), costs)
}
