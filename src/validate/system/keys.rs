//! The keys of a header, checked against each other, with defaults for what they leave open.

use super::media::NETS;
use super::network::Shape;
use super::product::{self, Product, product};
use super::{Adapters, Scaleup, Unmapped};
use crate::diag::nearest;
use crate::exchange::{Given, Measured};

/// The most ranks of a system.
const MOST_RANKS: u32 = 1 << 17;
/// The most ranks of a node: a mesh of them is drawn link by link.
const MOST_PER_NODE: u32 = 1 << 9;

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
                "`nodes` x `gpus_per_node` is {nodes} x {}, but `ranks` is {ranks}",
                measured.gpus_per_node
            )));
        }
        if ranks > MOST_RANKS || per_node > MOST_PER_NODE {
            return Err(Unmapped::new(format!(
                "{ranks} ranks, {per_node} a node, are more than {MOST_RANKS} or {MOST_PER_NODE} a node"
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
                return Err(Unmapped::new("`accelerator` is `none`, but `memory` is `device`"));
            }
            Given::Nothing => return Ok(()),
            Given::Unknown if host_memory => return Ok(()),
            Given::Unknown => None,
            Given::Is(name) => {
                Some(product(name).ok_or_else(|| unknown("accelerator", name, product::near(name)))?)
            }
        };
        if host_memory {
            self.notes.push("`memory` is `host`, so the accelerator takes no part".into());
            return Ok(());
        }
        let product = match (given, scaleup) {
            (Some(product), _) => product,
            (None, Given::Is(Scaleup::NvSwitch { generation } | Scaleup::NvLinkMesh { generation })) => {
                self.of_generation(generation)?
            }
            (None, Given::Is(Scaleup::CubeMesh)) => self.of_generation(2)?,
            (None, _) => {
                return Err(Unmapped::new(
                    "`accelerator` is not known, and `scaleup` does not tell a generation of NVLink",
                ));
            }
        };
        self.product = Some(product);
        self.scaleup = match scaleup {
            Given::Is(scaleup) if scaleup.suits(product) => scaleup,
            Given::Is(scaleup) => {
                return Err(Unmapped::new(format!("{} has no `{}`", product.name, scaleup.name())));
            }
            // One accelerator a node may be alone on any board.
            Given::Nothing => Scaleup::Alone,
            Given::Unknown => {
                let scaleup = Scaleup::of_product(product, self.per_node).ok_or_else(|| {
                    Unmapped::new(format!(
                        "`scaleup` is not known, and {} is not sold with {} in a node",
                        product.name, self.per_node
                    ))
                })?;
                self.assume("scaleup", format_args!("`{}`", scaleup.name()));
                scaleup
            }
        };
        Ok(())
    }

    fn of_generation(&mut self, generation: u32) -> Result<&'static Product, Unmapped> {
        let product = product::of_generation(generation)
            .ok_or_else(|| Unmapped::new(format!("no accelerator has NVLink {generation}")))?;
        self.assume("accelerator", format_args!("one of the links and PCIe of {}", product.name));
        Ok(product)
    }

    fn domain(&mut self, measured: &Measured) -> Result<(), Unmapped> {
        let Some(product) = self.product else { return Ok(()) };
        if self.scaleup == Scaleup::Alone {
            if let Given::Is(domain @ 2..) = measured.count("scaleup_domain").map_err(Unmapped::new)? {
                return Err(Unmapped::new(format!("`scaleup` is `none`, but `scaleup_domain` is {domain}")));
            }
            return Ok(());
        }
        let domain = match measured.count("scaleup_domain").map_err(Unmapped::new)? {
            Given::Is(0) => return Err(Unmapped::new("`scaleup_domain` is 0")),
            Given::Is(domain) => domain,
            Given::Nothing | Given::Unknown => {
                let domain = if product.name.starts_with("GB") { 72 } else { self.per_node };
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
                "domains of {domain} and nodes of {per_node} do not divide each other"
            )));
        }
        self.domain = domain.min(ranks);
        let most = self.scaleup.most(product);
        if self.domain > most {
            return Err(Unmapped::new(format!(
                "`{}` links at most {most}, not {}",
                self.scaleup.name(),
                self.domain
            )));
        }
        if self.domain > per_node
            && matches!(self.scaleup, Scaleup::Pcie | Scaleup::ChipToChip | Scaleup::CubeMesh)
        {
            return Err(Unmapped::new(format!(
                "`{}` does not leave a node, but `scaleup_domain` is {domain} with {per_node} a node",
                self.scaleup.name()
            )));
        }
        Ok(())
    }

    fn between(&mut self, measured: &Measured) -> Result<(), Unmapped> {
        let adapters = self.adapters(measured)?;
        const SHAPES: [(&str, Option<Shape>); 6] = [
            ("fat-tree", Some(Shape::FatTree)),
            ("rail-optimized", Some(Shape::Rails)),
            ("dragonfly-plus", Some(Shape::DragonflyPlus)),
            ("dragonfly", Some(Shape::Dragonfly)),
            ("torus", None),
            // Checked below: a word that is known, but contradicts several nodes.
            ("single-node", None),
        ];
        let shape = match word(measured, "fabric", &SHAPES)? {
            Given::Is(Some(shape)) => shape,
            Given::Is(None) if measured.key("fabric") == Given::Is("torus") => {
                let sides = self.sides(measured)?;
                self.between = Between::Torus(sides, adapters);
                return Ok(());
            }
            Given::Is(None) | Given::Nothing => {
                let text = measured.header.get("fabric").map_or("none", String::as_str);
                return Err(Unmapped::new(format!(
                    "`fabric` is `{text}`, but {} nodes send over a network",
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
        let none =
            |key: &str| Unmapped::new(format!("`{key}` is `none`, but {nodes} nodes send over a network"));
        let names = NETS.map(|name| (name, name));
        let net = match word(measured, "net", &names)? {
            Given::Is(net) => net,
            Given::Nothing => return Err(none("net")),
            Given::Unknown => {
                let net = "infiniband";
                self.assume("net", format_args!("`{net}`"));
                net
            }
        };
        let usual = self.product.and_then(|product| product.server);
        let open = |key: &str, what: &str| {
            Unmapped::new(format!("`{key}` is not known, and nothing else tells {what} of these nodes"))
        };
        let per_node = match measured.count("nics_per_node").map_err(Unmapped::new)? {
            Given::Is(0) => return Err(Unmapped::new("`nics_per_node` is 0")),
            Given::Is(count) => count,
            Given::Nothing => return Err(none("nics_per_node")),
            Given::Unknown => {
                let usual = usual.filter(|(gpus, ..)| *gpus == self.per_node);
                let (_, count, _) = usual.ok_or_else(|| open("nics_per_node", "the adapters"))?;
                self.assume("nics_per_node", count);
                count
            }
        };
        let gbps = match measured.number("nic_gbps").map_err(Unmapped::new)? {
            Given::Is(gbps) => gbps,
            Given::Nothing => return Err(none("nic_gbps")),
            Given::Unknown => {
                let usual = usual.filter(|(gpus, count, _)| *gpus == self.per_node && *count == per_node);
                let (.., gbps) = usual.ok_or_else(|| open("nic_gbps", "the rate of the adapters"))?;
                self.assume("nic_gbps", gbps);
                gbps
            }
        };
        let rails_of_a_message = rails_of_a_message(measured);
        if let Some(rails) = rails_of_a_message {
            self.notes.push(format!(
                "a message uses {rails} of {per_node} adapters, which is for the library's profile to apply"
            ));
        }
        Ok(Adapters { per_node, gbps, net, rails_of_a_message })
    }

    fn sides(&self, measured: &Measured) -> Result<Vec<u32>, Unmapped> {
        let Given::Is(text) = measured.key("torus_shape") else {
            return Err(Unmapped::new("`fabric` is `torus`, but `torus_shape` is not given"));
        };
        let sides: Option<Vec<u32>> =
            text.split(['x', 'X']).map(|side| side.trim().parse().ok().filter(|side| *side > 0)).collect();
        let sides = sides.filter(|sides| sides.len() <= 4).ok_or_else(|| {
            Unmapped::new(format!("`torus_shape` is `{text}`, not 1 to 4 sides such as `4x4x4`"))
        })?;
        let places = sides.iter().fold(1_u32, |places, side| places.saturating_mul(*side));
        if places == self.nodes {
            Ok(sides)
        } else {
            Err(Unmapped::new(format!(
                "`torus_shape` is `{text}`, which has {places} places for {} nodes",
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

/// The value of a key that holds one of a few words.
fn word<T: Copy>(measured: &Measured, key: &str, words: &[(&'static str, T)]) -> Result<Given<T>, Unmapped> {
    let text = match measured.key(key) {
        Given::Is(text) => text,
        // A word of the list may itself be `none`.
        Given::Nothing => {
            return Ok(words
                .iter()
                .find(|(word, _)| *word == "none")
                .map_or(Given::Nothing, |(_, is)| Given::Is(*is)));
        }
        Given::Unknown => return Ok(Given::Unknown),
    };
    match words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
        Some((_, is)) => Ok(Given::Is(*is)),
        None => Err(unknown(key, text, nearest(text, words.iter().map(|(word, _)| *word)))),
    }
}

fn unknown(key: &str, text: &str, near: Option<&str>) -> Unmapped {
    let shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    match near {
        Some(near) => {
            Unmapped::new(format!("`{key}` is `{shown}`, which is not known; did you mean `{near}`?"))
        }
        None => Unmapped::new(format!("`{key}` is `{shown}`, which is not known")),
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
