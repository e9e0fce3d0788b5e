//! Which medium a cable is made of, by its length, and what it costs.
//!
//! A cable's price is that of the cable itself and of its share of the modules at its ends: `2 / cables_per_transceiver`
//! modules. By this price media are compared and racks are placed. What is bought is whole modules: a device needs
//! `ceil(cables / cables_per_transceiver)` of a sort for its cables of that sort, a server with all its adapters being one
//! device ([`modules`]). Where the number of a device's cables of a sort is a multiple of `cables_per_transceiver`, the
//! shares sum up to exactly that. Totals, of the search as of the bill, are cables by their own price
//! ([`Choice::cable`]) and modules counted by device ([`Modules`]): so both come to the same cent.

use super::{Curve, STOCK};
use crate::fabric::parts::{Catalogue, Medium, MediumKind, Price, Technology};
use crate::units::{Bandwidth, Length, Money, Power};

/// The medium of a stock length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Index into the catalogue's media.
    pub medium: usize,
    /// Price of the cable by itself, with its length, without modules.
    pub cable: Price,
    /// Price of the cable with its share of the modules at both ends, in whole cents.
    pub price: Price,
    /// Power of both ends.
    pub power: Power,
}

/// The media of all stock lengths, for cables of one rate and technology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// By place in [`STOCK`]; `None` where no medium reaches.
    pub each: [Option<Choice>; STOCK.len()],
}

impl Choices {
    /// The choice for a cable of at least this length.
    pub fn at(&self, length: Length) -> Option<&Choice> {
        super::stock(length).and_then(|at| self.each[at].as_ref())
    }

    /// What a cable costs by its length, at one of the prices: `curve(|price| price.mid)`.
    pub fn curve(&self, price: impl Fn(&Price) -> Money) -> Curve {
        Curve { costs: self.each.map(|choice| choice.map(|choice| price(&choice.price))) }
    }
}

/// For each stock length the medium that costs the least, at mid prices, of those that reach; the first of the catalogue
/// of several.
pub fn choices(
    catalogue: &Catalogue,
    technology: Technology,
    rate: Bandwidth,
    allowed: &[MediumKind],
) -> Choices {
    let suits = |medium: &Medium| {
        medium.rate == rate && medium.technologies.contains(&technology) && allowed.contains(&medium.kind)
    };
    let media: Vec<(usize, &Medium)> =
        catalogue.media.iter().enumerate().filter(|(_, medium)| suits(medium)).collect();
    Choices {
        each: STOCK.map(|mm| {
            let reach = media.iter().filter(|(_, medium)| medium.reach.mm() >= mm);
            let priced = reach.map(|(at, medium)| choice(*at, medium, mm));
            priced.min_by_key(|choice| (choice.price.mid, choice.medium))
        }),
    }
}

/// A medium at a length.
pub fn choice(at: usize, medium: &Medium, mm: u64) -> Choice {
    let cable = medium.cable + each(medium.metre, |metre| Money(metre.0.saturating_mul(mm) / 1_000));
    let share = u64::from(medium.cables_per_transceiver.max(1));
    let ends = if medium.transceiver.is_empty() {
        Price::default()
    } else {
        each(medium.transceiver_price, |module| Money(module.times(2).0 / share))
    };
    Choice { medium: at, cable, price: cable + ends, power: Power(medium.end_power.0.saturating_mul(2)) }
}

/// The same of all three prices.
fn each(price: Price, change: impl Fn(Money) -> Money) -> Price {
    Price { low: change(price.low), mid: change(price.mid), high: change(price.high) }
}

/// The modules that a device needs for so many cables of a medium.
pub const fn modules(medium: &Medium, cables: u32) -> u32 {
    if medium.transceiver.is_empty() {
        return 0;
    }
    let share = medium.cables_per_transceiver;
    cables.div_ceil(if share == 0 { 1 } else { share })
}

/// Cables by device and medium, for counting modules: O(1) a cable or bundle.
#[derive(Debug, Clone)]
pub struct Modules {
    media: usize,
    cables: Vec<u32>,
}

impl Modules {
    /// No cables on any of so many devices.
    pub fn new(catalogue: &Catalogue, devices: usize) -> Self {
        let media = catalogue.media.len();
        Self { media, cables: vec![0; media * devices] }
    }

    /// So many cables of a medium more on a device.
    pub fn add(&mut self, device: usize, medium: usize, cables: u32) {
        self.cables[device * self.media + medium] += cables;
    }

    /// Modules of each medium, by index into the catalogue's media.
    pub fn count(&self, catalogue: &Catalogue) -> Vec<u64> {
        let mut sums = vec![0; self.media];
        for device in self.cables.chunks_exact(self.media.max(1)) {
            for ((sum, cables), medium) in sums.iter_mut().zip(device).zip(&catalogue.media) {
                *sum += u64::from(modules(medium, *cables));
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{catalogue, usd};
    use super::*;

    const ALL: [MediumKind; 4] =
        [MediumKind::Copper, MediumKind::ActiveCopper, MediumKind::Multimode, MediumKind::SingleMode];

    #[test]
    fn the_cheapest_that_reaches() {
        let catalogue = catalogue();
        let found = choices(&catalogue, Technology::InfiniBand, Bandwidth::from_gbps(400), &ALL);
        let names: Vec<_> = found
            .each
            .iter()
            .map(|each| each.map_or("-", |choice| catalogue.media[choice.medium].name.as_str()))
            .collect();
        // Copper up to 3 m, multimode up to 50 m, single mode beyond.
        let expected = [vec!["dac"; 6], vec!["sr"; 8], vec!["dr"]].concat();
        assert_eq!(names, expected);
        // 2.5 m of copper: 80 + 2.5 * 20; 30 m of multimode: 60 + 30 * 1.5 + a module of 800 for two ends' halves.
        let curve = found.curve(|price| price.mid);
        assert_eq!(curve.cost(Length(2_300)), Some(usd(130)));
        assert_eq!(curve.cost(Length(25_000)), Some(usd(60 + 45 + 800)));
        assert_eq!(curve.cost(Length(100_001)), None);
        assert_eq!(found.at(Length(25_000)).map(|choice| choice.power), Some(Power(17_000)));
    }

    #[test]
    fn only_what_is_allowed() {
        let catalogue = catalogue();
        let rate = Bandwidth::from_gbps(400);
        let copper = choices(&catalogue, Technology::InfiniBand, rate, &[MediumKind::Copper]);
        assert_eq!(copper.each.iter().filter(|each| each.is_some()).count(), 6);
        let other = choices(&catalogue, Technology::InfiniBand, Bandwidth::from_gbps(800), &ALL);
        assert!(other.each.iter().all(Option::is_none));
    }

    #[test]
    fn modules_are_whole_by_device() {
        let catalogue = catalogue();
        let mut counted = Modules::new(&catalogue, 2);
        counted.add(0, 1, 3);
        counted.add(1, 1, 3);
        counted.add(1, 1, 1);
        counted.add(1, 0, 5);
        assert_eq!(counted.count(&catalogue), [0, 4, 0]);
        // Where they are even, shares sum up to the same.
        let medium = &catalogue.media[1];
        let shares = choice(1, medium, 10_000);
        let ends = Money(shares.price.mid.0 - shares.cable.mid.0);
        assert_eq!(ends.times(4), medium.transceiver_price.mid.times(u64::from(2 * modules(medium, 4))));
    }
}
