//! The analytic engine against closed forms, and against the bounds that nothing may beat.
//!
//! Closed forms: `N` ranks, `S` bytes, `s = S / N`, rate `B`, latency `a` of every path.

mod hand;

use hand::{
    Exchange, binomial, bruck_exchange, bruck_gather, cables, chain, collective, dimensions, direct,
    every_schedule, exchanges, fabric, flat, hop, resource, ring, route, schedule, shifts, table,
};
use proptest::prelude::*;
use railspine::bound::BoundModel;
use railspine::collective::{Op, Schedule};
use railspine::engine::{Collective, Job, Outcome, Silent, Steps, analytic};
use railspine::ids::{PathId, Rank};
use railspine::route::Routes;
use railspine::units::{Bytes, Time};

/// Routes over one switch, `rate` bytes per second, `latency` a path, rank `r` on port `port(r)`.
fn star(schedule: &Schedule, rate: f64, latency: u64, port: impl Fn(u32) -> u32) -> (Routes, Vec<PathId>) {
    let resources = (0..2 * schedule.ranks).map(|link| resource(link, rate)).collect();
    table(schedule, resources, |src, dst| (vec![hop(2 * port(src)), hop(2 * port(dst) + 1)], Time(latency)))
}

fn run(routes: &Routes, collectives: Vec<Collective>) -> Outcome {
    let outcome = analytic::run(&Job { routes, collectives }, &mut Silent);
    for collective in &outcome.collectives {
        let parts = collective.breakdown;
        let sum = parts.latency + parts.transfer + parts.sharing;
        assert_eq!(collective.start + sum, collective.finish, "the parts sum to the time");
    }
    outcome
}

const BYTES: u64 = 16 << 20;
const RATE: f64 = 50e9;
const HOP: u64 = 1_000_000;

/// The time of a schedule of 16 MiB on one switch of 50 GB/s and 1 us, in picoseconds.
fn on_star(schedule: Schedule, steps: Steps) -> u64 {
    let (routes, paths) = star(&schedule, RATE, HOP, |rank| rank);
    let outcome = run(&routes, vec![collective(schedule, BYTES, paths, steps)]);
    outcome.collectives[0].finish.ps()
}

/// Within a picosecond for each of `events` chained events.
#[track_caller]
fn assert_us(found: u64, us: f64, events: u64) {
    let expected = (us * 1e6).round() as u64;
    assert!(found.abs_diff(expected) <= events + 1, "{found} ps, not {us} us");
}

#[test]
fn one_flow_and_equal_flows_on_one_link() {
    for flows in [1, 3] {
        let make = || flat(flows + 1);
        let resources = vec![resource(0, 80e9), resource(1, 50e9)];
        let (routes, paths) = table(&make(), resources, |_, _| (vec![hop(0), hop(1)], Time(HOP)));
        let outcome = run(&routes, vec![collective(make(), 50_000_000, paths, Steps::Receipt)]);
        let finish = outcome.collectives[0];
        assert_eq!(finish.finish.ps(), HOP + u64::from(flows) * 1_000_000_000);
        assert_eq!(finish.breakdown.transfer.ps(), 1_000_000_000);
        assert_eq!(finish.breakdown.sharing.ps(), u64::from(flows - 1) * 1_000_000_000);
        assert_eq!(outcome.resource_bytes, vec![5e7 * f64::from(flows); 2]);
        assert_eq!(outcome.flows, u64::from(flows));
    }
}

#[test]
fn rings() {
    for steps in [Steps::Receipt, Steps::Lockstep] {
        assert_us(on_star(ring(Op::ReduceScatter, 64), steps), 393.30144, 63);
        assert_us(on_star(ring(Op::AllGather, 64), steps), 393.30144, 63);
        assert_us(on_star(ring(Op::AllReduce, 64), steps), 786.60288, 126);
    }
}

#[test]
fn recursive_exchanges() {
    let with = |exchange| (0..6).map(move |bit| (1 << bit, exchange));
    let whole: Vec<(u32, Exchange)> = with(Exchange::Whole).collect();
    let gather: Vec<(u32, Exchange)> = with(Exchange::Double).collect();
    let scatter: Vec<(u32, Exchange)> = with(Exchange::Halve).rev().collect();
    let both: Vec<(u32, Exchange)> = scatter.iter().chain(&gather).copied().collect();
    for steps in [Steps::Receipt, Steps::Lockstep] {
        assert_us(on_star(exchanges(Op::AllReduce, 64, &whole), steps), 2019.26592, 6);
        assert_us(on_star(exchanges(Op::AllGather, 64, &gather), steps), 336.30144, 6);
        assert_us(on_star(exchanges(Op::ReduceScatter, 64, &scatter), steps), 336.30144, 6);
        assert_us(on_star(exchanges(Op::AllReduce, 64, &both), steps), 672.60288, 12);
    }
}

#[test]
fn bruck() {
    for steps in [Steps::Receipt, Steps::Lockstep] {
        assert_us(on_star(bruck_gather(64), steps), 336.30144, 6);
        assert_us(on_star(bruck_exchange(64), steps), 1012.63296, 6);
    }
}

#[test]
fn all_to_all() {
    assert_us(on_star(shifts(64, false), Steps::Lockstep), 393.30144, 63);
    assert_us(on_star(shifts(64, false), Steps::Receipt), 331.30144, 63);
    assert_us(on_star(shifts(64, true), Steps::Receipt), 331.30144, 1);
    assert_us(on_star(shifts(64, true), Steps::Lockstep), 331.30144, 1);
    assert_us(on_star(direct(Op::AllReduce, 64), Steps::Receipt), 2.0 * 331.30144, 2);
}

#[test]
fn trees_and_chains() {
    assert_us(on_star(binomial(64), Steps::Receipt), 2019.26592, 6);
    assert_us(on_star(binomial(64), Steps::Lockstep), 2019.26592, 6);
    // Receipt-driven: (N - 1) a + (N + m - 2) S / (m B).
    assert_us(on_star(chain(64, 128), Steps::Receipt), 561.0736, 190);
    assert_us(on_star(chain(64, 128), Steps::Lockstep), 688.0736, 190);
}

#[test]
fn hierarchies() {
    // 8 servers of 8, 450 GB/s inside, 50 GB/s across, 64 MiB.
    let make = || dimensions(&[8, 8]);
    let resources = (0..256).map(|link| resource(link, if link < 128 { 450e9 } else { 50e9 })).collect();
    let (routes, paths) = table(&make(), resources, |src, dst| {
        let first = if src / 8 == dst / 8 { 0 } else { 128 };
        (vec![hop(first + 2 * src), hop(first + 2 * dst + 1)], Time(HOP))
    });
    for steps in [Steps::Receipt, Steps::Lockstep] {
        let outcome = run(&routes, vec![collective(make(), 64 << 20, paths.clone(), steps)]);
        assert_us(outcome.collectives[0].finish.ps(), 582.580_196, 28);
    }
}

#[test]
fn tori() {
    // A link to the next of every dimension, 0.5 us, 64 MiB, one direction.
    for (sides, us) in [(vec![8, 8], 2656.41152), (vec![4, 4, 4], 2651.41152)] {
        let make = || dimensions(&sides);
        let resources = (0..3 * 64).map(|link| resource(link, RATE)).collect();
        let (routes, paths) = table(&make(), resources, |src, dst| {
            let mut dimension = 0;
            let mut stride = 1;
            while src / stride / sides[dimension] != dst / stride / sides[dimension] {
                stride *= sides[dimension];
                dimension += 1;
            }
            (vec![hop(64 * dimension as u32 + src)], Time(500_000))
        });
        for steps in [Steps::Receipt, Steps::Lockstep] {
            let outcome = run(&routes, vec![collective(make(), 64 << 20, paths.clone(), steps)]);
            assert_us(outcome.collectives[0].finish.ps(), us, 42);
        }
    }
}

#[test]
fn rings_of_unequal_latency_take_the_slowest_window() {
    // Rail-optimised: 4 servers of 4; hops inside take 0.3 us, hops to the next server 1.4 us.
    let hop_latency = |src: u32, dst: u32| if src / 4 == dst / 4 { 300_000 } else { 1_400_000 };
    for (op, steps) in [(Op::AllGather, 15), (Op::AllReduce, 30)] {
        let make = || ring(op, 16);
        let resources = (0..32).map(|link| resource(link, RATE)).collect();
        let (routes, paths) = table(&make(), resources, |src, dst| {
            (vec![hop(2 * src), hop(2 * dst + 1)], Time(hop_latency(src, dst)))
        });
        let window =
            |first: u32| -> u64 { (first..first + steps).map(|i| hop_latency(i % 16, (i + 1) % 16)).sum() };
        let latency = (0..16).map(window).max().unwrap();
        let drain = BYTES / 16 * 20;
        let outcome = run(&routes, vec![collective(make(), BYTES, paths.clone(), Steps::Receipt)]);
        let found = outcome.collectives[0];
        assert_eq!(found.finish.ps(), u64::from(steps) * drain + latency);
        assert_eq!(found.breakdown.latency.ps(), latency);
        let outcome = run(&routes, vec![collective(make(), BYTES, paths, Steps::Lockstep)]);
        assert_eq!(outcome.collectives[0].finish.ps(), u64::from(steps) * (drain + 1_400_000));
    }
}

#[test]
fn collectives_that_overlap_hold_each_other_up() {
    let make = || ring(Op::AllReduce, 8);
    let schedule = make();
    let (routes, paths) = star(&schedule, RATE, HOP, |rank| rank);
    let one = || collective(make(), BYTES, paths.clone(), Steps::Receipt);
    let alone = run(&routes, vec![one()]).collectives[0].finish.ps();
    let drain = 14 * BYTES / 8 * 20;
    assert_eq!(alone, drain + 14 * HOP);
    let later = |start| Collective { start: Time(start), ..one() };
    let both = run(&routes, vec![one(), later(0)]);
    assert!(both.collectives.iter().all(|c| c.finish.ps() == alone + drain));
    let apart = run(&routes, vec![one(), later(alone)]);
    assert_eq!(apart.collectives[0].finish.ps(), alone);
    assert_eq!(apart.collectives[1].finish.ps(), 2 * alone);
    assert_eq!(apart.collectives[1].start.ps(), alone);
    assert_eq!(apart.resource_bytes[0], 2.0 * 14.0 * (BYTES / 8) as f64);
}

#[test]
fn nothing_to_do_takes_no_time() {
    let empty = schedule(Op::AllReduce, 1, 1, vec![]);
    let (routes, paths) = star(&empty, RATE, HOP, |rank| rank);
    let outcome = run(&routes, vec![collective(empty, BYTES, paths, Steps::Receipt)]);
    assert_eq!(outcome.collectives[0].finish, Time::ZERO);
    let (routes, paths) = star(&ring(Op::AllReduce, 8), RATE, HOP, |rank| rank);
    let outcome = run(&routes, vec![collective(ring(Op::AllReduce, 8), 0, paths, Steps::Receipt)]);
    assert_eq!(outcome.collectives[0].finish.ps(), 14 * HOP);
}

#[test]
fn absurd_rates_saturate() {
    for schedule in every_schedule(5) {
        let (routes, paths) = star(&schedule, 1e-3, u64::MAX / 2, |rank| rank);
        for steps in [Steps::Receipt, Steps::Lockstep] {
            let one = collective(schedule.clone(), 1 << 50, paths.clone(), steps);
            let late = Collective { start: Time(u64::MAX - 1), ..one.clone() };
            let job = Job { routes: &routes, collectives: vec![one, late] };
            let outcome = analytic::run(&job, &mut Silent);
            assert!(outcome.collectives.iter().all(|c| c.finish == Time::MAX), "{}", schedule.op);
        }
    }
}

/// 4 servers of 4 on rails: 450 GB/s and 0.3 us inside; 50 GB/s and 1.4 us across, by the peer of the receiver's rail
/// where sender and receiver are on different ones.
fn rails(schedule: &Schedule) -> (Routes, Vec<PathId>) {
    let resources = (0..64).map(|link| resource(link, if link < 32 { 450e9 } else { RATE })).collect();
    table(schedule, resources, |src, dst| {
        let peer = src / 4 * 4 + dst % 4;
        let (inside, across) =
            (vec![hop(2 * src), hop(2 * peer + 1)], vec![hop(32 + 2 * peer), hop(32 + 2 * dst + 1)]);
        match (src / 4 == dst / 4, src == peer) {
            (true, _) => (vec![hop(2 * src), hop(2 * dst + 1)], Time(300_000)),
            (false, true) => (across, Time(1_400_000)),
            (false, false) => ([inside, across].concat(), Time(1_700_000)),
        }
    })
}

#[test]
fn near_a_plain_simulation_of_every_transfer() {
    for bytes in [1 << 10, 1 << 16, 1 << 20, 1 << 28] {
        for schedule in every_schedule(16) {
            let (routes, paths) = rails(&schedule);
            let plain = hand::plain::finish(&schedule, &routes, &paths, Bytes(bytes));
            let name =
                format!("{}, {} phases of {}", schedule.op, schedule.phases.len(), schedule.phases[0].steps);
            let (op, phases) = (schedule.op, schedule.phases.len());
            let outcome = run(&routes, vec![collective(schedule.clone(), bytes, paths, Steps::Receipt)]);
            let ratio = outcome.collectives[0].finish.ps() as f64 / plain;
            let expected = match (op, phases) {
                // Exchanges that fall out of step meet on links, which no stage foresees.
                (Op::AllToAll, 15) if schedule.phases[1].waits.is_empty() => 0.9999..1.0001,
                (Op::AllToAll, _) => 0.3..1.0001,
                // Trees: flows of a stage that do not all last the whole of it.
                (Op::AllReduce, 2) => 0.9999..1.25,
                _ => 0.9999..1.0001,
            };
            assert!(expected.contains(&ratio), "{name}, {bytes} bytes: {ratio}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_beats_the_bounds((ranks, cables) in cables(), bytes in 0u64..50_000_000) {
        let fabric = fabric(ranks, &cables);
        let model = BoundModel::new(&fabric, &fabric.endpoints()[..ranks as usize]);
        for schedule in every_schedule(ranks) {
            let (routes, paths) = route(&fabric, &schedule);
            let op = schedule.op;
            let bound = model.bound(op, Bytes(bytes), Rank(0));
            for steps in [Steps::Receipt, Steps::Lockstep] {
                let outcome = run(&routes, vec![collective(schedule.clone(), bytes, paths.clone(), steps)]);
                let time = outcome.collectives[0].finish;
                prop_assert!(time >= bound.time, "{op} takes {time}, less than {bound:?}: {:?}", schedule.phases);
            }
        }
    }

    #[test]
    fn more_bytes_never_take_less((ranks, cables) in cables(), small in 0u64..1_000_000, more in 0u64..1_000_000) {
        let fabric = fabric(ranks, &cables);
        for schedule in every_schedule(ranks) {
            let (routes, paths) = route(&fabric, &schedule);
            for steps in [Steps::Receipt, Steps::Lockstep] {
                let time = |bytes| {
                    let one = collective(schedule.clone(), bytes, paths.clone(), steps);
                    run(&routes, vec![one]).collectives[0].finish
                };
                prop_assert!(time(small) <= time(small + more));
            }
        }
    }

    #[test]
    fn places_of_ranks_do_not_matter_on_a_star(places in Just((0..12u32).collect::<Vec<_>>()).prop_shuffle()) {
        for schedule in every_schedule(12) {
            let time = |port: &dyn Fn(u32) -> u32| {
                let (routes, paths) = star(&schedule, RATE, HOP, port);
                run(&routes, vec![collective(schedule.clone(), BYTES, paths, Steps::Receipt)]).collectives[0]
            };
            prop_assert_eq!(time(&|rank| rank), time(&|rank| places[rank as usize]));
        }
    }
}
