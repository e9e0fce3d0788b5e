//! What a planner's scores say, against the same collectives and steps on whole fabrics.
//!
//! The planner plays the groups that share leaves with a lane's first group, on the part of the network that they use with
//! all switches of a tier folded into one. A whole fabric has every switch and plays every group of the lane. Both come to
//! the same picosecond where all groups stand alike: pods that are aligned with pipeline ranks.
//!
//! They may differ where lanes share cables: the planner plays the groups of all lanes at once, and then lets each lane have
//! links of its own; `run_step` plays one lane at a time, and lets lanes share links while their tasks overlap. Where blocks of pods
//! have spines under cores, messages between stages meet sums of other stages there, so that these differ by less than 1 %.

#[path = "support/small.rs"]
mod small;

use std::collections::BTreeMap;

use railspine::collective::Op;
use railspine::fabric::Fabric;
use railspine::ids::NodeId;
use railspine::input::plan::{LoadKind, Plan};
use railspine::planner::design::Structure;
use railspine::planner::design::family::FAMILIES;
use railspine::planner::score::{Attach, Shape, Situation, Wiring};
use railspine::run::{Proofs, Quiet, RunOptions, run_step};
use railspine::units::{Bytes, Length};

const LENGTHS: [Length; 3] = [Length(5_000), Length(50_000), Length(100_000)];

fn text(accelerators: u32, situations: &str, load: &str) -> String {
    format!(
        "kind = \"plan\"\naccelerators = {accelerators}\n{load}[fabric]\ntechnologies = \"infiniband\"\n\
         stack = \"nccl-hopper\"\noversubscription = 4\n[situations]\n{situations}\n"
    )
}

fn step(accelerators: u32, parallel: &str) -> String {
    let load = format!(
        "[workload]\nmodel = \"llama3-8b\"\nbatch = {}\nsequence = 2048\n[workload.parallel]\n{parallel}\n",
        accelerators / 2
    );
    text(accelerators, "aligned = 1", &load)
}

/// Of each family, number of tiers, and ratio, the first network whose pods are all full.
fn chosen(plan: &Plan, accelerators: u32) -> Vec<(Structure, Wiring)> {
    let mut found = BTreeMap::new();
    for own in small::networks(plan, accelerators) {
        let mut wiring = own.wiring;
        // What is no tree is not folded: see tests/plan_shapes.rs.
        if wiring.shape != Shape::Tree {
            continue;
        }
        // Half of the servers, which are a rank of the pipeline, are whole pods.
        if wiring.tiers > 1 && !(wiring.servers / 2).is_multiple_of(wiring.pod_servers) {
            continue;
        }
        let blocks = wiring.tiers < 3 || wiring.pods().is_multiple_of(wiring.block_pods);
        if !blocks {
            continue;
        }
        for (tier, length) in wiring.lengths.iter_mut().enumerate().take(wiring.tiers as usize) {
            *length = LENGTHS[tier];
        }
        let ratio = if wiring.tiers > 1 { 4 * own.leaf_down / wiring.leaf_up } else { 0 };
        let key = (own.family, wiring.tiers, wiring.planes, ratio / 4, wiring.pod_servers, wiring.by_rail);
        found.entry(key).or_insert((own, wiring));
    }
    found.into_values().collect()
}

/// Plans: the division, ports of switches, accelerators of a server, accelerators in all.
const STEPS: [(&str, &[u32], u32, u32); 4] = [
    ("tp = 4\npp = 2", &[32], 4, 32),
    ("tp = 8\npp = 2", &[8, 16], 8, 128),
    ("tp = 4\npp = 2", &[8], 4, 64),
    ("tp = 4\npp = 2", &[16, 32], 8, 128),
];

#[test]
fn steps_take_what_they_take_on_whole_fabrics() {
    let mut seen: BTreeMap<(&str, u32), u32> = BTreeMap::new();
    for (parallel, ports, gpus, accelerators) in STEPS {
        let plan = small::plan(&step(accelerators, parallel), ports, gpus);
        let LoadKind::Train { each, open: false } = &plan.loads[0].kind else { panic!("a divided step") };
        let scorer = small::scorer(&plan, accelerators, gpus);
        for (structure, wiring) in chosen(&plan, accelerators) {
            let mut collected = scorer.collect(&wiring, false).unwrap();
            let score = scorer.score(&mut collected, &Quiet).unwrap().0.time.ps();
            let mut scenario = small::scenario(small::whole(&plan, &structure, &wiring));
            scenario.workload = Some(each[0].clone());
            let whole = run_step(&scenario, &RunOptions::default(), &Quiet).unwrap().unwrap().step_ps;
            let family = FAMILIES[structure.family].name;
            if wiring.tiers == 3 && wiring.attach == Attach::Rail && !wiring.separate && !wiring.by_rail {
                // Blocks of pods under cores: all rails and lanes meet there.
                assert!(score.abs_diff(whole) * 100 < whole, "{family} {score} {whole} {wiring:?}");
            } else {
                assert_eq!(score, whole, "{family} {wiring:?}");
            }
            *seen.entry((family, wiring.tiers)).or_default() += 1;
        }
    }
    let kinds = [
        ("single-switch", 1),
        ("fat-tree", 2),
        ("fat-tree", 3),
        ("rail-optimised", 2),
        ("rail-optimised", 3),
        ("rail-only", 1),
        ("rail-only", 2),
        ("multi-plane", 2),
    ];
    for kind in kinds {
        assert!(seen.contains_key(&kind), "{kind:?} {seen:?}");
    }
}

/// Groups of neighbours in their places on the whole fabric.
fn groups(fabric: &Fabric, wiring: &Wiring, situation: Situation, group: u32) -> Vec<Vec<NodeId>> {
    let gpus = wiring.server.gpus;
    let places = situation.places(wiring, wiring.servers);
    let node = |rank: u32| fabric.endpoints()[(places[(rank / gpus) as usize] * gpus + rank % gpus) as usize];
    (0..wiring.servers * gpus / group).map(|at| (at * group..(at + 1) * group).map(node).collect()).collect()
}

#[test]
fn collectives_take_what_they_take_on_whole_fabrics() {
    let loads = [(Op::AllToAll, 16, "16 MiB"), (Op::AllReduce, 32, "64 MiB"), (Op::AllGather, 64, "64 MiB")];
    let proofs = Proofs::default();
    let mut count = 0;
    for (ports, gpus, accelerators) in [(&[8u32][..], 4, 64), (&[16, 32], 8, 128)] {
        for (op, group, size) in loads {
            for (situation, name) in
                [(Situation::Aligned, "aligned = 1"), (Situation::Scattered, "scattered = 1")]
            {
                let load =
                    format!("[[collective]]\nop = \"{}\"\nsize = \"{size}\"\ngroup = {group}\n", op.name());
                let plan = small::plan(&text(accelerators, name, &load), ports, gpus);
                let scorer = small::scorer(&plan, accelerators, gpus);
                for (structure, wiring) in chosen(&plan, accelerators) {
                    let fabric = small::whole(&plan, &structure, &wiring);
                    let mut collected = scorer.collect(&wiring, false).unwrap();
                    let (score, _) = scorer.score(&mut collected, &Quiet).unwrap();
                    let groups = groups(&fabric, &wiring, situation, group);
                    let bytes: Bytes = size.parse().unwrap();
                    let whole = small::played(fabric, (op, bytes), &groups, &proofs);
                    let family = FAMILIES[structure.family].name;
                    assert_eq!(score.time, whole, "{family} {} of {group} {name} {wiring:?}", op.name());
                    count += 1;
                }
            }
        }
    }
    assert!(count > 100, "{count}");
}
