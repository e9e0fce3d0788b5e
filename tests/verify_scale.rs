//! The proof by samples: it proves every schedule of every algorithm, at any size, and catches what is broken.

use proptest::prelude::*;
use railspine::collective::algo::{Request, schedule, serves};
use railspine::collective::{
    Algorithm, Base, Need, On, Op, Order, Pattern, Payload, Phase, Proof, Schedule, Side, VerifyFault, Wait,
    verify, verify_order, verify_sampled,
};
use railspine::ids::Rank;
use railspine::units::Bytes;

/// The schedule of a request among servers of `size` ranks.
fn made(algorithm: Algorithm, op: Op, ranks: u32, size: u32) -> Option<Schedule> {
    let servers = (0..ranks).map(|rank| rank / size).collect();
    let torus = Some(if ranks.is_multiple_of(3) { vec![ranks / 3, 3] } else { vec![ranks] });
    schedule(algorithm, &Request { servers, torus, ..Request::new(op, ranks, Bytes(40 << 20)) }).ok()
}

#[test]
fn every_algorithm_is_proved_by_samples() {
    for op in Op::ALL {
        for algorithm in serves(op) {
            let mut proved = 0;
            for ranks in (1..=33).chain([48, 64, 100, 128]) {
                for size in [1, 2, 3, 4, 8, ranks] {
                    let Some(schedule) = made(algorithm, op, ranks, size) else { continue };
                    verify_sampled(&schedule)
                        .unwrap_or_else(|fault| panic!("{algorithm} {op} {ranks} in {size}: {fault}"));
                    proved += 1;
                }
            }
            assert!(proved > 0, "{algorithm} never does {op}");
        }
    }
}

/// The message of [`verify`] about a plain schedule after `break_it`.
fn fault(algorithm: Algorithm, op: Op, ranks: u32, break_it: impl FnOnce(&mut Schedule)) -> String {
    let mut schedule = made(algorithm, op, ranks, 1).expect("a plain request is served");
    break_it(&mut schedule);
    verify(schedule).expect_err("the schedule is broken").to_string()
}

#[test]
fn dropped_waits_are_caught_at_scale() {
    let drop_waits = |phase: usize| move |schedule: &mut Schedule| schedule.phases[phase].waits.clear();
    assert_eq!(
        fault(Algorithm::Ring, Op::AllReduce, 3000, drop_waits(0)),
        "step 1 of phase 0 (`all-reduce`) from rank 1 to rank 2 carries atom 0, but does not wait for what its sender \
         gets in step 0 of phase 0 (`all-reduce`) from rank 0 to rank 1"
    );
    assert_eq!(
        fault(Algorithm::HalvingDoubling, Op::AllReduce, 1 << 14, drop_waits(20)),
        "step 0 of phase 20 (`all-gather`) from rank 0 to rank 64 carries atom 0, but does not wait for what its \
         sender gets in step 0 of phase 13 (`reduce-scatter`) from rank 1 to rank 0"
    );
    assert_eq!(
        fault(Algorithm::RecursiveDoubling, Op::AllReduce, 1 << 15, drop_waits(3)),
        "step 0 of phase 3 (`exchange`) from rank 0 to rank 8 carries atom 0, but does not wait for what its sender gets \
         in step 0 of phase 2 (`exchange`) from rank 4 to rank 0"
    );
    assert_eq!(
        fault(Algorithm::Direct, Op::AllReduce, 1000, drop_waits(1)),
        "step 0 of phase 1 (`all-gather`) from rank 0 to rank 1 carries atom 0, but does not wait for what its sender \
         gets in step 0 of phase 0 (`reduce-scatter`) from rank 1 to rank 0"
    );
    assert_eq!(
        fault(Algorithm::Bruck, Op::AllToAll, 2000, drop_waits(5)),
        "step 0 of phase 5 (`all-to-all`) from rank 1 to rank 33 carries atom 33, but does not wait for what its sender \
         gets in step 0 of phase 0 (`all-to-all`) from rank 0 to rank 1"
    );
    let trees = fault(Algorithm::DoubleTree, Op::AllReduce, 3000, drop_waits(1));
    assert!(trees.contains("(`down`)") && trees.contains("does not wait"), "{trees}");
}

#[test]
fn missing_surplus_and_lost_contributions_are_caught_at_scale() {
    let drop_last = |schedule: &mut Schedule| drop(schedule.phases.pop());
    assert_eq!(
        fault(Algorithm::Pairwise, Op::ReduceScatter, 1000, drop_last),
        "rank 0 ends without the contribution of rank 1 to atom 0"
    );
    assert_eq!(
        fault(Algorithm::Pairwise, Op::AllToAll, 1000, drop_last),
        "rank 999 ends without the contribution of rank 0 to atom 999"
    );
    let reduces = |more: i32| {
        move |schedule: &mut Schedule| {
            schedule.phases[0].reduce_steps = schedule.phases[0].reduce_steps.saturating_add_signed(more);
        }
    };
    assert_eq!(
        fault(Algorithm::Ring, Op::AllReduce, 3000, reduces(1)),
        "step 2999 of phase 0 (`all-reduce`) from rank 2999 to rank 0 adds the contribution of rank 0 to atom 0 a second \
         time"
    );
    assert_eq!(
        fault(Algorithm::Ring, Op::AllReduce, 3000, reduces(-1)),
        "step 2998 of phase 0 (`all-reduce`) from rank 2998 to rank 2999 overwrites the contribution of rank 2999 to \
         atom 0"
    );
    let shift = |schedule: &mut Schedule| match &mut schedule.phases[0].payload {
        Payload::Cyclic { start, .. } => *start += 1,
        Payload::SenderShard { width } | Payload::ReceiverShard { width } => *width += 1,
        other => panic!("not shifted: {other:?}"),
    };
    assert_eq!(
        fault(Algorithm::Ring, Op::AllGather, 3000, shift),
        "step 0 of phase 0 (`all-gather`) from rank 2999 to rank 0 carries atom 0, of which its sender has nothing yet"
    );
    assert_eq!(
        fault(Algorithm::Direct, Op::ReduceScatter, 1000, shift),
        "step 0 of phase 0 (`reduce-scatter`) from rank 0 to rank 500 carries atom 1001, but there are 1000 atoms"
    );
    // Too many ranks for sets of them: the fingerprint is wrong, and more is not known.
    assert_eq!(
        fault(Algorithm::Ring, Op::AllReduce, 40_000, |schedule| schedule.phases[0].steps -= 1),
        "rank 39998 ends with the wrong contributions to atom 0"
    );
}

#[test]
fn circles_are_caught_at_scale() {
    let circle = |schedule: &mut Schedule| {
        schedule.phases[0].waits = vec![Wait { need: Need::All, ..schedule.phases[0].waits[0] }];
    };
    assert_eq!(
        fault(Algorithm::Ring, Op::AllReduce, 40_000, circle),
        "phase 0 (`all-reduce`) waits for what phase 0 (`all-reduce`) does in the same round or later"
    );
    // Rounds the wrong way round stop only lockstep; such schedules are run whole.
    let mut ring = made(Algorithm::Hierarchical, Op::AllReduce, 512, 8).unwrap();
    let rounds = ring.phases.len() as u32;
    (0..).zip(&mut ring.phases).for_each(|(number, phase)| phase.round = rounds - number);
    assert!(verify_sampled(&ring).unwrap_err().to_string().contains("in the same round or later"));
    assert!(verify_order(&ring, Order::Lockstep).unwrap_err().to_string().contains("never ends"));
    assert_eq!(verify(ring).unwrap().proof(), Proof::Exact);
}

#[test]
fn billions_of_lanes_are_not_listed() {
    let schedule = made(Algorithm::Direct, Op::AllToAll, 1 << 17, 8).unwrap();
    assert_eq!(schedule.transfer_count(), (1 << 34) - (1 << 17));
    assert!(verify_order(&schedule, Order::Lazy).unwrap_err().to_string().contains("17179738112 lanes"));
    assert_eq!(verify(schedule).unwrap().proof(), Proof::Symmetry { atoms: 2 });
}

/// One of many ways to break a schedule, or not.
fn break_it(schedule: &mut Schedule, way: u32, at: usize, by: u32) {
    let phases = schedule.phases.len();
    if phases == 0 {
        return;
    }
    let (at, other) = (at % phases, by as usize % phases);
    let phase = &mut schedule.phases[at];
    match way {
        0 => phase.waits.clear(),
        1 => drop(phase.waits.pop()),
        2 if phase.steps > 1 => phase.steps -= 1,
        3 => phase.reduce_steps = phase.steps.min(phase.reduce_steps + 1),
        4 => phase.reduce_steps = phase.reduce_steps.saturating_sub(1),
        5 => match &mut phase.payload {
            Payload::Cyclic { start, .. } | Payload::Blocks { start, .. } => *start += i64::from(by),
            Payload::Aligned { partner, .. } => *partner = !*partner,
            Payload::BruckShards { bit, .. } => *bit = by % 5,
            Payload::Segments { base, .. } => *base = 0,
            _ => {}
        },
        6 => {
            for wait in &mut phase.waits {
                wait.need = if by.is_multiple_of(2) { Need::All } else { Need::Step { plus: by % 3 } };
            }
        }
        7 => {
            for wait in &mut phase.waits {
                wait.on = if by.is_multiple_of(2) { On::Sent } else { On::Received };
                wait.side = if by.is_multiple_of(3) { Side::Incoming } else { Side::Outgoing };
            }
        }
        8 => match &mut phase.pattern {
            Pattern::Shift { order, .. } | Pattern::Xor { order, .. } | Pattern::Complete { order, .. } => {
                let mut ranks = order.to_vec();
                let places = ranks.len();
                ranks.swap(other % places, (other + by as usize) % places);
                *order = ranks.into();
            }
            Pattern::Pairs(pairs) => {
                let mut list = pairs.to_vec();
                let len = list.len();
                if len > 0 {
                    list.swap(other % len, (other + by as usize) % len);
                }
                *pairs = list.into();
            }
        },
        9 => {
            let again = phase.clone();
            let round = schedule.phases[phases - 1].round + 1;
            let last = phases as u32 - 1;
            let waits = [On::Received, On::Sent].map(|on| {
                let side = if on == On::Received { Side::Incoming } else { Side::Outgoing };
                Wait { phase: last, on, side, need: Need::All }
            });
            schedule.phases.push(Phase { round, waits: waits.to_vec(), ..again });
        }
        10 => {
            let payload = schedule.phases[other].payload.clone();
            let lanes = schedule.phases[at].pattern.len();
            let fits = match &payload {
                Payload::Table(ranges) => ranges.len() >= lanes,
                Payload::Cyclic { base: Base::PerRing(_), .. } | Payload::Blocks { .. } => false,
                _ => true,
            };
            if fits {
                schedule.phases[at].payload = payload;
            }
        }
        _ => {
            for wait in &mut phase.waits {
                wait.phase = other as u32;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    /// What fails in some order of events is never proved by samples, here of all atoms or of those that stand for
    /// them.
    #[test]
    fn what_is_broken_is_never_proved(
        op in prop::sample::select(Op::ALL.to_vec()),
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        ranks in 2..=17_u32,
        size in 1..=4_u32,
        root in 0..17_u32,
        channels in prop::option::of(1..=3_u32),
        segments in prop::option::of(1..=3_u32),
        ways in prop::collection::vec((0..12_u32, 0..64_usize, 1..9_u32), 1..3),
        seed: u64,
    ) {
        let request = Request {
            root: Rank(root % ranks),
            channels,
            segments,
            servers: (0..ranks).map(|rank| rank / size).collect(),
            torus: Some(if ranks.is_multiple_of(3) { vec![ranks / 3, 3] } else { vec![ranks] }),
            ..Request::new(op, ranks, Bytes(1 << 20))
        };
        let Ok(mut schedule) = schedule(algorithm, &request) else { return Ok(()) };
        for (way, at, by) in ways {
            break_it(&mut schedule, way, at, by);
        }
        let orders =
            [Order::Eager, Order::Lazy, Order::Lockstep, Order::Random(seed), Order::Random(seed ^ 1), Order::Random(!seed)];
        // What is added twice where nobody looks is no matter to fingerprints.
        let unseen = |fault: &VerifyFault| {
            matches!(op, Op::Reduce | Op::ReduceScatter) && matches!(fault, VerifyFault::Doubled { .. })
        };
        let mut faults = orders.iter().filter_map(|order| verify_order(&schedule, *order).err());
        let broken = faults.find(|fault| !unseen(fault));
        if let Some(broken) = broken {
            let proved = verify_sampled(&schedule);
            prop_assert!(proved.is_err(), "{} {:?}: {}, but {:?}", algorithm, request, broken, proved);
        }
    }
}

/// Schedules that nobody could walk whole are proved through some atoms, or through atoms that stand for all.
#[test]
fn schedules_at_scale_are_proved() {
    let cases = [
        (Algorithm::Ring, Op::AllReduce, 65_536, Some(1)),
        (Algorithm::HalvingDoubling, Op::AllReduce, 16_384, None),
        (Algorithm::Direct, Op::AllToAll, 65_536, None),
        (Algorithm::TwoLevel, Op::AllToAll, 16_384, None),
        (Algorithm::Pairwise, Op::AllToAll, 4096, None),
    ];
    for (algorithm, op, ranks, channels) in cases {
        let servers = (0..ranks).map(|rank| rank / 8).collect();
        let request = Request { servers, channels, ..Request::new(op, ranks, Bytes(8 << 30)) };
        let proof = railspine::collective::verify(schedule(algorithm, &request).unwrap()).unwrap().proof();
        let followed = matches!(proof, Proof::Symmetry { atoms } | Proof::Sampled { atoms } if atoms > 0);
        assert!(followed, "{algorithm} {op} {ranks}: {proof:?}");
    }
}
