//! One topology priced and drawn up, without a search: parts that suit it, racks, cables, and what they cost.

mod choose;
mod describe;
mod error;
mod needs;
mod pods;

pub use error::{Load, PriceError};

use crate::fabric::Fabric;
use crate::fabric::parts::{Catalogue, MediumKind, Technology};
use crate::input::plan::{Room, SwitchPlace};
use crate::planner::floor::{Assigned, DrawError, Drawn, Misfit, Placing, Racked};
use crate::result::PlannedDesign;
use choose::Chosen;
use needs::Needs;

/// What is asked for of a topology's parts; what is not is chosen.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Family of the network, as the results name it.
    pub family: String,
    /// Name of the server.
    pub server: Option<String>,
    /// Name of the adapter, of servers that come without.
    pub nic: Option<String>,
    /// Names of switches: leaves, spines, cores, those of no tier.
    pub switches: [Option<String>; 4],
    /// Name of the rack.
    pub rack: Option<String>,
    /// Servers of a rack.
    pub per_rack: Option<u32>,
    /// Where switches stand: else in the middle of rows, and where they do not fit there, in racks of the network's own.
    pub place: Option<SwitchPlace>,
    /// What cables carry, whatever their classes say.
    pub technology: Option<Technology>,
    /// Facility power over power of equipment.
    pub pue: f64,
    /// Seed of random choices where racks are placed.
    pub seed: u64,
}

/// A topology that is priced.
#[derive(Debug, Clone)]
pub struct Priced {
    /// Its bill, racks and cables.
    pub planned: PlannedDesign,
    /// What should be known of it.
    pub notes: Vec<String>,
}

/// Sorts of cables: all.
const MEDIA: [MediumKind; 4] =
    [MediumKind::Copper, MediumKind::ActiveCopper, MediumKind::Multimode, MediumKind::SingleMode];

/// Prices a topology. Racks stand where it says, if it says so of every device, else they are placed; `stop` is asked
/// meanwhile.
///
/// # Errors
/// Names that the catalogue does not have, needs that no part of it suits, and what cannot be racked and cabled.
pub fn price(
    fabric: &Fabric,
    catalogue: &Catalogue,
    asked: &Asked,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Priced, PriceError> {
    let needs = Needs::new(fabric, asked.technology)?;
    let mut notes = Vec::new();
    let chosen = choose::choose(&needs, catalogue, asked, &mut notes)?;
    let (placed, all) = needs.positioned;
    if needs.stands() && (asked.place.is_some() || asked.per_rack.is_some()) {
        notes.push(
            "the topology says where everything stands, whatever place and servers a rack are asked for"
                .into(),
        );
    } else if placed > 0 && placed < all {
        notes.push(format!("{placed} of {all} devices have a position, so none is kept: give all or none"));
    }
    let (drawn, place) = draw(fabric, catalogue, &needs, &chosen, asked, stop)?;
    let design = describe::design(fabric, &needs, &chosen, &drawn, place, asked);
    Ok(Priced { planned: drawn.with(String::new(), design), notes })
}

/// Draws it up the first way that fits.
fn draw(
    fabric: &Fabric,
    catalogue: &Catalogue,
    needs: &Needs,
    chosen: &Chosen<'_>,
    asked: &Asked,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(Drawn, SwitchPlace), PriceError> {
    let [leaf, spine, core, switch] = chosen.switches;
    let place = asked.place.unwrap_or(SwitchPlace::MiddleOfRow);
    let assigned = Assigned {
        catalogue,
        server: chosen.server,
        nic: chosen.nic,
        leaf,
        spine,
        core,
        switch,
        rack: chosen.rack,
        technology: chosen.technology,
        media: &MEDIA,
        per_rack: chosen.per_rack,
        place,
        pod: needs.pod,
        room: Room::default(),
        pue: asked.pue,
    };
    let go = |parts: &Assigned<'_>| -> Result<(Drawn, SwitchPlace), DrawError> {
        let drawn = Racked::new(fabric, parts)?.draw_up(Placing::Annealed(asked.seed), stop)?;
        Ok((drawn, parts.place))
    };
    let mut found = go(&assigned);
    if asked.place.is_none() && !needs.stands() && matches!(found, Err(DrawError::Misfit(_))) {
        found = go(&Assigned { place: SwitchPlace::NetworkRacks, ..assigned });
    }
    // Servers leave room for the switches of their racks.
    let fuller = |found: &Result<_, DrawError>| {
        matches!(found, Err(DrawError::Misfit(Misfit::Power | Misfit::Height | Misfit::Mass)))
    };
    if asked.per_rack.is_none() && place == SwitchPlace::InRack && !needs.stands() {
        for per_rack in (1..chosen.per_rack).rev() {
            if !fuller(&found) {
                break;
            }
            found = go(&Assigned { per_rack, ..assigned });
        }
    }
    Ok(found?)
}
