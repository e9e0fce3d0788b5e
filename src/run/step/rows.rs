//! Rows of the network for the task engine: links that all collectives use alike are one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::PlayedGroups;
use crate::ids::{LinkId, number};
use crate::workload::Cost;

/// A lane, a class of it, and the bits of the part that it uses of a link.
type User = (u32, u32, u64);

/// What the classes of a lane came to.
type Lane<'a> = Vec<Option<&'a PlayedGroups>>;

/// The number of rows, and what each lane's classes cost. A link that only one class of one lane uses is shared with
/// nobody and needs no row; links that the same classes of the same lanes use to the same part are one row.
pub(super) fn rows(played: &[Vec<Option<PlayedGroups>>]) -> (u32, Vec<Vec<Cost>>) {
    let mut users: BTreeMap<(u32, LinkId), Vec<User>> = BTreeMap::new();
    let mut kinds: Vec<Vec<User>> = Vec::new();
    // Lanes that are copies of one lane share among themselves what that shares: it is found once.
    let mut copies: Vec<(Lane<'_>, Vec<Vec<User>>)> = Vec::new();
    for (lane, classes) in played.iter().enumerate() {
        let own: Lane<'_> = classes.iter().map(Option::as_ref).collect();
        let copy = number(lane).saturating_add(1);
        if own.iter().flatten().all(|one| one.copy == copy) {
            let same = |known: &[Option<&PlayedGroups>]| {
                known.iter().zip(&own).all(|pair| match pair {
                    (Some(one), Some(other)) => Arc::ptr_eq(&one.loads, &other.loads),
                    (None, None) => true,
                    _ => false,
                })
            };
            let at = copies.iter().position(|(known, _)| same(known)).unwrap_or_else(|| {
                let mut alone: BTreeMap<(u32, LinkId), Vec<User>> = BTreeMap::new();
                add(&mut alone, lane, &own);
                copies.push((own, binding(alone)));
                copies.len() - 1
            });
            let here = |user: &User| (number(lane), user.1, user.2);
            kinds.extend(copies[at].1.iter().map(|kind| kind.iter().map(here).collect()));
        } else {
            add(&mut users, lane, &own);
        }
    }
    kinds.extend(binding(users));
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

/// Adds what a lane uses.
fn add(users: &mut BTreeMap<(u32, LinkId), Vec<User>>, lane: usize, classes: &[Option<&PlayedGroups>]) {
    for (class, one) in classes.iter().enumerate() {
        let Some(one) = one else { continue };
        for (link, load) in &*one.loads {
            let user = (number(lane), number(class), load.to_bits());
            users.entry((one.copy, *link)).or_default().push(user);
        }
    }
}

/// The users of links that can bind, each kind once: full rows can, and so can those whose users together ask for more than
/// there is.
fn binding(users: BTreeMap<(u32, LinkId), Vec<User>>) -> Vec<Vec<User>> {
    let binds = |users: &Vec<User>| {
        users.len() > 1 && users.iter().map(|(.., load)| f64::from_bits(*load)).sum::<f64>() > 1.0
    };
    let mut kinds: Vec<Vec<User>> = users.into_values().filter(binds).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}
