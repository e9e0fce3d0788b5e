//! temporary harness
use railspine::exchange::step_times;
use railspine::validate::steps::{Catalogue, StepCase, fit::Problem};
use railspine::workload::*;
use std::collections::BTreeMap;

fn acc(
    name: &str,
    like: &str,
    peaks: &[(Format, f64)],
    got: &[(Format, f64)],
    sm: u32,
    mem: f64,
    bw: f64,
    up: f64,
    domain: u32,
) -> Accelerator {
    Accelerator {
        name: name.into(),
        title: name.into(),
        sources: vec![],
        like: like.into(),
        peak: peaks.iter().map(|(f, p)| (*f, p * 1e12)).collect(),
        achieved: got.to_vec(),
        factors: vec![],
        processors: sm,
        memory: mem * 1e9,
        memory_bandwidth: bw * 1e12,
        scaleup: up * 1e9,
        domain,
        power: 700.0,
        idle_power: 100.0,
    }
}
fn catalogue() -> Catalogue {
    use Format::*;
    let h = [(Bf16, 989.0), (Fp16, 989.0), (Fp8, 1979.0), (Fp8Rows, 1979.0), (Mxfp8, 1979.0)];
    let hg = [(Bf16, 0.803), (Fp16, 0.803), (Fp8, 0.709), (Fp8Rows, 0.709), (Mxfp8, 0.709)];
    let b = [(Bf16, 2250.0), (Fp16, 2250.0), (Fp8, 4500.0), (Mxfp8, 4500.0), (Nvfp4, 9000.0)];
    let bg = [(Bf16, 0.776), (Fp16, 0.776), (Fp8, 0.763), (Mxfp8, 0.763), (Nvfp4, 0.763)];
    let b3 = [(Bf16, 2250.0), (Fp16, 2250.0), (Fp8, 4500.0), (Mxfp8, 4500.0), (Nvfp4, 13500.0)];
    let g = [(Bf16, 2450.0), (Fp16, 2450.0), (Fp8, 4900.0), (Mxfp8, 4900.0), (Nvfp4, 9800.0)];
    let g3 = [(Bf16, 2450.0), (Fp16, 2450.0), (Fp8, 4900.0), (Mxfp8, 4900.0), (Nvfp4, 14700.0)];
    let gg = [(Bf16, 0.744), (Fp16, 0.744), (Fp8, 0.738), (Mxfp8, 0.738), (Nvfp4, 0.738)];
    let a = [(Bf16, 312.0), (Fp16, 312.0)];
    let ag = [(Bf16, 0.869), (Fp16, 0.869)];
    let m = [(Bf16, 1307.0), (Fp8, 2615.0)];
    let accelerators = vec![
        acc("v100-32", "v100", &[(Fp16, 125.0)], &[(Fp16, 0.8)], 80, 32.0, 0.9, 150.0, 8),
        acc("a100-40", "a100", &a, &ag, 108, 40.0, 1.555, 300.0, 8),
        acc("a100-80", "a100", &a, &ag, 108, 80.0, 2.0, 300.0, 8),
        acc("h100", "h100", &h, &hg, 132, 80.0, 3.35, 450.0, 8),
        acc("h100-96", "h100", &h, &hg, 132, 96.0, 2.4, 450.0, 8),
        acc("h200", "h100", &h, &hg, 132, 141.0, 4.8, 450.0, 8),
        acc("b200", "b200", &b, &bg, 148, 180.0, 8.0, 900.0, 8),
        acc("b300", "b200", &b3, &bg, 148, 270.0, 8.0, 900.0, 8),
        acc("gb200", "b200", &g, &gg, 148, 186.0, 8.0, 900.0, 72),
        acc("gb300", "b200", &g3, &gg, 148, 279.0, 8.0, 900.0, 72),
        acc("mi300x", "mi300x", &m, &[(Bf16, 0.514), (Fp8, 0.5)], 304, 192.0, 5.3, 448.0, 8),
        acc("mi325x", "mi300x", &m, &[(Bf16, 0.604), (Fp8, 0.55)], 304, 256.0, 6.0, 448.0, 8),
        acc(
            "mi355x",
            "mi300x",
            &[(Bf16, 2500.0), (Fp8, 5000.0), (Nvfp4, 10100.0)],
            &[(Bf16, 0.68), (Fp8, 0.6), (Nvfp4, 0.5)],
            256,
            288.0,
            8.0,
            535.0,
            8,
        ),
        acc("tpu-v4", "tpu", &[(Bf16, 275.0)], &[(Bf16, 0.85)], 2, 32.0, 1.2, 300.0, 4096),
        acc("tpu-v5p", "tpu", &[(Bf16, 459.0)], &[(Bf16, 0.85)], 2, 95.0, 2.765, 600.0, 4096),
        acc("tpu-v6e", "tpu", &[(Bf16, 918.0)], &[(Bf16, 0.85)], 2, 32.0, 1.638, 400.0, 256),
    ];
    let soft = |name: &str,
                fused: bool,
                graphs: bool,
                sequence: bool,
                recompute,
                gradients,
                sharding,
                data: bool,
                pipeline: bool,
                tensor: bool| Software {
        name: name.into(),
        title: name.into(),
        sources: vec![],
        habits: Habits { fused_attention: fused, graphs, sequence, recompute, gradients, sharding },
        overlap: Overlap { tensor, data, pipeline, experts: true },
        factors: vec![],
    };
    use Recompute as R;
    use Sharding as S;
    let software = vec![
        soft("megatron-2020", false, false, false, R::Full, Fp16, S::None, false, false, false),
        soft("megatron-2021", false, false, false, R::Full, Fp16, S::None, false, false, false),
        soft("megatron-deepspeed", false, false, false, R::Full, Fp16, S::None, false, false, false),
        soft("megatron-2022", false, false, false, R::None, Fp16, S::None, false, false, false),
        soft("megatron-2024", true, false, true, R::None, Fp32, S::Optimizer, true, true, true),
        soft("megatron-2025", true, true, true, R::None, Fp32, S::Optimizer, true, true, true),
        soft("megatron-2026", true, true, true, R::None, Fp32, S::Optimizer, true, true, true),
        soft("megatron-2026-mid", true, true, true, R::None, Fp32, S::Optimizer, true, true, true),
        soft("nemo-2023", true, true, true, R::None, Bf16, S::Optimizer, true, true, true),
        soft("nemo-2024", true, true, true, R::None, Bf16, S::Optimizer, true, true, true),
        soft("nemo-2025", true, true, true, R::None, Bf16, S::Optimizer, true, true, true),
        soft("composer-fsdp", true, false, false, R::None, Fp32, S::Parameters, true, true, false),
        soft("torchtitan", true, false, true, R::None, Fp32, S::Parameters, true, true, false),
        soft("torchtitan-compiled", true, false, true, R::None, Fp32, S::Parameters, true, true, true),
        soft("maxtext", true, true, true, R::Full, Fp32, S::Parameters, true, true, true),
        soft("rocm-2025", true, false, true, R::None, Bf16, S::Optimizer, true, true, true),
    ];
    let mla = |name: &str, heads, vocab, experts, mtp, dense| Model {
        name: name.into(),
        title: name.into(),
        sources: vec![],
        layers: 61,
        hidden: 7168,
        attention: ModelAttention::Latent {
            heads,
            q_rank: 1536,
            kv_rank: 512,
            nope_dim: 128,
            rope_dim: 64,
            value_dim: 128,
        },
        window: None,
        mlp: Mlp { hidden: 18432, gated: true },
        experts: Some(Experts { count: experts, top_k: 8, hidden: 2048, shared: 1, dense_layers: dense }),
        vocabulary: vocab,
        tied: false,
        extra_tokens: mtp,
    };
    let models = vec![
        mla("deepseek-v3", 128, 129_280, 256, 1, 3),
        mla("deepseek-v3-nomtp", 128, 129_280, 256, 0, 3),
        mla("kimi-k2", 64, 163_840, 384, 0, 1),
        Model {
            name: "gpt-oss-120b".into(),
            title: String::new(),
            sources: vec![],
            layers: 36,
            hidden: 2880,
            attention: ModelAttention::Grouped { heads: 64, kv_heads: 8, head_dim: 64 },
            window: Some(Window { tokens: 128, every: 2 }),
            mlp: Mlp { hidden: 2880, gated: true },
            experts: Some(Experts { count: 128, top_k: 4, hidden: 2880, shared: 0, dense_layers: 0 }),
            vocabulary: 201_088,
            tied: false,
            extra_tokens: 0,
        },
    ];
    Catalogue { models, accelerators, software }
}

fn tau(rows: &[(f64, f64)]) -> f64 {
    let (mut good, mut all) = (0.0, 0.0);
    for i in 0..rows.len() {
        for j in 0..i {
            let (m, p) = (rows[i].0 - rows[j].0, rows[i].1 - rows[j].1);
            if m != 0.0 {
                all += 1.0;
                if m * p > 0.0 {
                    good += 1.0;
                }
            }
        }
    }
    good / all
}

fn report(cases: &[StepCase], predicted: &[f64], verbose: &str) {
    let big = |c: &StepCase| c.quality != "C" && c.task == "pretrain" && c.parallel.ranks() >= 64;
    let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (c, p) in cases.iter().zip(predicted) {
        let e = p / c.measured - 1.0;
        groups.entry(format!("{} {} {}", c.group, c.quality, c.task)).or_default().push(e);
        if big(c) {
            groups.entry("~TARGET>=64".into()).or_default().push(e);
        }
        if big(c) && c.group != "vTrain-multi" {
            groups.entry("~TARGET>=64 w/o vTrain".into()).or_default().push(e);
        }
    }
    for (g, e) in &groups {
        let mae = e.iter().map(|e| e.abs()).sum::<f64>() / e.len() as f64;
        let bias = e.iter().sum::<f64>() / e.len() as f64;
        println!("{g:34} {:5} mae {:6.2}% bias {:+6.2}%", e.len(), mae * 100.0, bias * 100.0);
    }
    let mut by: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for (c, p) in cases.iter().zip(predicted) {
        if c.group == "vTrain-multi" {
            by.entry(c.model.name.clone()).or_default().push((c.measured, *p));
        }
    }
    let mut good = 0.0;
    let mut all = 0.0;
    for (m, rows) in &by {
        let t = tau(rows);
        let n = (rows.len() * (rows.len() - 1) / 2) as f64;
        good += t * n;
        all += n;
        let chosen = rows.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
        let best = rows.iter().map(|r| r.0).fold(f64::MAX, f64::min);
        println!("  {m} order {:.1}% regret {:.2}%", t * 100.0, (chosen / best - 1.0) * 100.0);
    }
    let every: Vec<(f64, f64)> = by.values().flatten().copied().collect();
    println!("  order within models {:.1}%, all pairs {:.1}%", good / all * 100.0, tau(&every) * 100.0);
    if !verbose.is_empty() {
        for (c, p) in cases.iter().zip(predicted) {
            if c.id.starts_with(verbose) {
                println!(
                    "{:22} {:14} {:5} tp{} pp{} v{} dp{} ep{} mb{} m{:4} {:9.4} {:9.4} {:+6.1}% {:?}",
                    c.id,
                    c.model.name,
                    c.parallel.ranks(),
                    c.parallel.tp,
                    c.parallel.pp,
                    c.parallel.vpp,
                    c.parallel.dp,
                    c.parallel.ep,
                    c.batch.micro,
                    c.batch.sequences / c.parallel.dp / c.batch.micro,
                    c.measured,
                    p,
                    (p / c.measured - 1.0) * 100.0,
                    c.precision.matrices
                );
            }
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let rows = step_times::read(&args[1], &std::fs::read(&args[1]).unwrap()).unwrap().rows;
    let mode = args.get(2).map_or("fit", String::as_str);
    let verbose = args.get(3).map_or("", String::as_str);
    let catalogue = catalogue();
    let mut cases = vec![];
    let mut out: BTreeMap<String, usize> = BTreeMap::new();
    for row in &rows {
        match StepCase::of_row(row, &catalogue) {
            Ok(c) => cases.push(c),
            Err(e) => {
                *out.entry(format!(
                    "{} {}: {e}",
                    row.text("group").unwrap_or(""),
                    row.text("quality").unwrap_or("")
                ))
                .or_default() += 1
            }
        }
    }
    for (e, n) in out {
        println!("left out {n:4} {e}");
    }
    let weight = |c: &StepCase| {
        let w: f64 = match c.quality.as_str() {
            "C" => 0.1,
            _ => 1.0,
        };
        let w = if c.parallel.ranks() < 64 { w * 0.3 } else { w };
        if c.group == "vTrain-single" {
            w * 0.1
        } else if c.task != "pretrain" {
            w * 0.3
        } else {
            w
        }
    };
    let weights: Vec<f64> = cases.iter().map(weight).collect();
    let start = std::time::Instant::now();
    match mode {
        "loo" => {
            let mut predicted = vec![0.0; cases.len()];
            let groups: std::collections::BTreeSet<String> = cases.iter().map(|c| c.group.clone()).collect();
            for g in groups {
                let w: Vec<f64> =
                    cases.iter().zip(&weights).map(|(c, w)| if c.group == g { 0.0 } else { *w }).collect();
                let fit = Problem::new(&catalogue, &cases, w, 0.05).fit(12);
                for (i, c) in cases.iter().enumerate() {
                    if c.group == g {
                        predicted[i] = fit.predicted[i];
                    }
                }
            }
            report(&cases, &predicted, verbose);
        }
        "cv" => {
            let mut predicted = vec![0.0; cases.len()];
            for fold in 0..5 {
                let w: Vec<f64> = weights
                    .iter()
                    .enumerate()
                    .map(|(i, w)| if (i * 7 + i / 5) % 5 == fold { 0.0 } else { *w })
                    .collect();
                let fit = Problem::new(&catalogue, &cases, w, 0.05).fit(12);
                for i in 0..cases.len() {
                    if (i * 7 + i / 5) % 5 == fold {
                        predicted[i] = fit.predicted[i];
                    }
                }
            }
            report(&cases, &predicted, verbose);
        }
        _ => {
            let problem = Problem::new(&catalogue, &cases, weights, 0.05);
            let one = std::time::Instant::now();
            let p = problem.predict(&vec![0.0; problem.free.len()]);
            println!("predict all {:?}, free {}", one.elapsed(), problem.free.len());
            if mode == "raw" {
                report(&cases, &p, verbose);
                return;
            }
            let fit = problem.fit(20);
            report(&cases, &fit.predicted, verbose);
            if mode == "show" {
                for (l, f) in fit.factors() {
                    println!(
                        "{l:?}: {}",
                        f.factors
                            .iter()
                            .map(|(c, v)| format!("{} {v}", c.spec().key))
                            .collect::<Vec<_>>()
                            .join(", ")
                    );
                }
            }
        }
    }
    println!("{:?}", start.elapsed());
}
