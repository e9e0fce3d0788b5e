//! Several jobs on one network: each has its part of the accelerators, and all do the same at the same time.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

#[path = "support/small.rs"]
mod small;

use std::collections::BTreeMap;
use std::sync::Arc;

use railspine::collective::{Algorithm, Op};
use railspine::fabric::Fabric;
use railspine::ids::NodeId;
use railspine::input::plan::Plan;
use railspine::planner::design::Structure;
use railspine::planner::design::family::FAMILIES;
use railspine::planner::front::NoJournal;
use railspine::planner::planned::plan;
use railspine::planner::score::{Score, Scorer, Shape, Situation, Wiring};
use railspine::report::plan::table;
use railspine::result::PlanResult;
use railspine::run::{CollectiveSpec, Proofs, Quiet, RunOptions, Scenario, play_groups};
use railspine::units::{Bytes, Length, Time};

fn text(accelerators: u32, load: &str, fabric: &str) -> String {
    format!(
        "kind = \"plan\"\naccelerators = {accelerators}\n{load}[fabric]\ntechnologies = \"infiniband\"\n\
         stack = \"nccl-hopper\"\noversubscription = 4\n{fabric}\
         [situations]\naligned = 0.5\nscattered = 0.3\nfailed = 0.2\n"
    )
}

/// A collective of all ranks of a job, or of so many.
fn collective(jobs: u32, op: Op, size: &str, group: Option<u32>) -> String {
    let group = group.map(|group| format!("group = {group}\n")).unwrap_or_default();
    format!("jobs = {jobs}\n[[collective]]\nop = \"{}\"\nsize = \"{size}\"\n{group}", op.name())
}

const STEP: &str =
    "[workload]\nmodel = \"llama3-8b\"\nbatch = 32\nsequence = 2048\n[workload.parallel]\ntp = 4\npp = 2\n";

/// Of each family, number of tiers and planes, and size of pods, the first network.
fn networks(plan: &Plan, accelerators: u32) -> Vec<(Structure, Wiring)> {
    let mut found = BTreeMap::new();
    for own in small::networks(plan, accelerators) {
        let wiring = Wiring { lengths: [Length(5_000), Length(50_000), Length(100_000)], ..own.wiring };
        let key = (own.family, wiring.tiers, wiring.planes, wiring.pod_servers);
        found.entry(key).or_insert((own, wiring));
    }
    found.into_values().collect()
}

fn score(scorer: &Scorer, wiring: &Wiring) -> Score {
    let mut collected = scorer.collect(wiring, true).unwrap();
    scorer.score(&mut collected, &Quiet).unwrap().0
}

fn of(score: &Score, situation: Situation) -> Time {
    score.times.iter().find(|(_, own, _)| *own == situation).unwrap().2
}

/// Jobs that all run a collective are as one job that runs it in so many groups, wherever these stand and whatever fails.
#[test]
fn jobs_are_as_groups_of_one_job() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for (jobs, accelerators) in [(2, 32), (4, 32), (4, 64)] {
        for (op, size) in [(Op::AllToAll, "16 MiB"), (Op::AllReduce, "64 MiB")] {
            // Many small messages take long to play.
            if accelerators == 64 && op == Op::AllToAll {
                continue;
            }
            let ranks = accelerators / jobs;
            let one =
                small::plan(&text(accelerators, &collective(1, op, size, Some(ranks)), ""), &[8, 32], 4);
            let several =
                small::plan(&text(accelerators, &collective(jobs, op, size, None), ""), &[8, 32], 4);
            assert_eq!((one.jobs, several.jobs), (1, jobs));
            let (whole, parts) = (small::scorer(&one, accelerators, 4), small::scorer(&several, ranks, 4));
            for (structure, wiring) in networks(&several, accelerators) {
                let family = FAMILIES[structure.family].name;
                assert_eq!(score(&parts, &wiring), score(&whole, &wiring), "{jobs} {family} {wiring:?}");
                *seen.entry(family).or_default() += 1;
            }
        }
    }
    assert_eq!(seen.len(), FAMILIES.len(), "{seen:?}");
}

fn scenario(fabric: Arc<Fabric>) -> Scenario {
    let spec = CollectiveSpec::new(Op::AllReduce, Algorithm::Auto, fabric.endpoints().to_vec());
    Scenario::of_one("whole", fabric, small::stack(), spec)
}

/// On the whole fabric, all jobs at once take what the planner says; one of them alone takes less where they share leaves.
#[test]
fn scattered_jobs_share_links() {
    let (jobs, accelerators, size) = (4, 64, "16 MiB");
    let ranks = accelerators / jobs;
    let plan = small::plan(&text(accelerators, &collective(jobs, Op::AllToAll, size, None), ""), &[16], 4);
    let scorer = small::scorer(&plan, ranks, 4);
    let proofs = Proofs::default();
    let (mut equal, mut slower) = (0, 0);
    for (structure, wiring) in networks(&plan, accelerators) {
        // Of these, each group may be played; see tests/plan_folded.rs.
        if wiring.shape != Shape::Tree || !wiring.servers.is_multiple_of(2 * wiring.pod_servers) {
            continue;
        }
        let places = Situation::Scattered.places(&wiring, wiring.servers);
        let fabric = small::whole(&plan, &structure, &wiring);
        let node = |rank: u32| fabric.endpoints()[(places[(rank / 4) as usize] * 4 + rank % 4) as usize];
        let groups: Vec<Vec<NodeId>> =
            (0..jobs).map(|job| (job * ranks..(job + 1) * ranks).map(node).collect()).collect();
        let bytes: Bytes = size.parse().unwrap();
        let play = |groups: &[Vec<NodeId>]| {
            let what = (Op::AllToAll, bytes);
            let played =
                play_groups(&scenario(fabric.clone()), what, groups, &RunOptions::default(), &Quiet, &proofs);
            played.unwrap().unwrap().time
        };
        let (all, alone) = (play(&groups), play(&groups[..1]));
        let own = of(&score(&scorer, &wiring), Situation::Scattered);
        assert_eq!(own, all, "{wiring:?}");
        assert!(alone <= all, "{wiring:?}");
        equal += 1;
        slower += u32::from(alone < all);
    }
    assert!(equal >= 3 && slower >= 2, "{equal} {slower}");
}

/// Also a job that a pod has room for is scattered, as it takes what other jobs leave free.
#[test]
fn jobs_that_fit_in_a_pod_are_scattered() {
    let plan = small::plan(&text(64, &format!("jobs = 2\n{STEP}"), "families = \"fat-tree\"\n"), &[64], 4);
    let scorer = small::scorer(&plan, 32, 4);
    let mut seen = 0;
    for (_, wiring) in networks(&plan, 64) {
        if wiring.tiers < 2 || wiring.pod_servers < 8 {
            continue;
        }
        let own = score(&scorer, &wiring);
        let (aligned, scattered) = (of(&own, Situation::Aligned), of(&own, Situation::Scattered));
        assert!(aligned < scattered, "{aligned:?} {scattered:?} {wiring:?}");
        seen += 1;
    }
    assert!(seen > 0);
}

fn planned(text: &str) -> PlanResult {
    let own = small::plan(text, &[8, 16], 4);
    let options = RunOptions { threads: Some(2), ..RunOptions::default() };
    plan(&own, &options, &NoJournal, &Quiet, &|_| ()).unwrap().result
}

#[test]
fn a_plan_for_two_jobs_is_not_that_for_one() {
    let fabric =
        "families = [\"fat-tree\", \"rail-optimised\", \"rail-only\"]\nswitch_places = \"end-of-row\"\n";
    let [one, two] = [1, 2].map(|jobs| planned(&text(64, &format!("jobs = {jobs}\n{STEP}"), fabric)));
    assert_eq!((one.jobs, two.jobs), (1, 2));
    // Each job has half of the ranks, by its data-parallel degree.
    assert!(one.loads[0].about.ends_with("dp 8"), "{}", one.loads[0].about);
    assert!(two.loads[0].about.ends_with("dp 4"), "{}", two.loads[0].about);
    // All servers are bought, and half of them take longer for as many sequences, if not twice as long: sums of gradients
    // take as long as before.
    assert!(one.front.iter().chain(&two.front).all(|own| own.accelerators == 64));
    let fastest = |own: &PlanResult| own.front[0].step_time_ps;
    assert!(10 * fastest(&two) > 11 * fastest(&one), "{} {}", fastest(&one), fastest(&two));
    let line = "2 jobs of equal size at once\n";
    assert!(table(&two, None).contains(line) && !table(&one, None).contains("at once"));
}
