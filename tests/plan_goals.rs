//! What a plan's limits, budget and epsilon do to its front, as they are given in files.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

#[path = "support/small.rs"]
mod small;

use std::collections::BTreeSet;

use railspine::planner::front::NoJournal;
use railspine::planner::planned::plan;
use railspine::report::json;
use railspine::report::plan::table;
use railspine::result::{PlanDesign, PlanResult};
use railspine::run::{Quiet, RunOptions};

/// A plan of 64 accelerators, all of which send to all wherever they stand, with more.
fn planned(more: &str) -> PlanResult {
    let load = "[[collective]]\nop = \"all-to-all\"\nsize = \"64 MiB\"\n";
    from(&format!("accelerators = 64\n{load}"), &format!("{more}[situations]\nscattered = 1\n"))
}

fn from(head: &str, more: &str) -> PlanResult {
    let text = format!(
        "kind = \"plan\"\n{head}[fabric]\ntechnologies = \"infiniband\"\nstack = \"nccl-hopper\"\noversubscription = 4\n\
         families = [\"fat-tree\", \"rail-optimised\", \"rail-only\", \"multi-plane\"]\n\
         switch_places = \"end-of-row\"\n{more}"
    );
    let own = small::plan(&text, &[8], 4);
    let options = RunOptions { threads: Some(2), ..RunOptions::default() };
    plan(&own, &options, &NoJournal, &Quiet, &|_| ()).unwrap().result
}

/// A value on an axis.
type Axis = fn(&PlanDesign) -> f64;

const AXES: [Axis; 3] = [|own| own.step_time_ps as f64, |own| own.capex.mid, |own| own.power_w];

/// Values as whole thousandths.
fn points<'a>(front: impl IntoIterator<Item = &'a PlanDesign>) -> BTreeSet<[String; 3]> {
    front.into_iter().map(|own| AXES.map(|axis| format!("{:.3}", axis(own)))).collect()
}

fn sums_up(own: &PlanResult) -> bool {
    own.space.designs == own.space.pruned + own.space.simulated + own.space.infeasible
}

/// A limit leaves exactly those of the front that keep it: what beats a design keeps all limits that this keeps.
#[test]
fn each_limit_takes_from_the_front_what_breaks_it() {
    let free = planned("");
    assert!(free.front.len() >= 4 && sums_up(&free), "{}", free.front.len());
    assert!(
        free.space
            .infeasible_by
            .iter()
            .all(|own| !["step-time", "capex", "tco", "power"].contains(&&*own.by))
    );
    let limits: [(&str, Axis, &str); 4] = [
        ("step_time", |own| own.step_time_ps as f64 / 1e3, "ns"),
        ("capex", |own| own.capex.mid, "USD"),
        ("tco", |own| own.tco.mid, "USD"),
        ("power", |own| own.power_w, "W"),
    ];
    for (name, axis, unit) in limits {
        let mut values: Vec<f64> = free.front.iter().map(axis).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        // Between two of the values, so that some keep it and some do not.
        let at = values.len() / 2;
        let most = ((values[at - 1] + values[at]) / 2.0).round();
        assert!(values[at - 1] <= most && most < values[at], "{name} {values:?}");
        let own = planned(&format!("[limits]\n{name} = \"{most} {unit}\"\n"));
        let kept = free.front.iter().filter(|own| axis(own) <= most);
        assert_eq!(points(&own.front), points(kept), "{name}");
        assert!(own.front.len() < free.front.len() && !own.front.is_empty(), "{name}");
        let broken = own.space.infeasible_by.iter().find(|own| own.by.replace('-', "_") == name);
        assert!(broken.is_some_and(|own| own.designs > 0) && sums_up(&own), "{name} {:?}", own.space);
        // One that nothing keeps leaves nothing.
        let least = (values[0] * 0.9).round();
        let none = planned(&format!("[limits]\n{name} = \"{least} {unit}\"\n"));
        assert!(none.front.is_empty() && sums_up(&none), "{name}");
    }
}

/// With an epsilon, the front is a part of what is simulated that is within it of all of the exact one, and smaller.
#[test]
fn an_epsilon_thins_the_front_out() {
    let exact = planned("");
    assert_eq!(exact.epsilon, 0.0);
    assert!(table(&exact, None).contains("; exact dominance\n"));
    assert!(exact.certificate.contains("by exact dominance"));
    let mut sizes = vec![exact.front.len()];
    for (epsilon, percent) in [(0.01, "1"), (0.07, "7"), (0.2, "20")] {
        let own = planned(&format!("[objective]\nepsilon = {epsilon}\n"));
        for of in &exact.front {
            let near = |other: &PlanDesign| {
                AXES.iter().all(|axis| axis(other) <= axis(of) * (1.0 + epsilon) * (1.0 + 1e-12))
            };
            assert!(own.front.iter().any(near), "{epsilon} {}", of.summary);
        }
        sizes.push(own.front.len());
        assert!(sums_up(&own));
        // It is told everywhere.
        let line = format!("; what is not better by {percent} % in any of them is left out\n");
        assert!(table(&own, None).contains(&line), "{}", table(&own, None));
        let value: serde_json::Value = serde_json::from_str(&json::plan(&own)).unwrap();
        assert_eq!(value["epsilon"].as_f64(), Some(epsilon));
        let words = format!("but for a part of {epsilon} of each value, which the plan allows");
        assert!(own.certificate.contains(&words), "{}", own.certificate);
    }
    assert!(sizes.is_sorted_by(|a, b| a >= b) && sizes[3] < sizes[0], "{sizes:?}");
}

/// More money buys more accelerators where the step is the faster for them.
#[test]
fn a_budget_buys_what_it_pays_for() {
    let load = "[workload]\nmodel = \"llama3-8b\"\nbatch = 64\nsequence = 2048\n";
    let of = |budget: &str| from(&format!("budget = \"{budget}\"\n{load}"), "");
    let (small, large) = (of("3.2 MUSD"), of("4.2 MUSD"));
    let most = |own: &PlanResult| own.front.iter().map(|own| own.accelerators).max().unwrap();
    // Servers of four for about 310 kUSD each, with their part of the network.
    assert_eq!((most(&small), most(&large)), (16, 32));
    for (own, budget) in [(&small, 3.2e6), (&large, 4.2e6)] {
        assert!(own.front.iter().all(|own| own.capex.mid <= budget));
        assert!(own.space.infeasible_by.iter().any(|own| own.by == "capex") && sums_up(own));
    }
    assert!(large.front[0].step_time_ps < small.front[0].step_time_ps);
}

/// A step that a file divides may not fit: that is told with the front, which is as good as the file.
#[test]
fn steps_that_do_not_fit_are_told() {
    let step =
        "accelerators = 16\n[workload]\nmodel = \"llama3-70b\"\nbatch = 16\n[workload.parallel]\ntp = 4\n";
    let own = from(step, "");
    let told = table(&own, None);
    let note = "llama3-70b does not fit on ";
    let line = told.lines().find(|line| line.contains(note)).unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains("GB of an accelerator's "), "{line}");
    assert!(!table(&planned(""), None).contains("does not fit"));
}

/// Servers that no network can join, here with more adapters than accelerators, take no part; and a medium's own price of a
/// module is what the bill takes, also where another medium names the same module.
#[test]
fn parts_of_ones_own_are_taken_as_they_are() {
    let text = "kind = \"plan\"\naccelerators = 16\n[workload]\nmodel = \"llama3-8b\"\nbatch = 16\n[fabric]\n\
                technologies = \"infiniband\"\nfamilies = \"rail-only\"\nmedia = \"multimode\"\nstack = \"nccl-hopper\"\n";
    let mut own = small::plan(text, &[8], 4);
    let catalogue = std::sync::Arc::make_mut(&mut own.catalogue);
    let mut odd = catalogue.servers[own.servers[0]].clone();
    odd.nics = odd.accelerators * 2;
    catalogue.servers.push(odd);
    own.servers.push(catalogue.servers.len() - 1);
    for medium in catalogue.media.iter_mut().filter(|own| own.name.starts_with("sr-400")) {
        medium.transceiver_price = railspine::fabric::parts::Price::fixed(railspine::units::Money(900_000));
    }
    let found = plan(&own, &RunOptions::default(), &NoJournal, &Quiet, &|_| ()).unwrap().result;
    assert!(!found.front.is_empty());
    for design in &found.front {
        let sum: f64 = design.cost.iter().map(|part| part.usd.mid).sum();
        assert!((sum - design.capex_usd).abs() < 0.01, "{sum} {}", design.capex_usd);
    }
}
