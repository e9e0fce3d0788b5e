//! The rings of a library in servers whose accelerators are joined directly, pair by pair.
//!
//! A library searches the links of a server for rings that use as many of them as can be. Where all pairs are joined
//! alike, Walecki's construction gives them without a search (B. Alspach, "The wonderful Walecki construction", Bull.
//! ICA 52, 2008): the complete graph of an even number of places is that many Hamiltonian cycles less two, one for each
//! direction, and a matching that is left over; of an odd number, one less. Between servers, paths are needed instead
//! of cycles: there are as many of them as places that use every directed link once.

use super::site::{Medium, raw_rate};
use crate::fabric::{Fabric, NodeKind};
use crate::ids::NodeId;

/// The most places of a server for which packings of cycles are searched.
const SEARCHED: usize = 8;
/// The most cycles that are tried against each other.
const CYCLES: usize = 4_000;

/// The order of all ranks in each ring, where the ranks of servers are joined directly; `None` where they meet in
/// switches, where there are one or two ranks a server, or where servers or their links differ.
///
/// `members` are the ranks of each server in order.
pub fn orders(fabric: &Fabric, nodes: &[NodeId], members: &[Vec<u32>]) -> Option<Vec<Vec<u32>>> {
    let size = members.first()?.len();
    if size < 3 {
        return None;
    }
    let links_of = |server: &Vec<u32>| -> Option<Vec<Vec<f64>>> {
        server.iter().map(|from| to_each(fabric, nodes, *from, server)).collect()
    };
    let links = links_of(&members[0])?;
    if members[1..].iter().any(|server| links_of(server).as_ref() != Some(&links)) {
        return None;
    }
    let equal = {
        let first = links[0][1];
        (0..size).all(|a| (0..size).all(|b| a == b || links[a][b] == first))
    };
    if members.len() > 1 {
        // Paths from one adapter to another; servers in between are gone through the other way round.
        let paths = if equal && size.is_multiple_of(2) {
            paths(size)
        } else {
            opened(if equal { complete(size) } else { packed(&links) }, size)
        };
        let orders: Vec<Vec<u32>> = paths
            .iter()
            .map(|path| {
                let visit = |(number, server): (usize, &Vec<u32>)| -> Vec<u32> {
                    let there = path.iter().map(|place| server[*place]);
                    if number % 2 == 0 { there.collect() } else { there.rev().collect() }
                };
                members.iter().enumerate().flat_map(visit).collect()
            })
            .collect();
        return (!orders.is_empty()).then_some(orders);
    }
    let cycles = if equal { complete(size) } else { packed(&links) };
    (!cycles.is_empty()).then(|| {
        cycles.into_iter().map(|cycle| cycle.into_iter().map(|at| members[0][at]).collect()).collect()
    })
}

/// The raw rates of the direct links of a rank to each other of its server; `None` where a switch joins it.
fn to_each(fabric: &Fabric, nodes: &[NodeId], from: u32, members: &[u32]) -> Option<Vec<f64>> {
    let mut rates = vec![0.0; members.len()];
    for link in fabric.out_links(nodes[from as usize]) {
        let to = fabric.link(*link).to;
        if Medium::of_link(fabric, *link) != Medium::Scaleup {
            continue;
        }
        if fabric.node(to).kind == NodeKind::NvSwitch {
            return None;
        }
        if let Some(at) = members.iter().position(|rank| nodes[*rank as usize] == to) {
            rates[at] += raw_rate(fabric, *link);
        }
    }
    rates.iter().any(|rate| *rate > 0.0).then_some(rates)
}

/// Places from `first` to and fro, round a circle of `count`: first, first + 1, first - 1, first + 2, ...
fn zigzag(first: usize, count: usize) -> Vec<usize> {
    (0..count)
        .map(|k| if k % 2 == 1 { first + k.div_ceil(2) } else { first + count - k / 2 } % count)
        .collect()
}

/// Both directions of each.
fn both_ways(cycles: impl Iterator<Item = Vec<usize>>) -> Vec<Vec<usize>> {
    cycles.flat_map(|cycle| [cycle.clone(), cycle.into_iter().rev().collect()]).collect()
}

/// Cycles through all of `count` places that use no directed link twice.
fn complete(count: usize) -> Vec<Vec<usize>> {
    let (around, number) = (count - 1, (count - 1) / 2);
    both_ways((0..number).map(|first| {
        let mut cycle = vec![count - 1];
        cycle.extend(zigzag(first, around));
        cycle
    }))
}

/// Paths through all of an even number of places that use every directed link once.
fn paths(count: usize) -> Vec<Vec<usize>> {
    both_ways((0..count / 2).map(|first| zigzag(first, count)))
}

/// Cycles opened to paths, each where its two ends are those that fewest of the others have: the ends are where a path
/// goes over the network.
fn opened(cycles: Vec<Vec<usize>>, count: usize) -> Vec<Vec<usize>> {
    let mut ends = vec![0u32; count];
    cycles
        .into_iter()
        .map(|mut cycle| {
            let load = |at: &usize| ends[cycle[*at]] + ends[cycle[(at + count - 1) % count]];
            let first = (0..count).min_by_key(load).unwrap_or(0);
            cycle.rotate_left(first);
            ends[cycle[0]] += 1;
            ends[cycle[count - 1]] += 1;
            cycle
        })
        .collect()
}

/// As many cycles as a search finds that use no link more than its rate allows, both directions of each.
fn packed(links: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let count = links.len();
    if count > SEARCHED {
        return Vec::new();
    }
    let unit = links.iter().flatten().copied().filter(|rate| *rate > 0.0).fold(f64::INFINITY, f64::min);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few links")]
    let mut left: Vec<Vec<u32>> = links
        .iter()
        .map(|row| row.iter().map(|rate| (rate / unit).round().min(1e3) as u32).collect())
        .collect();
    let mut cycles = Vec::new();
    grow(&left, &mut vec![0], &mut cycles);
    let most = left.iter().map(|row| row.iter().sum::<u32>() / 2).min().unwrap_or(0) as usize;
    let mut best = Vec::new();
    pack(&cycles, 0, &mut left, &mut Vec::new(), &mut best, most, &mut 200_000);
    both_ways(best.into_iter().map(|at| cycles[at].clone()))
}

/// All cycles that begin with `path`, each in one direction.
fn grow(left: &[Vec<u32>], path: &mut Vec<usize>, cycles: &mut Vec<Vec<usize>>) {
    let last = path[path.len() - 1];
    if path.len() == left.len() {
        if left[last][0] > 0 && path[1] < last && cycles.len() < CYCLES {
            cycles.push(path.clone());
        }
        return;
    }
    for next in 1..left.len() {
        if left[last][next] > 0 && !path.contains(&next) {
            path.push(next);
            grow(left, path, cycles);
            path.pop();
        }
    }
}

/// The largest number of cycles that fit together; the same one may be taken again where links are double.
fn pack(
    cycles: &[Vec<usize>],
    from: usize,
    left: &mut [Vec<u32>],
    taken: &mut Vec<usize>,
    best: &mut Vec<usize>,
    most: usize,
    tries: &mut u32,
) {
    if taken.len() > best.len() {
        best.clone_from(taken);
    }
    for at in from..cycles.len() {
        if best.len() >= most || *tries == 0 {
            return;
        }
        *tries -= 1;
        let cycle = &cycles[at];
        let hops: Vec<(usize, usize)> =
            cycle.iter().copied().zip(cycle.iter().copied().cycle().skip(1)).collect();
        if hops.iter().all(|(a, b)| left[*a][*b] > 0 && left[*b][*a] > 0) {
            for (a, b) in &hops {
                left[*a][*b] -= 1;
                left[*b][*a] -= 1;
            }
            taken.push(at);
            pack(cycles, at, left, taken, best, most, tries);
            taken.pop();
            for (a, b) in &hops {
                left[*a][*b] += 1;
                left[*b][*a] += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::template::HYBRID_CUBE_MESH;
    use crate::fabric::{Builder, Cable, LinkClass, Node};
    use crate::units::Bandwidth;

    /// How often each directed link is used, the way back to the first place included where `closed`.
    fn uses(count: usize, ways: &[Vec<usize>], closed: bool) -> Vec<Vec<u32>> {
        let mut uses = vec![vec![0; count]; count];
        for way in ways {
            let mut places = way.clone();
            places.sort_unstable();
            assert_eq!(places, (0..count).collect::<Vec<_>>(), "every place once");
            way.windows(2).for_each(|hop| uses[hop[0]][hop[1]] += 1);
            if closed {
                uses[way[count - 1]][way[0]] += 1;
            }
        }
        uses
    }

    #[test]
    fn rings_of_a_mesh_use_no_link_twice() {
        for count in 3..=16 {
            let cycles = complete(count);
            assert_eq!(cycles.len(), if count % 2 == 0 { count - 2 } else { count - 1 });
            assert!(uses(count, &cycles, true).iter().flatten().all(|times| *times <= 1));
        }
    }

    #[test]
    fn paths_of_a_mesh_use_every_link_once() {
        for count in [2, 4, 6, 8, 16] {
            let used = uses(count, &paths(count), false);
            for (a, row) in used.iter().enumerate() {
                assert!(row.iter().enumerate().all(|(b, times)| *times == u32::from(a != b)));
            }
        }
    }

    #[test]
    fn opened_cycles_end_everywhere() {
        for count in [3, 5, 7] {
            let paths = opened(complete(count), count);
            assert!(uses(count, &paths, false).iter().flatten().all(|times| *times <= 1));
            let mut ends = vec![0; count];
            paths.iter().for_each(|path| [path[0], path[count - 1]].iter().for_each(|end| ends[*end] += 1));
            let (least, most) = (ends.iter().min().unwrap(), ends.iter().max().unwrap());
            assert!(most - least <= 1, "{ends:?}");
        }
    }

    #[test]
    fn servers_that_are_wired_in_other_ways_have_no_rings_together() {
        // Two servers of three, of which the second may lack a link or have a wider one.
        let found = |rate: u64| {
            let mut builder = Builder::new("two", LinkClass::builtin());
            let class = builder.class("nvlink").unwrap();
            let mut nodes = Vec::new();
            for server in 0..2 {
                let gpu = |i| Node::new(format!("{server}/{i}"), NodeKind::Gpu).in_server(server);
                let own: Vec<NodeId> = (0..3).map(|i| builder.add_node(gpu(i))).collect();
                let wide = if server == 0 { 1 } else { rate };
                for (a, b, rate) in [(0, 1, 1), (1, 2, 1), (2, 0, wide)] {
                    if rate > 0 {
                        let cable = Cable::new(class, Bandwidth::from_gigabytes(25 * rate));
                        builder.add_cable(own[a], own[b], cable);
                    }
                }
                nodes.extend(own);
            }
            let cable = Cable::new(class, Bandwidth::from_gigabytes(25));
            builder.add_cable(nodes[0], nodes[3], cable);
            let fabric = builder.finish().unwrap();
            orders(&fabric, &nodes, &[vec![0, 1, 2], vec![3, 4, 5]]).map(|orders| orders.len())
        };
        assert_eq!([1, 0, 2].map(found), [Some(2), None, None]);
    }

    #[test]
    fn a_hybrid_cube_mesh_has_six_rings() {
        let mut links = vec![vec![0.0; 8]; 8];
        for (a, b, count) in HYBRID_CUBE_MESH {
            links[a][b] = 25e9 * f64::from(count);
            links[b][a] = links[a][b];
        }
        let rings = packed(&links);
        assert_eq!(rings.len(), 6);
        let used = uses(8, &rings, true);
        for (a, row) in used.iter().enumerate() {
            assert!(row.iter().enumerate().all(|(b, times)| f64::from(*times) * 25e9 <= links[a][b]));
        }
    }
}
