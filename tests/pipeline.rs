//! Orders of pipelines: played on the task engine against closed forms, and what must hold for any order.

#[path = "pipeline/play.rs"]
mod play;

use std::collections::BTreeSet;

use play::{Times, needs, play};
use proptest::prelude::*;
use railspine::workload::Schedule;
use railspine::workload::pipeline::{
    Costs, Op, OrderFault, PassKind, PipelineOrder, bubble, bubble_fraction, holder, in_flight, order,
    peak_in_flight, stage, stages, step_time,
};

const ONE: Schedule = Schedule::OneForwardOneBackward;
const H1: Schedule = Schedule::ZeroBubble;
const V: Schedule = Schedule::ZeroBubbleV;
const DUAL: Schedule = Schedule::DualPipe;

#[expect(clippy::cast_precision_loss, reason = "small enough to be exact")]
fn costs(times: Times) -> Costs {
    Costs { forward: times.forward as f64, backward: times.backward as f64, weights: times.weights as f64 }
}

/// A closed form as a whole number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and small enough")]
fn whole(value: f64) -> u64 {
    assert_eq!(value.fract(), 0.0);
    value as u64
}

fn times() -> impl Strategy<Value = Times> {
    let time = || prop_oneof![Just(1_000u64), 1u64..1_000_000_007];
    (time(), time(), time()).prop_map(|(forward, backward, weights)| Times::new(forward, backward, weights))
}

/// A schedule, ranks, stages on each, micro-batches.
fn shape() -> impl Strategy<Value = (Schedule, u32, u32, u32)> {
    let micro = || prop_oneof![1u32..30, 1u32..8];
    prop_oneof![
        (Just(ONE), 1u32..10, 1u32..5, micro()),
        (Just(H1), 1u32..10, Just(1), micro()),
        (Just(V), 1u32..10, Just(2), micro()),
        (Just(DUAL), (1u32..6).prop_map(|half| 2 * half), Just(2), micro()),
    ]
}

/// A rank's passes in letters, as `F0.1` for a forward pass of micro-batch 0 in chunk 1.
fn letters(order: &PipelineOrder, rank: u32) -> String {
    let letter = |op: &Op| {
        let kind = match op.kind {
            PassKind::Forward => 'F',
            PassKind::Backward => 'B',
            PassKind::Weights => 'W',
        };
        format!("{kind}{}.{}", op.micro, op.chunk)
    };
    order.of(rank).iter().map(letter).collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// 1F1B and interleaved, also where ranks do not divide micro-batches, and where there are fewer of them.
    #[test]
    fn one_forward_one_backward_takes_the_closed_form(
        p in 1u32..11, v in 1u32..5, m in 1u32..34, times in times(),
    ) {
        let played = play(&order(ONE, p, v, m).unwrap(), times, false);
        let few = u64::from(p.saturating_sub(m) * (v - 1));
        prop_assert_eq!(played.makespan(), (u64::from(m * v + p - 1) + few) * times.all());
        prop_assert_eq!(played.makespan(), whole(step_time(ONE, p, v, m, costs(times))));
        if m >= p {
            prop_assert_eq!(played.idle(), whole(bubble(ONE, p, costs(times))));
        }
    }

    #[test]
    fn zb_h1_takes_the_closed_form(p in 1u32..11, m in 1u32..34, times in times()) {
        let played = play(&order(H1, p, 1, m).unwrap(), times, false);
        let Times { forward, backward, weights } = times;
        let late = backward.min(weights);
        let few = u64::from(p.saturating_sub(m)) * late;
        let slow = u64::from(m.min(p) - 1) * late.saturating_sub(forward);
        let idle = u64::from(p - 1) * (forward + backward.saturating_sub(weights)) + few + slow;
        prop_assert_eq!(played.makespan(), u64::from(m) * times.all() + idle);
        prop_assert_eq!(played.makespan(), whole(step_time(H1, p, 1, m, costs(times))));
        if m >= p && forward >= weights {
            prop_assert_eq!(played.idle(), whole(bubble(H1, p, costs(times))));
        }
    }

    #[test]
    fn zb_h1_has_the_published_bubble_where_passes_are_equal(p in 1u32..11, more in 0u32..20) {
        let played = play(&order(H1, p, 1, p + more).unwrap(), Times::EQUAL, false);
        prop_assert_eq!(played.idle(), u64::from(p - 1) * 1_000);
        prop_assert_eq!(3 * played.idle(), whole(bubble(ONE, p, costs(Times::EQUAL))));
    }

    /// No bubble between a rank's first pass and its last; rank `r` starts at `r F` and ends so much later.
    #[test]
    fn zb_v_has_no_bubble_where_passes_are_equal(p in 1u32..11, m in 1u32..34, time in 1u64..1_000_000_007) {
        let times = Times::new(time, time, time);
        let played = play(&order(V, p, 2, m).unwrap(), times, false);
        prop_assert_eq!(played.makespan(), whole(step_time(V, p, 2, m, costs(times))));
        if m >= 2 * p - 1 {
            for (rank, (start, end, busy)) in played.spans.iter().copied().enumerate() {
                prop_assert_eq!(start, rank as u64 * time);
                prop_assert_eq!(end - start, busy + whole(bubble(V, p, costs(times))));
            }
            prop_assert_eq!(played.makespan(), u64::from(6 * m + p - 1) * time);
        }
    }

    /// With pairs as one the published bubble; an odd micro-batch more costs what it takes and two passes.
    #[test]
    fn dualpipe_takes_the_closed_form_where_passes_are_equal(
        half in 1u32..7, more in 0u32..20, time in 1u64..1_000_000_007,
    ) {
        let (p, m) = (2 * half, 4 * half + more);
        let times = Times::new(time, time, time);
        let played = play(&order(DUAL, p, 2, m).unwrap(), times, true);
        prop_assert_eq!(played.makespan(), whole(step_time(DUAL, p, 2, m, costs(times))));
        prop_assert_eq!(played.idle(), u64::from(2 * (half - 1) + 2 * (m % 2)) * time);
        if m % 2 == 0 {
            prop_assert_eq!(played.idle(), whole(bubble(DUAL, p, costs(times))));
        }
    }

    #[test]
    fn each_pass_is_there_once_on_its_rank_and_waits_for_what_it_needs((schedule, p, v, m) in shape()) {
        let order = order(schedule, p, v, m).unwrap();
        prop_assert_eq!((order.ranks(), order.chunks(), order.micro_batches()), (p, v, m));
        prop_assert_eq!(order.stages(), stages(schedule, p, v));
        let mut found = BTreeSet::new();
        for rank in 0..p {
            let mut done = BTreeSet::new();
            for op in order.of(rank) {
                let stage = order.stage(rank, op.chunk);
                prop_assert!(op.chunk < v && op.micro < m && stage < order.stages());
                prop_assert_eq!(holder(schedule, p, stage, op.chunk), (rank, op.chunk));
                prop_assert!(found.insert((op.kind, op.micro, stage)), "{:?} twice", op);
                let waits: Vec<(u32, Op)> = order.waits_for(rank, *op).collect();
                let named = waits.iter().map(|(rank, op)| (op.kind, order.stage(*rank, op.chunk)));
                prop_assert_eq!(named.collect::<Vec<_>>(), needs(op.kind, stage, order.stages()));
                for (other, on) in waits {
                    prop_assert_eq!(on.micro, op.micro);
                    prop_assert!(order.of(other).contains(&on));
                    prop_assert!(other != rank || done.contains(&on), "{:?} before {:?}", op, on);
                }
                done.insert(*op);
            }
        }
        let kinds = if order.splits_weights() { 3 } else { 2 };
        prop_assert_eq!(found.len(), (kinds * m * order.stages()) as usize);
        let weights = found.iter().any(|(kind, ..)| *kind == PassKind::Weights);
        prop_assert_eq!(weights, schedule != ONE);
    }

    #[test]
    fn activations_kept_are_within_limits((schedule, p, v, m) in shape()) {
        let order = order(schedule, p, v, m).unwrap();
        for rank in 0..p {
            let (peak, limit) = (u64::from(peak_in_flight(&order, rank)), in_flight(schedule, p, v, m, rank));
            prop_assert!(peak <= limit, "{peak} of {limit} on rank {rank}");
            if schedule == ONE || schedule == H1 || m >= 2 * p {
                prop_assert_eq!(peak, limit, "rank {}", rank);
            }
        }
    }

    /// Also shows that every order can be executed: the job's builder finds no circle.
    #[test]
    fn no_step_is_shorter_than_its_bounds_or_than_one_of_fewer_micro_batches(
        (schedule, p, v, m) in shape(), times in times(), as_one in any::<bool>(),
    ) {
        let shorter = order(schedule, p, v, m).unwrap();
        let longer = play(&order(schedule, p, v, m + 1).unwrap(), times, as_one);
        let played = play(&shorter, times, as_one);
        prop_assert!(longer.makespan() >= played.makespan());
        // The way to a rank's first stage, and its work.
        for (rank, (start, end, busy)) in (0u32..).zip(played.spans.iter().copied()) {
            let chunks: BTreeSet<u32> = shorter.of(rank).iter().map(|op| op.chunk).collect();
            let first = chunks.into_iter().map(|chunk| shorter.stage(rank, chunk)).min().unwrap();
            prop_assert!(start >= u64::from(first) * times.forward);
            prop_assert!(end >= u64::from(first) * times.forward + busy);
        }
        // One micro-batch through all stages and back.
        let passes = times.forward + times.backward + if shorter.splits_weights() { 0 } else { times.weights };
        prop_assert!(played.makespan() >= u64::from(shorter.stages()) * passes);
    }
}

/// Where passes are not equal, ZB-V has a bubble. What it is beyond the way to the last rank, in thousandths of `F`.
#[test]
fn zb_v_loses_where_passes_are_not_equal() {
    let beyond = |times: Times, p: u32, m: u32| {
        let played = play(&order(V, p, 2, m).unwrap(), times, false);
        played.idle() - u64::from(p - 1) * times.forward
    };
    // Attention makes backward passes longer than those for weights: 2 % of the step of 16 micro-batches.
    let attention = Times::new(1_000, 1_200, 700);
    assert_eq!((beyond(attention, 8, 16), beyond(attention, 8, 200)), (7 * 200, 7 * 200));
    assert_eq!(beyond(Times::new(1_000, 900, 1_100), 8, 16), 600);
    assert_eq!(beyond(Times::new(1_000, 2_000, 500), 8, 16), 7 * 2_000);
}

/// The published bubble of `DualPipe` is exact for equal passes only. Bubbles in thousandths of `F`: published, played
/// with pairs as one, and played pass by pass, where results leave when a pass ends and not when its pair does.
#[test]
fn dualpipe_where_passes_are_not_equal_or_not_in_pairs() {
    let bubbles = |times: Times, p: u32, m: u32| {
        let order = order(DUAL, p, 2, m).unwrap();
        let [one, apart] = [true, false].map(|as_one| play(&order, times, as_one).idle());
        (whole(bubble(DUAL, p, costs(times))), one, apart)
    };
    assert_eq!(bubbles(Times::EQUAL, 8, 16), (6_000, 6_000, 3_000));
    assert_eq!(bubbles(Times::EQUAL, 16, 32), (14_000, 14_000, 7_000));
    let attention = Times::new(1_000, 1_200, 700);
    assert_eq!(bubbles(attention, 8, 16), (8_100, 6_800, 4_500));
    assert_eq!(bubbles(attention, 16, 32), (18_900, 17_200, 10_900));
    assert_eq!(bubbles(Times::new(1_000, 900, 1_100), 16, 32), (11_900, 14_000, 7_000));
    // Fewer micro-batches than the construction is made for.
    assert_eq!(bubbles(Times::EQUAL, 8, 8), (6_000, 6_000, 6_000));
    assert_eq!(bubbles(Times::EQUAL, 8, 2), (6_000, 12_000, 12_000));
}

#[test]
fn pairs_are_a_forward_pass_and_a_whole_backward_pass_of_the_other_way() {
    let order = order(DUAL, 8, 2, 20).unwrap();
    for rank in 0..8 {
        let passes = order.of(rank);
        for at in order.pairs(rank).iter().map(|at| *at as usize) {
            let [forward, backward, weights] = [passes[at], passes[at + 1], passes[at + 2]];
            assert_eq!(forward.kind, PassKind::Forward);
            assert_eq!(backward, Op::backward(backward.micro, 1 - forward.chunk));
            assert_eq!(weights, Op::weights(backward.micro, backward.chunk));
        }
        // Both ways in the main part, and one in the part after it; in the middle two passes stay alone.
        let from_end = rank.min(7 - rank) as usize;
        let alone = usize::from(from_end == 3);
        assert_eq!(order.pairs(rank).len(), 2 * (10 - 8 + from_end + 1) - alone + (3 - from_end));
    }
    assert_eq!(order.pairs(8), &[] as &[u32]);
    assert_eq!(order.of(8), &[] as &[Op]);
}

#[test]
fn small_orders_are_those_of_the_papers() {
    let one = order(ONE, 3, 1, 4).unwrap();
    assert_eq!(letters(&one, 0), "F0.0 F1.0 F2.0 B0.0 F3.0 B1.0 B2.0 B3.0");
    assert_eq!(letters(&one, 2), "F0.0 B0.0 F1.0 B1.0 F2.0 B2.0 F3.0 B3.0");
    let interleaved = order(ONE, 2, 2, 4).unwrap();
    assert_eq!(
        letters(&interleaved, 0),
        "F0.0 F1.0 F0.1 F1.1 F2.0 B0.1 F3.0 B1.1 F2.1 B0.0 F3.1 B1.0 B2.1 B3.1 B2.0 B3.0"
    );
    assert_eq!(
        letters(&interleaved, 1),
        "F0.0 F1.0 F0.1 B0.1 F1.1 B1.1 F2.0 B0.0 F3.0 B1.0 F2.1 B2.1 F3.1 B3.1 B2.0 B3.0"
    );
    // 5 micro-batches on 2 ranks: groups of 3 and 2.
    assert_eq!(
        letters(&order(ONE, 2, 2, 5).unwrap(), 1),
        "F0.0 F1.0 F2.0 F0.1 B0.1 F1.1 B1.1 F2.1 B2.1 F3.0 B0.0 F4.0 B1.0 F3.1 B2.0 F4.1 B3.1 B4.1 B3.0 B4.0"
    );
    let late = order(H1, 3, 1, 4).unwrap();
    assert_eq!(letters(&late, 0), "F0.0 F1.0 F2.0 B0.0 W0.0 F3.0 B1.0 W1.0 B2.0 W2.0 B3.0 W3.0");
    assert_eq!(letters(&late, 2), "F0.0 B0.0 F1.0 B1.0 F2.0 B2.0 W0.0 F3.0 B3.0 W1.0 W2.0 W3.0");
    let v = order(V, 2, 2, 3).unwrap();
    assert_eq!(
        letters(&v, 1),
        "F0.0 F0.1 F1.0 F1.1 B0.1 W0.1 F2.0 B0.0 W0.0 F2.1 B1.1 W1.1 B1.0 B2.1 B2.0 W1.0 W2.1 W2.0"
    );
    // Micro-batches 0 and 1 go down, 2 and 3 go up.
    let dual = order(DUAL, 2, 2, 4).unwrap();
    assert_eq!(letters(&dual, 0), "F0.0 F2.1 F1.0 B2.1 W2.1 F3.1 B0.0 W0.0 B3.1 W3.1 B1.0 W1.0");
    assert_eq!(letters(&dual, 1), "F2.1 F0.0 F3.1 B0.0 W0.0 F1.0 B2.1 W2.1 B1.0 W1.0 B3.1 W3.1");
}

#[test]
fn stages_are_where_the_schedules_put_them() {
    let all = |schedule, p: u32, v: u32| -> Vec<Vec<u32>> {
        (0..v).map(|chunk| (0..p).map(|rank| stage(schedule, p, v, rank, chunk)).collect()).collect()
    };
    assert_eq!(all(ONE, 3, 2), [[0, 1, 2], [3, 4, 5]]);
    assert_eq!(all(H1, 3, 1), [[0, 1, 2]]);
    assert_eq!(all(V, 3, 2), [[0, 1, 2], [5, 4, 3]]);
    assert_eq!(all(DUAL, 4, 2), [[0, 1, 2, 3], [3, 2, 1, 0]]);
    assert_eq!([ONE, H1, V, DUAL].map(|schedule| stages(schedule, 4, 2)), [8, 4, 8, 4]);
    // Out of range: no panic.
    assert_eq!(stage(V, 2, 2, 9, 1), 0);
    assert_eq!(stage(ONE, u32::MAX, 9, 9, 8), u32::MAX);
    assert_eq!((holder(V, 0, 9, 0), holder(DUAL, 2, 9, 1)), ((0, 1), (0, 1)));
}

/// 16 ranks, 64 micro-batches, `F = B = W`: the published bubbles as parts of the step.
#[test]
fn fractions_of_bubbles() {
    let equal = costs(Times::EQUAL);
    let fraction = |schedule, v| bubble_fraction(schedule, 16, v, 64, equal);
    assert_eq!(fraction(ONE, 1), 15.0 / 79.0);
    assert_eq!(fraction(ONE, 2), 15.0 / 143.0);
    assert_eq!(fraction(H1, 1), 5.0 / 69.0);
    assert_eq!(fraction(V, 2), 0.0);
    assert_eq!(fraction(DUAL, 2), 14.0 / 206.0);
    let nothing = Costs { forward: 0.0, backward: 0.0, weights: 0.0 };
    assert_eq!(bubble_fraction(ONE, 4, 1, 8, nothing), 0.0);
}

#[test]
fn groups_that_are_no_multiple_of_the_ranks_cost_memory() {
    // 15 micro-batches on 8 ranks are one group; 17 are groups of 9 and 8.
    let peak = |m: u32| peak_in_flight(&order(ONE, 8, 2, m).unwrap(), 0);
    assert_eq!([15, 16, 17, 23, 24].map(peak), [30, 23, 24, 27, 23]);
}

#[test]
fn long_orders_are_complete() {
    let passes = |schedule, p: u32, v: u32, m: u32| -> usize {
        let order = order(schedule, p, v, m).unwrap();
        (0..p).map(|rank| order.of(rank).len()).sum()
    };
    assert_eq!(passes(ONE, 64, 1, 512), 64 * 2 * 512);
    assert_eq!(passes(ONE, 16, 8, 512), 16 * 8 * 2 * 512);
    assert_eq!(passes(H1, 64, 1, 512), 64 * 3 * 512);
    assert_eq!(passes(V, 64, 2, 512), 64 * 6 * 512);
    assert_eq!(passes(DUAL, 64, 2, 512), 64 * 3 * 512);
}

#[test]
fn faults_are_told_all_at_once() {
    let told = |schedule, p, v, m| -> Vec<String> {
        order(schedule, p, v, m).unwrap_err().iter().map(OrderFault::to_string).collect()
    };
    assert_eq!(
        told(ONE, 0, 0, 0),
        [
            "a pipeline of 0 ranks: it needs at least 1",
            "a pipeline of 0 stages a rank: it needs at least 1",
            "a pipeline of 0 micro-batches: it needs at least 1",
        ]
    );
    assert_eq!(told(H1, 4, 2, 8), ["`zb-h1` has 1 stage on each rank, not 2"]);
    assert_eq!(told(V, 4, 1, 8), ["`zb-v` has 2 stages on each rank, not 1"]);
    assert_eq!(
        told(DUAL, 5, 3, 8),
        [
            "`dualpipe` has 2 stages on each rank, not 3",
            "`dualpipe` runs from both ends to the middle: it needs an even number of ranks, not 5",
        ]
    );
    assert_eq!(
        told(V, 100_000, 2, 1),
        ["100000 ranks with 1 micro-batches make 120000000000 passes: 4294967295 is the most"]
    );
    let most = u32::MAX;
    assert_eq!(order(ONE, most, most, most).unwrap_err().len(), 1);
}
