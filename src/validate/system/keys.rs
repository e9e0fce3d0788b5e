//! The keys of a header, checked against each other, with defaults for what they leave open.

use super::media::NETS;
use super::network::{Named, Shape};
use super::product::{self, NvLink, Product, product};
use super::word::{unknown, word};
use super::{Adapters, Scaleup, Unmapped};
use crate::exchange::{Given, Measured, listed, quoted};

/// The most ranks of a system.
const MOST_RANKS: u32 = 1 << 17;
/// The most ranks of a node: a mesh of them is drawn link by link.
const MOST_PER_NODE: u32 = 1 << 9;
/// The most adapters of a node: switches count those of all nodes as lanes.
const MOST_ADAPTERS: u32 = 1 << 8;

/// What the network between nodes looks like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Between {
    /// Nothing is sent between nodes, or there is only one.
    Nothing,
    /// Switches.
    Switches(Shape, Adapters),
    /// Nodes on a torus of these sides.
    Torus(Vec<u32>, Adapters),
}

/// A header that makes sense.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub(super) nodes: u32,
    pub(super) per_node: u32,
    pub(super) ranks: u32,
    /// `None` where buffers are in host memory.
    pub(super) product: Option<&'static Product>,
    pub(super) scaleup: Scaleup,
    /// Ranks of a domain, at most all.
    pub(super) domain: u32,
    pub(super) between: Between,
    /// Capacity below leaves over capacity above.
    pub(super) taper: f64,
    pub(super) assumed: Vec<&'static str>,
    pub(super) notes: Vec<String>,
}

impl Keys {
    /// Reads and checks all keys.
    pub(super) fn read(measured: &Measured) -> Result<Self, Unmapped> {
        let (nodes, ranks) = (measured.nodes, measured.ranks);
        // Some files of host memory count accelerators of a node, of which they use none.
        let per_node = if measured.gpus_per_node == 0 { 1 } else { measured.gpus_per_node };
        if u64::from(nodes) * u64::from(per_node) != u64::from(ranks) {
            return Err(Unmapped::new(format!(
                "`nodes` x `gpus_per_node` is {nodes} x {}, but `ranks` is {ranks}, expected {}",
                measured.gpus_per_node,
                u64::from(nodes) * u64::from(per_node)
            )));
        }
        if ranks > MOST_RANKS || per_node > MOST_PER_NODE {
            return Err(Unmapped::new(format!(
                "{ranks} ranks, {per_node} a node, are too many; at most {MOST_RANKS}, {MOST_PER_NODE} a node, are drawn"
            )));
        }
        let mut keys = Self {
            nodes,
            per_node,
            ranks,
            product: None,
            scaleup: Scaleup::Alone,
            domain: 1,
            between: Between::Nothing,
            taper: 1.0,
            assumed: Vec::new(),
            notes: Vec::new(),
        };
        keys.accelerator(measured)?;
        keys.domain(measured)?;
        if nodes > 1 && ranks > keys.domain {
            keys.between(measured)?;
        } else if nodes > 1 && keys.domain > per_node {
            keys.notes.push(format!("one scale-up domain holds all {nodes} nodes, so no network is drawn"));
        }
        Ok(keys)
    }

    /// True where ranks are the places of a torus themselves: one process a node, with the network on its chip.
    pub(super) fn is_direct_torus(&self) -> bool {
        matches!(self.between, Between::Torus(..)) && self.product.is_none() && self.per_node == 1
    }

    /// Notes that a key's value is a default.
    fn assume(&mut self, key: &'static str, what: impl std::fmt::Display) {
        self.assumed.push(key);
        self.notes.push(format!("`{key}` is not known; {what} is assumed"));
    }

    fn accelerator(&mut self, measured: &Measured) -> Result<(), Unmapped> {
        let host_memory = measured.key("memory") == Given::Is("host");
        let scaleup = word(measured, "scaleup", &Scaleup::NAMES)?;
        let given = match measured.key("accelerator") {
            Given::Nothing if measured.key("memory") == Given::Is("device") => {
                return Err(Unmapped::new(
                    "`accelerator` is `none`, but `memory` is `device`; name the accelerator, or write `memory = host`",
                ));
            }
            Given::Nothing => return Ok(()),
            Given::Unknown if host_memory => return Ok(()),
            Given::Unknown => None,
            Given::Is(name) => {
                Some(product(name).ok_or_else(|| unknown("accelerator", name, product::names()))?)
            }
        };
        if host_memory {
            self.notes.push("`memory` is `host`, so the accelerator takes no part".into());
            return Ok(());
        }
        let product = match (given, scaleup) {
            (Some(product), _) => product,
            (None, Given::Is(Scaleup::NvSwitch { generation } | Scaleup::NvLinkMesh { generation })) => {
                self.of_generation(generation)
            }
            (None, Given::Is(Scaleup::CubeMesh)) => self.of_generation(NvLink::Two),
            (None, _) => {
                return Err(Unmapped::new(
                    "`accelerator` is not known, and `scaleup` does not tell a generation of NVLink; name the accelerator, \
                     such as `H100`",
                ));
            }
        };
        self.product = Some(product);
        self.scaleup = match scaleup {
            Given::Is(scaleup) if scaleup.suits(product) => scaleup,
            Given::Is(scaleup) => {
                return Err(Unmapped::new(format!(
                    "`scaleup` is `{}`, which {} does not have; it may have {}",
                    scaleup.name(),
                    product.name,
                    listed(Scaleup::names_of(product))
                )));
            }
            // One accelerator a node may be alone on any board.
            Given::Nothing => Scaleup::Alone,
            Given::Unknown => {
                let scaleup = Scaleup::of_product(product, self.per_node).ok_or_else(|| {
                    Unmapped::new(format!(
                        "`scaleup` is not known, and {} is not sold with {} in a node; it may have {}",
                        product.name,
                        self.per_node,
                        listed(Scaleup::names_of(product))
                    ))
                })?;
                self.assume("scaleup", format_args!("`{}`", scaleup.name()));
                scaleup
            }
        };
        Ok(())
    }

    fn of_generation(&mut self, generation: NvLink) -> &'static Product {
        let product = generation.product();
        self.assume("accelerator", format_args!("one of the links and PCIe of {}", product.name));
        product
    }

    fn domain(&mut self, measured: &Measured) -> Result<(), Unmapped> {
        let Some(product) = self.product else { return Ok(()) };
        if self.scaleup == Scaleup::Alone {
            if let Given::Is(domain @ 2..) = measured.count("scaleup_domain").map_err(Unmapped::new)? {
                return Err(Unmapped::new(format!(
                    "`scaleup` is `none`, but `scaleup_domain` is {domain}, expected 1"
                )));
            }
            return Ok(());
        }
        let domain = match measured.count("scaleup_domain").map_err(Unmapped::new)? {
            Given::Is(0) => return Err(Unmapped::new("`scaleup_domain` is 0, expected 1 or more")),
            Given::Is(domain) => domain,
            Given::Nothing | Given::Unknown => {
                let domain = product.rack.unwrap_or(self.per_node);
                self.assume("scaleup_domain", domain);
                domain
            }
        };
        let (per_node, ranks) = (self.per_node, self.ranks);
        let fits = if domain >= per_node {
            domain.is_multiple_of(per_node)
        } else {
            per_node.is_multiple_of(domain)
        };
        if ranks > domain && !fits {
            return Err(Unmapped::new(format!(
                "`scaleup_domain` is {domain} and `gpus_per_node` is {per_node}, but one must be a multiple of the other"
            )));
        }
        self.domain = domain.min(ranks);
        let most = self.scaleup.most(product);
        if self.domain > most {
            return Err(Unmapped::new(format!(
                "`scaleup_domain` is {domain}, but `{}` links at most {most}",
                self.scaleup.name()
            )));
        }
        if self.domain > per_node
            && matches!(self.scaleup, Scaleup::Pcie | Scaleup::ChipToChip | Scaleup::CubeMesh)
        {
            return Err(Unmapped::new(format!(
                "`scaleup_domain` is {domain}, but `{}` does not leave a node, expected at most {per_node}",
                self.scaleup.name()
            )));
        }
        Ok(())
    }

    fn between(&mut self, measured: &Measured) -> Result<(), Unmapped> {
        let adapters = self.adapters(measured)?;
        let shape = match word(measured, "fabric", &Named::ALL)? {
            Given::Is(Named::Switches(shape)) => shape,
            Given::Is(Named::Torus) => {
                let sides = self.sides(measured)?;
                self.between = Between::Torus(sides, adapters);
                return Ok(());
            }
            Given::Is(Named::OneNode) | Given::Nothing => {
                let text = measured.header.get("fabric").map_or("none", String::as_str);
                return Err(Unmapped::new(format!(
                    "`fabric` is {}, but {} nodes send over a network, expected a shape such as `fat-tree`, or `unknown`",
                    quoted(text),
                    self.nodes
                )));
            }
            Given::Unknown => {
                let rails = self.product.is_some() && adapters.per_node.min(self.per_node) > 1;
                let (shape, what) = if rails {
                    (Shape::Rails, "a rail-optimised network that does not block")
                } else {
                    (Shape::FatTree, "a fat tree that does not block")
                };
                self.assume("fabric", what);
                shape
            }
        };
        self.taper(measured);
        self.between = Between::Switches(shape, adapters);
        Ok(())
    }

    fn adapters(&mut self, measured: &Measured) -> Result<Adapters, Unmapped> {
        let nodes = self.nodes;
        let none = |key: &str, example: &str| {
            Unmapped::new(format!(
                "`{key}` is `none`, but {nodes} nodes send over a network, expected a value such as `{example}`"
            ))
        };
        let names = NETS.map(|name| (name, name));
        let net = match word(measured, "net", &names)? {
            Given::Is(net) => net,
            Given::Nothing => return Err(none("net", "infiniband")),
            Given::Unknown => {
                let net = "infiniband";
                self.assume("net", format_args!("`{net}`"));
                net
            }
        };
        let usual = self.product.and_then(|product| product.server);
        let open = |key: &str, example: &str| {
            Unmapped::new(format!(
                "`{key}` is not known, and nothing else tells it of these nodes; add a line such as `# {key} = {example}`"
            ))
        };
        let per_node = match measured.count("nics_per_node").map_err(Unmapped::new)? {
            Given::Is(count @ 1..=MOST_ADAPTERS) => count,
            Given::Is(count) => {
                return Err(Unmapped::new(format!(
                    "`nics_per_node` is {count}, expected 1 to {MOST_ADAPTERS}"
                )));
            }
            Given::Nothing => return Err(none("nics_per_node", "8")),
            Given::Unknown => {
                let usual = usual.filter(|(gpus, ..)| *gpus == self.per_node);
                let (_, count, _) = usual.ok_or_else(|| open("nics_per_node", "8"))?;
                self.assume("nics_per_node", count);
                count
            }
        };
        let gbps = match measured.number("nic_gbps").map_err(Unmapped::new)? {
            Given::Is(gbps) => gbps,
            Given::Nothing => return Err(none("nic_gbps", "400")),
            Given::Unknown => {
                let usual = usual.filter(|(gpus, count, _)| *gpus == self.per_node && *count == per_node);
                let (.., gbps) = usual.ok_or_else(|| open("nic_gbps", "400"))?;
                self.assume("nic_gbps", gbps);
                gbps
            }
        };
        let rails_of_a_message = rails_of_a_message(measured);
        if let Some(rails) = rails_of_a_message {
            self.notes.push(format!("a message uses {rails} of {per_node} adapters, as the header says"));
        }
        Ok(Adapters { per_node, gbps, net, rails_of_a_message })
    }

    fn sides(&self, measured: &Measured) -> Result<Vec<u32>, Unmapped> {
        let Given::Is(text) = measured.key("torus_shape") else {
            return Err(Unmapped::new(
                "`fabric` is `torus`, but `torus_shape` is not given; add a line such as `# torus_shape = 4x4x4`",
            ));
        };
        let sides: Option<Vec<u32>> =
            text.split(['x', 'X']).map(|side| side.trim().parse().ok().filter(|side| *side > 0)).collect();
        let sides = sides.filter(|sides| sides.len() <= 4).ok_or_else(|| {
            Unmapped::new(format!(
                "`torus_shape` is {}, expected 1 to 4 sides above 0 such as `4x4x4`",
                quoted(text)
            ))
        })?;
        let places = sides.iter().fold(1_u32, |places, side| places.saturating_mul(*side));
        if places == self.nodes {
            Ok(sides)
        } else {
            Err(Unmapped::new(format!(
                "`torus_shape` is {}, which has {places} places for {} nodes",
                quoted(text),
                self.nodes
            )))
        }
    }

    /// Reads a ratio such as `1.5:1` out of the line for people.
    fn taper(&mut self, measured: &Measured) {
        let Given::Is(text) = measured.key("topology") else { return };
        let ratio = text.split(|c: char| c.is_whitespace() || "(),;".contains(c)).find_map(|word| {
            let (below, above) = word.split_once(':')?;
            let ratio = below.parse::<f64>().ok()? / above.parse::<f64>().ok()?;
            (1.0..=64.0).contains(&ratio).then_some(ratio)
        });
        match ratio {
            Some(ratio) if ratio > 1.0 => {
                self.taper = ratio;
                self.notes.push(format!("leaves have {ratio} times more capacity below than above"));
            }
            None if text.to_ascii_lowercase().contains("oversubscribed") => {
                self.notes.push(
                    "the network is oversubscribed by an unknown ratio, which is not represented".into(),
                );
            }
            _ => {}
        }
    }
}

/// `UCX_MAX_RNDV_RAILS=N` in the lines for people.
fn rails_of_a_message(measured: &Measured) -> Option<u32> {
    ["nic", "env"].into_iter().find_map(|key| {
        let text = measured.header.get(key)?.split_once("UCX_MAX_RNDV_RAILS=")?.1;
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..digits].parse().ok().filter(|rails| *rails > 0)
    })
}
