//! Servers whose GPUs are all linked to each other directly, as MI300X over xGMI.

use super::boxes::{
    NETWORK_LATENCY, NETWORK_LENGTH, NICS, PCIE_CLASS, PCIE_LATENCY, SERVERS, has_nics, join, media,
};
use super::limits::check_size;
use super::medium::{LATENCY, Medium};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Node, NodeKind};
use crate::ids::NodeId;

/// `full-mesh-box`.
pub(super) static FAMILY: Family = Family {
    name: "full-mesh-box",
    about: "servers whose GPUs are linked directly, each to each (MI300X), with an adapter for every GPU",
    params: &[
        SERVERS,
        Param::new("gpus_per_server", ParamKind::Count { min: 1, max: 1 << 12 }, "8", "GPUs of a server"),
        Param::new("bandwidth", ParamKind::Bandwidth, "64 GB/s", "rate between two GPUs, each direction"),
        Param::new("class", ParamKind::Class, "xgmi", "link class between GPUs"),
        LATENCY,
        NICS,
        Param::new(
            "pcie_bandwidth",
            ParamKind::Bandwidth,
            "64 GB/s",
            "raw rate of a PCIe link, each direction",
        ),
        PCIE_CLASS,
        PCIE_LATENCY,
        Param::new(
            "network_bandwidth",
            ParamKind::Bandwidth,
            "400 Gbps",
            "rate of an adapter, each direction",
        ),
        Param::new("network_class", ParamKind::Class, "roce", "link class of the network"),
        NETWORK_LATENCY,
        NETWORK_LENGTH,
    ],
    build,
    counts: None,
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let (servers, per_server) = (values.count("servers"), values.count("gpus_per_server"));
    let (s, g) = (u128::from(servers), u128::from(per_server));
    faults.extend(
        check_size(builder, "servers", s * 3 * g + 1, s * (g * g.saturating_sub(1) / 2 + 3 * g)).err(),
    );
    let mesh = Medium { length: None, ..Medium::ONLY }.cable(values, builder, &mut faults);
    let media = media(values, builder, &mut faults);
    let (Some(mesh), Some((pcie, network)), true) = (mesh, media, faults.is_empty()) else {
        return Err(faults);
    };

    let mut nics = Vec::new();
    for server in 0..servers {
        let node =
            |part: &str, i: u32, kind| Node::new(format!("host{server}/{part}{i}"), kind).in_server(server);
        let gpus: Vec<NodeId> =
            (0..per_server).map(|i| builder.add_node(node("gpu", i, NodeKind::Gpu).on_rail(i))).collect();
        for (i, from) in gpus.iter().enumerate() {
            for to in &gpus[i + 1..] {
                builder.add_cable(*from, *to, mesh.clone());
            }
        }
        if has_nics(values) {
            for (i, gpu) in (0u32..).zip(&gpus) {
                let switch = builder.add_node(node("pcie", i, NodeKind::PcieSwitch).on_rail(i));
                let nic = builder.add_node(node("nic", i, NodeKind::Nic).on_rail(i));
                builder.add_cable(*gpu, switch, pcie.clone());
                builder.add_cable(switch, nic, pcie.clone());
                nics.push(nic);
            }
        }
    }
    join(builder, servers, &nics, &network);
    Ok(())
}
