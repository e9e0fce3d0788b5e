//! Loads of a plan, prepared for its servers: steps that are not divided yet are, by closed forms.

use std::sync::Arc;

use super::PlanError;
use crate::collective::{Algorithm, Op};
use crate::fabric::parts::{Server, Technology};
use crate::input::plan::{LoadKind, Plan};
use crate::input::stack::builtin;
use crate::planner::score::{ScoredLoad, Scorer, Wiring, reference};
use crate::planner::{Question, search};
use crate::run::{CollectiveSpec, Quiet, RunOptions, Scenario, Watch, step_network};
use crate::stack::Stack;
use crate::units::{Length, Time};
use crate::workload::{Task, Workload};

/// The stack profile that suits an accelerator, by the generation that it is of; `None` where none is known.
fn suits(accelerator: &str) -> Option<&'static str> {
    let begins = |names: &[&str]| names.iter().any(|name| accelerator.starts_with(name));
    if begins(&["v100"]) {
        Some("nccl-volta")
    } else if begins(&["a100"]) {
        Some("nccl-ampere")
    } else if begins(&["h100", "h200", "h800", "gh200"]) {
        Some("nccl-hopper")
    } else if begins(&["b200", "b300", "gb200", "gb300"]) {
        Some("nccl-blackwell")
    } else if begins(&["mi300", "mi325", "mi355"]) {
        Some("rccl-mi300x")
    } else {
        None
    }
}

/// The library of a plan on some servers.
pub(super) fn stack(plan: &Plan, server: &Server) -> Option<Stack> {
    let name = plan.stack.as_deref().or_else(|| suits(&server.accelerator))?;
    builtin(name).map(Stack::new)
}

/// How each load is divided; `None` for those that are no steps.
pub(super) type Divided = Vec<Option<Arc<Workload>>>;

/// A scorer for so many servers of a sort, and how its steps are divided.
pub(super) fn scorer(
    plan: &Plan,
    (server, servers): (usize, u32),
    options: &RunOptions,
    watch: &dyn Watch,
) -> Result<(Scorer, Divided), PlanError> {
    let own = &plan.catalogue.servers[server];
    let stack = stack(plan, own);
    let ranks = servers * own.accelerators / plan.jobs.max(1);
    let accelerator = plan.accelerators().iter().position(|name| *name == own.accelerator).unwrap_or(0);
    let mut loads = Vec::new();
    let mut divided = Vec::new();
    for load in &plan.loads {
        match &load.kind {
            LoadKind::Train { each, open } => {
                let mut workload = each[accelerator].clone();
                if *open {
                    let found = divide(plan, own, ranks, &workload, stack.clone(), options, watch)?;
                    workload =
                        found.ok_or_else(|| PlanError::Undivided { load: load.name.clone(), ranks })?;
                }
                loads.push((load.weight, ScoredLoad::Step(workload.clone())));
                divided.push(Some(workload));
            }
            LoadKind::Collective { op, bytes, group } => {
                loads.push((load.weight, ScoredLoad::Collective(*op, *bytes, group.unwrap_or(ranks))));
                divided.push(None);
            }
        }
    }
    let scorer = Scorer::of_loads(&loads, ranks, own.accelerators, plan.situations, stack, *options)?;
    Ok((scorer, divided))
}

/// Divides a step over ranks: the fastest by closed forms, on a network that nothing is in the way of. `None` where nothing
/// fits.
fn divide(
    plan: &Plan,
    server: &Server,
    ranks: u32,
    workload: &Arc<Workload>,
    stack: Option<Stack>,
    options: &RunOptions,
    watch: &dyn Watch,
) -> Result<Option<Arc<Workload>>, PlanError> {
    let technology = plan.technologies.first().copied().unwrap_or(Technology::InfiniBand);
    let hop = plan.catalogue.switches.iter().find(|switch| switch.technology == technology);
    let servers = (ranks / server.accelerators).clamp(1, 8);
    let hop = hop.map_or(Time::ZERO, |switch| switch.latency);
    let all = Wiring::on_one_leaf(server.into(), servers, technology, server.nic_rate, hop);
    let wiring = Wiring { lengths: [Length(50_000), Length(0), Length(0)], ..all };
    let Some(fabric) = reference(&wiring) else { return Ok(None) };
    let nodes = fabric.endpoints().to_vec();
    let spec = CollectiveSpec::new(Op::AllReduce, Algorithm::Auto, nodes);
    let mut scenario = Scenario::of_one(&plan.name, fabric, stack, spec);
    scenario.workload = Some(workload.clone());
    let Some(network) = step_network(&scenario, options, &Quiet)? else { return Ok(None) };
    let question = Question { scenario: &scenario, workload, network, ranks: ranks.into() };
    let found = match search(&question, 1, watch) {
        Ok(found) => found,
        Err(crate::planner::TuneError::None { .. }) => return Ok(None),
        Err(crate::planner::TuneError::Run(error)) => return Err(error.into()),
        Err(error) => return Err(PlanError::Tune { why: error.to_string() }),
    };
    let Some(best) = found.best.first() else { return Ok(None) };
    let Task::Train(training) = workload.task else { return Ok(None) };
    let mut training = training;
    training.batch.micro = best.candidate.micro;
    training.recompute = best.candidate.recompute;
    let whole =
        Workload { parallel: best.candidate.parallel, task: Task::Train(training), ..(**workload).clone() };
    Ok(Some(Arc::new(whole)))
}
