//! What a step will cost, for people and programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::number::count;
use crate::run::StepForecast;

/// The schema name of [`StepForecastReport`].
pub const STEP_FORECAST_SCHEMA: &str = "railspine.step-forecast/1";

/// What a training step will cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepForecastReport {
    /// Always `railspine.step-forecast/1`.
    pub schema: String,
    /// The scenario's name.
    pub scenario: String,
    /// Pipeline ranks, each of which stands for all that do the same.
    pub lanes: u64,
    /// Tasks of the graph; 0 for closed forms.
    pub tasks: u64,
    /// Collectives that differ in purpose, operation or size.
    pub classes: u64,
    /// Collectives that are played where all lanes come to the same.
    pub least_played: u64,
    /// Collectives that are played where every lane comes to something else.
    pub most_played: u64,
}

impl StepForecastReport {
    /// The forecast of a scenario of that name.
    pub fn new(scenario: &str, forecast: &StepForecast) -> Self {
        let StepForecast { lanes, tasks, classes, least_played, most_played } = *forecast;
        let (schema, scenario) = (STEP_FORECAST_SCHEMA.into(), scenario.into());
        Self { schema, scenario, lanes, tasks, classes, least_played, most_played }
    }

    /// A line for each thing.
    pub fn table(&self) -> String {
        let tasks = if self.tasks == 0 { "none: closed forms".into() } else { count(self.tasks) };
        let played = if self.least_played == self.most_played {
            count(self.most_played)
        } else {
            let least = count(self.least_played);
            format!("{least}, or up to {} where pipeline ranks differ", count(self.most_played))
        };
        let rows = [
            ("pipeline ranks", count(self.lanes)),
            ("tasks", tasks),
            ("kinds of collectives", count(self.classes)),
            ("collectives to play", played),
        ];
        rows.iter().map(|(what, value)| format!("{what:<20}  {value}\n")).collect()
    }

    /// A header and one line of values.
    pub fn csv(&self) -> String {
        let Self { scenario, lanes, tasks, classes, least_played, most_played, .. } = self;
        let scenario = scenario.replace('"', "\"\"");
        format!(
            "scenario,lanes,tasks,classes,least_played,most_played\n\
             \"{scenario}\",{lanes},{tasks},{classes},{least_played},{most_played}\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_it_to_people() {
        let forecast =
            StepForecast { lanes: 8, tasks: 107_814, classes: 6, least_played: 22, most_played: 46 };
        let report = StepForecastReport::new("step", &forecast);
        assert_eq!(
            report.table(),
            "pipeline ranks        8\ntasks                 107,814\nkinds of collectives  6\n\
             collectives to play   22, or up to 46 where pipeline ranks differ\n"
        );
        assert!(report.csv().ends_with("\n\"step\",8,107814,6,22,46\n"), "{}", report.csv());
        let closed = StepForecast { tasks: 0, classes: 0, least_played: 0, most_played: 0, ..forecast };
        let closed = StepForecastReport::new("step", &closed);
        assert!(closed.table().contains("tasks                 none: closed forms\n"), "{}", closed.table());
        assert!(closed.table().ends_with("collectives to play   0\n"), "{}", closed.table());
    }
}
