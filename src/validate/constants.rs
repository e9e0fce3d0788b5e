//! Constants of built-in profiles fitted to measured runs: which of them runs tell, and fitting them.
//!
//! A constant belongs to a generation of hardware, a class of links or a library, never to a file. Channel counts and the
//! largest chunks of rings, trees and NVLS are the library's own figures and are not fitted.

use rayon::prelude::*;

use super::fit::{Options, fit};
use super::predict::{IMPOSSIBLE, Run};
use super::score::sums;
use crate::input::stack::builtin;
use crate::result::{PointPrediction, SizeBand};
use crate::stack::param::{self as p, Param};
use crate::stack::{self, Library, Profile};

/// What runs within servers of accelerators tell. LL128 serves sizes in the middle only, where its launch is not told apart
/// from its steps, so that one stays at the library's figure.
const SERVER: &[Param] = &[
    p::LAUNCH_LL,
    p::LAUNCH_SIMPLE,
    p::LAUNCH_SHARED,
    p::RING_LL,
    p::RING_LL128,
    p::RING_SIMPLE,
    p::PART_SCALEUP,
    p::PART_LL128,
    p::RATE_LL,
    p::RATE_LL_ALL,
    p::CHUNK_ROOTED,
];
/// What runs with sends and receives tell.
const SENDS: &[Param] = &[p::LAUNCH_P2P, p::LAUNCH_SHARED_P2P, p::PART_P2P];
/// What runs in reducing switches tell.
const SWITCHES: &[Param] = &[p::LAUNCH_NVLS, p::NVLS_STEP, p::RATE_NVLS, p::COST_NVLS];
/// What runs over PCIe tell.
const PCIE: &[Param] = &[p::PCIE_RING_LL, p::PCIE_RING_SIMPLE, p::PART_PCIE];
/// What runs across servers tell.
const NETWORK: &[Param] = &[
    p::TREE_LL,
    p::TREE_LL128,
    p::NET_RING_LL,
    p::NET_RING_LL128,
    p::NET_RING_SIMPLE,
    p::NET_TREE_LL,
    p::NET_TREE_LL128,
    p::NET_TREE_SIMPLE,
    p::EXTRA_EFA,
    p::EXTRA_SLINGSHOT,
    p::PART_NETWORK,
    p::PART_LL128_NET,
    p::RATE_LL_NET,
    p::RATE_TREE,
    p::CHUNK_TREE_LL,
    p::CHUNK_TREE_LL128,
];
/// What runs of MPI tell.
const MPI: &[Param] = &[
    p::MPI_LAUNCH,
    p::MPI_STEP,
    p::MPI_PARTNER,
    p::MPI_MESSAGE,
    p::MPI_COPY,
    p::MPI_PACK,
    p::MPI_PACKING,
    p::MPI_ASK,
    p::MPI_RATE,
    p::MPI_RATE_LARGE,
    p::MPI_REDUCE,
    p::MPI_REDUCE_LARGE,
];

/// Those of them that only sums tell.
const SUMS: &[Param] = &[p::MPI_REDUCE, p::MPI_REDUCE_LARGE];

/// The constants of a profile that runs may tell.
pub fn told_by_runs(profile: &Profile) -> Vec<Param> {
    let lists: &[&[Param]] = match profile.software {
        Library::Ideal => &[],
        Library::Mpi => &[MPI],
        Library::Nccl | Library::Rccl => &[SERVER, SENDS, SWITCHES, PCIE, NETWORK],
    };
    lists.iter().flat_map(|list| list.iter().copied()).collect()
}

/// A built-in profile before anything was fitted: constants that runs may tell are at what the library publishes of its
/// generation, or else at the model's defaults.
pub fn published(name: &str) -> Option<Profile> {
    let mut profile = builtin(name)?;
    for param in told_by_runs(&profile) {
        profile.set(param, param.spec().default);
    }
    if profile.software == Library::Nccl {
        for (param, value) in stack::published(profile.generation) {
            profile.set(param, value);
        }
    }
    Some(profile)
}

/// The constants of a built-in profile fitted, from what is published, to the runs that have it. `None` where there is no
/// such profile, or no run.
///
/// Where MPI only moves data in some runs and sums in others, messages are fitted to the former alone, and sums to the
/// latter after them: processors differ from machine to machine by more than a rate of sums can tell.
pub fn fit_profile(name: &str, runs: &[&Run], options: &Options) -> Option<Profile> {
    let start = published(name)?;
    // What adapters a run had decides its times, so guesses of them tell nothing.
    let guessed =
        |run: &Run| run.told.run.assumed.iter().any(|key| key == "nics_per_node" || key == "nic_gbps");
    let runs: Vec<&Run> =
        runs.iter().copied().filter(|run| run.told.run.profile == name && !guessed(run)).collect();
    if runs.is_empty() {
        return None;
    }
    let told = told_by_runs(&start);
    let (summing, moving): (Vec<&Run>, Vec<&Run>) =
        runs.iter().copied().partition(|run| sums(&run.told.run.collective));
    if start.software != Library::Mpi || summing.is_empty() || moving.is_empty() {
        return Some(fit_to(&start, &told, &runs, options));
    }
    let (of_sums, of_messages): (Vec<Param>, Vec<Param>) =
        told.into_iter().partition(|param| SUMS.contains(param));
    let messages = fit_to(&start, &of_messages, &moving, options);
    Some(fit_to(&messages, &of_sums, &summing, options))
}

/// A profile with some of its constants fitted to runs.
fn fit_to(start: &Profile, constants: &[Param], runs: &[&Run], options: &Options) -> Profile {
    let (mut measured, mut weights) = (Vec::new(), Vec::new());
    for run in runs {
        let points = &run.told.points;
        // Large sizes have as much weight together as all sizes of a file.
        let is_large = |point: &PointPrediction| SizeBand::of(point.bytes) == SizeBand::Large;
        let large = points.iter().filter(|point| is_large(point)).count();
        for point in points {
            measured.push(point.measured_us);
            let more = if is_large(point) { 1.0 / large as f64 } else { 0.0 };
            weights.push(1.0 / points.len() as f64 + more);
        }
    }
    // What no schedule can do was not measured.
    let bounds = runs.par_iter().map(|run| run.play(Some(start)).bounds).collect::<Vec<_>>().concat();
    for ((weight, time), bound) in weights.iter_mut().zip(&measured).zip(bounds) {
        if *time < IMPOSSIBLE * bound {
            *weight = 0.0;
        }
    }
    let predict = |profile: &Profile| -> Vec<f64> {
        runs.par_iter().map(|run| run.play(Some(profile)).times).collect::<Vec<_>>().concat()
    };
    let before = predict(start);
    // Constants that change nothing would only cost predictions.
    let free: Vec<Param> = constants
        .par_iter()
        .copied()
        .filter(|param| {
            let mut other = start.clone();
            let spec = param.spec();
            other.set(*param, (start.get(*param).max(0.01) * 1.3).clamp(spec.range.0, spec.range.1));
            predict(&other).iter().zip(&before).any(|(a, b)| (a - b).abs() > 1e-6 * b.abs())
        })
        .collect();
    fit(start, &free, &predict, &measured, &weights, options).profile
}
