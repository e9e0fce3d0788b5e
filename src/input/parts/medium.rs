//! `[[medium]]`.

use super::Part;
use super::entry::{Entry, length, line, price, rate, technologies};
use crate::diag::Diagnostic;
use crate::fabric::parts::{Catalogue, Medium, MediumKind, Price};

/// The most cables that share a module.
pub(super) const MAX_SHARED: u32 = 64;

impl Part for Medium {
    const KEY: &'static str = "medium";

    fn name(&self) -> &str {
        &self.name
    }

    fn list(catalogue: &mut Catalogue) -> &mut Vec<Self> {
        &mut catalogue.media
    }

    fn read(entry: &mut Entry<'_>, old: Option<&Self>) -> Option<Self> {
        let head = entry.head(old.map(|old| (old.title.as_str(), &old.provenance)));
        let kind = entry.value("kind", "\"copper\"", old.map(|old| old.kind), |item| {
            item.word("a kind of cable", &MediumKind::ALL)
        });
        let spoken = old.map(|old| old.technologies.clone());
        let technologies = entry.value("technologies", "[\"roce\"]", spoken, technologies);
        let rate = entry.value("rate", "\"400 Gbps\"", old.map(|old| old.rate), rate);
        let reach = entry.value("reach", "\"3 m\"", old.map(|old| old.reach), length);
        let cable = entry.value("cable", "\"80 USD\"", old.map(|old| old.cable), price);
        let metre = entry.value("metre", "\"10 USD\"", old.map(|old| old.metre), price);
        let module = entry.or("transceiver", old.map(|old| old.transceiver.clone()), String::new(), line);
        let bare = module.as_ref().is_some_and(String::is_empty);
        let old_price = old.map(|old| old.transceiver_price).filter(|price| *price != Price::default());
        let module_price = if bare {
            refuse(entry);
            Some(Price::default())
        } else {
            entry.value("transceiver_price", "\"899 USD\"", old_price, price)
        };
        let shared =
            entry.or("cables_per_transceiver", old.map(|old| old.cables_per_transceiver), 1, |item| {
                item.count(1, MAX_SHARED)
            });
        let end = entry.value("end_power", "\"8.5 W\"", old.map(|old| old.end_power), |item| item.quantity());
        let head = head?;
        Some(Self {
            name: entry.name.value.clone(),
            title: head.title,
            kind: kind?,
            technologies: technologies?,
            rate: rate?,
            reach: reach?,
            cable: cable?,
            metre: metre?,
            transceiver: module?,
            transceiver_price: module_price?,
            cables_per_transceiver: shared?,
            end_power: end?,
            provenance: head.provenance,
        })
    }
}

/// Keys of transceivers need one.
fn refuse(entry: &mut Entry<'_>) {
    for key in ["transceiver_price", "cables_per_transceiver"] {
        if let (Some(_), Some(place)) = (entry.section.item(key), entry.section.key_place(key)) {
            entry.section.source.faults.push(
                Diagnostic::error("E0103", format!("`{key}` needs a `transceiver`"))
                    .at(place, "of what?")
                    .help(
                        "add for example `transceiver = \"DR4 400G\"`: a cable with its ends fixed has none",
                    ),
            );
        }
    }
}
