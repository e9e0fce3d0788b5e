//! Every algorithm, for every operation that it does, makes schedules that the verifier proves in every
//! order of events; schedules that are broken are caught, with a message that says where.

use proptest::prelude::*;
use railspine::collective::algo::{Request, Unserved, ops, schedule, serves};
use railspine::collective::{
    Algorithm, AtomRange, Need, On, Op, Order, Pattern, Payload, Phase, Proof, Schedule, Side, Spread, Wait,
    verify, verify_order,
};
use railspine::ids::Rank;
use railspine::units::Bytes;

/// The divisors of `ranks` between 1 and itself; of many ranks the extreme ones only.
fn sizes(ranks: u32) -> Vec<u32> {
    let mut sizes: Vec<u32> = (2..ranks).filter(|size| ranks.is_multiple_of(*size)).collect();
    if ranks > 16 && sizes.len() > 2 {
        sizes.drain(1..sizes.len() - 1);
    }
    sizes
}

/// Requests of every kind among `ranks` ranks: roots, servers, tori, channels, segments.
fn requests(op: Op, ranks: u32) -> Vec<Request> {
    let base = Request::new(op, ranks, Bytes(1_000_003));
    let mut all = vec![base.clone(), Request { servers: vec![0; ranks as usize], ..base.clone() }];
    // Servers of equal size, one after another and dealt round.
    for size in sizes(ranks) {
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
        let roots: Vec<u32> = if ranks <= 9 { (0..ranks).collect() } else { vec![0, ranks / 2, ranks - 1] };
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
    for side in sizes(ranks) {
        tori.push(vec![side, ranks / side]);
        for other in sizes(ranks / side) {
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

/// The schedule of a plain request, which must be served.
fn made(algorithm: Algorithm, op: Op, ranks: u32) -> Schedule {
    schedule(algorithm, &Request::new(op, ranks, Bytes(1 << 20))).expect("a plain request is served")
}

#[test]
fn large_schedules_are_proved_by_fingerprints_symmetry_and_samples() {
    let proof = |schedule| verify(schedule).unwrap().proof();
    let ring = made(Algorithm::Ring, Op::AllReduce, 1024);
    assert_eq!(ring.transfer_count(), 2_095_104);
    assert_eq!(proof(ring), Proof::Symmetry { atoms: 1 });
    assert_eq!(proof(made(Algorithm::Bruck, Op::AllToAll, 400)), Proof::Symmetry { atoms: 400 });
    assert_eq!(proof(made(Algorithm::RecursiveDoubling, Op::AllReduce, 1 << 16)), Proof::Fingerprint);
    assert_eq!(proof(made(Algorithm::Direct, Op::AllReduce, 200)), Proof::Exact);
    assert_eq!(proof(made(Algorithm::Bruck, Op::AllGather, 20_000)), Proof::Symmetry { atoms: 1 });
    assert_eq!(proof(made(Algorithm::Chain, Op::AllReduce, 40_000)), Proof::Sampled { atoms: 3 });
    // Those that are folded in are not alike the others.
    assert!(matches!(
        proof(made(Algorithm::HalvingDoubling, Op::AllReduce, 20_000)),
        Proof::Sampled { atoms: 2.. }
    ));
}

#[test]
fn wrong_atoms_found_by_fingerprints_are_named_exactly() {
    let mut ring = made(Algorithm::Ring, Op::AllReduce, 1000);
    ring.phases[0].steps -= 1;
    assert_eq!(
        verify(ring).unwrap_err().to_string(),
        "rank 998 ends without the contribution of rank 999 to atom 0"
    );
}

/// The message about a schedule after `break_it`, found in eager order.
fn fault(mut schedule: Schedule, break_it: impl FnOnce(&mut Schedule)) -> String {
    break_it(&mut schedule);
    verify(schedule).expect_err("the schedule is broken").to_string()
}

#[test]
fn a_dropped_wait_is_caught() {
    let drop_waits = |phase: usize| move |schedule: &mut Schedule| schedule.phases[phase].waits.clear();
    assert_eq!(
        fault(made(Algorithm::Ring, Op::AllReduce, 4), drop_waits(0)),
        "step 3 of phase 0 (`all-reduce`) from rank 0 to rank 1 overwrites the contribution of rank 1 to atom 1"
    );
    assert_eq!(
        fault(made(Algorithm::Ring, Op::AllGather, 4), drop_waits(0)),
        "step 1 of phase 0 (`all-gather`) from rank 0 to rank 1 carries atom 3, of which its sender has nothing yet"
    );
    assert_eq!(
        fault(made(Algorithm::Chain, Op::Broadcast, 3), drop_waits(0)),
        "step 0 of phase 0 (`broadcast`) from rank 1 to rank 2 carries atom 0, of which its sender has nothing yet"
    );
    assert_eq!(
        fault(made(Algorithm::RecursiveDoubling, Op::AllReduce, 4), drop_waits(1)),
        "rank 0 ends without the contribution of rank 3 to atom 0"
    );
    assert_eq!(
        fault(made(Algorithm::Direct, Op::AllReduce, 3), drop_waits(1)),
        "step 0 of phase 1 (`all-gather`) from rank 0 to rank 1 overwrites the contribution of rank 1 to atom 0"
    );
    assert_eq!(
        fault(made(Algorithm::DoubleTree, Op::Reduce, 8), drop_waits(0)),
        "rank 0 ends without the contribution of ranks 1, 2, 3, 5 and 2 others to atom 0"
    );
    assert_eq!(
        fault(made(Algorithm::Bruck, Op::AllToAll, 4), drop_waits(1)),
        "step 0 of phase 1 (`all-to-all`) from rank 0 to rank 2 carries atom 14, of which its sender has nothing yet"
    );
}

#[test]
fn a_dropped_phase_is_caught() {
    assert_eq!(
        fault(made(Algorithm::Pairwise, Op::ReduceScatter, 4), |schedule| drop(schedule.phases.pop())),
        "rank 0 ends without the contribution of rank 1 to atom 0"
    );
    assert_eq!(
        fault(made(Algorithm::Pairwise, Op::AllToAll, 4), |schedule| drop(schedule.phases.pop())),
        "rank 0 ends without the contribution of rank 1 to atom 4"
    );
    assert_eq!(
        fault(made(Algorithm::HalvingDoubling, Op::AllReduce, 6), |schedule| drop(schedule.phases.pop())),
        "rank 0 ends without the contribution of ranks 1, 2, 3, 4 and 1 other to atom 0"
    );
    assert_eq!(
        fault(made(Algorithm::Binomial, Op::Broadcast, 5), |schedule| drop(schedule.phases.pop())),
        "rank 1 ends without the contribution of rank 0 to atom 0"
    );
    assert_eq!(
        fault(made(Algorithm::Bruck, Op::AllGather, 5), |schedule| drop(schedule.phases.remove(0))),
        "the schedule never ends: 10 transfers wait for each other, the first is step 0 of phase 0 (`all-gather`) from rank 0 to rank 3"
    );
}

#[test]
fn a_shifted_payload_is_caught() {
    let shift = |schedule: &mut Schedule| match &mut schedule.phases[0].payload {
        Payload::Cyclic { start, .. } | Payload::Blocks { start, .. } => *start += 1,
        Payload::Segments { base, .. } => *base += 1,
        Payload::SenderShard { width } | Payload::ReceiverShard { width } => *width += 1,
        other => panic!("not shifted: {other:?}"),
    };
    assert_eq!(
        fault(made(Algorithm::Ring, Op::AllGather, 4), shift),
        "step 0 of phase 0 (`all-gather`) from rank 0 to rank 1 carries atom 1, of which its sender has nothing yet"
    );
    assert_eq!(
        fault(made(Algorithm::Ring, Op::ReduceScatter, 4), shift),
        "rank 0 ends without the contribution of ranks 1, 2 and 3 to atom 0"
    );
    assert_eq!(
        fault(made(Algorithm::Chain, Op::Broadcast, 4), shift),
        "step 3 of phase 0 (`broadcast`) from rank 0 to rank 1 carries atom 4, but there are 4 atoms"
    );
    assert_eq!(
        fault(made(Algorithm::Direct, Op::AllGather, 4), shift),
        "step 0 of phase 0 (`all-gather`) from rank 0 to rank 1 carries atom 1, of which its sender has nothing yet"
    );
    assert_eq!(
        fault(made(Algorithm::Direct, Op::ReduceScatter, 4), shift),
        "step 0 of phase 0 (`reduce-scatter`) from rank 0 to rank 2 carries atom 5, but there are 4 atoms"
    );
    // A ring all-reduce may begin with any block.
    let mut ring = made(Algorithm::Ring, Op::AllReduce, 4);
    shift(&mut ring);
    assert!(verify(ring).is_ok());
}

#[test]
fn a_doubled_or_lost_contribution_is_caught() {
    // The ring goes on adding for one step too many, and starts to copy one step too early.
    let mut ring = made(Algorithm::Ring, Op::AllReduce, 4);
    assert_eq!(
        fault(ring.clone(), |schedule| schedule.phases[0].reduce_steps += 1),
        "step 3 of phase 0 (`all-reduce`) from rank 3 to rank 0 adds the contribution of rank 0 to atom 0 a second time"
    );
    assert_eq!(
        fault(ring.clone(), |schedule| schedule.phases[0].reduce_steps -= 1),
        "step 2 of phase 0 (`all-reduce`) from rank 2 to rank 3 overwrites the contribution of rank 3 to atom 0"
    );
    // The same exchange twice.
    ring = made(Algorithm::RecursiveDoubling, Op::AllReduce, 4);
    let twice = |schedule: &mut Schedule| {
        let again = Phase { waits: vec![arrived(1)], ..schedule.phases[1].clone() };
        schedule.phases.push(again);
    };
    assert_eq!(
        fault(ring, twice),
        "step 0 of phase 2 (`exchange`) from rank 3 to rank 1 adds the contribution of rank 0 to atom 0 a second time"
    );
    // A tree whose reduction is sent twice.
    let twice = |schedule: &mut Schedule| {
        schedule.phases[0].steps *= 2;
        schedule.phases[0].reduce_steps *= 2;
        schedule.phases[0].payload = Payload::Cyclic {
            base: railspine::collective::Base::At(0),
            blocks: 1,
            width: 1,
            start: 0,
            per_position: 0,
            per_step: 0,
            len: 1,
        };
    };
    assert_eq!(
        fault(made(Algorithm::Direct, Op::Reduce, 3), twice),
        "step 1 of phase 0 (`reduce`) from rank 1 to rank 0 adds the contribution of rank 1 to atom 0 a second time"
    );
}

/// Waits until everything of a phase has arrived.
fn arrived(phase: u32) -> Wait {
    Wait { phase, on: On::Received, side: Side::Incoming, need: Need::All }
}

#[test]
fn what_does_not_fit_together_is_caught() {
    let ring = || made(Algorithm::Ring, Op::AllGather, 4);
    let pairs = |list: &[(u32, u32, u32)]| Pattern::Pairs(list.into());
    let pattern = |pattern| move |schedule: &mut Schedule| schedule.phases[0].pattern = pattern;
    let payload = |payload| move |schedule: &mut Schedule| schedule.phases[0].payload = payload;
    assert_eq!(
        fault(ring(), |schedule| schedule.atoms = 6),
        "a schedule of 6 atoms cannot be divided among 4 ranks"
    );
    assert_eq!(
        fault(ring(), |schedule| schedule.atoms = 0),
        "a schedule of 0 atoms cannot be divided among 4 ranks"
    );
    assert_eq!(
        fault(ring(), |schedule| schedule.root = Rank(4)),
        "the root is rank 4, but there are 4 ranks"
    );
    assert_eq!(
        fault(ring(), |schedule| schedule.phases[0].waits.push(arrived(1))),
        "phase 0 (`all-gather`) waits for phase 1, which does not exist"
    );
    assert_eq!(
        fault(ring(), |schedule| schedule.phases[0].reduce_steps = 9),
        "phase 0 (`all-gather`) is malformed: more steps reduce than there are"
    );
    assert_eq!(
        fault(ring(), pattern(pairs(&[(0, 4, 0)]))),
        "phase 0 (`all-gather`) names rank 4, but there are 4 ranks"
    );
    assert_eq!(
        fault(ring(), pattern(pairs(&[(2, 2, 0)]))),
        "phase 0 (`all-gather`) lets rank 2 send to itself"
    );
    let order: std::sync::Arc<[u32]> = [0, 1, 2, 3].into();
    assert_eq!(
        fault(ring(), pattern(Pattern::Shift { order: order.clone(), ring: 3, shift: 1 })),
        "phase 0 (`all-gather`) is malformed: its order cannot be cut into rings"
    );
    assert_eq!(
        fault(ring(), pattern(Pattern::Xor { order: order.clone(), group: 4, mask: 4 })),
        "phase 0 (`all-gather`) is malformed: its groups are no power of two over the mask"
    );
    assert_eq!(
        fault(ring(), pattern(Pattern::Xor { order, group: 8, mask: 1 })),
        "phase 0 (`all-gather`) is malformed: its order cannot be cut into groups"
    );
    assert_eq!(
        fault(ring(), payload(Payload::Segments { base: 2, width: 1 })),
        "step 0 of phase 0 (`all-gather`) from rank 0 to rank 1 carries atom 2, of which its sender has nothing yet"
    );
    assert_eq!(
        fault(ring(), payload(Payload::Segments { base: u64::MAX, width: 2 })),
        "step 0 of phase 0 (`all-gather`) from rank 0 to rank 1 carries atom 18446744073709551615, but there are 4 atoms"
    );
    assert_eq!(
        fault(ring(), payload(Payload::Table([AtomRange { start: 0, len: 1 }].into()))),
        "phase 0 (`all-gather`) is malformed: some lanes have no range"
    );
    let lists = Payload::Lists { starts: [0, 1, 1, 1, 2].into(), ranges: [].into() };
    assert_eq!(
        fault(ring(), payload(lists)),
        "phase 0 (`all-gather`) is malformed: its lists are out of order"
    );
}

#[test]
fn a_deadlock_is_caught() {
    let circle = |schedule: &mut Schedule| schedule.phases[0].waits = vec![arrived(0)];
    assert_eq!(
        fault(made(Algorithm::Ring, Op::AllReduce, 4), circle),
        "the schedule never ends: 24 transfers wait for each other, the first is step 0 of phase 0 (`all-reduce`) from rank 0 to rank 1"
    );
    let own = Wait { phase: 0, on: On::Sent, side: Side::Outgoing, need: Need::Step { plus: 1 } };
    let waits_for_itself = |schedule: &mut Schedule| schedule.phases[0].waits.push(own);
    assert_eq!(
        fault(made(Algorithm::Chain, Op::Reduce, 4), waits_for_itself),
        "the schedule never ends: 12 transfers wait for each other, the first is step 0 of phase 0 (`reduce`) from rank 3 to rank 2"
    );
    // Rounds the wrong way round stop only lockstep.
    let mut tree = made(Algorithm::Binomial, Op::Broadcast, 4);
    tree.phases[0].round = 5;
    assert_eq!(
        verify_order(&tree, Order::Lockstep).unwrap_err().to_string(),
        "the schedule never ends: 3 transfers wait for each other, the first is step 0 of phase 0 (`broadcast`) from rank 0 to rank 2"
    );
    assert!(verify(tree).is_ok());
}

/// Bytes that a rank sends and receives in all.
fn volumes(schedule: &Schedule, bytes: Bytes) -> Vec<(u64, u64)> {
    let mut volumes = vec![(0, 0); schedule.ranks as usize];
    for phase in &schedule.phases {
        for (index, lane) in phase.pattern.lanes().enumerate() {
            for step in 0..phase.steps {
                let bytes = schedule.transfer_bytes(phase, index, &lane, step, bytes);
                volumes[lane.src.index()].0 += bytes;
                volumes[lane.dst.index()].1 += bytes;
            }
        }
    }
    volumes
}

/// What all pairs of an all-to-all-v of one atom a pair send each other.
fn between_pairs(schedule: &Schedule, bytes: Bytes) -> u64 {
    let n = u64::from(schedule.ranks);
    let pairs = (0..n * n).filter(|pair| pair / n != pair % n);
    pairs.map(|pair| schedule.range_bytes(AtomRange { start: pair, len: 1 }, bytes)).sum()
}

/// What all ranks together send, where no algorithm sends anything that it need not: each atom is added up
/// or passed on once for each rank but one.
fn least_total(op: Op, ranks: u64, bytes: u64) -> u64 {
    match op {
        Op::AllReduce => 2 * (ranks - 1) * bytes,
        Op::AllGather | Op::ReduceScatter | Op::Broadcast | Op::Reduce => (ranks - 1) * bytes,
        // What each rank keeps differs by the byte that its shard may be larger.
        Op::AllToAll => (0..ranks).map(|r| bytes - ((r + 1) * bytes / ranks - r * bytes / ranks)).sum(),
        Op::AllToAllV => 0,
        Op::SendRecv if ranks == 1 => 0,
        Op::SendRecv => ranks * bytes,
    }
}

#[test]
fn no_byte_is_lost_or_sent_for_nothing() {
    for op in Op::ALL {
        for algorithm in serves(op) {
            for ranks in [1, 2, 3, 7, 8, 12, 16] {
                for (request, schedule) in schedules(algorithm, op, ranks) {
                    for bytes in [0, 1, 7, 4096, 1_000_003] {
                        let volumes = volumes(&schedule, Bytes(bytes));
                        let (sent, received) =
                            volumes.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
                        assert_eq!(sent, received);
                        let least = match op {
                            Op::AllToAllV => between_pairs(&schedule, Bytes(bytes)),
                            _ => least_total(op, u64::from(ranks), bytes),
                        };
                        let wasteful = match (algorithm, op) {
                            (Algorithm::RecursiveDoubling, Op::AllReduce)
                            | (Algorithm::Bruck | Algorithm::TwoLevel, Op::AllToAll) => true,
                            (Algorithm::HalvingDoubling, op) => op.is_rooted(),
                            _ => false,
                        };
                        if wasteful {
                            assert!(sent >= least, "{algorithm} {request:?}");
                        } else {
                            assert_eq!(sent, least, "{algorithm} {request:?}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_rank_receives_all_but_its_own_shard() {
    for (op, algorithm) in
        [Op::AllGather, Op::AllToAll].into_iter().flat_map(|op| serves(op).into_iter().map(move |a| (op, a)))
    {
        // These pass data on.
        if matches!(algorithm, Algorithm::Bruck | Algorithm::TwoLevel) && op == Op::AllToAll {
            continue;
        }
        for ranks in [1, 2, 4, 6, 16] {
            for (request, schedule) in schedules(algorithm, op, ranks) {
                for bytes in [0, 5, 1_000_003] {
                    let before = |rank: u32| u64::from(rank) * bytes / u64::from(ranks);
                    for (rank, (_, received)) in (0..).zip(volumes(&schedule, Bytes(bytes))) {
                        let own = before(rank + 1) - before(rank);
                        // In an all-to-all every rank has shard `rank` of each other one's data.
                        let wanted =
                            if op == Op::AllToAll { own * u64::from(ranks - 1) } else { bytes - own };
                        assert_eq!(received, wanted, "{algorithm} {request:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn volumes_have_their_closed_forms() {
    let size = Bytes(3 << 20);
    for ranks in [2_u32, 3, 4, 6, 8, 12] {
        let n = u64::from(ranks);
        // Every rank of a ring sends and receives 2 (N - 1) / N of the data.
        for algorithm in [Algorithm::Ring, Algorithm::RingBidirectional] {
            let each = 2 * (n - 1) * size.get() / n;
            assert_eq!(
                volumes(&made(algorithm, Op::AllReduce, ranks), size),
                vec![(each, each); ranks as usize]
            );
        }
        // Two trees: 2 (N - 1) vectors in all, nobody sends or receives more than two.
        let trees = volumes(&made(Algorithm::DoubleTree, Op::AllReduce, ranks), size);
        assert_eq!(trees.iter().map(|(sent, _)| sent).sum::<u64>(), 2 * (n - 1) * size.get());
        assert!(trees.iter().all(|(sent, received)| *sent.max(received) <= 2 * size.get()));
        let trees = volumes(&made(Algorithm::DoubleTree, Op::Broadcast, ranks), size);
        assert!(trees.iter().all(|(sent, received)| *sent.max(received) <= size.get()));
        // Recursive doubling: log2 N vectors a rank.
        if ranks.is_power_of_two() {
            let each = u64::from(ranks.ilog2()) * size.get();
            let doubling = volumes(&made(Algorithm::RecursiveDoubling, Op::AllReduce, ranks), size);
            assert_eq!(doubling, vec![(each, each); ranks as usize]);
            // Bruck's all-to-all: half the data in each of log2 N rounds.
            let each = u64::from(ranks.ilog2()) * size.get() / 2;
            let bruck = volumes(&made(Algorithm::Bruck, Op::AllToAll, ranks), size);
            assert_eq!(bruck, vec![(each, each); ranks as usize]);
        }
    }
    // Hierarchical, 4 servers of 3: 2 (g - 1) / g inside and 2 (M - 1) / N across, all alike.
    let mut request = Request::new(Op::AllReduce, 12, size);
    request.servers = (0..12).map(|rank| rank / 3).collect();
    let hierarchical = schedule(Algorithm::Hierarchical, &request).unwrap();
    let each = 2 * size.get() * 2 / 3 + 2 * size.get() * 3 / 12;
    assert_eq!(volumes(&hierarchical, size), vec![(each, each); 12]);
    // Two levels, 4 servers of 3: (g - 1) / g inside, then (M - 1) / M along the rails.
    request.op = Op::AllToAll;
    let two_level = schedule(Algorithm::TwoLevel, &request).unwrap();
    assert_eq!(two_level.transfer_count(), 12 * 2 + 12 * 3);
    let each = size.get() * 2 / 3 + size.get() * 3 / 4;
    assert_eq!(volumes(&two_level, size), vec![(each, each); 12]);
}

#[test]
fn tori_use_all_their_links_alike() {
    let mut request = Request::new(Op::AllReduce, 16, Bytes(1 << 20));
    request.torus = Some(vec![4, 4]);
    let rings = schedule(Algorithm::MultiRing, &request).unwrap();
    assert_eq!(rings.channels, 4);
    let mut links = std::collections::BTreeMap::new();
    for phase in &rings.phases {
        for (index, lane) in phase.pattern.lanes().enumerate() {
            for step in 0..phase.steps {
                let bytes = rings.transfer_bytes(phase, index, &lane, step, Bytes(1 << 20));
                *links.entry((lane.src, lane.dst)).or_insert(0) += bytes;
            }
        }
    }
    // 4 links leave each rank, and 2 (N - 1) / N of the data are divided among them.
    assert_eq!(links.len(), 64);
    assert!(links.values().all(|bytes| *bytes == 2 * 15 * (1 << 20) / 16 / 4));
}

#[test]
fn sizes_of_pairs_differ_in_an_all_to_all_v_only() {
    let size = Bytes(8 << 20);
    let of = |algorithm, op, spread| {
        let request = Request { spread, ..Request::new(op, 8, size) };
        schedule(algorithm, &request).unwrap()
    };
    for algorithm in [Algorithm::Direct, Algorithm::Pairwise] {
        let each = |op, spread| {
            let schedule = of(algorithm, op, spread);
            let mut pairs = std::collections::BTreeMap::new();
            for phase in &schedule.phases {
                for (index, lane) in phase.pattern.lanes().enumerate() {
                    let bytes = schedule.transfer_bytes(phase, index, &lane, 0, size);
                    assert_eq!(pairs.insert((lane.src, lane.dst), bytes), None);
                }
            }
            pairs
        };
        let none = each(Op::AllToAllV, Spread::new(0.0, 1, 0));
        assert_eq!(none, each(Op::AllToAll, Spread::new(0.7, 1, 0)));
        assert!(none.values().all(|bytes| *bytes == 1 << 20));
        let some = each(Op::AllToAllV, Spread::new(0.25, 1, 0));
        assert!(some.values().all(|bytes| (3 << 18..=5 << 18).contains(bytes)));
        let different: std::collections::BTreeSet<u64> = some.values().copied().collect();
        assert_eq!(different.len(), 56);
        assert_eq!(some, each(Op::AllToAllV, Spread::new(0.25, 1, 0)));
        assert_ne!(some, each(Op::AllToAllV, Spread::new(0.25, 2, 0)));
    }
    // The same pairs have the same sizes, whoever sends them.
    let sent = |algorithm| volumes(&of(algorithm, Op::AllToAllV, Spread::new(0.9, 3, 0)), size);
    assert_eq!(sent(Algorithm::Direct), sent(Algorithm::Pairwise));
    // Shards of several atoms are divided evenly, and nothing is lost.
    let mut wide = of(Algorithm::Direct, Op::AllToAllV, Spread::new(0.9, 3, 0));
    let one = |schedule: &Schedule, start, len| schedule.range_bytes(AtomRange { start, len }, size);
    let whole = one(&wide, 3, 2);
    wide.atoms *= 7;
    assert_eq!(one(&wide, 21, 14), whole);
    assert_eq!((21..35).map(|atom| one(&wide, atom, 1)).sum::<u64>(), whole);
    assert_eq!(one(&wide, 21, 5) + one(&wide, 26, 6) + one(&wide, 32, 3), whole);
}

#[test]
fn pipelines_choose_segments_by_size() {
    let segments = |bytes, channels| {
        let request = Request { channels, ..Request::new(Op::Broadcast, 4, Bytes(bytes)) };
        schedule(Algorithm::Chain, &request).unwrap().phases[0].steps
    };
    let sizes = [0, 1, 256 << 10, (256 << 10) + 1, 1 << 20, 64 << 20, 1 << 40];
    assert_eq!(sizes.map(|bytes| segments(bytes, None)), [1, 1, 1, 2, 4, 128, 128]);
    assert_eq!(segments(1 << 20, Some(4)), 1);
}

#[test]
fn requests_that_cannot_be_served_say_why() {
    let refused = |algorithm, request: &Request| schedule(algorithm, request).unwrap_err().to_string();
    let plain = |op, ranks| Request::new(op, ranks, Bytes(1));
    assert_eq!(
        refused(Algorithm::Bruck, &plain(Op::Reduce, 4)),
        "`bruck` does not do `reduce`; `reduce` is done by `ring`, `halving-doubling`, `binomial`, `double-tree`, \
         `chain`, `direct`, `nvls`"
    );
    assert_eq!(
        refused(Algorithm::RecursiveDoubling, &plain(Op::AllGather, 6)),
        "`recursive-doubling` cannot serve 6 ranks: it needs a power of two for `all-gather`"
    );
    assert_eq!(
        refused(Algorithm::Ring, &plain(Op::AllReduce, 0)),
        "`ring` cannot serve 0 ranks: it needs at least one"
    );
    assert_eq!(
        refused(Algorithm::Chain, &Request { root: Rank(4), ..plain(Op::Reduce, 4) }),
        "`chain` cannot serve 4 ranks: it needs a root below 4, not rank 4"
    );
    assert_eq!(
        refused(Algorithm::MultiRing, &plain(Op::AllReduce, 4)),
        "`multi-ring` cannot serve these ranks: it needs all accelerators of a torus or mesh, in its own order"
    );
    assert_eq!(
        refused(Algorithm::MultiRing, &Request { torus: Some(vec![2, 3]), ..plain(Op::AllReduce, 4) }),
        "`multi-ring` cannot serve these ranks: it needs as many ranks as places, and a 2 x 3 torus has not 4 places"
    );
    assert_eq!(
        refused(Algorithm::Hierarchical, &Request { servers: vec![0, 0, 1], ..plain(Op::AllReduce, 3) }),
        "`hierarchical` cannot serve these ranks: it needs servers with equally many ranks each"
    );
    assert_eq!(
        refused(Algorithm::TwoLevel, &Request { servers: vec![0, 0, 1], ..plain(Op::AllToAll, 3) }),
        "`two-level` cannot serve these ranks: it needs servers with equally many ranks each"
    );
    assert_eq!(
        refused(Algorithm::Ring, &Request { channels: Some(0), ..plain(Op::AllReduce, 3) }),
        "`ring` cannot use 0 channels: it takes 1 to 1024"
    );
    assert_eq!(
        refused(Algorithm::Chain, &Request { segments: Some(5000), ..plain(Op::AllReduce, 3) }),
        "`chain` cannot use 5000 segments: it takes 1 to 4096"
    );
    for op in Op::ALL {
        assert!(Algorithm::ALL.iter().all(|one| ops(*one).contains(&op) == serves(op).contains(one)));
    }
}

proptest! {
    /// Any order that the dependencies allow gives the right contributions.
    #[test]
    fn any_order_will_do(
        op in prop::sample::select(Op::ALL.to_vec()),
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        ranks in 1..=33_u32,
        root in 0..33_u32,
        size in 1..=8_u32,
        channels in prop::option::of(1..=9_u32),
        segments in prop::option::of(1..=5_u32),
        bytes in prop::sample::select(vec![0, 1, 12_345, 40 << 20]),
        seed: u64,
    ) {
        let request = Request {
            root: Rank(root % ranks),
            channels,
            segments,
            servers: (0..ranks).map(|rank| rank / size).collect(),
            torus: Some(if ranks.is_multiple_of(3) { vec![ranks / 3, 3] } else { vec![ranks] }),
            ..Request::new(op, ranks, Bytes(bytes))
        };
        if let Ok(schedule) = schedule(algorithm, &request) {
            let faults = [Order::Eager, Order::Lazy, Order::Lockstep, Order::Random(seed)]
                .map(|order| verify_order(&schedule, order));
            prop_assert_eq!(faults, [const { Ok(()) }; 4], "{} {:?}", algorithm, request);
        }
    }
}
