//! Results as JSON, and back, with their schemas.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::compare::Comparison;
use super::forecast::ForecastReport;
use super::step::{StepComparison, StepForecastReport};
use crate::result::{
    Calibration, DESIGN_SCHEMA, PLAN_SCHEMA, PlanResult, PlannedDesign, RUN_SCHEMA, ReplayResult, RunResult,
    SERVE_SCHEMA, STEP_SCHEMA, ServeResult, StepResult, StepValidation, TuneResult, Validation,
};
use crate::route::metrics::FabricReport;

/// A result as one JSON object, indented, with a newline at its end.
pub fn run(result: &RunResult) -> String {
    print(result)
}

/// A training step as one JSON object.
pub fn step(result: &StepResult) -> String {
    print(result)
}

/// Inference as one JSON object.
pub fn serve(result: &ServeResult) -> String {
    print(result)
}

/// The JSON schema (draft 7) of [`serve`].
pub fn serve_schema() -> String {
    print(&schema::<ServeResult>())
}

/// Whether a text is what [`serve`] wrote, by the schema that it names.
pub fn is_serve(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value["schema"] == SERVE_SCHEMA)
}

/// Reads what [`serve`] wrote.
///
/// # Errors
///
/// One lower-case sentence: not JSON, or a field that is missing or of another type.
pub fn read_serve(text: &str) -> Result<ServeResult, String> {
    serde_json::from_str(text).map_err(|error| format!("this is not a valid `{SERVE_SCHEMA}`: {error}"))
}

/// A plan as one JSON object, [`PLAN_SCHEMA`].
pub fn plan(result: &PlanResult) -> String {
    print(result)
}

/// The JSON schema (draft 7) of [`plan`].
pub fn plan_schema() -> String {
    print(&schema::<PlanResult>())
}

/// A design drawn up as one JSON object, [`DESIGN_SCHEMA`]. Its cables are left out: the cable schedule has them.
pub fn design(result: &PlannedDesign) -> String {
    print(result)
}

/// The JSON schema (draft 7) of [`design`].
pub fn design_schema() -> String {
    print(&schema::<PlannedDesign>())
}

/// A saved plan, or one design of it.
#[derive(Debug, Clone, PartialEq)]
pub enum SavedPlan {
    /// A plan.
    Plan(Box<PlanResult>),
    /// A design drawn up.
    Design(Box<PlannedDesign>),
}

/// Reads what [`plan`] or [`design`] wrote; `None` where the text names neither schema.
///
/// # Errors
///
/// One lower-case sentence: a field that is missing or of another type.
pub fn read_plan(text: &str) -> Option<Result<SavedPlan, String>> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    match value["schema"].as_str()? {
        PLAN_SCHEMA => Some(parse(text, PLAN_SCHEMA).map(|plan| SavedPlan::Plan(Box::new(plan)))),
        DESIGN_SCHEMA => Some(parse(text, DESIGN_SCHEMA).map(|own| SavedPlan::Design(Box::new(own)))),
        _ => None,
    }
}

/// A trace that was played as one JSON object.
pub fn replay(result: &ReplayResult) -> String {
    print(result)
}

/// Reads what [`run`] wrote.
///
/// # Errors
///
/// One lower-case sentence: not JSON, another schema, or a field that is missing or of another type.
pub fn read_run(text: &str) -> Result<RunResult, String> {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
    match value.get("schema").and_then(serde_json::Value::as_str) {
        Some(RUN_SCHEMA) => parse(text, RUN_SCHEMA),
        other => Err(unexpected(other, &format!("`{RUN_SCHEMA}`"))),
    }
}

/// A saved result of either kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Saved {
    /// Of collectives.
    Run(Box<RunResult>),
    /// Of a training step.
    Step(Box<StepResult>),
}

/// Reads what [`run`] or [`step`] wrote.
///
/// # Errors
///
/// As [`read_run`].
pub fn read(text: &str) -> Result<Saved, String> {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
    match value.get("schema").and_then(serde_json::Value::as_str) {
        Some(RUN_SCHEMA) => Ok(Saved::Run(Box::new(parse(text, RUN_SCHEMA)?))),
        Some(STEP_SCHEMA) => Ok(Saved::Step(Box::new(parse(text, STEP_SCHEMA)?))),
        other => Err(unexpected(other, &format!("`{RUN_SCHEMA}` or `{STEP_SCHEMA}`"))),
    }
}

fn unexpected(schema: Option<&str>, expected: &str) -> String {
    match schema {
        Some(other) => format!("the schema is `{other}`, expected {expected}"),
        None => format!("this is not a saved result: it has no `schema`, expected {expected}"),
    }
}

/// From the text and not from a value, so that the message names a line.
fn parse<T: DeserializeOwned>(text: &str, schema: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("this is not a valid `{schema}`: {error}"))
}

/// The JSON schema (draft 7) of [`step`].
pub fn step_schema() -> String {
    print(&schema::<StepResult>())
}

/// Several training steps side by side as one JSON object, [`super::step::STEP_COMPARE_SCHEMA`].
pub fn step_compare(results: &[StepResult]) -> String {
    print(&StepComparison::new(results))
}

/// The JSON schema (draft 7) of [`step_compare`].
pub fn step_compare_schema() -> String {
    print(&schema::<StepComparison>())
}

/// What a training step will cost as one JSON object, [`super::step::STEP_FORECAST_SCHEMA`].
pub fn step_forecast(report: &StepForecastReport) -> String {
    print(report)
}

/// The JSON schema (draft 7) of [`step_forecast`].
pub fn step_forecast_schema() -> String {
    print(&schema::<StepForecastReport>())
}

/// Several results side by side as one JSON object, [`super::COMPARE_SCHEMA`].
pub fn compare(results: &[RunResult]) -> String {
    print(&Comparison::new(results))
}

/// The JSON schema (draft 7) of [`run`].
pub fn run_schema() -> String {
    print(&schema::<RunResult>())
}

/// The JSON schema (draft 7) of [`compare`].
pub fn compare_schema() -> String {
    print(&schema::<Comparison>())
}

/// What a fabric is as one JSON object, `railspine.show/1`.
pub fn show(report: &FabricReport) -> String {
    print(report)
}

/// The JSON schema (draft 7) of [`show`].
pub fn show_schema() -> String {
    print(&schema::<FabricReport>())
}

/// What a run will cost as one JSON object, [`super::FORECAST_SCHEMA`].
pub fn forecast(report: &ForecastReport) -> String {
    print(report)
}

/// The JSON schema (draft 7) of [`forecast`].
pub fn forecast_schema() -> String {
    print(&schema::<ForecastReport>())
}

/// Predictions against measured runs as one JSON object, [`crate::result::VALIDATE_SCHEMA`].
pub fn validate(validation: &Validation) -> String {
    print(validation)
}

/// The JSON schema (draft 7) of [`validate`].
pub fn validate_schema() -> String {
    print(&schema::<Validation>())
}

/// Predictions against measured step times as one JSON object, [`crate::result::VALIDATE_STEPS_SCHEMA`].
pub fn validate_steps(validation: &StepValidation) -> String {
    print(validation)
}

/// The JSON schema (draft 7) of [`validate_steps`].
pub fn validate_steps_schema() -> String {
    print(&schema::<StepValidation>())
}

/// A calibration as one JSON object, [`crate::result::CALIBRATE_SCHEMA`].
pub fn calibrate(calibration: &Calibration) -> String {
    print(calibration)
}

/// The JSON schema (draft 7) of [`calibrate`].
pub fn calibrate_schema() -> String {
    print(&schema::<Calibration>())
}

/// A search for a division as one JSON object, [`crate::result::TUNE_SCHEMA`].
pub fn tune(result: &TuneResult) -> String {
    print(result)
}

/// The JSON schema (draft 7) of [`tune`].
pub fn tune_schema() -> String {
    print(&schema::<TuneResult>())
}

fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft07().for_serialize().into_generator().into_root_schema_for::<T>()
}

fn print(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("the types have string keys only");
    text.push('\n');
    text
}
