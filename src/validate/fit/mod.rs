//! Constants of a profile fitted to measured times.
//!
//! Least squares on logarithms of predicted over measured time, with Huber's loss so that a few disturbed points do not
//! matter, and a weak pull of every constant to its start, in factors, so that constants of which the points say nothing
//! stay where they were. Slopes are differences of predictions, found in parallel; steps are Levenberg's and
//! Marquardt's and taken only downhill, since what a library chooses makes times jump. What comes out does not depend
//! on threads.

mod cholesky;
#[cfg(test)]
pub(in crate::validate) use cholesky::Cholesky;
mod confidence;
mod descend;
mod problem;
mod scale;
mod search;

use confidence::confidence;
use descend::{Descent, descend};
use problem::Problem;
use scale::Scale;
use search::search;

use crate::stack::Profile;
use crate::stack::param::Param;

/// Predicts the time of every point in microseconds from a profile.
pub type Predict<'a> = &'a (dyn Fn(&Profile) -> Vec<f64> + Sync);

/// How to fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// How far a constant is expected from its start: the standard deviation of the logarithm of the factor. Larger
    /// values trust the start less.
    pub prior: f64,
    /// The least and the most that logarithms of predicted over measured are taken to scatter.
    pub noise: (f64, f64),
    /// The most rounds; each sees what every constant does, and so costs a prediction for each of them and some more.
    pub rounds: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { prior: 0.5, noise: (0.003, 0.2), rounds: 30 }
    }
}

/// Whether the points say what a constant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// They do: less than half of the uncertainty of the start is left.
    Determined,
    /// They depend on it, but as well on others, named here with the nearest first: a change of one undoes that of
    /// the others.
    Mixed(Vec<Param>),
    /// They depend on it too little.
    Faint,
    /// They do not depend on it at all.
    Unseen,
    /// It counts something: the best of the whole numbers tried, which has no error.
    Searched,
}

impl Standing {
    /// The name in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Determined => "determined",
            Self::Mixed(_) => "mixed",
            Self::Faint => "faint",
            Self::Unseen => "unseen",
            Self::Searched => "searched",
        }
    }
}

/// A constant that was free.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// Which.
    pub param: Param,
    /// Where it started.
    pub start: f64,
    /// Where it ended.
    pub value: f64,
    /// Its standard error, in its own unit; that of the pull where nothing is known of it. `None` for whole numbers.
    pub error: Option<f64>,
    /// Where it is with 95 % confidence; `None` where it is not determined.
    pub interval: Option<(f64, f64)>,
    /// Whether it ended at the least or the most that makes sense.
    pub at_limit: bool,
    /// Whether it is determined.
    pub standing: Standing,
}

/// Two constants that the points hardly tell apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// One.
    pub a: Param,
    /// The other.
    pub b: Param,
    /// The correlation of their errors, between -1 and 1: negative where their sum is known better than each.
    pub correlation: f64,
}

/// What a fit found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The start with the fitted constants.
    pub profile: Profile,
    /// The constants that were free, in the order given.
    pub constants: Vec<Constant>,
    /// Constants that are hardly told apart.
    pub pairs: Vec<Pair>,
    /// Predictions of the start, in microseconds.
    pub before: Vec<f64>,
    /// Predictions of the fitted profile, in microseconds.
    pub after: Vec<f64>,
    /// The scatter of logarithms of predicted over measured, outliers cut.
    pub noise: f64,
    /// Points less what the constants took.
    pub freedom: f64,
    /// By how much variances were widened because residuals of neighbouring points go together; 1 where they do not.
    pub widening: f64,
    /// Rounds taken.
    pub rounds: usize,
    /// Whether nothing was left to gain when it ended.
    pub settled: bool,
}

/// Fits the constants in `free` of `start` so that `predict` comes near the `measured` times in microseconds, of which each
/// counts by its weight against the others (1 where there is none).
///
/// Points without a positive measured time, a positive weight or a prediction from the start are left out. Neighbouring
/// points should be of neighbouring sizes: how far their errors go together widens intervals.
pub fn fit(
    start: &Profile,
    free: &[Param],
    predict: Predict<'_>,
    measured: &[f64],
    weights: &[f64],
    options: &Options,
) -> Fit {
    let before = predict(start);
    let positive = |value: f64| value > 0.0 && value.is_finite();
    let weigh = |(at, time): (usize, &f64)| {
        let weight = weights.get(at).copied().unwrap_or(1.0);
        let counts = positive(weight) && positive(*time) && before.get(at).is_some_and(|t| positive(*t));
        if counts { weight } else { 0.0 }
    };
    let mut weights: Vec<f64> = measured.iter().enumerate().map(weigh).collect();
    let counted = weights.iter().filter(|weight| **weight > 0.0).count();
    let mean = weights.iter().sum::<f64>() / counted.max(1) as f64;
    if mean > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= mean);
    }
    let scales = free.iter().map(|param| Scale::new(*param, start.get(*param))).collect();
    let problem = Problem { start, free, scales, predict, measured, weights, options };
    let descent = go(&problem, before.clone());
    let known = confidence(&problem, &descent);
    Fit {
        profile: problem.profile(&descent.spot.at),
        constants: known.constants,
        pairs: known.pairs,
        before,
        after: descent.spot.predicted,
        noise: descent.noise,
        freedom: known.freedom,
        widening: known.widening,
        rounds: descent.rounds,
        settled: descent.settled,
    }
}

/// Goes down, searches what has no slope, and goes down again from what that found.
fn go(problem: &Problem<'_>, before: Vec<f64>) -> Descent {
    let options = problem.options;
    let mut descent =
        descend(problem, problem.spot_of(vec![0.0; problem.free.len()], before), options.rounds);
    while search(problem, &mut descent.spot, descent.noise) {
        let rounds = descent.rounds;
        let left = options.rounds.saturating_sub(rounds);
        descent = descend(problem, descent.spot, left);
        descent.rounds += rounds;
        if left == 0 {
            break;
        }
    }
    descent
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::rng::stream;
    use crate::stack::param::{
        CHANNELS, EXTRA_ROCE, LAUNCH_LL, LAUNCH_SIMPLE, PART_NETWORK, PART_SCALEUP, RING_LL, RING_SIMPLE,
    };
    use crate::stack::{Generation, Library};

    fn start() -> Profile {
        Profile::new("start", Library::Nccl, Generation::Hopper)
    }

    fn sizes() -> Vec<f64> {
        (0..24).map(|power| 1024.0 * 2f64.powi(power)).collect()
    }

    /// A ring of eight as a formula: LL up to 64 KiB.
    fn ring(profile: &Profile) -> Vec<f64> {
        let get = |param| profile.get(param);
        let time = |bytes: f64| {
            let moved = 1.75 * bytes / 450e3 / get(PART_SCALEUP);
            if bytes <= 65536.0 {
                get(LAUNCH_LL) + 14.0 * get(RING_LL) + 2.0 * moved
            } else {
                get(LAUNCH_SIMPLE) + 14.0 * get(RING_SIMPLE) + moved
            }
        };
        sizes().into_iter().map(time).collect()
    }

    fn noisy(times: &[f64], spread: f64, seed: u64) -> Vec<f64> {
        let mut random = stream(seed, "noise", 0);
        // Twelve even numbers come near enough to normal.
        let mut normal = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        times.iter().map(|time| time * (spread * normal()).exp()).collect()
    }

    const FREE: [Param; 6] = [LAUNCH_LL, RING_LL, LAUNCH_SIMPLE, RING_SIMPLE, PART_SCALEUP, PART_NETWORK];

    fn constant(fit: &Fit, param: Param) -> &Constant {
        fit.constants.iter().find(|constant| constant.param == param).unwrap()
    }

    #[test]
    fn finds_what_is_told_and_leaves_what_is_not() {
        let mut truth = start();
        truth.set(PART_SCALEUP, 0.6);
        truth.set(RING_SIMPLE, 5.0);
        let measured = noisy(&ring(&truth), 0.02, 1);
        let fit = fit(&start(), &FREE, &ring, &measured, &[], &Options::default());
        assert!(fit.settled);
        let part = constant(&fit, PART_SCALEUP);
        assert_eq!(part.standing, Standing::Determined);
        let (low, high) = part.interval.unwrap();
        assert!(low < 0.6 && 0.6 < high && high - low < 0.05, "{low} to {high}");
        // A launch and its steps only ever show together.
        let step = constant(&fit, RING_LL);
        assert!(matches!(&step.standing, Standing::Mixed(with) if with[0] == LAUNCH_LL), "{step:?}");
        let both = |p: &Profile| p.get(LAUNCH_LL) + 14.0 * p.get(RING_LL);
        assert!((both(&fit.profile) / both(&truth) - 1.0).abs() < 0.02);
        let both = |p: &Profile| p.get(LAUNCH_SIMPLE) + 14.0 * p.get(RING_SIMPLE);
        assert!((both(&fit.profile) / both(&truth) - 1.0).abs() < 0.02);
        let network = constant(&fit, PART_NETWORK);
        assert_eq!((network.value.to_bits(), &network.standing), (0.95f64.to_bits(), &Standing::Unseen));
        let off = |predicted: &[f64]| {
            let off = predicted.iter().zip(&measured).map(|(there, here)| (there / here - 1.0).abs());
            off.sum::<f64>() / measured.len() as f64
        };
        let (before, after) = (off(&fit.before), off(&fit.after));
        assert!(before > 0.1 && after < 0.025, "{before} {after}");
        assert!((0.01..0.03).contains(&fit.noise), "{}", fit.noise);
    }

    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        let mut truth = start();
        truth.set(PART_SCALEUP, 0.7);
        let mut held = 0;
        for seed in 0..200 {
            let measured = noisy(&ring(&truth), 0.02, seed);
            let fit = fit(&start(), &FREE, &ring, &measured, &[], &Options::default());
            let (low, high) = constant(&fit, PART_SCALEUP).interval.unwrap();
            held += i32::from(low <= 0.7 && 0.7 <= high);
        }
        // Of 200 at 95 %: 190 are expected, with a deviation of 3.
        assert!((180..=199).contains(&held), "{held}");
    }

    #[test]
    fn outliers_and_left_out_points_do_not_matter() {
        let mut truth = start();
        truth.set(PART_SCALEUP, 0.6);
        let mut measured = noisy(&ring(&truth), 0.01, 3);
        measured[20] *= 3.0;
        measured[22] = f64::NAN;
        let mut weights = vec![1.0; 24];
        weights[23] = 0.0;
        measured[23] *= 10.0;
        let fit = fit(&start(), &FREE, &ring, &measured, &weights, &Options::default());
        assert!((fit.profile.get(PART_SCALEUP) - 0.6).abs() < 0.02, "{}", fit.profile.get(PART_SCALEUP));
        (measured[22], measured[23]) = (-1.0, measured[23] * 7.0);
        let other = super::fit(&start(), &FREE, &ring, &measured, &weights, &Options::default());
        assert_eq!(other, fit);
    }

    #[test]
    fn values_stay_in_range_and_say_so() {
        let mut fast = start();
        fast.set(PART_SCALEUP, 2.0);
        let fit = fit(&start(), &[PART_SCALEUP], &ring, &ring(&fast), &[], &Options::default());
        let part = constant(&fit, PART_SCALEUP);
        assert!((part.value - 1.0).abs() < 1e-9 && part.at_limit, "{part:?}");
    }

    #[test]
    fn whole_numbers_are_searched() {
        let channels = |profile: &Profile| -> Vec<f64> {
            let moved = profile.get(CHANNELS).min(20.0) * 20e3;
            sizes().iter().map(|bytes| profile.get(LAUNCH_LL) + bytes / moved).collect()
        };
        let mut truth = start();
        truth.set(CHANNELS, 15.0);
        let found = fit(&start(), &[CHANNELS], &channels, &channels(&truth), &[], &Options::default());
        let constant = &found.constants[0];
        assert_eq!((constant.value.to_bits(), &constant.standing), (15f64.to_bits(), &Standing::Searched));
    }

    #[test]
    fn times_that_start_at_zero_can_grow() {
        let model = |profile: &Profile| -> Vec<f64> {
            sizes().iter().map(|bytes| 20.0 + 2.0 * profile.get(EXTRA_ROCE) + bytes / 4e5).collect()
        };
        let mut truth = start();
        truth.set(EXTRA_ROCE, 6.0);
        let measured = noisy(&model(&truth), 0.01, 5);
        let fit = fit(&start(), &[EXTRA_ROCE], &model, &measured, &[], &Options::default());
        let (low, high) = constant(&fit, EXTRA_ROCE).interval.unwrap();
        assert!(low < 6.0 && 6.0 < high && high - low < 1.0, "{low} to {high}");
    }

    #[test]
    fn threads_change_nothing() {
        let mut truth = start();
        truth.set(PART_SCALEUP, 0.6);
        let measured = noisy(&ring(&truth), 0.05, 7);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit(&start(), &FREE, &ring, &measured, &[], &Options::default()))
        };
        assert_eq!(with(1), with(4));
    }

    #[test]
    fn nothing_free_or_nothing_measured_is_the_start() {
        let none = fit(&start(), &[], &ring, &ring(&start()), &[], &Options::default());
        assert_eq!((none.profile, none.constants.len()), (start(), 0));
        let blind = fit(&start(), &FREE, &ring, &[], &[], &Options::default());
        assert_eq!(blind.profile, start());
        assert!(blind.constants.iter().all(|constant| constant.standing == Standing::Unseen));
    }
}
