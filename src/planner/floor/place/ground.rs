//! The room as cells, what cables between racks cost by how far apart they are, and racks on cells.

use std::collections::BTreeMap;

use super::{Floor, Slot};
use crate::ids::number;
use crate::planner::floor::{along, drop, row_major};
use crate::units::Length;

/// No rack.
pub(super) const NONE: u32 = u32::MAX;
/// Energy of a cent.
const CENT: i64 = 1 << 10;
/// Energy of a millimetre while racks are annealed: 0.6 USD a metre, less than fibre costs, so that racks move on where
/// stock lengths leave the cost as it is.
pub(super) const WARM: i64 = 1 << 6;
/// The same while the last swaps are looked for: only ties are decided by it.
pub(super) const COLD: i64 = 1;
/// What a cable costs at most in cents, to the search: also one that is too long. So sums of 2^28 cables fit in 63 bits.
const DEAREST: u64 = 1 << 24;
/// Entries of the tables of costs, at most, before pairs of racks are no longer given tables of their own.
const MOST_ENTRIES: usize = 1 << 22;

/// A cable bundle at a rack, or all bundles to another rack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    /// The other rack.
    pub(super) other: u32,
    /// Which table.
    pub(super) table: u32,
    /// How many times what the table says.
    pub(super) times: u32,
}

/// A cable by what its cost depends on beside the distance: the height of its ends, and its sort.
type Sort = (u64, u32);

/// Cells, and the cables between racks.
#[derive(Debug)]
pub(super) struct Ground {
    /// Rows of cells.
    pub(super) rows: u32,
    /// Cells of a row.
    pub(super) per_row: u32,
    /// Racks.
    pub(super) racks: u32,
    /// Racks of each pod, in order.
    pub(super) pods: Vec<Vec<u32>>,
    starts: Vec<u32>,
    edges: Vec<Edge>,
    /// Cables between two racks, by the lower one and the higher one.
    pub(super) pairs: BTreeMap<(u32, u32), u64>,
    /// Cents of each table by distance in rows and places.
    cents: Vec<i64>,
    /// Millimetres of each table, likewise.
    mm: Vec<i64>,
}

impl Ground {
    pub(super) fn new(floor: &Floor, rows: u32) -> Self {
        Self::with(floor, rows, MOST_ENTRIES)
    }

    /// With tables of so many entries, at most, before pairs of racks share them.
    pub(super) fn with(floor: &Floor, rows: u32, most: usize) -> Self {
        let per_row = floor.room.racks_per_row.max(1);
        let cells = rows as usize * per_row as usize;
        let mut pairs: BTreeMap<(u32, u32), Vec<(Sort, u32)>> = BTreeMap::new();
        for bundle in floor.bundles.iter().filter(|bundle| bundle.a != bundle.b && bundle.count > 0) {
            let drop = |level| drop(&floor.room, floor.rack_height, level).mm();
            let ends = drop(bundle.level_a).saturating_add(drop(bundle.level_b));
            let pair = (bundle.a.min(bundle.b), bundle.a.max(bundle.b));
            pairs.entry(pair).or_default().push(((ends, bundle.curve), bundle.count));
        }
        for cables in pairs.values_mut() {
            cables.sort_unstable();
            cables.dedup_by(|next, first| {
                let same = next.0 == first.0;
                first.1 += if same { next.1 } else { 0 };
                same
            });
        }
        let mut sorts: BTreeMap<&[(Sort, u32)], u32> = BTreeMap::new();
        for cables in pairs.values() {
            let next = number(sorts.len());
            sorts.entry(cables).or_insert(next);
        }
        let mut each: BTreeMap<Sort, u32> = BTreeMap::new();
        let whole = sorts.len() * cells <= most;
        let mut neighbours: Vec<Vec<Edge>> = vec![Vec::new(); floor.kinds.len()];
        let mut join = |(a, b): (u32, u32), table, times| {
            neighbours[a as usize].push(Edge { other: b, table, times });
            neighbours[b as usize].push(Edge { other: a, table, times });
        };
        for (pair, cables) in &pairs {
            if whole {
                join(*pair, sorts[cables.as_slice()], 1);
                continue;
            }
            for (sort, count) in cables {
                let next = number(each.len());
                join(*pair, *each.entry(*sort).or_insert(next), *count);
            }
        }
        let mut tables: Vec<(u32, Vec<(Sort, u32)>)> = if whole {
            sorts.into_iter().map(|(cables, table)| (table, cables.to_vec())).collect()
        } else {
            each.into_iter().map(|(sort, table)| (table, vec![(sort, 1)])).collect()
        };
        tables.sort_unstable_by_key(|(table, _)| *table);
        let mut ground = Self {
            rows,
            per_row,
            racks: number(floor.kinds.len()),
            pods: pods(floor),
            starts: starts(&neighbours),
            edges: neighbours.concat(),
            pairs: pairs
                .into_iter()
                .map(|(pair, cables)| (pair, cables.iter().map(|(_, count)| u64::from(*count)).sum()))
                .collect(),
            cents: Vec::with_capacity(tables.len() * cells),
            mm: Vec::with_capacity(tables.len() * cells),
        };
        for (_, cables) in &tables {
            ground.tabulate(floor, cables);
        }
        ground
    }

    /// Adds a table: what these cables come to at each distance.
    fn tabulate(&mut self, floor: &Floor, cables: &[(Sort, u32)]) {
        let slack = floor.room.slack.mm().saturating_mul(2);
        let corner = Slot { row: 0, place: 0 };
        for cell in 0..self.cells() {
            let way = along(&floor.room, corner, row_major(&floor.room, cell)).mm();
            let (mut cents, mut count) = (0, 0);
            for ((ends, curve), cables) in cables {
                let span = Length(way.saturating_add(*ends).saturating_add(slack));
                let cost =
                    floor.curves[*curve as usize].cost(span).map_or(DEAREST, |cost| cost.0.min(DEAREST));
                cents += signed(cost) * i64::from(*cables);
                count += i64::from(*cables);
            }
            self.cents.push(cents);
            self.mm.push(signed(way.min(DEAREST)) * count);
        }
    }

    /// Cells in all.
    pub(super) const fn cells(&self) -> u32 {
        self.rows * self.per_row
    }

    /// The cables of a rack.
    pub(super) fn edges(&self, rack: u32) -> &[Edge] {
        let at = rack as usize;
        &self.edges[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// What a table says for a distance, in cents.
    pub(super) fn cost(&self, table: u32, distance: u32) -> i64 {
        self.cents[table as usize * self.cells() as usize + distance as usize]
    }

    /// Energies by table and distance where a millimetre counts so much.
    pub(super) fn energies(&self, millimetre: i64) -> Vec<i64> {
        self.cents.iter().zip(&self.mm).map(|(cents, mm)| cents * CENT + mm * millimetre).collect()
    }

    /// Where cells are.
    pub(super) fn slots(&self, cells: &[u32]) -> Vec<Slot> {
        cells.iter().map(|cell| Slot { row: cell / self.per_row, place: cell % self.per_row }).collect()
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn starts(neighbours: &[Vec<Edge>]) -> Vec<u32> {
    let mut starts = vec![0];
    let mut sum = 0;
    for edges in neighbours {
        sum += number(edges.len());
        starts.push(sum);
    }
    starts
}

/// Racks of each pod.
fn pods(floor: &Floor) -> Vec<Vec<u32>> {
    let mut pods: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (rack, pod) in (0..).zip(&floor.pods) {
        if let Some(pod) = pod {
            pods.entry(*pod).or_default().push(rack);
        }
    }
    pods.into_values().collect()
}

/// Racks on cells.
#[derive(Debug, Clone)]
pub(super) struct State<'a> {
    ground: &'a Ground,
    /// The cell of each rack.
    pub(super) at: Vec<u32>,
    /// The rack on each cell, or [`NONE`].
    pub(super) on: Vec<u32>,
    /// Row and place of each cell.
    grid: Vec<(u32, u32)>,
}

impl<'a> State<'a> {
    pub(super) fn new(ground: &'a Ground, at: &[u32]) -> Self {
        let mut on = vec![NONE; ground.cells() as usize];
        for (rack, cell) in (0..).zip(at) {
            on[*cell as usize] = rack;
        }
        let grid = (0..ground.cells()).map(|cell| (cell / ground.per_row, cell % ground.per_row)).collect();
        Self { ground, at: at.to_vec(), on, grid }
    }

    /// The entry of a table for two cells.
    fn entry(&self, edge: &Edge, a: (u32, u32), b: (u32, u32)) -> usize {
        let (rows, places) = (a.0.abs_diff(b.0), a.1.abs_diff(b.1));
        edge.table as usize * self.on.len() + (rows * self.ground.per_row + places) as usize
    }

    /// The energy of all cables, from nothing.
    pub(super) fn energy(&self, energies: &[i64]) -> i64 {
        let of = |rack: u32| {
            let here = self.grid[self.at[rack as usize] as usize];
            let each = self.ground.edges(rack).iter().map(move |edge| {
                let there = self.grid[self.at[edge.other as usize] as usize];
                energies[self.entry(edge, here, there)] * i64::from(edge.times)
            });
            each.sum::<i64>()
        };
        (0..self.ground.racks).map(of).sum::<i64>() / 2
    }

    /// What it would add to the energy if racks on two cells changed places: O(cables' pairs of these racks).
    pub(super) fn change(&self, energies: &[i64], s: u32, t: u32) -> i64 {
        let (a, b) = (self.on[s as usize], self.on[t as usize]);
        self.moved(energies, a, s, t, b) + self.moved(energies, b, t, s, a)
    }

    /// The part of it of one rack; cables to the other one stay as long as they are.
    fn moved(&self, energies: &[i64], rack: u32, from: u32, to: u32, but: u32) -> i64 {
        if rack == NONE {
            return 0;
        }
        let (from, to) = (self.grid[from as usize], self.grid[to as usize]);
        let mut sum = 0;
        for edge in self.ground.edges(rack) {
            if edge.other != but {
                let there = self.grid[self.at[edge.other as usize] as usize];
                let change = energies[self.entry(edge, to, there)] - energies[self.entry(edge, from, there)];
                sum += change * i64::from(edge.times);
            }
        }
        sum
    }

    /// Racks on two cells change places.
    pub(super) fn swap(&mut self, s: u32, t: u32) {
        self.on.swap(s as usize, t as usize);
        for cell in [s, t] {
            let rack = self.on[cell as usize];
            if rack != NONE {
                self.at[rack as usize] = cell;
            }
        }
    }
}
