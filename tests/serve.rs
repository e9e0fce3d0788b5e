//! Inference: what follows from first principles, closed forms against graphs, what must hold for any batch and context, and
//! what is told.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use proptest::prelude::*;

use railspine::report::draw::draw_serve;
use railspine::report::{json, serve as report};
use railspine::result::{ServePhaseResult, ServeResult};
use railspine::run::{Quiet, RunOptions, Scenario, run_serve, run_step};
use railspine::units::Time;
use railspine::workload::{
    Format, Kernels, Pattern, Task, Workload, largest_batch, serve_bound, serve_memory, serve_time,
};

#[path = "support/golden.rs"]
mod golden;
#[path = "support/schema.rs"]
mod schema;
#[path = "serve/served.rs"]
mod served;

use served::{DEEPSEEK, DIVIDED, LLAMA, NETWORK, divided, played, scenario, sent, workload};

fn near(value: f64, wanted: f64) {
    assert!((value - wanted).abs() <= 1e-9 * wanted.abs(), "{value} for {wanted}");
}

/// 80 layers of 2 x 64 + 2 x 8 heads of 128 by 8192 and three matrices of 28672, a head of 128256, all in 16 bits; a token
/// keeps 2 x 8 heads of 128 in each layer.
#[test]
fn a_step_of_llama_reads_its_weights_and_its_cache() {
    let own = workload(1, LLAMA);
    let decode = own.decode(1, NETWORK).unwrap();
    let layer = 8192.0 * 128.0 * (2.0 * 64.0 + 2.0 * 8.0) + 3.0 * 8192.0 * 28672.0 + 2.0 * 8192.0;
    let weights = (80.0 * layer + 128_256.0 * 8192.0) * 2.0 / 8.0;
    let token = 2.0 * 8.0 * 128.0 * 2.0 / 8.0;
    near(decode.cache_of_token(), token);
    let bound = serve_bound(&decode);
    assert_eq!(bound.by(), "memory");
    near(bound.seconds(), (weights + 80.0 * token * 2100.0) / 3.35e12);
    let (time, least) = (serve_time(&decode).total(), 141e9 / 8.0 / 3.35e12);
    assert!(time > least && time < 3.0 * least, "{time} for {least}");
    // What is kept: embedding too, and both of a sequence's ends.
    let kept = serve_memory(&own.prefill(NETWORK).unwrap(), &decode);
    near(kept.weights, weights + 128_256.0 * 8192.0 * 2.0 / 8.0);
    near(kept.cache, 80.0 * token * 2200.0);
    let prefill = serve_bound(&own.prefill(NETWORK).unwrap());
    assert_eq!(prefill.by(), "compute");
    // A token meets each weight of a layer once: two operations; its core sees half of the prompt and itself; one token
    // has a head.
    let products = 2.0 * (layer - 2.0 * 8192.0) * 80.0 * 2000.0 + 2.0 * 128_256.0 * 8192.0;
    let core = 80.0 * 2000.0 * 4.0 * 64.0 * 128.0 * 1000.5;
    near(prefill.seconds(), (products + core) / 8.0 / 989e12);
}

#[test]
fn layers_send_what_they_must() {
    let own = workload(1, LLAMA);
    // Two all-reduces a layer and one of the embedding, of a token's hidden state; logits are gathered.
    let wanted = |tokens: f64, made: f64| {
        vec![
            ("tensor", Pattern::AllReduce, tokens * 8192.0 * 2.0, 161.0),
            ("tensor", Pattern::AllGather, made * 128_256.0 * 2.0, 1.0),
        ]
    };
    assert_eq!(sent(&own.decode(64, NETWORK).unwrap()), wanted(64.0, 64.0));
    assert_eq!(sent(&own.prefill(NETWORK).unwrap()), wanted(2000.0, 1.0));
    // 58 layers send each token to eight experts, in 8 bits there and 16 back.
    let own = workload(4, DEEPSEEK);
    let bytes = 32.0 * 8.0 * 7168.0;
    let wanted =
        vec![("experts", Pattern::AllToAll, bytes, 58.0), ("experts", Pattern::AllToAll, bytes * 2.0, 58.0)];
    assert_eq!(sent(&own.decode(1024, NETWORK).unwrap()), wanted);
}

#[test]
fn keys_and_values_are_kept_as_attention_needs_them() {
    // 16 ranks for 8 heads: each has one, which another has too.
    let wide = workload(2, &LLAMA.replace("tp = 8", "tp = 16"));
    let decode = wide.decode(1, NETWORK).unwrap();
    near(decode.cache_of_token(), 2.0 * 128.0 * 2.0);
    let prefill = wide.prefill(NETWORK).unwrap();
    // Half a head of keys and one of values more than a sixteenth.
    let exact = wide.model.params() as f64 / 16.0 + 80.0 * 2.0 * 8192.0 * 128.0 * 0.5;
    near(serve_memory(&prefill, &decode).weights, exact * 2.0);
    // A latent is for all heads: tensor parallelism does not divide it.
    let latent = |tp: &str| workload(4, &DEEPSEEK.replace("ep = 32", &format!("ep = 32\ntp = {tp}")));
    for tp in ["1", "8"] {
        near(latent(tp).decode(32, NETWORK).unwrap().cache_of_token(), (512.0 + 64.0) * 2.0);
    }
    let narrow = workload(1, &LLAMA.replace("batch", "kv_cache = \"fp8\"\nbatch"));
    near(narrow.decode(1, NETWORK).unwrap().cache_of_token(), 2.0 * 128.0);
    // Every second of 36 layers sees 128 tokens only.
    let text = "model = \"gpt-oss-120b\"\nsoftware = \"nemo-2025\"\nprompt = 1000\noutput = 24\nbatch = 8\n";
    let own = workload(1, text);
    let decode = own.decode(8, NETWORK).unwrap();
    let kept = serve_memory(&own.prefill(NETWORK).unwrap(), &decode);
    near(kept.cache, 2.0 * 8.0 * 64.0 * 2.0 * 18.0 * (1024.0 + 128.0));
}

#[test]
fn narrow_weights_are_read_as_they_are_kept() {
    let bound = |precision: &str| {
        let text = LLAMA.replace(
            "[workload.parallel]",
            &format!("[workload.precision]\n{precision}\n[workload.parallel]"),
        );
        let own = workload(1, &text);
        let decode = own.decode(1, NETWORK).unwrap();
        (serve_bound(&decode).memory, serve_time(&decode).products, own.precision.weights)
    };
    let (wide, slow, format) = bound("");
    assert_eq!(format, Format::Bf16);
    let (narrow, fast, format) = bound("matrices = \"fp8\"");
    assert_eq!(format, Format::Fp8, "weights are kept as products want them");
    // All but the head and the cache.
    assert!(narrow < 0.52 * wide && narrow > 0.5 * wide, "{narrow} for {wide}");
    assert!(fast < 0.55 * slow && fast > 0.4 * slow, "{fast} for {slow}");
    let (only, same, _) = bound("weights = \"fp8\"");
    near(only, narrow);
    // Multiplied in 16 bits, they are read no slower than multiplied in 8.
    assert!(0.98 * fast < same && same <= slow, "{same} for {fast} and {slow}");
    let (kept, _, format) = bound("matrices = \"fp8\"\nweights = \"bf16\"");
    assert_eq!(format, Format::Bf16);
    near(kept, wide);
}

/// A cut along the depth helps where there are few tiles, and nothing beats reading the weights.
#[test]
fn products_of_few_rows_are_cut_along_their_depth() {
    let own = workload(1, LLAMA);
    let kernels = Kernels::new(&own.accelerator, &own.constants, Format::Bf16, Format::Bf16);
    for (m, n, k) in [(1.0, 1280.0, 8192.0), (64.0, 8192.0, 3584.0), (2000.0, 7168.0, 8192.0)] {
        let (cut, whole) = (kernels.product_of_kept(2.0, m, n, k, 1.0), kernels.product(m, n, k, 1.0));
        let least = (2.0 * (m * k + k * n + m * n) / kernels.memory).max(2.0 * m * n * k / kernels.products);
        assert!(least <= cut && cut <= whole, "{least}, {cut}, {whole}");
    }
    let few = |deep: f64| kernels.product_of_kept(2.0, 64.0, 256.0, deep, 1.0);
    assert!(few(65_536.0) < 0.9 * kernels.product(64.0, 256.0, 65_536.0, 1.0), "one tile is no work for 132");
}

#[test]
fn graphs_take_as_long_as_closed_forms_say() {
    for (at, how) in DIVIDED.iter().enumerate() {
        let own = divided(at, 3000, 100);
        let dp = own.parallel.dp;
        for served in [own.prefill(NETWORK), own.decode(dp, NETWORK), own.decode(13 * dp, NETWORK)] {
            let served = served.unwrap();
            let (time, count) = played(&served);
            let closed = serve_time(&served).total();
            // Each task is rounded to a picosecond.
            let rounding = count as f64 * 0.5e-12 + 1e-12;
            assert!((time - closed).abs() <= rounding, "{how:?} {:?}: {time} for {closed}", served.phase);
        }
    }
}

#[test]
fn a_pipeline_waits_for_its_slowest_stage() {
    // 32 layers in four stages of seven and one of four, which has the head, too.
    let own = workload(
        5,
        "model = \"llama3-8b\"\nsoftware = \"nemo-2025\"\nprompt = 100\noutput = 10\nbatch = 40\n\
         [workload.parallel]\ntp = 8\npp = 5\n",
    );
    let one = own.decode(1, NETWORK).unwrap();
    assert_eq!((one.groups, serve_time(&one).bubble), (1, 0.0), "there is nobody to wait for");
    let five = own.decode(40, NETWORK).unwrap();
    assert_eq!((five.groups, five.step.batch.micro), (5, 8));
    let time = serve_time(&five);
    assert!(time.bubble > 0.0 && time.bubble < 0.5 * time.total(), "{time:?}");
    // Messages between two stages and back to the first.
    let sends: Vec<f64> =
        sent(&five).into_iter().filter(|one| one.1 == Pattern::Send).map(|one| one.2).collect();
    assert_eq!(sends, [8.0 * 4096.0 * 2.0 / 8.0, 8.0 * 4.0]);
    let (played, count) = played(&five);
    assert!((played - time.total()).abs() <= count as f64 * 0.5e-12, "{played} for {time:?}");
}

#[test]
fn the_host_is_waited_for_without_graphs() {
    let told = |software: &str| {
        let own = workload(1, &LLAMA.replace("nemo-2025", software));
        serve_time(&own.decode(1, NETWORK).unwrap()).host
    };
    near(told("nemo-2025"), 0.0);
    assert!(told("torchtitan") > 0.0);
}

#[test]
fn the_largest_batch_fits_and_one_more_does_not() {
    for at in [0, 3, 7] {
        let own = divided(at, 3000, 100);
        let prefill = own.prefill(NETWORK).unwrap();
        let largest = largest_batch(&prefill, |batch| own.decode(batch, NETWORK));
        let total = |batch: u32| serve_memory(&prefill, &own.decode(batch, NETWORK).unwrap()).total();
        let dp = own.parallel.dp;
        assert!(largest > 0 && largest.is_multiple_of(dp), "{largest}");
        assert!(total(largest) <= own.accelerator.memory && total(largest + dp) > own.accelerator.memory);
    }
    let large = workload(1, &LLAMA.replace("llama3-70b", "llama3-405b"));
    let prefill = large.prefill(NETWORK).unwrap();
    assert_eq!(
        largest_batch(&prefill, |batch| large.decode(batch, NETWORK)),
        0,
        "405 billion in 16 bits do not fit"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn more_at_once_is_slower_for_each_and_faster_for_all(
        at in 0..DIVIDED.len(), each in 1..400u32, prompt in 1..20_000u32, output in 2..2000u32, more in 1..20_000u32,
    ) {
        let own = divided(at, prompt, output);
        let dp = own.parallel.dp;
        // Groups of a pipeline are as large as one another, so that no batch has a place to spare.
        let each = each.next_multiple_of(own.parallel.pp);
        let time = |own: &Workload, batch| serve_time(&own.decode(batch, NETWORK).unwrap()).total();
        let (one, two) = (time(&own, each * dp), time(&own, 2 * each * dp));
        prop_assert!(one <= two * (1.0 + 1e-12), "{one} and {two}");
        prop_assert!(2.0 * one >= two * (1.0 - 1e-12), "{one} and {two}");
        let longer = divided(at, prompt + more, output);
        prop_assert!(one <= time(&longer, each * dp) * (1.0 + 1e-12));
        for served in [own.prefill(NETWORK), own.decode(each * dp, NETWORK)] {
            let served = served.unwrap();
            prop_assert!(serve_bound(&served).seconds() <= serve_time(&served).total());
        }
    }
}

fn told(scenario: &Scenario, threads: usize) -> ServeResult {
    let options = RunOptions { threads: Some(threads), ..RunOptions::default() };
    run_serve(scenario, &options, &Quiet).unwrap().unwrap()
}

fn sums(phase: &ServePhaseResult) {
    assert_eq!(phase.breakdown.iter().map(|part| part.time_ps).sum::<u64>(), phase.time_ps);
    assert!(phase.bound_ps > 0 && phase.bound_ps <= phase.time_ps, "{phase:?}");
    assert!((0.0..=100.0).contains(&phase.communication_percent));
    for one in &phase.collectives {
        assert!(one.latency_ps <= one.time_ps && one.count > 0.0, "{one:?}");
    }
}

#[test]
fn what_is_told_adds_up() {
    let pipeline = "model = \"llama3-70b\"\nsoftware = \"nemo-2025\"\nprompt = 500\noutput = 20\nbatch = [2, 32]\n\
        prefill_batch = 4\n[workload.parallel]\ntp = 4\npp = 2\n";
    let beside = format!("{DEEPSEEK}tp = 2\npp = 2\n[workload.overlap]\nexperts = true\ntensor = true\n")
        .replace("ep = 32", "ep = 8");
    for (servers, text) in [(1, LLAMA), (4, DEEPSEEK), (2, pipeline), (4, &beside)] {
        let played = scenario(servers, text);
        assert!(played.infers() && run_step(&played, &RunOptions::default(), &Quiet).unwrap().is_none());
        let mut closed = played.clone();
        closed.engines = vec![railspine::engine::EngineKind::Analytic];
        for (scenario, engine) in [(&played, "fluid"), (&closed, "analytic")] {
            let result = told(scenario, 1);
            assert_eq!(result.engine, engine);
            sums(&result.prefill);
            assert_eq!(result.ttft_ps, result.prefill.time_ps);
            let further = u64::from(result.workload.output - 1);
            for point in &result.points {
                sums(&point.decode);
                assert_eq!(point.tpot_ps, point.decode.time_ps);
                assert_eq!(point.request_ps, result.ttft_ps + further * point.tpot_ps);
                let dp = f64::from(result.workload.dp);
                near(point.tokens_per_s, f64::from(point.batch) / Time::from_ps(point.tpot_ps).as_secs());
                near(point.tokens_per_s_per_replica * dp, point.tokens_per_s);
                near(point.tokens_per_s_per_gpu * f64::from(result.fabric.gpus), point.tokens_per_s);
                assert!(point.tokens_per_s_with_prefill < point.tokens_per_s);
                assert_eq!(
                    point
                        .memory
                        .parts
                        .iter()
                        .map(|part| part.bytes)
                        .sum::<u64>()
                        .abs_diff(point.memory.total)
                        / 4,
                    0
                );
                assert_eq!(point.memory.fits, point.batch <= result.largest_batch);
                assert_eq!(point.memory.fits, point.memory.missing == 0);
                assert!(point.decode.per_token_j > 0.0);
            }
            let text = json::serve(&result);
            assert!(json::is_serve(&text));
            assert_eq!(json::read_serve(&text).unwrap(), result, "JSON and back");
            schema::check(&json::serve_schema(), &text);
            assert_eq!(json::serve(&told(scenario, 2)), text, "threads change nothing");
        }
    }
}

#[test]
fn what_runs_beside_computation_is_not_waited_for() {
    let hidden = format!("{DEEPSEEK}[workload.overlap]\nexperts = true\n");
    let [open, hidden] = [DEEPSEEK, &hidden].map(|text| told(&scenario(4, text), 1));
    let of = |result: &ServeResult, name: &str| {
        let parts = &result.points[1].decode.breakdown;
        parts.iter().find(|part| part.part == name).map_or(0, |part| part.time_ps)
    };
    assert_eq!(of(&open, "slowdown"), 0);
    assert!(of(&hidden, "experts") < of(&open, "experts"));
    assert!(of(&hidden, "slowdown") > 0, "what runs beside takes a part of the accelerator");
    assert!(hidden.points[1].tpot_ps < open.points[1].tpot_ps);
}

/// A collective of a token is launch and latency, and the library of an accelerator takes much longer than its links.
#[test]
fn small_collectives_are_latency() {
    let with = scenario(1, LLAMA);
    let without = Scenario { stack: None, ..with.clone() };
    let (with, without) = (told(&with, 1), told(&without, 1));
    let first = |result: &ServeResult| result.points[0].decode.collectives[0].clone();
    let (own, bare) = (first(&with), first(&without));
    assert_eq!((own.op.as_str(), own.bytes, own.count), ("all-reduce", 16384, 161.0));
    assert!(own.latency_ps * 2 > own.time_ps, "{own:?}");
    assert!(own.time_ps > 3 * bare.time_ps, "{own:?} and {bare:?}");
    let share = with.points[0].decode.communication_percent;
    near(
        share,
        100.0
            * with.points[0]
                .decode
                .breakdown
                .iter()
                .filter(|part| part.part == "tensor")
                .map(|part| part.time_ps as f64)
                .sum::<f64>()
            / with.points[0].tpot_ps as f64,
    );
    assert!((10.0..50.0).contains(&share), "{share}");
}

#[test]
fn the_format_of_a_task_is_named() {
    let own = workload(1, LLAMA);
    assert_eq!(own.task.name(), "inference");
    let Task::Infer(serving) = &own.task else { panic!("{:?}", own.task) };
    assert_eq!((serving.batches.as_slice(), serving.prefill, serving.cache), (&[1, 64][..], 1, Format::Bf16));
    assert!(own.step(NETWORK).is_none());
    let ranged = workload(1, &LLAMA.replace("[1, 64]", "{ from = 3, to = 30, factor = 3 }"));
    let Task::Infer(serving) = &ranged.task else { panic!("{:?}", ranged.task) };
    assert_eq!(serving.batches, [3, 9, 27]);
    // Experts are divided as the rest of their layer unless told.
    let mixed = |parallel: &str| {
        let text = format!(
            "model = \"mixtral-8x7b\"\nsoftware = \"nemo-2025\"\nprompt = 9\noutput = 9\nbatch = 8\n[workload.parallel]\n{parallel}\n"
        );
        let parallel = workload(1, &text).parallel;
        (parallel.ep, parallel.etp)
    };
    assert_eq!(mixed("tp = 8"), (1, 8));
    assert_eq!(mixed("tp = 8\nep = 8"), (8, 1));
    assert_eq!(mixed("tp = 8\nep = 4\netp = 2"), (4, 2));
}

#[test]
fn tables_and_lines_are_as_they_were() {
    for (name, servers, text) in [("llama", 1, LLAMA), ("deepseek", 4, DEEPSEEK)] {
        let result = told(&scenario(servers, text), 2);
        golden::check(format!("tests/serve/{name}.txt"), &report::table(&result, None));
        golden::check(format!("tests/serve/{name}.csv"), &report::lines(&result));
    }
    // The columns are told.
    let page = std::fs::read_to_string("docs/columns.md").unwrap();
    let (_, section) = page.split_once("\n## `serve.csv`\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let columns = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let lines = std::fs::read_to_string("tests/serve/llama.csv").unwrap();
    assert_eq!(columns.collect::<Vec<_>>(), lines.lines().next().unwrap().split(',').collect::<Vec<_>>());
}

#[test]
fn charts_show_phases_and_batches() {
    let result = told(&scenario(4, &DEEPSEEK.replace("[32, 1024]", "[32, 1024, 16384]")), 1);
    let pictures = draw_serve(&result).unwrap();
    assert_eq!(pictures, draw_serve(&result).unwrap());
    let names: Vec<&str> = pictures.iter().map(|picture| picture.name.as_str()).collect();
    assert_eq!(names, ["phases", "throughput"]);
    for text in
        ["prefill, 4,000 tokens", "decode, batch 1,024", "products", "experts", "prompt 4000, output 1000"]
    {
        assert!(pictures[0].svg.contains(text), "{text}");
    }
    for text in ["batch 32", "1,024", "hollow: does not fit into memory", "Time per output token (ms)"] {
        assert!(pictures[1].svg.contains(text), "{text}");
    }
    let one = ServeResult { points: result.points[..1].to_vec(), ..result };
    assert_eq!(draw_serve(&one).unwrap().len(), 1, "one batch is no curve");
}
