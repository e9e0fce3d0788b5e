//! Where ranks of a job stand, and which groups must be played with one because they share leaves with it.

use std::sync::Arc;

use super::footprint::Seat;
use super::player::Player;
use super::{Failure, Shape, Wiring};
use crate::collective::{Algorithm, Op};
use crate::run::{PlayedGroups, RunError};
use crate::units::{Bytes, Time};

/// The most ranks that are played at once, of groups that share a leaf with the first.
const RANKS: usize = 2_048;
/// The most ranks for which groups that share leaves with those, and so on, are played too.
const CLOSURE: usize = 512;

/// Where ranks stand.
pub(super) struct Site<'a> {
    pub(super) wiring: &'a Wiring,
    pub(super) failure: Option<Failure>,
    pub(super) places: &'a [u32],
    pub(super) gpus: u32,
}

impl Site<'_> {
    pub(super) fn seat(&self, rank: u32) -> Seat {
        let server = (rank / self.gpus) as usize;
        (self.places.get(server).copied().unwrap_or(0), rank % self.gpus)
    }

    /// Plays the first group with all that share a leaf with it, directly or over others.
    pub(super) fn play(
        &self,
        player: &Player,
        groups: &[&[u32]],
        what: (Op, Bytes),
    ) -> Result<Option<PlayedGroups>, RunError> {
        if groups.is_empty() {
            return Ok(None);
        }
        let (seats, part) = self.seats(groups);
        player.play(self.wiring, self.failure, &player.print(self.wiring, self.failure, &seats, part), what)
    }

    /// The seats of the first group and of all that share a leaf with it, directly or over others, and whether other rails
    /// are left out.
    pub(super) fn seats(&self, groups: &[&[u32]]) -> (Vec<Vec<Seat>>, bool) {
        let Some(first) = groups.first() else { return (Vec::new(), false) };
        let seats = |group: &[u32]| -> Vec<Seat> { group.iter().map(|rank| self.seat(*rank)).collect() };
        if self.is_inside(first) {
            // Nothing that others do is in its way; the message back is.
            let back = |group: &&&[u32]| group.len() == 2 && group.iter().rev().eq(first.iter());
            let found = std::iter::once(first).chain(groups.iter().skip(1).filter(back));
            (found.map(|group| seats(group)).collect(), false)
        } else {
            let (chosen, part) = self.sharing(groups);
            (chosen.into_iter().map(seats).collect(), part)
        }
    }

    /// What a group that spans servers takes at least, by what leaves a server over the adapters of its ranks.
    #[expect(clippy::cast_precision_loss, reason = "sizes of tensors are far below 2^53")]
    pub(super) fn least(&self, group: &[u32], (op, bytes): (Op, Bytes)) -> PlayedGroups {
        let ranks = group.len() as f64;
        let own = group[0] / self.gpus;
        let near = group.iter().filter(|rank| *rank / self.gpus == own).count() as f64;
        // Where accelerators relay, what is for another rail may leave over that rail's adapter.
        let adapters = if self.wiring.shape.over_all_adapters() {
            self.wiring.server.nics as usize
        } else {
            self.rails(group).len()
        };
        let rate = adapters as f64 * self.wiring.nic_rate.bits_per_sec() as f64 / 8.0;
        let all = bytes.get() as f64;
        let away = (ranks - near) / ranks;
        let sent = match op {
            // What the server does not have must come in; of sums for others, what it adds must go out.
            Op::AllGather | Op::ReduceScatter => all * away,
            // Servers as single ranks: 2 (G - 1) messages of the whole, of G that send at once.
            Op::AllReduce if self.is_even(group) => 2.0 * all * away,
            Op::AllReduce | Op::SendRecv => all,
            Op::AllToAll => near * all * away,
            _ => 0.0,
        };
        PlayedGroups {
            latency: Time::ZERO,
            time: Time::from_secs(sent / rate * (1.0 - 1e-9)),
            algorithm: Algorithm::Auto,
            copy: 0,
            loads: Arc::new([]),
        }
    }

    /// Whether all servers of a group have as many of its ranks.
    fn is_even(&self, group: &[u32]) -> bool {
        let mut servers: Vec<u32> = group.iter().map(|rank| rank / self.gpus).collect();
        servers.sort_unstable();
        let mut counts = servers.chunk_by(|one, other| one == other).map(<[u32]>::len);
        let first = counts.next();
        counts.all(|count| Some(count) == first)
    }

    pub(super) fn is_inside(&self, group: &[u32]) -> bool {
        group.iter().all(|rank| rank / self.gpus == group[0] / self.gpus)
    }

    /// The leaves of a group, ascending.
    fn leaves(&self, group: &[u32]) -> Vec<u32> {
        let leaf = |rank: &u32| {
            let (place, gpu) = self.seat(*rank);
            self.wiring.leaf(place, self.wiring.rail(gpu))
        };
        let mut found: Vec<u32> = group.iter().map(leaf).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The rails of a group, ascending.
    fn rails(&self, group: &[u32]) -> Vec<u32> {
        let mut found: Vec<u32> = group.iter().map(|rank| self.wiring.rail(rank % self.gpus)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The first group with all that share leaves with it, directly or over others. Where these are many and the first is
    /// on one rail, groups of other rails, which do the same on their own part of what all share, are left out: then `true`
    /// is told.
    fn sharing<'g>(&self, groups: &[&'g [u32]]) -> (Vec<&'g [u32]>, bool) {
        let all = self.reached(groups, &|_| true);
        let own = self.rails(groups[0]);
        let ranks: usize = all.iter().map(|group| group.len()).sum();
        // In a network that is no tree, what rails share is not told by their number.
        if ranks <= CLOSURE || own.len() != 1 || self.wiring.shape != Shape::Tree {
            return (all, false);
        }
        let kept = self.reached(groups, &|group| self.rails(group) == own);
        let fewer = kept.len() < all.len();
        (kept, fewer)
    }

    /// The first group, and those of the wanted that share leaves with it or with one of them; where that is too much, those
    /// that share leaves with the first, as many as may be.
    fn reached<'g>(&self, groups: &[&'g [u32]], wanted: &dyn Fn(&[u32]) -> bool) -> Vec<&'g [u32]> {
        let leaves: Vec<Vec<u32>> = groups
            .iter()
            .map(
                |group| if self.is_inside(group) || !wanted(group) { Vec::new() } else { self.leaves(group) },
            )
            .collect();
        let most = leaves.iter().flatten().max().map_or(0, |most| *most as usize + 1);
        let mut reached = vec![false; most];
        for leaf in &leaves[0] {
            reached[*leaf as usize] = true;
        }
        let mut taken = vec![false; groups.len()];
        taken[0] = true;
        let mut chosen = vec![groups[0]];
        let mut ranks = groups[0].len();
        // What shares a leaf with the first group is played in any case; what is farther away, as far as it is not much.
        let mut most = RANKS;
        loop {
            let before = chosen.len();
            for at in 1..groups.len() {
                if taken[at] || !leaves[at].iter().any(|leaf| reached[*leaf as usize]) {
                    continue;
                }
                if ranks + groups[at].len() > most {
                    return chosen;
                }
                taken[at] = true;
                ranks += groups[at].len();
                chosen.push(groups[at]);
            }
            for leaf in chosen.iter().skip(before).flat_map(|group| self.leaves(group)) {
                reached[leaf as usize] = true;
            }
            if chosen.len() == before {
                return chosen;
            }
            most = CLOSURE;
        }
    }
}
