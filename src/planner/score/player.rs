//! Plays collectives of groups on a network, each that looks the same only once.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::folded::{Outline, Part, Seat};
use super::{Failure, Wiring};
use crate::collective::{Algorithm, Op};
use crate::run::{CollectiveSpec, PlayedGroups, Proofs, Quiet, RunError, RunOptions, Scenario, play_groups};
use crate::stack::Stack;
use crate::units::Bytes;

/// What groups took, with what their links are.
type Kept = Option<Arc<(PlayedGroups, Vec<Part>)>>;

/// What was played is found by its outline, the operation and the size.
type Known = FxHashMap<(Outline, Op, Bytes), Kept>;

/// Plays collectives under one library.
pub(super) struct Player {
    stack: Option<Stack>,
    options: RunOptions,
    proofs: Proofs,
    known: Mutex<Known>,
}

impl Player {
    pub(super) fn new(stack: Option<Stack>, options: RunOptions) -> Self {
        Self { stack, options, proofs: Proofs::default(), known: Mutex::default() }
    }

    /// How many collectives were played.
    pub(super) fn played(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What a collective of groups takes that run at once, where `part` says that other rails do the same beside them; `None` where there is none, or a failure cuts the network.
    ///
    /// # Errors
    /// Where it cannot be played.
    pub(super) fn play(
        &self,
        wiring: &Wiring,
        failure: Option<Failure>,
        (seats, part): (&[Vec<Seat>], bool),
        (op, bytes): (Op, Bytes),
    ) -> Result<Option<PlayedGroups>, RunError> {
        let (outline, standing) = Outline::new(wiring, failure, seats, part);
        let key = (outline, op, bytes);
        let found = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let kept = match found {
            Some(kept) => kept,
            None => {
                let kept = self.alone(&key)?;
                self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, kept.clone());
                kept
            }
        };
        Ok(kept.map(|kept| {
            let (played, parts) = &*kept;
            let mut loads: Vec<_> =
                played.loads.iter().map(|(link, load)| (standing.link(parts, *link), *load)).collect();
            loads.sort_by_key(|(link, _)| *link);
            PlayedGroups { loads: loads.into(), ..played.clone() }
        }))
    }

    fn alone(&self, (outline, op, bytes): &(Outline, Op, Bytes)) -> Result<Kept, RunError> {
        let Some(folded) = outline.fold() else { return Ok(None) };
        let first = folded.groups.first().cloned().unwrap_or_default();
        let spec = CollectiveSpec::new(*op, Algorithm::Auto, first);
        let scenario = Scenario::of_one("plan", folded.fabric.clone(), self.stack.clone(), spec);
        let played =
            play_groups(&scenario, (*op, *bytes), &folded.groups, &self.options, &Quiet, &self.proofs)?;
        Ok(played.map(|played| Arc::new((played, folded.cables))))
    }
}
