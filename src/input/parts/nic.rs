//! `[[nic]]`.

use super::Part;
use super::entry::{Entry, price, rate, technologies};
use crate::fabric::parts::{Catalogue, Nic};

/// Into how many ports an adapter can be split.
pub(in crate::input) const MAX_PLANES: u32 = 16;

impl Part for Nic {
    const KEY: &'static str = "nic";

    fn name(&self) -> &str {
        &self.name
    }

    fn list(catalogue: &mut Catalogue) -> &mut Vec<Self> {
        &mut catalogue.nics
    }

    fn read(entry: &mut Entry<'_>, old: Option<&Self>) -> Option<Self> {
        let head = entry.head(old.map(|old| (old.title.as_str(), &old.provenance)));
        let spoken = old.map(|old| old.technologies.clone());
        let technologies = entry.value("technologies", "[\"roce\"]", spoken, technologies);
        let rate = entry.value("rate", "\"400 Gbps\"", old.map(|old| old.rate), rate);
        let planes = entry.or("planes", old.map(|old| old.planes), 1, |item| item.count(1, MAX_PLANES));
        let power = entry.value("power", "\"25 W\"", old.map(|old| old.power), |item| item.quantity());
        let price = entry.value("price", "\"2 kUSD\"", old.map(|old| old.price), price);
        let head = head?;
        Some(Self {
            name: entry.name.value.clone(),
            title: head.title,
            technologies: technologies?,
            rate: rate?,
            planes: planes?,
            power: power?,
            price: price?,
            provenance: head.provenance,
        })
    }
}
