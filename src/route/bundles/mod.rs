//! The fabric with nodes merged that no endpoint can tell apart, and all that follows from it: routes on bundles of
//! links, automorphisms, orbits, folded routes.
//!
//! # Why bundles are exact
//!
//! Cells are sets of nodes that form an *equitable partition* in which every endpoint is alone: nodes of one cell are
//! of one kind, forward alike, and have the same number of links with the same attributes to (and from) every cell. A
//! *bundle* is all links from one cell to another with the same attributes, so every node of the first cell has equally
//! many links of the bundle going out and every node of the second equally many coming in.
//!
//! *Distances.* Every walk from a node `u` can be followed from any other node of its cell, cell by cell, over links
//! with the same attributes, hence at the same cost and through nodes that forward alike. An endpoint is alone in its
//! cell, so a walk that ends in its cell ends at it. So all nodes of a cell have the same distance to (and, by the
//! links that come in, from) every endpoint, and a bundle lies on shortest paths between two endpoints as a whole or
//! not at all.
//!
//! *Shares.* Say all nodes of a cell get the same part of a flow; this is so for the source, which is alone. Each of
//! them has the same number of candidate links in each bundle, with the same lanes, so even spray gives every link of
//! a bundle the same part; and a node of the next cell has the same number of incoming links of each bundle as its
//! companions, so all get the same sum. By induction along the distance, *every link of a bundle carries exactly the
//! same part of every flow between endpoints*. The same holds for the largest latency over the ways.
//!
//! Where a node chooses by hash, by destination number or by id among several next hops (or lanes), links of a bundle
//! are not alike. That is found at the place of choice, see [`BundleFault::Asymmetric`], and the plain
//! [`Router`](super::Router) has to do it. Under dimension order the nodes that choose are endpoints, alone in their
//! cells, and choose by their places as there.

mod attributes;
mod automorphism;
mod fold;
mod orbits;
mod refine;
mod router;
mod search;
mod shares;
mod signatures;

use std::sync::OnceLock;

use signatures::Signatures;

use crate::fabric::{Fabric, NodeKind, Routing};
use crate::ids::{LinkId, NodeId};

pub use attributes::Attributes;
pub use automorphism::Automorphism;
pub use fold::fold;
pub use orbits::{LinkClasses, Orbits};
pub use router::{BundleFault, BundleRouter};

/// Marks no cell, no bundle, no entry.
const NONE: u32 = u32::MAX;

/// A fabric's cells and the bundles of links between them. See the module's text for what they are.
///
/// Takes about 80 bytes a node where nothing merges (four cables a node or so). Making it costs a few passes over the
/// links, as many as switches are hops away from the nearest endpoint.
#[derive(Debug, Clone)]
pub struct Bundles {
    cell_of: Vec<u32>,
    member_start: Vec<u32>,
    members: Vec<NodeId>,
    forwards: Vec<bool>,
    kinds: Vec<NodeKind>,
    out_start: Vec<u32>,
    from: Vec<u32>,
    to: Vec<u32>,
    sort: Vec<u32>,
    reverse: Vec<u32>,
    link_start: Vec<u32>,
    links: Vec<LinkId>,
    bundle_of: Vec<u32>,
    attributes: Vec<Attributes>,
    /// The cell of every endpoint, by its index.
    ends: Vec<u32>,
    /// The endpoint index of every cell, or `NONE`.
    end_of: Vec<u32>,
    /// The sides of the torus.
    torus: Option<Vec<u32>>,
    dimension_order: bool,
    /// Made when the first permutation is to be extended.
    signatures: OnceLock<Signatures>,
}

impl Bundles {
    /// Finds the cells and bundles of a fabric.
    pub fn new(fabric: &Fabric) -> Self {
        let (attributes, sorts) = attributes::number(fabric);
        let cell_of = refine::cells(fabric, &sorts);
        let cells = cell_of.iter().max().map_or(0, |most| *most as usize + 1);
        let (member_start, members) = by_cell(&cell_of, cells);
        let firsts = || member_start[..cells].iter().map(|at| fabric.node(members[*at as usize]));
        let mut end_of = vec![NONE; cells];
        let ends: Vec<u32> = fabric.endpoints().iter().map(|node| cell_of[node.index()]).collect();
        for (index, cell) in ends.iter().enumerate() {
            end_of[*cell as usize] = index as u32;
        }
        let mut made = Self {
            forwards: firsts().map(|node| node.forwards).collect(),
            kinds: firsts().map(|node| node.kind).collect(),
            cell_of,
            member_start,
            members,
            out_start: Vec::with_capacity(cells + 1),
            from: Vec::new(),
            to: Vec::new(),
            sort: Vec::new(),
            reverse: Vec::new(),
            link_start: Vec::new(),
            links: Vec::with_capacity(sorts.len()),
            bundle_of: vec![0; sorts.len()],
            attributes,
            ends,
            end_of,
            torus: fabric.torus().map(<[u32]>::to_vec),
            dimension_order: fabric.classes().iter().any(|class| class.routing == Routing::DimensionOrder),
            signatures: OnceLock::new(),
        };
        made.gather(fabric, &sorts);
        made
    }

    /// Fills in the bundles, by cell, then by the cell that they lead to, then by attributes.
    fn gather(&mut self, fabric: &Fabric, sorts: &[u32]) {
        let mut found: Vec<(u64, LinkId)> = Vec::new();
        self.out_start.push(0);
        for cell in 0..self.cells() as u32 {
            found.clear();
            for node in self.members(cell) {
                found.extend(fabric.out_links(*node).iter().map(|&id| {
                    let to = self.cell_of[fabric.link(id).to.index()];
                    (u64::from(to) << 32 | u64::from(sorts[id.index()]), id)
                }));
            }
            found.sort_unstable();
            for bundle in found.chunk_by(|a, b| a.0 == b.0) {
                self.from.push(cell);
                self.to.push((bundle[0].0 >> 32) as u32);
                self.sort.push(bundle[0].0 as u32);
                self.link_start.push(self.links.len() as u32);
                for (_, id) in bundle {
                    self.bundle_of[id.index()] = self.to.len() as u32 - 1;
                    self.links.push(*id);
                }
            }
            self.out_start.push(self.to.len() as u32);
        }
        self.link_start.push(self.links.len() as u32);
        let firsts = &self.link_start[..self.to.len()];
        let back = |at: &u32| self.bundle_of[fabric.link(self.links[*at as usize]).reverse.index()];
        self.reverse = firsts.iter().map(back).collect();
    }

    /// How many cells there are.
    pub fn cells(&self) -> usize {
        self.forwards.len()
    }

    /// How many bundles there are.
    pub fn len(&self) -> usize {
        self.to.len()
    }

    /// True where the fabric has no links.
    pub fn is_empty(&self) -> bool {
        self.to.is_empty()
    }

    /// The cell of a node.
    pub fn cell(&self, node: NodeId) -> u32 {
        self.cell_of[node.index()]
    }

    /// The nodes of a cell, ascending.
    pub fn members(&self, cell: u32) -> &[NodeId] {
        let cell = cell as usize;
        &self.members[self.member_start[cell] as usize..self.member_start[cell + 1] as usize]
    }

    /// The bundle of a link.
    pub fn bundle(&self, link: LinkId) -> u32 {
        self.bundle_of[link.index()]
    }

    /// The links of a bundle, ascending.
    pub fn links(&self, bundle: u32) -> &[LinkId] {
        let bundle = bundle as usize;
        &self.links[self.link_start[bundle] as usize..self.link_start[bundle + 1] as usize]
    }

    /// What the links of a bundle have in common.
    pub fn attributes(&self, bundle: u32) -> &Attributes {
        &self.attributes[self.sort[bundle as usize] as usize]
    }

    /// The cells that a bundle leads from and to.
    pub fn between(&self, bundle: u32) -> (u32, u32) {
        (self.from[bundle as usize], self.to[bundle as usize])
    }

    /// The bundle of the links back.
    pub fn reverse(&self, bundle: u32) -> u32 {
        self.reverse[bundle as usize]
    }

    /// The bundles that leave a cell, ascending by the cell that they lead to.
    pub fn out(&self, cell: u32) -> std::ops::Range<u32> {
        self.out_start[cell as usize]..self.out_start[cell as usize + 1]
    }

    /// True for the cell of an endpoint.
    pub fn is_endpoint(&self, cell: u32) -> bool {
        self.end_of[cell as usize] != NONE
    }

    /// How many endpoints the fabric has.
    pub fn endpoints(&self) -> usize {
        self.ends.len()
    }

    /// The endpoint index of a node, if it is an endpoint.
    fn endpoint(&self, node: NodeId) -> Option<u32> {
        Some(self.end_of[self.cell(node) as usize]).filter(|index| *index != NONE)
    }

    /// How many nodes a cell has.
    fn size(&self, cell: u32) -> u32 {
        self.member_start[cell as usize + 1] - self.member_start[cell as usize]
    }

    /// How many links a bundle has.
    fn count(&self, bundle: u32) -> u32 {
        self.link_start[bundle as usize + 1] - self.link_start[bundle as usize]
    }

    /// How many links of a bundle leave each node of its first cell.
    fn out_degree(&self, bundle: u32) -> u32 {
        self.count(bundle) / self.size(self.from[bundle as usize])
    }

    /// How many links of a bundle enter each node of its second cell.
    fn in_degree(&self, bundle: u32) -> u32 {
        self.count(bundle) / self.size(self.to[bundle as usize])
    }
}

/// Nodes by cell, in compressed rows.
fn by_cell(cell_of: &[u32], cells: usize) -> (Vec<u32>, Vec<NodeId>) {
    let mut start = vec![0u32; cells + 1];
    for cell in cell_of {
        start[*cell as usize + 1] += 1;
    }
    for cell in 0..cells {
        start[cell + 1] += start[cell];
    }
    let mut next = start.clone();
    let mut members = vec![NodeId(0); cell_of.len()];
    for (node, cell) in cell_of.iter().enumerate() {
        let slot = &mut next[*cell as usize];
        members[*slot as usize] = NodeId::from_index(node);
        *slot += 1;
    }
    (start, members)
}
