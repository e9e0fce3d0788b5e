//! How a node chooses among equal-cost next hops.

use crate::fabric::{Fabric, Routing};
use crate::ids::{LinkId, NodeId};
use crate::rng::mix;

use super::router::Flow;

/// What part of the flow takes a link, in lanes out of all lanes that share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// The link.
    pub(super) link: LinkId,
    /// The lane, where one was chosen out of several.
    pub(super) lane: Option<u32>,
    /// Its part of the flow.
    pub(super) part: u64,
}

/// State of a flow's choices along its way.
pub(super) struct Chooser<'a> {
    pub(super) fabric: &'a Fabric,
    pub(super) seed: u64,
    /// Number of every destination for static routing.
    pub(super) numbers: &'a [u32],
    /// Endpoint index of every node of a torus.
    pub(super) places: &'a [u32],
}

impl Chooser<'_> {
    /// The routing in force at a node, given its candidates (ascending by id, not empty).
    pub(super) fn routing(&self, candidates: &[LinkId]) -> Routing {
        self.fabric.class(self.fabric.link(candidates[0]).class).routing
    }

    /// Fills `shares` with what the flow does at `node`; the parts sum to the number returned.
    /// `quotient` is what static routing has not used up of the destination's number.
    pub(super) fn choose(
        &self,
        flow: &Flow,
        node: NodeId,
        candidates: &[LinkId],
        quotient: &mut u64,
        shares: &mut Vec<Share>,
    ) -> u64 {
        shares.clear();
        let routing = self.routing(candidates);
        let lanes = |id: LinkId| u64::from(self.fabric.link(id).lanes);
        match routing {
            Routing::Shortest => shares.push(Share { link: candidates[0], lane: None, part: 1 }),
            Routing::Spray => {
                shares.extend(candidates.iter().map(|&link| Share { link, lane: None, part: lanes(link) }));
            }
            Routing::DimensionOrder => self.along_dimension(flow.dst, node, candidates, shares),
            Routing::Ecmp | Routing::Static => {
                let all: u64 = candidates.iter().map(|&id| lanes(id)).sum();
                let mut pick = if all == 1 {
                    0
                } else if routing == Routing::Ecmp {
                    self.hash(flow, node) % all
                } else {
                    let pick = *quotient % all;
                    *quotient /= all;
                    pick
                };
                for &link in candidates {
                    if pick < lanes(link) {
                        let lane = (lanes(link) > 1).then_some(pick as u32);
                        shares.push(Share { link, lane, part: 1 });
                        break;
                    }
                    pick -= lanes(link);
                }
            }
        }
        shares.iter().map(|share| share.part).sum()
    }

    /// The number of a destination for static routing.
    pub(super) fn number(&self, destination: NodeId) -> u64 {
        u64::from(self.numbers[destination.index()])
    }

    fn hash(&self, flow: &Flow, node: NodeId) -> u64 {
        let ends = u64::from(flow.src.0) << 32 | u64::from(flow.dst.0);
        let here = u64::from(flow.channel) << 32 | u64::from(node.0);
        mix(mix(mix(self.seed) ^ ends) ^ here) >> 16
    }

    /// Dimension order: candidates that move along the first dimension in which the places differ; both
    /// directions where they are equally short. Where the fabric is no torus, the first candidate.
    fn along_dimension(
        &self,
        destination: NodeId,
        node: NodeId,
        candidates: &[LinkId],
        shares: &mut Vec<Share>,
    ) {
        let place = |node: NodeId| self.places.get(node.index()).copied().filter(|place| *place != u32::MAX);
        let mut first = None;
        if let (Some(sides), Some(here), Some(there)) = (self.fabric.torus(), place(node), place(destination))
        {
            let mut stride: u32 = sides.iter().product();
            for side in sides {
                let before = stride;
                stride /= side;
                if here % before / stride != there % before / stride {
                    first = Some((before, stride));
                    break;
                }
            }
            if let Some((before, stride)) = first {
                for &link in candidates {
                    let Some(next) = place(self.fabric.link(link).to) else { continue };
                    if next % before / stride != here % before / stride {
                        let part = u64::from(self.fabric.link(link).lanes);
                        shares.push(Share { link, lane: None, part });
                    }
                }
            }
        }
        if shares.is_empty() {
            shares.push(Share { link: candidates[0], lane: None, part: 1 });
        }
    }
}
