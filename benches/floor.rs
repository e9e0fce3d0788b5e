//! What it takes to fill racks, to place them and to draw a design up, and what placement saves:
//! `cargo bench --bench floor`.
//!
//! The designs are those of the 16,384 H100 of `scenarios/plan-405b-16384.toml` on rail-optimised networks of three tiers:
//! 2,048 servers, four a rack of 60 kW, with parts and prices of the built-in catalogue, in the usual room (rows of 20) and
//! in that of the scenario (rows of 40).

#![expect(clippy::print_stdout, reason = "savings are printed beside the times of criterion")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use railspine::fabric::parts::{Catalogue, MediumKind, Technology};
use railspine::fabric::template::{Value, Values, family};
use railspine::fabric::{Builder, Fabric, LinkClass};
use railspine::input::parts::builtin;
use railspine::input::plan::{Room, SwitchPlace};
use railspine::planner::floor::{Assigned, Equipment, Floor, Placing, Racked, draw_up, layout, place};
use railspine::units::Money;

const ALL: [MediumKind; 4] =
    [MediumKind::Copper, MediumKind::ActiveCopper, MediumKind::Multimode, MediumKind::SingleMode];
const GO: &(dyn Fn() -> bool + Sync) = &|| false;

/// A network by its switches: the catalogue's name, ports at 400 Gbps, servers of a pod.
struct Network {
    switch: &'static str,
    radix: u32,
    pod: u32,
}

/// InfiniBand, and RoCE of switches that split 64 ports of 800G in two.
const NETWORKS: [Network; 2] =
    [Network { switch: "qm9790", radix: 64, pod: 32 }, Network { switch: "sn5600", radix: 128, pod: 64 }];

impl Network {
    fn fabric(&self) -> Fabric {
        let family = family("rail-optimised").expect("there is one");
        let given = [("servers", Value::Count(2_048)), ("radix", Value::Count(self.radix))];
        let values = Values::new(family.params, given.into_iter().collect()).expect("they are right");
        let mut builder = Builder::new("rails", LinkClass::builtin());
        (family.build)(&values, &mut builder).expect("it fits");
        builder.finish().expect("it is whole")
    }

    fn parts<'a>(&self, catalogue: &'a Catalogue, place: SwitchPlace, racks_per_row: u32) -> Assigned<'a> {
        let switch = catalogue.switches.iter().find(|own| own.name == self.switch).expect("there is one");
        Assigned {
            catalogue,
            server: catalogue.servers.iter().find(|own| own.name == "dgx-h100").expect("there is one"),
            nic: None,
            leaf: Some(switch),
            spine: Some(switch),
            core: Some(switch),
            switch: None,
            rack: catalogue.racks.iter().find(|own| own.name == "rack-48u-60kw").expect("there is one"),
            technology: switch.technology,
            media: &ALL,
            per_rack: 4,
            place,
            pod: (self.pod, 8),
            room: Room { racks_per_row, ..Room::default() },
            pue: 1.2,
        }
    }
}

/// Places racks once and tells what that saves.
fn tell(name: &str, floor: &Floor) {
    let start = Instant::now();
    let found = place(floor, 1, GO).expect("cables reach");
    let took = start.elapsed().as_secs_f64();
    let cables: u32 = floor.bundles.iter().map(|bundle| bundle.count).sum();
    let usd = |cost: Money| cost.usd() / 1e6;
    let row_major = usd(found.row_major.cost);
    let saved = |cost: f64| 100.0 * (1.0 - cost / row_major);
    let seeds = found.seeds.map(|seed| format!("{:.2}", usd(seed.cost)));
    println!(
        "{name}: {} racks, {cables} cables between them, placed in {took:.2} s: {:.2} MUSD, {:.1} % less than row by row (no placement: more than {:.1} %); seeds {}",
        floor.kinds.len(),
        usd(found.placed.cost),
        saved(usd(found.placed.cost)),
        saved(usd(floor.least())),
        seeds.join(", "),
    );
}

fn floor(criterion: &mut Criterion) {
    let catalogue = builtin();
    let mut fabrics = Vec::new();
    for network in NETWORKS {
        let fabric = network.fabric();
        for (per_row, (name, place_of)) in
            [20, 40].into_iter().flat_map(|per_row| SwitchPlace::ALL.map(|place| (per_row, place)))
        {
            let parts = network.parts(&catalogue, place_of, per_row);
            let floor = Racked::new(&fabric, &parts).expect("it fits").floor();
            let technology = match parts.technology {
                Technology::InfiniBand => "InfiniBand",
                Technology::Roce => "RoCE",
            };
            tell(&format!("{technology}, {name}, rows of {per_row}"), &floor);
        }
        fabrics.push((network, fabric));
    }
    let Some((network, fabric)) = fabrics.first() else { return };
    let placed = network.parts(&catalogue, SwitchPlace::MiddleOfRow, 20);
    let equipment = Equipment {
        server: placed.server,
        servers: 2_048,
        pod_servers: 32,
        leaf: placed.leaf,
        leaves_per_pod: 8,
        spine: placed.spine,
        spines: 512,
        core: placed.core,
        cores: 256,
        rack: placed.rack,
    };
    let mut group = criterion.benchmark_group("floor");
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(10);
    group.bench_function("fill racks", |bench| {
        bench.iter(|| layout(black_box(&equipment), 4, SwitchPlace::MiddleOfRow));
    });
    let floor = Racked::new(fabric, &placed).expect("it fits").floor();
    group.bench_function("place racks", |bench| bench.iter(|| place(black_box(&floor), 1, GO)));
    group.bench_function("bound", |bench| bench.iter(|| black_box(&floor).least()));
    group.bench_function("draw up", |bench| {
        bench.iter(|| draw_up(black_box(fabric), &placed, Placing::Canonical, GO));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = floor
}
criterion_main!(benches);
