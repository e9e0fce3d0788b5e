//! Accelerators as products: their links, their PCIe, and the adapters of the server that they are sold in.

/// An accelerator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Product {
    /// The name in headers.
    pub name: &'static str,
    /// Generation of NVLink, where it has NVLink.
    pub nvlink: Option<u32>,
    /// NVLink or xGMI links of an accelerator; 0 where it has none.
    pub links: u32,
    /// Rate of one of these links each way, in GB/s.
    pub link_gigabytes: f64,
    /// Raw rate of its PCIe link each way, in GB/s.
    pub pcie_gigabytes: f64,
    /// The usual server: accelerators, adapters, Gbps of an adapter.
    pub server: Option<(u32, u32, f64)>,
}

const fn nvidia(
    name: &'static str,
    nvlink: u32,
    links: u32,
    pcie_gigabytes: f64,
    server: Option<(u32, u32, f64)>,
) -> Product {
    let link_gigabytes = if nvlink >= 5 { 50.0 } else { 25.0 };
    Product { name, nvlink: Some(nvlink), links, link_gigabytes, pcie_gigabytes, server }
}

const fn amd(name: &'static str, link_gigabytes: f64) -> Product {
    Product {
        name,
        nvlink: None,
        links: 7,
        link_gigabytes,
        pcie_gigabytes: 64.0,
        server: Some((8, 8, 400.0)),
    }
}

/// Raw rates each way of 16 lanes of PCIe 3.0, 4.0, 5.0 and 6.0, in GB/s.
const PCIE: [f64; 4] = [16.0, 32.0, 64.0, 128.0];

/// All accelerators that headers may name. Sources stand in `docs/systems.md`.
pub const PRODUCTS: [Product; 14] = [
    nvidia("V100", 2, 6, PCIE[0], Some((8, 4, 100.0))),
    nvidia("A100", 3, 12, PCIE[1], Some((8, 8, 200.0))),
    nvidia("H100", 4, 18, PCIE[2], Some((8, 8, 400.0))),
    nvidia("H200", 4, 18, PCIE[2], Some((8, 8, 400.0))),
    nvidia("H800", 4, 8, PCIE[2], Some((8, 8, 400.0))),
    nvidia("H20", 4, 18, PCIE[2], Some((8, 8, 400.0))),
    nvidia("GH200", 4, 18, PCIE[2], None),
    nvidia("B200", 5, 18, PCIE[2], Some((8, 8, 400.0))),
    nvidia("B300", 5, 18, PCIE[3], Some((8, 8, 800.0))),
    nvidia("GB200", 5, 18, PCIE[2], Some((4, 4, 400.0))),
    nvidia("GB300", 5, 18, PCIE[3], Some((4, 4, 800.0))),
    amd("MI300X", 64.0),
    amd("MI325X", 64.0),
    amd("MI355X", 76.8),
];

/// The card without links of its own.
pub const RTX4090: Product = Product {
    name: "RTX4090",
    nvlink: None,
    links: 0,
    link_gigabytes: 0.0,
    pcie_gigabytes: PCIE[1],
    server: None,
};

/// The accelerator of that name; case does not matter.
pub fn product(name: &str) -> Option<&'static Product> {
    all().find(|product| product.name.eq_ignore_ascii_case(name))
}

/// The names of all.
pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
    all().map(|product| product.name)
}

fn all() -> impl Iterator<Item = &'static Product> + Clone {
    PRODUCTS.iter().chain(std::iter::once(&RTX4090))
}

/// What stands for an accelerator that a header does not name, by the generation of its NVLink.
pub(super) fn of_generation(generation: u32) -> Option<&'static Product> {
    product(match generation {
        2 => "V100",
        3 => "A100",
        4 => "H100",
        5 => "B200",
        _ => return None,
    })
}

/// Raw rate each way, in GB/s, of the PCIe link that an adapter of so many Gbps needs.
pub(super) fn pcie_of_adapter(gbps: f64) -> f64 {
    PCIE.into_iter().find(|gigabytes| gigabytes * 8.0 > gbps).unwrap_or(PCIE[3])
}
