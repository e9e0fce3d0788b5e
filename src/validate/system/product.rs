//! Accelerators as products: their links, their PCIe, and the adapters of the server that they are sold in.

/// A generation of NVLink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NvLink {
    /// Of V100.
    Two,
    /// Of A100.
    Three,
    /// Of Hopper.
    Four,
    /// Of Blackwell.
    Five,
}

impl NvLink {
    /// Rate of a link each way, in GB/s.
    const fn gigabytes(self) -> f64 {
        match self {
            Self::Two | Self::Three | Self::Four => 25.0,
            Self::Five => 50.0,
        }
    }

    /// The built-in profile of accelerators that it joins, and what they are called in groups.
    const fn profile(self) -> (&'static str, &'static str) {
        match self {
            Self::Two => ("nccl-volta", "V100"),
            Self::Three => ("nccl-ampere", "A100"),
            Self::Four => ("nccl-hopper", "H100/H200"),
            Self::Five => ("nccl-blackwell", "B200/GB200"),
        }
    }

    /// What stands for an accelerator that a header does not name.
    pub(super) const fn product(self) -> &'static Product {
        match self {
            Self::Two => &V100,
            Self::Three => &A100,
            Self::Four => &H100,
            Self::Five => &B200,
        }
    }
}

/// An accelerator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Product {
    /// The name in headers.
    pub name: &'static str,
    /// Generation of NVLink, where it has NVLink.
    pub nvlink: Option<NvLink>,
    /// NVLink or xGMI links of an accelerator; 0 where it has none.
    pub links: u32,
    /// Rate of one of these links each way, in GB/s.
    pub link_gigabytes: f64,
    /// Raw rate of its PCIe link each way, in GB/s.
    pub pcie_gigabytes: f64,
    /// The usual server: accelerators, adapters, Gbps of an adapter.
    pub server: Option<(u32, u32, f64)>,
    /// Accelerators of the usual scale-up domain, where that holds several servers.
    pub rack: Option<u32>,
    /// Whether it shares a module with a processor, to which it has links of its own.
    pub chip_to_chip: bool,
}

const fn nvidia(
    name: &'static str,
    nvlink: NvLink,
    links: u32,
    pcie_gigabytes: f64,
    server: Option<(u32, u32, f64)>,
) -> Product {
    let link_gigabytes = nvlink.gigabytes();
    let nvlink = Some(nvlink);
    Product { name, nvlink, links, link_gigabytes, pcie_gigabytes, server, rack: None, chip_to_chip: false }
}

const fn amd(name: &'static str, link_gigabytes: f64) -> Product {
    Product {
        name,
        nvlink: None,
        links: 7,
        link_gigabytes,
        pcie_gigabytes: 64.0,
        server: Some((8, 8, 400.0)),
        rack: None,
        chip_to_chip: false,
    }
}

impl Product {
    const fn beside_a_processor(self) -> Self {
        Self { chip_to_chip: true, ..self }
    }

    const fn in_racks_of(self, accelerators: u32) -> Self {
        Self { rack: Some(accelerators), ..self }
    }

    /// The built-in profile of its library, and what it is called in groups. Over PCIe alone the profile is that of
    /// accelerators without links of their own.
    pub fn profile(&self, over_pcie: bool) -> (&'static str, &'static str) {
        match self.nvlink {
            _ if over_pcie || self.links == 0 => ("nccl-pcie", self.name),
            Some(nvlink) => nvlink.profile(),
            None => ("rccl-mi300x", "MI300X"),
        }
    }

    /// Whether its usual server holds so many.
    pub(super) fn is_sold_with(&self, per_node: u32) -> bool {
        self.server.is_some_and(|(accelerators, ..)| accelerators == per_node)
    }
}

/// Raw rates each way of 16 lanes of PCIe 3.0, 4.0, 5.0 and 6.0, in GB/s.
const PCIE: [f64; 4] = [16.0, 32.0, 64.0, 128.0];

const V100: Product = nvidia("V100", NvLink::Two, 6, PCIE[0], Some((8, 4, 100.0)));
const A100: Product = nvidia("A100", NvLink::Three, 12, PCIE[1], Some((8, 8, 200.0)));
const H100: Product = nvidia("H100", NvLink::Four, 18, PCIE[2], Some((8, 8, 400.0)));
const B200: Product = nvidia("B200", NvLink::Five, 18, PCIE[2], Some((8, 8, 400.0)));

/// All accelerators that headers may name. Sources stand in `docs/systems.md`.
pub const PRODUCTS: [Product; 15] = [
    V100,
    A100,
    H100,
    nvidia("H200", NvLink::Four, 18, PCIE[2], Some((8, 8, 400.0))),
    nvidia("H800", NvLink::Four, 8, PCIE[2], Some((8, 8, 400.0))),
    nvidia("H20", NvLink::Four, 18, PCIE[2], Some((8, 8, 400.0))),
    nvidia("GH200", NvLink::Four, 18, PCIE[2], None).beside_a_processor(),
    B200,
    nvidia("B300", NvLink::Five, 18, PCIE[3], Some((8, 8, 800.0))),
    nvidia("GB200", NvLink::Five, 18, PCIE[2], Some((4, 4, 400.0))).beside_a_processor().in_racks_of(72),
    nvidia("GB300", NvLink::Five, 18, PCIE[3], Some((4, 4, 800.0))).beside_a_processor().in_racks_of(72),
    amd("MI300X", 64.0),
    amd("MI325X", 64.0),
    amd("MI355X", 76.8),
    Product {
        name: "RTX4090",
        nvlink: None,
        links: 0,
        link_gigabytes: 0.0,
        pcie_gigabytes: PCIE[1],
        server: None,
        rack: None,
        chip_to_chip: false,
    },
];

/// The accelerator of that name; case does not matter.
pub fn product(name: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.name.eq_ignore_ascii_case(name))
}

/// The names of all.
pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
    PRODUCTS.iter().map(|product| product.name)
}

/// Raw rate each way, in GB/s, of the PCIe link that an adapter of so many Gbps needs.
pub(super) fn pcie_of_adapter(gbps: f64) -> f64 {
    PCIE.into_iter().find(|gigabytes| gigabytes * 8.0 > gbps).unwrap_or(PCIE[3])
}
