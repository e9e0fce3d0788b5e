//! What part of a flow takes each bundle.

use super::router::BundleFault;
use super::search::Step;
use super::{Bundles, NONE};
use crate::fabric::Routing;
use crate::route::fraction::Fraction;
use crate::units::Time;

/// A cell on a flow's way.
#[derive(Debug, Clone, Copy)]
struct Arrived {
    cell: u32,
    /// What every node of the cell gets.
    part: Fraction,
    /// The least common denominator of all that came in.
    common: u64,
    latency: Time,
}

/// Shares flows out over the bundles of their shortest paths.
#[derive(Debug, Default)]
pub(super) struct Sharer {
    arrived: Vec<Arrived>,
    /// The bundles on shortest paths that the flow does take, with the part on each link of them.
    pub(super) hops: Vec<(u32, Fraction)>,
    chosen: Vec<u32>,
}

impl Sharer {
    /// Fills [`Self::hops`], ascending by bundle, and tells the largest latency over the ways.
    ///
    /// `steps` are all bundles on shortest paths, nearest first: what starts at one cell stands together, and all that
    /// leads to a cell stands before what leaves it.
    ///
    /// # Errors
    /// A choice that is not the same for all links of a bundle, or a fraction too fine to be exact.
    pub(super) fn share(
        &mut self,
        bundles: &Bundles,
        (source, target): (u32, u32),
        steps: &[Step],
    ) -> Result<Time, BundleFault> {
        self.hops.clear();
        self.arrived.clear();
        self.arrived.push(Arrived { cell: source, part: Fraction::ONE, common: 1, latency: Time::ZERO });
        for from_one in steps.chunk_by(|a, b| a.from == b.from) {
            let from = from_one[0].from;
            let Some(at) = self.arrived.iter().position(|a| a.cell == from) else { continue };
            let here = self.arrived.swap_remove(at);
            let all = self.choose(bundles, from, target, from_one)?;
            for bundle in &self.chosen {
                let attributes = bundles.attributes(*bundle);
                let lanes = u64::from(attributes.lanes);
                let part = here.part.exact_share(lanes, all).ok_or(BundleFault::Inexact)?;
                self.hops.push((*bundle, part));
                let (_, to) = bundles.between(*bundle);
                let inward = part.exact_share(u64::from(bundles.in_degree(*bundle)), 1);
                let inward = inward.ok_or(BundleFault::Inexact)?;
                let latency = here.latency + attributes.latency;
                match self.arrived.iter_mut().find(|a| a.cell == to) {
                    None => self.arrived.push(Arrived { cell: to, part: inward, common: part.den, latency }),
                    Some(known) => {
                        known.common =
                            Fraction::common(known.common, part.den).ok_or(BundleFault::Inexact)?;
                        known.part = known.part.exact_plus(inward).ok_or(BundleFault::Inexact)?;
                        known.latency = known.latency.max(latency);
                    }
                }
            }
        }
        self.hops.sort_unstable_by_key(|(bundle, _)| *bundle);
        let end = self.arrived.iter().find(|a| a.cell == target);
        Ok(end.map_or(Time::ZERO, |end| end.latency))
    }

    /// Fills `chosen` with the bundles that a node of `from` takes, all their links alike; tells how many lanes of one
    /// node that is. Does what [`Chooser`](crate::route::choice::Chooser) does for a node's links one by one.
    fn choose(
        &mut self,
        bundles: &Bundles,
        from: u32,
        target: u32,
        candidates: &[Step],
    ) -> Result<u64, BundleFault> {
        self.chosen.clear();
        let asymmetric = || BundleFault::Asymmetric { node: bundles.members(from)[0] };
        let routing = bundles.attributes(candidates[0].bundle).routing;
        if candidates.iter().any(|step| bundles.attributes(step.bundle).routing != routing) {
            return Err(asymmetric());
        }
        let lanes =
            |bundle: u32| u64::from(bundles.attributes(bundle).lanes) * u64::from(bundles.out_degree(bundle));
        self.chosen.extend(candidates.iter().map(|step| step.bundle));
        let alone = self.chosen.len() == 1 && bundles.out_degree(self.chosen[0]) == 1;
        match routing {
            Routing::Spray => {}
            Routing::Shortest if alone => {}
            Routing::Ecmp | Routing::Static if alone && lanes(self.chosen[0]) == 1 => {}
            Routing::Shortest | Routing::Ecmp | Routing::Static => return Err(asymmetric()),
            Routing::DimensionOrder => {
                if !self.along_dimension(bundles, from, target) && !alone {
                    return Err(asymmetric());
                }
            }
        }
        Ok(self.chosen.iter().map(|bundle| lanes(*bundle)).sum())
    }

    /// Keeps the bundles that move along the first dimension in which the places differ; false, and all stay, where
    /// there is no such dimension or no such bundle.
    fn along_dimension(&mut self, bundles: &Bundles, from: u32, target: u32) -> bool {
        let place = |cell: u32| Some(bundles.end_of[cell as usize]).filter(|place| *place != NONE);
        let (Some(sides), Some(here), Some(there)) = (&bundles.torus, place(from), place(target)) else {
            return false;
        };
        let mut stride: u32 = sides.iter().product();
        for side in sides {
            let before = stride;
            stride /= side;
            let at = |place: u32| place % before / stride;
            if at(here) != at(there) {
                let moves =
                    |bundle: &u32| place(bundles.between(*bundle).1).is_some_and(|next| at(next) != at(here));
                let any = self.chosen.iter().any(moves);
                if any {
                    self.chosen.retain(moves);
                }
                return any;
            }
        }
        false
    }
}
