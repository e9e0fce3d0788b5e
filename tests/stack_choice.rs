//! What a library chooses: its own table, and what its user imposes on it.

use railspine::collective::{Algorithm, Op};
use railspine::input::stack::builtin;
use railspine::stack::nccl::Question;
use railspine::stack::{Generation, Overrides, Protocol, Site, Stack, Version};

/// A built-in profile of the newest release, with what is imposed on it.
fn stack(profile: &str, impose: impl Fn(&mut Overrides)) -> Stack {
    let mut stack = Stack::new(builtin(profile).unwrap());
    impose(&mut stack.overrides);
    stack
}

/// What a library sees of one server of eight A100.
fn a100() -> Site {
    Site {
        ranks: 8,
        servers: 1,
        per_server: 8,
        scaleup: 300e9,
        pcie: 32e9,
        network: 0.0,
        adapters: 0,
        transport: String::new(),
        reducing: false,
    }
}

/// What it sees of several of eight H100.
fn h100(servers: u32) -> Site {
    Site {
        ranks: 8 * servers,
        servers,
        scaleup: 450e9,
        pcie: 64e9,
        network: 400e9,
        adapters: 8,
        transport: "infiniband".into(),
        reducing: true,
        ..a100()
    }
}

fn predicted(
    (site, generation, minor, channels): (&Site, Generation, u32, u32),
    op: Op,
    bytes: u64,
    algorithm: Algorithm,
    protocol: Protocol,
) -> Option<f64> {
    let version = Version { major: 2, minor };
    let question = Question { op, bytes, site, generation, version, channels, imposed: None };
    let found = question.predictions();
    found.iter().find(|(a, p, _)| (*a, *p) == (algorithm, protocol)).map(|(_, _, us)| *us)
}

#[test]
fn the_table_is_the_librarys() {
    use Algorithm::{DoubleTree, Nvls, Ring};
    use Protocol::{Ll, Ll128, Simple};
    const MB: u64 = 1_000_000;
    let (one, four) = (a100(), h100(4));
    let ampere = |minor| (&one, Generation::Ampere, minor, 24);
    let hopper = |minor| (&four, Generation::Hopper, minor, 16);
    for (about, bytes, op, algorithm, protocol, wanted) in [
        // 240 GB/s on the bus; LL has half of it, at most 87.7, before 2.21 a quarter; before 2.18 it is at
        // most 235.
        (ampere(23), MB, Op::AllReduce, Ring, Ll, 6.6 + 14.0 * 0.6 + 1e3 / (87.7 * 4.0 / 7.0)),
        (ampere(18), MB, Op::AllReduce, Ring, Ll, 6.6 + 14.0 * 0.6 + 1e3 / (60.0 * 4.0 / 7.0)),
        (ampere(12), MB, Op::AllReduce, Ring, Ll, 3.6 + 14.0 * 0.6 + 1e3 / (58.75 * 4.0 / 7.0)),
        (ampere(23), MB, Op::AllReduce, Ring, Ll128, 14.0 + 14.0 * 1.9 + 1e3 / (0.92 * 240.0 * 4.0 / 7.0)),
        (ampere(23), MB, Op::AllReduce, Ring, Simple, 8.4 + 14.0 * 3.4 + 1e3 / (240.0 * 4.0 / 7.0)),
        (ampere(23), MB, Op::AllGather, Ring, Simple, 8.4 + 7.0 * 3.4 + 1e3 / (240.0 * 8.0 / 7.0)),
        // A tree of one server is a chain there and back; 1 MB is in row 13 of its correction.
        (ampere(23), MB, Op::AllReduce, DoubleTree, Ll, 6.8 + 14.0 * 0.6 + 1e3 / (0.5 * 220.8 / 3.8 * 0.4)),
        (
            ampere(23),
            MB,
            Op::AllReduce,
            DoubleTree,
            Ll128,
            14.0 + 14.0 * 1.25 + 1e3 / (0.5 * 220.8 * 7.0 / 9.0 * 0.6),
        ),
        (ampere(23), MB, Op::AllReduce, DoubleTree, Simple, 8.4 + 14.0 * 4.0 + 1e3 / (0.5 * 220.8 * 0.5)),
        // Of Simple's correction: 4 KiB (row 6), 16 KiB (row 8), 4 MiB (row 16), 64 MiB (row 20).
        (ampere(23), 4 << 10, Op::AllReduce, DoubleTree, Simple, 64.4 + 4.096 / (0.5 * 220.8 * 0.9)),
        (ampere(23), 16 << 10, Op::AllReduce, DoubleTree, Simple, 64.4 + 16.384 / (0.5 * 220.8 * 0.7)),
        (ampere(23), 4 << 20, Op::AllReduce, DoubleTree, Simple, 64.4 + 4_194.304 / (0.5 * 220.8 * 0.7)),
        (ampere(23), 64 << 20, Op::AllReduce, DoubleTree, Simple, 64.4 + 67_108.864 / (0.5 * 220.8 * 0.8)),
        // Four servers of H100: 370.8 GB/s inside, 400 outside; 56 steps inside of 62.
        (hopper(23), MB, Op::AllReduce, Ring, Ll, 6.6 + 56.0 * 1.0 + 6.0 * 2.7 + 1e3 / (20.4 * 32.0 / 62.0)),
        (
            hopper(23),
            MB,
            Op::AllReduce,
            Ring,
            Simple,
            1.4 * (8.4 + 56.0 * 3.4 + 6.0 * 14.0) + 1e3 / (370.8 * 32.0 / 62.0),
        ),
        (
            hopper(23),
            MB,
            Op::AllReduce,
            DoubleTree,
            Ll,
            6.8 + 2.0 * (7.0 * 0.6 + 2.0 * 5.0) + 1e3 / (0.5 * 20.4 * 0.4),
        ),
        // Too little for the plateau: 16 channels of 32 ranks with less than 64 bytes each.
        (
            hopper(23),
            32_000,
            Op::AllReduce,
            Ring,
            Simple,
            8.4 + 56.0 * 3.4 + 6.0 * 14.0 + 32.0 / (370.8 * 32.0 / 62.0),
        ),
    ] {
        let told = predicted(about, op, bytes, algorithm, protocol).unwrap();
        assert!(
            (told - wanted).abs() < 1e-9 * wanted,
            "{op:?} {algorithm:?} {protocol:?} {bytes}: {told} {wanted}"
        );
    }
    let single = h100(1);
    let hopper = |minor| (&single, Generation::Hopper, minor, 24);
    let bus = 370.8 * 0.85 * 15.0 / 16.0 * 2.0 * 4.0 / 7.0;
    for (minor, bus) in [(28, bus), (23, bus * 5.0 / 6.0)] {
        let told = predicted(hopper(minor), Op::AllReduce, MB, Nvls, Simple).unwrap();
        assert!((told - (25.0 + 1e3 / bus)).abs() < 1e-9 * told, "{minor}: {told}");
    }
    assert_eq!(predicted(hopper(16), Op::AllReduce, MB, Nvls, Simple), None, "there was none before 2.17");
    assert_eq!(predicted(ampere(23), Op::AllReduce, MB, Nvls, Simple), None, "an A100 has none");
    assert_eq!(predicted(ampere(23), Op::AllGather, MB, DoubleTree, Ll), None, "trees are for all-reduce");
}

#[test]
fn protocols_follow_each_other_as_sizes_grow() {
    let stack = stack("nccl-ampere", |_| {});
    let chosen = |bytes: u64| {
        let plan = stack.plan(&a100(), Op::AllGather, Algorithm::Auto, bytes).unwrap();
        assert_eq!(plan.algorithm, Algorithm::Ring);
        plan.protocol.unwrap()
    };
    let all: Vec<Protocol> = (3..34).map(|power| chosen(1 << power)).collect();
    assert!(all.is_sorted(), "{all:?}");
    let mut met = all;
    met.dedup();
    assert_eq!(met, [Protocol::Ll, Protocol::Ll128, Protocol::Simple]);
}

#[test]
fn what_is_imposed_is_done() {
    let hopper = |impose: &dyn Fn(&mut Overrides)| stack("nccl-hopper", impose);
    let plan = |stack: &Stack, op, asked, bytes| stack.plan(&h100(1), op, asked, bytes).unwrap();
    let auto = Algorithm::Auto;
    let free = plan(&hopper(&|_| {}), Op::AllReduce, auto, 1 << 30);
    assert_eq!((free.algorithm, free.protocol), (Algorithm::Nvls, Some(Protocol::Simple)));
    let ring = hopper(&|imposed| imposed.algorithm = Some(Algorithm::Ring));
    assert_eq!(plan(&ring, Op::AllReduce, auto, 1 << 30).algorithm, Algorithm::Ring);
    assert_eq!(
        plan(&ring, Op::AllReduce, Algorithm::Nvls, 1 << 30).algorithm,
        Algorithm::Nvls,
        "asked by name"
    );
    assert_eq!(plan(&ring, Op::AllToAll, auto, 1 << 30).algorithm, Algorithm::Direct);
    // NVLS knows Simple only, so another protocol leaves rings and trees.
    for (_, protocol) in Protocol::ALL {
        let stack = hopper(&|imposed| imposed.protocol = Some(protocol));
        let plan = plan(&stack, Op::AllReduce, auto, 1 << 30);
        assert_eq!(plan.protocol, Some(protocol));
        assert_eq!(plan.algorithm == Algorithm::Nvls, protocol == Protocol::Simple);
    }
    // Over PCIe, LL128 is not chosen, but done where it is imposed.
    let pcie = Site { scaleup: 0.0, reducing: false, ..h100(1) };
    for bytes in (3..34).map(|power| 1 << power) {
        let free = hopper(&|_| {}).plan(&pcie, Op::AllReduce, auto, bytes).unwrap();
        assert_ne!(free.protocol, Some(Protocol::Ll128));
        let stack = hopper(&|imposed| imposed.protocol = Some(Protocol::Ll128));
        let plan = stack.plan(&pcie, Op::Reduce, auto, bytes).unwrap();
        assert_eq!((plan.algorithm, plan.protocol), (Algorithm::Ring, Some(Protocol::Ll128)));
    }
}

#[test]
fn channels_and_threads_that_are_imposed_count() {
    let channels = |change: &dyn Fn(&mut Overrides), bytes: u64| {
        let stack = stack("nccl-ampere", |imposed| {
            imposed.protocol = Some(Protocol::Simple);
            change(imposed);
        });
        stack.plan(&a100(), Op::AllReduce, Algorithm::Ring, bytes).unwrap().channels
    };
    // 512 threads of 64 bytes each are 32 KiB a channel.
    assert_eq!(channels(&|_| {}, 100), 1);
    assert_eq!(channels(&|_| {}, 5 << 15), 5);
    assert_eq!(channels(&|_| {}, 1 << 30), 24);
    assert_eq!(channels(&|imposed| imposed.threads = Some(256), 5 << 15), 10);
    assert_eq!(channels(&|imposed| imposed.min_channels = Some(8), 100), 8);
    assert_eq!(channels(&|imposed| imposed.min_channels = Some(32), 1 << 30), 32);
    assert_eq!(channels(&|imposed| imposed.max_channels = Some(4), 1 << 30), 4);
    // What no library would take is brought into range.
    assert_eq!(channels(&|imposed| imposed.min_channels = Some(100), 100), 64);
    assert_eq!(channels(&|imposed| imposed.min_channels = Some(0), 100), 1);
    assert_eq!(channels(&|imposed| imposed.max_channels = Some(0), 1 << 30), 1);
    assert_eq!(channels(&|imposed| imposed.threads = Some(0), 1 << 30), 24);
    let both = |imposed: &mut Overrides| {
        (imposed.min_channels, imposed.max_channels) = (Some(16), Some(8));
    };
    assert_eq!(channels(&both, 100), 8);
    // NVLS has channels of its own, within the same limits, whatever the size.
    for (least, most, wanted) in [(None, None, 16), (None, Some(8), 8), (Some(24), None, 24)] {
        let stack =
            stack("nccl-hopper", |imposed| (imposed.min_channels, imposed.max_channels) = (least, most));
        let plan = stack.plan(&h100(1), Op::AllReduce, Algorithm::Nvls, 100).unwrap();
        assert_eq!(plan.channels, wanted, "{least:?} {most:?}");
    }
}

#[test]
fn the_table_of_older_releases_is_theirs() {
    use Algorithm::{DoubleTree, Nvls, NvlsTree, Ring};
    use Op::{AllGather, AllReduce, Broadcast, Reduce, ReduceScatter};
    use Protocol::{Ll, Ll128, Simple};
    const MB: u64 = 1_000_000;
    let (one, two, four) = (a100(), h100(2), h100(4));
    // Caps of channels of NVLS-tree show where links are wide.
    let wide = |servers| Site { scaleup: 4e12, network: 4e12, ..h100(servers) };
    let (wide_two, wide_four) = (wide(2), wide(4));
    let pcie = Site { scaleup: 0.0, ..a100() };
    let ampere = |minor| (&one, Generation::Ampere, minor, 24);
    let cards = |minor| (&pcie, Generation::Ampere, minor, 2);
    let volta = |minor| (&four, Generation::Volta, minor, 16);
    let hopper = |minor| (&four, Generation::Hopper, minor, 16);
    let blackwell = |minor| (&four, Generation::Blackwell, minor, 2);
    for (about, op, algorithm, protocol, wanted) in [
        // LL on one server has a third of 240 GB/s where nothing is to be summed; a reduce-scatter counts as such.
        (ampere(18), AllGather, Ring, Ll, 6.6 + 7.0 * 0.6 + 1e3 / (80.0 * 8.0 / 7.0)),
        (ampere(18), ReduceScatter, Ring, Ll, 6.6 + 7.0 * 0.6 + 1e3 / (80.0 * 8.0 / 7.0)),
        (ampere(18), Broadcast, Ring, Ll, 6.6 + 8.0 * 0.6 + 1e3 / 80.0),
        (ampere(18), Reduce, Ring, Ll, 6.6 + 8.0 * 0.6 + 1e3 / 60.0),
        (ampere(23), Broadcast, Ring, Ll, 6.6 + 8.0 * 0.6 + 1e3 / 87.7),
        // Broadcast and reduce are as many hops as ranks, of trees in Simple, of the network where there is one.
        (ampere(23), Broadcast, Ring, Simple, 8.4 + 8.0 * 4.0 + 1e3 / 240.0),
        (ampere(20), Reduce, Ring, Simple, 8.4 + 8.0 * 28.0 + 1e3 / 240.0),
        (hopper(23), Broadcast, Ring, Ll, 6.6 + 32.0 * 2.7 + 1e3 / 20.4),
        (hopper(23), Broadcast, Ring, Simple, 8.4 + 32.0 * 14.0 + 1e3 / 370.8),
        // Hops of trees in Simple had the time of a chunk in them, but for 2.18.
        (ampere(12), AllReduce, DoubleTree, Simple, 14.0 * 28.0 + 1e3 / (0.5 * 0.92 * 235.0 * 0.5)),
        (ampere(18), AllReduce, DoubleTree, Simple, 14.0 * 4.0 + 1e3 / (0.5 * 220.8 * 0.5)),
        (ampere(20), AllReduce, DoubleTree, Simple, 14.0 * 28.0 + 1e3 / (0.5 * 220.8 * 0.5)),
        (cards(18), AllReduce, DoubleTree, Simple, 14.0 * 6.0 + 1e3 / (0.5 * 0.92 * 24.0 * 0.5)),
        (cards(20), AllReduce, DoubleTree, Simple, 14.0 * 28.0 + 1e3 / (0.5 * 0.92 * 24.0 * 0.5)),
        (cards(23), AllReduce, DoubleTree, Simple, 8.4 + 14.0 * 4.0 + 1e3 / (0.5 * 0.92 * 24.0 * 0.5)),
        (
            hopper(20),
            AllReduce,
            DoubleTree,
            Simple,
            2.0 * (7.0 * 28.0 + 2.0 * 28.0) + 1e3 / (0.5 * 0.92 * 370.8 * 0.5),
        ),
        (
            hopper(18),
            AllReduce,
            DoubleTree,
            Simple,
            2.0 * (7.0 * 4.0 + 2.0 * 14.0) + 1e3 / (0.5 * 0.92 * 360.0 * 0.5),
        ),
        // LL before 2.12, and its hops inside before 2.18 where there are several servers.
        (ampere(8), AllReduce, Ring, Ll, 3.6 + 14.0 * 0.47 + 1e3 / (58.75 * 4.0 / 7.0)),
        (ampere(8), AllReduce, DoubleTree, Ll, 4.4 + 14.0 * 0.52 + 1e3 / (0.5 * 0.92 * 235.0 / 3.8 * 0.4)),
        (volta(8), AllReduce, Ring, Ll, 3.6 + 56.0 * 1.0 + 6.0 * 2.7 + 1e3 / (20.4 * 32.0 / 62.0)),
        (volta(12), AllReduce, Ring, Ll, 3.6 + 54.0 * 1.08 + 8.0 * 2.7 + 1e3 / (20.4 * 32.0 / 62.0)),
        // From 2.12 to 2.20, an all-reduce came back to the first server.
        (hopper(18), AllReduce, Ring, Ll, 6.6 + 54.0 * 1.0 + 8.0 * 2.7 + 1e3 / (20.4 * 32.0 / 62.0)),
        (hopper(20), AllReduce, Ring, Ll, 6.6 + 54.0 * 1.0 + 8.0 * 2.7 + 1e3 / (20.4 * 32.0 / 62.0)),
        (hopper(21), AllReduce, Ring, Ll, 6.6 + 56.0 * 1.0 + 6.0 * 2.7 + 1e3 / (20.4 * 32.0 / 62.0)),
        (hopper(20), AllGather, Ring, Ll, 6.6 + 28.0 * 1.0 + 3.0 * 2.7 + 1e3 / (20.4 * 32.0 / 31.0)),
        // The network hop of rings in Simple, with their plateau.
        (
            volta(8),
            AllReduce,
            Ring,
            Simple,
            1.9 * (8.4 + 56.0 * 3.4 + 6.0 * 9.6) + 1e3 / (360.0 * 32.0 / 62.0),
        ),
        (
            volta(12),
            AllReduce,
            Ring,
            Simple,
            1.9 * (8.4 + 54.0 * 3.4 + 8.0 * 28.0) + 1e3 / (360.0 * 32.0 / 62.0),
        ),
        (
            volta(18),
            AllReduce,
            Ring,
            Simple,
            1.9 * (8.4 + 54.0 * 3.4 + 8.0 * 14.0) + 1e3 / (360.0 * 32.0 / 62.0),
        ),
        // Blackwell's caps were twice Hopper's before 2.28.
        (
            blackwell(27),
            AllReduce,
            Ring,
            Ll128,
            14.0 + 56.0 * 1.9 + 6.0 * 4.0 + 1e3 / (2.0 * 73.4 * 32.0 / 62.0),
        ),
        (
            blackwell(28),
            AllReduce,
            Ring,
            Ll128,
            14.0 + 56.0 * 1.9 + 6.0 * 4.0 + 1e3 / (2.0 * 40.0 * 32.0 / 62.0),
        ),
        (
            blackwell(27),
            AllReduce,
            DoubleTree,
            Simple,
            8.4 + 2.0 * (7.0 * 4.0 + 2.0 * 14.0) + 1e3 / (0.5 * 2.0 * 72.0 * 0.5),
        ),
        (
            blackwell(28),
            AllReduce,
            DoubleTree,
            Simple,
            8.4 + 2.0 * (7.0 * 4.0 + 2.0 * 14.0) + 1e3 / (0.5 * 2.0 * 24.0 * 0.5),
        ),
        // NVLS-tree over four servers, of whose adapters' 400 GB/s 5/6 counted before 2.28.
        (
            hopper(18),
            AllReduce,
            NvlsTree,
            Simple,
            23.0 + 4.0 * 19.0 + 1e3 / (400.0 * 5.0 / 6.0 * 32.0 / 62.0),
        ),
        (
            hopper(20),
            AllReduce,
            NvlsTree,
            Simple,
            23.0 + 4.0 * 14.0 + 1e3 / (400.0 * 5.0 / 6.0 * 32.0 / 62.0),
        ),
        (
            hopper(23),
            AllReduce,
            NvlsTree,
            Simple,
            25.0 + 4.0 * 14.0 + 1e3 / (400.0 * 5.0 / 6.0 * 32.0 / 62.0),
        ),
        (hopper(28), AllReduce, NvlsTree, Simple, 25.0 + 4.0 * 20.9 + 1e3 / (400.0 * 32.0 / 62.0)),
    ] {
        let told = predicted(about, op, MB, algorithm, protocol).unwrap();
        let minor = about.2;
        assert!(
            (told - wanted).abs() < 1e-9 * wanted,
            "2.{minor} {op:?} {algorithm:?} {protocol:?}: {told} {wanted}"
        );
    }
    for (site, minor, hop, cap, wanted) in [
        (&wide_two, 27, 14.0, 115.4 * 5.0 / 6.0, 16.0),
        (&wide_two, 28, 20.9, 96.0, 16.0),
        (&wide_four, 27, 14.0, 91.0 * 5.0 / 6.0, 32.0),
        (&wide_four, 28, 20.9, 43.8, 32.0),
        (&wide_four, 30, 20.9, 80.0, 32.0),
    ] {
        let about = (site, Generation::Blackwell, minor, 16);
        let told = predicted(about, AllReduce, MB, NvlsTree, Simple).unwrap();
        let depth = wanted / 16.0;
        let wanted = 25.0 + 2.0 * depth * hop + 1e3 / (32.0 * cap * wanted / (2.0 * (wanted - 1.0)));
        assert!((told - wanted).abs() < 1e-9 * wanted, "2.{minor}: {told} {wanted}");
    }
    let single = h100(1);
    let hop =
        |minor| predicted((&single, Generation::Hopper, minor, 24), AllReduce, 0, Nvls, Simple).unwrap();
    assert_eq!([20, 23].map(hop), [23.0, 25.0]);
    let trees =
        |minor| predicted((&two, Generation::Ampere, minor, 2), AllReduce, MB, DoubleTree, Simple).unwrap();
    // Of a channel of two servers of A100: 22.5 before 2.12, then 23.6; the hops are the same.
    let gained = 1e3 / (0.5 * 2.0 * 22.5 * 0.5) - 1e3 / (0.5 * 2.0 * 23.6 * 0.5);
    assert!((trees(8) - trees(12) - gained).abs() < 1e-9, "{gained}");
}

#[test]
fn trees_between_two_servers_have_twice_the_adapters_over_efa() {
    let tree = |servers, transport: &str| {
        let site = Site { network: 100e9, transport: transport.into(), ..h100(servers) };
        let about = (&site, Generation::Hopper, 30, 16);
        predicted(about, Op::AllReduce, 1_000_000, Algorithm::DoubleTree, Protocol::Simple).unwrap()
    };
    // A network hop each way for every level, and half of 0.92 of the bus, halved again by the correction.
    let wanted =
        |levels: f64, bus: f64| 8.4 + 2.0 * (7.0 * 4.0 + levels * 14.0) + 1e3 / (0.5 * 0.92 * bus * 0.5);
    for (servers, transport, wanted) in [
        (2, "efa", wanted(1.0, 200.0)),
        (2, "infiniband", wanted(1.0, 100.0)),
        (4, "efa", wanted(2.0, 100.0)),
    ] {
        let told = tree(servers, transport);
        assert!((told - wanted).abs() < 1e-9 * wanted, "{servers} {transport}: {told} {wanted}");
    }
}
