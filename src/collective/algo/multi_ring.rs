//! Rings along each dimension of a torus, one dimension after the other.
//!
//! Reduce-scatter goes through the dimensions in order, each with what the one before has left (`1 / d_1`,
//! then `1 / (d_1 d_2)`, ...); all-gather goes back; all-reduce is both: `2 sum(d_i - 1)` steps. One
//! channel uses one link a rank at a time. By default there are `2 d` channels on a torus of `d`
//! dimensions: in channel `c` the dimensions begin with number `c mod d`, and from channel `d` on rings go
//! the other way, so that all `2 d` links are busy all the time where the sides are equal.

use std::sync::Arc;

use super::ring::blocks_in_order;
use super::step::{Blocks, arrived, earlier_steps, number, sent};
use super::{Request, Unserved, empty};
use crate::collective::{Algorithm, Base, Op, Pattern, Payload, Phase, Schedule};

pub(super) const OPS: &[Op] = &[Op::AllReduce, Op::AllGather, Op::ReduceScatter];

pub(super) fn schedule(request: &Request) -> Result<Schedule, Unserved> {
    let algorithm = Algorithm::MultiRing;
    let unserved = |needs: String| Err(Unserved::Placement { algorithm, needs });
    let Some(sides) = &request.torus else {
        return unserved("all accelerators of a torus or mesh, in its own order".to_owned());
    };
    let places = sides.iter().try_fold(1_u32, |product, side| product.checked_mul(*side));
    if places != Some(request.ranks) {
        let sides: Vec<String> = sides.iter().map(u32::to_string).collect();
        return unserved(format!(
            "as many ranks as places, and a {} torus has not {} places",
            sides.join(" x "),
            request.ranks
        ));
    }
    let torus = Torus::new(sides);
    let dimensions = torus.dimensions.len();
    #[expect(clippy::cast_possible_truncation, reason = "sides of 2 or more whose product fits in 32 bits")]
    let channels = request.channels.unwrap_or(2 * dimensions as u32).max(1);
    let atoms = u64::from(request.ranks) * u64::from(channels);
    let mut schedule = empty(request, algorithm, channels, atoms);
    if dimensions > 0 {
        for channel in 0..channels {
            let first = channel as usize % dimensions;
            let backwards = (channel as usize / dimensions) % 2 == 1;
            let part = Part { torus: &torus, first, backwards, channel, channels };
            part.push(&mut schedule);
        }
    }
    Ok(schedule)
}

/// A dimension: its side, and how far apart neighbours along it are in rank.
#[derive(Clone, Copy)]
struct Dimension {
    side: u32,
    stride: u32,
}

impl Dimension {
    const fn coordinate(self, rank: u32) -> u32 {
        rank / self.stride % self.side
    }
}

/// The dimensions longer than one.
struct Torus {
    ranks: u32,
    dimensions: Vec<Dimension>,
}

impl Torus {
    fn new(sides: &[u32]) -> Self {
        let mut stride = sides.iter().product();
        let ranks = stride;
        let dimensions = sides.iter().map(|side| {
            stride /= side;
            Dimension { side: *side, stride }
        });
        Self { ranks, dimensions: dimensions.filter(|dimension| dimension.side > 1).collect() }
    }
}

/// The part of the data that a channel does.
struct Part<'a> {
    torus: &'a Torus,
    first: usize,
    backwards: bool,
    channel: u32,
    channels: u32,
}

impl Part<'_> {
    /// The dimensions in the order in which a reduce-scatter goes through them.
    fn dimensions(&self) -> Vec<Dimension> {
        let dimensions = &self.torus.dimensions;
        dimensions[self.first..].iter().chain(&dimensions[..self.first]).copied().collect()
    }

    fn push(&self, schedule: &mut Schedule) {
        let dimensions = self.dimensions();
        let begin = number(&schedule.phases);
        let mut round = 0;
        let mut stage = |stage: usize, scatter: bool| {
            let phases = &mut schedule.phases;
            let itself = number(phases);
            let mut waits = vec![earlier_steps(itself)];
            if itself > begin {
                waits.extend([arrived(itself - 1), sent(itself - 1)]);
            }
            let steps = dimensions[stage].side - 1;
            phases.push(Phase {
                name: if scatter { "reduce-scatter" } else { "all-gather" },
                pattern: self.rings(dimensions[stage]),
                steps,
                payload: self.payload(schedule.op, &dimensions, stage, if scatter { -1 } else { 0 }),
                reduce_steps: if scatter { steps } else { 0 },
                waits,
                channel: self.channel,
                round,
            });
            round += steps;
        };
        if schedule.op != Op::AllGather {
            (0..dimensions.len()).for_each(|number| stage(number, true));
        }
        if schedule.op != Op::ReduceScatter {
            (0..dimensions.len()).rev().for_each(|number| stage(number, false));
        }
    }

    /// All rings along a dimension, by the rank where the coordinate is 0.
    fn rings(&self, along: Dimension) -> Pattern {
        let order = self.starts(along).flat_map(|start| {
            (0..along.side).map(move |place| start + self.coordinate_at(along, place) * along.stride)
        });
        Pattern::Shift { order: order.collect(), ring: along.side, shift: 1 }
    }

    fn starts(&self, along: Dimension) -> impl Iterator<Item = u32> + '_ {
        (0..self.torus.ranks).filter(move |rank| along.coordinate(*rank) == 0)
    }

    /// The coordinate of a place in a ring; the place of a coordinate is found in the same way.
    const fn coordinate_at(&self, along: Dimension, place: u32) -> u32 {
        if self.backwards { along.side - 1 - place } else { place }
    }

    fn payload(&self, op: Op, dimensions: &[Dimension], stage: usize, start: i64) -> Payload {
        let along = dimensions[stage];
        let earlier = &dimensions[..stage];
        if op == Op::AllReduce {
            // Blocks of blocks: which ones a rank has left follows from its places in the rings before.
            let all = u64::from(self.torus.ranks);
            let base = |rank: u32| {
                let mut width = all;
                let mut base = u64::from(self.channel) * all;
                for dimension in earlier {
                    width /= u64::from(dimension.side);
                    base += width * u64::from(self.coordinate_at(*dimension, dimension.coordinate(rank)));
                }
                base
            };
            let width = dimensions[..=stage].iter().fold(all, |width, other| width / u64::from(other.side));
            let bases: Arc<[u64]> = self.starts(along).map(base).collect();
            return blocks_in_order(Base::PerRing(bases), along.side, width, start);
        }
        // A rank is left with what belongs to all ranks that share its coordinates so far.
        let row = |rank: u32| {
            earlier.iter().fold(0, |row, dimension| row * dimension.side + dimension.coordinate(rank))
        };
        let rows = self.starts(along).map(row).collect();
        let count = earlier.iter().map(|dimension| dimension.side).product::<u32>() * along.side;
        let mut members = vec![Vec::new(); count as usize];
        for rank in 0..self.torus.ranks {
            let place = self.coordinate_at(along, along.coordinate(rank));
            members[(row(rank) * along.side + place) as usize].push(rank);
        }
        let mut blocks = Blocks::new();
        for ranks in members {
            let atom = |rank| u64::from(rank) * u64::from(self.channels) + u64::from(self.channel);
            blocks.push(ranks.into_iter().map(atom));
        }
        blocks.payload(rows, along.side, start)
    }
}
