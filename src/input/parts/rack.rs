//! `[[rack]]`.

use super::Part;
use super::entry::{Entry, price};
use super::switch::MAX_HEIGHT;
use crate::fabric::parts::{Catalogue, Rack};

impl Part for Rack {
    const KEY: &'static str = "rack";

    fn name(&self) -> &str {
        &self.name
    }

    fn list(catalogue: &mut Catalogue) -> &mut Vec<Self> {
        &mut catalogue.racks
    }

    fn read(entry: &mut Entry<'_>, old: Option<&Self>) -> Option<Self> {
        let head = entry.head(old.map(|old| (old.title.as_str(), &old.provenance)));
        let height = entry.value("height", "48", old.map(|old| old.height), |item| item.count(1, MAX_HEIGHT));
        let power = entry.value("power", "\"40 kW\"", old.map(|old| old.power), |item| item.quantity());
        let mass = entry.value("mass", "\"1600 kg\"", old.map(|old| old.mass), |item| item.quantity());
        let liquid = entry.or("liquid", old.map(|old| old.liquid), false, |item| item.boolean());
        let price = entry.value("price", "\"10 kUSD\"", old.map(|old| old.price), price);
        let head = head?;
        Some(Self {
            name: entry.name.value.clone(),
            title: head.title,
            height: height?,
            power: power?,
            mass: mass?,
            liquid: liquid?,
            price: price?,
            provenance: head.provenance,
        })
    }
}
