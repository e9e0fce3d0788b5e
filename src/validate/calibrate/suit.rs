//! Whether a topology can be of the machine that a log names.

use super::Measurement;
use crate::fabric::NodeKind;
use crate::units::Bandwidth;
use crate::validate::system::{PRODUCTS, Product};

/// Rates closer than this share of each other are taken for the same: topologies round.
const SAME: f64 = 0.1;

/// What to say where the accelerators that a log names have other links to those of their server than the topology says.
pub(super) fn doubt(measurement: &Measurement) -> Option<String> {
    let device = measurement.log.device.as_deref()?;
    let product = product(device)?;
    let sold = f64::from(product.links) * product.link_gigabytes;
    let fabric = measurement.machine.fabric();
    let first = fabric.endpoints().iter().find(|node| fabric.node(**node).kind == NodeKind::Gpu)?;
    let inside = |kind| matches!(kind, NodeKind::Gpu | NodeKind::NvSwitch);
    let drawn: f64 = fabric
        .out_links(*first)
        .iter()
        .map(|link| fabric.link(*link))
        .filter(|link| inside(fabric.node(link.to).kind))
        .map(|link| f64::from(link.lanes) * gigabytes(link.bandwidth))
        .sum();
    // Without such links, the topology says nothing of them.
    if drawn <= 0.0 || (drawn / sold - 1.0).abs() <= SAME {
        return None;
    }
    Some(format!(
        "{}: {} has links of {sold} GB/s to others of its server, but those of {} have {drawn} GB/s: is the topology that \
         of the log?",
        measurement.id,
        product.name,
        fabric.name(),
    ))
}

/// The product that a device's own name tells, such as `NVIDIA H100 80GB HBM3`. Cards have a bridge to one other at most.
fn product(device: &str) -> Option<&'static Product> {
    let named = PRODUCTS.iter().filter(|product| device.contains(product.name) && !device.contains("PCIe"));
    // `GH200` is no `H200`.
    named.max_by_key(|product| product.name.len())
}

fn gigabytes(rate: Bandwidth) -> f64 {
    rate.bytes_per_sec() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_known_by_their_names() {
        let name = |device| product(device).map(|product| product.name);
        assert_eq!(name("NVIDIA H100 80GB HBM3"), Some("H100"));
        assert_eq!(name("NVIDIA A100-SXM4-80GB"), Some("A100"));
        assert_eq!(name("NVIDIA GH200 480GB"), Some("GH200"));
        assert_eq!(name("NVIDIA H200"), Some("H200"));
        assert_eq!(name("NVIDIA H20"), Some("H20"));
        assert_eq!(name("NVIDIA H100 PCIe"), None);
        assert_eq!(name("NVIDIA GeForce RTX 4090"), None);
    }
}
