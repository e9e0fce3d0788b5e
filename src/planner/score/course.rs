//! A load on servers: its groups, and the tasks of its step.

use std::mem::{Discriminant, discriminant};
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::footprint::Seat;
use super::path::{Path, Windows};
use super::player::{Player, Print, locked};
use super::site::Site;
use super::{Attach, Shape, Situation, Wiring};
use crate::collective::Op;
use crate::run::{PlayedGroups, RunError, Watch, costs_of, on_lanes, operation, play_costs, tasks_of};
use crate::units::{Bytes, Time};
use crate::workload::{Cost, Network, Pattern, Purpose, StepGraph, Tier, Workload, other, step_bound};

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
pub(in crate::planner) fn domain(gpus: u32) -> Network {
    let tier = Tier { bandwidth: f64::INFINITY, latency: 0.0, launch: 0.0 };
    Network { scaleup: tier, scaleout: tier, domain: gpus }
}
