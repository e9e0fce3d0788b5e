//! Link classes and rates of measured systems.

use crate::fabric::{FlowControl, LinkClass, Routing};
use crate::units::{Bandwidth, Time};

/// Names of `net` with the class of their links.
pub(super) const NETS: [&str; 7] = ["infiniband", "roce", "efa", "tcpx", "slingshot", "tofud", "omnipath"];

/// The class between an accelerator and the processor on its module.
pub(super) const CHIP_TO_CHIP: &str = "c2c";
/// The class between a process and the memory of its host.
pub(super) const MEMORY: &str = "memory";

/// A switch of InfiniBand from port to port (NVIDIA QM8700 data sheet: 130 ns) with a few metres of cable.
const SWITCH_NANOSECONDS: u64 = 150;

/// Rate of one socket's memory, in GB/s: eight channels of DDR4-3200.
pub(super) const MEMORY_GIGABYTES: f64 = 204.8;
/// Rate each way between an accelerator and its Grace processor, in GB/s.
pub(super) const CHIP_TO_CHIP_GIGABYTES: f64 = 450.0;
/// Rate each way between the two processors of a DGX-1, in GB/s.
pub(super) const SOCKETS_GIGABYTES: f64 = 38.4;

/// The built-in classes and those of further networks.
///
/// Networks that the built-in classes do not know take the nearest one's figures where nothing is published. All of them
/// spread a rank's traffic evenly over its ports and over equal ways, as libraries do with their channels and queue pairs:
/// single flows of these runs are not known, so collisions of hashes are not either.
///
/// The built-in latency of InfiniBand is for sends from accelerators, what adapters add at both ends spread over the hops.
/// What adapters add to sends from `host` memory is in the constants of MPI, so that a hop is a switch and its cable there.
pub(super) fn classes(host: bool) -> Vec<LinkClass> {
    let mut classes = LinkClass::builtin();
    for class in classes.iter_mut().filter(|class| host && class.name == "infiniband") {
        class.latency = Time::from_ps(SWITCH_NANOSECONDS * 1_000);
    }
    let like = |name: &str, other: &str| {
        let mut class = LinkClass::builtin().into_iter().find(|class| class.name == other);
        if let Some(class) = &mut class {
            name.clone_into(&mut class.name);
        }
        class
    };
    let nanoseconds = |ns: u64| Time::from_ps(ns * 1_000);
    let more = [
        like("efa", "roce").map(|class| LinkClass { flow_control: FlowControl::Drop, ..class }),
        like("tcpx", "ethernet"),
        like("slingshot", "roce").map(|class| LinkClass { latency: nanoseconds(350), ..class }),
        like("tofud", "ici").map(|class| LinkClass {
            latency: nanoseconds(100),
            efficiency: 6.35 / 6.8,
            cost: 64,
            ..class
        }),
        like("omnipath", "infiniband"),
        like(CHIP_TO_CHIP, "nvlink"),
        like(MEMORY, "ideal").map(|class| LinkClass { cost: 1, ..class }),
    ];
    classes.extend(more.into_iter().flatten());
    for class in &mut classes {
        if class.routing == Routing::Ecmp {
            class.routing = Routing::Spray;
        }
    }
    classes
}

/// A rate given in GB/s.
pub(super) fn gigabytes(rate: f64) -> Bandwidth {
    gbps(rate * 8.0)
}

/// A rate given in Gbps.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "headers hold rates from above 0 to 10^6"
)]
pub(super) fn gbps(rate: f64) -> Bandwidth {
    Bandwidth((rate * 1e9).round().max(1.0) as u64)
}
