//! Collecting a fabric, checking it, freezing it.

use petgraph::graph::{NodeIndex, UnGraph};
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::names::Names;
use super::{Fabric, Link, LinkClass, MAX_ITEMS, Node, NodeKind, Position, Routing};
use crate::ids::{ClassId, LinkId, NodeId};
use crate::units::{Bandwidth, Length, Time};

/// A full-duplex cable (or bundle of parallel cables) between two nodes, before it is frozen into two
/// directed links.
#[derive(Debug, Clone, PartialEq)]
pub struct Cable {
    /// The class.
    pub class: ClassId,
    /// Raw rate of one lane from the first node to the second.
    pub bandwidth: Bandwidth,
    /// Raw rate of one lane the other way; the same unless a link is lopsided.
    pub reverse_bandwidth: Bandwidth,
    /// Parallel lanes.
    pub lanes: u32,
    /// Latency of the hop; `None` takes the class's, with the cable's length.
    pub latency: Option<Time>,
    /// Payload efficiency; `None` takes the class's.
    pub efficiency: Option<f64>,
    /// Length, if known.
    pub length: Option<Length>,
}

impl Cable {
    /// One lane with the class's own latency and efficiency.
    pub const fn new(class: ClassId, bandwidth: Bandwidth) -> Self {
        Self {
            class,
            bandwidth,
            reverse_bandwidth: bandwidth,
            lanes: 1,
            latency: None,
            efficiency: None,
            length: None,
        }
    }

    /// The same with so many parallel lanes.
    #[must_use]
    pub const fn lanes(mut self, lanes: u32) -> Self {
        self.lanes = lanes;
        self
    }

    /// The same with a latency of its own.
    #[must_use]
    pub const fn latency(mut self, latency: Option<Time>) -> Self {
        self.latency = latency;
        self
    }

    /// The same with a length.
    #[must_use]
    pub const fn length(mut self, length: Option<Length>) -> Self {
        self.length = length;
        self
    }
}

/// Why a fabric cannot be built. Indices are the order in which the builder was given things.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BuildFault {
    /// Two nodes of one name.
    #[error("there are two nodes named `{name}`")]
    DuplicateNode {
        /// The name.
        name: String,
        /// Which node, the later one.
        node: usize,
    },
    /// A second cable between the same two nodes: parallel cables are lanes of one link.
    #[error("`{from}` and `{to}` are linked twice")]
    DuplicateLink {
        /// One end.
        from: String,
        /// The other end.
        to: String,
        /// Which cable, the later one.
        cable: usize,
        /// The earlier one.
        first: usize,
    },
    /// A cable from a node to itself.
    #[error("`{node}` is linked to itself")]
    SelfLink {
        /// The node.
        node: String,
        /// Which cable.
        cable: usize,
    },
    /// A rate of zero.
    #[error("the link between `{from}` and `{to}` has a bandwidth of zero")]
    ZeroBandwidth {
        /// One end.
        from: String,
        /// The other end.
        to: String,
        /// Which cable.
        cable: usize,
    },
    /// No lanes.
    #[error("the link between `{from}` and `{to}` has no lanes")]
    ZeroLanes {
        /// One end.
        from: String,
        /// The other end.
        to: String,
        /// Which cable.
        cable: usize,
    },
    /// An efficiency outside (0, 1].
    #[error("the link between `{from}` and `{to}` has a payload efficiency outside (0, 1]")]
    Efficiency {
        /// One end.
        from: String,
        /// The other end.
        to: String,
        /// Which cable.
        cable: usize,
    },
    /// No accelerators.
    #[error("the fabric has no GPU, so nothing could take part in a collective")]
    NoEndpoints,
    /// More nodes or cables than are served.
    #[error("the fabric would have more than {limit} nodes or cables")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// Two GPUs that cannot reach each other.
    #[error("`{from}` cannot reach `{to}`: the fabric is in {parts} parts")]
    Disconnected {
        /// A GPU of the first part.
        from: String,
        /// A GPU of another part.
        to: String,
        /// How many parts hold GPUs.
        parts: usize,
    },
}

/// Collects nodes and cables as a petgraph graph.
#[derive(Debug, Clone)]
pub struct Builder {
    name: String,
    classes: Vec<LinkClass>,
    graph: UnGraph<Node, Cable>,
    names: Names,
    pairs: FxHashMap<(u32, u32), u32>,
    torus: Option<Vec<u32>>,
    most_items: usize,
    faults: Vec<BuildFault>,
}

impl Builder {
    /// An empty fabric with the given classes.
    pub fn new(name: impl Into<String>, classes: Vec<LinkClass>) -> Self {
        Self {
            name: name.into(),
            classes,
            graph: UnGraph::default(),
            names: Names::default(),
            pairs: FxHashMap::default(),
            torus: None,
            most_items: MAX_ITEMS,
            faults: Vec::new(),
        }
    }

    /// The class of that name.
    pub fn class(&self, name: &str) -> Option<ClassId> {
        self.classes.iter().position(|class| class.name == name).map(ClassId::from_index)
    }

    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.names.find(name, |node| &self.graph[NodeIndex::new(node as usize)].name).map(NodeId)
    }

    /// All nodes so far, in the order in which they were added.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.graph.node_weights()
    }

    /// How many cables there are so far.
    pub fn cable_count(&self) -> usize {
        self.graph.edge_count()
    }

    /// Lowers the largest number of nodes, and of cables, that the fabric may have: families stop before
    /// they build more, so that a fabric can be kept within the memory at hand. A node or cable takes about
    /// 300 bytes while a fabric is built (measured with a million of them). It is [`MAX_ITEMS`] to begin
    /// with.
    pub fn set_most_items(&mut self, most: usize) {
        self.most_items = most.min(MAX_ITEMS);
    }

    /// The largest number of nodes, and of cables, that the fabric may have.
    pub const fn most_items(&self) -> usize {
        self.most_items
    }

    /// Makes room for so many more nodes and cables at once, so that memory need not be moved while they are added.
    pub fn reserve(&mut self, nodes: usize, cables: usize) {
        self.graph.reserve_nodes(nodes);
        self.graph.reserve_edges(cables);
        self.names.reserve(nodes);
        self.pairs.reserve(cables);
    }

    /// Says that the endpoints form a mesh or torus of these side lengths (the last runs fastest).
    pub fn set_torus(&mut self, sides: Vec<u32>) {
        self.torus = Some(sides);
    }

    /// Routes all classes so, whatever they say themselves.
    pub fn set_routing(&mut self, routing: Routing) {
        for class in &mut self.classes {
            class.routing = routing;
        }
    }

    /// Adds a node. A name that is taken is a fault, told by [`Self::finish`].
    pub fn add_node(&mut self, node: Node) -> NodeId {
        let index = self.graph.add_node(node);
        let name_of = |node: u32| self.graph[NodeIndex::new(node as usize)].name.as_str();
        if self.names.add(index.index() as u32, name_of).is_some() {
            let name = self.graph[index].name.clone();
            self.faults.push(BuildFault::DuplicateNode { name, node: index.index() });
        }
        NodeId(index.index() as u32)
    }

    /// Says where a node stands.
    pub fn set_position(&mut self, node: NodeId, position: Position) {
        if let Some(node) = self.graph.node_weight_mut(NodeIndex::new(node.index())) {
            node.position = Some(position);
        }
    }

    /// Adds a cable; faults are told by [`Self::finish`].
    pub fn add_cable(&mut self, from: NodeId, to: NodeId, cable: Cable) {
        let number = self.graph.edge_count();
        let (a, b) = (NodeIndex::new(from.index()), NodeIndex::new(to.index()));
        let names = || (self.graph[a].name.clone(), self.graph[b].name.clone());
        if from == to {
            let node = self.graph[a].name.clone();
            self.faults.push(BuildFault::SelfLink { node, cable: number });
        }
        let pair = (from.0.min(to.0), from.0.max(to.0));
        if let Some(&first) = self.pairs.get(&pair) {
            let (from, to) = names();
            self.faults.push(BuildFault::DuplicateLink { from, to, cable: number, first: first as usize });
        } else {
            self.pairs.insert(pair, number as u32);
        }
        let fault = |make: fn(String, String, usize) -> BuildFault| {
            let (from, to) = names();
            make(from, to, number)
        };
        let zero = cable.bandwidth.bits_per_sec() == 0 || cable.reverse_bandwidth.bits_per_sec() == 0;
        let mut found = Vec::new();
        if zero {
            found.push(fault(|from, to, cable| BuildFault::ZeroBandwidth { from, to, cable }));
        }
        if cable.lanes == 0 {
            found.push(fault(|from, to, cable| BuildFault::ZeroLanes { from, to, cable }));
        }
        if cable.efficiency.is_some_and(|e| !(e > 0.0 && e <= 1.0)) {
            found.push(fault(|from, to, cable| BuildFault::Efficiency { from, to, cable }));
        }
        self.faults.extend(found);
        self.graph.add_edge(a, b, cable);
    }

    /// Removes nodes, with their cables; the rest keep their order.
    pub fn remove_nodes(&mut self, doomed: &dyn Fn(&Node) -> bool) {
        // `retain_nodes` would move the last node to every gap, and ranks follow the order of nodes.
        self.graph = self
            .graph
            .filter_map(|_, node| (!doomed(node)).then(|| node.clone()), |_, cable| Some(cable.clone()));
        self.reindex();
    }

    /// Removes the cables for which `doomed` holds of their two ends' names; tells how many.
    pub fn remove_cables(&mut self, doomed: &dyn Fn(&str, &str) -> bool) -> usize {
        let before = self.graph.edge_count();
        self.graph = self.graph.filter_map(
            |_, node| Some(node.clone()),
            |edge, cable| {
                let (a, b) = self.graph.edge_endpoints(edge)?;
                (!doomed(&self.graph[a].name, &self.graph[b].name)).then(|| cable.clone())
            },
        );
        self.reindex();
        before - self.graph.edge_count()
    }

    /// Changes cables, each told with the names of its two ends, in the order in which they were added.
    pub fn change_cables(&mut self, change: &mut dyn FnMut(&str, &str, &mut Cable)) {
        for edge in self.graph.edge_indices() {
            let Some((a, b)) = self.graph.edge_endpoints(edge) else { continue };
            let Some(mut cable) = self.graph.edge_weight(edge).cloned() else { continue };
            change(&self.graph[a].name, &self.graph[b].name, &mut cable);
            self.graph[edge] = cable;
        }
    }

    fn reindex(&mut self) {
        self.names = Names::default();
        let name_of = |node: u32| self.graph[NodeIndex::new(node as usize)].name.as_str();
        for node in 0..self.graph.node_count() as u32 {
            // A second node of a name was told of when it was added.
            self.names.add(node, name_of);
        }
        self.pairs.clear();
        for edge in self.graph.edge_indices() {
            if let Some((a, b)) = self.graph.edge_endpoints(edge) {
                let (a, b) = (a.index() as u32, b.index() as u32);
                self.pairs.insert((a.min(b), a.max(b)), edge.index() as u32);
            }
        }
    }

    /// Checks everything and freezes the graph.
    ///
    /// # Errors
    /// All faults at once.
    pub fn finish(mut self) -> Result<Fabric, Vec<BuildFault>> {
        if self.graph.node_count() > self.most_items || self.graph.edge_count() > self.most_items {
            self.faults.push(BuildFault::TooLarge { limit: self.most_items });
        }
        let endpoints: Vec<NodeId> = self
            .graph
            .node_indices()
            .filter(|i| self.graph[*i].kind == NodeKind::Gpu)
            .map(|i| NodeId(i.index() as u32))
            .collect();
        if endpoints.is_empty() {
            self.faults.push(BuildFault::NoEndpoints);
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        if let Some(fault) = self.disconnected(&endpoints) {
            return Err(vec![fault]);
        }
        let torus = self.torus.filter(|sides| sides.iter().product::<u32>() as usize == endpoints.len());
        let mut links = Vec::with_capacity(2 * self.graph.edge_count());
        for (number, edge) in self.graph.raw_edges().iter().enumerate() {
            let cable = &edge.weight;
            let class = &self.classes[cable.class.index()];
            let wire = cable.length.map_or(0, |l| l.mm().saturating_mul(class.ps_per_metre) / 1_000);
            let latency = cable.latency.unwrap_or_else(|| class.latency.saturating_add(Time::from_ps(wire)));
            let (a, b) = (NodeId(edge.source().index() as u32), NodeId(edge.target().index() as u32));
            let link = |from, to, bandwidth, reverse| Link {
                from,
                to,
                class: cable.class,
                bandwidth,
                lanes: cable.lanes,
                latency,
                efficiency: cable.efficiency.unwrap_or(class.efficiency),
                length: cable.length,
                reverse,
            };
            let first = 2 * number;
            links.push(link(a, b, cable.bandwidth, LinkId::from_index(first + 1)));
            links.push(link(b, a, cable.reverse_bandwidth, LinkId::from_index(first)));
        }
        let (nodes, _) = self.graph.into_nodes_edges();
        let nodes: Vec<Node> = nodes.into_iter().map(|node| node.weight).collect();
        let (out_start, out) = rows(nodes.len(), &links, |link| link.from);
        let (in_start, into) = rows(nodes.len(), &links, |link| link.to);
        Ok(Fabric {
            name: self.name,
            nodes,
            links,
            classes: self.classes,
            out_start,
            out,
            in_start,
            into,
            endpoints,
            torus,
        })
    }

    /// The first pair of GPUs in different connected parts.
    fn disconnected(&self, endpoints: &[NodeId]) -> Option<BuildFault> {
        let mut sets = petgraph::unionfind::UnionFind::<u32>::new(self.graph.node_count());
        for edge in self.graph.raw_edges() {
            sets.union(edge.source().index() as u32, edge.target().index() as u32);
        }
        let first = sets.find(endpoints.first()?.0);
        let other = endpoints.iter().find(|node| sets.find(node.0) != first)?;
        let mut parts: Vec<u32> = endpoints.iter().map(|node| sets.find(node.0)).collect();
        parts.sort_unstable();
        parts.dedup();
        let name = |node: NodeId| self.graph[NodeIndex::new(node.index())].name.clone();
        Some(BuildFault::Disconnected { from: name(endpoints[0]), to: name(*other), parts: parts.len() })
    }
}

/// Link ids by node, in compressed rows.
fn rows(nodes: usize, links: &[Link], end: impl Fn(&Link) -> NodeId) -> (Vec<u32>, Vec<LinkId>) {
    let mut start = vec![0u32; nodes + 1];
    for link in links {
        start[end(link).index() + 1] += 1;
    }
    for i in 0..nodes {
        start[i + 1] += start[i];
    }
    let mut next = start.clone();
    let mut row = vec![LinkId(0); links.len()];
    for (i, link) in links.iter().enumerate() {
        let slot = &mut next[end(link).index()];
        row[*slot as usize] = LinkId::from_index(i);
        *slot += 1;
    }
    (start, row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_told_at_once() {
        let mut builder = Builder::new("bad", LinkClass::builtin());
        let class = builder.class("ideal").unwrap();
        let a = builder.add_node(Node::new("a", NodeKind::Gpu));
        let b = builder.add_node(Node::new("a", NodeKind::Gpu));
        builder.add_cable(a, a, Cable::new(class, Bandwidth::from_gbps(1)));
        builder.add_cable(a, b, Cable::new(class, Bandwidth(0)));
        builder.add_cable(b, a, Cable::new(class, Bandwidth::from_gbps(1)).lanes(0));
        let faults = builder.finish().unwrap_err();
        assert_eq!(faults.len(), 5, "{faults:?}");
    }

    #[test]
    fn parts_are_told_by_name() {
        let mut builder = Builder::new("parts", LinkClass::builtin());
        builder.add_node(Node::new("a", NodeKind::Gpu));
        builder.add_node(Node::new("b", NodeKind::Gpu));
        let fault = BuildFault::Disconnected { from: "a".into(), to: "b".into(), parts: 2 };
        assert_eq!(builder.finish().unwrap_err(), vec![fault]);
    }
}
