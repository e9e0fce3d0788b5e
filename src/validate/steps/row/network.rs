//! What a row communicates over.

use crate::exchange::step_times::StepRow;
use crate::workload::{Accelerator, Network, Tier};

/// Bytes of a message that are data, on scale-up and scale-out links: see the design's table of link classes.
const PAYLOAD: (f64, f64) = (0.94, 0.98);

/// Gbit/s of an accelerator's share of the scale-out network, where a row does not tell.
const SCALE_OUT: f64 = 400.0;

/// The network: rates and the domain as told, or else as the accelerator is usually built.
pub(in crate::validate::steps) fn network(row: &StepRow, device: &Accelerator) -> Network {
    let up = row.number("scaleup_GBps_dir").map_or(device.scaleup, |rate| rate * 1e9);
    let out = row.number("scaleout_Gbps_per_gpu").unwrap_or(SCALE_OUT) * 1e9 / 8.0;
    let domain = row.count("gpus_per_scaleup").unwrap_or(device.domain);
    Network {
        scaleup: Tier { bandwidth: up * PAYLOAD.0, latency: 2e-6, launch: 1e-5 },
        scaleout: Tier { bandwidth: out * PAYLOAD.1, latency: 6e-6, launch: 1.5e-5 },
        domain: domain.max(1),
    }
}
