//! What schemas say of workloads and of the files of their libraries.

use serde_json::{Map, Value, json};

use super::accelerator::MAX_COUNT;
use super::factors::MAX_FACTOR;
use super::model::{KINDS, MAX_EXTRA, MAX_LAYERS, MAX_VOCABULARY, MAX_WIDTH};
use super::parallel::{CONTEXTS, MAX_DEGREE, MAX_STAGES, SCHEDULES, SHARDING};
use super::software::SHARDING as HABITS;
use super::{MAX_BATCH, STEPS, accelerator_likes, accelerator_names, model_names, software_names};
use crate::input::schema::{about, bandwidth, count, flop_rate, object, power, size, tables, time, words};
use crate::workload::{Constant, Format, Recompute, SPECS};

fn text(what: &str) -> Value {
    about(json!({ "type": "string" }), what)
}

fn flag(what: &str) -> Value {
    about(json!({ "type": "boolean" }), what)
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// The properties that every file begins with, and some more.
fn with_head(more: Value) -> Map<String, Value> {
    let mut properties = fields(json!({
        "name": text("the file's stem unless given"),
        "title": text("what it is, in a line"),
        "sources": about(
            json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }] }),
            "where its figures are from",
        ),
    }));
    properties.extend(fields(more));
    properties
}

/// Properties of a model.
pub(in crate::input) fn model() -> Map<String, Value> {
    let width = || count(1, MAX_WIDTH);
    let attention = object(
        &["heads"],
        &json!({
            "kind": about(words(&KINDS), "`grouped` unless given"),
            "heads": about(width(), "heads of queries"),
            "kv_heads": about(width(), "heads of keys and values, as many as of queries unless given"),
            "head_dim": about(width(), "width of a head, `hidden` over `heads` unless given"),
            "q_rank": about(width(), "latent: width of the latent of queries, none unless given"),
            "kv_rank": about(width(), "latent: width of the latent of keys and values"),
            "nope_dim": about(width(), "latent: width of a head's part without position"),
            "rope_dim": about(width(), "latent: width of a head's part with rotary position"),
            "value_dim": about(width(), "latent: width of a head's values"),
        }),
    );
    let window = object(
        &["tokens", "every"],
        &json!({
            "tokens": about(count(1, u32::MAX), "that a windowed layer sees"),
            "every": about(count(1, MAX_LAYERS), "of how many layers one sees everything"),
        }),
    );
    let mlp = object(
        &["hidden", "gated"],
        &json!({
            "hidden": about(width(), "inner width"),
            "gated": flag("three matrices (SwiGLU), not two (GELU)"),
        }),
    );
    let experts = object(
        &["count", "top_k", "hidden"],
        &json!({
            "count": about(width(), "experts that tokens are routed to"),
            "top_k": about(width(), "experts that a token goes to"),
            "hidden": about(width(), "inner width of an expert, of three matrices"),
            "shared": about(count(0, MAX_WIDTH), "experts that every token goes to, 0 unless given"),
            "dense_layers": about(count(0, MAX_LAYERS), "layers before the first with experts, 0 unless given"),
        }),
    );
    with_head(json!({
        "layers": about(count(1, MAX_LAYERS), "without modules for further tokens"),
        "hidden": about(width(), "width of the hidden state"),
        "vocabulary": about(count(1, MAX_VOCABULARY), "as trained, padding included"),
        "tied": flag("the head's matrix is the embedding's; `false` unless given"),
        "extra_tokens": about(count(0, MAX_EXTRA), "modules that predict further tokens, 0 unless given"),
        "attention": about(attention, "how layers attend"),
        "window": about(window, "layers that see only the tokens just before each"),
        "mlp": about(mlp, "the feed-forward part of layers without experts"),
        "experts": about(experts, "in place of the feed-forward part"),
    }))
}

/// Properties of an accelerator.
pub(in crate::input) fn accelerator() -> Map<String, Value> {
    let rates: Map<String, Value> =
        Format::ALL.iter().map(|(name, _)| ((*name).to_owned(), flop_rate())).collect();
    let rates = json!({ "type": "object", "additionalProperties": false, "properties": rates });
    let on = fields(json!({ "format": about(words(&Format::ALL), "of matrices") }));
    with_head(json!({
        "like": text("the built-in accelerator or family whose factors of software it uses too"),
        "processors": about(count(1, MAX_COUNT), "multiprocessors"),
        "domain": about(count(1, MAX_COUNT), "accelerators of a scale-up domain, as usually built"),
        "memory": size(),
        "memory_bandwidth": bandwidth(),
        "scaleup": about(bandwidth(), "to its scale-up domain, one way"),
        "power": about(power(), "under load"),
        "idle_power": power(),
        "peak": about(rates.clone(), "dense products in each number format that it has"),
        "achieved": about(rates, "by the largest products, where it was measured"),
        "factors": about(factors(Map::new()), "on constants of all software"),
        "on": tables(&factors(on)),
    }))
}

/// Properties of a generation of software.
pub(in crate::input) fn software() -> Map<String, Value> {
    let habits = object(
        &["fused_attention", "graphs"],
        &json!({
            "fused_attention": flag("attention's core is one kernel that keeps no scores"),
            "graphs": flag("kernels are launched as recorded graphs"),
            "sequence_parallel": flag("norms along the sequence, unless a workload tells; `true` unless given"),
            "recompute": about(words(&Recompute::ALL), "unless a workload tells; `none` unless given"),
            "gradients": about(words(&Format::ALL), "unless a workload tells; `fp32` unless given"),
            "sharding": about(words(&HABITS), "unless a workload tells; `none` unless given"),
        }),
    );
    let on = fields(json!({
        "accelerator": about(json!({ "enum": accelerator_likes().collect::<Vec<_>>() }), "or one that is like it"),
        "format": about(words(&Format::ALL), "of matrices"),
    }));
    with_head(json!({
        "habits": about(habits, "how it does what every software does differently"),
        "overlap": about(overlap(), "what runs beside computation unless told; nothing unless given"),
        "factors": about(factors(Map::new()), "on constants, everywhere"),
        "on": tables(&factors(on)),
    }))
}

fn factors(mut properties: Map<String, Value>) -> Value {
    for spec in SPECS {
        let factor = json!({ "type": "number", "minimum": 0, "maximum": MAX_FACTOR });
        properties.insert(spec.key.to_owned(), about(factor, spec.about));
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn overlap() -> Value {
    object(
        &[],
        &json!({
            "tensor": flag("tensor-parallel collectives beside products"),
            "data": flag("gradients and parameters beside the passes"),
            "pipeline": flag("messages between stages beside the other passes"),
            "experts": flag("exchanges of tokens beside another micro-batch"),
        }),
    )
}

fn constant(constant: Constant) -> Value {
    let spec = constant.spec();
    let (least, most) = spec.range;
    match spec.unit {
        "s" => time(),
        "B" => size(),
        _ => json!({ "type": "number", "minimum": least, "maximum": most }),
    }
}

/// `[workload]` of a scenario.
pub(in crate::input) fn section() -> Value {
    let names = |names: Vec<&str>, what: &str| about(json!({ "enum": names }), what);
    let degree = |what: &str| about(count(1, MAX_DEGREE), what);
    let format = |what: &str| about(words(&Format::ALL), what);
    let set: Map<String, Value> = Constant::all()
        .map(|own| (own.spec().key.to_owned(), about(constant(own), own.spec().about)))
        .collect();
    let precision = object(
        &[],
        &json!({
            "matrices": format("of products of layers; `bf16` unless given"),
            "activations": format("of attention's core, activations and what of them is sent"),
            "weights": format("of parameters as they are kept and gathered"),
            "gradients": format("of gradients as they are reduced; as the software does unless given"),
            "dispatch": format("of tokens that are sent to experts"),
        }),
    );
    let parallel = object(
        &[],
        &json!({
            "tp": degree("tensor-parallel ranks"),
            "sequence_parallel": flag("norms along the sequence; as the software does unless given"),
            "pp": degree("pipeline ranks"),
            "vpp": about(count(1, MAX_STAGES), "stages of a pipeline rank"),
            "cp": degree("context-parallel ranks"),
            "dp": degree("data-parallel ranks; what is left of the fabric's unless given"),
            "ep": degree("expert-parallel ranks, out of those of a pipeline stage"),
            "etp": degree("tensor-parallel ranks of an expert"),
            "sharding": about(words(&SHARDING), "what data-parallel ranks keep only a part of; as the software does unless given"),
            "shard_group": degree("ranks within which `hsdp` shards"),
            "schedule": about(words(&SCHEDULES), "of the pipeline; `1f1b` unless given"),
            "context": about(words(&CONTEXTS), "how keys and values get about; `ring` unless given"),
            "order": about(json!({ "type": "string", "examples": ["tp-cp-dp-pp"] }), "which axis changes from rank to rank first"),
        }),
    );
    let one = || count(1, MAX_BATCH);
    let range = object(&["from", "to"], &json!({ "from": one(), "to": one(), "factor": count(2, 1 << 20) }));
    let batch = json!({ "anyOf": [one(), { "type": "array", "items": one(), "minItems": 1 }, range] });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["batch"],
        "allOf": [
            { "oneOf": [{ "required": ["model"] }, { "required": ["model_file"] }] },
            { "oneOf": [{ "required": ["accelerator"] }, { "required": ["accelerator_file"] }] },
            { "oneOf": [{ "required": ["software"] }, { "required": ["software_file"] }] },
            {
                "if": { "required": ["kind_of_step"], "properties": { "kind_of_step": { "const": "inference" } } },
                "then": { "required": ["prompt", "output"] },
                "else": { "required": ["sequence"], "properties": { "batch": count(1, MAX_BATCH) } },
            },
        ],
        "properties": {
            "kind_of_step": about(words(&STEPS), "`train` unless given"),
            "model": names(model_names().collect(), "a built-in model"),
            "model_file": text("a model, relative to the scenario's folder"),
            "accelerator": names(accelerator_names().collect(), "a built-in accelerator"),
            "accelerator_file": text("an accelerator, relative to the scenario's folder"),
            "software": names(software_names().collect(), "a built-in generation of software"),
            "software_file": text("a generation of software, relative to the scenario's folder"),
            "batch": about(batch, "sequences of a step, over all ranks; of inference, sequences at once: one number or several"),
            "prompt": about(count(1, MAX_BATCH), "inference: tokens of a prompt"),
            "output": about(count(1, MAX_BATCH), "inference: tokens made for a prompt"),
            "prefill_batch": about(count(1, MAX_BATCH), "inference: prompts that a replica reads at once, 1 unless given"),
            "kv_cache": about(words(&Format::ALL), "inference: number format of keys and values that are kept, as activations unless given"),
            "sequence": about(count(1, MAX_BATCH), "tokens of a sequence"),
            "micro_batch": about(count(1, MAX_BATCH), "sequences of a micro-batch, 1 unless given"),
            "recompute": about(words(&Recompute::ALL), "what of the forward pass is done again; as the software does unless given"),
            "frozen": flag("the model's own parameters stay as they are (LoRA); `false` unless given"),
            "precision": about(precision, "number formats"),
            "parallel": about(parallel, "how the step is divided"),
            "overlap": about(overlap(), "what runs beside computation; as the software does unless given"),
            "set": about(json!({ "type": "object", "additionalProperties": false, "properties": set }), "constants put over those of the software"),
        },
    })
}
