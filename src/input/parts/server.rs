//! `[[server]]`.

use super::Part;
use super::entry::{Entry, price, rate};
use super::switch::MAX_HEIGHT;
use crate::fabric::parts::{Catalogue, Server};
use crate::input::names::unknown_name;
use crate::input::reader::{At, Item};
use crate::input::workload::accelerator_names;

/// The most accelerators and adapters of a server.
pub(super) const MAX_COUNT: u32 = 1 << 14;

impl Part for Server {
    const KEY: &'static str = "server";

    fn name(&self) -> &str {
        &self.name
    }

    fn list(catalogue: &mut Catalogue) -> &mut Vec<Self> {
        &mut catalogue.servers
    }

    fn read(entry: &mut Entry<'_>, old: Option<&Self>) -> Option<Self> {
        let head = entry.head(old.map(|old| (old.title.as_str(), &old.provenance)));
        let accelerator =
            entry.value("accelerator", "\"h100\"", old.map(|old| old.accelerator.clone()), accelerator);
        let count = |item: &Item<'_>| item.count(1, MAX_COUNT);
        let accelerators = entry.value("accelerators", "8", old.map(|old| old.accelerators), count);
        let nics = entry.value("nics", "8", old.map(|old| old.nics), count);
        let nic_rate = entry.value("nic_rate", "\"400 Gbps\"", old.map(|old| old.nic_rate), rate);
        let flag = |item: &Item<'_>| item.boolean();
        let with_nics = entry.or("with_nics", old.map(|old| old.with_nics), false, flag);
        let scaleup = entry.value("scaleup", "\"450 GB/s\"", old.map(|old| old.scaleup), rate);
        let in_network = entry.or("in_network", old.map(|old| old.in_network), false, flag);
        let pcie = entry.value("pcie", "\"64 GB/s\"", old.map(|old| old.pcie), rate);
        let height = entry.value("height", "8", old.map(|old| old.height), |item| item.count(1, MAX_HEIGHT));
        let most =
            entry.value("max_power", "\"10.2 kW\"", old.map(|old| old.max_power), |item| item.quantity());
        let power = entry.value("power", "\"8.4 kW\"", old.map(|old| old.power), |item| item.quantity());
        let mass = entry.value("mass", "\"130 kg\"", old.map(|old| old.mass), |item| item.quantity());
        let liquid = entry.or("liquid", old.map(|old| old.liquid), false, flag);
        let price = entry.value("price", "\"310 kUSD\"", old.map(|old| old.price), price);
        if let (Some(power), Some(most)) = (power, most)
            && power > most
        {
            entry.above("power", "max_power");
        }
        let head = head?;
        Some(Self {
            name: entry.name.value.clone(),
            title: head.title,
            accelerator: accelerator?,
            accelerators: accelerators?,
            nics: nics?,
            nic_rate: nic_rate?,
            with_nics: with_nics?,
            scaleup: scaleup?,
            in_network: in_network?,
            pcie: pcie?,
            height: height?,
            max_power: most?,
            power: power?,
            mass: mass?,
            liquid: liquid?,
            price: price?,
            provenance: head.provenance,
        })
    }
}

/// The name of a built-in accelerator.
fn accelerator(item: &Item<'_>) -> Option<At<String>> {
    let name = item.string_as("the name of a built-in accelerator")?;
    if accelerator_names().any(|own| own == name.value) {
        return Some(item.at(name.value.to_owned()));
    }
    unknown_name("E0604", "built-in accelerator", &name, accelerator_names(), item.source.faults);
    None
}
