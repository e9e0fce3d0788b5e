//! Inference as CSV: a line for each batch, the prefill's figures on each.

use ::csv::Writer;
use serde::Serialize;

use crate::result::{ServePhaseResult, ServeResult};

#[derive(Serialize)]
struct Line<'a> {
    scenario: &'a str,
    engine: &'a str,
    model: &'a str,
    accelerator: &'a str,
    tp: u32,
    pp: u32,
    dp: u32,
    ep: u32,
    prompt: u32,
    output: u32,
    batch: u32,
    ttft_ps: u64,
    tpot_ps: u64,
    request_ps: u64,
    tokens_per_s: f64,
    tokens_per_s_per_gpu: f64,
    tokens_per_s_with_prefill: f64,
    prefill_bound_percent: f64,
    prefill_communication_percent: f64,
    decode_bound_ps: u64,
    decode_bound_by: &'a str,
    decode_bound_percent: f64,
    decode_communication_percent: f64,
    decode_products_ps: u64,
    decode_attention_ps: u64,
    decode_moved_ps: u64,
    decode_host_ps: u64,
    decode_head_ps: u64,
    decode_tensor_ps: u64,
    decode_experts_ps: u64,
    decode_pipeline_ps: u64,
    decode_slowdown_ps: u64,
    decode_bubble_ps: u64,
    joules_per_token: f64,
    memory_bytes: u64,
    fits: bool,
}

/// All batches of a result, with a line of column names.
pub fn lines(result: &ServeResult) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    let facts = &result.workload;
    for point in &result.points {
        let decode = &point.decode;
        let of = |name: &str| part(decode, name);
        // Into memory nothing fails to be written.
        let _ = writer.serialize(Line {
            scenario: &result.scenario,
            engine: &result.engine,
            model: &facts.model,
            accelerator: &facts.accelerator,
            tp: facts.tp,
            pp: facts.pp,
            dp: facts.dp,
            ep: facts.ep,
            prompt: facts.prompt,
            output: facts.output,
            batch: point.batch,
            ttft_ps: result.ttft_ps,
            tpot_ps: point.tpot_ps,
            request_ps: point.request_ps,
            tokens_per_s: point.tokens_per_s,
            tokens_per_s_per_gpu: point.tokens_per_s_per_gpu,
            tokens_per_s_with_prefill: point.tokens_per_s_with_prefill,
            prefill_bound_percent: result.prefill.bound_percent,
            prefill_communication_percent: result.prefill.communication_percent,
            decode_bound_ps: decode.bound_ps,
            decode_bound_by: &decode.bound_by,
            decode_bound_percent: decode.bound_percent,
            decode_communication_percent: decode.communication_percent,
            decode_products_ps: of("products"),
            decode_attention_ps: of("attention"),
            decode_moved_ps: of("moved"),
            decode_host_ps: of("host"),
            decode_head_ps: of("head"),
            decode_tensor_ps: of("tensor"),
            decode_experts_ps: of("experts"),
            decode_pipeline_ps: of("pipeline"),
            decode_slowdown_ps: of("slowdown"),
            decode_bubble_ps: of("bubble"),
            joules_per_token: decode.per_token_j,
            memory_bytes: point.memory.total,
            fits: point.memory.fits,
        });
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn part(phase: &ServePhaseResult, name: &str) -> u64 {
    phase.breakdown.iter().find(|part| part.part == name).map_or(0, |part| part.time_ps)
}
