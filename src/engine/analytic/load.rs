//! How long a step of every lane takes when links are shared by all that run at once.

use super::lanes::{PhaseLoad, drain};
use crate::route::Routes;

/// How long a step of a lane takes, in picoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Drain {
    /// In the steady state, with everything of its stage.
    pub(super) steady: u64,
    /// While a pipeline fills or empties, with what is as far from its start.
    pub(super) fill: u64,
}

/// Adds up loads on resources, and forgets them again at the cost of those that were touched.
#[derive(Debug)]
pub(super) struct Loads<'a> {
    routes: &'a Routes,
    load: Vec<f64>,
    touched: Vec<usize>,
}

impl<'a> Loads<'a> {
    pub(super) fn new(routes: &'a Routes) -> Self {
        Self { routes, load: vec![0.0; routes.resources().len()], touched: Vec::new() }
    }

    /// Calls `each` for every lane of `phases[members]` with the picoseconds that one of its steps takes while
    /// all of them run: the most loaded resource of its path passes on the bytes of all lanes over it, a part for
    /// each step of this one. Flows that share a link equally need no more than that.
    pub(super) fn share(
        &mut self,
        phases: &[PhaseLoad],
        members: &[usize],
        mut each: impl FnMut(usize, usize, u64),
    ) {
        for &member in members {
            let phase = &phases[member];
            for lane in &phase.lanes {
                // In bytes times the unit of weights: whole numbers, so that sums are exact while they are small.
                let bytes = crate::units::Bytes(lane.step).as_f64() * f64::from(phase.steps);
                for hop in self.routes.hops(lane.path) {
                    let slot = &mut self.load[hop.resource.index()];
                    if *slot == 0.0 {
                        self.touched.push(hop.resource.index());
                    }
                    *slot += bytes * f64::from(hop.weight);
                }
            }
        }
        let unit = f64::from(self.routes.unit());
        // From here on the load of a resource is the seconds that it takes to pass it on.
        for &index in &self.touched {
            self.load[index] /= unit * self.routes.resources()[index].capacity;
        }
        for &member in members {
            let phase = &phases[member];
            let steps = f64::from(phase.steps.max(1));
            for (index, lane) in phase.lanes.iter().enumerate() {
                let hops = self.routes.hops(lane.path).iter();
                let seconds = hops.map(|hop| self.load[hop.resource.index()]).fold(0.0, f64::max);
                let shared = if lane.step == 0 { 0 } else { drain(seconds / steps) };
                each(member, index, shared.max(lane.alone));
            }
        }
        for index in self.touched.drain(..) {
            self.load[index] = 0.0;
        }
    }
}
