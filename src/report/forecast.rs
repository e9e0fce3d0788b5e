//! What a run will cost, for people and programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::number::{count, counted};
use crate::engine::Work;
use crate::run::Forecast;
use crate::units::Bytes;

/// The schema name of [`ForecastReport`].
pub const FORECAST_SCHEMA: &str = "railspine.forecast/1";

/// What a scenario will cost.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ForecastReport {
    /// Always `railspine.forecast/1`.
    pub schema: String,
    /// The scenario's name.
    pub scenario: String,
    /// Transfers of all cases.
    pub transfers: u64,
    /// Lanes (connections that carry one transfer after the other) of all schedules.
    pub lanes: u64,
    /// Lanes that stand for all of them, where schedules were folded by symmetry.
    pub classes: Option<u64>,
    /// Memory at its peak, in bytes, about.
    pub memory_bytes: u64,
    /// Time in seconds, about, if no round is skipped.
    pub seconds: f64,
}

impl ForecastReport {
    /// The forecast of a scenario of that name.
    pub fn new(scenario: &str, forecast: &Forecast) -> Self {
        let Forecast { transfers, lanes, classes, memory_bytes, seconds } = *forecast;
        Self {
            schema: FORECAST_SCHEMA.into(),
            scenario: scenario.into(),
            transfers,
            lanes,
            classes,
            memory_bytes,
            seconds,
        }
    }

    /// A line for each thing.
    pub fn table(&self) -> String {
        let classes = self.classes.map_or_else(|| "every lane for itself".into(), count);
        let rows = [
            ("transfers", count(self.transfers)),
            ("lanes", count(self.lanes)),
            ("classes of lanes", classes),
            ("memory", format!("about {}", Bytes(self.memory_bytes))),
            ("time", format!("{} if no round is skipped", at_most(self.seconds))),
        ];
        rows.iter().map(|(what, value)| format!("{what:<16}  {value}\n")).collect()
    }

    /// A header and one line of values.
    pub fn csv(&self) -> String {
        let classes = self.classes.map_or_else(String::new, |classes| classes.to_string());
        let Self { scenario, transfers, lanes, memory_bytes, seconds, .. } = self;
        let scenario = scenario.replace('"', "\"\"");
        format!(
            "scenario,transfers,lanes,classes,memory_bytes,seconds\n\
             \"{scenario}\",{transfers},{lanes},{classes},{memory_bytes},{seconds}\n"
        )
    }

    /// All in one line, without a newline.
    pub fn sentence(&self) -> String {
        let transfers = counted(self.transfers, "transfer");
        let lanes = counted(self.lanes, "lane");
        let classes =
            self.classes.map_or_else(String::new, |kept| format!(", of which {} stand for all", count(kept)));
        let memory = Bytes(self.memory_bytes);
        let time = at_most(self.seconds);
        format!(
            "{}: {transfers} over {lanes}{classes}; about {memory}, {time} if no round is skipped",
            self.scenario
        )
    }
}

/// What runs took, in one line without a newline: how many lanes and transfers were played of all.
pub fn work(work: &Work) -> String {
    let all = work.simulated.saturating_add(work.skipped);
    let lanes = format!("{} of {}", count(work.classes), counted(work.lanes, "lane"));
    format!("played {lanes} and {} of {}", count(work.simulated), counted(all, "transfer"))
}

/// A duration that is known to a digit or two.
fn at_most(seconds: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(86_400.0, "days"), (3_600.0, "hours"), (60.0, "min")];
    if seconds < 1.0 {
        return "less than a second".into();
    }
    let unit = UNITS.iter().find(|(size, _)| seconds >= 2.0 * size);
    let (size, name) = unit.copied().unwrap_or((1.0, "s"));
    format!("up to about {:.0} {name}", (seconds / size).ceil())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_it_to_people() {
        let mut report = ForecastReport::new(
            "ring",
            &Forecast {
                transfers: 268_369_920,
                lanes: 32_768,
                classes: None,
                memory_bytes: 640 << 20,
                seconds: 134.3,
            },
        );
        assert_eq!(
            report.sentence(),
            "ring: 268,369,920 transfers over 32,768 lanes; about 640 MiB, up to about 3 min if no round \
             is skipped"
        );
        report.classes = Some(128);
        report.seconds = 0.4;
        assert_eq!(
            report.sentence(),
            "ring: 268,369,920 transfers over 32,768 lanes, of which 128 stand for all; about 640 MiB, \
             less than a second if no round is skipped"
        );
        assert!(report.table().contains("classes of lanes  128\n"), "{}", report.table());
        assert!(report.csv().ends_with("\n\"ring\",268369920,32768,128,671088640,0.4\n"), "{}", report.csv());
    }

    #[test]
    fn says_what_was_played() {
        let told = work(&Work { lanes: 1024, classes: 1, simulated: 30, skipped: 2_000 });
        assert_eq!(told, "played 1 of 1,024 lanes and 30 of 2,030 transfers");
    }

    #[test]
    fn times_are_rounded_up() {
        let told = [1.2, 90.0, 121.0, 7_300.0, 1e6].map(at_most);
        let expected =
            ["2 s", "90 s", "3 min", "3 hours", "12 days"].map(|time| format!("up to about {time}"));
        assert_eq!(told, expected);
    }
}
