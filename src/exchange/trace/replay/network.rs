//! Collectives and messages of a trace, each kind played once.

use std::collections::BTreeMap;

use crate::collective::Op;
use crate::ids::{LinkId, NodeId};
use crate::run::{PlayedGroups, Proofs, RunError, RunOptions, Scenario, Watch, play_groups};
use crate::units::{Bytes, Time};

/// A kind of collective: operation, size, and the ranks that do it, in order.
type Kind = (Op, u64, Vec<u32>);

/// What was played so far.
pub(super) struct Network<'a> {
    scenario: &'a Scenario,
    options: &'a RunOptions,
    watch: &'a dyn Watch,
    proofs: &'a Proofs,
    known: BTreeMap<Kind, usize>,
    played: Vec<Option<PlayedGroups>>,
}

impl<'a> Network<'a> {
    pub(super) const fn new(
        scenario: &'a Scenario,
        options: &'a RunOptions,
        watch: &'a dyn Watch,
        proofs: &'a Proofs,
    ) -> Self {
        Self { scenario, options, watch, proofs, known: BTreeMap::new(), played: Vec::new() }
    }

    /// The number of a kind; it is played where it was not yet.
    pub(super) fn kind(&mut self, op: Op, bytes: Bytes, ranks: &[u32]) -> Result<usize, RunError> {
        let key = (op, bytes.get(), ranks.to_vec());
        if let Some(at) = self.known.get(&key) {
            return Ok(*at);
        }
        let endpoints = self.scenario.fabric.endpoints();
        let nodes: Vec<NodeId> =
            ranks.iter().filter_map(|rank| endpoints.get(*rank as usize).copied()).collect();
        let played = if nodes.len() < 2 || bytes == Bytes(0) {
            None
        } else {
            play_groups(self.scenario, (op, bytes), &[nodes], self.options, self.watch, self.proofs)?
        };
        self.known.insert(key, self.played.len());
        self.played.push(played);
        Ok(self.played.len() - 1)
    }

    /// What a kind came to; nothing where nothing is sent.
    pub(super) fn played(&self, kind: usize) -> Option<&PlayedGroups> {
        self.played.get(kind).and_then(Option::as_ref)
    }

    /// How long a kind takes alone.
    pub(super) fn alone(&self, kind: usize) -> Time {
        self.played(kind).map_or(Time::ZERO, |played| played.time)
    }

    /// Links that several kinds use, and more of them than there is when they run at once: for each kind the numbers of
    /// rows and what it takes of them; links that the same kinds use to the same part are one row.
    pub(super) fn rows(&self) -> (usize, Vec<Vec<(usize, f64)>>) {
        let mut users: BTreeMap<LinkId, Vec<(usize, u64)>> = BTreeMap::new();
        for (kind, played) in self.played.iter().enumerate() {
            for (link, load) in played.iter().flat_map(|played| played.loads.iter()) {
                users.entry(*link).or_default().push((kind, load.to_bits()));
            }
        }
        let full = |users: &Vec<(usize, u64)>| {
            users.len() > 1 && users.iter().map(|(_, load)| f64::from_bits(*load)).sum::<f64>() > 1.0
        };
        let mut kinds: Vec<Vec<(usize, u64)>> = users.into_values().filter(full).collect();
        kinds.sort();
        kinds.dedup();
        let mut taken = vec![Vec::new(); self.played.len()];
        for (row, users) in kinds.iter().enumerate() {
            for (kind, load) in users {
                taken[*kind].push((row, f64::from_bits(*load)));
            }
        }
        (kinds.len(), taken)
    }
}
