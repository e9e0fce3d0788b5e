//! In which order rings and chains visit the ranks.

use std::sync::Arc;

use super::Request;

/// The ranks of each server, servers and ranks ascending.
pub(super) fn servers(request: &Request) -> Vec<Vec<u32>> {
    let count = request.servers.iter().max().map_or(0, |last| *last as usize + 1);
    let mut members = vec![Vec::new(); count.min(request.servers.len())];
    for (rank, server) in (0..).zip(&request.servers) {
        // Servers are numbered by first appearance, so there are no more of them than ranks.
        if let Some(members) = members.get_mut(*server as usize) {
            members.push(rank);
        }
    }
    members.retain(|members| !members.is_empty());
    members
}

/// How many ranks each server has, where all have equally many.
pub(super) fn equal_size(servers: &[Vec<u32>]) -> Option<u32> {
    let size = servers.first()?.len();
    servers.iter().all(|members| members.len() == size).then_some(u32::try_from(size).ok()?)
}

/// How many channels use every rail once: as many as a server has ranks, where there are several servers
/// of equally many ranks, else one.
pub(super) fn rails(request: &Request) -> u32 {
    let servers = servers(request);
    if servers.len() > 1 { equal_size(&servers).unwrap_or(1) } else { 1 }
}

/// The order of ranks in the ring of each channel.
///
/// With several servers of `g > 1` ranks each, the ring of channel `c` enters even-numbered servers at
/// local rank `c mod g`, visits the others in cyclic order and leaves at the one after the entry; in
/// odd-numbered servers it goes the other way round. So all hops between servers stay on one rail, but
/// for one hop where the number of servers is odd. Else the rings go through the ranks in order.
pub(super) fn rings(request: &Request, channels: u32) -> Vec<Arc<[u32]>> {
    let rails = rails(request);
    if rails == 1 {
        let order: Arc<[u32]> = (0..request.ranks).collect();
        return (0..channels).map(|_| Arc::clone(&order)).collect();
    }
    let servers = servers(request);
    let by_rail: Vec<Arc<[u32]>> = (0..rails.min(channels))
        .map(|rail| {
            let visit = |(number, members): (usize, &Vec<u32>)| {
                // The entry, then from the second after it round to the one after it.
                let locals =
                    std::iter::once(rail).chain((rail + 2..=rail + rails).filter(|l| *l != rail + rails));
                let mut locals: Vec<u32> = locals.chain(std::iter::once(rail + 1)).collect();
                if number % 2 == 1 {
                    locals.reverse();
                }
                locals.into_iter().map(|local| members[(local % rails) as usize]).collect::<Vec<_>>()
            };
            servers.iter().enumerate().flat_map(visit).collect()
        })
        .collect();
    (0..channels).map(|channel| Arc::clone(&by_rail[(channel % rails) as usize])).collect()
}

/// `order`, turned so that it begins at `first`.
pub(super) fn turned(order: &[u32], first: u32) -> Vec<u32> {
    let place = order.iter().position(|rank| *rank == first).unwrap_or(0);
    order[place..].iter().chain(&order[..place]).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::Op;
    use crate::units::Bytes;

    fn request(servers: u32, size: u32) -> Request {
        let mut request = Request::new(Op::AllReduce, servers * size, Bytes(0));
        request.servers = (0..servers * size).map(|rank| rank / size).collect();
        request
    }

    #[test]
    fn rings_visit_every_rank_once() {
        for (servers, size) in [(1, 1), (1, 5), (4, 1), (2, 2), (3, 2), (4, 8), (5, 3)] {
            for ring in rings(&request(servers, size), 2 * size) {
                let mut ranks = ring.to_vec();
                ranks.sort_unstable();
                assert_eq!(ranks, (0..servers * size).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn hops_between_servers_stay_on_their_rail() {
        for (servers, size) in [(2, 2), (4, 8), (6, 4), (3, 4), (5, 8)] {
            let rings = rings(&request(servers, size), size);
            let mut entered = Vec::new();
            for ring in &rings {
                let next = ring.iter().cycle().skip(1);
                let hops = ring.iter().zip(next).filter(|(a, b)| *a / size != *b / size);
                let off_rail = hops.clone().filter(|(a, b)| *a % size != *b % size).count();
                assert_eq!(hops.count(), servers as usize);
                assert_eq!(off_rail, servers as usize % 2);
                entered.push(ring[0]);
            }
            entered.sort_unstable();
            assert_eq!(entered, (0..size).collect::<Vec<_>>(), "each rail is used once");
        }
    }
}
