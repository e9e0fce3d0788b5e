//! Parts: the built-in catalogue, and files that go over it.

use railspine::cli::render::render_all;
use railspine::fabric::parts::{Catalogue, MediumKind, Nic, Price, PriceKind, Switch, Technology};
use railspine::input::{LoadError, LoadOptions, load_parts, parts, workload};
use railspine::units::{Bandwidth, Length, Mass, Money, Power, Time};

fn catalogue(text: &str) -> Catalogue {
    let options = LoadOptions { stdin: Some(text.to_owned()), ..LoadOptions::default() };
    match load_parts("-", &options) {
        Ok(loaded) => loaded.value,
        Err(LoadError::Rejected { sources, diagnostics }) => {
            panic!("{}", render_all(&diagnostics, &sources, false))
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn parts_of_ones_own_change_built_in_ones_or_are_added() {
    let builtin = parts::builtin();
    let found = catalogue(
        "[[switch]]\nname = \"qm9790\"\nprice = \"30 kUSD\"\n[[rack]]\nname = \"own\"\nheight = 42\npower = \"17 kW\"\n\
         mass = \"1 t\"\nprice = [\"3 kUSD\", \"4 kUSD\", \"5 kUSD\"]\nprice_kind = \"street\"\nyear = 2025\n\
         [[medium]]\nname = \"sr-400\"\ntransceiver_price = \"500 USD\"\n",
    );
    let switch = |catalogue: &Catalogue| {
        catalogue.switches.iter().find(|switch| switch.name == "qm9790").unwrap().clone()
    };
    let (old, new) = (switch(&builtin), switch(&found));
    assert_eq!(new.price, Price::fixed(Money(3_000_000)));
    assert!(new.provenance.source.ends_with("; with figures of one's own"), "{}", new.provenance.source);
    let provenance = old.provenance.clone();
    assert_eq!(Switch { price: old.price, provenance, ..new }, old, "all else is kept");
    assert_eq!(found.switches.len(), builtin.switches.len());
    let (own, others) = found.racks.split_last().unwrap();
    assert_eq!(others, builtin.racks);
    assert_eq!((own.name.as_str(), own.title.as_str(), own.height, own.liquid), ("own", "own", 42, false));
    assert_eq!((own.power, own.mass), (Power(17_000_000), Mass(1_000_000)));
    assert_eq!(
        (own.price.low, own.price.mid, own.price.high),
        (Money(300_000), Money(400_000), Money(500_000))
    );
    assert_eq!((own.provenance.kind, own.provenance.year), (PriceKind::Street, 2025));
    let medium = found.media.iter().find(|medium| medium.name == "sr-400").unwrap();
    assert_eq!((medium.transceiver_price.mid, medium.cables_per_transceiver), (Money(50_000), 2));
}

/// What the built-in catalogue must hold for plans to come of it.
#[test]
fn the_built_in_catalogue_is_whole() {
    let parts = parts::builtin();
    let mut names: Vec<&str> = Vec::new();
    let mut prices: Vec<Price> = Vec::new();
    let mut sources: Vec<&str> = Vec::new();
    for switch in &parts.switches {
        names.push(&switch.name);
        prices.push(switch.price);
        sources.push(&switch.provenance.source);
        let expected = if switch.technology == Technology::Roce { 1_000_000 } else { 450_000 };
        assert_eq!(switch.latency, Time::from_ps(expected), "{}: as its link class", switch.name);
    }
    for nic in &parts.nics {
        names.push(&nic.name);
        prices.push(nic.price);
        sources.push(&nic.provenance.source);
    }
    for medium in &parts.media {
        names.push(&medium.name);
        prices.extend([medium.cable, medium.metre, medium.transceiver_price]);
        sources.push(&medium.provenance.source);
        assert_eq!(
            medium.transceiver.is_empty(),
            medium.transceiver_price == Price::default(),
            "{}",
            medium.name
        );
    }
    for server in &parts.servers {
        names.push(&server.name);
        prices.push(server.price);
        sources.push(&server.provenance.source);
        let accelerator = workload::accelerator(&server.accelerator).unwrap();
        assert!((server.scaleup.bytes_per_sec() - accelerator.scaleup).abs() < 1.0, "{}", server.name);
        assert_eq!(server.accelerators, accelerator.domain, "{}", server.name);
        let watts = accelerator.power * f64::from(server.accelerators);
        assert!(server.max_power.watts() > watts, "{}", server.name);
        for technology in Technology::ALL.map(|(_, technology)| technology) {
            let fits = |nic: &Nic| nic.rate == server.nic_rate && nic.technologies.contains(&technology);
            assert!(parts.nics.iter().any(fits), "{} has no adapter", server.name);
        }
    }
    for rack in &parts.racks {
        names.push(&rack.name);
        prices.push(rack.price);
        sources.push(&rack.provenance.source);
    }
    assert!(prices.iter().all(|price| price.low <= price.mid && price.mid <= price.high));
    assert!(sources.iter().all(|source| source.len() > 10));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "no two are of one name");
    // Whatever switches and adapters offer, whole or split, reaches across a room.
    let split = |rate: Bandwidth, by: u32| Bandwidth(rate.bits_per_sec() / u64::from(by));
    let mut offered: Vec<(Technology, Bandwidth)> = Vec::new();
    for switch in &parts.switches {
        offered.extend([1, switch.split].map(|by| (switch.technology, split(switch.rate, by))));
    }
    for nic in &parts.nics {
        for technology in &nic.technologies {
            offered.extend([1, nic.planes].map(|by| (*technology, split(nic.rate, by))));
        }
    }
    for (technology, rate) in offered {
        let fits = parts
            .media
            .iter()
            .filter(|medium| medium.rate == rate && medium.technologies.contains(&technology));
        let longest = fits.map(|medium| medium.reach).max();
        assert!(longest >= Some(Length(30_000)), "{technology:?} at {rate}: {longest:?}");
    }
    // InfiniBand of 800G has neither passive copper nor multimode.
    let xdr: Vec<MediumKind> = parts
        .media
        .iter()
        .filter(|medium| medium.rate == Bandwidth::from_gbps(800))
        .filter(|medium| medium.technologies.contains(&Technology::InfiniBand))
        .map(|medium| medium.kind)
        .collect();
    assert_eq!(xdr, [MediumKind::ActiveCopper, MediumKind::SingleMode]);
}
