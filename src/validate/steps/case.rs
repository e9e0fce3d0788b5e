//! A row of measured step times as a step that can be predicted.

use crate::exchange::quoted;
use crate::exchange::step_times::StepRow;
use crate::workload::{
    Batch, Constants, ContextExchange, Model, Network, Overlap, Parallel, Precision, Recompute, Schedule,
    Step, StepTime, step_time,
};

use super::row::{accelerator, model, network, overlap, parallel, precision, recompute, sharding};
use super::{Catalogue, generation};

/// A row that can be predicted.
#[derive(Debug, Clone)]
pub struct StepCase {
    /// Its id; `line N` where it has none.
    pub id: String,
    /// Its group of sources.
    pub group: String,
    /// Its quality: A, B or C.
    pub quality: String,
    /// What was done: `pretrain`, `lora`, `sft`.
    pub task: String,
    /// Seconds of the step as measured.
    pub measured: f64,
    /// The model.
    pub model: Model,
    /// Where the accelerator is in the catalogue.
    pub accelerator: usize,
    /// Where the software is in the catalogue.
    pub software: usize,
    /// The batch.
    pub batch: Batch,
    /// How it is divided.
    pub parallel: Parallel,
    /// Number formats.
    pub precision: Precision,
    /// What is done again.
    pub recompute: Recompute,
    /// What runs beside computation.
    pub overlap: Overlap,
    /// Whether the model's own parameters stay as they are.
    pub frozen: bool,
    /// What it communicates over.
    pub network: Network,
    /// What was assumed, where the row does not say.
    pub notes: Vec<String>,
}

impl StepCase {
    /// Of a row.
    ///
    /// # Errors
    /// What of the configuration is not told, or does not suit: one lower-case sentence, the same for all rows that lack
    /// the same.
    pub fn of_row(row: &StepRow, catalogue: &Catalogue) -> Result<Self, String> {
        let text = |column| row.text(column).unwrap_or_default();
        let needed = |column: &str| row.count(column).ok_or_else(|| format!("no `{column}`"));
        let measured = row.number("step_time_s").ok_or("no `step_time_s`")?;
        let name = accelerator::name(text("gpu_type"));
        let accelerator = catalogue
            .accelerators
            .iter()
            .position(|own| own.name == name)
            .ok_or_else(|| format!("no accelerator {} is known", quoted(text("gpu_type"))))?;
        let device = &catalogue.accelerators[accelerator];
        let generation = generation(text("framework"), overlap::is_compiled(row), &device.like);
        let software = catalogue
            .software
            .iter()
            .position(|own| own.name == generation)
            .ok_or_else(|| format!("no software `{generation}` is known"))?;
        let (habits, usual) = (catalogue.software[software].habits, catalogue.software[software].overlap);
        let model = model::model(row, &catalogue.models)?;
        let (gpus, length, sequences) = (needed("gpus")?, needed("seq")?, needed("gbs")?);
        let degrees = parallel::Degrees::of_row(row, gpus)?;
        if degrees.pp > model.layers {
            return Err(format!("`pp` {} is more than the model has layers", degrees.pp));
        }
        let mut notes = Vec::new();
        let micro = parallel::micro_batch(row, sequences, degrees.dp, &mut notes);
        let parallel = Parallel {
            tp: degrees.tp,
            sequence: recompute::sequence(text("recompute"), habits.sequence),
            pp: degrees.pp,
            vpp: parallel::stages(row, model.layers, degrees.pp),
            cp: degrees.cp,
            dp: degrees.dp,
            ep: row.count("ep").unwrap_or(1),
            sharding: sharding::sharding(text("sharding"), habits.sharding, degrees.pp, degrees.dp),
            schedule: Schedule::OneForwardOneBackward,
            context: ContextExchange::Ring,
            ..Parallel::ONE
        };
        let task = row.text("task").unwrap_or("pretrain").to_owned();
        Ok(Self {
            id: row.text("id").map_or_else(|| format!("line {}", row.line), str::to_owned),
            group: text("group").to_owned(),
            quality: text("quality").to_owned(),
            measured,
            accelerator,
            software,
            batch: Batch { sequences, length, micro },
            parallel,
            precision: precision::precision(text("precision"), habits.gradients),
            recompute: recompute::recompute(text("recompute"), habits.recompute),
            overlap: overlap::overlap(row, usual),
            frozen: task == "lora",
            network: network::network(row, device),
            task,
            model,
            notes,
        })
    }

    /// The step, with constants.
    pub fn step<'a>(&'a self, catalogue: &'a Catalogue, constants: &'a Constants) -> Step<'a> {
        Step {
            model: &self.model,
            accelerator: &catalogue.accelerators[self.accelerator],
            constants,
            habits: catalogue.software[self.software].habits,
            batch: self.batch,
            parallel: self.parallel,
            precision: self.precision,
            recompute: self.recompute,
            overlap: self.overlap,
            frozen: self.frozen,
            network: self.network,
        }
    }

    /// The time of the step, with the constants of its software on its accelerator.
    pub fn time(&self, catalogue: &Catalogue) -> StepTime {
        let device = &catalogue.accelerators[self.accelerator];
        let constants = catalogue.software[self.software].constants(device, self.precision.matrices);
        step_time(&self.step(catalogue, &constants))
    }
}
