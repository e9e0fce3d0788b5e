//! Times of all loads of a plan in all situations on a network.

use super::course::{Course, PlayedAll};
use super::path::Path;
use super::player::Player;
use super::{Failure, Situation, Wiring};
use crate::input::plan::Situations;
use crate::run::{RunError, Watch};
use crate::units::Time;

/// The most paths of a load that are kept: each makes the bound a little tighter.
const PATHS: usize = 24;

/// A load that is scored.
struct Entry {
    weight: f64,
    course: Course,
    paths: Vec<Path>,
}

/// Scores networks of servers with one accelerator and library.
pub struct Scorer {
    player: Player,
    entries: Vec<Entry>,
    situations: Situations,
    /// The number of the batch that is searched.
    batch: u32,
}

/// What is known of a network, in the situations that were looked at.
#[derive(Default)]
pub struct Collected {
    situations: Vec<Seen>,
}

/// A situation that was looked at.
struct Seen {
    situation: Situation,
    /// What collectives take, by load.
    played: Vec<PlayedAll>,
    /// Times by load, where steps were played too.
    times: Option<Vec<Time>>,
}

/// Paths that a score came upon, by load.
#[derive(Debug, Clone, Default)]
pub struct Learnt(Vec<(usize, Path)>);

impl Learnt {
    /// With what another score came upon.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// Times on a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Over all loads and situations, weighted.
    pub time: Time,
    /// Each: the number of the load, the situation, its time. Of failures only the worst.
    pub times: Vec<(usize, Situation, Time)>,
}

impl Scorer {
    /// Scores loads, each with its weight, under a library.
    pub(super) fn new(player: Player, courses: Vec<(f64, Course)>, situations: Situations) -> Self {
        let entry = |(weight, course)| Entry { weight, course, paths: Vec::new() };
        Self { player, entries: courses.into_iter().map(entry).collect(), situations, batch: 0 }
    }

    /// How many collectives were played.
    pub fn played(&self) -> usize {
        self.player.played()
    }

    /// The situations of a network that count, or, where `all`, all; those that differ most between networks first.
    pub fn situations(&self, wiring: &Wiring, all: bool) -> Vec<Situation> {
        let Situations { aligned, scattered, failed } = self.situations;
        let mut wanted = Vec::new();
        if scattered > 0.0 || all {
            wanted.push(Situation::Scattered);
        }
        if aligned > 0.0 || all {
            wanted.push(Situation::Aligned);
        }
        if failed > 0.0 || all {
            wanted.extend(Failure::of(wiring).into_iter().map(Situation::Failed));
        }
        wanted
    }

    /// Plays the collectives of all loads on a network, in all situations that count, or, where `all`, in all.
    ///
    /// # Errors
    /// Where they cannot be played.
    pub fn collect(&self, wiring: &Wiring, all: bool) -> Result<Collected, RunError> {
        let mut collected = Collected::default();
        for situation in self.situations(wiring, all) {
            self.add(wiring, situation, &mut collected)?;
        }
        Ok(collected)
    }

    /// Plays the collectives of all loads on a network in the situations in which nothing has failed and that count.
    ///
    /// # Errors
    /// Where they cannot be played.
    pub fn collect_unfailed(&self, wiring: &Wiring) -> Result<Collected, RunError> {
        let mut collected = Collected::default();
        for situation in self.unfailed_situations() {
            self.add(wiring, situation, &mut collected)?;
        }
        Ok(collected)
    }

    /// The situations in which nothing has failed and that count; the first where only failures do.
    fn unfailed_situations(&self) -> Vec<Situation> {
        let both = [Situation::Aligned, Situation::Scattered];
        let counted: Vec<Situation> = both.into_iter().filter(|own| self.weight(*own) > 0.0).collect();
        if counted.is_empty() { vec![Situation::Aligned] } else { counted }
    }

    /// The weighted time of a score in those situations, as if they were all.
    pub fn unfailed(&self, score: &Score) -> Time {
        let counted = self.unfailed_situations();
        let of = |(at, situation, time): &(usize, Situation, Time)| {
            let weight = self.weight(*situation).max(f64::MIN_POSITIVE);
            counted.contains(situation).then(|| (weight, self.entries[*at].weight * weight * time.as_secs()))
        };
        let sums =
            score.times.iter().filter_map(of).fold((0.0, 0.0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
        #[expect(clippy::cast_precision_loss, reason = "few loads")]
        let loads = self.entries.len().max(1) as f64;
        Time::from_secs(sums.1 * loads / f64::max(sums.0, f64::MIN_POSITIVE))
    }

    /// Plays the collectives of all loads on a network in one more situation.
    ///
    /// # Errors
    /// Where they cannot be played.
    pub fn add(
        &self,
        wiring: &Wiring,
        situation: Situation,
        collected: &mut Collected,
    ) -> Result<(), RunError> {
        let of = |entry: &Entry| entry.course.collectives(&self.player, wiring, situation);
        let played = self.entries.iter().map(of).collect::<Result<_, _>>()?;
        collected.situations.push(Seen { situation, played, times: None });
        Ok(())
    }

    /// How much a situation counts.
    pub fn weight(&self, situation: Situation) -> f64 {
        match situation {
            Situation::Aligned => self.situations.aligned,
            Situation::Scattered => self.situations.scattered,
            Situation::Failed(_) => self.situations.failed,
        }
    }

    /// Plays the steps of all loads in a situation whose collectives are played, and tells the paths that came of it.
    ///
    /// # Errors
    /// Where tasks cannot be played, or `watch` says stop.
    pub fn play(
        &self,
        collected: &mut Collected,
        situation: Situation,
        watch: &dyn Watch,
    ) -> Result<Learnt, RunError> {
        let mut learnt = Learnt::default();
        for seen in collected.situations.iter_mut().filter(|seen| seen.situation == situation) {
            let mut times = Vec::with_capacity(self.entries.len());
            for (at, (entry, played)) in self.entries.iter().zip(&seen.played).enumerate() {
                let (time, path) = entry.course.time(played, self.batch, watch)?;
                learnt.0.extend(path.map(|path| (at, path)));
                times.push(time);
            }
            seen.times = Some(times);
        }
        Ok(learnt)
    }

    /// A time that the network cannot beat in simulation: the longest of the paths of tasks that are known, with what
    /// collectives take. What was not played is taken for the floor of such networks.
    pub fn least(&self, collected: &Collected, floor: Time) -> Time {
        let times = collected.situations.iter().flat_map(|seen| {
            self.entries.iter().zip(&seen.played).enumerate().map(move |(at, (entry, played))| {
                let least = || entry.paths.iter().map(|path| entry.course.least(path, played)).max();
                let known = seen.times.as_ref().map(|times| times[at]);
                (at, seen.situation, known.or_else(least).unwrap_or(Time::ZERO))
            })
        });
        let times = worst(times.collect());
        let Situations { aligned, scattered, failed } = self.situations;
        let has = |kind: fn(&Situation) -> bool| times.iter().any(|(_, situation, _)| kind(situation));
        let mut missing = 0.0;
        if !has(|own| *own == Situation::Aligned) {
            missing += aligned;
        }
        if !has(|own| *own == Situation::Scattered) {
            missing += scattered;
        }
        if !has(|own| matches!(own, Situation::Failed(_))) {
            missing += failed;
        }
        let rest = Time::from_secs(missing * floor.as_secs() * (1.0 - 1e-12));
        // Both are rounded to the nearest, and their sum in a score once.
        let rounded = if missing > 0.0 { 2 } else { 0 };
        Time::from_ps(self.weighted(&times).ps().saturating_add(rest.ps()).saturating_sub(rounded))
    }

    /// Begins the next batch: what the one before came to may be used from now on.
    pub fn next_batch(&mut self) {
        self.batch += 1;
    }

    /// Makes bounds tighter by what scores came upon. Bounds depend on what was learnt, so that a search that is to be
    /// the same for any number of threads learns between its batches, in one order. Tells whether any is new.
    pub fn learn(&mut self, learnt: Learnt) -> bool {
        let mut new = false;
        for (at, path) in learnt.0 {
            let paths = &mut self.entries[at].paths;
            if paths.len() < PATHS && !paths.contains(&path) {
                paths.push(path);
                new = true;
            }
        }
        new
    }

    /// A time that no network of such adapters can beat in simulation: collectives within servers as they are played, the
    /// others by what each server must send.
    ///
    /// # Errors
    /// Where collectives cannot be played.
    pub fn floor(&self, wiring: &Wiring) -> Result<Time, RunError> {
        let mut sum = 0.0;
        for entry in &self.entries {
            let played = entry.course.ideal(&self.player, wiring)?;
            let least = entry.paths.iter().map(|path| entry.course.least(path, &played)).max();
            sum += entry.weight * least.unwrap_or(Time::ZERO).as_secs();
        }
        Ok(Time::from_secs(sum * (1.0 - 1e-12)))
    }

    /// Times on a network, by the tasks of every step: those of situations that were not played before are now.
    ///
    /// # Errors
    /// Where tasks cannot be played, or `watch` says stop.
    pub fn score(&self, collected: &mut Collected, watch: &dyn Watch) -> Result<(Score, Learnt), RunError> {
        let mut learnt = Learnt::default();
        let open = collected.situations.iter().filter(|seen| seen.times.is_none());
        let open: Vec<Situation> = open.map(|seen| seen.situation).collect();
        for situation in open {
            learnt.extend(self.play(collected, situation, watch)?);
        }
        let mut times = Vec::new();
        for seen in &collected.situations {
            let all = seen.times.iter().flatten().enumerate();
            times.extend(all.map(|(at, time)| (at, seen.situation, *time)));
        }
        let times = worst(times);
        Ok((Score { time: self.weighted(&times), times }, learnt))
    }

    /// What no software can beat, weighted as times are.
    pub fn bound(&self) -> Time {
        let all = |entry: &Entry| entry.weight * entry.course.bound().as_secs();
        Time::from_secs(self.entries.iter().map(all).sum())
    }

    /// The weighted time of each load and situation. Times are whole picoseconds, and sums are made in one order.
    fn weighted(&self, times: &[(usize, Situation, Time)]) -> Time {
        let of = |(at, situation, time): &(usize, Situation, Time)| {
            self.entries[*at].weight * self.weight(*situation) * time.as_secs()
        };
        let sum: f64 = times.iter().map(of).sum();
        Time::from_secs(sum)
    }
}

/// Of failures only the worst of each load, the first of equals.
fn worst(times: Vec<(usize, Situation, Time)>) -> Vec<(usize, Situation, Time)> {
    let mut kept: Vec<(usize, Situation, Time)> = Vec::new();
    for (load, situation, time) in times {
        let failure = |situation: Situation| matches!(situation, Situation::Failed(_));
        let other = kept.iter_mut().find(|own| own.0 == load && failure(own.1) && failure(situation));
        match other {
            Some(own) if own.2 >= time => {}
            Some(own) => *own = (load, situation, time),
            None => kept.push((load, situation, time)),
        }
    }
    kept
}
