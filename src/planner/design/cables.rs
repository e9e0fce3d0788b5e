//! The cables of networks that are no trees, as their template lays them, and how long they may be.

use super::Structure;
use crate::fabric::template::{Join, Values, bundles, family};

impl Structure {
    /// All bundles of a network that is no tree: of each end whether it is a server (0) or a switch (1), the devices, and how
    /// many cables. Devices are numbered as in topologies, which is the order in which they are racked.
    pub(super) fn each_bundle(&self, tell: &mut dyn FnMut([usize; 2], [u32; 2], u32)) {
        let Some(template) = self.wiring.shape.template().and_then(family) else { return };
        let Ok(values) = Values::new(template.params, self.wiring.params()) else { return };
        bundles(template.name, &values, &mut |bundle| {
            let kinds = match bundle.join {
                Join::Host => [0, 1],
                Join::Servers => [0, 0],
                Join::Local | Join::Global => [1, 1],
            };
            tell(kinds, bundle.ends, bundle.lanes);
        });
    }
}
