//! Links between the accelerators of a scale-up domain.

use super::media::{CHIP_TO_CHIP, CHIP_TO_CHIP_GIGABYTES, gigabytes};
use super::product::{NvLink, Product};
use crate::fabric::template::HYBRID_CUBE_MESH;
use crate::fabric::{Builder, Cable, InNetwork, Node, NodeKind};
use crate::ids::NodeId;

/// How the accelerators of a domain are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaleup {
    /// Through NVSwitches of that generation of NVLink.
    NvSwitch {
        /// Generation of NVLink.
        generation: NvLink,
    },
    /// Each pair directly over NVLink.
    NvLinkMesh {
        /// Generation of NVLink.
        generation: NvLink,
    },
    /// The hybrid cube mesh of DGX-1.
    CubeMesh,
    /// Each accelerator to the processor of its module.
    ChipToChip,
    /// Each pair directly over xGMI.
    XgmiMesh,
    /// Over PCIe and the processor.
    Pcie,
    /// Not at all.
    Alone,
}

/// Accelerators on a board whose links all go to each other.
const NVLINK_MESH_BOARD: u32 = 4;
/// Accelerators of a hybrid cube mesh, and of an xGMI board.
const EIGHT: u32 = 8;

impl Scaleup {
    /// All, with their names in headers.
    pub const NAMES: [(&'static str, Self); 11] = [
        ("nvlink2-cube-mesh", Self::CubeMesh),
        ("nvlink2-nvswitch", Self::NvSwitch { generation: NvLink::Two }),
        ("nvlink3-mesh", Self::NvLinkMesh { generation: NvLink::Three }),
        ("nvlink3-nvswitch", Self::NvSwitch { generation: NvLink::Three }),
        ("nvlink4-mesh", Self::NvLinkMesh { generation: NvLink::Four }),
        ("nvlink4-nvswitch", Self::NvSwitch { generation: NvLink::Four }),
        ("nvlink5-nvswitch", Self::NvSwitch { generation: NvLink::Five }),
        ("nvlink-c2c", Self::ChipToChip),
        ("xgmi-mesh", Self::XgmiMesh),
        ("pcie", Self::Pcie),
        ("none", Self::Alone),
    ];

    /// The name in headers.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("none", |(name, _)| name)
    }

    /// What an accelerator has in the server in which it is sold, with so many of them in a node: the default where a
    /// header does not say.
    pub(super) fn of_product(product: &Product, per_node: u32) -> Option<Self> {
        match product.nvlink {
            None if product.links == 0 => Some(Self::Pcie),
            None => Some(Self::XgmiMesh),
            _ if per_node == 1 && product.rack.is_none() => Some(Self::Alone),
            Some(NvLink::Two) if per_node == EIGHT => Some(Self::CubeMesh),
            Some(NvLink::Two) if per_node == 2 * EIGHT => Some(Self::NvSwitch { generation: NvLink::Two }),
            Some(generation @ (NvLink::Three | NvLink::Four)) if per_node == NVLINK_MESH_BOARD => {
                Some(Self::NvLinkMesh { generation })
            }
            Some(generation @ (NvLink::Three | NvLink::Four)) if product.is_sold_with(per_node) => {
                Some(Self::NvSwitch { generation })
            }
            Some(generation @ NvLink::Five) => Some(Self::NvSwitch { generation }),
            Some(NvLink::Two | NvLink::Three | NvLink::Four) => None,
        }
    }

    /// Whether the accelerator has these links.
    pub(super) fn suits(self, product: &Product) -> bool {
        match self {
            Self::NvSwitch { generation } | Self::NvLinkMesh { generation } => {
                product.nvlink == Some(generation)
            }
            Self::CubeMesh => product.nvlink == Some(NvLink::Two),
            Self::ChipToChip => product.chip_to_chip,
            Self::XgmiMesh => product.nvlink.is_none() && product.links > 0,
            Self::Pcie | Self::Alone => true,
        }
    }

    /// The names of those that suit an accelerator.
    pub(super) fn names_of(product: &Product) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(|(_, scaleup)| scaleup.suits(product)).map(|(name, _)| name)
    }

    /// The most accelerators that can be linked so.
    pub(super) fn most(self, product: &Product) -> u32 {
        match self {
            Self::CubeMesh | Self::XgmiMesh => EIGHT,
            Self::NvLinkMesh { .. } => product.links + 1,
            Self::Alone => 1,
            Self::NvSwitch { .. } | Self::ChipToChip | Self::Pcie => u32::MAX,
        }
    }

    /// True where some accelerators of a domain reach each other only over PCIe.
    pub(super) const fn needs_pcie(self) -> bool {
        matches!(self, Self::CubeMesh | Self::Pcie | Self::Alone)
    }

    /// True where switches of the domain can add and copy what passes through them: NVSwitches since NVLink 4.
    pub(super) const fn reduces_in_switch(self) -> bool {
        matches!(self, Self::NvSwitch { generation: NvLink::Four | NvLink::Five })
    }

    /// Adds the links of a domain. `name` is the domain's, `gpus` its accelerators that take part.
    pub(super) fn link(
        self,
        builder: &mut Builder,
        product: &Product,
        domain: &str,
        server: u32,
        gpus: &[NodeId],
    ) {
        if gpus.len() < 2 {
            return;
        }
        let cable = |builder: &Builder, class: &str, rate: f64| {
            builder.class(class).map(|class| Cable::new(class, gigabytes(rate)))
        };
        let rate = product.link_gigabytes;
        match self {
            Self::NvSwitch { .. } => {
                let Some(cable) = cable(builder, "nvlink", rate) else { return };
                let switch = builder.add_node(self.switch(domain, server));
                for gpu in gpus {
                    builder.add_cable(*gpu, switch, cable.clone().lanes(product.links));
                }
            }
            Self::NvLinkMesh { .. } => {
                let Some(cable) = cable(builder, "nvlink", rate) else { return };
                let board = (gpus.len() as u32).max(NVLINK_MESH_BOARD);
                let lanes = (product.links / (board - 1)).max(1);
                pairs(gpus, |from, to| builder.add_cable(from, to, cable.clone().lanes(lanes)));
            }
            Self::XgmiMesh => {
                let Some(cable) = cable(builder, "xgmi", rate) else { return };
                pairs(gpus, |from, to| builder.add_cable(from, to, cable.clone()));
            }
            Self::CubeMesh => {
                let Some(cable) = cable(builder, "nvlink", rate) else { return };
                for (from, to, lanes) in HYBRID_CUBE_MESH {
                    if let (Some(from), Some(to)) = (gpus.get(from), gpus.get(to)) {
                        builder.add_cable(*from, *to, cable.clone().lanes(lanes));
                    }
                }
            }
            Self::ChipToChip => {
                let Some(cable) = cable(builder, CHIP_TO_CHIP, CHIP_TO_CHIP_GIGABYTES) else { return };
                let cpu =
                    builder.add_node(Node::new(format!("{domain}/grace"), NodeKind::Cpu).in_server(server));
                for gpu in gpus {
                    builder.add_cable(*gpu, cpu, cable.clone());
                }
            }
            Self::Pcie | Self::Alone => {}
        }
    }

    /// The node that stands for all NVSwitch chips of a domain. **What switches can do beyond forwarding is set here**:
    /// those for which [`Self::reduces_in_switch`] holds reduce and multicast.
    fn switch(self, domain: &str, server: u32) -> Node {
        let node = Node::new(format!("{domain}/nvswitch"), NodeKind::NvSwitch).in_server(server);
        if self.reduces_in_switch() { node.working(InNetwork::BOTH) } else { node }
    }
}

fn pairs(gpus: &[NodeId], mut each: impl FnMut(NodeId, NodeId)) {
    for (i, from) in gpus.iter().enumerate() {
        for to in &gpus[i + 1..] {
            each(*from, *to);
        }
    }
}
