//! The front of a plan, against every design simulated and priced.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

#[path = "support/small.rs"]
mod small;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use railspine::input::plan::Plan;
use railspine::planner::design::family::FAMILIES;
use railspine::planner::front::{Journal, NoJournal, Space, Values};
use railspine::planner::planned::plan;
use railspine::planner::score::{Collected, Score};
use railspine::result::PlanResult;
use railspine::run::{Quiet, RunOptions};
use railspine::units::{Money, Power, Time};

/// Steps whose data-parallel groups cross pods, in aligned and scattered places and with failures.
const DENSE: &str = "[workload]\nmodel = \"llama3-8b\"\nbatch = 32\nsequence = 2048\n[workload.parallel]\ntp = 4\npp = 2\n\
                     [situations]\naligned = 0.5\nscattered = 0.3\nfailed = 0.2\n";
/// All send to all.
const EXCHANGE: &str =
    "[[collective]]\nop = \"all-to-all\"\nsize = \"64 MiB\"\n[situations]\nscattered = 1\n";

fn small_plan(accelerators: u32, load: &str, fabric: &str) -> Plan {
    let text = format!(
        "kind = \"plan\"\naccelerators = {accelerators}\n{load}[fabric]\ntechnologies = \"infiniband\"\n\
         stack = \"nccl-hopper\"\noversubscription = 4\nswitch_places = [\"in-rack\", \"end-of-row\"]\n{fabric}"
    );
    small::plan(&text, &[8, 16], 4)
}

fn planned(own: &Plan, threads: usize, journal: &dyn Journal) -> PlanResult {
    let options = RunOptions { threads: Some(threads), ..RunOptions::default() };
    plan(own, &options, journal, &Quiet, &|_| ()).unwrap().result
}

type Point = (u64, u64, u64);

fn point(values: &Values) -> Point {
    (values.time.ps(), values.capex.0, values.power.0)
}

/// The front as a set of values.
fn points(result: &PlanResult) -> BTreeSet<Point> {
    let whole = |value: f64, factor: f64| format!("{:.0}", value * factor).parse().unwrap();
    let of = |own: &railspine::result::PlanDesign| {
        (own.step_time_ps, whole(own.capex_usd, 100.0), whole(own.power_w, 1_000.0))
    };
    result.front.iter().map(of).collect()
}

/// All designs that fit, with their values.
fn all(own: &Plan, accelerators: u32) -> Vec<Values> {
    let space = Space::new(own, &[accelerators]);
    let scorer = small::scorer(own, accelerators, 4);
    let mut found = Vec::new();
    for network in &space.networks {
        let mut collected = scorer.collect(&network.wiring, false).unwrap();
        let time = scorer.score(&mut collected, &Quiet).unwrap().0.time;
        for (structure, variant, _) in &network.designs {
            if let Ok(priced) = space.yard.price(&space.structures[*structure as usize], variant) {
                found.push(Values { time, capex: priced.capex.mid, power: priced.power });
            }
        }
    }
    found
}

/// What none of them beats, by comparing all with all.
fn undominated(all: &[Values]) -> BTreeSet<Point> {
    let distinct: BTreeSet<Point> = all.iter().map(point).collect();
    let beats = |a: &Point, b: &Point| a != b && a.0 <= b.0 && a.1 <= b.1 && a.2 <= b.2;
    distinct.iter().filter(|own| !distinct.iter().any(|other| beats(other, own))).copied().collect()
}

#[test]
fn the_front_is_that_of_all_designs() {
    for (load, accelerators) in [(DENSE, 64), (EXCHANGE, 32), (EXCHANGE, 64)] {
        let own = small_plan(accelerators, load, "");
        let result = planned(&own, 2, &NoJournal);
        let every = all(&own, accelerators);
        // Also of what is no tree.
        let space = Space::new(&own, &[accelerators]);
        for family in ["dragonfly", "torus"] {
            assert!(space.structures.iter().any(|own| FAMILIES[own.family].name == family), "{family}");
        }
        assert_eq!(points(&result), undominated(&every), "{accelerators} {load}");
        let space = &result.space;
        assert_eq!(space.designs, space.pruned + space.simulated + space.infeasible, "{space:?}");
        assert!(space.simulated > 0 && space.pruned > 0 && space.infeasible > 0, "{space:?}");
        assert!(space.designs as usize >= every.len());
    }
}

/// The counts add up also where limits of the plan make designs infeasible, and the front is then that of those left.
#[test]
fn limits_only_take_away() {
    let free = small_plan(64, DENSE, "");
    let every = all(&free, 64);
    let middle = |mut sorted: Vec<u64>| {
        sorted.sort_unstable();
        sorted[sorted.len() / 2]
    };
    let (capex, power) = (
        middle(every.iter().map(|v| v.capex.0).collect()),
        middle(every.iter().map(|v| v.power.0).collect()),
    );
    let time = middle(every.iter().map(|v| v.time.ps()).collect());
    let mut own = free.clone();
    own.limits.capex = Some(Money(capex));
    own.limits.power = Some(Power(power));
    own.limits.step_time = Some(Time::from_ps(time));
    let within = |v: &&Values| v.capex.0 <= capex && v.power.0 <= power && v.time.ps() <= time;
    let kept: Vec<Values> = every.iter().filter(within).copied().collect();
    let result = planned(&own, 1, &NoJournal);
    assert_eq!(points(&result), undominated(&kept));
    let space = &result.space;
    assert_eq!(space.designs, space.pruned + space.simulated + space.infeasible, "{space:?}");
}

#[test]
fn threads_change_nothing() {
    let own = small_plan(64, DENSE, "");
    let json = |threads| serde_json::to_string(&planned(&own, threads, &NoJournal)).unwrap();
    let one = json(1);
    assert_eq!(one, json(2));
    assert_eq!(one, json(4));
}

/// Keeps everything, and knows what it is told to know.
#[derive(Default)]
struct Memory {
    known: BTreeMap<String, Score>,
    kept: Mutex<BTreeMap<String, Score>>,
}

impl Journal for Memory {
    fn known(&self, key: &str) -> Option<Score> {
        self.known.get(key).cloned()
    }

    fn keep(&self, key: &str, score: &Score) {
        self.kept.lock().unwrap().insert(key.to_owned(), score.clone());
    }
}

#[test]
fn half_a_journal_gives_the_same_front() {
    for load in [DENSE, EXCHANGE] {
        let own = small_plan(64, load, "");
        let memory = Memory::default();
        let whole = planned(&own, 1, &memory);
        let kept = memory.kept.into_inner().unwrap();
        assert!(kept.len() > 1);
        let halves: [BTreeMap<String, Score>; 2] = [0, 1].map(|half| {
            kept.clone()
                .into_iter()
                .enumerate()
                .filter(|(at, _)| at % 2 == half)
                .map(|(_, own)| own)
                .collect()
        });
        for known in halves.into_iter().chain([kept.clone()]) {
            let memory = Memory { known, ..Memory::default() };
            let again = planned(&own, 2, &memory);
            assert_eq!(again.front, whole.front);
            assert_eq!(again.recommended, whole.recommended);
            let space = &again.space;
            assert_eq!(space.designs, space.pruned + space.simulated + space.infeasible, "{space:?}");
        }
    }
}

/// Whatever a scorer has learnt, its bounds are below what networks score.
#[test]
fn bounds_are_never_above_scores() {
    for load in [DENSE, EXCHANGE] {
        let own = small_plan(64, load, "");
        let space = Space::new(&own, &[64]);
        let mut scorer = small::scorer(&own, 64, 4);
        let mut scores = Vec::new();
        for network in &space.networks {
            let (score, learnt) =
                scorer.score(&mut scorer.collect(&network.wiring, false).unwrap(), &Quiet).unwrap();
            scorer.learn(learnt);
            scores.push(score.time);
        }
        let mut positive = 0;
        for (network, score) in space.networks.iter().zip(scores) {
            let floor = scorer.floor(&network.wiring).unwrap();
            assert!(floor <= score, "{floor:?} {score:?} {:?}", network.wiring);
            positive += u32::from(floor > Time::ZERO);
            let mut collected = Collected::default();
            let mut before = scorer.least(&collected, floor);
            assert!(before <= score);
            for situation in scorer.situations(&network.wiring, false) {
                scorer.add(&network.wiring, situation, &mut collected).unwrap();
                let least = scorer.least(&collected, floor);
                assert!(least <= score, "{situation:?} {least:?} {score:?} {:?}", network.wiring);
                before = before.max(least);
            }
            // What is known in the end is close.
            assert!(before.as_secs() > 0.8 * score.as_secs(), "{before:?} {score:?}");
        }
        assert!(positive > 0);
    }
}

/// Where all send to all in scattered places, what is fastest has a spine that carries all; cheaper designs have less of it
/// and are slower.
#[test]
fn an_exchange_keeps_its_spine() {
    let mut own = small_plan(64, EXCHANGE, "");
    // A leaf of 8 ports does not take all servers.
    own.switches = Some(vec!["small8".to_owned()]);
    let result = planned(&own, 2, &NoJournal);
    let fastest = &result.front[0];
    let ratio = |own: &railspine::result::PlanDesign| own.oversubscription.unwrap_or(f64::INFINITY);
    assert!(fastest.tiers >= 2 && ratio(fastest) < 1.5, "{} of {}", fastest.summary, result.front.len());
    let cheapest = result.front.iter().min_by(|a, b| a.capex_usd.total_cmp(&b.capex_usd)).unwrap();
    assert!(ratio(cheapest) > ratio(fastest), "{}", cheapest.summary);
    assert!(cheapest.step_time_ps as f64 > 1.2 * fastest.step_time_ps as f64);
}

/// Where rails alone carry what is sent, the cheapest design of those with switches has no spine, and loses nothing.
#[test]
fn a_dense_step_drops_its_spine() {
    let load = DENSE.replace("scattered = 0.3\nfailed = 0.2\n", "");
    let mut own = small_plan(64, &load, "");
    own.families.retain(|family| family != "torus");
    let result = planned(&own, 2, &NoJournal);
    let cheapest = result.front.iter().min_by(|a, b| a.capex_usd.total_cmp(&b.capex_usd)).unwrap();
    assert_eq!((cheapest.family.as_str(), cheapest.tiers), ("rail-only", 1), "{}", cheapest.summary);
    assert_eq!(cheapest.oversubscription, None);
    let fastest = result.front[0].step_time_ps as f64;
    assert!(cheapest.step_time_ps as f64 <= fastest * 1.001, "{} {fastest}", cheapest.step_time_ps);
}

#[test]
fn a_budget_is_kept() {
    let text = "kind = \"plan\"\nbudget = \"2 MUSD\"\n[[collective]]\nop = \"all-gather\"\nsize = \"64 MiB\"\n\
                [fabric]\ntechnologies = \"infiniband\"\nfamilies = \"rail-only\"\n";
    let own = small::plan(text, &[8, 16], 4);
    let found = planned(&own, 2, &NoJournal);
    assert!(!found.front.is_empty());
    let most = found.front.iter().map(|own| own.capex_usd).fold(0.0, f64::max);
    assert!(most <= 2e6, "{most}");
    assert!(found.space.infeasible_by.iter().any(|own| own.by == "capex"), "{:?}", found.space.infeasible_by);
}
