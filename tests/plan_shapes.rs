//! Networks that are no trees: what the planner says of dragonflies and tori, against runs of their topology files.
//!
//! The planner builds them from a template by itself; a topology file is read and built by the rest of railspine. Both come
//! to the same picosecond where all groups of a collective are played.

#[path = "support/small.rs"]
mod small;

use std::collections::BTreeMap;

use railspine::collective::Op;
use railspine::fabric::{Fabric, NodeKind};
use railspine::ids::NodeId;
use railspine::input::plan::{LoadKind, Plan};
use railspine::planner::design::Structure;
use railspine::planner::design::family::FAMILIES;
use railspine::planner::score::{Failure, Shape, Situation, Wiring};
use railspine::run::{Proofs, Quiet, RunOptions, run_step};
use railspine::units::{Bytes, Length};

fn text(accelerators: u32, situations: &str, load: &str) -> String {
    format!(
        "kind = \"plan\"\naccelerators = {accelerators}\n{load}[fabric]\ntechnologies = \"infiniband\"\n\
         families = [\"dragonfly\", \"torus\"]\nstack = \"nccl-hopper\"\noversubscription = 4\n\
         [situations]\n{situations}\n"
    )
}

/// All networks of a plan, with cables of some lengths; of dragonflies the first of each way to fill groups.
fn networks(plan: &Plan, accelerators: u32) -> Vec<(Structure, Wiring)> {
    let mut found = BTreeMap::new();
    for own in small::networks(plan, accelerators) {
        let mut wiring = own.wiring;
        let key = match wiring.shape {
            Shape::Tree => continue,
            Shape::Dragonfly(own) => {
                let between = if own.groups > 1 { Length(100_000) } else { Length(0) };
                wiring.lengths = [Length(5_000), Length(50_000), between];
                [0, own.groups, own.switches, own.down]
            }
            Shape::Torus([a, b, c]) => {
                wiring.lengths[0] = Length(50_000);
                [1, a, b, c]
            }
        };
        found.entry(key).or_insert((own, wiring));
    }
    found.into_values().collect()
}

/// Groups of neighbours in their places on the whole fabric.
fn groups(fabric: &Fabric, wiring: &Wiring, situation: Situation, group: u32) -> Vec<Vec<NodeId>> {
    let gpus = wiring.server.gpus;
    let places = situation.places(wiring, wiring.servers);
    let node = |rank: u32| fabric.endpoints()[(places[(rank / gpus) as usize] * gpus + rank % gpus) as usize];
    (0..wiring.servers * gpus / group).map(|at| (at * group..(at + 1) * group).map(node).collect()).collect()
}

#[test]
fn collectives_take_what_they_take_in_runs() {
    // Of all ranks, so that all groups are played.
    let loads = [(Op::AllToAll, "16 MiB"), (Op::AllReduce, "64 MiB"), (Op::AllGather, "64 MiB")];
    let proofs = Proofs::default();
    let mut seen: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for (ports, gpus, accelerators) in [(&[8u32, 16][..], 4, 32), (&[16], 2, 24)] {
        for (op, size) in loads {
            for (situation, name) in
                [(Situation::Aligned, "aligned = 1"), (Situation::Scattered, "scattered = 1")]
            {
                let load = format!("[[collective]]\nop = \"{}\"\nsize = \"{size}\"\n", op.name());
                let plan = small::plan(&text(accelerators, name, &load), ports, gpus);
                let scorer = small::scorer(&plan, accelerators, gpus);
                for (structure, wiring) in networks(&plan, accelerators) {
                    let fabric = small::whole(&plan, &structure, &wiring);
                    let mut collected = scorer.collect(&wiring, false).unwrap();
                    let (score, _) = scorer.score(&mut collected, &Quiet).unwrap();
                    let groups = groups(&fabric, &wiring, situation, accelerators);
                    let bytes: Bytes = size.parse().unwrap();
                    let whole = small::played(fabric, (op, bytes), &groups, &proofs);
                    let family = FAMILIES[structure.family].name;
                    assert_eq!(score.time, whole, "{family} {} {name} {wiring:?}", op.name());
                    *seen.entry((family, situation.name())).or_default() += 1;
                }
            }
        }
    }
    for family in ["dragonfly", "torus"] {
        for situation in ["aligned", "scattered"] {
            assert!(seen[&(family, situation)] >= 6, "{seen:?}");
        }
    }
}

/// On a torus, messages pass the accelerators of servers between, where they meet what these do among themselves. The
/// planner asks how much of that there is in the first server, a run asks all; where not all pass on as much, both differ
/// by little.
#[test]
fn steps_take_what_they_take_in_runs() {
    let load =
        "[workload]\nmodel = \"llama3-8b\"\nbatch = 16\nsequence = 2048\n[workload.parallel]\ntp = 4\n";
    let plan = small::plan(&text(32, "aligned = 1", load), &[8, 16], 4);
    let LoadKind::Train { each, open: false } = &plan.loads[0].kind else { panic!("a divided step") };
    let scorer = small::scorer(&plan, 32, 4);
    let mut shapes = [0; 2];
    for (structure, wiring) in networks(&plan, 32) {
        let mut collected = scorer.collect(&wiring, false).unwrap();
        let score = scorer.score(&mut collected, &Quiet).unwrap().0.time.ps();
        let mut scenario = small::scenario(small::whole(&plan, &structure, &wiring));
        scenario.workload = Some(each[0].clone());
        let whole = run_step(&scenario, &RunOptions::default(), &Quiet).unwrap().unwrap().step_ps;
        let torus = matches!(wiring.shape, Shape::Torus(_));
        if torus {
            assert!(score.abs_diff(whole) * 1_000 < whole, "{score} {whole} {wiring:?}");
        } else {
            assert_eq!(score, whole, "{wiring:?}");
        }
        shapes[usize::from(torus)] += 1;
    }
    assert!(shapes[0] >= 4 && shapes[1] >= 2, "{shapes:?}");
}

/// What fails makes nothing faster, leaves the network whole, and matters somewhere.
#[test]
fn failures_leave_networks_whole() {
    let load = "[[collective]]\nop = \"all-to-all\"\nsize = \"16 MiB\"\n";
    let plan = small::plan(&text(32, "failed = 1", load), &[8, 16], 4);
    let scorer = small::scorer(&plan, 32, 4);
    let mut slower: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for (structure, wiring) in networks(&plan, 32) {
        let family = FAMILIES[structure.family].name;
        let failures = Failure::of(&wiring);
        let leaf = matches!(wiring.shape, Shape::Dragonfly(_));
        assert_eq!(failures.contains(&Failure::Leaf), leaf);
        let alone = |situation| {
            let mut collected = railspine::planner::score::Collected::default();
            scorer.add(&wiring, situation, &mut collected).unwrap();
            scorer.score(&mut collected, &Quiet).unwrap().0.times[0].2
        };
        let before = alone(Situation::Aligned);
        for failure in failures {
            let after = alone(Situation::Failed(failure));
            assert!(after >= before, "{failure:?} {before:?} {after:?} {wiring:?}");
            *slower.entry((family, failure.words())).or_default() += u32::from(after > before);
        }
    }
    for own in [("dragonfly", "a leaf"), ("dragonfly", "a cable"), ("torus", "a cable")] {
        assert!(slower[&own] > 0, "{slower:?}");
    }
}

/// The closed forms are the counts of the fabric that is built.
#[test]
fn counts_are_those_of_fabrics() {
    let load = "[[collective]]\nop = \"all-to-all\"\nsize = \"16 MiB\"\n";
    let mut count = 0;
    // Of the first no switches that can be joined are all filled: 46 servers.
    for (ports, gpus, accelerators) in [(&[16u32][..], 4, 184), (&[8, 16], 4, 48), (&[64], 8, 256)] {
        let plan = small::plan(&text(accelerators, "aligned = 1", load), ports, gpus);
        let all = small::networks(&plan, accelerators);
        assert!(all.iter().any(|own| matches!(own.wiring.shape, Shape::Dragonfly(_))), "{accelerators}");
        for own in all {
            let fabric = small::whole(&plan, &own, &own.wiring);
            let switches = fabric.nodes().iter().filter(|node| node.kind == NodeKind::Switch).count();
            assert_eq!(own.leaf.map_or(0, |own| own.count as usize), switches);
            assert_eq!(own.leaves_per_pod * own.wiring.pods(), own.leaf.map_or(0, |own| own.count));
            let mut cables = [0; 3];
            let group = |node: NodeId| fabric.node(node).name.split('/').next().unwrap().to_owned();
            for link in fabric.links().iter().step_by(2) {
                let (from, to) = (fabric.node(link.from), fabric.node(link.to));
                if from.server.is_some() && from.server == to.server {
                    continue;
                }
                let tier = match (from.server, to.server) {
                    (None, None) => 1 + usize::from(group(link.from) != group(link.to)),
                    _ => 0,
                };
                cables[tier] += u64::from(link.lanes);
            }
            assert_eq!(own.cables, cables, "{own:?}");
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}
