//! The task engine: closed forms, faults, what must hold for any job, and its plain twin.

#[path = "tasks/drawn.rs"]
mod drawn;

use drawn::{before, drawn, longest_paths};
use proptest::prelude::*;
use railspine::engine::tasks::{
    self, RowUse, Task, TaskFault, TaskJob, TaskJobBuilder, TaskOutcome, reference,
};
use railspine::engine::{Probe, Silent};
use railspine::ids::{QueueId, RowId, TaskId};
use railspine::units::Time;

fn run(job: &TaskJob) -> TaskOutcome {
    tasks::run(job, &mut Silent)
}

/// Stages of a pipeline with one forward, one backward order: a queue and a row each.
fn one_forward_one_backward(stages: u32, micro: u32, forward: Time, backward: Time) -> TaskJob {
    let mut builder = TaskJobBuilder::new();
    let id = |kind: u32, stage: u32, batch: u32| TaskId((kind * stages + stage) * micro + batch);
    for (kind, work) in [(0, forward), (1, backward)] {
        for stage in 0..stages {
            if kind == 0 {
                builder.row(1.0);
                builder.queue();
            }
            for batch in 0..micro {
                let before = match kind {
                    0 => (stage > 0).then(|| id(0, stage - 1, batch)),
                    _ if stage + 1 < stages => Some(id(1, stage + 1, batch)),
                    _ => Some(id(0, stage, batch)),
                };
                let before: Vec<TaskId> = before.into_iter().collect();
                builder.task(Task::new(work).demands(&[(RowId(stage), 1.0)]).after(&before));
            }
        }
    }
    for stage in 0..stages {
        let ahead = (stages - 1 - stage).min(micro);
        let mut order: Vec<TaskId> = (0..ahead).map(|batch| id(0, stage, batch)).collect();
        for batch in 0..micro {
            if batch + ahead < micro {
                order.push(id(0, stage, batch + ahead));
            }
            order.push(id(1, stage, batch));
        }
        for task in order {
            builder.enqueue(task, QueueId(stage));
        }
    }
    builder.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_pipeline_takes_the_closed_form(
        stages in 1u32..9, micro in 1u32..20, forward in 1u64..1_000_000_007, backward in 1u64..2_000_000_011,
    ) {
        let job = one_forward_one_backward(stages, micro, Time(forward), Time(backward));
        let outcome = run(&job);
        prop_assert_eq!(outcome.makespan.0, u64::from(micro + stages - 1) * (forward + backward));
        prop_assert!(outcome.stretched.iter().all(|time| *time == Time::ZERO));
        prop_assert_eq!(outcome.solves, 0);
    }
}

#[test]
fn two_tasks_that_demand_all_of_a_row_take_twice_as_long() {
    let mut builder = TaskJobBuilder::new();
    let row = builder.row(1.0);
    for _ in 0..2 {
        builder.task(Task::new(Time(1_000_001)).demands(&[(row, 1.0)]));
    }
    let outcome = run(&builder.finish().unwrap());
    assert_eq!(outcome.finish, [Time(2_000_002); 2]);
    assert_eq!(outcome.stretched, [Time(1_000_001); 2]);
    let used = RowUse { used: 2_000_002.0, busy: Time(2_000_002), contended: Time(2_000_002) };
    assert_eq!((outcome.rows, outcome.solves, outcome.events), (vec![used], 1, 2));
}

/// Compute demands all, communication 0.15: together both run at 1/1.15.
#[test]
fn compute_and_communication_slow_each_other() {
    let mut builder = TaskJobBuilder::new();
    let (row, stream, network) = (builder.row(1.0), builder.queue(), builder.queue());
    let lone = |work: u64| Task::new(Time(work)).latency(Time(77));
    builder.task(lone(4_000_000).demands(&[(row, 1.0)]).queues(&[stream]));
    builder.task(lone(1_000_000).demands(&[(row, 0.15)]).queues(&[network]));
    let outcome = run(&builder.finish().unwrap());
    // The shorter takes 1.15 times its work; the longer loses 0.15 of that.
    assert_eq!(outcome.finish, [Time(77 + 4_150_000), Time(77 + 1_150_000)]);
    assert_eq!(outcome.stretched, [Time(150_000), Time(150_000)]);
    assert_eq!(outcome.rows[0].contended, Time(1_150_000));
    assert_eq!(outcome.rows[0].busy, Time(4_150_000));
}

/// Rows of 1 and 1/2: the task on both is held by the narrow one, and leaves the rest of the wide one to the other.
#[test]
fn what_one_cannot_use_the_other_gets() {
    let mut builder = TaskJobBuilder::new();
    let (wide, narrow) = (builder.row(1.0), builder.row(0.25));
    builder.task(Task::new(Time(1_000)).demands(&[(wide, 1.0), (narrow, 1.0)]));
    builder.task(Task::new(Time(3_000)).demands(&[(wide, 1.0)]));
    let outcome = run(&builder.finish().unwrap());
    assert_eq!(outcome.finish, [Time(4_000), Time(4_000)]);
}

/// Two tasks are held by rows of their own at different levels; the third gets what both leave of the row of all.
#[test]
fn what_two_cannot_use_the_third_gets() {
    let mut builder = TaskJobBuilder::new();
    let (all, eighth, quarter) = (builder.row(1.0), builder.row(0.125), builder.row(0.25));
    builder.task(Task::new(Time(125)).demands(&[(all, 1.0), (eighth, 1.0)]));
    builder.task(Task::new(Time(250)).demands(&[(all, 1.0), (quarter, 1.0)]));
    builder.task(Task::new(Time(625)).demands(&[(all, 1.0)]));
    let outcome = run(&builder.finish().unwrap());
    assert_eq!(outcome.finish, [Time(1_000); 3]);
}

#[test]
fn queues_are_in_order_and_a_task_of_two_holds_both() {
    let mut builder = TaskJobBuilder::new();
    let (left, right) = (builder.queue(), builder.queue());
    let first = builder.task(Task::new(Time(10)).queues(&[left]));
    let both = builder.task(Task::new(Time(5)).queues(&[left, right]).latency(Time(2)));
    let behind = builder.task(Task::new(Time(1)).queues(&[right]));
    let late = builder.task(Task::new(Time(1)).queues(&[right]).not_before(Time(100)));
    let last = builder.task(Task::new(Time::ZERO).queues(&[right]));
    let job = builder.finish().unwrap();
    let outcome = run(&job);
    let expected = [(0, 10), (10, 17), (17, 18), (100, 101), (101, 101)];
    for (task, (start, finish)) in [first, both, behind, late, last].into_iter().zip(expected) {
        assert_eq!((outcome.start[task.index()], outcome.finish[task.index()]), (Time(start), Time(finish)));
    }
    // The late one waited for its time, not for those before it. It and the last end together.
    assert_eq!(outcome.critical_path(&job), [late]);
    assert_eq!((job.queue(right), job.queues(both)), (&[both, behind, late, last][..], &[left, right][..]));
}

#[test]
fn the_critical_path_goes_through_what_was_waited_for_last() {
    let mut builder = TaskJobBuilder::new();
    let queue = builder.queue();
    let early = builder.task(Task::new(Time(3)));
    let busy = builder.task(Task::new(Time(8)).queues(&[queue]));
    let also = builder.task(Task::new(Time(8)));
    let joined = builder.task(Task::new(Time(4)).queues(&[queue]).after(&[also, early]));
    let aside = builder.task(Task::new(Time(2)).after(&[joined]).latency(Time(1)));
    let end = builder.task(Task::new(Time(3)).after(&[joined]));
    let job = builder.finish().unwrap();
    // Of `busy` and `also`, and of `aside` and `end`, which end together, the lower.
    assert_eq!(run(&job).critical_path(&job), [busy, joined, aside]);
    assert!(also > busy && end > aside);
    let nothing = TaskJobBuilder::new().finish().unwrap();
    let outcome = run(&nothing);
    assert_eq!((outcome.makespan, outcome.critical_path(&nothing)), (Time::ZERO, Vec::new()));
}

/// Cancels when so many tasks are done.
struct CancelAt(u64);

impl Probe for CancelAt {
    fn progress(&mut self, done: u64, _total: u64) -> bool {
        done < self.0
    }
}

#[test]
fn a_probe_cancels() {
    let mut builder = TaskJobBuilder::new();
    let queue = builder.queue();
    for _ in 0..10_000 {
        builder.task(Task::new(Time(1)).queues(&[queue]));
    }
    let job = builder.finish().unwrap();
    let whole = tasks::run(&job, &mut CancelAt(10_000));
    assert_eq!((whole.cancelled, whole.makespan), (false, Time(10_000)));
    let part = tasks::run(&job, &mut CancelAt(1));
    assert!(part.cancelled && part.makespan > Time::ZERO && part.makespan < Time(10_000));
    assert_eq!((part.finish[9_999], part.critical_path(&job)), (Time::MAX, Vec::new()));
    let none = tasks::run(&job, &mut CancelAt(0));
    assert!(none.cancelled && none.events == 0);
}

#[test]
fn times_beyond_the_end_of_time_are_that() {
    let mut builder = TaskJobBuilder::new();
    let (row, queue) = (builder.row(1e-30), builder.queue());
    for _ in 0..3 {
        builder.task(Task::new(Time(u64::MAX - 1)).latency(Time(5)).demands(&[(row, 1.0)]).queues(&[queue]));
    }
    let outcome = run(&builder.finish().unwrap());
    assert!(!outcome.cancelled);
    assert_eq!(outcome.finish, [Time::MAX; 3]);
}

#[test]
fn faults_are_told_all_at_once() {
    let mut builder = TaskJobBuilder::new();
    let row = builder.row(1.0);
    builder.row(0.0);
    builder.row(f64::INFINITY);
    let queue = builder.queue();
    builder.task(Task::new(Time(1)).demands(&[(row, 0.0), (row, 0.5)]).queues(&[queue, QueueId(4)]));
    let task = builder.task(Task::new(Time(1)).demands(&[(row, 1.5), (RowId(9), f64::NAN)]));
    builder.depend(task, TaskId(7));
    builder.enqueue(TaskId(8), queue);
    let faults = builder.finish().unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let expected = [
        "row 1 has a capacity of 0: it must be more than 0, and finite",
        "row 2 has a capacity of inf: it must be more than 0, and finite",
        "task 0 demands 0 of row 0: a demand is more than 0 and at most 1",
        "task 0 demands row 0 twice",
        "task 1 demands 1.5 of row 0: a demand is more than 0 and at most 1",
        "task 1 demands NaN of row 9: a demand is more than 0 and at most 1",
        "task 1 demands row 9, but there are 3 rows",
        "task 0 is in queue 4, but there is 1 queue",
        "task 8 is named, but there are 2 tasks",
        "task 7 is named, but there are 2 tasks",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_queue_holds_a_task_once() {
    let mut builder = TaskJobBuilder::new();
    let queue = builder.queue();
    let task = builder.task(Task::new(Time(1)).queues(&[queue]));
    builder.enqueue(task, queue);
    let faults = builder.finish().unwrap_err();
    assert_eq!(faults, [TaskFault::QueueTwice { task, queue }]);
    assert_eq!(faults[0].to_string(), "task 0 is in queue 0 twice");
}

#[test]
fn circles_are_found_through_dependencies_and_queues() {
    let mut builder = TaskJobBuilder::new();
    let queue = builder.queue();
    let ids: Vec<TaskId> = (0..5).map(|_| builder.task(Task::new(Time(1)))).collect();
    // 3 is before 1 in the queue, 1 before 2 and 2 before 3 by dependencies; 4 hangs on, 0 is free.
    builder.enqueue(ids[3], queue);
    builder.enqueue(ids[1], queue);
    builder.depend(ids[2], ids[1]);
    builder.depend(ids[3], ids[2]);
    builder.depend(ids[4], ids[3]);
    let faults = builder.finish().unwrap_err();
    assert_eq!(faults, [TaskFault::Cycle(vec![ids[1], ids[2], ids[3]])]);
    assert_eq!(faults[0].to_string(), "tasks wait for each other in a circle: 1 -> 2 -> 3 -> 1");

    let mut builder = TaskJobBuilder::new();
    let ids: Vec<TaskId> = (0..20).map(|_| builder.task(Task::new(Time(1)))).collect();
    for at in 0..20 {
        builder.depend(ids[(at + 1) % 20], ids[at]);
    }
    assert_eq!(
        builder.finish().unwrap_err()[0].to_string(),
        "tasks wait for each other in a circle: 0 -> 1 -> 2 -> 3 -> 4 -> 5 -> 6 -> 7 -> 12 more -> 0"
    );

    let mut builder = TaskJobBuilder::new();
    builder.task(Task::new(Time(1)).after(&[TaskId(0)]));
    assert_eq!(builder.finish().unwrap_err(), [TaskFault::Cycle(vec![TaskId(0)])]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_twin_agrees_to_the_picosecond(draw in drawn(28, true)) {
        let job = draw.plain();
        let outcome = run(&job);
        let (start, finish) = reference::run(&job);
        prop_assert_eq!(&outcome.start, &start);
        prop_assert_eq!(&outcome.finish, &finish);
    }

    #[test]
    fn nothing_is_early_and_bounds_hold(draw in drawn(28, true)) {
        let job = draw.plain();
        let outcome = run(&job);
        for task in job.tasks() {
            let at = task.index();
            let alone = outcome.start[at] + job.latency(task) + job.work(task);
            prop_assert_eq!(outcome.finish[at], alone + outcome.stretched[at]);
            let ready = before(&job, task).into_iter().map(|on| outcome.finish[on.index()]).max();
            // It starts at once when it may.
            prop_assert_eq!(outcome.start[at], ready.unwrap_or_default().max(job.not_before(task)));
        }
        prop_assert!(longest_paths(&job).iter().zip(&outcome.finish).all(|(least, finish)| least <= finish));
        prop_assert_eq!(outcome.makespan, outcome.finish.iter().copied().max().unwrap());
        for (row, used) in outcome.rows.iter().enumerate() {
            let row = RowId::from_index(row);
            let work = |task: TaskId| {
                let demands = job.demands(task).filter(|demand| demand.0 == row).map(|demand| demand.1);
                demands.sum::<f64>() * job.work(task).ps() as f64
            };
            let work: f64 = job.tasks().map(work).sum();
            prop_assert!((used.used - work).abs() <= 1e-9 * work);
            // A row cannot give more than it has while somebody works on it. Finishes count as whole picoseconds within a
            // thousandth, and floats round.
            let most = used.busy.ps() as f64 * job.capacity(row);
            prop_assert!(work <= most * (1.0 + 1e-12) + 1e-2 * job.len() as f64, "{} of {}", work, most);
            prop_assert!(used.contended <= used.busy && used.busy <= outcome.makespan);
        }
    }

    /// Where rows bind nobody, times are longest paths.
    #[test]
    fn without_sharing_times_are_longest_paths(draw in drawn(40, false)) {
        let job = draw.plain();
        prop_assert_eq!(run(&job).finish, longest_paths(&job));
    }

    /// Without sharing, to wait for more makes nothing earlier. (With sharing it may: what waits leaves room.)
    #[test]
    fn without_sharing_a_dependency_makes_nothing_earlier(
        draw in drawn(40, false), task in any::<prop::sample::Index>(), on in any::<prop::sample::Index>(),
    ) {
        let last = draw.tasks.len() - 1;
        if last == 0 {
            return Ok(());
        }
        let task = 1 + task.index(last);
        let order: Vec<usize> = (0..draw.tasks.len()).collect();
        let more = draw.job(&order, &[(task, on.index(task))]);
        let (before, after) = (run(&draw.plain()), run(&more));
        prop_assert!(before.finish.iter().zip(&after.finish).all(|(before, after)| before <= after));
    }

    /// A dependency that follows from two others changes nothing, with sharing too.
    #[test]
    fn a_dependency_that_is_implied_changes_nothing(draw in drawn(28, true)) {
        let implied: Vec<(usize, usize)> = (0..draw.tasks.len())
            .flat_map(|task| draw.after(task).into_iter().map(move |on| (task, on)))
            .flat_map(|(task, on)| draw.after(on).into_iter().map(move |far| (task, far)))
            .collect();
        let order: Vec<usize> = (0..draw.tasks.len()).collect();
        let (plain, more) = (run(&draw.plain()), run(&draw.job(&order, &implied)));
        prop_assert_eq!((plain.start, plain.finish), (more.start, more.finish));
    }

    /// Times do not depend on ids, as long as queues keep their order; nor does anything else that is told.
    #[test]
    fn ids_are_only_names(draw in drawn(28, true), keys in prop::collection::vec(any::<u32>(), 28)) {
        let mut order: Vec<usize> = (0..draw.tasks.len()).collect();
        order.sort_by_key(|task| keys[*task]);
        let (plain, named) = (run(&draw.plain()), run(&draw.job(&order, &[])));
        for (id, task) in order.iter().enumerate() {
            prop_assert_eq!(named.start[id], plain.start[*task]);
            prop_assert_eq!(named.finish[id], plain.finish[*task]);
        }
        prop_assert_eq!((named.events, named.solves), (plain.events, plain.solves));
    }

    /// The critical path ends at the end, and each task of it starts when the one before it is done.
    #[test]
    fn the_critical_path_has_no_gap(draw in drawn(28, true)) {
        let job = draw.plain();
        let outcome = run(&job);
        let path = outcome.critical_path(&job);
        prop_assert_eq!(outcome.finish[path.last().unwrap().index()], outcome.makespan);
        for pair in path.windows(2) {
            prop_assert!(before(&job, pair[1]).contains(&pair[0]));
            prop_assert_eq!(outcome.finish[pair[0].index()], outcome.start[pair[1].index()]);
        }
        prop_assert_eq!(outcome.start[path[0].index()], job.not_before(path[0]));
    }
}
