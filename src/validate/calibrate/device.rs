//! Which profile to start from where none is named.

use super::{Machine, Measurement};
use crate::stack::Profile;
use crate::validate::system::{Product, product};

/// The profile of the first scenario that has one, else the built-in one of the first device that a log
/// names and that is a known product.
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
        devices.find_map(product_of).map(|(product, is_card)| product.profile(is_card).0)
    };
    match own {
        Some(stack) => Some(stack.profile.clone()),
        None => of_device().and_then(builtin),
    }
}

/// The product of a device that calls itself so, and whether it is a card: that whose name is one of its words, or two
/// that follow each other (`NVIDIA GeForce RTX 4090`).
pub(super) fn product_of(device: &str) -> Option<(&'static Product, bool)> {
    let words: Vec<&str> =
        device.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let pairs = words.windows(2).map(<[&str]>::concat);
    let mut names = words.iter().map(|word| (*word).to_owned()).chain(pairs);
    let product = names.find_map(|name| product(&name))?;
    let is_card = words.iter().any(|word| word.eq_ignore_ascii_case("pcie"));
    Some((product, is_card))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_products_by_whole_words() {
        for (device, profile) in [
            ("Tesla V100-SXM2-16GB", Some("nccl-volta")),
            ("NVIDIA A100-SXM4-80GB", Some("nccl-ampere")),
            ("NVIDIA H100 80GB HBM3", Some("nccl-hopper")),
            ("NVIDIA H100 PCIe", Some("nccl-pcie")),
            ("A100-PCIE-40GB", Some("nccl-pcie")),
            ("NVIDIA H20-3e", Some("nccl-hopper")),
            ("NVIDIA GH200 480GB", Some("nccl-hopper")),
            ("NVIDIA GB200", Some("nccl-blackwell")),
            ("NVIDIA GeForce RTX 4090", Some("nccl-pcie")),
            ("AMD Instinct MI300X OAM", Some("rccl-mi300x")),
            ("NVIDIA RTX A6000", None),
            ("NVIDIA H2000", None),
            ("", None),
        ] {
            let found = product_of(device).map(|(product, is_card)| product.profile(is_card).0);
            assert_eq!(found, profile, "{device}");
        }
    }
}
