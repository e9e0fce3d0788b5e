//! The floor plan: racks where they stand, and the cables between them along the trays, as wide as they are many.

use super::room::Room;
use super::trays::{SORTS, Stretch, Tray, joined, stretches};
use super::{colours, heading};
use crate::report::draw::bars::ink_on;
use crate::report::draw::canvas::{Canvas, Frame};
use crate::report::draw::heading::{BELOW, Key, MARGIN};
use crate::report::draw::style::{FADED, GRID_LINE, INK, LABEL, REFERENCE, TICK, VALUE};
use crate::report::draw::{DrawError, Picture, heading as title};
use crate::report::number::{count, counted, quotient, short};
use crate::result::{PlanRack, PlannedDesign};

/// The least width of the picture.
const LEAST: f64 = 700.0;
/// The room for names of rows, or of places.
const NAMES: f64 = 52.0;
/// What is below the room.
const BELOW_ROOM: f64 = 58.0;
/// The most width of a bundle and the least, in pixels.
const WIDEST: f64 = 11.0;
const THINNEST: f64 = 0.8;
/// Smaller racks are not numbered.
const LEAST_NUMBERED: f64 = 8.5;
/// More empty places than this are not drawn.
const MOST_EMPTY: u64 = 4_000;

/// A name of the key and its mark.
enum Mark {
    Rack(&'static str),
    Cables(usize),
}

/// Draws the figure.
pub(super) fn draw(planned: &PlannedDesign) -> Result<Picture, DrawError> {
    let Some(room) = Room::of(planned) else {
        return Err(DrawError::Nothing("there is no rack".into()));
    };
    let bundles = Bundles::new(planned, &room);
    let width = (NAMES + room.size().0 + 2.0 * MARGIN).max(LEAST);
    let entries = entries(planned, &room, &bundles.stretches);
    let key = Key::new(&entries.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), width);
    let origin = (MARGIN + NAMES, BELOW + key.height() + 34.0);
    let room = room.at(origin);
    let bottom = origin.1 + room.size().1;
    let facts = facts(planned, &room);
    Picture::paint("floor", heading(planned), (width, bottom + BELOW_ROOM), |canvas| {
        title::draw(canvas, heading(planned), &facts)?;
        key.draw(canvas, BELOW, |at, (x, y)| match entries[at].1 {
            Mark::Rack(kind) => {
                let mark = Frame { left: x - 6.0, top: y - 6.0, right: x + 6.0, bottom: y + 6.0 };
                canvas.rectangle(mark, REFERENCE)?;
                let inner = Frame { left: x - 5.4, top: y - 5.4, right: x + 5.4, bottom: y + 5.4 };
                canvas.rectangle(inner, colours::rack(kind, None))
            }
            Mark::Cables(sort) => {
                let mark = Frame { left: x - 7.0, top: y - 2.0, right: x + 7.0, bottom: y + 2.0 };
                canvas.rectangle(mark, colour(sort))
            }
        })?;
        empty(canvas, planned, &room)?;
        names(canvas, &room)?;
        bundles.draw(canvas, &room)?;
        let pods = pods(planned);
        for rack in &planned.racks {
            self::rack(canvas, &room, rack, pods)?;
        }
        scale(canvas, &room, bottom + 34.0)?;
        bundles.widths(canvas, MARGIN + NAMES + 230.0, bottom + 34.0)
    })
}

/// The colour of a sort of cables.
fn colour(sort: usize) -> plotters::style::RGBColor {
    colours::MEDIA.get(sort).map_or(REFERENCE, |(_, colour)| *colour)
}

/// What the key names: kinds of racks and sorts of cables that are there.
fn entries(planned: &PlannedDesign, room: &Room, stretches: &[Stretch]) -> Vec<(String, Mark)> {
    let frame = room.rack(0, 0);
    let numbered = frame.width().min(frame.height()) >= LEAST_NUMBERED;
    let servers = match (pods(planned), numbered) {
        (false, _) => "servers",
        (true, true) => "servers, shaded and numbered by pod",
        (true, false) => "servers, shaded by pod",
    };
    let racks = [("servers", servers), ("mixed", "servers and switches"), ("network", "network")];
    let mut entries: Vec<(String, Mark)> = racks
        .into_iter()
        .filter(|(kind, _)| planned.racks.iter().any(|rack| rack.kind == *kind))
        .map(|(kind, name)| (name.to_owned(), Mark::Rack(kind)))
        .collect();
    let names = colours::MEDIA.iter().map(|(name, _)| *name).chain(["other cables"]);
    for (sort, name) in names.enumerate() {
        if stretches.iter().any(|own| own.cables[sort] > 0) {
            entries.push((name.to_owned(), Mark::Cables(sort)));
        }
    }
    entries
}

/// Whether there is more than one pod to tell apart.
fn pods(planned: &PlannedDesign) -> bool {
    let mut pods = planned.racks.iter().filter_map(|rack| rack.pod);
    pods.next().is_some_and(|first| pods.any(|pod| pod != first))
}

fn facts(planned: &PlannedDesign, room: &Room) -> String {
    let between = planned.runs.iter().filter(|run| run.from != run.to);
    let cables = between.map(|run| u64::from(run.cables)).fold(0, u64::saturating_add);
    format!(
        "{} · {} in {} · {} between racks · from rack to rack {} m, from row to row {} m",
        planned.design.id,
        counted(planned.racks.len() as u64, "rack"),
        counted(room.rows(), "row"),
        counted(cables, "cable"),
        short(room.pitch),
        short(room.row_pitch),
    )
}

/// Places without a rack, as far as there are not too many.
fn empty(canvas: &Canvas<'_>, planned: &PlannedDesign, room: &Room) -> Result<(), DrawError> {
    if room.rows().saturating_mul(room.places()) > MOST_EMPTY {
        return Ok(());
    }
    let taken: std::collections::BTreeSet<(u32, u32)> =
        planned.racks.iter().map(|rack| (rack.row, rack.place)).collect();
    for row in 0..=room.last_row {
        for place in 0..=room.last_place {
            if !taken.contains(&(row, place)) {
                let Frame { left, top, right, bottom } = room.rack(row, place);
                let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
                canvas.line(&corners, GRID_LINE, 0.75)?;
            }
        }
    }
    Ok(())
}

/// Numbers of rows and places, as many as have room.
fn names(canvas: &Canvas<'_>, room: &Room) -> Result<(), DrawError> {
    let steps = |last: u32, pixels: f64, least: f64| {
        let step = [1_u32, 2, 5, 10, 20, 50, 100, 200, 500, 1_000].into_iter();
        let step = step.into_iter().find(|step| f64::from(*step) * pixels >= least).unwrap_or(last.max(1));
        (0..=last).step_by(usize::try_from(step).unwrap_or(usize::MAX)).take(400)
    };
    let scale = room.scale();
    let (rows, places) = if room.turned { (46.0, 13.0) } else { (13.0, 26.0) };
    for row in steps(room.last_row, room.row_pitch * scale, rows) {
        let frame = room.rack(row, 0);
        let told = format!("row {}", u64::from(row) + 1);
        if room.turned {
            canvas.text(
                (f64::midpoint(frame.left, frame.right), room.origin.1 - 10.0),
                &told,
                TICK.sized(11.0).centred(),
            )?;
        } else {
            let y = f64::midpoint(frame.top, frame.bottom);
            canvas.text((room.origin.0 - 8.0, y), &told, TICK.sized(11.0).right().halfway())?;
        }
    }
    for place in steps(room.last_place, room.pitch * scale, places) {
        let frame = room.rack(0, place);
        let told = count(u64::from(place) + 1);
        let letters = TICK.sized(10.0);
        if room.turned {
            let y = f64::midpoint(frame.top, frame.bottom);
            canvas.text((room.origin.0 - 8.0, y), &told, letters.right().halfway())?;
        } else {
            canvas.text(
                (f64::midpoint(frame.left, frame.right), room.origin.1 - 8.0),
                &told,
                letters.centred(),
            )?;
        }
    }
    Ok(())
}

fn rack(canvas: &Canvas<'_>, room: &Room, rack: &PlanRack, pods: bool) -> Result<(), DrawError> {
    let frame = room.rack(rack.row, rack.place);
    let colour = colours::rack(&rack.kind, rack.pod);
    let thin = frame.width().min(frame.height()) < 4.0;
    if !thin {
        canvas.rectangle(frame, REFERENCE)?;
    }
    let inset = if thin { 0.0 } else { 0.6 };
    let inner = Frame {
        left: frame.left + inset,
        top: frame.top + inset,
        right: frame.right - inset,
        bottom: frame.bottom - inset,
    };
    canvas.rectangle(inner, colour)?;
    let numbered = pods && frame.width().min(frame.height()) >= LEAST_NUMBERED;
    let Some(pod) = rack.pod.filter(|_| numbered) else {
        return Ok(());
    };
    let told = pod.to_string();
    let at = (f64::midpoint(frame.left, frame.right), f64::midpoint(frame.top, frame.bottom));
    let letters = VALUE.colour(ink_on(colour)).centred().halfway();
    let fits = |size: &&f64| {
        letters.sized(**size).width(&told) + 3.0 <= frame.width() && **size + 1.0 <= frame.height()
    };
    match [11.0, 9.0, 7.5].iter().find(fits) {
        Some(size) => canvas.text(at, &told, letters.sized(*size)),
        None => Ok(()),
    }
}

/// A bar of so many metres.
fn scale(canvas: &Canvas<'_>, room: &Room, y: f64) -> Result<(), DrawError> {
    let left = room.origin.0;
    let steps = (0..8).flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10.0_f64.powi(power)));
    let metres = steps.take_while(|metres| metres * room.scale() <= 150.0).last().unwrap_or(1.0);
    let right = left + metres * room.scale();
    canvas.line(&[(left, y), (right, y)], INK, 1.5)?;
    for x in [left, right] {
        canvas.line(&[(x, y - 4.0), (x, y + 4.0)], INK, 1.5)?;
    }
    canvas.text((right + 8.0, y), &format!("{} m", short(metres)), LABEL.halfway())
}

/// Cables in trays.
struct Bundles {
    stretches: Vec<Stretch>,
    /// By index.
    joined: Vec<(u32, u32)>,
    most: u64,
    /// The width of the bundle with the most cables, in pixels.
    widest: f64,
}

impl Bundles {
    fn new(planned: &PlannedDesign, room: &Room) -> Self {
        let stretches = stretches(planned);
        let most = stretches.iter().map(Stretch::all).max().unwrap_or(0);
        let widest =
            WIDEST.min(room.aisle() * room.scale() * 0.6).min(room.pitch * room.scale() * 0.8).max(1.5);
        let racks = joined(planned).into_iter().filter_map(|at| planned.racks.get(usize::try_from(at).ok()?));
        Self { joined: racks.map(|rack| (rack.row, rack.place)).collect(), stretches, most, widest }
    }

    /// The width of a bundle: its square grows with its cables, as the area of real ones does.
    fn width(&self, cables: u64) -> f64 {
        if cables == 0 {
            return 0.0;
        }
        (self.widest * quotient(cables, self.most).min(1.0).sqrt()).max(THINNEST)
    }

    fn draw(&self, canvas: &Canvas<'_>, room: &Room) -> Result<(), DrawError> {
        for (row, place) in &self.joined {
            canvas.line(&[room.edge(*row, *place), room.tray(*row, *place)], FADED, 0.75)?;
        }
        // Those across lie below those along rows.
        let across = |own: &&Stretch| matches!(own.tray, Tray::Across(_));
        let ordered =
            self.stretches.iter().filter(across).chain(self.stretches.iter().filter(|own| !across(own)));
        for own in ordered {
            let (from, to) = match own.tray {
                Tray::Row(row) => (room.tray(row, own.from), room.tray(row, own.to)),
                Tray::Across(place) => (room.tray(own.from, place), room.tray(own.to, place)),
            };
            let whole = self.width(own.all());
            // One sort beside the other.
            let mut offset = -whole / 2.0;
            for sort in 0..SORTS {
                let wide = whole * quotient(own.cables[sort], own.all());
                if wide <= 0.0 {
                    continue;
                }
                let frame = if (from.1 - to.1).abs() < (from.0 - to.0).abs() {
                    let top = from.1 + offset;
                    Frame { left: from.0.min(to.0), right: from.0.max(to.0), top, bottom: top + wide }
                } else {
                    let left = from.0 + offset;
                    Frame { left, right: left + wide, top: from.1.min(to.1), bottom: from.1.max(to.1) }
                };
                canvas.rectangle(frame, colour(sort))?;
                offset += wide;
            }
        }
        Ok(())
    }

    /// How wide bundles are, for the key.
    fn widths(&self, canvas: &Canvas<'_>, left: f64, y: f64) -> Result<(), DrawError> {
        let mut round = 1_u64;
        while round.saturating_mul(10) <= self.most {
            round *= 10;
        }
        let round = [5, 2, 1].into_iter().map(|of| round.saturating_mul(of)).find(|of| *of <= self.most);
        let Some(round) = round else { return Ok(()) };
        let mut x = left;
        for cables in [round, round / 5, round / 25].into_iter().filter(|cables| *cables > 0) {
            let wide = self.width(cables);
            canvas.rectangle(
                Frame { left: x, right: x + 30.0, top: y - wide / 2.0, bottom: y + wide / 2.0 },
                FADED,
            )?;
            let told = counted(cables, "cable");
            canvas.text((x + 38.0, y), &told, LABEL.halfway())?;
            x += 38.0 + LABEL.width(&told) + 26.0;
        }
        Ok(())
    }
}
