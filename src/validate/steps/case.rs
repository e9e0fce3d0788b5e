//! A row of measured step times as a step that can be predicted.

use crate::exchange::step_times::StepRow;
use crate::workload::{
    Accelerator, Batch, Constants, ContextExchange, Experts, Format, Mlp, Model, ModelAttention, Network,
    Overlap, Parallel, Precision, Recompute, Schedule, Sharding, Software, Step, Tier,
};

use super::generation;

/// What rows may name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Models.
    pub models: Vec<Model>,
    /// Accelerators.
    pub accelerators: Vec<Accelerator>,
    /// Generations of software.
    pub software: Vec<Software>,
}

/// A row that can be predicted.
#[derive(Debug, Clone)]
pub struct StepCase {
    /// Its id.
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

/// The accelerator that rows call so.
fn accelerator_name(gpu: &str) -> String {
    match gpu.to_ascii_lowercase().as_str() {
        "a100-40gb" => "a100-40".into(),
        "a100-80gb" | "a100" => "a100-80".into(),
        "v100" => "v100-32".into(),
        "h100-96gb-hbm2e-500w" => "h100-96".into(),
        tpu if tpu.starts_with("tpuv") => format!("tpu-{}", &tpu[3..]),
        other => other.to_owned(),
    }
}

impl StepCase {
    /// Of a row.
    ///
    /// # Errors
    /// What of the configuration is not told.
    pub fn of_row(row: &StepRow, catalogue: &Catalogue) -> Result<Self, String> {
        let mut notes = Vec::new();
        let text = |column| row.text(column).unwrap_or_default();
        let needed = |column: &str| row.count(column).ok_or_else(|| format!("no `{column}`"));
        let measured = row.number("step_time_s").filter(|time| *time > 0.0).ok_or("no `step_time_s`")?;
        let name = accelerator_name(text("gpu_type"));
        let accelerator = catalogue
            .accelerators
            .iter()
            .position(|own| own.name == name)
            .ok_or_else(|| format!("no accelerator `{}` is known", text("gpu_type")))?;
        let device = &catalogue.accelerators[accelerator];
        let mut framework = text("framework").to_owned();
        let told = format!("{} {}", text("overlap"), text("notes")).to_ascii_lowercase();
        let asynchronous = told.contains("async tp") || told.contains("asynctp");
        if told.contains("compile") || asynchronous {
            framework.push_str(" compile");
        }
        let generation = generation(&framework, &device.like);
        let software = catalogue
            .software
            .iter()
            .position(|own| own.name == generation)
            .ok_or_else(|| format!("no software `{generation}` is known"))?;
        let habits = catalogue.software[software].habits;
        let model = model_of(row, catalogue)?;
        let (gpus, length, sequences) = (needed("gpus")?, needed("seq")?, needed("gbs")?);
        let tp = needed("tp")?;
        let pp = needed("pp")?;
        let cp = row.count("cp").unwrap_or(1);
        let dp = match row.count("dp") {
            Some(dp) => dp,
            None => gpus / (tp * pp * cp).max(1),
        };
        if u64::from(dp) * u64::from(tp) * u64::from(pp) * u64::from(cp) != u64::from(gpus) {
            return Err(format!("tp {tp} x pp {pp} x cp {cp} x dp {dp} is not {gpus} accelerators"));
        }
        let micro = match (row.number("mbs"), row.number("microbatches")) {
            (Some(micro), _) if micro >= 1.0 => micro,
            (_, Some(count)) if count >= 1.0 => (f64::from(sequences) / f64::from(dp) / count).max(1.0),
            _ => {
                notes.push("micro-batches of one sequence".to_owned());
                1.0
            }
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let micro = micro.round() as u32;
        let lower = |column| text(column).to_ascii_lowercase();
        let sharded = lower("sharding");
        let sharding = if sharded.is_empty() {
            habits.sharding
        } else if sharded.contains("grad_op") {
            Sharding::Gradients
        } else if sharded.contains("fsdp2") && pp > 1 {
            // Parameters stay gathered between a pipeline's micro-batches.
            Sharding::Gradients
        } else if sharded.contains("fsdp") {
            match sharded.rsplit(' ').next().and_then(|word| word.parse().ok()) {
                Some(group) if group < dp => Sharding::Hybrid(group),
                _ => Sharding::Parameters,
            }
        } else if sharded.contains("distributed optimizer") || sharded.contains("zero-1") {
            Sharding::Optimizer
        } else {
            Sharding::None
        };
        let again = lower("recompute");
        let recompute = if again.starts_with("full") {
            Recompute::Full
        } else if again.starts_with("selective") {
            Recompute::Selective
        } else if again == "none" {
            Recompute::None
        } else {
            habits.recompute
        };
        let matrices = format_of(&lower("precision"));
        let beside = text("overlap");
        let mut overlap = catalogue.software[software].overlap;
        if beside.contains("TP True") || asynchronous || beside.contains("DP+TP+PP") {
            overlap.tensor = true;
        }
        if beside.contains("TP False") || beside.contains("vanilla TP") {
            overlap.tensor = false;
        }
        if beside.contains("DP/PP overlap on") || beside.contains("DP+TP+PP") {
            overlap.data = true;
            overlap.pipeline = true;
        }
        let vpp = match (text("vpp"), row.count("vpp")) {
            ("?", _) => 8.min(model.layers / pp).max(1),
            (_, Some(vpp)) => vpp,
            _ => 1,
        };
        let wide = if matrices == Format::Fp16 { Format::Fp16 } else { Format::Bf16 };
        let network = network_of(row, device);
        Ok(Self {
            id: text("id").to_owned(),
            group: text("group").to_owned(),
            quality: text("quality").to_owned(),
            task: text("task").to_owned(),
            measured,
            accelerator,
            software,
            batch: Batch { sequences, length, micro },
            parallel: Parallel {
                tp,
                sequence: habits.sequence || again.contains("+sp"),
                pp,
                vpp,
                cp,
                dp,
                ep: row.count("ep").unwrap_or(1),
                sharding,
                schedule: Schedule::OneForwardOneBackward,
                context: ContextExchange::Ring,
                ..Parallel::ONE
            },
            precision: Precision {
                matrices,
                activations: wide,
                weights: wide,
                gradients: habits.gradients,
                dispatch: wide,
            },
            recompute,
            overlap,
            frozen: text("task") == "lora",
            network,
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
}

/// The format of matrices that a row's precision names.
fn format_of(precision: &str) -> Format {
    if precision.contains("nvfp4") {
        Format::Nvfp4
    } else if precision.contains("mxfp8") || precision.contains("fp8-mx") {
        Format::Mxfp8
    } else if precision.contains("rowwise") {
        Format::Fp8Rows
    } else if precision.contains("fp8") || precision.contains("int8") {
        Format::Fp8
    } else if precision.contains("fp16") {
        Format::Fp16
    } else {
        Format::Bf16
    }
}

/// The model of a row: that of the library where it is named there, else as the columns draw it.
fn model_of(row: &StepRow, catalogue: &Catalogue) -> Result<Model, String> {
    let name = row.text("model").unwrap_or_default();
    let known = name.to_ascii_lowercase();
    if let Some(model) = catalogue.models.iter().find(|model| model.name == known) {
        return Ok(model.clone());
    }
    let needed = |column: &str| {
        row.count(column).ok_or_else(|| format!("no `{column}`, and no model `{name}` is known"))
    };
    let (layers, hidden, heads) = (needed("L")?, needed("h")?, needed("heads")?);
    let experts = match (row.count("experts"), row.count("topk")) {
        (Some(count), Some(top_k)) => Some(Experts {
            count,
            top_k,
            hidden: needed("expert_ffn")?,
            shared: row.count("shared_experts").unwrap_or(0),
            dense_layers: 0,
        }),
        _ => None,
    };
    let ffn = match (row.count("ffn"), experts) {
        (Some(ffn), _) => ffn,
        (None, Some(experts)) => experts.hidden,
        (None, None) => needed("ffn")?,
    };
    Ok(Model {
        name: name.to_owned(),
        title: name.to_owned(),
        sources: Vec::new(),
        layers,
        hidden,
        attention: ModelAttention::Grouped {
            heads,
            kv_heads: row.count("kv_heads").unwrap_or(heads),
            head_dim: row.count("head_dim").unwrap_or(hidden / heads.max(1)),
        },
        window: None,
        mlp: Mlp { hidden: ffn, gated: row.text("act").is_some_and(|act| act.ends_with("glu")) },
        experts,
        vocabulary: needed("vocab")?,
        tied: false,
        extra_tokens: 0,
    })
}

/// Bytes of a message that are data, on scale-up and scale-out links: see the design's table of link classes.
const PAYLOAD: (f64, f64) = (0.94, 0.98);

fn network_of(row: &StepRow, device: &Accelerator) -> Network {
    let up = row.number("scaleup_GBps_dir").map_or(device.scaleup, |rate| rate * 1e9);
    let out = row.number("scaleout_Gbps_per_gpu").unwrap_or(400.0) * 1e9 / 8.0;
    let domain = row.count("gpus_per_scaleup").unwrap_or(device.domain);
    Network {
        scaleup: Tier { bandwidth: up * PAYLOAD.0, latency: 2e-6, launch: 1e-5 },
        scaleout: Tier { bandwidth: out * PAYLOAD.1, latency: 6e-6, launch: 1.5e-5 },
        domain: domain.max(1),
    }
}
