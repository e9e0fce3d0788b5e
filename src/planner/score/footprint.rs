//! What some groups use of a network, by its shape alone: which servers, pods and blocks of pods.
//!
//! Parts are numbered in the order in which the groups come to them, so that groups that use a network alike have the same
//! footprint wherever they stand.

use std::collections::BTreeMap;

use super::whole::Turn;
use super::{Failure, Shape, Wiring};
use crate::ids::number;

/// A rank as it stands: the place of its server, and its accelerator there.
pub(super) type Seat = (u32, u32);

/// Which parts some groups use.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Footprint {
    /// By server: its pod.
    pub(super) pods: Vec<u32>,
    /// By pod: its block.
    pub(super) blocks: Vec<u32>,
    /// The groups' seats, by number of server.
    pub(super) groups: Vec<Vec<Seat>>,
    /// Whether only the accelerators that take part are needed: each group is of one rail.
    pub(super) slim: bool,
    /// Rails that are played: the others, which do the same, use their part of what all share.
    pub(super) rails: u32,
    /// How far groups reach.
    pub(super) reach: Reach,
}

/// How far groups reach, as tiers are numbered: 0 within servers, 1 leaves, 2 spines, 3 cores.
pub(super) type Reach = u32;

/// Which servers, pods and blocks the numbers of a footprint stand for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Standing {
    pub(super) servers: Vec<u32>,
    pub(super) pods: Vec<u32>,
    pub(super) blocks: Vec<u32>,
}

/// Things numbered in the order in which they come.
#[derive(Default)]
struct Numbers {
    known: Vec<u32>,
    index: BTreeMap<u32, u32>,
}

impl Numbers {
    fn of(&mut self, thing: u32) -> u32 {
        *self.index.entry(thing).or_insert_with(|| {
            self.known.push(thing);
            number(self.known.len() - 1)
        })
    }
}

impl Footprint {
    /// The footprint of groups, and what its numbers stand for; with `part`, rails that are not among them do the same.
    pub(super) fn new(
        wiring: &Wiring,
        failure: Option<Failure>,
        seats: &[Vec<Seat>],
        part: bool,
    ) -> (Self, Standing) {
        let (mut by_server, mut by_pod, mut by_block) =
            (Numbers::default(), Numbers::default(), Numbers::default());
        let (mut pods, mut blocks) = (Vec::new(), Vec::new());
        let mut groups = Vec::with_capacity(seats.len());
        let (mut crosses, mut leaves_leaf, mut leaves_group, mut slim) = (false, false, false, true);
        for seats in seats {
            let mut group = Vec::with_capacity(seats.len());
            let first = seats.first().copied().unwrap_or_default();
            let leaf = |seat: Seat| wiring.leaf(seat.0, wiring.rail(seat.1));
            for &(place, gpu) in seats {
                let server = by_server.of(place);
                if server as usize == pods.len() {
                    let own = wiring.pod(place);
                    let pod = by_pod.of(own);
                    pods.push(pod);
                    if pod as usize == blocks.len() {
                        let own = if wiring.tiers >= 3 { own / wiring.block_pods } else { 0 };
                        blocks.push(by_block.of(own));
                    }
                }
                let here = leaf((place, gpu));
                crosses |= place != first.0;
                leaves_leaf |= here != leaf(first);
                leaves_group |= wiring.group(here) != wiring.group(leaf(first));
                slim &= wiring.rail(gpu) == wiring.rail(first.1);
                group.push((server, gpu));
            }
            groups.push(group);
        }
        let reach = match (crosses, leaves_leaf, leaves_group) {
            (false, ..) => 0,
            (true, false, _) => 1,
            (true, true, false) => 2,
            (true, true, true) => 3,
        };
        if reach > 0 && wiring.shape != Shape::Tree {
            return Self::as_it_stands(wiring, failure, seats, reach);
        }
        let mut rails: Vec<u32> = seats.iter().flatten().map(|seat| wiring.rail(seat.1)).collect();
        rails.sort_unstable();
        rails.dedup();
        let rails = if part { number(rails.len()) } else { wiring.server.nics };
        if reach < 3 || wiring.tiers < 3 {
            blocks.fill(0);
        }
        let standing = Standing { servers: by_server.known, pods: by_pod.known, blocks: by_block.known };
        (Self { pods, blocks, groups, slim, rails, reach }, standing)
    }

    /// Of groups on a network that is no tree, of which all is used: places keep their numbers, but that where nothing has
    /// failed the network is turned, if all then stand on servers.
    fn as_it_stands(
        wiring: &Wiring,
        failure: Option<Failure>,
        seats: &[Vec<Seat>],
        reach: Reach,
    ) -> (Self, Standing) {
        let all = || seats.iter().flatten();
        let mut turn = Turn::new(wiring, all().next().map_or(0, |seat| seat.0));
        if failure.is_some() || all().any(|seat| turn.place(seat.0) >= wiring.servers) {
            turn = Turn::new(wiring, 0);
        }
        let (servers, switches) = turn.back();
        // In place of pods there are switches.
        let standing = Standing { servers, pods: switches, blocks: Vec::new() };
        let turned =
            |group: &Vec<Seat>| group.iter().map(|(place, gpu)| (turn.place(*place), *gpu)).collect();
        let (groups, rails) = (seats.iter().map(turned).collect(), wiring.server.nics);
        (Self { pods: Vec::new(), blocks: Vec::new(), groups, slim: false, rails, reach }, standing)
    }
}
