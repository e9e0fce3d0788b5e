//! `[[switch]]`.

use super::Part;
use super::entry::{Entry, price, rate};
use crate::fabric::parts::{Catalogue, Switch, Technology};
use crate::units::Time;

/// The most ports of a switch, and into how many a port can be split.
pub(super) const MAX_PORTS: u32 = 1 << 16;
pub(super) const MAX_SPLIT: u32 = 16;
/// The most height units of anything.
pub(super) const MAX_HEIGHT: u32 = 100;
/// The most latency of a hop.
const MAX_LATENCY: Time = Time::from_ps(1_000_000_000_000);

impl Part for Switch {
    const KEY: &'static str = "switch";

    fn name(&self) -> &str {
        &self.name
    }

    fn list(catalogue: &mut Catalogue) -> &mut Vec<Self> {
        &mut catalogue.switches
    }

    fn read(entry: &mut Entry<'_>, old: Option<&Self>) -> Option<Self> {
        let head = entry.head(old.map(|old| (old.title.as_str(), &old.provenance)));
        let technology = entry.value("technology", "\"roce\"", old.map(|old| old.technology), |item| {
            item.word("a technology", &Technology::ALL)
        });
        let ports = entry.value("ports", "64", old.map(|old| old.ports), |item| item.count(2, MAX_PORTS));
        let rate = entry.value("rate", "\"400 Gbps\"", old.map(|old| old.rate), rate);
        let split = entry.or("split", old.map(|old| old.split), 1, |item| item.count(1, MAX_SPLIT));
        let height = entry.value("height", "1", old.map(|old| old.height), |item| item.count(1, MAX_HEIGHT));
        let power = entry.value("power", "\"640 W\"", old.map(|old| old.power), |item| item.quantity());
        let most =
            entry.value("max_power", "\"1.6 kW\"", old.map(|old| old.max_power), |item| item.quantity());
        let mass = entry.value("mass", "\"15 kg\"", old.map(|old| old.mass), |item| item.quantity());
        let latency = entry
            .value("latency", "\"1 us\"", old.map(|old| old.latency), |item| item.quantity_to(MAX_LATENCY));
        let price = entry.value("price", "\"38 kUSD\"", old.map(|old| old.price), price);
        if let (Some(power), Some(most)) = (power, most)
            && power > most
        {
            entry.above("power", "max_power");
        }
        let head = head?;
        Some(Self {
            name: entry.name.value.clone(),
            title: head.title,
            technology: technology?,
            ports: ports?,
            rate: rate?,
            split: split?,
            height: height?,
            power: power?,
            max_power: most?,
            mass: mass?,
            latency: latency?,
            price: price?,
            provenance: head.provenance,
        })
    }
}
