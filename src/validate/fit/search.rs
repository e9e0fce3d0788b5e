//! Search one constant at a time, for whole numbers, which have no slope.

use rayon::prelude::*;

use super::problem::{Problem, Spot};

/// Distances tried.
const WHOLE: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// Tries other values of one constant after the other, and keeps what is better. Tells whether anything moved.
pub(super) fn search(problem: &Problem<'_>, spot: &mut Spot, noise: f64) -> bool {
    let mut moved = false;
    for at in 0..problem.free.len() {
        let scale = &problem.scales[at];
        if !scale.whole {
            continue;
        }
        let value = scale.value(spot.at[at]);
        let around = WHOLE.iter().flat_map(|by| [value - by, value + by]);
        let places: Vec<f64> =
            around.filter(|value| *value >= 1.0).map(|value| scale.within(scale.place(value))).collect();
        let spots: Vec<Spot> = places
            .into_par_iter()
            .map(|place| {
                let mut to = spot.at.clone();
                to[at] = place;
                problem.spot(to)
            })
            .collect();
        let costs = spots.into_iter().map(|spot| (problem.cost(&spot, noise), spot));
        if let Some((least, best)) = costs.min_by(|a, b| a.0.total_cmp(&b.0)) {
            // A hair's breadth is no reason to leave the place that slopes found.
            if least < problem.cost(spot, noise) * (1.0 - 1e-4) {
                *spot = best;
                moved = true;
            }
        }
    }
    moved
}
