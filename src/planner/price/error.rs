//! Why a topology cannot be priced.

use thiserror::Error;

use crate::diag::nearest;
use crate::fabric::parts::{Rack, Server, Technology};
use crate::planner::floor::{DrawError, Misfit};
use crate::units::{Bandwidth, Mass, Power};

/// Why a topology cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PriceError {
    /// A name that the catalogue does not have.
    #[error("the catalogue has no {kind} named `{name}`")]
    Unknown {
        /// The kind of part.
        kind: &'static str,
        /// The name.
        name: String,
        /// What to do, with the nearest name.
        help: String,
    },
    /// A part for switches that the topology does not have.
    #[error("the topology has no {kind}, so `{part}` is for nothing")]
    Idle {
        /// The kind of switch.
        kind: &'static str,
        /// The part.
        part: String,
    },
    /// A part that does not speak what the cables carry.
    #[error("`{part}` does not speak {technology}, which the cables are of")]
    Speech {
        /// The part.
        part: String,
        /// What cables carry.
        technology: &'static str,
    },
    /// Cables of a class that says nothing about what can be bought.
    #[error(
        "the cables between `{from}` and `{to}` are of the class `{class}`, which is neither InfiniBand nor RoCE"
    )]
    Class {
        /// One end.
        from: String,
        /// The other.
        to: String,
        /// The class.
        class: String,
    },
    /// Cables of InfiniBand and of RoCE.
    #[error("the topology has cables of InfiniBand and of RoCE, and only one of them is priced at a time")]
    Both,
    /// No server of the catalogue is as those of the topology.
    #[error("no server of the catalogue is as those of the topology, which have {needed}")]
    NoServer {
        /// What they have.
        needed: String,
        /// The one that comes nearest, with what it has.
        near: Option<String>,
    },
    /// No adapter of the catalogue suits.
    #[error("no adapter of the catalogue speaks {technology} at {rate} over {}", some_ports(*.ports))]
    NoNic {
        /// What it is to speak.
        technology: &'static str,
        /// Its rate in all.
        rate: Bandwidth,
        /// Its ports.
        ports: u32,
    },
    /// No switch of the catalogue suits.
    #[error(
        "no {technology} switch of the catalogue has {} of up to {rate}, which `{name}` uses", some_ports(*.ports)
    )]
    NoSwitch {
        /// The switch that uses the most.
        name: String,
        /// What it speaks.
        technology: &'static str,
        /// Ports that it uses.
        ports: u32,
        /// The highest rate of one.
        rate: Bandwidth,
    },
    /// No rack holds so many servers.
    #[error("no rack of the catalogue holds {}", .0)]
    NoRack(Load),
    /// The rack that was asked for does not hold so many servers.
    #[error("`{rack}` does not hold {load}: it has {height} U, {power} and {mass}{}", liquid(*.is_liquid))]
    Weak {
        /// The rack.
        rack: String,
        /// The servers.
        load: Load,
        /// Height units of the rack.
        height: u32,
        /// What it provides.
        power: Power,
        /// What it carries.
        mass: Mass,
        /// Whether it cools by liquid.
        is_liquid: bool,
    },
    /// It cannot be drawn up.
    #[error(transparent)]
    Draw(#[from] DrawError),
}

/// Servers of a rack.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{} `{server}`, which {} {height} U, {power} and {mass}{}", so_many(*.count), needs(*.count), liquid(*.is_liquid)
)]
pub struct Load {
    count: u32,
    server: String,
    height: u32,
    power: Power,
    mass: Mass,
    is_liquid: bool,
}

impl Load {
    /// So many of a server.
    pub(super) fn new(server: &Server, count: u32) -> Self {
        Self {
            count,
            server: server.name.clone(),
            height: server.height.saturating_mul(count),
            power: Power(server.max_power.0.saturating_mul(count.into())),
            mass: Mass(server.mass.0.saturating_mul(count.into())),
            is_liquid: server.liquid,
        }
    }

    /// Whether a rack holds them.
    pub(super) fn fits(&self, rack: &Rack) -> bool {
        self.height <= rack.height
            && self.power <= rack.power
            && self.mass <= rack.mass
            && (rack.liquid || !self.is_liquid)
    }

    /// The fault of a rack that does not hold them.
    pub(super) fn weak(self, rack: &Rack) -> PriceError {
        PriceError::Weak {
            rack: rack.name.clone(),
            load: self,
            height: rack.height,
            power: rack.power,
            mass: rack.mass,
            is_liquid: rack.liquid,
        }
    }
}

impl PriceError {
    /// A name that is not in a catalogue whose names of that kind are these.
    pub(super) fn unknown(kind: &'static str, name: &str, names: &[&str]) -> Self {
        let listed = || names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let help = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", listed()),
        };
        Self::Unknown { kind, name: name.to_owned(), help }
    }

    /// Whether something was asked for that cannot be, so that it is no matter of what fits.
    pub const fn is_wrong_use(&self) -> bool {
        match self {
            Self::Unknown { .. }
            | Self::Idle { .. }
            | Self::Speech { .. }
            | Self::Class { .. }
            | Self::Both
            | Self::Draw(
                DrawError::Homeless { .. }
                | DrawError::NoPart { .. }
                | DrawError::Tiers
                | DrawError::TooMany { .. }
                | DrawError::Overlap { .. },
            ) => true,
            Self::NoServer { .. }
            | Self::NoNic { .. }
            | Self::NoSwitch { .. }
            | Self::NoRack(_)
            | Self::Weak { .. }
            | Self::Draw(
                DrawError::Misfit(_)
                | DrawError::Ports { .. }
                | DrawError::Rate { .. }
                | DrawError::NoMedium { .. },
            ) => false,
        }
    }

    /// Ways out.
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::Unknown { help, .. } => vec![help.clone()],
            Self::Class { .. } | Self::Both => {
                let names = Technology::ALL.map(|(name, _)| format!("`{name}`")).join(" or ");
                vec![format!("say with `--technology` what to price it as: {names}")]
            }
            Self::NoServer { near, .. } => {
                let near = near.iter().map(|near| format!("nearest comes {near}"));
                let ways = "name one with `--server`, or add one in a file for `--parts`".to_owned();
                near.chain([ways]).collect()
            }
            Self::NoNic { .. } | Self::NoSwitch { .. } => vec!["add one in a file for `--parts`".to_owned()],
            Self::NoRack(_) | Self::Weak { .. } | Self::Draw(DrawError::Misfit(Misfit::Power)) => {
                vec!["take fewer with `--servers-per-rack`, or another rack with `--rack`".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

fn so_many(count: u32) -> String {
    if count == 1 { "a".to_owned() } else { format!("{count} of") }
}

const fn needs(count: u32) -> &'static str {
    if count == 1 { "needs" } else { "need" }
}

fn some_ports(count: u32) -> String {
    if count == 1 { "1 port".to_owned() } else { format!("{count} ports") }
}

const fn liquid(is: bool) -> &'static str {
    if is { ", cooled by liquid" } else { "" }
}
