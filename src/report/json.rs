//! Results as JSON, and back, with their schemas.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::compare::Comparison;
use super::forecast::ForecastReport;
use crate::result::{Calibration, RUN_SCHEMA, RunResult, SERVE_SCHEMA, ServeResult, StepResult, Validation};
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

/// Reads what [`run`] wrote.
///
/// # Errors
///
/// One lower-case sentence: not JSON, another schema, or a field that is missing or of another type.
pub fn read_run(text: &str) -> Result<RunResult, String> {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
    match value.get("schema").and_then(serde_json::Value::as_str) {
        Some(RUN_SCHEMA) => {}
        Some(other) => return Err(format!("the schema is `{other}`, expected `{RUN_SCHEMA}`")),
        None => {
            return Err(format!("this is not a saved result: it has no `schema`, expected `{RUN_SCHEMA}`"));
        }
    }
    // From the text and not from the value, so that the message names a line.
    serde_json::from_str(text).map_err(|error| format!("this is not a valid `{RUN_SCHEMA}`: {error}"))
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

/// A calibration as one JSON object, [`crate::result::CALIBRATE_SCHEMA`].
pub fn calibrate(calibration: &Calibration) -> String {
    print(calibration)
}

/// The JSON schema (draft 7) of [`calibrate`].
pub fn calibrate_schema() -> String {
    print(&schema::<Calibration>())
}

fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft07().for_serialize().into_generator().into_root_schema_for::<T>()
}

fn print(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("the types have string keys only");
    text.push('\n');
    text
}
