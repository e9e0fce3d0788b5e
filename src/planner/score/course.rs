//! A load on servers: its groups, and the tasks of its step.

use std::mem::{Discriminant, discriminant};
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::footprint::Seat;
use super::path::{Path, Windows};
use super::player::{Player, Print, locked};
use super::{Attach, Failure, Shape, Situation, Wiring};
use crate::collective::{Algorithm, Op};
use crate::run::{PlayedGroups, RunError, Watch, costs_of, on_lanes, operation, play_costs, tasks_of};
use crate::units::{Bytes, Time};
use crate::workload::{Cost, Network, Pattern, Purpose, StepGraph, Tier, Workload, other, step_bound};

/// The most ranks that are played at once, of groups that share a leaf with the first.
const RANKS: usize = 2_048;
/// The most ranks for which groups that share leaves with those, and so on, are played too.
const CLOSURE: usize = 512;

/// Groups of ranks.
type Groups = Vec<Vec<u32>>;

/// A load, prepared for servers of some accelerators.
pub(super) struct Course {
    /// Accelerators of a server.
    gpus: u32,
    /// Servers of a job.
    pub(super) servers: u32,
    kind: Kind,
}

enum Kind {
    Step(Box<Training>),
    Collective { what: (Op, Bytes), groups: Groups },
}

struct Training {
    workload: Arc<Workload>,
    graph: StepGraph,
    /// By purpose in [`Purpose::ALL`] and lane.
    groups: Vec<Vec<Groups>>,
    windows: Windows,
    /// What tasks took, by what was played.
    same: Mutex<Same>,
    /// What tasks took, by what their collectives cost.
    known: Mutex<FxHashMap<Vec<u64>, Arc<Took>>>,
    /// The seats that are played, by how servers are shared out over leaves, lane and class.
    seats: Mutex<Seats>,
    /// What those use, by how leaves are shared out over spines too.
    prints: Mutex<Prints>,
}

/// Seats by sharing, lane and class.
type Seats = FxHashMap<(Sharing, u32, u32), (Arc<[Vec<Seat>]>, bool)>;

/// What decides which groups share leaves: the kind of network, how adapters attach, servers of a pod, servers in all, whether
/// scattered.
type Sharing = (Discriminant<Shape>, Attach, u32, u32, bool);

/// Footprints by sharing of leaves and spines, lane and class.
type Prints = FxHashMap<(Sharing, Blocks, u32, u32), Arc<Print>>;

/// What tasks took, by what was played.
type Same = FxHashMap<Vec<One>, Arc<Took>>;

/// What decides which leaves share spines: pods of a block where there are several, whether each rail of one has its own, and
/// whether it has its own everywhere. Of a network that is no tree all that it is, and whether something has failed.
type Blocks = (Option<(u32, bool)>, bool, Option<(Shape, bool)>);

/// What collectives take: by lane and class of a step; of a plain collective one.
pub(super) type PlayedAll = Vec<Vec<Option<PlayedGroups>>>;

impl Course {
    /// A training step on servers of so many accelerators.
    ///
    /// # Errors
    /// Where its pipeline has no order.
    pub(super) fn step(workload: Arc<Workload>, gpus: u32) -> Result<Option<Self>, RunError> {
        let parallel = workload.parallel;
        let Some(step) = workload.step(domain(gpus)) else { return Ok(None) };
        let graph = tasks_of(&step)?;
        let groups = Purpose::ALL
            .iter()
            .map(|(_, purpose)| {
                let used = graph.classes.iter().any(|class| class.purpose == *purpose);
                let lanes = if used { graph.lanes } else { 0 };
                (0..lanes).map(|lane| parallel.groups(*purpose, lane)).collect()
            })
            .collect();
        let servers = u32::try_from(parallel.ranks().div_ceil(u64::from(gpus))).unwrap_or(u32::MAX);
        let windows = Windows::new(&graph);
        let training = Training {
            workload: workload.clone(),
            graph,
            groups,
            windows,
            same: Mutex::default(),
            known: Mutex::default(),
            seats: Mutex::default(),
            prints: Mutex::default(),
        };
        Ok(Some(Self { gpus, servers, kind: Kind::Step(Box::new(training)) }))
    }

    /// A collective of groups of neighbours, all at once.
    pub(super) fn collective(what: (Op, Bytes), group: u32, ranks: u32, gpus: u32) -> Self {
        let each = group.max(1);
        let groups = (0..ranks / each).map(|own| (own * each..(own + 1) * each).collect()).collect();
        Self { gpus, servers: ranks.div_ceil(gpus), kind: Kind::Collective { what, groups } }
    }

    /// Jobs that fill a network, which all do the same at the same time.
    const fn jobs(&self, wiring: &Wiring) -> u32 {
        let jobs = wiring.servers / if self.servers == 0 { 1 } else { self.servers };
        if jobs == 0 { 1 } else { jobs }
    }

    /// What other jobs do meanwhile, whose servers follow those of the first: the same groups.
    fn others(&self, jobs: u32, groups: &[&[u32]]) -> Groups {
        let ranks = self.servers * self.gpus;
        let of = |job: u32| groups.iter().map(move |own| own.iter().map(|rank| rank + job * ranks).collect());
        (1..jobs).flat_map(of).collect()
    }

    /// What its collectives take on a network, in the first of the jobs that fill it.
    ///
    /// # Errors
    /// Where they cannot be played.
    pub(super) fn collectives(
        &self,
        player: &Player,
        wiring: &Wiring,
        situation: Situation,
    ) -> Result<PlayedAll, RunError> {
        let jobs = self.jobs(wiring);
        let places = situation.places(wiring, jobs * self.servers);
        let failure = match situation {
            Situation::Failed(failure) => Some(failure),
            Situation::Aligned | Situation::Scattered => None,
        };
        let at = Site { wiring, failure, places: &places, gpus: self.gpus };
        match &self.kind {
            Kind::Collective { what, groups } => {
                let mut all: Vec<&[u32]> = groups.iter().map(Vec::as_slice).collect();
                let others = self.others(jobs, &all);
                all.extend(others.iter().map(Vec::as_slice));
                Ok(vec![vec![at.play(player, &all, *what)?]])
            }
            Kind::Step(training) => on_lanes(&training.graph, &|lane, number| {
                let class = &training.graph.classes[number as usize];
                let own = training.lanes(class.purpose);
                let scattered = situation == Situation::Scattered;
                let kind = discriminant(&wiring.shape);
                let sharing = (kind, wiring.attach, wiring.pod_servers, wiring.servers, scattered);
                let blocks = (wiring.tiers >= 3).then_some((wiring.block_pods, wiring.by_rail));
                let shape = (wiring.shape != Shape::Tree).then_some((wiring.shape, failure.is_some()));
                let by_block = (sharing, (blocks, wiring.separate, shape), lane, number);
                let key = (sharing, lane, number);
                // What lanes do to each other is in that already: for tasks each has links of its own.
                let play = |print: &Print| -> Result<Option<PlayedGroups>, RunError> {
                    let played = player.play(wiring, failure, print, operation(class))?;
                    Ok(played.map(|played| PlayedGroups { copy: lane.saturating_add(1), ..played }))
                };
                if let Some(print) = locked(&training.prints).get(&by_block).cloned() {
                    return play(&print);
                }
                let print = |seats: &[Vec<Seat>], part| {
                    let print = player.print(wiring, failure, seats, part);
                    locked(&training.prints).insert(by_block, print.clone());
                    print
                };
                let known = locked(&training.seats).get(&key).cloned();
                if let Some((seats, part)) = known {
                    return play(&print(&seats, part));
                }
                let mut back: Groups = Vec::new();
                let mut all: Vec<&[u32]> = if class.pattern == Pattern::Send {
                    // Both ways at once, as on a fabric of one's own; other lanes send at other times.
                    let pairs = &own[lane as usize];
                    back.extend(pairs.iter().map(|pair| pair.iter().rev().copied().collect()));
                    pairs.iter().chain(&back).map(Vec::as_slice).collect()
                } else {
                    // All lanes do it at about the same time.
                    let (before, from) = own.split_at(lane as usize);
                    from.iter().chain(before).flatten().map(Vec::as_slice).collect()
                };
                if own[lane as usize].is_empty() {
                    return Ok(None);
                }
                let others = self.others(jobs, &all);
                all.extend(others.iter().map(Vec::as_slice));
                let (seats, part) = at.seats(&all);
                let seats: Arc<[Vec<Seat>]> = seats.into();
                locked(&training.seats).insert(key, (seats.clone(), part));
                play(&print(&seats, part))
            }),
        }
    }

    /// What its collectives take at least, on any network of such adapters: those within servers as they are played; of
    /// others, what the ranks of a server must send over their own adapters.
    ///
    /// # Errors
    /// Where they cannot be played.
    pub(super) fn ideal(&self, player: &Player, wiring: &Wiring) -> Result<PlayedAll, RunError> {
        let places = Situation::Aligned.places(wiring, self.servers);
        let at = Site { wiring, failure: None, places: &places, gpus: self.gpus };
        let play = |group: &[u32], what: (Op, Bytes)| -> Result<Option<PlayedGroups>, RunError> {
            if at.is_inside(group) {
                at.play(player, &[group], what)
            } else {
                Ok(Some(at.least(group, what)))
            }
        };
        match &self.kind {
            Kind::Collective { what, groups } => {
                let first = groups.first().map(|group| play(group, *what)).transpose()?;
                Ok(vec![vec![first.flatten()]])
            }
            Kind::Step(training) => on_lanes(&training.graph, &|lane, class| {
                let class = &training.graph.classes[class as usize];
                let own = &training.lanes(class.purpose)[lane as usize];
                own.first().map(|group| play(group, operation(class))).transpose().map(Option::flatten)
            }),
        }
    }

    /// The time with these collectives, and the path of tasks that takes longest even where nothing is shared, unless it was
    /// told in an earlier batch: so it is the same whichever thread comes first.
    ///
    /// # Errors
    /// Where tasks cannot be played, or `watch` says stop.
    pub(super) fn time(
        &self,
        played: &PlayedAll,
        batch: u32,
        watch: &dyn Watch,
    ) -> Result<(Time, Option<Path>), RunError> {
        let training = match &self.kind {
            Kind::Collective { .. } => {
                let time = played[0][0].as_ref().map_or(Time::ZERO, |played| played.time);
                return Ok((time, Some(Path::default())));
            }
            Kind::Step(training) => training,
        };
        let ones: Vec<One> = played.iter().flatten().map(one).collect();
        let tell =
            |took: &Took| (self.whole(took.makespan), (took.batch == batch).then(|| took.path.clone()));
        if let Some(took) = locked(&training.same).get(&ones) {
            return Ok(tell(took));
        }
        let (rows, costs) = costs_of(played);
        let key = encoded(rows, &costs);
        let known = locked(&training.known).get(&key).cloned();
        let took = match known {
            Some(took) => took,
            None => {
                let (job, outcome) = play_costs(&training.graph, rows, &costs, watch)?;
                let path = Path::new(&training.graph, &training.windows, &job);
                let took = Arc::new(Took { makespan: outcome.makespan, path, batch });
                locked(&training.known).insert(key, took.clone());
                took
            }
        };
        locked(&training.same).insert(ones, took.clone());
        Ok(tell(&took))
    }

    /// What a path takes at least with these collectives.
    pub(super) fn least(&self, path: &Path, played: &PlayedAll) -> Time {
        match &self.kind {
            Kind::Collective { .. } => played[0][0].as_ref().map_or(Time::ZERO, |played| played.time),
            Kind::Step(_) => self.whole(path.least(played)),
        }
    }

    /// What no software can beat: see [`step_bound`]; of a plain collective nothing is known before it is played.
    pub(super) fn bound(&self) -> Time {
        match &self.kind {
            Kind::Collective { .. } => Time::ZERO,
            Kind::Step(training) => {
                let step = training.workload.step(domain(self.gpus));
                step.map_or(Time::ZERO, |step| Time::from_secs(step_bound(&step)))
            }
        }
    }

    /// A step's time with what it costs besides its tasks.
    fn whole(&self, tasks: Time) -> Time {
        let Kind::Step(training) = &self.kind else { return tasks };
        let Some(step) = training.workload.step(domain(self.gpus)) else { return tasks };
        Time::from_ps(tasks.ps().saturating_add(Time::from_secs(other(&step, tasks.as_secs())).ps()))
    }
}

/// What tasks took.
struct Took {
    makespan: Time,
    path: Path,
    /// The batch in which they were played.
    batch: u32,
}

/// One that was played, as it is told from others: whose links it uses, what it takes, and where its loads are, which players
/// keep for good.
type One = Option<(u32, u64, u64, usize)>;

fn one(played: &Option<PlayedGroups>) -> One {
    let played = played.as_ref()?;
    Some((played.copy, played.time.ps(), played.latency.ps(), played.loads.as_ptr().addr()))
}

/// Costs as numbers that are equal where they are.
fn encoded(rows: u32, costs: &[Vec<Cost>]) -> Vec<u64> {
    let mut key = vec![rows.into()];
    for cost in costs.iter().flatten() {
        key.extend([cost.latency.ps(), cost.work.ps(), cost.demands.len() as u64]);
        key.extend(cost.demands.iter().flat_map(|(row, demand)| [u64::from(*row), demand.to_bits()]));
    }
    key
}

impl Training {
    fn lanes(&self, purpose: Purpose) -> &[Groups] {
        let at = Purpose::ALL.iter().position(|(_, own)| *own == purpose).unwrap_or(0);
        &self.groups[at]
    }
}

/// What a step sees of a network where only its domain matters.
fn domain(gpus: u32) -> Network {
    let tier = Tier { bandwidth: f64::INFINITY, latency: 0.0, launch: 0.0 };
    Network { scaleup: tier, scaleout: tier, domain: gpus }
}

/// Where ranks stand.
struct Site<'a> {
    wiring: &'a Wiring,
    failure: Option<Failure>,
    places: &'a [u32],
    gpus: u32,
}

impl Site<'_> {
    fn seat(&self, rank: u32) -> Seat {
        let server = (rank / self.gpus) as usize;
        (self.places.get(server).copied().unwrap_or(0), rank % self.gpus)
    }

    /// Plays the first group with all that share a leaf with it, directly or over others.
    fn play(
        &self,
        player: &Player,
        groups: &[&[u32]],
        what: (Op, Bytes),
    ) -> Result<Option<PlayedGroups>, RunError> {
        if groups.is_empty() {
            return Ok(None);
        }
        let (seats, part) = self.seats(groups);
        player.play(self.wiring, self.failure, &player.print(self.wiring, self.failure, &seats, part), what)
    }

    /// The seats of the first group and of all that share a leaf with it, directly or over others, and whether other rails
    /// are left out.
    fn seats(&self, groups: &[&[u32]]) -> (Vec<Vec<Seat>>, bool) {
        let Some(first) = groups.first() else { return (Vec::new(), false) };
        let seats = |group: &[u32]| -> Vec<Seat> { group.iter().map(|rank| self.seat(*rank)).collect() };
        if self.is_inside(first) {
            // Nothing that others do is in its way; the message back is.
            let back = |group: &&&[u32]| group.len() == 2 && group.iter().rev().eq(first.iter());
            let found = std::iter::once(first).chain(groups.iter().skip(1).filter(back));
            (found.map(|group| seats(group)).collect(), false)
        } else {
            let (chosen, part) = self.sharing(groups);
            (chosen.into_iter().map(seats).collect(), part)
        }
    }

    /// What a group that spans servers takes at least, by what leaves a server over the adapters of its ranks.
    #[expect(clippy::cast_precision_loss, reason = "sizes of tensors are far below 2^53")]
    fn least(&self, group: &[u32], (op, bytes): (Op, Bytes)) -> PlayedGroups {
        let ranks = group.len() as f64;
        let own = group[0] / self.gpus;
        let near = group.iter().filter(|rank| *rank / self.gpus == own).count() as f64;
        // Where accelerators relay, what is for another rail may leave over that rail's adapter.
        let adapters = if self.wiring.shape.over_all_adapters() {
            self.wiring.server.nics as usize
        } else {
            self.rails(group).len()
        };
        let rate = adapters as f64 * self.wiring.nic_rate.bits_per_sec() as f64 / 8.0;
        let all = bytes.get() as f64;
        let away = (ranks - near) / ranks;
        let sent = match op {
            // What the server does not have must come in; of sums for others, what it adds must go out.
            Op::AllGather | Op::ReduceScatter => all * away,
            // Servers as single ranks: 2 (G - 1) messages of the whole, of G that send at once.
            Op::AllReduce if ranks % near == 0.0 => 2.0 * all * away,
            Op::AllReduce | Op::SendRecv => all,
            Op::AllToAll => near * all * away,
            _ => 0.0,
        };
        PlayedGroups {
            latency: Time::ZERO,
            time: Time::from_secs(sent / rate * (1.0 - 1e-9)),
            algorithm: Algorithm::Auto,
            copy: 0,
            loads: Arc::new([]),
        }
    }

    fn is_inside(&self, group: &[u32]) -> bool {
        group.iter().all(|rank| rank / self.gpus == group[0] / self.gpus)
    }

    /// The leaves of a group, ascending.
    fn leaves(&self, group: &[u32]) -> Vec<u32> {
        let leaf = |rank: &u32| {
            let (place, gpu) = self.seat(*rank);
            self.wiring.leaf(place, self.wiring.rail(gpu))
        };
        let mut found: Vec<u32> = group.iter().map(leaf).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The rails of a group, ascending.
    fn rails(&self, group: &[u32]) -> Vec<u32> {
        let mut found: Vec<u32> = group.iter().map(|rank| self.wiring.rail(rank % self.gpus)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The first group with all that share leaves with it, directly or over others. Where these are many and the first is
    /// on one rail, groups of other rails, which do the same on their own part of what all share, are left out: then `true`
    /// is told.
    fn sharing<'g>(&self, groups: &[&'g [u32]]) -> (Vec<&'g [u32]>, bool) {
        let all = self.reached(groups, &|_| true);
        let own = self.rails(groups[0]);
        let ranks: usize = all.iter().map(|group| group.len()).sum();
        // In a network that is no tree, what rails share is not told by their number.
        if ranks <= CLOSURE || own.len() != 1 || self.wiring.shape != Shape::Tree {
            return (all, false);
        }
        let kept = self.reached(groups, &|group| self.rails(group) == own);
        let fewer = kept.len() < all.len();
        (kept, fewer)
    }

    /// The first group, and those of the wanted that share leaves with it or with one of them; where that is too much, those
    /// that share leaves with the first, as many as may be.
    fn reached<'g>(&self, groups: &[&'g [u32]], wanted: &dyn Fn(&[u32]) -> bool) -> Vec<&'g [u32]> {
        let leaves: Vec<Vec<u32>> = groups
            .iter()
            .map(
                |group| if self.is_inside(group) || !wanted(group) { Vec::new() } else { self.leaves(group) },
            )
            .collect();
        let most = leaves.iter().flatten().max().map_or(0, |most| *most as usize + 1);
        let mut reached = vec![false; most];
        for leaf in &leaves[0] {
            reached[*leaf as usize] = true;
        }
        let mut taken = vec![false; groups.len()];
        taken[0] = true;
        let mut chosen = vec![groups[0]];
        let mut ranks = groups[0].len();
        // What shares a leaf with the first group is played in any case; what is farther away, as far as it is not much.
        let mut most = RANKS;
        loop {
            let before = chosen.len();
            for at in 1..groups.len() {
                if taken[at] || !leaves[at].iter().any(|leaf| reached[*leaf as usize]) {
                    continue;
                }
                if ranks + groups[at].len() > most {
                    return chosen;
                }
                taken[at] = true;
                ranks += groups[at].len();
                chosen.push(groups[at]);
            }
            for leaf in chosen.iter().skip(before).flat_map(|group| self.leaves(group)) {
                reached[leaf as usize] = true;
            }
            if chosen.len() == before {
                return chosen;
            }
            most = CLOSURE;
        }
    }
}
