//! The libraries of models, accelerators and software, and `[workload]` in scenarios: what is read, what is written, and
//! that the figures are those of their sources.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::sync::Arc;

use proptest::prelude::*;

use railspine::cli::render::render_all;
use railspine::input::workload::{
    accelerator, accelerator_likes, accelerator_names, accelerator_to_toml, model, model_names, software,
    software_names, software_to_toml,
};
use railspine::input::{
    LoadError, LoadOptions, Loaded, accelerator_schema, load_accelerator, load_model, load_scenario,
    load_software, model_schema, scenario_schema, software_schema,
};
use railspine::workload::model::{Counted, LayerKind};
use railspine::workload::{
    Accelerator, Axis, Batch, Constant, Constants, ContextExchange, Factors, Format, Network, Order, Overlap,
    Precision, Recompute, SPECS, Schedule, Scope, Sharding, Task, Tier, Training, Workload,
};

#[path = "support/golden.rs"]
mod golden;

fn options(text: &str) -> LoadOptions {
    LoadOptions { stdin: Some(text.to_owned()), ..LoadOptions::default() }
}

fn told<T>(result: Result<Loaded<T>, LoadError>) -> T {
    match result {
        Ok(loaded) => {
            let warnings = render_all(&loaded.warnings, &loaded.sources, false);
            assert!(loaded.warnings.is_empty(), "{warnings}");
            loaded.value
        }
        Err(LoadError::Rejected { sources, diagnostics }) => {
            panic!("{}", render_all(&diagnostics, &sources, false))
        }
        Err(error @ LoadError::Io { .. }) => panic!("{error}"),
    }
}

/// Training GFLOP of a token, attention's core counted as half of the square without the diagonal: the column
/// `gflops_per_token_causal` of published step times, to the digits that it prints.
const GFLOP: [(&str, u32, f64); 29] = [
    ("gpt3-175b", 2048, 1061.947),
    ("palm-540b", 2048, 3259.943),
    ("mpt-7b", 512, 40.295),
    ("mpt-7b", 2048, 41.503),
    ("mpt-7b", 65536, 91.432),
    ("mpt-30b", 2048, 183.964),
    ("mpt-30b", 8192, 196.648),
    ("mpt-70b", 2048, 397.076),
    ("llama2-70b", 4096, 428.385),
    ("llama3-8b", 8192, 51.47),
    ("llama3-8b", 32768, 70.798),
    ("llama3-8b", 65536, 96.568),
    ("llama3-70b", 4096, 433.116),
    ("llama3-70b", 8192, 449.223),
    ("llama3-405b", 8192, 2523.956),
    ("llama3-405b", 65536, 3234.236),
    ("llama3-405b", 131_072, 4045.985),
    ("nemotron4-15b", 4096, 89.163),
    ("nemotron4-340b", 4096, 2061.307),
    ("mixtral-8x7b", 4096, 79.713),
    ("mixtral-8x22b", 4096, 242.212),
    ("qwen3-30b-a3b", 4096, 23.082),
    ("qwen3-235b-a22b", 4096, 148.331),
    ("gpt-oss-120b", 4096, 32.712),
    ("gpt-oss-120b", 8192, 34.524),
    ("deepseek-v3", 4096, 250.45),
    ("deepseek-v3", 8192, 281.152),
    ("deepseek-v3-mtp", 4096, 260.642),
    ("kimi-k2", 4096, 205.468),
];

#[test]
fn operations_are_those_that_published_step_times_are_counted_in() {
    let mut seen = Vec::new();
    for (name, sequence, printed) in GFLOP {
        let own = model(name).unwrap();
        // All of half a sequence is half of all of it: what is printed leaves out that a token sees itself.
        let without = own.flops(sequence / 2, Counted::Full).training() / 1e9;
        assert!((without - printed).abs() <= 0.0005, "{name} at {sequence}: {without} for {printed}");
        // Half a token more in every layer that sees everything, in the layer of a module for a further token too.
        let full = f64::from(own.full_attention_layers() + own.extra_tokens);
        let diagonal = 3.0 * full * own.core_flops(0.5) / 1e9;
        let causal = own.flops(sequence, Counted::Causal).training() / 1e9;
        assert!((causal - without - diagonal).abs() < 1e-6 * causal, "{name} at {sequence}");
        assert!(causal / printed < 1.0 + 6e-5, "{name} at {sequence}: {causal} for {printed}");
        seen.push(name);
    }
    for name in model_names() {
        assert!(seen.contains(&name), "{name} has no row");
    }
}

fn near(value: f64, wanted: f64, digits: f64) {
    assert!((value - wanted).abs() <= digits, "{value} for {wanted}");
}

/// Figures that are worked out by hand in the same sources.
#[test]
fn worked_examples_come_out() {
    let llama = model("llama3-405b").unwrap();
    let gpt = model("gpt3-175b").unwrap();
    let deepseek = model("deepseek-v3").unwrap();
    near(llama.layer_params(LayerKind::Dense) as f64 / 1e6, 3187.7, 0.05);
    near(llama.params() as f64 / 1e9, 405.85, 0.005);
    near(gpt.layer_params(LayerKind::Dense) as f64 / 1e6, 1812.0, 0.05);
    near(gpt.params() as f64 / 1e9, 175.2, 0.05);
    let layer = |model: &railspine::workload::Model| {
        (model.projection_flops() + model.feed_forward_flops(LayerKind::Dense)) / 1e6
    };
    near(layer(&llama), 6375.3, 0.05);
    near(layer(&gpt), 3623.9, 0.05);
    near(llama.core_flops(llama.mean_context(8192.0, true, Counted::Causal)) / 1e6, 268.5, 0.05);
    near(gpt.core_flops(gpt.mean_context(2048.0, true, Counted::Causal)) / 1e6, 50.4, 0.05);
    near(llama.head_flops() / 1e6, 4202.7, 0.05);
    near(gpt.head_flops() / 1e6, 1258.3, 0.05);
    let training =
        |model: &railspine::workload::Model, sequence, counted| model.flops(sequence, counted).training();
    near(training(&llama, 8192, Counted::Causal) / 1e12, 2.5240, 5e-5);
    near(training(&llama, 8192, Counted::Full) / 1e12, 2.6254, 5e-5);
    near(training(&gpt, 2048, Counted::Causal) / 1e12, 1.0620, 5e-5);
    near(training(&gpt, 2048, Counted::Full) / 1e12, 1.0764, 5e-5);
    near(training(&deepseek, 4096, Counted::Full) / 1e9, 281.2, 0.05);
    near(training(&llama, 8192, Counted::Causal) * 16_777_216.0 / 1e19, 4.2345, 5e-5);
    near(training(&gpt, 2048, Counted::Causal) * 2688.0 * 2048.0 / 1e18, 5.846, 5e-4);
}

/// Parameters in all, and those that a token meets, in billions as their makers print them.
#[test]
fn models_have_as_many_parameters_as_their_makers_say() {
    for (name, all, active) in [
        ("palm-540b", 540.35, None),
        ("mpt-7b", 6.65, None),
        ("mpt-30b", 29.95, None),
        ("llama2-70b", 68.98, None),
        ("llama3-8b", 8.03, None),
        ("llama3-70b", 70.55, None),
        ("llama3-405b", 405.85, None),
        ("nemotron4-15b", 15.6, None),
        ("nemotron4-340b", 341.0, None),
        ("mixtral-8x7b", 46.7, Some(12.9)),
        ("mixtral-8x22b", 140.6, Some(39.1)),
        ("qwen3-30b-a3b", 30.5, Some(3.3)),
        ("qwen3-235b-a22b", 235.0, Some(22.0)),
        ("gpt-oss-120b", 116.8, Some(5.7)),
        ("deepseek-v3", 671.0, Some(37.0)),
        ("kimi-k2", 1026.0, Some(32.6)),
    ] {
        let own = model(name).unwrap();
        let billions = own.params() as f64 / 1e9;
        assert!((billions / all - 1.0).abs() < 0.004, "{name}: {billions} for {all}");
        if let Some(active) = active {
            let billions = own.active_params() as f64 / 1e9;
            assert!((billions / active - 1.0).abs() < 0.03, "{name}: {billions} for {active}");
        }
    }
    assert_eq!(model("deepseek-v3-mtp").unwrap().params(), model("deepseek-v3").unwrap().params());
}

/// Peaks in 16 and 8 bits in TFLOP/s, memory in GB and TB/s, scale-up in GB/s, watts; what the largest products got in
/// percent of the peak, in 16 and 8 bits.
type Sheet = (&'static str, f64, Option<f64>, f64, f64, f64, f64, Option<f64>, Option<f64>);

const SHEETS: [Sheet; 23] = [
    ("v100-16", 125.0, None, 16.0, 0.9, 150.0, 300.0, None, None),
    ("v100-32", 125.0, None, 32.0, 0.9, 150.0, 300.0, None, None),
    ("a100-40", 312.0, None, 40.0, 1.555, 300.0, 400.0, Some(86.9), None),
    ("a100-80", 312.0, None, 80.0, 2.0, 300.0, 400.0, Some(86.9), None),
    ("h100", 989.0, Some(1979.0), 80.0, 3.35, 450.0, 700.0, Some(80.3), Some(70.9)),
    ("h100-96", 989.0, Some(1979.0), 96.0, 2.4, 450.0, 500.0, None, None),
    ("h200", 989.0, Some(1979.0), 141.0, 4.8, 450.0, 700.0, Some(80.3), Some(73.4)),
    ("h800", 989.0, Some(1979.0), 80.0, 3.35, 200.0, 700.0, None, None),
    ("gh200", 989.0, Some(1979.0), 96.0, 4.0, 450.0, 700.0, Some(83.8), Some(77.6)),
    ("b200", 2250.0, Some(4500.0), 180.0, 8.0, 900.0, 1000.0, Some(77.6), Some(76.3)),
    ("b300", 2250.0, Some(4500.0), 288.0, 8.0, 900.0, 1000.0, Some(78.6), Some(74.5)),
    ("gb200", 2450.0, Some(4900.0), 186.0, 8.0, 900.0, 1200.0, Some(74.4), Some(73.8)),
    ("gb300", 2450.0, Some(4900.0), 279.0, 8.0, 900.0, 1400.0, None, None),
    ("mi250x", 383.0, None, 128.0, 3.28, 350.0, 500.0, None, None),
    ("mi300x", 1307.0, Some(2615.0), 192.0, 5.3, 448.0, 750.0, Some(51.1), None),
    ("mi325x", 1307.0, Some(2615.0), 256.0, 6.0, 448.0, 1000.0, Some(60.1), None),
    ("mi355x", 2500.0, Some(5000.0), 288.0, 8.0, 535.5, 1400.0, Some(62.6), None),
    ("tpu-v4", 275.0, None, 32.0, 1.2, 300.0, 180.0, None, None),
    ("tpu-v5e", 197.0, Some(393.0), 16.0, 0.82, 200.0, 170.0, None, None),
    ("tpu-v5p", 459.0, Some(918.0), 95.0, 2.765, 600.0, 450.0, None, None),
    ("tpu-v6e", 918.0, Some(1836.0), 32.0, 1.638, 400.0, 380.0, Some(90.1), None),
    ("tpu7x", 2307.0, Some(4614.0), 192.0, 7.38, 600.0, 900.0, Some(82.9), None),
    ("gaudi2", 432.0, Some(865.0), 96.0, 2.45, 262.5, 600.0, Some(96.9), Some(95.5)),
];

#[test]
fn accelerators_are_those_of_their_data_sheets() {
    let names: Vec<&str> = SHEETS.iter().map(|sheet| sheet.0).collect();
    assert_eq!(accelerator_names().collect::<Vec<_>>(), names);
    for (name, wide, narrow, memory, bandwidth, scaleup, power, got_wide, got_narrow) in SHEETS {
        let own = accelerator(name).unwrap();
        assert_eq!(own.peak(Format::Bf16), wide * 1e12, "{name}");
        assert_eq!(own.has(Format::Fp8), narrow.is_some(), "{name}");
        // What it lacks runs in what is wider.
        assert_eq!(own.peak(Format::Fp8), narrow.unwrap_or(wide) * 1e12, "{name}");
        assert_eq!(own.memory, memory * 1e9, "{name}");
        assert_eq!(own.memory_bandwidth, bandwidth * 1e12, "{name}");
        assert_eq!(own.scaleup, scaleup * 1e9, "{name}");
        assert_eq!((own.power, own.idle_power < own.power / 3.0), (power, true), "{name}");
        for (format, wanted) in [(Format::Bf16, got_wide), (Format::Fp8, got_narrow)] {
            let own = own.achieved.iter().find(|(own, _)| *own == format).map(|(_, part)| part * 100.0);
            assert_eq!(own.is_some(), wanted.is_some(), "{name}: {own:?}");
            assert!((own.unwrap_or(0.0) - wanted.unwrap_or(0.0)).abs() <= 0.05, "{name}: {own:?}");
        }
        assert!(!own.sources.is_empty() && own.title != own.name, "{name}");
        assert!(accelerator_likes().any(|like| like == own.like), "{name} is like {}", own.like);
    }
    let like = |name: &str| accelerator(name).unwrap().like;
    assert_eq!((like("h200").as_str(), like("gb200").as_str()), ("h100", "b200"));
    assert_eq!((like("a100-80").as_str(), like("mi250x").as_str()), ("a100", "mi250x"));
    assert!(accelerator("a100").is_none(), "a family is no accelerator");
}

/// A built-in accelerator without the factors that were fitted.
fn unfitted(name: &str) -> Accelerator {
    Accelerator { factors: Vec::new(), ..accelerator(name).unwrap() }
}

#[test]
fn software_without_losses_is_at_the_end_of_every_range() {
    let ideal = software("ideal").unwrap();
    let constants = ideal.constants(&unfitted("h100"), Format::Bf16);
    for constant in Constant::all() {
        let spec = constant.spec();
        let value = constants[constant];
        // How scores are kept and what the optimiser moves are no losses.
        let kept = ["scores", "optimizer"].contains(&spec.key);
        assert!(kept || value == spec.range.0 || value == spec.range.1, "{}: {value}", spec.key);
        assert!(!kept || value == spec.default, "{}: {value}", spec.key);
    }
    for name in software_names() {
        let own = software(name).unwrap();
        assert!(!own.sources.is_empty() && own.title != own.name, "{name}");
    }
}

const SOFTWARE: &str = "name = \"mine\"\ntitle = \"Mine\"\nsources = \"a log\"\n\
    [habits]\nfused_attention = true\ngraphs = true\nsequence_parallel = false\nrecompute = \"full\"\n\
    gradients = \"bf16\"\nsharding = \"zero-2\"\n\
    [overlap]\ndata = true\n\
    [factors]\nattention = 1.1\ngemm = 0.5\n\
    [[on]]\naccelerator = \"h100\"\ngemm = 1.5\n\
    [[on]]\nformat = \"fp8\"\ngemm = 0.8\n\
    [[on]]\naccelerator = \"b200\"\nformat = \"nvfp4\"\ngemm = 0.1\n";

#[test]
fn factors_hold_where_files_say() {
    let own = told(load_software("-", &options(SOFTWARE)));
    assert_eq!((own.name.as_str(), own.title.as_str()), ("mine", "Mine"));
    assert_eq!(own.sources, ["a log"]);
    assert_eq!((own.habits.fused_attention, own.habits.graphs, own.habits.sequence), (true, true, false));
    assert_eq!(own.habits.recompute, Recompute::Full);
    assert_eq!((own.habits.gradients, own.habits.sharding), (Format::Bf16, Sharding::Gradients));
    assert_eq!(own.overlap, Overlap { data: true, ..Overlap::NONE });
    let default = Constant::GEMM.spec().default;
    for (on, format, factor) in [
        ("a100-80", Format::Bf16, 0.5),
        ("h100", Format::Bf16, 0.5 * 1.5),
        ("h200", Format::Fp8, 0.5 * 1.5 * 0.8),
        ("b200", Format::Nvfp4, 0.5 * 0.1),
        ("gb200", Format::Bf16, 0.5),
    ] {
        let constants = own.constants(&unfitted(on), format);
        near(constants[Constant::GEMM], default * factor, 1e-12);
        near(constants[Constant::ATTENTION], Constant::ATTENTION.spec().default * 1.1, 1e-12);
    }
    let text = "processors = 2\ndomain = 8\nmemory = \"8 GiB\"\nmemory_bandwidth = \"8 GB/s\"\n\
        scaleup = \"80 Gbps\"\npower = \"0.2 kW\"\nidle_power = \"500 mW\"\nlike = \"h100\"\n\
        factors = { memory = 0.9 }\non = { format = \"fp8\", memory = 0.8 }\n\
        [peak]\nfp8 = \"2 PFLOP/s\"\nbf16 = \"1 PFLOP/s\"\n[achieved]\nfp8 = \"500 TFLOP/s\"\n";
    // Half a watt is refused: such figures are slips.
    let Err(LoadError::Rejected { diagnostics, .. }) = load_accelerator("-", &options(text)) else {
        panic!("{text}")
    };
    assert_eq!(diagnostics.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["E0106"]);
    let chip = told(load_accelerator("-", &options(&text.replace("500 mW", "5 W"))));
    assert_eq!((chip.name.as_str(), chip.like.as_str(), chip.processors), ("accelerator", "h100", 2));
    assert_eq!((chip.memory, chip.scaleup, chip.power), ((8_u64 << 30) as f64, 1e10, 200.0));
    assert_eq!(chip.peak, [(Format::Bf16, 1e15), (Format::Fp8, 2e15)], "in the order of formats");
    assert_eq!(chip.achieved, [(Format::Fp8, 0.25)]);
    let memory = Constant::MEMORY.spec().default;
    near(own.constants(&chip, Format::Bf16)[Constant::MEMORY], memory * 0.9, 1e-12);
    near(own.constants(&chip, Format::Fp8)[Constant::MEMORY], memory * 0.9 * 0.8, 1e-12);
    near(own.constants(&chip, Format::Bf16)[Constant::GEMM], default * 0.5 * 1.5, 1e-12);
}

/// The lines of a file without comments, empty ones and spaces around.
fn lines(text: &str) -> Vec<&str> {
    let plain = text.lines().map(str::trim);
    plain.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Files of the libraries have the lines that the writers give them. `RAILSPINE_BLESS=1` writes them anew below the
/// comments at their top.
#[test]
fn built_in_files_are_as_they_are_written() {
    let check = |folder: &str, name: &str, write: &dyn Fn(&str) -> String| {
        let path = format!("src/workload/{folder}/{name}.toml");
        let text = fs::read_to_string(&path).unwrap();
        let comments: String =
            text.lines().take_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        let written = write(&text);
        if lines(&text) != lines(&written) {
            golden::check(&path, &(comments + &written));
        }
    };
    for name in software_names() {
        check("software", name, &|text| software_to_toml(&told(load_software("-", &options(text)))));
    }
    for name in accelerator_names() {
        check("accelerators", name, &|text| {
            accelerator_to_toml(&told(load_accelerator("-", &options(text))))
        });
    }
    for name in model_names() {
        let text = fs::read_to_string(format!("src/workload/models/{name}.toml")).unwrap();
        assert_eq!(told(load_model("-", &options(&text))), model(name).unwrap());
    }
}

fn factors() -> impl Strategy<Value = Vec<Factors>> {
    let scope = (
        prop::option::of(prop::sample::select(vec!["h100", "b200", "tpu"])),
        prop::option::of(prop::sample::select(Format::ALL.map(|(_, format)| format).to_vec())),
    );
    let scope = scope.prop_map(|(name, format)| Scope { accelerator: name.map(str::to_owned), format });
    let constant = prop::sample::select(Constant::all().collect::<Vec<_>>());
    let factor = prop_oneof![0.0..=1000.0, 0.9..1.1, Just(0.0), Just(1.0), 1e-9..1e-6];
    let factors = (scope, prop::collection::vec((constant, factor), 0..5));
    prop::collection::vec(factors.prop_map(|(scope, factors)| Factors { scope, factors }), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a fit finds is read back to the last bit, and has the same effect.
    #[test]
    fn what_is_written_reads_back(factors in factors(), sequence: bool, figure in 1e9..1e15, rate in 1_u32..989_000) {
        let mut own = software("nemo-2024").unwrap();
        own.factors = factors;
        own.habits.sequence = sequence;
        // Products of several factors may leave the range of files.
        for factors in &mut own.factors {
            let mut seen = Vec::new();
            factors.factors.retain(|(constant, _)| {
                let new = !seen.contains(constant);
                seen.push(*constant);
                new
            });
        }
        let mut scopes: Vec<Scope> = Vec::new();
        own.factors.retain(|factors| {
            let new = !scopes.contains(&factors.scope);
            scopes.push(factors.scope.clone());
            new
        });
        let text = software_to_toml(&own);
        let read = told(load_software("-", &options(&text)));
        prop_assert_eq!(&software_to_toml(&read), &text);
        for name in ["h100", "h200", "gb200", "tpu-v4"] {
            let chip = accelerator(name).unwrap();
            for (_, format) in Format::ALL {
                let (mine, read) = (own.constants(&chip, format), read.constants(&chip, format));
                for constant in Constant::all() {
                    // Factors are multiplied in another order where one that holds everywhere came late.
                    let (a, b) = (mine[constant], read[constant]);
                    prop_assert!((a - b).abs() <= 1e-12 * a.abs(), "{}: {a} and {b}", constant.spec().key);
                }
            }
        }
        let mut chip = accelerator("h100").unwrap();
        chip.memory_bandwidth = figure;
        // As a file would say it, in TFLOP/s of three decimals.
        chip.achieved = vec![(Format::Bf16, f64::from(rate) / 1e3 * 1e12 / chip.peak(Format::Bf16))];
        chip.factors = own.factors.iter().filter(|own| own.scope.accelerator.is_none()).cloned().collect();
        for factors in &mut chip.factors {
            factors.factors.sort_by_key(|(constant, _)| *constant);
        }
        chip.factors.sort_by_key(|factors| factors.scope.format.is_some());
        chip.factors.retain(|own| !own.factors.is_empty() || own.scope.format.is_some());
        let text = accelerator_to_toml(&chip);
        prop_assert_eq!(told(load_accelerator("-", &options(&text))), chip);
    }

    /// However a step is divided: it is refused with faults, or it fits.
    #[test]
    fn what_is_accepted_fits(
        degrees in prop::array::uniform7(prop::sample::select(vec![1_u32, 1, 1, 2, 2, 3, 4, 8, 16_777_216])),
        dp in prop::option::of(prop::sample::select(vec![1_u32, 2, 4, 8])),
        words in (0_usize..5, 0_usize..5, 0_usize..3),
        group in prop::option::of(1_u32..9),
        batch in prop::sample::select(vec![1_u32, 8, 12, 64]),
        name in prop::sample::select(vec!["llama3-8b", "mixtral-8x7b", "deepseek-v3", "gpt-oss-120b"]),
    ) {
        let [tp, pp, vpp, cp, ep, etp, micro] = degrees;
        let schedule = ["1f1b", "interleaved", "zb-h1", "zb-v", "dualpipe"][words.0];
        let sharding = ["none", "zero-1", "zero-2", "zero-3", "hsdp"][words.1];
        let context = ["ring", "all-gather", "all-to-all"][words.2];
        let mut parallel = format!(
            "tp = {tp}\npp = {pp}\nvpp = {vpp}\ncp = {cp}\nep = {ep}\netp = {etp}\nschedule = \"{schedule}\"\n\
             sharding = \"{sharding}\"\ncontext = \"{context}\"\n"
        );
        if let Some(dp) = dp {
            parallel.push_str(&format!("dp = {dp}\n"));
        }
        if let Some(group) = group {
            parallel.push_str(&format!("shard_group = {group}\n"));
        }
        let head = format!("model = \"{name}\"\naccelerator = \"h100\"\nsoftware = \"nemo-2024\"\nbatch = {batch}\n\
            sequence = 4096\nmicro_batch = {micro}\n[workload.parallel]\n");
        match load_scenario("-", &options(&scenario_text(&(head + &parallel)))) {
            Ok(loaded) => {
                let own = loaded.value.workload.unwrap();
                let p = own.parallel;
                prop_assert_eq!(p.ranks(), 8);
                let stage = u64::from(p.tp) * u64::from(p.cp) * u64::from(p.dp);
                prop_assert_eq!(stage % (u64::from(p.ep) * u64::from(p.etp)), 0);
                let Task::Train(training) = own.task else { panic!("a training step") };
                prop_assert_eq!(training.batch.sequences % (p.dp * training.batch.micro), 0);
                prop_assert_eq!(own.model.attention.heads() % p.tp, 0);
                prop_assert!(u64::from(p.pp) * u64::from(p.vpp) <= u64::from(own.model.layers) + 2);
                if let Sharding::Hybrid(group) = p.sharding {
                    prop_assert_eq!(p.replicas() % group, 0);
                }
            }
            Err(LoadError::Rejected { diagnostics, .. }) => prop_assert!(!diagnostics.is_empty()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A scenario of a step on two servers of four GPUs.
fn scenario_text(workload: &str) -> String {
    format!(
        "kind = \"run\"\nname = \"step\"\n[fabric]\nfile = \"tests/errors/support/eight-gpus.toml\"\n\
         [workload]\n{workload}"
    )
}

fn workload(text: &str) -> Arc<Workload> {
    let scenario = told(load_scenario("-", &options(&scenario_text(text))));
    assert!(scenario.collectives.is_empty());
    scenario.workload.unwrap()
}

#[test]
fn a_workload_says_everything() {
    let own = workload(
        "kind_of_step = \"train\"\nmodel = \"mixtral-8x7b\"\naccelerator = \"h200\"\nsoftware = \"nemo-2025\"\n\
         batch = 64\nsequence = 4096\nmicro_batch = 2\nrecompute = \"selective\"\nfrozen = true\n\
         [workload.precision]\nmatrices = \"fp8\"\nactivations = \"fp16\"\nweights = \"fp8\"\n\
         gradients = \"fp32\"\ndispatch = \"fp8\"\n\
         [workload.parallel]\ntp = 2\nsequence_parallel = false\npp = 2\nvpp = 4\ncp = 2\ndp = 1\nep = 2\netp = 2\n\
         sharding = \"hsdp\"\nshard_group = 2\nschedule = \"interleaved\"\ncontext = \"all-to-all\"\n\
         order = \"tp-pp-dp-cp\"\n\
         [workload.overlap]\ntensor = false\nexperts = false\n\
         [workload.set]\ngemm = 0.5\nkernel = \"4.5 us\"\nscores = \"6 B\"\nstraggle = 0\n",
    );
    assert_eq!(own.model, model("mixtral-8x7b").unwrap());
    assert_eq!(own.accelerator, accelerator("h200").unwrap());
    assert_eq!(own.software, software("nemo-2025").unwrap());
    let batch = Batch { sequences: 64, length: 4096, micro: 2 };
    assert_eq!(own.task, Task::Train(Training { batch, recompute: Recompute::Selective, frozen: true }));
    assert_eq!(own.task.name(), "train");
    let p = own.parallel;
    assert_eq!((p.tp, p.sequence, p.pp, p.vpp, p.cp, p.dp, p.ep, p.etp), (2, false, 2, 4, 2, 1, 2, 2));
    assert_eq!(p.sharding, Sharding::Hybrid(2));
    assert_eq!((p.schedule, p.context), (Schedule::OneForwardOneBackward, ContextExchange::AllToAll));
    assert_eq!(p.order, Order([Axis::Tensor, Axis::Pipeline, Axis::Data, Axis::Context]));
    assert_eq!(
        own.precision,
        Precision {
            matrices: Format::Fp8,
            activations: Format::Fp16,
            weights: Format::Fp8,
            gradients: Format::Fp32,
            dispatch: Format::Fp8,
        }
    );
    let usual = own.software.overlap;
    assert_eq!(own.overlap, Overlap { tensor: false, experts: false, ..usual });
    let mut constants = own.software.constants(&own.accelerator, Format::Fp8);
    let set = [
        (Constant::GEMM, 0.5),
        (Constant::SCORES, 6.0),
        (Constant::KERNEL, 4.5e-6),
        (Constant::STRAGGLE, 0.0),
    ];
    for (constant, value) in set {
        constants.set(constant, value);
    }
    for constant in Constant::all() {
        near(own.constants[constant], constants[constant], 1e-18);
    }
    assert_eq!(own.set, set.map(|(constant, _)| constant), "in their own order");
    let tier = Tier { bandwidth: 1e9, latency: 1e-6, launch: 1e-6 };
    let step = own.step(Network { domain: 4, scaleup: tier, scaleout: tier }).unwrap();
    assert_eq!((step.micro_batches(), step.frozen, step.recompute), (32, true, Recompute::Selective));
}

const SHORT: &str =
    "model = \"llama3-8b\"\naccelerator = \"h100\"\nsoftware = \"nemo-2024\"\nbatch = 64\nsequence = 8192\n";

#[test]
fn what_is_not_said_is_as_the_software_does_it() {
    let own = workload(SHORT);
    let habits = own.software.habits;
    let p = own.parallel;
    assert_eq!((p.tp, p.pp, p.vpp, p.cp, p.dp, p.ep, p.etp), (1, 1, 1, 1, 8, 1, 1));
    assert_eq!((p.sharding, p.sequence), (habits.sharding, false));
    assert_eq!((p.order, p.context), (Order::MEGATRON, ContextExchange::Ring));
    assert_eq!(own.precision, Precision { gradients: habits.gradients, ..Precision::BF16 });
    assert_eq!(own.overlap, own.software.overlap);
    assert_eq!(own.constants, own.software.constants(&own.accelerator, Format::Bf16));
    assert_ne!(own.constants, Constants(Vec::new()));
    let batch = Batch { sequences: 64, length: 8192, micro: 1 };
    assert_eq!(own.task, Task::Train(Training { batch, recompute: habits.recompute, frozen: false }));
    let wide = workload(&format!("{SHORT}[workload.parallel]\ntp = 4\n"));
    assert_eq!((wide.parallel.sequence, wide.parallel.dp), (true, 2));
    let old = SHORT.replace("nemo-2024", "megatron-2020").replace("h100", "v100-32");
    let old = workload(&format!("{old}[workload.parallel]\ntp = 4\n"));
    assert_eq!((old.parallel.sequence, old.parallel.sharding), (false, Sharding::None));
    let Task::Train(training) = old.task else { panic!("a training step") };
    assert_eq!(training.recompute, Recompute::Full);
    assert_eq!(
        (old.precision.matrices, old.precision.activations),
        (Format::Fp16, Format::Fp16),
        "no bfloat16"
    );
    let v = workload(&format!("{SHORT}[workload.parallel]\npp = 4\nschedule = \"zb-v\"\n"));
    assert_eq!((v.parallel.vpp, v.parallel.schedule), (2, Schedule::ZeroBubbleV));
}

#[test]
fn parts_may_be_files() {
    let own = workload(
        "model_file = \"tests/errors/workload/support/model.toml\"\n\
         accelerator_file = \"tests/errors/workload/support/accelerator.toml\"\n\
         software_file = \"tests/errors/workload/support/software.toml\"\nbatch = 8\nsequence = 64\n",
    );
    assert_eq!(
        (own.model.name.as_str(), own.accelerator.name.as_str(), own.software.name.as_str()),
        ("model", "accelerator", "software")
    );
    assert_eq!((own.model.mlp.hidden, own.accelerator.peak(Format::Bf16)), (2048, 1e13));
    assert_eq!(own.software.factors, []);
}

/// All small divisions of eight GPUs: exactly those are accepted that a plain list of rules accepts.
#[test]
fn divisions_are_accepted_by_plain_rules() {
    let head = "model = \"mixtral-8x7b\"\naccelerator = \"h100\"\nsoftware = \"nemo-2024\"\nbatch = 8\n\
        sequence = 4096\n[workload.parallel]\n";
    let (mut accepted, mut refused) = (0, 0);
    for (tp, pp, cp) in
        [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 3, 1), (2, 2, 1), (1, 4, 2), (4, 2, 2), (1, 8, 1)]
    {
        for (ep, etp, vpp) in [(1, 1, 1), (2, 1, 1), (1, 1, 2), (4, 2, 1), (8, 1, 2), (3, 1, 1), (1, 3, 5)] {
            for schedule in ["1f1b", "interleaved", "zb-h1", "zb-v", "dualpipe"] {
                let ranks = tp * pp * cp;
                let dp = if 8 % ranks == 0 { 8 / ranks } else { 0 };
                let stages = match schedule {
                    _ if pp == 1 => vpp == 1,
                    "interleaved" => vpp > 1,
                    "zb-h1" => vpp == 1,
                    "zb-v" => vpp == 2,
                    "dualpipe" => vpp == 1 && pp % 2 == 0,
                    _ => true,
                };
                // Mixtral has 32 layers and 8 experts of width 14,336.
                let fits = dp > 0
                    && 8 % ep == 0
                    && 14_336 % etp == 0
                    && (tp * cp * dp) % (ep * etp) == 0
                    && pp * vpp <= 34
                    && stages;
                let text = format!(
                    "{head}tp = {tp}\npp = {pp}\ncp = {cp}\nep = {ep}\netp = {etp}\nvpp = {vpp}\n\
                     schedule = \"{schedule}\"\n"
                );
                let read = load_scenario("-", &options(&scenario_text(&text)));
                assert_eq!(read.is_ok(), fits, "{text}");
                if let Ok(loaded) = read {
                    let parallel = loaded.value.workload.unwrap().parallel;
                    assert_eq!((parallel.dp, parallel.vpp, parallel.ranks()), (dp, vpp, 8));
                    accepted += 1;
                } else {
                    refused += 1;
                }
            }
        }
    }
    assert!(accepted > 30 && refused > 100, "{accepted} accepted, {refused} refused");
}

/// What is told of a text that is read as a file.
fn codes<T>(result: Result<Loaded<T>, LoadError>) -> Vec<&'static str> {
    match result {
        Ok(_) => Vec::new(),
        Err(LoadError::Rejected { diagnostics, .. }) => diagnostics.iter().map(|fault| fault.code).collect(),
        Err(error) => panic!("{error}"),
    }
}

/// Every key that the schemas know is known to the readers, in every table, and a key that is none is not.
#[test]
fn schemas_know_the_same_keys_as_the_readers() {
    type Read = fn(&str) -> Vec<&'static str>;
    let readers: [(&str, serde_json::Value, Read); 4] = [
        ("", model_schema(), |text| codes(load_model("-", &options(text)))),
        ("", accelerator_schema(), |text| codes(load_accelerator("-", &options(text)))),
        ("", software_schema(), |text| codes(load_software("-", &options(text)))),
        ("workload", scenario_schema()["properties"]["workload"].clone(), |text| {
            codes(load_scenario("-", &options(&format!("kind = \"run\"\n{text}"))))
        }),
    ];
    let mut count = 0;
    for (top, schema, read) in readers {
        let mut tables = vec![(top.to_owned(), schema)];
        while let Some((path, table)) = tables.pop() {
            let header = if path.is_empty() { String::new() } else { format!("[{path}]\n") };
            for (key, inner) in table["properties"].as_object().unwrap() {
                // Of attention, one kind has keys that the other has not.
                let latent = inner["description"].as_str().is_some_and(|about| about.starts_with("latent"));
                let kind = if latent { "kind = \"latent\"\n" } else { "" };
                let text = format!("{header}{kind}{key} = {{}}\n");
                assert!(!read(&text).contains(&"E0102"), "`{key}` is unknown: {text}");
                count += 1;
                let one = if inner["anyOf"].is_array() { &inner["anyOf"][0] } else { inner };
                if one["properties"].is_object() {
                    let inside = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    tables.push((inside, one.clone()));
                }
            }
            let text = format!("{header}zebra = {{}}\n");
            assert!(read(&text).contains(&"E0102"), "{text}");
        }
    }
    assert!(count > 5 * SPECS.len(), "{count}");
}
