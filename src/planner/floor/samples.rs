//! Parts for tests: round numbers, not those of the catalogue.

use crate::fabric::parts::{
    Catalogue, Medium, MediumKind, Nic, Price, PriceKind, Provenance, Rack, Server, Switch, Technology,
};
use crate::units::{Bandwidth, Length, Mass, Money, Power, Time};

pub(super) const fn usd(amount: u64) -> Money {
    Money(100 * amount)
}

fn provenance() -> Provenance {
    Provenance { kind: PriceKind::Estimate, year: 2025, source: "made up for tests".into() }
}

/// A price with its half and its double beside it.
fn price(amount: u64) -> Price {
    Price { low: Money(50 * amount), mid: usd(amount), high: usd(2 * amount) }
}

pub(super) fn server() -> Server {
    Server {
        name: "box8".into(),
        title: "Eight accelerators".into(),
        accelerator: "h100".into(),
        accelerators: 8,
        nics: 8,
        nic_rate: Bandwidth::from_gbps(400),
        with_nics: false,
        scaleup: Bandwidth::from_gbps(3_600),
        in_network: true,
        pcie: Bandwidth::from_gbps(512),
        height: 8,
        max_power: Power(10_200_000),
        power: Power(8_000_000),
        mass: Mass(130_000),
        liquid: false,
        price: price(300_000),
        provenance: provenance(),
    }
}

pub(super) fn leaf() -> Switch {
    Switch {
        name: "sw64".into(),
        title: "64 ports".into(),
        technology: Technology::InfiniBand,
        ports: 64,
        rate: Bandwidth::from_gbps(400),
        split: 1,
        height: 1,
        power: Power(700_000),
        max_power: Power(1_700_000),
        mass: Mass(15_000),
        latency: Time::from_ps(450_000),
        price: price(30_000),
        provenance: provenance(),
    }
}

pub(super) fn rack() -> Rack {
    Rack {
        name: "rack".into(),
        title: "A rack".into(),
        height: 48,
        power: Power(50_000_000),
        mass: Mass(1_500_000),
        liquid: false,
        price: price(5_000),
        provenance: provenance(),
    }
}

fn medium(name: &str, kind: MediumKind, reach: u64, cable: u64, cents: u64, module: (&str, u64)) -> Medium {
    Medium {
        name: name.into(),
        title: name.into(),
        kind,
        technologies: vec![Technology::InfiniBand],
        rate: Bandwidth::from_gbps(400),
        reach: Length(reach),
        cable: price(cable),
        metre: Price { low: Money(cents / 2), mid: Money(cents), high: Money(cents * 2) },
        transceiver: module.0.into(),
        transceiver_price: price(module.1),
        cables_per_transceiver: if module.1 == 0 { 1 } else { 2 },
        end_power: Power(if module.1 == 0 { 50 } else { 8_500 }),
        provenance: provenance(),
    }
}

/// Copper to 3 m, multimode to 50 m, single mode to 100 m.
pub(super) fn catalogue() -> Catalogue {
    Catalogue {
        switches: vec![leaf()],
        nics: vec![Nic {
            name: "nic400".into(),
            title: "An adapter".into(),
            technologies: vec![Technology::InfiniBand],
            rate: Bandwidth::from_gbps(400),
            planes: 1,
            power: Power(25_000),
            price: price(2_000),
            provenance: provenance(),
        }],
        media: vec![
            medium("dac", MediumKind::Copper, 3_000, 80, 2_000, ("", 0)),
            medium("sr", MediumKind::Multimode, 50_000, 60, 150, ("twin-sr", 800)),
            medium("dr", MediumKind::SingleMode, 100_000, 70, 120, ("twin-dr", 1_200)),
        ],
        servers: vec![server()],
        racks: vec![rack()],
    }
}
