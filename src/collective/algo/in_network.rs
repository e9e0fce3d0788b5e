//! What algorithms share that let switches work on data: which switches serve a server, and lanes to and from them.

use std::sync::Arc;

use super::{Request, Unserved};
use crate::collective::{Algorithm, AtomRange, Pattern, Payload, Phase, Wait};
use crate::fabric::InNetwork;

/// Widths of links are told in no finer parts than this of all links of a rank.
const PARTS: u64 = 1 << 12;

/// The part of a switch in the data of its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Its number among those who take part, after the ranks.
    pub(super) switch: u32,
    /// Atoms of each block of data that go by way of the switches before it.
    pub(super) before: u64,
    /// Atoms of each block that go by way of it.
    pub(super) width: u64,
}

/// The switches of one server that do what is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Switches {
    /// At least one.
    pub(super) parts: Vec<Part>,
    /// Atoms of a block.
    pub(super) block: u64,
}

impl Switches {
    /// Those of a server, with their widths in lowest terms.
    #[expect(clippy::cast_possible_truncation, reason = "there are fewer than 2^32 switches; PARTS at most")]
    fn of(request: &Request, server: u32, needs: InNetwork) -> Option<Self> {
        let fits = |place: &super::SwitchPlace| place.server == server && place.in_network.does(needs);
        let own = request.switches.iter().enumerate().filter(|(_, place)| fits(place));
        let own: Vec<(usize, u64)> = own.map(|(number, place)| (number, place.weight.max(1))).collect();
        let all: u128 = own.iter().map(|(_, weight)| u128::from(*weight)).sum();
        let common = own.iter().fold(0, |common, (_, weight)| gcd(common, *weight)).max(1);
        let fine = all / u128::from(common) > u128::from(PARTS);
        let mut block = 0;
        let parts = own.into_iter().map(|(number, weight)| {
            let width = if fine {
                ((u128::from(weight) * u128::from(PARTS) + all / 2) / all).max(1) as u64
            } else {
                weight / common
            };
            let part = Part { switch: request.ranks + number as u32, before: block, width };
            block += width;
            part
        });
        let parts: Vec<Part> = parts.collect();
        (!parts.is_empty()).then_some(Self { parts, block })
    }

    /// Whether another server's switches split its data in the same way.
    fn like(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(|(one, other)| one.width == other.width)
    }
}

/// The switches of each of some servers, which are to split data alike.
pub(super) fn switches(
    request: &Request,
    algorithm: Algorithm,
    servers: &[Vec<u32>],
    needs: InNetwork,
) -> Result<Vec<Switches>, Unserved> {
    let refused = |needs: String| Unserved::Placement { algorithm, needs };
    let mut found: Vec<Switches> = Vec::with_capacity(servers.len());
    for members in servers {
        let first = members[0];
        let what = match (needs.multicast, needs.reduce) {
            (true, true) => "can multicast and reduce",
            (true, false) => "can multicast",
            _ => "can reduce",
        };
        let Some(own) = Switches::of(request, request.servers[first as usize], needs) else {
            return Err(refused(format!(
                "a switch that {what} (`in_network`; in templates `nvswitch_in_network`), linked to rank {first} and all \
                 other ranks of its server"
            )));
        };
        if found.first().is_some_and(|known| !known.like(&own)) {
            let needs =
                format!("as many such switches, as wide, in the server of rank {first} as in that of rank 0");
            return Err(refused(needs));
        }
        found.push(own);
    }
    Ok(found)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Lanes that carry parts of one segment after the other, as they are collected.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    pairs: Vec<(u32, u32, u32)>,
    starts: Vec<u32>,
    ranges: Vec<AtomRange>,
}

/// What a phase is beside its lanes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Whether it adds to what receivers have.
    pub(super) reduce: bool,
    pub(super) segments: u32,
    /// Atoms from one segment to the next.
    pub(super) stride: u64,
    pub(super) channel: u32,
    pub(super) round: u32,
}

impl Lanes {
    /// Adds a lane that carries these parts (first atom and how many) of its first segment.
    #[expect(clippy::cast_possible_truncation, reason = "a phase has a few ranges a lane")]
    pub(super) fn add(
        &mut self,
        (src, dst): (u32, u32),
        stagger: u32,
        parts: impl IntoIterator<Item = (u64, u64)>,
    ) {
        self.pairs.push((src, dst, stagger));
        self.starts.push(self.ranges.len() as u32);
        let parts = parts.into_iter().filter(|(_, len)| *len > 0);
        self.ranges.extend(parts.map(|(start, len)| AtomRange { start, len }));
    }

    /// The phase of these lanes.
    #[expect(clippy::cast_possible_truncation, reason = "a phase has a few ranges a lane")]
    pub(super) fn phase(mut self, kind: Kind, waits: Vec<Wait>) -> Phase {
        self.starts.push(self.ranges.len() as u32);
        Phase {
            name: kind.name,
            pattern: Pattern::Pairs(self.pairs.into()),
            steps: kind.segments,
            payload: Payload::Strided {
                starts: Arc::from(self.starts),
                ranges: Arc::from(self.ranges),
                stride: kind.stride,
            },
            reduce_steps: if kind.reduce { kind.segments } else { 0 },
            waits,
            channel: kind.channel,
            round: kind.round,
        }
    }
}
