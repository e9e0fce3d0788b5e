//! The worked examples that the model of steps comes with: Llama-3 405B on 16,384 H100 (Llama Team 2024,
//! arXiv:2407.21783, table 4: TP8 PP16 DP128) and GPT-3 175B on 10,752 H100 (MLPerf Training v3.1, NVIDIA's largest entry:
//! TP4 PP8 VPP12 DP336). Each quantity is followed to the digits that were worked out by hand from the formulas of
//! Narayanan et al. 2021 and Korthikanti et al. 2022.

use railspine::input::workload;
use railspine::workload::{
    Accelerator, Batch, Block, Constants, Counted, Direction, Format, Groups, Habits, LayerKind, Model,
    Network, Overlap, Parallel, Pattern, Precision, Purpose, Recompute, Sharding, Step, Tier, graph, memory,
    uses,
};

/// Digits after rounding to so many places.
fn digits(value: f64, places: usize) -> String {
    format!("{value:.places$}")
}

struct Example {
    model: Model,
    accelerator: Accelerator,
    constants: Constants,
    parallel: Parallel,
    sequences: u32,
    length: u32,
}

impl Example {
    fn new(model: &str, parallel: Parallel, sequences: u32, length: u32) -> Self {
        let mut model = workload::model(model).unwrap();
        // GPT-3's example pads the vocabulary as Megatron-LM does for eight tensor-parallel ranks.
        if model.name == "gpt3-175b" {
            model.vocabulary = 51_200;
        }
        let accelerator = workload::accelerator("h100").unwrap();
        Self { model, accelerator, constants: Constants::default(), parallel, sequences, length }
    }

    fn step(&self) -> Step<'_> {
        let tier = Tier { bandwidth: 4.5e11, latency: 0.0, launch: 0.0 };
        Step {
            model: &self.model,
            accelerator: &self.accelerator,
            constants: &self.constants,
            habits: Habits {
                fused_attention: true,
                graphs: true,
                sequence: true,
                recompute: Recompute::None,
                gradients: Format::Fp32,
                sharding: Sharding::Optimizer,
            },
            batch: Batch { sequences: self.sequences, length: self.length, micro: 1 },
            parallel: self.parallel,
            precision: Precision::BF16,
            recompute: Recompute::None,
            overlap: Overlap { tensor: false, data: true, pipeline: true, experts: false },
            frozen: false,
            network: Network { scaleup: tier, scaleout: tier, domain: 8 },
        }
    }
}

fn llama() -> Example {
    let parallel = Parallel {
        tp: 8,
        sequence: true,
        pp: 16,
        vpp: 8,
        dp: 128,
        sharding: Sharding::Optimizer,
        ..Parallel::ONE
    };
    Example::new("llama3-405b", parallel, 2048, 8192)
}

fn gpt3() -> Example {
    let parallel = Parallel {
        tp: 4,
        sequence: true,
        pp: 8,
        vpp: 12,
        dp: 336,
        sharding: Sharding::Optimizer,
        ..Parallel::ONE
    };
    Example::new("gpt3-175b", parallel, 2688, 2048)
}

#[test]
fn parameters() {
    for (example, layer, total) in [(llama(), "3187.7", "405.85"), (gpt3(), "1812.0", "175.2")] {
        let model = &example.model;
        assert_eq!(digits(model.layer_params(LayerKind::Dense) as f64 / 1e6, 1), layer, "{}", model.name);
        let places = total.split('.').nth(1).unwrap().len();
        assert_eq!(digits(model.params() as f64 / 1e9, places), total, "{}", model.name);
    }
}

#[test]
fn operations_of_a_token() {
    let cases = [(llama(), "6375.3", "268.5", "4202.7"), (gpt3(), "3623.9", "50.4", "1258.3")];
    for (example, products, core, head) in cases {
        let model = &example.model;
        let context = model.mean_context(f64::from(example.length), true, Counted::Causal);
        let found = model.projection_flops() + model.feed_forward_flops(LayerKind::Dense);
        assert_eq!(digits(found / 1e6, 1), products);
        assert_eq!(digits(model.core_flops(context) / 1e6, 1), core);
        assert_eq!(digits(model.head_flops() / 1e6, 1), head);
    }
}

#[test]
fn operations_of_a_step() {
    for (example, tokens, all, each) in
        [(llama(), "16.777", "4.2345", "2584.5"), (gpt3(), "5.505", "0.5846", "543.7")]
    {
        let step = example.step();
        let count = f64::from(step.batch.sequences) * f64::from(step.batch.length);
        assert_eq!(digits(count / 1e6, 3), tokens);
        let flops = count * example.model.flops(example.length, Counted::Causal).training();
        assert_eq!(digits(flops / 1e19, 4), all);
        let ranks = step.parallel.ranks() as f64;
        let places = each.split('.').nth(1).map_or(0, str::len);
        assert_eq!(digits(flops / ranks / 1e12, places), each);
    }
}

#[test]
fn pipelines() {
    for (example, micro, layers, bubble) in [(llama(), 16, 8.0, "11.7"), (gpt3(), 8, 12.0, "7.3")] {
        let step = example.step();
        assert_eq!(step.micro_batches(), micro);
        let Parallel { pp, vpp, .. } = step.parallel;
        assert_eq!((f64::from(example.model.layers) / f64::from(pp)).ceil(), layers);
        let share = f64::from(pp - 1) / f64::from(vpp * micro);
        assert_eq!(digits(share * 100.0, 1), bubble);
    }
}

#[test]
fn state_of_training() {
    let cases = [
        (llama(), 8.0, ["3.188", "6.38", "12.75", "0.30"]),
        (gpt3(), 12.0, ["5.436", "10.87", "21.74", "0.19"]),
    ];
    for (example, layers, [params, weights, gradients, state]) in cases {
        let step = example.step();
        let held = step.held(layers).layers;
        assert_eq!(digits(held / 1e9, 3), params);
        assert_eq!(digits(held * step.precision.weights.bytes() / 1e9, 2), weights);
        assert_eq!(digits(held * step.precision.gradients.bytes() / 1e9, 2), gradients);
        assert_eq!(digits(held * 12.0 / f64::from(step.parallel.replicas()) / 1e9, 2), state);
    }
}

#[test]
fn activations() {
    for (example, layer, peak) in [(llama(), "532.7", "68.2"), (gpt3(), "201.3", "19.3")] {
        let step = example.step();
        assert_eq!(digits(step.kept_by_layer() / 1e6, 1), layer);
        assert_eq!(digits(memory(&step).activations / 1e9, 1), peak);
    }
}

#[test]
fn tensor_parallel_messages() {
    for (example, size, sent, all, layers) in
        [(llama(), "268.4", "234.9", "300.6", 8.0), (gpt3(), "50.3", "37.7", "36.2", 12.0)]
    {
        let step = example.step();
        let mut count = 0.0;
        for block in [Block::Attention, Block::FeedForward] {
            for direction in [Direction::Forward, Direction::Backward] {
                for one in uses(&step, block, LayerKind::Dense, direction).iter().flatten() {
                    assert_eq!(one.purpose, Purpose::Tensor);
                    assert_eq!(digits(one.bytes / 1e6, 1), size);
                    count += 1.0;
                }
            }
        }
        assert_eq!(count, 10.0, "collectives of a layer and a micro-batch");
        let tp = f64::from(step.parallel.tp);
        let each = step.tokens() * f64::from(example.model.hidden) * 2.0 * (tp - 1.0) / tp;
        assert_eq!(digits(each / 1e6, 1), sent);
        let times = count * layers * f64::from(step.micro_batches());
        assert_eq!(digits(each * times / 1e9, 1), all);
    }
}

#[test]
fn messages_between_stages_and_among_replicas() {
    let cases = [
        (llama(), "33.55", 256, "8.59", [("12.75", "6.38"), ("", "")], 128),
        (gpt3(), "12.58", 192, "2.42", [("21.74", "10.87"), ("", "")], 336),
    ];
    for (example, size, sends, all, data, ranks) in cases {
        let step = example.step();
        let made = graph(&step).unwrap();
        let class = made.classes.iter().position(|class| class.pattern == Pattern::Send).unwrap();
        assert_eq!(digits(made.classes[class].bytes / 1e6, 2), size);
        // A rank in between sends activations on and gradients back.
        let of = |lane: u32, class: usize| {
            let is = |work: &railspine::workload::Work| matches!(work, railspine::workload::Work::Collective { class: own, .. } if *own as usize == class);
            made.tasks.iter().filter(|task| task.lane == lane && is(&task.work)).count()
        };
        let sent = of(step.parallel.pp / 2, class);
        assert_eq!(sent, sends);
        assert_eq!(digits(made.classes[class].bytes * sent as f64 / 1e9, 2), all);
        let total = |pattern: Pattern| -> f64 {
            let classes = made.classes.iter().enumerate();
            classes
                .filter(|(_, class)| class.purpose == Purpose::Data && class.pattern == pattern)
                .map(|(at, class)| of(step.parallel.pp / 2, at) as f64 * class.bytes)
                .sum()
        };
        assert_eq!(digits(total(Pattern::ReduceScatter) / 1e9, 2), data[0].0);
        assert_eq!(digits(total(Pattern::AllGather) / 1e9, 2), data[0].1);
        assert_eq!(Groups::new(&step).data.ranks, ranks);
    }
}

#[test]
fn published_operations_of_training() {
    // Llama-3 405B at 8,192 tokens, GPT-3 175B at 2,048: causal and full. DeepSeek-V3 at 4,096: "250 GFLOP a token" in its
    // report without the module for further tokens, and with it.
    let of = |model: &str, length: u32, counted| {
        let mut model = workload::model(model).unwrap();
        if model.name == "gpt3-175b" {
            model.vocabulary = 51_200;
        }
        model.flops(length, counted).training()
    };
    assert_eq!(digits(of("llama3-405b", 8192, Counted::Causal) / 1e12, 4), "2.5240");
    assert_eq!(digits(of("llama3-405b", 8192, Counted::Full) / 1e12, 4), "2.6254");
    assert_eq!(digits(of("gpt3-175b", 2048, Counted::Causal) / 1e12, 4), "1.0620");
    assert_eq!(digits(of("gpt3-175b", 2048, Counted::Full) / 1e12, 4), "1.0764");
    // The half token of context that a token sees of itself makes 250.45 of it, and 250.46 with it.
    assert_eq!(digits(of("deepseek-v3", 2048, Counted::Full) / 1e9, 2), "250.45");
    assert_eq!(digits(of("deepseek-v3", 4096, Counted::Causal) / 1e9, 2), "250.46");
    assert_eq!(digits(of("deepseek-v3-mtp", 4096, Counted::Causal) / 1e9, 1), "260.6");
    assert_eq!(digits(of("deepseek-v3", 4096, Counted::Full) / 1e9, 1), "281.2");
}

#[test]
fn kernels_of_a_layer() {
    // At the rates that the examples assume: products 0.70 x 989 TFLOP/s, attention 0.55 x 989, 0.8 x 3.35 TB/s.
    let llama = llama();
    let step = llama.step();
    let model = &llama.model;
    let tokens = step.tokens() / f64::from(step.parallel.tp);
    let products =
        tokens * (model.projection_flops() + model.feed_forward_flops(LayerKind::Dense)) / (0.70 * 989e12);
    assert_eq!(digits(products * 1e3, 2), "9.43");
    let context = model.mean_context(8192.0, true, Counted::Causal);
    assert_eq!(digits(tokens * model.core_flops(context) / (0.55 * 989e12) * 1e3, 2), "0.51");
    // What only moves data is the model's own, with the bandwidth that the example assumes.
    let mut assumed = llama.step();
    let mut constants = Constants::default();
    constants.set(railspine::workload::Constant::MEMORY, 0.8);
    assumed.constants = &constants;
    let site = railspine::workload::Site::new(&assumed);
    let time = railspine::workload::layer_time(&assumed, &site, LayerKind::Dense, true);
    assert_eq!(digits(time.forward.moved * 1e3, 2), "0.27");
}
