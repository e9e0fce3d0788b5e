//! What it takes to fill racks, to place them and to draw a design up, and what placement saves:
//! `cargo bench --bench floor`.
//!
//! The design is a rail-optimised cluster of 16,384 accelerators with three tiers: 2,048 servers, four a rack. Prices are
//! round figures of the public estimates that the catalogue has.

#![expect(clippy::print_stdout, reason = "savings are printed beside the times of criterion")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use railspine::fabric::parts::{
    Catalogue, Medium, MediumKind, Price, PriceKind, Provenance, Rack, Server, Switch, Technology,
};
use railspine::fabric::template::{Value, Values, family};
use railspine::fabric::{Builder, Fabric, LinkClass};
use railspine::input::plan::{Room, SwitchPlace};
use railspine::planner::floor::{Assigned, Equipment, Placing, Racked, draw_up, layout, place};
use railspine::units::{Bandwidth, Length, Mass, Money, Power, Time};

const ALL: [MediumKind; 4] =
    [MediumKind::Copper, MediumKind::ActiveCopper, MediumKind::Multimode, MediumKind::SingleMode];

fn provenance() -> Provenance {
    Provenance { kind: PriceKind::Estimate, year: 2025, source: "round figures".into() }
}

const fn usd(amount: u64) -> Price {
    Price::fixed(Money(amount * 100))
}

fn medium(kind: MediumKind, reach: u64, cable: u64, cents: u64, module: (&str, u64)) -> Medium {
    Medium {
        name: kind.name().into(),
        title: kind.name().into(),
        kind,
        technologies: vec![Technology::InfiniBand],
        rate: Bandwidth::from_gbps(400),
        reach: Length(reach),
        cable: usd(cable),
        metre: Price::fixed(Money(cents)),
        transceiver: module.0.into(),
        transceiver_price: usd(module.1),
        cables_per_transceiver: 2,
        end_power: Power(8_500),
        provenance: provenance(),
    }
}

/// Multimode reaches so far: 50 m by its data sheet, 30 m by the advice of NVIDIA's reference architectures.
fn media(multimode: u64) -> Catalogue {
    let media = vec![
        medium(MediumKind::Copper, 3_000, 100, 2_500, ("", 0)),
        medium(MediumKind::ActiveCopper, 5_000, 400, 6_000, ("", 0)),
        medium(MediumKind::Multimode, multimode, 100, 250, ("sr", 880)),
        medium(MediumKind::SingleMode, 100_000, 100, 250, ("dr", 1_400)),
    ];
    Catalogue { media, ..Catalogue::default() }
}

fn server() -> Server {
    Server {
        name: "server".into(),
        title: "server".into(),
        accelerator: "h100".into(),
        accelerators: 8,
        nics: 8,
        nic_rate: Bandwidth::from_gbps(400),
        with_nics: true,
        scaleup: Bandwidth::from_gbps(3_600),
        in_network: true,
        pcie: Bandwidth::from_gbps(512),
        height: 8,
        max_power: Power(10_200_000),
        power: Power(8_000_000),
        mass: Mass(130_000),
        liquid: false,
        price: usd(300_000),
        provenance: provenance(),
    }
}

fn switch() -> Switch {
    Switch {
        name: "switch".into(),
        title: "switch".into(),
        technology: Technology::InfiniBand,
        ports: 64,
        rate: Bandwidth::from_gbps(400),
        split: 1,
        height: 1,
        power: Power(720_000),
        max_power: Power(1_700_000),
        mass: Mass(14_800),
        latency: Time::from_ps(450_000),
        price: usd(30_000),
        provenance: provenance(),
    }
}

fn rack() -> Rack {
    Rack {
        name: "rack".into(),
        title: "rack".into(),
        height: 48,
        power: Power(50_000_000),
        mass: Mass(1_500_000),
        liquid: false,
        price: usd(6_000),
        provenance: provenance(),
    }
}

fn fabric(servers: u32) -> Fabric {
    let family = family("rail-optimised").expect("there is one");
    let given = [("servers", Value::Count(servers)), ("radix", Value::Count(64))];
    let values = Values::new(family.params, given.into_iter().collect()).expect("they are right");
    let mut builder = Builder::new("rails", LinkClass::builtin());
    (family.build)(&values, &mut builder).expect("it fits");
    builder.finish().expect("it is whole")
}

fn floor(criterion: &mut Criterion) {
    let (catalogue, shorter) = (media(50_000), media(30_000));
    let (server, switch, rack) = (server(), switch(), rack());
    let fabric = fabric(2_048);
    let parts = |place, per_rack| Assigned {
        catalogue: &catalogue,
        server: &server,
        nic: None,
        leaf: Some(&switch),
        spine: Some(&switch),
        core: Some(&switch),
        switch: None,
        rack: &rack,
        technology: Technology::InfiniBand,
        media: &ALL,
        per_rack,
        place,
        pod: (32, 8),
        room: Room::default(),
        pue: 1.3,
    };
    let go: &(dyn Fn() -> bool + Sync) = &|| false;
    let each = SwitchPlace::ALL.into_iter().flat_map(|place| [(place, 50), (place, 30)]);
    for ((name, place_of), reach) in each {
        let own = if reach == 50 { &catalogue } else { &shorter };
        let own = Assigned { catalogue: own, ..parts(place_of, 4) };
        let racked = Racked::new(&fabric, &own).expect("it fits");
        let floor = racked.floor();
        let start = Instant::now();
        let found = place(&floor, 1, go).expect("cables reach");
        let took = start.elapsed().as_secs_f64();
        let cables: u32 = floor.bundles.iter().map(|bundle| bundle.count).sum();
        let usd = |cost: Money| cost.usd() / 1e6;
        let seeds = found.seeds.map(|seed| format!("{:.2}", usd(seed.cost)));
        println!(
            "{name}, multimode to {reach} m: {} racks, {cables} cables between them, placed in {took:.2} s: {:.2} MUSD, {:.1} % less than row by row; seeds {}",
            floor.kinds.len(),
            usd(found.placed.cost),
            100.0 * (1.0 - found.placed.cost.usd() / found.row_major.cost.usd()),
            seeds.join(", "),
        );
    }
    let equipment = Equipment {
        server: &server,
        servers: 2_048,
        pod_servers: 32,
        leaf: Some(&switch),
        leaves_per_pod: 8,
        spine: Some(&switch),
        spines: 512,
        core: Some(&switch),
        cores: 256,
        rack: &rack,
    };
    let mut group = criterion.benchmark_group("floor");
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(10);
    group.bench_function("fill racks", |bench| {
        bench.iter(|| layout(black_box(&equipment), 4, SwitchPlace::MiddleOfRow));
    });
    let placed = parts(SwitchPlace::MiddleOfRow, 4);
    let floor = Racked::new(&fabric, &placed).expect("it fits").floor();
    group.bench_function("place racks", |bench| bench.iter(|| place(black_box(&floor), 1, go)));
    group.bench_function("draw up", |bench| {
        bench.iter(|| draw_up(black_box(&fabric), &placed, Placing::Canonical, go));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = floor
}
criterion_main!(benches);
