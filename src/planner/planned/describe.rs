//! The front in words and numbers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::loads::Divided;
use super::sensitivity::sensitivity;
use super::{PlanError, Planned, Stage, failed};
use crate::fabric::parts::Price;
use crate::input::plan::{LoadKind, Objective, Plan};
use crate::planner::design::Structure;
use crate::planner::design::family::FAMILIES;
use crate::planner::floor::Misfit;
use crate::planner::floor::usd_range;
use crate::planner::front::{Infeasible, Member, Values};
use crate::planner::score::{Score, Shape, Wiring};
use crate::result::{
    PLAN_SCHEMA, PlanCount, PlanDesign, PlanLoad, PlanResult, PlanSensitivity, PlanSpace, PlanTime,
    PlanWeight, UsdRange,
};
use crate::run::Watch;
use crate::units::count;
use crate::workload::{Parallel, Task, Workload};

/// A result without its front.
pub(super) fn frame(plan: &Plan, divisions: &[Divided]) -> PlanResult {
    let about = |at: usize| -> String {
        let divided = divisions.first().and_then(|own| own.get(at)).and_then(Option::as_ref);
        match (&plan.loads[at].kind, divided) {
            (LoadKind::Train { .. }, Some(workload)) => step_words(workload),
            (LoadKind::Collective { op, bytes, group }, _) => {
                let groups = group.map_or_else(|| "all".to_owned(), |group| format!("groups of {group}"));
                format!("{} of {bytes} in {groups}", op.name())
            }
            (LoadKind::Train { .. }, None) => String::new(),
        }
    };
    let loads = plan.loads.iter().enumerate();
    let situations = plan.situations;
    let weights =
        [("aligned", situations.aligned), ("scattered", situations.scattered), ("failed", situations.failed)];
    PlanResult {
        schema: PLAN_SCHEMA.into(),
        plan: plan.name.clone(),
        title: plan.title.clone(),
        loads: loads
            .map(|(at, load)| PlanLoad { name: load.name.clone(), weight: load.weight, about: about(at) })
            .collect(),
        objectives: plan.objectives.iter().map(|own| own.name().to_owned()).collect(),
        epsilon: plan.epsilon,
        situations: weights.map(|(name, weight)| PlanWeight { name: name.into(), weight }).into(),
        jobs: plan.jobs,
        space: PlanSpace {
            designs: 0,
            pruned: 0,
            simulated: 0,
            infeasible: 0,
            networks: 0,
            networks_simulated: 0,
            pruned_by: Vec::new(),
            infeasible_by: Vec::new(),
        },
        certificate: String::new(),
        front: Vec::new(),
        recommended: None,
        notes: Vec::new(),
    }
}

/// A step and how it is divided.
fn step_words(workload: &Workload) -> String {
    let Parallel { tp, pp, vpp, cp, dp, ep, .. } = workload.parallel;
    let mut words = workload.model.name.clone();
    if let Task::Train(training) = &workload.task {
        let batch = training.batch;
        words += &format!(
            ", {} sequences of {} tokens",
            count(batch.sequences.into()),
            count(batch.length.into())
        );
    }
    words += &format!(", tp {tp}, pp {pp}");
    for (name, degree) in [("vpp", vpp), ("cp", cp), ("ep", ep)] {
        if degree > 1 {
            words += &format!(", {name} {degree}");
        }
    }
    words + &format!(", dp {dp}")
}

/// What is told of a network: its times, and what changes would do to them.
type Told = (Score, Vec<PlanSensitivity>);

impl Planned<'_> {
    /// The designs of the front, each with what is told of it.
    pub(super) fn front(
        &self,
        watch: &dyn Watch,
        progress: &(dyn Fn(Stage) + Sync),
    ) -> Result<Vec<PlanDesign>, PlanError> {
        let mut networks: Vec<usize> = self.found.front.iter().map(|member| member.network).collect();
        networks.sort_unstable();
        networks.dedup();
        let (all, done) = (networks.len(), AtomicUsize::new(0));
        progress(Stage::Describing(0, all));
        let told = networks
            .par_iter()
            .map(|at| {
                let score = self.whole(*at, watch)?;
                let sensitivity = sensitivity(self.scorer(*at), self.wiring(*at), &score, watch)?;
                progress(Stage::Describing(done.fetch_add(1, Ordering::Relaxed) + 1, all));
                Ok((*at, (score, sensitivity)))
            })
            .collect::<Result<BTreeMap<usize, Told>, PlanError>>()?;
        let all = self.found.front.len();
        let done = AtomicUsize::new(0);
        let design = |(at, member): (usize, &Member)| {
            let design = self.design(at, member, &told[&member.network]);
            let design = self.break_down(at, design, &|| watch.stop());
            progress(Stage::Drawing(done.fetch_add(1, Ordering::Relaxed) + 1, all));
            design
        };
        self.found.front.par_iter().enumerate().map(design).collect()
    }

    fn design(&self, at: usize, member: &Member, (score, sensitivity): &Told) -> PlanDesign {
        let structure = &self.space.structures[member.structure as usize];
        let wiring = self.wiring(member.network);
        let catalogue = &self.plan.catalogue;
        let server = &catalogue.servers[structure.server];
        let scorer = self.scorer(member.network);
        let times = score.times.iter().map(|(load, situation, time)| PlanTime {
            load: self.plan.loads[*load].name.clone(),
            situation: situation.name().into(),
            failed: failed(*situation),
            time_ps: time.ps(),
        });
        let axes = self.axes();
        let tco = |price: crate::units::Money| axes.tco(price, member.priced.power);
        let capex = member.priced.capex;
        let own = [structure.leaf, structure.spine, structure.core];
        let own: Vec<_> = own.into_iter().flatten().collect();
        let rack = &catalogue.racks[member.variant.rack];
        let accelerators = u64::from(wiring.servers) * u64::from(server.accelerators);
        let network = capex.mid.usd()
            - server.price.times(wiring.servers.into()).mid.usd()
            - rack.price.times(member.priced.racks.into()).mid.usd();
        #[expect(clippy::cast_precision_loss, reason = "counts are small")]
        let each = network / accelerators as f64;
        PlanDesign {
            id: format!("d{}", at + 1),
            family: FAMILIES[structure.family].name.into(),
            summary: summary(structure, wiring, self.plan, member),
            technology: wiring.technology.name().into(),
            accelerators,
            servers: wiring.servers.into(),
            server: server.name.clone(),
            tiers: wiring.tiers,
            planes: wiring.planes,
            oversubscription: structure.oversubscription(),
            switches: own.iter().map(|own| catalogue.switches[own.mode.switch].name.clone()).collect(),
            switch_counts: own.iter().map(|own| own.count.into()).collect(),
            switch_place: member.variant.place.name().into(),
            servers_per_rack: member.variant.per_rack,
            rack: rack.name.clone(),
            racks: member.priced.racks.into(),
            step_time_ps: member.values.time.ps(),
            lower_bound_ps: scorer.bound().ps(),
            times: times.collect(),
            capex_usd: capex.mid.usd(),
            capex: usd_range(capex),
            tco: UsdRange { low: tco(capex.low), mid: tco(capex.mid), high: tco(capex.high) },
            power_w: member.priced.power.watts(),
            network_usd_per_accelerator: each,
            cables: Vec::new(),
            cost: Vec::new(),
            power: Vec::new(),
            on_front_at: self.on_front_at(member),
            limited_by: limits(sensitivity),
            sensitivity: sensitivity.clone(),
        }
    }

    /// Whether a design of the front stays there at low, mid and high prices, among all that were simulated.
    fn on_front_at(&self, member: &Member) -> [bool; 3] {
        let axes = self.axes();
        let prices: [fn(&Price) -> crate::units::Money; 3] = [|own| own.low, |own| own.mid, |own| own.high];
        prices.map(|price| {
            let at = |own: &Member| Values { capex: price(&own.priced.capex), ..own.values };
            let this = at(member);
            !self
                .found
                .simulated
                .iter()
                .map(at)
                .any(|own| axes.replaces(&own, &this) && !axes.replaces(&this, &own))
        })
    }
}

/// In one line.
fn summary(structure: &Structure, wiring: &Wiring, plan: &Plan, member: &Member) -> String {
    let mut words = FAMILIES[structure.family].name.to_owned();
    words += &match wiring.shape {
        Shape::Tree => format!(", {} {}", wiring.tiers, if wiring.tiers == 1 { "tier" } else { "tiers" }),
        Shape::Dragonfly(own) if own.groups == 1 => format!(", {} switches", own.switches),
        Shape::Dragonfly(own) => format!(", {} groups of {} switches", own.groups, own.switches),
        Shape::Torus(sides) => {
            let sides = sides.iter().filter(|side| **side > 1).map(u32::to_string);
            format!(", {} servers", sides.collect::<Vec<_>>().join(" x "))
        }
    };
    if let Some(ratio) = structure.oversubscription() {
        words += &format!(", {}:1", (ratio * 100.0).round() / 100.0);
    }
    if wiring.planes > 1 {
        words += &format!(", {} planes", wiring.planes);
    }
    let technology = match wiring.technology {
        crate::fabric::parts::Technology::InfiniBand => "InfiniBand",
        crate::fabric::parts::Technology::Roce => "RoCE",
    };
    words += &format!(", {technology} {}", wiring.nic_rate);
    let rack = &plan.catalogue.racks[member.variant.rack];
    words += &format!(", {} a rack of {}", member.variant.per_rack, rack.power);
    if structure.leaf.is_some() {
        words += &format!(", switches {}", member.variant.place.name());
    }
    words
}

/// What limits a network, from what changes would save.
fn limits(sensitivity: &[crate::result::PlanSensitivity]) -> String {
    match sensitivity.first() {
        Some(first) if first.saves >= 0.01 => {
            format!("the network: {} would save {:.1} % of the step", first.change, first.saves * 100.0)
        }
        Some(first) if first.saves > 0.0 => {
            format!(
                "computation and what is within servers: {} would save no more than {:.2} % of the step",
                first.change,
                first.saves * 100.0
            )
        }
        _ => "computation and what is within servers: no change of the network saves anything".into(),
    }
}

/// Puts the front, the counts and what is certain into the result.
pub(super) fn finish(planned: &mut Planned<'_>, front: Vec<PlanDesign>) {
    let found = &planned.found;
    let mut infeasible = planned.space.infeasible.clone();
    for (why, count) in &found.infeasible {
        *infeasible.entry(*why).or_default() += count;
    }
    let infeasible_by: Vec<PlanCount> = infeasible
        .iter()
        .map(|(why, designs)| {
            let (by, about) = infeasible_words(*why);
            PlanCount { by: by.into(), about: about.into(), designs: *designs }
        })
        .collect();
    let pruned_by = vec![
        PlanCount {
            by: "bounds-on-cost".into(),
            about: "a simulated design costs no more than their cheapest parts, takes no more power, and is as fast as adapters and computation let them be".into(),
            designs: found.by_cost,
        },
        PlanCount {
            by: "critical-path".into(),
            about: "with their collectives played, the longest path through the step's tasks is no shorter than the step of a cheaper design; or the step itself is not, in the situations that count most".into(),
            designs: found.by_path,
        },
        PlanCount {
            by: "same-network".into(),
            about: "another design with the same network, and so the same step time, costs no more and takes no more power".into(),
            designs: found.twins,
        },
    ];
    let space = PlanSpace {
        designs: planned.space.designs,
        pruned: pruned_by.iter().map(|own| own.designs).sum(),
        simulated: found.simulated_designs,
        infeasible: infeasible_by.iter().map(|own| own.designs).sum(),
        networks: planned.space.networks.len() as u64,
        networks_simulated: found.networks,
        pruned_by,
        infeasible_by,
    };
    let dominance = if planned.plan.epsilon > 0.0 {
        format!("but for a part of {} of each value, which the plan allows", planned.plan.epsilon)
    } else {
        "by exact dominance".to_owned()
    };
    planned.result.certificate = format!(
        "no design of the {} that was not simulated can be on the front, {dominance}: each is beyond a limit, or was proved to be no better on any of the objectives than one that was",
        count(space.designs)
    );
    planned.result.space = space;
    planned.result.recommended = recommended(planned);
    planned.result.front = front;
    planned.result.notes.extend([
        "a step is divided once for each sort of server, not for each network".into(),
        "cost is that of racks in their canonical order; drawings place them anew, which may cost less"
            .into(),
        "low and high prices are held against the designs that were simulated".into(),
    ]);
}

/// The design with the least weighted sum of its values, each over the least of the front.
fn recommended(planned: &Planned<'_>) -> Option<String> {
    let axes = planned.axes();
    let plan = planned.plan;
    let least = |axis: Objective| {
        let values = planned.found.front.iter().map(|own| axes.value(axis, &own.values));
        values.fold(f64::INFINITY, f64::min).max(f64::MIN_POSITIVE)
    };
    let sums = planned.found.front.iter().enumerate().map(|(at, own)| {
        let parts = axes.objectives().iter().zip(&plan.weights);
        let sum: f64 =
            parts.map(|(axis, weight)| weight * axes.value(*axis, &own.values) / least(*axis)).sum();
        (at, sum)
    });
    let best = sums.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    best.map(|(at, _)| format!("d{}", at + 1))
}

fn infeasible_words(why: Infeasible) -> (&'static str, &'static str) {
    match why {
        Infeasible::Rack(Misfit::Power) => ("rack-power", "a rack would take more power than it provides"),
        Infeasible::Rack(Misfit::Height) => ("rack-height", "a rack would be fuller than it is high"),
        Infeasible::Rack(Misfit::Mass) => ("rack-mass", "a rack would weigh more than it carries"),
        Infeasible::Rack(Misfit::Liquid) => {
            ("rack-liquid", "servers need liquid that the rack does not have")
        }
        Infeasible::Rack(Misfit::Room) => ("room", "the room has too few places for racks"),
        Infeasible::Rack(Misfit::Reach) => ("reach", "no cable that may be taken is long enough"),
        Infeasible::Capex => ("capex", "capital cost is above the limit"),
        Infeasible::Tco => ("tco", "total cost of ownership is above the limit"),
        Infeasible::Power => ("power", "power is above the limit"),
        Infeasible::Time => ("step-time", "the step takes longer than the limit"),
    }
}
