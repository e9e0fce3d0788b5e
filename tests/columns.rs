//! `docs/columns.md` names the columns of every CSV file, in their order, and no others.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;

use railspine::report::{calibrate, csv, plan, step, tune, validate};
use railspine::result::{
    CALIBRATE_SCHEMA, Calibration, RUN_SCHEMA, RunResult, StepResult, TUNE_SCHEMA, TuneResult,
};
use railspine::validate::{score, steps};
use serde_json::json;

#[path = "support/plans.rs"]
mod plans;

/// The columns that the page tells of a file.
fn told<'p>(page: &'p str, file: &str) -> Vec<&'p str> {
    let head = format!("\n## `{file}`\n");
    let (_, section) = page.split_once(&head).unwrap_or_else(|| panic!("no section on {file}"));
    let section = section.split("\n## ").next().unwrap();
    section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

#[test]
fn every_column_is_on_the_page() {
    let page = fs::read_to_string("docs/columns.md").unwrap();
    let run: RunResult = serde_json::from_value(json!({
        "schema": RUN_SCHEMA, "scenario": "", "title": "", "seed": 0, "cases": [], "expectations": [], "plots": [],
        "fabric": { "name": "", "gpus": 0, "nodes": 0, "links": 0 },
        "stack": { "profile": "", "library": "" },
    }))
    .unwrap();
    let mut validation = score(Vec::new());
    validation.cross_validation = Some(Vec::new());
    let mut steps = steps::score(Vec::new(), &[], &steps::Catalogue::default());
    steps.leave_out = Some(Vec::new());
    let calibration: Calibration = serde_json::from_value(json!({
        "schema": CALIBRATE_SCHEMA, "profile": "", "start": "", "library": "", "logs": [], "constants": [],
        "pairs": [], "errors": [], "scatter_pct": 0.0, "degrees_of_freedom": 0.0, "widening": 1.0, "rounds": 0,
        "settled": true, "notes": [], "points": [],
    }))
    .unwrap();
    let mut trained: StepResult =
        serde_json::from_str(&fs::read_to_string("tests/step/result.json").unwrap()).unwrap();
    trained.breakdown.clear();
    trained.collectives.clear();
    let one_step = step::step(&trained);
    let tuned: TuneResult = serde_json::from_value(json!({
        "schema": TUNE_SCHEMA, "scenario": "", "title": "", "memory_limit": 0, "confirmed": 0, "best": [],
        "fabric": { "name": "", "gpus": 0, "nodes": 0, "links": 0 },
        "workload": {
            "model": "", "parameters": 0, "accelerator": "", "software": "", "format": "", "sequences": 0,
            "sequence_length": 0,
        },
        "counts": {
            "configurations": 0, "valid": 0, "unfilled": 0, "unfit": 0, "pruned": 0, "evaluated": 0,
        },
    }))
    .unwrap();
    let mut bare = plans::drawn_up(1);
    (bare.bill, bare.cables) = (Vec::new(), Vec::new());
    for (file, text) in [
        ("result.csv", csv::run(&run)),
        ("compare.csv", csv::compare(&[])),
        ("step.csv", one_step.lines().next().unwrap().to_string()),
        ("breakdown.csv", step::breakdown(&trained)),
        ("collectives.csv", step::collectives(&trained)),
        ("compare-steps.csv", step::compare_csv(&[])),
        ("points.csv", validate::points(&validation)),
        ("files.csv", validate::files(&validation)),
        ("groups.csv", validate::groups(&validation)),
        ("cross_validation.csv", validate::cross_validation(&validation).unwrap()),
        ("steps.csv", validate::steps::rows(&steps)),
        ("step_groups.csv", validate::steps::groups(&steps)),
        ("step_families.csv", validate::steps::families(&steps)),
        ("step_incomplete.csv", validate::steps::incomplete(&steps)),
        ("step_leave_out.csv", validate::steps::leave_out(&steps).unwrap()),
        ("residuals.csv", calibrate::residuals(&calibration)),
        ("tune.csv", tune::csv(&tuned)),
        ("plan.csv", plan::csv(&plans::plan(0))),
        ("bill.csv", plan::bill_csv(&bare)),
        ("cables.csv", plan::cables_csv(&bare)),
    ] {
        let columns: Vec<&str> = text.trim_end().split(',').collect();
        assert_eq!(told(&page, file), columns, "{file}");
    }
}
