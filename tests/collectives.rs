//! Every algorithm, for every operation that it does, makes schedules that the verifier proves in every
//! order of events; schedules that are broken are caught, with a message that says where.

use proptest::prelude::*;
use railspine::collective::algo::{Request, Unserved, ops, schedule, serves};
use railspine::collective::{
    Algorithm, AtomRange, Need, On, Op, Order, Pattern, Payload, Phase, Proof, Schedule, Side, Wait, verify,
    verify_order,
};
use railspine::ids::Rank;
use railspine::units::Bytes;

/// All requests of a kind among `ranks` ranks: roots, servers, tori, channels, segments.
fn requests(op: Op, ranks: u32) -> Vec<Request> {
    let base = Request::new(op, ranks, Bytes(1_000_003));
    let mut all = vec![base.clone(), Request { servers: vec![0; ranks as usize], ..base.clone() }];
    // Servers of equal size, one after another and dealt round.
    for size in (2..ranks).filter(|size| ranks.is_multiple_of(*size)) {
        let servers = (0..ranks).map(|rank| rank / size).collect();
        all.push(Request { servers, ..base.clone() });
        let servers = (0..ranks).map(|rank| rank % (ranks / size)).collect();
        all.push(Request { servers, channels: Some(3), segments: Some(2), ..base.clone() });
    }
    // Servers of unequal size.
    if ranks > 2 {
        let servers = (0..ranks).map(|rank| u32::from(rank > 1)).collect();
        all.push(Request { servers, ..base.clone() });
    }
    for (channels, segments) in [(1, 1), (2, 3), (5, 2)] {
        all.push(Request { channels: Some(channels), segments: Some(segments), ..base.clone() });
    }
    for torus in tori(ranks) {
        for channels in [None, Some(1), Some(3)] {
            all.push(Request { torus: Some(torus.clone()), channels, ..base.clone() });
        }
    }
    if op.is_rooted() {
        let roots: Vec<u32> =
            if ranks <= 9 { (0..ranks).collect() } else { vec![0, 1, ranks / 2, ranks - 1] };
        all = all
            .into_iter()
            .flat_map(|request| {
                roots.iter().map(move |root| Request { root: Rank(*root), ..request.clone() })
            })
            .collect();
    }
    all
}

/// Side lengths of tori of so many places, with sides of one among them.
fn tori(ranks: u32) -> Vec<Vec<u32>> {
    let mut tori = vec![vec![ranks], vec![1, ranks, 1]];
    for side in (2..ranks).filter(|side| ranks.is_multiple_of(*side)) {
        tori.push(vec![side, ranks / side]);
        for other in (2..ranks / side).filter(|other| (ranks / side).is_multiple_of(*other)) {
            tori.push(vec![side, other, ranks / side / other]);
        }
    }
    tori
}

/// Schedules of an algorithm for all requests that it can serve.
fn schedules(algorithm: Algorithm, op: Op, ranks: u32) -> Vec<(Request, Schedule)> {
    let made = requests(op, ranks).into_iter().filter_map(|request| match schedule(algorithm, &request) {
        Ok(made) => Some((request, made)),
        Err(Unserved::Placement { .. }) => None,
        Err(Unserved::Ranks { .. }) => {
            assert!(!ranks.is_power_of_two(), "{algorithm} {op} {ranks}");
            None
        }
        Err(fault) => panic!("{algorithm} {op} {request:?}: {fault}"),
    });
    made.collect()
}

fn everywhere(check: impl Fn(&Request, Schedule)) {
    for op in Op::ALL {
        for algorithm in serves(op) {
            let mut made = 0;
            for ranks in 1..=33 {
                for (request, schedule) in schedules(algorithm, op, ranks) {
                    made += 1;
                    check(&request, schedule);
                }
            }
            assert!(made > 0, "{algorithm} never does {op}");
        }
    }
}

#[test]
fn every_schedule_is_proved_eager() {
    everywhere(|request, schedule| {
        let algorithm = schedule.algorithm;
        assert_eq!(schedule.op, request.op);
        let verified = verify(schedule).unwrap_or_else(|fault| panic!("{algorithm} {request:?}: {fault}"));
        assert_eq!(verified.proof(), Proof::Exact);
    });
}

#[test]
fn every_schedule_is_proved_lazy() {
    everywhere(|request, schedule| {
        verify_order(&schedule, Order::Lazy)
            .unwrap_or_else(|fault| panic!("{} {request:?}: {fault}", schedule.algorithm));
    });
}

#[test]
fn every_schedule_is_proved_in_random_order() {
    everywhere(|request, schedule| {
        if request.ranks > 17 && !request.ranks.is_power_of_two() {
            return;
        }
        for seed in 0..3 {
            verify_order(&schedule, Order::Random(seed))
                .unwrap_or_else(|fault| panic!("{} {request:?} seed {seed}: {fault}", schedule.algorithm));
        }
    });
}

#[test]
fn every_schedule_ends_in_lockstep() {
    everywhere(|request, schedule| {
        if request.ranks > 17 && !request.ranks.is_power_of_two() {
            return;
        }
        verify_order(&schedule, Order::Lockstep)
            .unwrap_or_else(|fault| panic!("{} {request:?}: {fault}", schedule.algorithm));
    });
}
