//! Small plans with small switches, and what their designs come to on whole fabrics.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::sync::Arc;

use railspine::cli::render::render_all;
use railspine::collective::{Algorithm, Op};
use railspine::fabric::Fabric;
use railspine::ids::NodeId;
use railspine::input::plan::{LoadKind, Plan};
use railspine::input::stack::builtin;
use railspine::input::{LoadError, LoadOptions, Loaded, load_plan, load_topology};
use railspine::planner::design::family::structures;
use railspine::planner::design::{Base, Structure, Switches, Variant, Yard};
use railspine::planner::floor::Assigned;
use railspine::planner::planned::topology;
use railspine::planner::score::{ScoredLoad, Scorer, Wiring};
use railspine::run::{CollectiveSpec, Proofs, Quiet, RunOptions, Scenario, play_groups};
use railspine::stack::Stack;
use railspine::units::{Bytes, Time};

fn told<T>(result: Result<Loaded<T>, LoadError>) -> T {
    match result {
        Ok(loaded) => loaded.value,
        Err(LoadError::Rejected { sources, diagnostics }) => {
            panic!("{}", render_all(&diagnostics, &sources, false))
        }
        Err(error) => panic!("{error}"),
    }
}

/// A plan, with switches of so many ports of 400 Gbps alone, like the catalogue's of the plan's technology; and with its
/// servers cut down to so many accelerators.
pub fn plan(text: &str, ports: &[u32], accelerators: u32) -> Plan {
    let mut plan =
        told(load_plan("-", &LoadOptions { stdin: Some(text.to_owned()), ..LoadOptions::default() }));
    let catalogue = Arc::make_mut(&mut plan.catalogue);
    let like = catalogue.switches.iter().find(|own| own.technology == plan.technologies[0]).unwrap().clone();
    catalogue.switches = ports
        .iter()
        .map(|ports| {
            let mut own = like.clone();
            own.name = format!("small{ports}");
            own.ports = *ports;
            // Large ones are the dearer, also by port.
            own.price = like.price.times(u64::from(*ports) + u64::from(*ports) * u64::from(*ports) / 64);
            own.power = railspine::units::Power(10_000 * u64::from(*ports));
            own
        })
        .collect();
    for server in &plan.servers {
        let own = &mut catalogue.servers[*server];
        (own.accelerators, own.nics) = (accelerators, accelerators);
    }
    plan.switches = None;
    plan
}

/// All networks of a plan of so many accelerators.
pub fn networks(plan: &Plan, accelerators: u32) -> Vec<Structure> {
    Base::all(plan, accelerators).iter().flat_map(structures).collect()
}

/// The whole fabric of a network, from the text of its topology.
pub fn whole(plan: &Plan, structure: &Structure, wiring: &Wiring) -> Arc<Fabric> {
    let text = topology("whole", "a network", &plan.catalogue, structure, wiring);
    Arc::new(told(load_topology("-", &LoadOptions { stdin: Some(text), ..LoadOptions::default() })))
}

/// The library of small plans.
pub fn stack() -> Option<Stack> {
    Some(Stack::new(builtin("nccl-hopper").unwrap()))
}

/// A scorer of a plan whose steps are divided.
pub fn scorer(plan: &Plan, ranks: u32, gpus: u32) -> Scorer {
    let load = |own: &LoadKind| match own {
        LoadKind::Train { each, .. } => ScoredLoad::Step(each[0].clone()),
        LoadKind::Collective { op, bytes, group } => {
            ScoredLoad::Collective(*op, *bytes, group.unwrap_or(ranks))
        }
    };
    let loads: Vec<(f64, ScoredLoad)> = plan.loads.iter().map(|own| (own.weight, load(&own.kind))).collect();
    Scorer::of_loads(&loads, ranks, gpus, plan.situations, stack(), RunOptions::default()).unwrap()
}

/// The parts of a design.
pub fn parts<'a>(plan: &'a Plan, yard: &'a Yard<'_>, own: &Structure, variant: &Variant) -> Assigned<'a> {
    let catalogue = &*plan.catalogue;
    let switch = |own: Option<Switches>| own.map(|own| &catalogue.switches[own.mode.switch]);
    Assigned {
        catalogue,
        server: &catalogue.servers[own.server],
        nic: own.nic.map(|nic| &catalogue.nics[nic]),
        leaf: switch(own.leaf),
        spine: switch(own.spine),
        core: switch(own.core),
        switch: switch(own.leaf),
        rack: &catalogue.racks[variant.rack],
        technology: own.wiring.technology,
        media: &yard.policies[variant.media],
        per_rack: variant.per_rack,
        place: variant.place,
        pod: (own.wiring.pod_servers, own.leaves_per_pod),
        room: plan.room,
        pue: plan.pue,
    }
}

/// A fabric as it is, under the library of plans.
pub fn scenario(fabric: Arc<Fabric>) -> Scenario {
    let spec = CollectiveSpec::new(Op::AllReduce, Algorithm::Auto, fabric.endpoints().to_vec());
    Scenario::of_one("whole", fabric, stack(), spec)
}

/// What groups take that run at once on a whole fabric.
pub fn played(fabric: Arc<Fabric>, what: (Op, Bytes), groups: &[Vec<NodeId>], proofs: &Proofs) -> Time {
    let played = play_groups(&scenario(fabric), what, groups, &RunOptions::default(), &Quiet, proofs);
    played.unwrap().unwrap().time
}
