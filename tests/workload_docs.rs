//! The tables of `docs/workload.md` are those of the libraries.
//!
//! `RAILSPINE_BLESS=1 cargo test --test workload_docs` writes them anew.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;

use railspine::input::workload::{
    accelerator, accelerator_names, model, model_names, software, software_names,
};
use railspine::workload::model::{Attention, Counted};
use railspine::workload::{Constant, Format, Model, Recompute, Sharding};

#[path = "support/golden.rs"]
mod golden;

const PAGE: &str = "docs/workload.md";

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = vec!["---".to_owned(); head.len()];
    [row(&head), row(&rule)].into_iter().chain(rows.iter().map(|cells| row(cells))).collect()
}

fn billions(count: u64) -> String {
    format!("{:.1}", count as f64 / 1e9)
}

fn attention(model: &Model) -> String {
    match model.attention {
        Attention::Grouped { heads, kv_heads, head_dim } => format!("{heads} / {kv_heads} x {head_dim}"),
        Attention::Latent { heads, q_rank, kv_rank, .. } => {
            format!("{heads} latent, {q_rank} / {kv_rank}")
        }
    }
}

fn feed_forward(model: &Model) -> String {
    let dense = || {
        let kind = if model.mlp.gated { "gated" } else { "plain" };
        format!("{} {kind}", model.mlp.hidden)
    };
    let Some(experts) = model.experts else { return dense() };
    let shared = if experts.shared > 0 { format!(" + {}", experts.shared) } else { String::new() };
    let sparse = format!("{} of {}{shared} x {}", experts.top_k, experts.count, experts.hidden);
    match experts.dense_layers {
        0 => sparse,
        layers => format!("{sparse}; first {layers}: {}", dense()),
    }
}

fn models() -> String {
    let rows: Vec<Vec<String>> = model_names()
        .map(|name| {
            let own = model(name).unwrap();
            let flops = own.flops(4096, Counted::Causal).training() / 1e9;
            vec![
                format!("`{name}`"),
                own.layers.to_string(),
                own.hidden.to_string(),
                attention(&own),
                feed_forward(&own),
                own.vocabulary.to_string(),
                billions(own.params()),
                billions(own.active_params()),
                format!("{flops:.1}"),
            ]
        })
        .collect();
    let head = [
        "model",
        "layers",
        "hidden",
        "heads / of keys x width",
        "feed-forward",
        "vocabulary",
        "parameters, 10^9",
        "that a token meets",
        "training GFLOP a token at 4,096",
    ];
    table(&head, &rows)
}

fn accelerators() -> String {
    let rows: Vec<Vec<String>> = accelerator_names()
        .map(|name| {
            let own = accelerator(name).unwrap();
            let rate = |format: Format| {
                let rate = own.peak.iter().find(|(found, _)| *found == format).map(|(_, peak)| peak / 1e12);
                let part = own.achieved.iter().find(|(found, _)| *found == format);
                let part = part.map_or_else(String::new, |(_, part)| format!(" ({:.1} %)", part * 100.0));
                rate.map_or_else(String::new, |rate| format!("{rate}{part}"))
            };
            let wide = if own.peak.iter().any(|(format, _)| *format == Format::Bf16) {
                Format::Bf16
            } else {
                Format::Fp16
            };
            vec![
                format!("`{name}`"),
                if own.like == name { String::new() } else { format!("`{}`", own.like) },
                rate(wide),
                rate(Format::Fp8),
                rate(Format::Nvfp4),
                format!("{}", own.memory / 1e9),
                format!("{}", own.memory_bandwidth / 1e12),
                format!("{} x {}", own.domain, own.scaleup / 1e9),
                own.processors.to_string(),
                format!("{} / {}", own.power, own.idle_power),
            ]
        })
        .collect();
    let head = [
        "accelerator",
        "like",
        "16 bits, TFLOP/s",
        "8 bits",
        "4 bits",
        "memory, GB",
        "TB/s",
        "scale-up, GB/s one way",
        "processors",
        "W / idle",
    ];
    table(&head, &rows)
}

fn generations() -> String {
    let rows: Vec<Vec<String>> = software_names()
        .map(|name| {
            let own = software(name).unwrap();
            let yes = |flag: bool| if flag { "yes" } else { "" }.to_owned();
            let recompute = Recompute::ALL.iter().find(|(_, kind)| *kind == own.habits.recompute).unwrap().0;
            let sharding = match own.habits.sharding {
                Sharding::None => "none",
                Sharding::Optimizer => "zero-1",
                Sharding::Gradients => "zero-2",
                Sharding::Parameters => "zero-3",
                Sharding::Hybrid(_) => "hsdp",
            };
            let beside: Vec<&str> = [
                ("tensor", own.overlap.tensor),
                ("data", own.overlap.data),
                ("pipeline", own.overlap.pipeline),
                ("experts", own.overlap.experts),
            ]
            .into_iter()
            .filter_map(|(name, on)| on.then_some(name))
            .collect();
            vec![
                format!("`{name}`"),
                own.title.clone(),
                yes(own.habits.fused_attention),
                yes(own.habits.graphs),
                yes(own.habits.sequence),
                recompute.to_owned(),
                own.habits.gradients.name().to_owned(),
                sharding.to_owned(),
                beside.join(", "),
            ]
        })
        .collect();
    let head = [
        "software",
        "what it is",
        "fused attention",
        "graphs",
        "sequence parallel",
        "recompute",
        "gradients",
        "sharding",
        "overlap",
    ];
    table(&head, &rows)
}

fn constants() -> String {
    let rows: Vec<Vec<String>> = Constant::all()
        .map(|constant| {
            let spec = constant.spec();
            let (least, most) = spec.range;
            vec![
                format!("`{}`", spec.key),
                spec.unit.to_owned(),
                spec.default.to_string(),
                format!("{least} to {most}"),
                spec.about.to_owned(),
            ]
        })
        .collect();
    table(&["key", "unit", "default", "range", "what it is"], &rows)
}

/// Everything with what it is and its sources.
fn sources() -> String {
    let models = model_names().map(|name| {
        let own = model(name).unwrap();
        (own.name, own.title, own.sources)
    });
    let accelerators = accelerator_names().map(|name| {
        let own = accelerator(name).unwrap();
        (own.name, own.title, own.sources)
    });
    let generations = software_names().map(|name| {
        let own = software(name).unwrap();
        (own.name, own.title, own.sources)
    });
    let mut text = String::new();
    for (name, title, sources) in models.chain(accelerators).chain(generations) {
        text.push_str(&format!("* **`{name}`**: {title}\n"));
        for source in sources {
            text.push_str(&format!("  * {source}\n"));
        }
    }
    text
}

#[test]
fn tables_are_those_of_the_libraries() {
    let page = fs::read_to_string(PAGE).unwrap();
    let mut wanted = page.clone();
    for (name, text) in [
        ("models", models()),
        ("accelerators", accelerators()),
        ("software", generations()),
        ("constants", constants()),
        ("sources", sources()),
    ] {
        let (begin, end) = (format!("<!-- {name}: written by tests/workload_docs.rs -->\n"), "<!-- end -->");
        let from = wanted.find(&begin).unwrap_or_else(|| panic!("{PAGE} has no `{begin}`")) + begin.len();
        let to =
            from + wanted[from..].find(end).unwrap_or_else(|| panic!("{PAGE} has no `{end}` for {name}"));
        wanted.replace_range(from..to, &text);
    }
    golden::check(PAGE, &wanted);
}
