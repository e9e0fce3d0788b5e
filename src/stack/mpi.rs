//! What an MPI library does with a collective.

use super::costs::{Costs, Messages, micros};
use super::param as p;
use super::plan::{Plan, Stack};
use super::site::Site;
use crate::collective::{Algorithm, Op};

impl Stack {
    /// The library's plan, and what its messages cost.
    pub(super) fn mpi(&self, site: &Site, op: Op, asked: Algorithm, bytes: u64) -> Plan {
        let algorithm = if asked == Algorithm::Auto { mpi_choice(site, op, bytes) } else { asked };
        // All but the first of the messages that a rank starts at once: to all others, or at a root from all.
        let further = if algorithm == Algorithm::Direct && op != Op::SendRecv {
            f64::from(site.ranks.saturating_sub(2))
        } else {
            0.0
        };
        // One message goes over few adapters at once.
        let rails = f64::from(self.overrides.rails.unwrap_or(u32::MAX)).min(self.at(p::MPI_RAILS));
        let rail = site.network / f64::from(site.adapters.max(1)) * self.at(p::PART_NETWORK);
        // Bruck's exchange begins and ends with blocks put in order, and packs what is no row of blocks.
        let pack = self.at(p::MPI_PACK) * 1e3;
        let (rotated, packed) = match (algorithm, op) {
            (Algorithm::Bruck, Op::AllGather) => (bytes as f64 / pack, false),
            (Algorithm::Bruck, _) => (2.0 * bytes as f64 / pack, true),
            _ => (0.0, false),
        };
        let packing = if packed { self.at(p::MPI_PACKING) } else { 0.0 };
        // A ring or chain talks to the same two all the time.
        let same = matches!(
            algorithm,
            Algorithm::Ring
                | Algorithm::RingBidirectional
                | Algorithm::Chain
                | Algorithm::MultiRing
                | Algorithm::Direct
        );
        let partner = if same { 0.0 } else { self.at(p::MPI_PARTNER) };
        let step = micros(self.at(p::MPI_STEP) + packing + partner);
        let rate = self.rate(p::MPI_RATE).min(if rail > 0.0 { rails * rail } else { f64::INFINITY });
        Plan {
            algorithm,
            protocol: None,
            channels: 1,
            // Unless told, libraries do not cut what goes along a chain.
            segments: (algorithm == Algorithm::Chain).then_some(1),
            launch: micros(self.at(p::MPI_LAUNCH) + further * self.at(p::MPI_MESSAGE) + rotated),
            costs: Costs {
                step: [step; 3],
                most: [rate; 3],
                fraction: [
                    Some(self.at(p::PART_SCALEUP)),
                    Some(self.at(p::PART_PCIE)),
                    Some(self.at(p::PART_NETWORK)),
                ],
                flowing: false,
                messages: Some(Messages {
                    eager: self.profile.count(p::MPI_EAGER),
                    ask: micros(self.at(p::MPI_ASK) + packing + partner),
                    copy: self.rate(p::MPI_COPY),
                    pack: if packed { self.rate(p::MPI_PACK) } else { f64::INFINITY },
                    large: self.profile.count(p::MPI_LARGE),
                    large_rate: self.rate(p::MPI_RATE_LARGE),
                    reduce: self.rate(p::MPI_REDUCE),
                    reduce_large: self.rate(p::MPI_REDUCE_LARGE),
                }),
            },
        }
    }
}

/// What MPICH does where nothing is imposed (R. Thakur, R. Rabenseifner and W. Gropp, "Optimization of collective
/// communication operations in MPICH", IJHPCA 2005); Open MPI's rules come to much the same.
fn mpi_choice(site: &Site, op: Op, bytes: u64) -> Algorithm {
    let power = site.ranks.is_power_of_two();
    match op {
        Op::AllReduce if bytes <= 2 << 10 => Algorithm::RecursiveDoubling,
        Op::AllReduce => Algorithm::HalvingDoubling,
        Op::AllGather if bytes >= 512 << 10 => Algorithm::Ring,
        Op::AllGather if power => Algorithm::RecursiveDoubling,
        Op::AllGather => Algorithm::Bruck,
        Op::ReduceScatter if bytes < 512 << 10 && power => Algorithm::HalvingDoubling,
        Op::ReduceScatter => Algorithm::Pairwise,
        // Its scatter and ring of other numbers is no algorithm here.
        Op::Broadcast if bytes < 12 << 10 || !power => Algorithm::Binomial,
        Op::Broadcast => Algorithm::HalvingDoubling,
        Op::Reduce if bytes <= 2 << 10 || !power => Algorithm::Binomial,
        Op::Reduce => Algorithm::HalvingDoubling,
        Op::AllToAll if bytes / u64::from(site.ranks.max(1)) <= 256 => Algorithm::Bruck,
        Op::AllToAll | Op::AllToAllV if bytes / u64::from(site.ranks.max(1)) <= 32 << 10 => Algorithm::Direct,
        Op::AllToAll | Op::AllToAllV => Algorithm::Pairwise,
        Op::SendRecv => Algorithm::Direct,
    }
}
