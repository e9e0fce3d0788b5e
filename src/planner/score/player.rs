//! Plays collectives of groups on a network, each that looks the same only once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::folded::{Outline, Part};
use super::footprint::{Footprint, Seat, Standing};
use super::{Failure, Wiring};
use crate::collective::{Algorithm, Op};
use crate::ids::{LinkId, number};
use crate::run::{CollectiveSpec, PlayedGroups, Proofs, Quiet, RunError, RunOptions, Scenario, play_groups};
use crate::stack::Stack;
use crate::units::Bytes;

/// What groups took, with what their links are.
type Kept = Option<Arc<(PlayedGroups, Vec<Part>)>>;

/// What was played: by outline, number of the footprint, operation and size.
type Known = FxHashMap<(Outline, u32, Op, Bytes), Kept>;

/// The same as those see it that stand somewhere: by the number of where they stand.
type Told = FxHashMap<(Outline, u32, Op, Bytes), Option<PlayedGroups>>;

/// A footprint, and where it stands.
pub(super) struct Print {
    footprint: Arc<Footprint>,
    standing: Standing,
    /// Footprints that are the same have the same number.
    number: u32,
    /// So have those that stand in the same place too.
    place: u32,
}

/// Numbers of footprints, and of places by footprint.
#[derive(Default)]
struct Prints {
    footprints: FxHashMap<Arc<Footprint>, u32>,
    places: FxHashMap<u32, Vec<Arc<Print>>>,
    count: u32,
}

/// Plays collectives under one library.
pub(super) struct Player {
    stack: Option<Stack>,
    options: RunOptions,
    proofs: Proofs,
    prints: Mutex<Prints>,
    known: Mutex<Known>,
    told: Mutex<Told>,
}

/// What a lock guards; what panicked elsewhere left it whole, because it only ever grows.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Player {
    pub(super) fn new(stack: Option<Stack>, options: RunOptions) -> Self {
        Self {
            stack,
            options,
            proofs: Proofs::default(),
            prints: Mutex::default(),
            known: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// How many collectives were played.
    pub(super) fn played(&self) -> usize {
        locked(&self.known).len()
    }

    /// The footprint of groups, where `part` says that other rails do the same beside them.
    pub(super) fn print(
        &self,
        wiring: &Wiring,
        failure: Option<Failure>,
        seats: &[Vec<Seat>],
        part: bool,
    ) -> Arc<Print> {
        let (footprint, standing) = Footprint::new(wiring, failure, seats, part);
        let mut prints = locked(&self.prints);
        let (footprint, at) = match prints.footprints.get_key_value(&footprint) {
            Some((footprint, at)) => (footprint.clone(), *at),
            None => {
                let (own, at) = (Arc::new(footprint), number(prints.footprints.len()));
                prints.footprints.insert(own.clone(), at);
                (own, at)
            }
        };
        let place = prints.count;
        let known = prints.places.entry(at).or_default();
        if let Some(print) = known.iter().find(|own| own.standing == standing) {
            return print.clone();
        }
        let print = Arc::new(Print { footprint, standing, number: at, place });
        known.push(print.clone());
        prints.count += 1;
        print
    }

    /// What a collective of groups takes that run at once; `None` where there is none, or a failure cuts the network. It is
    /// the same for good: also its loads are kept once.
    ///
    /// # Errors
    /// Where it cannot be played.
    pub(super) fn play(
        &self,
        wiring: &Wiring,
        failure: Option<Failure>,
        print: &Print,
        (op, bytes): (Op, Bytes),
    ) -> Result<Option<PlayedGroups>, RunError> {
        let Some(outline) = Outline::new(wiring, failure, print.footprint.reach) else { return Ok(None) };
        let place = (outline, print.place, op, bytes);
        if let Some(told) = locked(&self.told).get(&place) {
            return Ok(told.clone());
        }
        let key = (outline, print.number, op, bytes);
        let found = locked(&self.known).get(&key).cloned();
        let kept = match found {
            Some(kept) => kept,
            None => {
                let kept = self.alone(&outline, &print.footprint, (op, bytes))?;
                locked(&self.known).insert(key, kept.clone());
                kept
            }
        };
        let own = kept.map(|kept| {
            let (played, parts) = &*kept;
            let link = |(link, load): &(LinkId, f64)| (print.standing.link(parts, *link), *load);
            let mut loads: Vec<_> = played.loads.iter().map(link).collect();
            loads.sort_by_key(|(link, _)| *link);
            PlayedGroups { loads: loads.into(), ..played.clone() }
        });
        Ok(locked(&self.told).entry(place).or_insert(own).clone())
    }

    fn alone(
        &self,
        outline: &Outline,
        footprint: &Footprint,
        (op, bytes): (Op, Bytes),
    ) -> Result<Kept, RunError> {
        let Some(folded) = outline.fold(footprint) else { return Ok(None) };
        let first = folded.groups.first().cloned().unwrap_or_default();
        let spec = CollectiveSpec::new(op, Algorithm::Auto, first);
        let scenario = Scenario::of_one("plan", folded.fabric.clone(), self.stack.clone(), spec);
        let played =
            play_groups(&scenario, (op, bytes), &folded.groups, &self.options, &Quiet, &self.proofs)?;
        Ok(played.map(|played| Arc::new((played, folded.cables))))
    }
}
