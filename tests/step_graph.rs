//! A step's graph of tasks against its closed form: equal where nothing is hidden, close where the closed form estimates.

use proptest::prelude::*;
use railspine::engine::{Silent, tasks};
use railspine::input::workload;
use railspine::units::Time;
use railspine::workload::{
    Accelerator, Batch, Constant, Constants, Format, Habits, Model, Network, Overlap, Parallel, Precision,
    Recompute, Schedule, Sharding, Step, Tier, Work, closed_costs, graph, step_time,
};

struct Case {
    model: Model,
    accelerator: Accelerator,
    constants: Constants,
    parallel: Parallel,
    batch: Batch,
    recompute: Recompute,
    overlap: Overlap,
    graphs: bool,
}

impl Case {
    fn new(model: &str, parallel: Parallel, batch: Batch) -> Self {
        let mut constants = Constants::default();
        // What is not a matter of time of tasks.
        for constant in
            [Constant::STRAGGLE, Constant::STEP, Constant::PRESSURE, Constant::SHARED, Constant::SLOWDOWN]
        {
            constants.set(constant, 0.0);
        }
        Self {
            model: workload::model(model).unwrap(),
            accelerator: workload::accelerator("h100").unwrap(),
            constants,
            parallel,
            batch,
            recompute: Recompute::None,
            overlap: Overlap::NONE,
            graphs: true,
        }
    }

    fn step(&self) -> Step<'_> {
        Step {
            model: &self.model,
            accelerator: &self.accelerator,
            constants: &self.constants,
            habits: Habits {
                fused_attention: true,
                graphs: self.graphs,
                sequence: true,
                recompute: self.recompute,
                gradients: Format::Fp32,
                sharding: self.parallel.sharding,
            },
            batch: self.batch,
            parallel: self.parallel,
            precision: Precision::BF16,
            recompute: self.recompute,
            overlap: self.overlap,
            frozen: false,
            network: Network {
                scaleup: Tier { bandwidth: 4.2e11, latency: 2e-6, launch: 1e-5 },
                scaleout: Tier { bandwidth: 4.9e10, latency: 6e-6, launch: 1.5e-5 },
                domain: 8,
            },
        }
    }

    /// Seconds by the closed form, and by the graph with the same collectives.
    fn both(&self) -> (f64, f64) {
        let step = self.step();
        (step_time(&step).total(), self.play().0)
    }

    fn play(&self) -> (f64, usize) {
        let step = self.step();
        let made = graph(&step).unwrap();
        let job = made.job(0, &closed_costs(&step, &made)).unwrap();
        let outcome = tasks::run(&job, &mut Silent);
        assert!(!outcome.cancelled);
        (outcome.makespan.as_secs(), made.tasks.len())
    }
}

const fn batch(sequences: u32, length: u32) -> Batch {
    Batch { sequences, length, micro: 1 }
}

/// Equal but for the half picosecond by which each task is rounded.
fn assert_equal(case: &Case, what: &str) {
    let (closed, played) = case.both();
    let tasks = case.play().1;
    let rounding = tasks as f64 * 1e-12;
    assert!((closed - played).abs() <= rounding, "{what}: closed {closed}, played {played}");
}

#[test]
fn one_pipeline_rank_without_overlap_is_the_closed_form() {
    for (tp, sharding, recompute) in [
        (1, Sharding::None, Recompute::None),
        (2, Sharding::None, Recompute::Full),
        (8, Sharding::None, Recompute::Selective),
        (8, Sharding::None, Recompute::Full),
    ] {
        for sequence in [false, true] {
            let parallel = Parallel { tp, sequence: sequence && tp > 1, sharding, ..Parallel::ONE };
            let mut case = Case::new("llama3-8b", parallel, batch(4, 8192));
            case.recompute = recompute;
            assert_equal(&case, &format!("tp {tp} {recompute:?} {sequence}"));
            case.graphs = false;
            case.constants.set(Constant::KERNEL, 1e-4);
            assert_equal(&case, "and where the host is slow");
        }
    }
}

#[test]
fn experts_and_parts_of_sequences_without_overlap_are_the_closed_form() {
    let parallel = Parallel { dp: 8, ep: 8, ..Parallel::ONE };
    // Gradients are sent layer by layer, each with its own latency; the closed form sends them at once.
    let mut case = Case::new("qwen3-30b-a3b", parallel, batch(16, 4096));
    case.parallel.dp = 8;
    let (closed, played) = case.both();
    let layers = 48.0 * 3.0 * 2.0;
    assert!((played - closed).abs() < layers * 1e-4 + 1e-6, "closed {closed}, played {played}");
    let parallel = Parallel { cp: 4, ..Parallel::ONE };
    let case = Case::new("llama3-8b", parallel, batch(2, 32_768));
    let (closed, played) = case.both();
    assert!((played / closed - 1.0).abs() < 0.01, "closed {closed}, played {played}");
}

#[test]
fn pipelines_are_near_the_closed_form() {
    for (schedule, vpp, near) in [
        (Schedule::OneForwardOneBackward, 1, 0.04),
        (Schedule::OneForwardOneBackward, 5, 0.04),
        (Schedule::ZeroBubble, 1, 0.06),
        (Schedule::ZeroBubbleV, 2, 0.08),
        (Schedule::DualPipe, 1, 0.08),
    ] {
        let parallel = Parallel { tp: 4, sequence: true, pp: 4, vpp, schedule, ..Parallel::ONE };
        let mut case = Case::new("llama3-70b", parallel, batch(32, 8192));
        case.overlap.pipeline = true;
        let (closed, played) = case.both();
        assert!((played / closed - 1.0).abs() < near, "{schedule:?} {vpp}: closed {closed}, played {played}");
    }
}

#[test]
fn overlap_hides_and_slows() {
    let parallel =
        Parallel { tp: 2, sequence: true, dp: 16, sharding: Sharding::Parameters, ..Parallel::ONE };
    let mut case = Case::new("llama3-8b", parallel, batch(16, 8192));
    let (_, bare) = case.both();
    case.overlap.data = true;
    case.constants.set(Constant::SLOWDOWN, 0.15);
    let (closed, hidden) = case.both();
    assert!(hidden < bare, "hidden {hidden}, bare {bare}");
    assert!((hidden / closed - 1.0).abs() < 0.25, "closed {closed}, played {hidden}");
    case.constants.set(Constant::SLOWDOWN, 0.5);
    let (_, slowed) = case.both();
    assert!(slowed > hidden, "slowed {slowed}, hidden {hidden}");
    case.constants.set(Constant::SLOWDOWN, 0.0);
    let (_, free) = case.both();
    assert!(free <= hidden);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Any division: the graph runs to its end, computes no less than its busiest rank has to, and stays near the closed
    /// form.
    #[test]
    fn any_division_runs(
        model in prop::sample::select(vec!["llama3-8b", "qwen3-30b-a3b", "llama3-70b", "gpt-oss-120b"]),
        tp in prop::sample::select(vec![1u32, 2, 4]),
        pp in prop::sample::select(vec![1u32, 2, 4]),
        vpp in prop::sample::select(vec![1u32, 2]),
        dp in prop::sample::select(vec![1u32, 2, 8]),
        micro in 1u32..6,
        sharding in prop::sample::select(vec![Sharding::None, Sharding::Optimizer, Sharding::Parameters, Sharding::Hybrid(2)]),
        recompute in prop::sample::select(vec![Recompute::None, Recompute::Full]),
        flags in 0u32..16,
    ) {
        let parallel = Parallel {
            tp, sequence: tp > 1, pp, vpp: if pp > 1 { vpp } else { 1 }, dp,
            ep: if model.starts_with("llama") { 1 } else { dp }, sharding, ..Parallel::ONE
        };
        let mut case = Case::new(model, parallel, batch(dp * micro * 2, 4096));
        case.recompute = recompute;
        case.overlap = Overlap { tensor: flags & 1 > 0, data: flags & 2 > 0, pipeline: flags & 4 > 0, experts: flags & 8 > 0 };
        let step = case.step();
        let made = graph(&step).unwrap();
        let (closed, played) = case.both();
        let busiest = (0..made.lanes)
            .map(|lane| -> f64 {
                let own = made.tasks.iter().filter(|task| task.lane == lane);
                own.map(|task| match task.work {
                    Work::Compute(at) => made.computes[at as usize].seconds(),
                    Work::Collective { .. } => 0.0,
                }).sum()
            })
            .fold(0.0, f64::max);
        prop_assert!(played >= busiest - 1e-6, "played {played}, busiest {busiest}");
        // What is gathered and what is reduced have links of their own here, and follow one another by the closed form.
        let sharded = matches!(sharding, Sharding::Parameters | Sharding::Hybrid(_));
        let least = if sharded { 0.4 } else { 0.65 };
        prop_assert!((least..1.6).contains(&(played / closed)), "closed {closed}, played {played}");
        prop_assert!(played < Time::MAX.as_secs());
    }
}
