//! A user's own profile, fitted to logs of nccl-tests on the user's own machine.
//!
//! Each log is simulated on the fabric it was measured on, as the library would run it, and the constants that its times
//! depend on are fitted to it ([`mod@super::fit`]). `docs/calibrate.md` tells how it is used and what the result means.

mod device;
mod error;
mod free;
mod model;
mod place;
mod suit;
mod tell;

pub use device::default_profile;
pub use error::CalibrateError;
pub use free::constant;
pub use place::Machine;

use free::free;
use model::Model;

use super::fit::{self, fit};
use crate::exchange::nccl_tests::Log;
use crate::result::Calibration;
use crate::run;
use crate::stack::param::Param;
use crate::stack::{Library, Profile, Stack, Version};

/// A log and what it was measured on.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// Its file's name without extension.
    pub id: String,
    /// The log.
    pub log: Log,
    /// The machine.
    pub machine: Machine,
}

/// How to calibrate.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The name of the fitted profile.
    pub name: String,
    /// The release of the library, whatever the logs say.
    pub version: Option<Version>,
    /// Whether one process drives all accelerators of its server, whatever scenarios and logs say.
    pub shared_process: Option<bool>,
    /// The constants that are free; those that matter where `None`.
    pub free: Option<Vec<Param>>,
    /// Constants that are not.
    pub fixed: Vec<Param>,
    /// Threads; all cores where `None`. What comes out is the same.
    pub threads: Option<usize>,
    /// Bytes of memory that a simulation may need.
    pub max_memory: Option<u64>,
    /// How to fit.
    pub fit: fit::Options,
}

impl Settings {
    /// What ran a log: a scenario's own stack, over which stand what the log prints and what is set here.
    fn stack(&self, start: &Profile, measurement: &Measurement) -> Stack {
        let mut stack = match &measurement.machine {
            Machine::Scenario(scenario) => scenario.stack.clone(),
            Machine::Fabric(_) => None,
        }
        .unwrap_or_else(|| Stack::new(start.clone()));
        stack.profile = start.clone();
        if let Some(printed) = measurement.log.release.as_deref().and_then(Version::parse) {
            stack.version = printed;
        }
        if let Some(count) = measurement.log.per_process {
            stack.shared_process = count > 1;
        }
        stack.version = self.version.unwrap_or(stack.version);
        stack.shared_process = self.shared_process.unwrap_or(stack.shared_process);
        stack
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// The fitted profile.
    pub profile: Profile,
    /// What was fitted, how well, and what is known of it.
    pub calibration: Calibration,
}

/// Fits constants of `start` to logs.
///
/// # Errors
/// Where a log does not fit its machine, cannot be simulated, or says nothing of any constant that is free; or `watch`
/// says stop.
pub fn calibrate(
    start: &Profile,
    measurements: &[Measurement],
    settings: &Settings,
    watch: &dyn run::Watch,
) -> Result<Calibrated, CalibrateError> {
    let threads = run::threads(settings.threads).map_err(|message| CalibrateError::Threads { message })?;
    threads.install(|| calibrate_here(start, measurements, settings, watch))
}

fn calibrate_here(
    start: &Profile,
    measurements: &[Measurement],
    settings: &Settings,
    watch: &dyn run::Watch,
) -> Result<Calibrated, CalibrateError> {
    if start.software == Library::Ideal {
        return Err(CalibrateError::NoConstants { profile: start.name.clone() });
    }
    let (model, sights) = Model::new(start, measurements, settings, watch)?;
    let before = model.told(start)?;
    let before: Vec<f64> = before.into_iter().map(|told| told.us).collect();
    let free = free(start, &before, &model, settings.free.as_deref(), &settings.fixed)?;
    let measured: Vec<f64> =
        measurements.iter().flat_map(|m| m.log.points.iter().map(|point| point.time_us)).collect();
    let predict = |profile: &Profile| model.times(profile);
    let mut found = fit(start, &free, &predict, &measured, &[], &settings.fit);
    if watch.stop() {
        return Err(CalibrateError::Cancelled);
    }
    tell::round(&mut found);
    let told = model.told(&found.profile)?;
    tell::name(&mut found.profile, start, &settings.name, measurements);
    let calibration = tell::calibration(start, measurements, &sights, &found, &told);
    Ok(Calibrated { profile: found.profile, calibration })
}
