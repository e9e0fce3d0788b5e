//! `schema`: the JSON schema of a format.

use serde_json::{Value, json};

use super::args::{SchemaArgs, SchemaName};
use super::exit::{Exit, Failure};
use super::term::Term;
use crate::input;
use crate::report::json as report;

pub(super) fn schema(args: &SchemaArgs, term: &Term) -> Result<Exit, Failure> {
    let pretty = |value: Value| format!("{value:#}\n");
    let text = match args.which {
        SchemaName::Scenario => pretty(input::scenario_schema()),
        SchemaName::Plan => pretty(input::plan_schema()),
        SchemaName::Parts => pretty(input::parts_schema()),
        SchemaName::Topology => pretty(input::topology_schema()),
        SchemaName::StackProfile => pretty(input::stack_profile_schema()),
        SchemaName::Model => pretty(input::model_schema()),
        SchemaName::Accelerator => pretty(input::accelerator_schema()),
        SchemaName::Software => pretty(input::software_schema()),
        SchemaName::Run => report::run_schema(),
        SchemaName::Serve => report::serve_schema(),
        SchemaName::Step => report::step_schema(),
        SchemaName::Compare => report::compare_schema(),
        SchemaName::StepCompare => report::step_compare_schema(),
        SchemaName::Forecast => report::forecast_schema(),
        SchemaName::StepForecast => report::step_forecast_schema(),
        SchemaName::Show => report::show_schema(),
        SchemaName::Validate => report::validate_schema(),
        SchemaName::ValidateSteps => report::validate_steps_schema(),
        SchemaName::Calibrate => report::calibrate_schema(),
        SchemaName::Tune => report::tune_schema(),
        SchemaName::PlanResult => report::plan_schema(),
        SchemaName::Design => report::design_schema(),
        SchemaName::Check => pretty(check_schema()),
    };
    term.data(&text)?;
    Ok(Exit::Ok)
}

/// The schema of what `check --format json` prints.
fn check_schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "railspine.check/1",
        "type": "object",
        "required": ["schema", "files"],
        "properties": {
            "schema": { "const": "railspine.check/1" },
            "files": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["file", "ok", "what"],
                    "properties": {
                        "file": { "type": "string" },
                        "ok": { "type": "boolean" },
                        "what": { "type": "string" }
                    }
                }
            }
        }
    })
}
