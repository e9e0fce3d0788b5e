//! The fabric: an immutable graph of nodes and directed links, valid by construction.
//!
//! A [`Builder`] collects nodes and cables as a petgraph graph, checks them all, and freezes them into
//! the arrays of a [`Fabric`], which routes and engines read.

mod builder;
mod class;
mod link;
mod names;
mod node;
pub mod parts;
pub mod template;

pub use builder::{BuildFault, Builder, Cable};
pub use class::{FlowControl, LinkClass, Routing};
pub use link::Link;
pub use node::{InNetwork, Node, NodeKind, Position};

use crate::ids::{ClassId, LinkId, NodeId};

/// The largest number of nodes, and of cables, of a fabric: less than 2 GB while it is built.
pub const MAX_ITEMS: usize = 1 << 22;

/// A checked fabric. Nodes, links and classes are frozen arrays; neighbours are in compressed rows.
#[derive(Debug, Clone)]
pub struct Fabric {
    name: String,
    nodes: Vec<Node>,
    links: Vec<Link>,
    classes: Vec<LinkClass>,
    out_start: Vec<u32>,
    out: Vec<LinkId>,
    in_start: Vec<u32>,
    into: Vec<LinkId>,
    endpoints: Vec<NodeId>,
    torus: Option<Vec<u32>>,
}

impl Fabric {
    /// What the fabric is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All nodes, by [`NodeId`].
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// All directed links, by [`LinkId`]; the two directions of a cable are neighbours: `2k`, `2k + 1`.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// A directed link.
    pub fn link(&self, id: LinkId) -> &Link {
        &self.links[id.index()]
    }

    /// All link classes, by [`ClassId`].
    pub fn classes(&self) -> &[LinkClass] {
        &self.classes
    }

    /// A link class.
    pub fn class(&self, id: ClassId) -> &LinkClass {
        &self.classes[id.index()]
    }

    /// The links that leave a node, ascending.
    pub fn out_links(&self, node: NodeId) -> &[LinkId] {
        let range = self.out_start[node.index()] as usize..self.out_start[node.index() + 1] as usize;
        &self.out[range]
    }

    /// The links that enter a node, ascending.
    pub fn in_links(&self, node: NodeId) -> &[LinkId] {
        let range = self.in_start[node.index()] as usize..self.in_start[node.index() + 1] as usize;
        &self.into[range]
    }

    /// The accelerators, in the fabric's own order: the order of ranks unless a scenario gives another.
    pub fn endpoints(&self) -> &[NodeId] {
        &self.endpoints
    }

    /// The side lengths, where the fabric is a torus or mesh; endpoint `i` has mixed-radix coordinates of
    /// `i`, the last dimension running fastest.
    pub fn torus(&self) -> Option<&[u32]> {
        self.torus.as_deref()
    }

    /// `from -> to`, with the lane count where there is more than one.
    pub fn link_name(&self, id: LinkId) -> String {
        let link = self.link(id);
        format!("{} -> {}", self.node(link.from).name, self.node(link.to).name)
    }

    /// What a directed link carries of payload, in bytes per second over all its lanes: the bandwidth
    /// times the payload efficiency of its class (or of the link itself).
    pub fn capacity(&self, id: LinkId) -> f64 {
        let link = self.link(id);
        link.bandwidth.bytes_per_sec() * f64::from(link.lanes) * link.efficiency
    }
}
