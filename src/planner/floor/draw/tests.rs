//! A small cluster drawn up: two pods of eight servers, rails, four spines.

use std::collections::{BTreeMap, BTreeSet};

use super::super::samples::{catalogue, leaf, rack, server};
use super::super::{End, Equipment, Stand, layout, length, stock};
use super::*;
use crate::fabric::template::{Value, Values, family};
use crate::fabric::{Builder, Cable, LinkClass, Node, NodeKind, Position};
use crate::planner::floor::STOCK;
use crate::units::{Bandwidth, Length};

const GO: &(dyn Fn() -> bool + Sync) = &|| false;
const ALL: [MediumKind; 4] =
    [MediumKind::Copper, MediumKind::ActiveCopper, MediumKind::Multimode, MediumKind::SingleMode];

/// Servers of eight, pods of eight servers, leaves of 8 ports down and 8 up, spines of 32 ports.
fn fabric(servers: u32) -> Fabric {
    let family = family("rail-optimised").unwrap();
    let given = [
        ("servers", Value::Count(servers)),
        ("radix", Value::Count(16)),
        ("spine_radix", Value::Count(32)),
        ("tiers", Value::Count(2)),
    ];
    let values = Values::new(family.params, given.into_iter().collect()).unwrap();
    let mut builder = Builder::new("small", LinkClass::builtin());
    (family.build)(&values, &mut builder).unwrap();
    builder.finish().unwrap()
}

/// Parts to borrow from.
struct Parts {
    catalogue: Catalogue,
    server: Server,
    nic: Nic,
    leaf: Switch,
    rack: Rack,
}

impl Parts {
    fn new() -> Self {
        let catalogue = catalogue();
        Self { server: server(), nic: catalogue.nics[0].clone(), leaf: leaf(), rack: rack(), catalogue }
    }

    fn assigned(&self) -> Assigned<'_> {
        Assigned {
            catalogue: &self.catalogue,
            server: &self.server,
            nic: Some(&self.nic),
            leaf: Some(&self.leaf),
            spine: Some(&self.leaf),
            core: None,
            switch: None,
            rack: &self.rack,
            technology: Technology::InfiniBand,
            media: &ALL,
            per_rack: 4,
            place: SwitchPlace::MiddleOfRow,
            pod: (8, 8),
            room: Room { racks_per_row: 4, ..Room::default() },
            pue: 1.3,
        }
    }
}

#[test]
fn every_cable_has_its_ends() {
    let (fabric, parts) = (fabric(16), Parts::new());
    for place in SwitchPlace::ALL.map(|(_, place)| place) {
        for placing in [Placing::Canonical, Placing::Annealed(3)] {
            let drawn = draw_up(&fabric, &Assigned { place, ..parts.assigned() }, placing, GO).unwrap();
            // 16 servers with 8 adapters; 16 leaves with 8 uplinks.
            assert_eq!(drawn.cables.len(), 128 + 128);
            let mut seen = BTreeSet::new();
            for end in drawn.cables.iter().flat_map(|cable| [&cable.from, &cable.to]) {
                let rack = &drawn.racks[end.rack as usize];
                let device = rack.devices.iter().find(|device| device.name == end.device).unwrap();
                assert_eq!(device.unit, end.unit);
                assert!(seen.insert((end.device.clone(), end.port.clone())), "{end:?} twice");
                match end.port.parse::<u32>() {
                    Ok(port) => assert!((1..=64).contains(&port) && device.kind != "server"),
                    Err(_) => assert!(device.kind == "server" && end.port.starts_with("nic")),
                }
            }
            let places: BTreeSet<_> = drawn.racks.iter().map(|rack| (rack.row, rack.place)).collect();
            assert_eq!(places.len(), drawn.racks.len());
            assert!(drawn.racks.is_sorted_by_key(|rack| (rack.row, rack.place)));
            assert!(
                drawn.placement.placed_usd <= drawn.placement.row_major_usd
                    || matches!(placing, Placing::Canonical)
            );
        }
    }
}

#[test]
fn sums_agree() {
    let (fabric, parts) = (fabric(16), Parts::new());
    let drawn = draw_up(&fabric, &parts.assigned(), Placing::Annealed(1), GO).unwrap();
    let count =
        |kind: &str| drawn.bill.iter().filter(|line| line.kind == kind).map(|line| line.count).sum::<u64>();
    assert_eq!(count("server"), 16);
    assert_eq!(count("adapter"), 128);
    assert_eq!(count("switch"), 16 + 4);
    assert_eq!(count("cable"), 256);
    assert_eq!(count("labour"), 256);
    assert_eq!(count("rack"), u64::try_from(drawn.racks.len()).unwrap());
    assert_eq!(
        drawn.tiers.iter().map(|tier| (tier.tier.as_str(), tier.cables)).collect::<Vec<_>>(),
        [("server-leaf", 128), ("leaf-spine", 128)]
    );
    // Every line is as many times its price, shares are sums of lines, and capital is the sum of shares.
    let near = |a: f64, b: f64| assert!((a - b).abs() < 0.005, "{a} {b}");
    for line in &drawn.bill {
        near(line.unit_usd.mid * f64::from(u32::try_from(line.count).unwrap()), line.total_usd.mid);
    }
    let lines = drawn.bill.iter().map(|line| line.total_usd.high).sum::<f64>();
    near(lines, drawn.cost.iter().map(|share| share.usd.high).sum());
    near(lines, drawn.capex.high.usd());
    // 16 servers of 8 kW, 128 adapters of 25 W, 20 switches of 700 W, and 0.3 of it all for cooling.
    let watts = |what: &str| drawn.power.iter().find(|share| share.what == what).unwrap().watts;
    near(watts("servers"), 128_000.0);
    near(watts("adapters"), 3_200.0);
    near(watts("switches"), 14_000.0);
    near(watts("cooling"), 0.3 * (145_200.0 + watts("transceivers")));
    near(drawn.watts, 1.3 * (145_200.0 + watts("transceivers")));
    // Modules as they are counted from the schedule.
    let mut ends: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for cable in drawn.cables.iter().filter(|cable| cable.medium != "dac") {
        for end in [&cable.from, &cable.to] {
            *ends.entry((&end.device, &cable.medium)).or_default() += 1;
        }
    }
    assert_eq!(count("transceiver"), ends.values().map(|cables| cables.div_ceil(2)).sum::<u64>());
    let runs: u64 = drawn.runs.iter().map(|run| u64::from(run.cables)).sum();
    let between = drawn.cables.iter().filter(|cable| cable.from.rack != cable.to.rack).count();
    assert_eq!(runs, u64::try_from(between).unwrap());
    let tiers: Vec<_> = drawn
        .diagram
        .iter()
        .map(|tier| (tier.tier.as_str(), tier.count, tier.up_each, tier.groups))
        .collect();
    assert_eq!(tiers, [("servers", 16, 8, 2), ("leaves", 16, 8, 2), ("spines", 4, 0, 1)]);
}

/// Lengths of the cables in the canonical order, from the closed form of the wiring.
fn fast(parts: &Assigned<'_>) -> BTreeMap<u64, u64> {
    let equipment = Equipment {
        server: parts.server,
        servers: 16,
        pod_servers: 8,
        leaf: parts.leaf,
        leaves_per_pod: 8,
        spine: parts.spine,
        spines: 4,
        core: None,
        cores: 0,
        rack: parts.rack,
    };
    let found = layout(&equipment, parts.per_rack, parts.place).unwrap();
    let end =
        |stand: &Stand, height| End { slot: serpentine(&parts.room, stand.rack), unit: stand.unit, height };
    let mut counts = BTreeMap::new();
    let mut add = |a: End, b: End, cables: u64| {
        let at = stock(length(&parts.room, parts.rack.height, a, b)).unwrap();
        *counts.entry(STOCK[at]).or_default() += cables;
    };
    for (server, stand) in found.servers.iter().enumerate() {
        for rail in 0..8 {
            add(end(stand, 8), end(&found.leaves[server / 8 * 8 + rail], 1), 1);
        }
    }
    for leaf in &found.leaves {
        for spine in &found.spines {
            add(end(leaf, 1), end(spine, 1), 2);
        }
    }
    counts
}

#[test]
fn canonical_lengths_are_those_of_the_fast_form() {
    let (fabric, parts) = (fabric(16), Parts::new());
    for place in SwitchPlace::ALL.map(|(_, place)| place) {
        let assigned = Assigned { place, ..parts.assigned() };
        let drawn = draw_up(&fabric, &assigned, Placing::Canonical, GO).unwrap();
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        for cable in &drawn.cables {
            *counts.entry(cable.length_mm).or_default() += 1;
        }
        assert_eq!(counts, fast(&assigned), "{place:?}");
    }
}

/// Two servers of one adapter on a plain switch, each with a position where it is told.
fn pair(positions: Option<[Position; 3]>) -> Fabric {
    let mut builder = Builder::new("pair", LinkClass::builtin());
    let (nvlink, network) = (builder.class("pcie").unwrap(), builder.class("infiniband").unwrap());
    let switch = builder.add_node(Node::new("sw", NodeKind::Switch));
    let mut placed = vec![switch];
    for server in 0..2 {
        let gpu = builder.add_node(Node::new(format!("box{server}/gpu0"), NodeKind::Gpu).in_server(server));
        let nic = builder.add_node(Node::new(format!("box{server}/mlx0"), NodeKind::Nic).in_server(server));
        builder.add_cable(gpu, nic, Cable::new(nvlink, Bandwidth::from_gbps(512)));
        builder.add_cable(switch, nic, Cable::new(network, Bandwidth::from_gbps(400)).lanes(2));
        placed.push(gpu);
    }
    for (node, position) in placed.into_iter().zip(positions.into_iter().flatten()) {
        builder.set_position(node, position);
    }
    builder.finish().unwrap()
}

const fn position(row: u32, rack: u32, unit: u32) -> Position {
    Position { row, rack, unit }
}

#[test]
fn positions_of_the_file_count() {
    let parts = Parts::new();
    let assigned = Assigned { switch: Some(&parts.leaf), ..parts.assigned() };
    let places = [position(1, 2, 40), position(1, 2, 0), position(0, 5, 8)];
    let drawn = draw_up(&pair(Some(places)), &assigned, Placing::Annealed(0), GO).unwrap();
    let names: Vec<_> = drawn.racks.iter().map(|rack| (rack.name.as_str(), rack.kind.as_str())).collect();
    assert_eq!(names, [("r01-06", "servers"), ("r02-03", "mixed")]);
    assert_eq!((drawn.floor.rows, drawn.floor.racks_per_row), (2, 6));
    let ends: Vec<_> = drawn
        .cables
        .iter()
        .map(|cable| {
            (cable.from.device.as_str(), cable.from.port.as_str(), cable.to.port.as_str(), cable.length_mm)
        })
        .collect();
    // In the rack from unit 4 to 41: 37 * 44 + 1,000. Across: units 12 and 41 of 48, a row and 3 places, and slack.
    assert_eq!(Length(37 * 44 + 1_000), Length(2_628));
    assert_eq!((48 - 12) * 44 + (48 - 41) * 44 + 2 * 400 + 3_000 + 2_100 + 1_000, 8_792);
    assert_eq!(
        ends,
        [
            ("host0", "mlx0/1", "1", 3_000),
            ("host0", "mlx0/2", "2", 3_000),
            ("host1", "mlx0/1", "3", 10_000),
            ("host1", "mlx0/2", "4", 10_000),
        ]
    );
    assert_eq!(drawn.cables[2].tier, "server-switch");
}

#[test]
fn a_switch_of_no_tier_stands_where_a_leaf_would() {
    let parts = Parts::new();
    let assigned =
        Assigned { switch: Some(&parts.leaf), pod: (1, 0), place: SwitchPlace::InRack, ..parts.assigned() };
    let drawn = draw_up(&pair(None), &assigned, Placing::Canonical, GO).unwrap();
    assert_eq!(drawn.racks.len(), 1);
    assert_eq!(drawn.racks[0].devices.iter().map(|device| device.unit).collect::<Vec<_>>(), [1, 9, 48]);
    assert_eq!(drawn.runs, []);
}

#[test]
fn split_ports_have_parts() {
    let parts = Parts::new();
    let fast = Switch { ports: 2, split: 2, rate: Bandwidth::from_gbps(800), ..parts.leaf.clone() };
    let assigned = Assigned { switch: Some(&fast), ..parts.assigned() };
    let drawn = draw_up(&pair(None), &assigned, Placing::Canonical, GO).unwrap();
    let ports: Vec<_> = drawn.cables.iter().map(|cable| cable.to.port.as_str()).collect();
    assert_eq!(ports, ["1/1", "1/2", "2/1", "2/2"]);
}

#[test]
fn faults_are_told() {
    let parts = Parts::new();
    let fault = |fabric: &Fabric, assigned: &Assigned<'_>| {
        draw_up(fabric, assigned, Placing::Canonical, GO).unwrap_err().to_string()
    };
    let two = pair(None);
    assert_eq!(fault(&two, &parts.assigned()), "`sw` needs a part for its switch, and none is given");
    let few = Switch { ports: 3, ..parts.leaf.clone() };
    let assigned = Assigned { switch: Some(&few), ..parts.assigned() };
    assert_eq!(fault(&two, &assigned), "`sw` has more cables than the 3 ports of a `sw64`");
    let slow = Switch { rate: Bandwidth::from_gbps(200), ..parts.leaf.clone() };
    let slow = Assigned { switch: Some(&slow), ..assigned };
    assert_eq!(fault(&two, &slow), "`sw` has a cable of 400 Gbps, and a port of a `sw64` has 200 Gbps");
    let roce = Assigned { technology: Technology::Roce, switch: Some(&parts.leaf), ..assigned };
    assert_eq!(fault(&two, &roce), "no cable that may be taken carries roce at 400 Gbps");
    let assigned = Assigned { switch: Some(&parts.leaf), ..assigned };
    let same = pair(Some([position(0, 0, 7), position(0, 0, 0), position(0, 0, 20)]));
    assert_eq!(fault(&same, &assigned), "`host0` and `sw` stand in the same height units of row 0, rack 0");
    let high = pair(Some([position(0, 0, 48), position(0, 0, 0), position(0, 0, 20)]));
    assert_eq!(fault(&high, &assigned), Misfit::Height.to_string());
    let copper = Assigned { media: &[MediumKind::Copper], ..assigned };
    let apart = pair(Some([position(0, 0, 0), position(9, 0, 0), position(0, 1, 20)]));
    assert_eq!(fault(&apart, &copper), "no cable that may be taken is long enough");
    let small =
        Assigned { per_rack: 1, room: Room { rows: 1, racks_per_row: 2, ..Room::default() }, ..assigned };
    assert_eq!(fault(&two, &small), "the room has too few places for the racks");
    let bare = Assigned { nic: None, ..assigned };
    assert_eq!(fault(&two, &bare), "`host0` needs a part for its adapter, and none is given");
    let slots = [Slot { row: 0, place: 0 }];
    let short = draw_up(&two, &Assigned { per_rack: 1, ..assigned }, Placing::Given(&slots), GO);
    assert_eq!(short.unwrap_err(), DrawError::Misfit(Misfit::Room));
    let mut loose = Builder::new("loose", LinkClass::builtin());
    let class = loose.class("infiniband").unwrap();
    let [gpu, switch] =
        [("gpu0", NodeKind::Gpu), ("sw", NodeKind::Switch)].map(|(n, k)| loose.add_node(Node::new(n, k)));
    loose.add_cable(gpu, switch, Cable::new(class, Bandwidth::from_gbps(400)));
    let loose = loose.finish().unwrap();
    assert_eq!(
        fault(&loose, &assigned),
        "`gpu0` is a gpu of no server, so it is nothing that could be bought"
    );
}

#[test]
fn labour_by_hand() {
    assert_eq!(labour(MediumKind::Copper), Price::fixed(crate::units::Money(1_500)));
    assert_eq!(labour(MediumKind::SingleMode), Price::fixed(crate::units::Money(2_400)));
}
