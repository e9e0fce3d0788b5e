//! The eight-GPU hybrid cube mesh of DGX-1.
//!
//! Sixteen pairs of GPUs are linked: the twelve edges of a cube and the diagonals of two faces. With V100,
//! half of the pairs have two NVLinks, so that each GPU uses all six of its own ("NVIDIA DGX-1 With Tesla
//! V100 System Architecture", WP-08437).

use super::boxes::{
    NETWORK_LATENCY, NETWORK_LENGTH, NICS, PCIE_CLASS, PCIE_LATENCY, SERVERS, has_nics, join, media,
};
use super::limits::check_size;
use super::medium::{LATENCY, Medium};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Node, NodeKind};
use crate::ids::NodeId;

/// Linked pairs of GPUs with their NVLinks on V100.
pub const PAIRS: [(usize, usize, u32); 16] = [
    (0, 1, 1),
    (0, 2, 1),
    (0, 3, 2),
    (0, 4, 2),
    (1, 2, 2),
    (1, 3, 1),
    (1, 5, 2),
    (2, 3, 2),
    (2, 6, 1),
    (3, 7, 1),
    (4, 5, 1),
    (4, 6, 1),
    (4, 7, 2),
    (5, 6, 2),
    (5, 7, 1),
    (6, 7, 2),
];

/// `hybrid-cube-mesh`.
pub(super) static FAMILY: Family = Family {
    name: "hybrid-cube-mesh",
    about: "DGX-1: eight GPUs in a hybrid cube mesh of NVLinks, four PCIe switches, two CPUs, four adapters",
    params: &[
        SERVERS,
        Param::new("bandwidth", ParamKind::Bandwidth, "25 GB/s", "rate of one NVLink, each direction"),
        Param::new("class", ParamKind::Class, "nvlink", "link class of the NVLinks"),
        LATENCY,
        Param::new(
            "doubled",
            ParamKind::Flag,
            "true",
            "whether half of the pairs have two NVLinks (V100); P100 has none",
        ),
        Param::new("gpu_relay", ParamKind::Flag, "false", "whether GPUs pass on traffic of others"),
        Param::new(
            "pcie_bandwidth",
            ParamKind::Bandwidth,
            "16 GB/s",
            "raw rate of a PCIe link, each direction",
        ),
        PCIE_CLASS,
        PCIE_LATENCY,
        Param::new(
            "cpu_bandwidth",
            ParamKind::Bandwidth,
            "38.4 GB/s",
            "rate between the CPUs, each direction",
        ),
        NICS,
        Param::new(
            "network_bandwidth",
            ParamKind::Bandwidth,
            "100 Gbps",
            "rate of an adapter, each direction",
        ),
        Param::new("network_class", ParamKind::Class, "infiniband", "link class of the network"),
        NETWORK_LATENCY,
        NETWORK_LENGTH,
    ],
    build,
    counts: None,
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let servers = values.count("servers");
    let s = u128::from(servers);
    faults.extend(check_size(builder, "servers", s * 18 + 1, s * 37).err());
    let nvlink = Medium { length: None, ..Medium::ONLY }.cable(values, builder, &mut faults);
    let media = media(values, builder, &mut faults);
    if values.bandwidth("cpu_bandwidth").bits_per_sec() == 0 {
        faults.push(Fault::new("cpu_bandwidth", "a bandwidth of zero carries nothing"));
    }
    let (Some(nvlink), Some((pcie, network)), true) = (nvlink, media, faults.is_empty()) else {
        return Err(faults);
    };
    let (relay, doubled) = (values.flag("gpu_relay"), values.flag("doubled"));
    let mut sockets = pcie.clone();
    sockets.bandwidth = values.bandwidth("cpu_bandwidth");
    sockets.reverse_bandwidth = sockets.bandwidth;

    let mut nics = Vec::new();
    for server in 0..servers {
        let node =
            |part: &str, i: usize, kind| Node::new(format!("host{server}/{part}{i}"), kind).in_server(server);
        let gpus: Vec<NodeId> = (0..8)
            .map(|i| {
                let gpu = node("gpu", i, NodeKind::Gpu);
                builder.add_node(if relay { gpu.forwarding() } else { gpu })
            })
            .collect();
        for (a, b, lanes) in PAIRS {
            builder.add_cable(gpus[a], gpus[b], nvlink.clone().lanes(if doubled { lanes } else { 1 }));
        }
        let cpus = [0, 1].map(|i| builder.add_node(node("cpu", i, NodeKind::Cpu)));
        builder.add_cable(cpus[0], cpus[1], sockets.clone());
        for (i, pair) in gpus.chunks(2).enumerate() {
            let switch = builder.add_node(node("pcie", i, NodeKind::PcieSwitch));
            for gpu in pair {
                builder.add_cable(*gpu, switch, pcie.clone());
            }
            builder.add_cable(switch, cpus[i / 2], pcie.clone());
            if has_nics(values) {
                let nic = builder.add_node(node("nic", i, NodeKind::Nic));
                builder.add_cable(switch, nic, pcie.clone());
                nics.push(nic);
            }
        }
    }
    join(builder, servers, &nics, &network);
    Ok(())
}
