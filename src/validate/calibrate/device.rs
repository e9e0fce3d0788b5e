//! Which profile to start from where none is named.

use super::{Machine, Measurement};
use crate::stack::Profile;

/// Parts of the names that devices call themselves, and the built-in profile of each.
const DEVICES: [(&str, &str); 12] = [
    ("V100", "nccl-volta"),
    ("A100", "nccl-ampere"),
    ("H100", "nccl-hopper"),
    ("H200", "nccl-hopper"),
    ("H800", "nccl-hopper"),
    ("H20", "nccl-hopper"),
    ("B200", "nccl-blackwell"),
    ("B300", "nccl-blackwell"),
    ("RTX", "nccl-pcie"),
    ("MI300", "rccl-mi300x"),
    ("MI325", "rccl-mi300x"),
    ("MI355", "rccl-mi300x"),
];

/// The profile of the first scenario that has one, else the built-in one of the first device that a log names.
pub fn default_profile(
    measurements: &[Measurement],
    builtin: &dyn Fn(&str) -> Option<Profile>,
) -> Option<Profile> {
    let own = measurements.iter().find_map(|measurement| match &measurement.machine {
        Machine::Scenario(scenario) => scenario.stack.as_ref(),
        Machine::Fabric(_) => None,
    });
    let of_device = || {
        let mut devices = measurements.iter().filter_map(|measurement| measurement.log.device.as_deref());
        devices.find_map(|device| DEVICES.iter().find(|(part, _)| device.contains(part)))
    };
    match own {
        Some(stack) => Some(stack.profile.clone()),
        None => of_device().and_then(|(_, profile)| builtin(profile)),
    }
}
