//! Annealing: racks change places at random, and what costs more is taken ever less often.
//!
//! All by sums, products and comparisons, so that every machine takes the same steps.

use rand::Rng;
use rand_pcg::Pcg64Mcg;

use super::ground::{COLD, Ground, NONE, State, WARM};
use crate::rng::stream;

/// Steps for each rack, and at most in all.
const STEPS: (u64, u64) = (3_000, 4_000_000);
/// How often the temperature halves in a run.
const HALVINGS: u64 = 9;
/// The first temperature as a part of what a random swap adds where it adds anything: of runs that leave their seed behind,
/// and of those that refine it.
const FIRST: (f64, f64) = (0.5, 0.1);
/// The most places that a rack moves along its row, and the longest part of a row that changes places with another.
const REACH: (u32, u32) = (7, 9);
/// Steps between two looks at the temperature and at whether to stop.
const BLOCK: u64 = 1_024;
/// The most racks for which the last swaps are looked for among all pairs.
const MOST_POLISHED: u32 = 2_000;

/// A run.
pub(super) struct Run<'a> {
    pub(super) ground: &'a Ground,
    pub(super) stop: &'a (dyn Fn() -> bool + Sync),
    /// Starts hot enough to leave its seed behind; else it refines it.
    pub(super) hot: bool,
}

/// Numbers from a stream.
struct Dice(Pcg64Mcg);

impl Dice {
    /// A number below `n`, evenly but for one part in 2^32.
    fn below(&mut self, n: u32) -> u32 {
        let wide = (self.0.next_u64() >> 32) * u64::from(n);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// A number of nearly the exponential distribution of base 2: how many halvings a number of evenly distributed ones
    /// is away from 1, with straight lines between whole halvings.
    #[expect(clippy::cast_precision_loss, reason = "the upper 53 bits decide")]
    fn halvings(&mut self) -> f64 {
        let bits = self.0.next_u64() | 1;
        let zeros = bits.leading_zeros();
        let part = (bits << zeros) as f64 / 18_446_744_073_709_551_616.0;
        f64::from(zeros) + 2.0 * (1.0 - part)
    }
}

impl Run<'_> {
    /// The best places that are found from a start on.
    pub(super) fn anneal(&self, mut state: State<'_>, seed: u64, index: u32) -> Vec<u32> {
        if self.ground.racks < 2 || self.ground.pairs.is_empty() {
            return state.at;
        }
        let mut dice = Dice(stream(seed, "floor placement", index.into()));
        let energies = self.ground.energies(WARM);
        let first = self.scale(&state, &energies, &mut dice) * if self.hot { FIRST.0 } else { FIRST.1 };
        let steps = (STEPS.0 * u64::from(self.ground.racks)).min(STEPS.1);
        let mut energy = state.energy(&energies);
        let mut best = (energy, state.at.clone());
        let mut swaps = Vec::new();
        let mut temperature = first;
        for step in 0..steps {
            if step.is_multiple_of(BLOCK) {
                if (self.stop)() {
                    break;
                }
                temperature = first * cooled(step, steps);
            }
            self.pick(&state, &mut dice, &mut swaps);
            let mut change = 0;
            for (s, t) in &swaps {
                change += state.change(&energies, *s, *t);
                // A single swap need not be done to be rated.
                if swaps.len() > 1 {
                    state.swap(*s, *t);
                }
            }
            let taken = change <= 0 || above(temperature, dice.halvings(), change);
            match (taken, swaps.as_slice()) {
                (true, [(s, t)]) => state.swap(*s, *t),
                (true, _) | (false, [_]) => {}
                (false, many) => many.iter().rev().for_each(|(s, t)| state.swap(*s, *t)),
            }
            if taken {
                energy += change;
                if energy < best.0 {
                    best.0 = energy;
                    best.1.clone_from(&state.at);
                }
            }
        }
        self.polish(State::new(self.ground, &best.1))
    }

    /// The mean of what random swaps add where they add anything.
    #[expect(clippy::cast_precision_loss, reason = "a temperature need not be exact")]
    fn scale(&self, state: &State<'_>, energies: &[i64], dice: &mut Dice) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for _ in 0..256 {
            let s = state.at[dice.below(self.ground.racks) as usize];
            let change = state.change(energies, s, dice.below(self.ground.cells()));
            if change > 0 {
                sum += change as f64;
                count += 1.0;
            }
        }
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// The next move, as swaps of cells.
    fn pick(&self, state: &State<'_>, dice: &mut Dice, swaps: &mut Vec<(u32, u32)>) {
        swaps.clear();
        match dice.below(128) {
            0 => self.pods(state, dice, swaps),
            1 => self.rows(dice, swaps),
            2 => self.turn(dice, swaps),
            3..=8 => self.shift(state, dice, swaps),
            9..=14 => self.segments(state, dice, swaps),
            _ => {}
        }
        while swaps.is_empty() {
            let rack = dice.below(self.ground.racks);
            let s = state.at[rack as usize];
            let t = if dice.below(4) == 0 {
                dice.below(self.ground.cells())
            } else {
                self.near(state, rack, dice)
            };
            if s != t || self.ground.cells() < 2 {
                swaps.push((s, t));
            }
        }
    }

    /// A cell near a rack that this one has cables to.
    fn near(&self, state: &State<'_>, rack: u32, dice: &mut Dice) -> u32 {
        let edges = self.ground.edges(rack);
        let Ok(count @ 1..) = u32::try_from(edges.len()) else { return dice.below(self.ground.cells()) };
        let cell = state.at[edges[dice.below(count) as usize].other as usize];
        let (row, place) = (cell / self.ground.per_row, cell % self.ground.per_row);
        // Half of them in its row, where cables are shortest.
        let row = match dice.below(2) {
            0 => row,
            _ => (row + dice.below(3)).saturating_sub(1).min(self.ground.rows - 1),
        };
        let place = (place + dice.below(9)).saturating_sub(4).min(self.ground.per_row - 1);
        row * self.ground.per_row + place
    }

    /// Two pods of as many racks change places.
    fn pods(&self, state: &State<'_>, dice: &mut Dice, swaps: &mut Vec<(u32, u32)>) {
        let Ok(count @ 2..) = u32::try_from(self.ground.pods.len()) else { return };
        let (a, b) = (dice.below(count), dice.below(count));
        let (one, other) = (&self.ground.pods[a as usize], &self.ground.pods[b as usize]);
        if a != b && one.len() == other.len() {
            swaps.extend(one.iter().zip(other).map(|(a, b)| (state.at[*a as usize], state.at[*b as usize])));
        }
    }

    /// Two rows change places.
    fn rows(&self, dice: &mut Dice, swaps: &mut Vec<(u32, u32)>) {
        let (a, b) = (dice.below(self.ground.rows), dice.below(self.ground.rows));
        if a != b {
            let per_row = self.ground.per_row;
            swaps.extend((0..per_row).map(|place| (a * per_row + place, b * per_row + place)));
        }
    }

    /// A part of a row is turned round.
    fn turn(&self, dice: &mut Dice, swaps: &mut Vec<(u32, u32)>) {
        let per_row = self.ground.per_row;
        let (row, a, b) = (dice.below(self.ground.rows), dice.below(per_row), dice.below(per_row));
        let (low, high) = (a.min(b), a.max(b));
        let half = (high - low).div_ceil(2);
        swaps.extend((0..half).map(|i| (row * per_row + low + i, row * per_row + high - i)));
    }

    /// A rack moves along its row, and those that it passes move up.
    fn shift(&self, state: &State<'_>, dice: &mut Dice, swaps: &mut Vec<(u32, u32)>) {
        let rack = dice.below(self.ground.racks);
        let per_row = self.ground.per_row;
        let s = state.at[rack as usize];
        let place = (s % per_row + dice.below(2 * REACH.0 + 1)).saturating_sub(REACH.0).min(per_row - 1);
        let t = s - s % per_row + place;
        if s < t {
            swaps.extend((s..t).map(|cell| (cell, cell + 1)));
        } else {
            swaps.extend((t..s).rev().map(|cell| (cell, cell + 1)));
        }
    }

    /// Two parts of rows, of equal length, change places.
    fn segments(&self, state: &State<'_>, dice: &mut Dice, swaps: &mut Vec<(u32, u32)>) {
        let per_row = self.ground.per_row;
        let length = 2 + dice.below(REACH.1 - 1);
        if length > per_row {
            return;
        }
        let rack = dice.below(self.ground.racks);
        let s = state.at[rack as usize];
        let t =
            if dice.below(2) == 0 { dice.below(self.ground.cells()) } else { self.near(state, rack, dice) };
        let start = |cell: u32, back: u32| {
            let place = (cell % per_row).saturating_sub(back).min(per_row - length);
            cell - cell % per_row + place
        };
        let (s, t) = (start(s, dice.below(length)), start(t, dice.below(length)));
        if s.abs_diff(t) >= length {
            swaps.extend((0..length).map(|at| (s + at, t + at)));
        }
    }

    /// Swaps of two cells for as long as one makes cables cheaper, or as cheap and shorter.
    fn polish(&self, mut state: State<'_>) -> Vec<u32> {
        let energies = self.ground.energies(COLD);
        if self.ground.racks > MOST_POLISHED {
            return state.at;
        }
        let mut better = true;
        while better && !(self.stop)() {
            better = false;
            for rack in 0..self.ground.racks {
                for cell in 0..self.ground.cells() {
                    let here = state.at[rack as usize];
                    let other = state.on[cell as usize];
                    // Each pair of racks once.
                    let seen = other != NONE && other <= rack;
                    if !seen && state.change(&energies, here, cell) < 0 {
                        state.swap(here, cell);
                        better = true;
                    }
                }
            }
        }
        state.at
    }
}

/// What is left of the first temperature: it halves in equal parts of the run, in straight lines between.
#[expect(clippy::cast_precision_loss, reason = "steps are few")]
fn cooled(step: u64, steps: u64) -> f64 {
    let progress = step * HALVINGS;
    let (whole, rest) = (progress / steps, progress % steps);
    (1.0 - 0.5 * (rest as f64 / steps as f64)) / (1_u64 << whole) as f64
}

/// Whether a rise of the energy is taken.
#[expect(clippy::cast_precision_loss, reason = "a rise need not be exact")]
fn above(temperature: f64, halvings: f64, change: i64) -> bool {
    change as f64 <= temperature * halvings * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_are_fair() {
        let mut dice = Dice(stream(1, "test", 0));
        let mut counts = [0; 5];
        let mut sum = 0.0;
        for _ in 0..10_000 {
            counts[dice.below(5) as usize] += 1;
            sum += dice.halvings();
        }
        assert!(counts.iter().all(|count| (1_800..2_200).contains(count)), "{counts:?}");
        // The mean of halvings is 1 / ln 2 of the true distribution, 1.5 with straight lines.
        assert!((sum / 10_000.0 - 1.5).abs() < 0.05, "{sum}");
    }

    #[test]
    fn it_cools() {
        assert!((cooled(0, 900) - 1.0).abs() < 1e-12);
        assert!((cooled(50, 900) - 0.75).abs() < 1e-12);
        assert!((cooled(100, 900) - 0.5).abs() < 1e-12);
        assert!((cooled(200, 900) - 0.25).abs() < 1e-12);
    }
}
