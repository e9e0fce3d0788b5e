//! Networks that are no trees, with the counts of their template.

use super::{Base, Structure};
use crate::fabric::template::{Values, family};
use crate::planner::design::{PortMode, Switches};
use crate::planner::score::Wiring;

/// A network with the switches and cables that the closed forms of its template tell; `None` where the template does not
/// take its parameters.
pub(super) fn counted(
    own: usize,
    base: &Base<'_>,
    wiring: Wiring,
    switch: Option<PortMode>,
) -> Option<Structure> {
    let template = family(wiring.shape.template()?)?;
    let values = Values::new(template.params, wiring.params()).ok()?;
    let counts = (template.counts?)(&values).ok()?;
    let switches = u32::try_from(counts.leaves).ok()?;
    Some(Structure {
        family: own,
        server: base.server,
        nic: base.nic,
        wiring,
        leaf: switch.map(|mode| Switches { mode, count: switches }),
        spine: None,
        core: None,
        leaves_per_pod: switches / wiring.pods().max(1),
        leaf_down: 0,
        spine_ports: (0, 0),
        spines_per_group: 0,
        spine_lanes: 0,
        core_lanes: 0,
        cores_per_plane: 0,
        cables: [counts.host_cables, counts.spine_cables, counts.core_cables],
    })
}
