//! Places for labels beside points, so that none lies on another.

use crate::report::draw::canvas::{Frame, Point};

/// The height of a label.
const HEIGHT: f64 = 13.0;
/// How far labels may be from their points, in pixels.
const RINGS: [f64; 7] = [11.0, 18.0, 27.0, 38.0, 52.0, 70.0, 92.0];
/// From what distance a line leads to the point.
const LED: f64 = 20.0;
/// What it costs to lie on no line, on one, and on more, in lengths of the first ring.
const CROSSED: [f64; 3] = [0.0, 1.3, 2.0];
/// Directions, the best first: to the right, above, below, to the left, then between them.
const DIRECTIONS: [(f64, f64); 12] = [
    (1.0, -0.75),
    (1.0, 0.75),
    (-1.0, -0.75),
    (-1.0, 0.75),
    (0.0, -1.0),
    (0.0, 1.0),
    (0.4, -0.95),
    (-0.4, -0.95),
    (0.4, 0.95),
    (-0.4, 0.95),
    (1.0, 0.0),
    (-1.0, 0.0),
];

/// Marks that are nearer than this, in pixels across and down, share a label.
const NEAR: Point = (9.0, 6.0);

/// Points whose marks lie on one another, by index: they share a label. One of them may stand alone.
pub(super) fn piles(points: &[Point], alone: Option<usize>) -> Vec<Vec<usize>> {
    let mut piles: Vec<Vec<usize>> = Vec::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let near = |pile: &&mut Vec<usize>| {
            let first = pile[0];
            let apart = ((points[first].0 - x).abs(), (points[first].1 - y).abs());
            alone != Some(at) && alone != Some(first) && apart.0 < NEAR.0 && apart.1 < NEAR.1
        };
        match piles.iter_mut().find(near) {
            Some(pile) => pile.push(at),
            None => piles.push(vec![at]),
        }
    }
    piles
}

/// The names of a pile as one: neighbours as from the first to the last, and of more than two such the number.
pub(super) fn joined(pile: &[usize], names: &[&str]) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for at in pile {
        match spans.last_mut() {
            Some((_, to)) if *to + 1 == *at => *to = *at,
            _ => spans.push((*at, *at)),
        }
    }
    let told = |(from, to): &(usize, usize)| match to - from {
        0 => names[*from].to_owned(),
        1 => format!("{}, {}", names[*from], names[*to]),
        _ => format!("{}–{}", names[*from], names[*to]),
    };
    match spans.as_slice() {
        [first, _, _, ..] => {
            format!("{} and {} more", told(first), pile.len() - (first.1 - first.0 + 1))
        }
        few => few.iter().map(told).collect::<Vec<_>>().join(", "),
    }
}

/// A label that found a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    /// The middle of its text.
    pub(super) at: Point,
    /// Where the line that leads to the point begins, where it is that far off.
    pub(super) lead: Option<Point>,
}

/// Places labels of those widths near their points, within bounds, on no other label and on no mark. A place on a line is
/// taken where those beside it are far off. `None` where there is no place.
pub(super) fn place(
    labels: &[(Point, f64)],
    marks: &[Point],
    lines: &[Frame],
    bounds: Frame,
) -> Vec<Option<Placed>> {
    let points: Vec<Frame> = marks.iter().map(|at| around(*at, 12.0, 12.0)).collect();
    let mut taken: Vec<Frame> = Vec::new();
    let mut found = Vec::new();
    for (point, width) in labels {
        let free = |frame: &Frame| {
            inside(frame, &bounds) && !taken.iter().chain(&points).any(|other| touch(frame, other))
        };
        let mut chosen: Option<(Frame, f64, f64)> = None;
        for ring in RINGS {
            let mut worse = 0.0;
            for (x, y) in DIRECTIONS {
                worse += 0.04;
                let at = (point.0 + x * (ring + width / 2.0 - 3.0), point.1 + y * ring);
                let frame = around(at, *width, HEIGHT);
                if !free(&frame) {
                    continue;
                }
                let crossed = lines.iter().filter(|other| touch(&frame, other)).take(2).count();
                let cost = ring / RINGS[0] + worse + CROSSED[crossed];
                if chosen.is_none_or(|(_, _, least)| cost < least) {
                    chosen = Some((frame, ring, cost));
                }
            }
        }
        found.push(chosen.map(|(frame, ring, _)| {
            taken.push(frame);
            let at = (f64::midpoint(frame.left, frame.right), f64::midpoint(frame.top, frame.bottom));
            let near = (point.0.clamp(frame.left, frame.right), point.1.clamp(frame.top, frame.bottom));
            Placed { at, lead: (ring > LED).then_some(near) }
        }));
    }
    found
}

fn around((x, y): Point, width: f64, height: f64) -> Frame {
    Frame { left: x - width / 2.0, top: y - height / 2.0, right: x + width / 2.0, bottom: y + height / 2.0 }
}

fn inside(frame: &Frame, bounds: &Frame) -> bool {
    frame.left >= bounds.left
        && frame.right <= bounds.right
        && frame.top >= bounds.top
        && frame.bottom <= bounds.bottom
}

fn touch(a: &Frame, b: &Frame) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_one_point_stand_around_it() {
        let bounds = Frame { left: 0.0, top: 0.0, right: 400.0, bottom: 400.0 };
        let labels = [((200.0, 200.0), 24.0); 20];
        let placed = place(&labels, &[labels[0].0], &[], bounds);
        let frames: Vec<Frame> = placed.iter().flatten().map(|own| around(own.at, 24.0, HEIGHT)).collect();
        assert_eq!(frames.len(), 20);
        for (at, one) in frames.iter().enumerate() {
            assert!(!frames[at + 1..].iter().any(|other| touch(one, other)), "{one:?}");
        }
        assert!(placed.iter().flatten().any(|own| own.lead.is_some()));
        let none = Frame { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };
        assert_eq!(place(&labels[..1], &[], &[], none), [None]);
    }

    #[test]
    fn marks_on_one_another_share_a_label() {
        let points = [(0.0, 0.0), (3.0, 1.0), (90.0, 0.0), (6.0, 2.0), (4.0, 4.0), (7.0, 0.0), (20.0, 0.0)];
        let found = piles(&points, Some(1));
        assert_eq!(found, [vec![0, 3, 4, 5], vec![1], vec![2], vec![6]]);
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        assert_eq!(joined(&found[0], &names), "a, d–f");
        assert_eq!(joined(&[0, 1, 3], &names), "a, b, d");
        assert_eq!(joined(&[0, 2, 3, 5], &names), "a and 3 more");
        assert_eq!(joined(&[6], &names), "g");
    }
}
