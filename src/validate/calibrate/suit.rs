//! Whether a topology can be of the machine that a log names.

use super::Measurement;
use super::device::product_of;
use crate::fabric::NodeKind;
use crate::units::Bandwidth;

/// Rates closer than this share of each other are taken for the same: topologies round.
const SAME: f64 = 0.1;

/// What to say where the accelerators that a log names have other links to those of their server than the topology says.
pub(super) fn doubt(measurement: &Measurement) -> Option<String> {
    let device = measurement.log.device.as_deref()?;
    // Cards have a bridge to one other at most.
    let (product, _) = product_of(device).filter(|(product, is_card)| product.links > 0 && !is_card)?;
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
        "{}: {} has links of {} GB/s to others of its server, but those of {} have {} GB/s: is the topology that \
         of the log?",
        measurement.id,
        product.name,
        sold.round(),
        fabric.name(),
        drawn.round(),
    ))
}

fn gigabytes(rate: Bandwidth) -> f64 {
    rate.bytes_per_sec() / 1e9
}
