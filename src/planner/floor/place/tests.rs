//! Deltas against full sums, annealing against all placements, and what is the same for any number of threads.

use rand::Rng;

use super::super::STOCK;
use super::ground::WARM;
use super::*;
use crate::rng::stream;

/// Copper to 3 m, then fibre that costs more and rises slowly, single mode from 50 m.
fn curve() -> Curve {
    Curve {
        costs: STOCK.map(|mm| {
            Some(Money(match mm {
                0..=3_000 => 8_000 + 2 * mm,
                3_001..=50_000 => 86_000 + mm * 15 / 100,
                _ => 127_000 + mm * 12 / 100,
            }))
        }),
    }
}

/// Racks in rows of so many, with cables drawn at random.
fn random(racks: u32, per_row: u32, bundles: u32, seed: u64) -> Floor {
    let mut numbers = stream(seed, "test floor", 0);
    let mut below = |n: u32| u32::try_from(numbers.next_u64() % u64::from(n)).unwrap();
    let bundles = (0..bundles).filter_map(|_| {
        let (a, b) = (below(racks), below(racks));
        let bundle =
            Bundle { a, b, level_a: 1 + below(48), level_b: 1 + below(48), count: 1 + below(9), curve: 0 };
        (a != b).then_some(bundle)
    });
    Floor {
        room: Room { racks_per_row: per_row, ..Room::default() },
        rack_height: 48,
        bundles: bundles.collect(),
        kinds: (0..racks)
            .map(|rack| if rack % 4 == 3 { RackKind::Leaves } else { RackKind::Servers })
            .collect(),
        pods: (0..racks).map(|rack| Some(rack / 4)).collect(),
        curves: vec![curve()],
    }
}

const GO: &(dyn Fn() -> bool + Sync) = &|| false;

#[test]
fn deltas_are_differences_of_full_sums() {
    let floor = random(17, 5, 60, 1);
    let ground = Ground::new(&floor, 4);
    let energies = ground.energies(WARM);
    let mut state = State::new(&ground, &seeds::all(&floor, &ground)[1]);
    let mut numbers = stream(2, "test moves", 0);
    let mut energy = state.energy(&energies);
    for _ in 0..2_000 {
        let mut cell = || u32::try_from(numbers.next_u64() % 20).unwrap();
        let (s, t) = (cell(), cell());
        energy += state.change(&energies, s, t);
        state.swap(s, t);
        assert_eq!(energy, state.energy(&energies));
        // The tables tell what the definition tells.
        let cost = floor.cost(&ground.slots(&state.at));
        let cents = state.energy(&ground.energies(0)) >> 10;
        assert_eq!(cents, i64::try_from(cost.cost.0).unwrap());
    }
}

#[test]
fn seeds_put_every_rack_on_a_cell_of_its_own() {
    for (racks, per_row) in [(1, 1), (5, 2), (17, 5), (40, 8), (23, 20)] {
        let floor = random(racks, per_row, 4 * racks, 3);
        let ground = Ground::new(&floor, racks.div_ceil(per_row));
        for cells in seeds::all(&floor, &ground) {
            let mut sorted = cells.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), racks as usize);
            assert!(sorted.iter().all(|cell| *cell < ground.cells()));
        }
    }
}

/// Every placement of so many racks on so many cells, the cells in order of the racks.
fn all_placements(racks: u32, cells: u32) -> Vec<Vec<u32>> {
    (0..racks).fold(vec![Vec::new()], |known, _| {
        let longer = |at: Vec<u32>| {
            (0..cells)
                .filter(|cell| !at.contains(cell))
                .map(|cell| [at.clone(), vec![cell]].concat())
                .collect()
        };
        known.into_iter().flat_map(|at| -> Vec<Vec<u32>> { longer(at) }).collect()
    })
}

#[test]
fn small_rooms_are_placed_as_well_as_can_be() {
    // Rows of three with a place left over or none, up to seven racks in two rows of four.
    for (seed, racks, per_row) in
        (0..12).map(|seed| (seed, 5 + u32::try_from(seed % 2).unwrap(), 3)).chain([(12, 7, 4), (13, 7, 7)])
    {
        let floor = random(racks, per_row, 14, seed);
        let ground = Ground::new(&floor, racks.div_ceil(per_row));
        let cost = |at: &Vec<u32>| floor.cost(&ground.slots(at)).cost;
        let least = all_placements(racks, ground.cells()).iter().map(cost).min().unwrap();
        let found = place(&floor, seed, GO).unwrap();
        assert_eq!(found.placed.cost, least, "seed {seed}");
        assert_eq!(floor.cost(&found.slots), found.placed);
        // The bound is one, and not an idle one.
        assert!(floor.least() <= least, "seed {seed}");
        assert!(2 * floor.least().0 > least.0, "seed {seed}");
    }
}

#[test]
fn the_bound_is_met_where_racks_do_not_vie_for_cells() {
    // A rack of leaves with two racks of servers: they stand beside it.
    let mut floor = random(3, 3, 0, 0);
    let bundle = |b| Bundle { a: 0, b, level_a: 48, level_b: 48, count: 5, curve: 0 };
    floor.bundles = vec![bundle(1), bundle(2)];
    // 0.4 m up and down, 0.7 m along, 1 m of slack: 2.5 m of 80 + 2.5 * 20 USD.
    assert_eq!(floor.least(), Money(13_000 * 10));
    assert_eq!(place(&floor, 0, GO).unwrap().placed.cost, floor.least());
    // A third has no place beside it: 3.9 m, sold as 4 m, of fibre.
    let mut more = random(4, 4, 0, 0);
    more.bundles = vec![bundle(1), bundle(2), bundle(3)];
    let least = Money(13_000 * 10 + 86_600 * 5);
    assert_eq!((more.least(), place(&more, 0, GO).unwrap().placed.cost), (least, least));
    floor.bundles.clear();
    assert_eq!(floor.least(), Money::ZERO);
}

/// Pods of servers in racks with their leaves in one of their own, and spines of all pods.
fn pods(pods: u32, per_row: u32) -> Floor {
    let (spines, pod) = (2, 5);
    let racks = pods * pod + spines;
    let at = |rack: u32| (rack < pods * pod).then_some(rack / pod);
    let mut bundles = Vec::new();
    for leaves in (0..pods).map(|own| own * pod + pod - 1) {
        let down = (leaves + 1 - pod..leaves)
            .flat_map(|rack| (0..4).map(move |server| (rack, leaves, 4 + 8 * server, 48, 8)));
        let up = (pods * pod..racks).map(|spine| (leaves, spine, 48, 40, 16));
        bundles.extend(down.chain(up));
    }
    let bundle = |(a, b, level_a, level_b, count)| Bundle { a, b, level_a, level_b, count, curve: 0 };
    Floor {
        room: Room { racks_per_row: per_row, ..Room::default() },
        rack_height: 48,
        bundles: bundles.into_iter().map(bundle).collect(),
        kinds: (0..racks)
            .map(|rack| match (at(rack), rack % pod) {
                (None, _) => RackKind::Spines,
                (Some(_), 4) => RackKind::Leaves,
                _ => RackKind::Servers,
            })
            .collect(),
        pods: (0..racks).map(at).collect(),
        curves: vec![curve()],
    }
}

#[test]
fn never_worse_than_a_seed_and_the_same_for_any_number_of_threads() {
    for floor in [random(40, 8, 200, 5), pods(6, 9)] {
        let at = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| place(&floor, 7, GO).unwrap())
        };
        let one = at(1);
        assert_eq!(one, at(2));
        assert_eq!(one, at(3));
        assert!(one.seeds.iter().all(|seed| one.placed.cost <= seed.cost));
        assert!(one.placed.cost < one.row_major.cost);
        assert!(one.placed.cost >= floor.least());
        assert_eq!(one.row_major, one.seeds[0]);
        // Stopped at once, the best seed is what there is.
        let stopped = place(&floor, 7, &|| true).unwrap();
        assert_eq!(Some(stopped.placed.cost), one.seeds.iter().map(|seed| seed.cost).min());
    }
}

#[test]
fn tables_by_sort_of_cable_tell_the_same() {
    let floor = random(30, 6, 300, 9);
    let [whole, shared] = [usize::MAX, 0].map(|most| Ground::with(&floor, 5, most));
    let cells: Vec<u32> = (0..30).rev().collect();
    let [one, other] = [&whole, &shared].map(|ground| State::new(ground, &cells));
    let energies = [&whole, &shared].map(|ground| ground.energies(WARM));
    // A pair of racks with several sorts of cables is one edge, or one for each sort.
    let edges = |ground: &Ground| (0..30).map(|rack| ground.edges(rack).len()).sum::<usize>();
    assert!(edges(&whole) == 2 * whole.pairs.len() && edges(&shared) > edges(&whole));
    assert_eq!(one.energy(&energies[0]), other.energy(&energies[1]));
    for (s, t) in (0..30).flat_map(|s| (0..30).map(move |t| (s, t))) {
        assert_eq!(one.change(&energies[0], s, t), other.change(&energies[1], s, t));
    }
}

#[test]
fn rooms_and_reach_are_limits() {
    let floor = random(9, 4, 30, 1);
    let small = Floor { room: Room { rows: 2, ..floor.room }, ..floor.clone() };
    assert_eq!(place(&small, 0, GO).unwrap_err(), Misfit::Room);
    let mut short = floor;
    short.curves[0].costs[5..].fill(None);
    assert_eq!(place(&short, 0, GO).unwrap_err(), Misfit::Reach);
    short.bundles.clear();
    assert_eq!(place(&short, 0, GO).unwrap().placed, CableCost::default());
    short.kinds.clear();
    assert_eq!(place(&short, 0, GO).unwrap().slots, []);
}
