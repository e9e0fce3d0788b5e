//! One NVLink domain: every GPU linked to every NVSwitch chip, as in GB200 NVL72.

use super::hosts::{NVSWITCH_IN_NETWORK, nvswitch_in_network};
use super::limits::check_size;
use super::medium::{LATENCY, LENGTH, Medium};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Node, NodeKind};

/// `nvlink-domain`.
pub(super) static FAMILY: Family = Family {
    name: "nvlink-domain",
    about: "GPUs of one NVLink domain, their links spread evenly over all NVSwitch chips",
    params: &[
        Param::new("gpus", ParamKind::Count { min: 1, max: 1 << 20 }, "72", "number of GPUs"),
        Param::new("switches", ParamKind::Count { min: 1, max: 1 << 20 }, "18", "number of NVSwitch chips"),
        Param::optional(
            "links_per_gpu",
            ParamKind::Count { min: 1, max: 1 << 20 },
            "NVLinks of a GPU, a multiple of `switches`; one to each where left out",
        ),
        Param::new("bandwidth", ParamKind::Bandwidth, "50 GB/s", "rate of one NVLink, each direction"),
        Param::new("class", ParamKind::Class, "nvlink", "link class of the NVLinks"),
        LATENCY,
        LENGTH,
        NVSWITCH_IN_NETWORK,
    ],
    build,
    counts: None,
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let (gpus, switches) = (values.count("gpus"), values.count("switches"));
    let links = values.optional_count("links_per_gpu").unwrap_or(switches);
    if switches == 0 || links == 0 || !links.is_multiple_of(switches) {
        let message = format!("{links} links a GPU cannot be spread evenly over {switches} switches");
        faults.push(Fault::new("links_per_gpu", message));
    }
    let (g, s) = (u128::from(gpus), u128::from(switches));
    faults.extend(check_size(builder, "gpus", g + s, g * s).err());
    let cable = Medium::ONLY.cable(values, builder, &mut faults);
    let (Some(cable), true) = (cable, faults.is_empty()) else { return Err(faults) };
    let cable = cable.lanes(links / switches);
    let gpus: Vec<_> = (0..gpus)
        .map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).in_server(0)))
        .collect();
    let in_network = nvswitch_in_network(values);
    let switch = |i| Node::new(format!("nvswitch{i}"), NodeKind::NvSwitch).in_server(0).working(in_network);
    let switches: Vec<_> = (0..switches).map(|i| builder.add_node(switch(i))).collect();
    for gpu in gpus {
        for switch in &switches {
            builder.add_cable(gpu, *switch, cable.clone());
        }
    }
    Ok(())
}
