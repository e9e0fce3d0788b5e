//! How fast the task engine is: tasks per second of the best of three runs, printed beside criterion's times.
//!
//! `cargo bench --bench tasks`.

#![expect(clippy::print_stdout, reason = "rates are printed beside the times of criterion")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use railspine::engine::Silent;
use railspine::engine::tasks::{Task, TaskJob, TaskJobBuilder, run};
use railspine::ids::{QueueId, RowId, TaskId};
use railspine::rng::mix;
use railspine::units::Time;

/// A pipeline of one forward, one backward. Each stage has a row and three queues: for its compute, for the all-reduce
/// after each, and for what it sends to its neighbours, which takes of the rows of both. With `jitter` no two pieces of
/// compute take the same time.
fn pipeline(stages: u32, micro: u32, jitter: u64) -> TaskJob {
    let mut builder = TaskJobBuilder::new();
    let mut queues = Vec::new();
    for _ in 0..stages {
        builder.row(1.0);
        queues.push([builder.queue(), builder.queue(), builder.queue()]);
    }
    let at = |kind: u32, stage: u32, batch: u32| ((kind * stages + stage) * micro + batch) as usize;
    let mut reduced = vec![TaskId(0); at(2, 0, 0)];
    let mut computed = reduced.clone();
    for stage in 0..stages {
        let ahead = (stages - 1 - stage).min(micro);
        let mut order: Vec<(u32, u32)> = (0..ahead).map(|batch| (0, batch)).collect();
        for batch in 0..micro {
            order.extend((batch + ahead < micro).then_some((0, batch + ahead)));
            order.push((1, batch));
        }
        let [compute, reduce, _] = queues[stage as usize];
        for (kind, batch) in order {
            let place = at(kind, stage, batch);
            let more = if jitter > 0 { mix(place as u64) % jitter } else { 0 };
            let work = Time(u64::from(kind + 1) * 1_000_000_000 + more);
            computed[place] =
                builder.task(Task::new(work).demands(&[(RowId(stage), 1.0)]).queues(&[compute]));
            reduced[place] = builder.task(
                Task::new(Time(300_000_000))
                    .latency(Time(5_000_000))
                    .demands(&[(RowId(stage), 0.15)])
                    .after(&[computed[place]])
                    .queues(&[reduce]),
            );
            let to = if kind == 0 { stage + 1 } else { stage.wrapping_sub(1) };
            if to < stages {
                let demands = [(RowId(stage), 0.05), (RowId(to), 0.05)];
                builder.task(
                    Task::new(Time(40_000_000))
                        .latency(Time(2_000_000))
                        .demands(&demands)
                        .after(&[reduced[place]])
                        .queues(&[queues[stage as usize][2]]),
                );
            }
        }
    }
    // What a stage got is what its neighbour sent: the task behind the all-reduce there.
    let sent = |task: TaskId| TaskId(task.0 + 1);
    for batch in 0..micro {
        for stage in 1..stages {
            builder.depend(computed[at(0, stage, batch)], sent(reduced[at(0, stage - 1, batch)]));
            builder.depend(computed[at(1, stage - 1, batch)], sent(reduced[at(1, stage, batch)]));
        }
        builder.depend(computed[at(1, stages - 1, batch)], reduced[at(0, stages - 1, batch)]);
    }
    builder.finish().expect("a pipeline is a job")
}

/// Lanes with compute in one queue and communication in another, all of different lengths, which share the lane's row.
/// Communication takes `network` of a row that all lanes share.
fn lanes(lanes: u32, steps: u32, network: Option<f64>) -> TaskJob {
    let mut builder = TaskJobBuilder::new();
    for _ in 0..lanes {
        builder.row(1.0);
        builder.queue();
        builder.queue();
    }
    let shared = builder.row(1.0);
    for step in 0..steps {
        for lane in 0..lanes {
            let length =
                |kind: u64| Time(1_000_000 + mix(u64::from(step * lanes + lane) * 2 + kind) % 5_000_000);
            let (full, queue) = ([(RowId(lane), 1.0)], [QueueId(2 * lane)]);
            let compute = builder.task(Task::new(length(0)).demands(&full).queues(&queue));
            let mut demands = vec![(RowId(lane), 0.15)];
            demands.extend(network.map(|network| (shared, network)));
            let communication = Task::new(length(1)).latency(Time(3_000)).demands(&demands);
            builder.task(communication.after(&[compute]).queues(&[QueueId(2 * lane + 1)]));
        }
    }
    builder.finish().expect("lanes are a job")
}

fn bench(criterion: &mut Criterion) {
    let cases = [
        ("pipeline, in step", pipeline(64, 512, 0)),
        ("pipeline, no two alike", pipeline(64, 512, 50_000_000)),
        ("256 lanes", lanes(256, 1 << 11, None)),
        ("64 lanes on a network", lanes(64, 1 << 9, Some(0.05))),
    ];
    let mut group = criterion.benchmark_group("tasks");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(4));
    for (name, job) in &cases {
        let mut best = Duration::MAX;
        let mut told = (0, 0);
        for _ in 0..3 {
            let begin = Instant::now();
            let outcome = black_box(run(job, &mut Silent));
            best = best.min(begin.elapsed());
            told = (outcome.events, outcome.solves);
        }
        println!(
            "{name}: {} tasks, {} events, {} solves, {:.3} s, {:.2} M tasks/s",
            job.len(),
            told.0,
            told.1,
            best.as_secs_f64(),
            job.len() as f64 / best.as_secs_f64() / 1e6
        );
        group.throughput(Throughput::Elements(job.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(name), job, |bencher, job| {
            bencher.iter(|| run(job, &mut Silent));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = bench
}
criterion_main!(benches);
