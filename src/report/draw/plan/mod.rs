//! Charts of a plan: its front, what the money and the power of its designs go into; and of a design: its racks, its floor
//! and its network.

mod colours;
mod diagram;
mod elevations;
mod floor;
mod front;
mod labels;
mod room;
mod shares;
mod trays;

use super::{DrawError, Picture};
use crate::report::plan::title;
use crate::result::{PlanResult, PlannedDesign};

/// All charts of a plan: `front`, `cost` and `power`.
///
/// # Errors
///
/// Where no design is feasible, or the drawing library fails.
pub fn draw_plan(plan: &PlanResult) -> Result<Vec<Picture>, DrawError> {
    let designs: Vec<_> = plan.front.iter().collect();
    if designs.is_empty() {
        return Err(DrawError::Nothing("no design is feasible".into()));
    }
    let title = title(plan);
    let mut drawn = vec![front::draw(plan)?];
    drawn.extend(shares_there([shares::cost(title, &designs), shares::power(title, &designs)])?);
    Ok(drawn)
}

/// Pictures of shares, but for those that have nothing to show: parts may be given that take no power.
fn shares_there(drawn: [Result<Picture, DrawError>; 2]) -> Result<Vec<Picture>, DrawError> {
    drawn.into_iter().filter(|own| !matches!(own, Err(DrawError::Nothing(_)))).collect()
}

/// All charts of a design: `elevations`, `floor`, `network`, `cost` and `power`.
///
/// # Errors
///
/// Where it has no rack or no tier, or the drawing library fails.
pub fn draw_design(planned: &PlannedDesign) -> Result<Vec<Picture>, DrawError> {
    let own = [&planned.design];
    let mut drawn = vec![elevations::draw(planned)?, floor::draw(planned)?, diagram::draw(planned)?];
    let title = heading(planned);
    drawn.extend(shares_there([shares::cost(title, &own), shares::power(title, &own)])?);
    Ok(drawn)
}

/// The heading of a design.
fn heading(planned: &PlannedDesign) -> &str {
    if planned.title.is_empty() { &planned.design.id } else { &planned.title }
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
