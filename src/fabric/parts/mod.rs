//! The catalogue: what can be bought, with prices as intervals.
//!
//! Types only; the built-in catalogue and users' own are files that `input` reads.

mod catalogue;
mod media;
mod nic;
mod price;
mod rack;
mod server;
mod switch;

pub use catalogue::Catalogue;
pub use media::{Medium, MediumKind};
pub use nic::Nic;
pub use price::{Price, PriceKind, Provenance};
pub use rack::Rack;
pub use server::Server;
pub use switch::Switch;

/// What switches and adapters of a network speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Technology {
    /// InfiniBand.
    InfiniBand,
    /// Ethernet that carries RoCE.
    Roce,
}

impl Technology {
    /// All with their names in files, which are those of their link classes.
    pub const ALL: [(&'static str, Self); 2] = [("infiniband", Self::InfiniBand), ("roce", Self::Roce)];

    /// The name in files, and of the link class.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InfiniBand => "infiniband",
            Self::Roce => "roce",
        }
    }
}
