//! Parts for what a topology needs.

use super::error::Load;
use super::needs::{KINDS, Needs, Use, server_words};
use super::{Asked, PriceError};
use crate::fabric::parts::{Catalogue, Nic, Rack, Server, Switch, Technology};
use crate::planner::floor::takes;

/// Parts that were chosen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen<'a> {
    pub(super) technology: Technology,
    pub(super) server: &'a Server,
    pub(super) nic: Option<&'a Nic>,
    /// By kind, as in [`KINDS`].
    pub(super) switches: [Option<&'a Switch>; 4],
    pub(super) rack: &'a Rack,
    /// The most servers of a rack.
    pub(super) per_rack: u32,
}

/// Chooses all parts: what was asked for, else what suits.
pub(super) fn choose<'a>(
    needs: &Needs,
    catalogue: &'a Catalogue,
    asked: &Asked,
    notes: &mut Vec<String>,
) -> Result<Chosen<'a>, PriceError> {
    // Where there are no cables, nothing depends on what they carry.
    let technology = needs.technology.unwrap_or(Technology::InfiniBand);
    let server = server(needs, catalogue, asked, notes)?;
    let nic = nic(needs, catalogue, asked, technology, server)?;
    let mut switches = [None; 4];
    for (at, (_, kind)) in KINDS.into_iter().enumerate() {
        switches[at] =
            switch(kind, &needs.switches[at], catalogue, asked.switches[at].as_deref(), technology)?;
    }
    let (rack, per_rack) = rack(needs, catalogue, asked, server, &switches)?;
    Ok(Chosen { technology, server, nic, switches, rack, per_rack })
}

/// A part by its name.
fn named<'a, P>(
    kind: &'static str,
    parts: &'a [P],
    name_of: fn(&P) -> &str,
    name: &str,
) -> Result<&'a P, PriceError> {
    parts.iter().find(|part| name_of(part) == name).ok_or_else(|| {
        let names: Vec<&str> = parts.iter().map(name_of).collect();
        PriceError::unknown(kind, name, &names)
    })
}

/// How far a server is from what is needed, the number of accelerators first; the first three are nothing where it suits.
/// Of those that suit, the nearest in rates is taken: a faster adapter would do, and so would another generation.
fn far(needs: &Needs, server: &Server) -> [u64; 5] {
    let (rate, wanted) = (server.nic_rate.bits_per_sec(), needs.adapter_rate.bits_per_sec());
    let networked = needs.adapters > 0;
    [
        u64::from(server.accelerators.abs_diff(needs.accelerators)),
        if networked { u64::from(server.nics.abs_diff(needs.adapters)) } else { 0 },
        if networked { wanted.saturating_sub(rate) } else { 0 },
        if networked { rate.saturating_sub(wanted) } else { 0 },
        server.scaleup.bits_per_sec().abs_diff(needs.scaleup.bits_per_sec()),
    ]
}

fn suits(needs: &Needs, server: &Server) -> bool {
    far(needs, server)[..3] == [0; 3]
}

fn words(server: &Server) -> String {
    format!("`{}`: {}", server.name, server_words(server.accelerators, server.nics, server.nic_rate))
}

fn server<'a>(
    needs: &Needs,
    catalogue: &'a Catalogue,
    asked: &Asked,
    notes: &mut Vec<String>,
) -> Result<&'a Server, PriceError> {
    let own = match &asked.server {
        Some(name) => named("server", &catalogue.servers, |own| &own.name, name)?,
        None => {
            let nearest = catalogue.servers.iter().min_by_key(|own| far(needs, own));
            nearest.filter(|own| suits(needs, own)).ok_or_else(|| PriceError::NoServer {
                needed: needs.server_words(),
                near: nearest.map(words),
            })?
        }
    };
    let [.., faster, scaleup] = far(needs, own);
    if !suits(needs, own) || faster > 0 {
        notes.push(format!(
            "servers of the topology have {}; bought is {}",
            needs.server_words(),
            words(own)
        ));
    }
    if scaleup > 0 {
        // Other accelerators, most likely: what is bought may cost much more or less than what is meant.
        let (theirs, own_rate) = (needs.scaleup.bits_per_sec() / 8, own.scaleup.bits_per_sec() / 8);
        notes.push(format!(
            "accelerators of the topology have {} GB/s to others of their server, those of `{}` {} GB/s: see that it is the \
             server that is meant",
            theirs / 1_000_000_000,
            own.name,
            own_rate / 1_000_000_000
        ));
    }
    Ok(own)
}

/// The adapter of servers that come without.
fn nic<'a>(
    needs: &Needs,
    catalogue: &'a Catalogue,
    asked: &Asked,
    technology: Technology,
    server: &Server,
) -> Result<Option<&'a Nic>, PriceError> {
    if let Some(name) = &asked.nic {
        let own = named("adapter", &catalogue.nics, |own| &own.name, name)?;
        if server.with_nics {
            return Err(PriceError::Idle {
                kind: "server without adapters of its own",
                part: own.name.clone(),
            });
        }
        if !own.technologies.contains(&technology) {
            return Err(PriceError::Speech { part: own.name.clone(), technology: technology.name() });
        }
        return Ok(Some(own));
    }
    if server.with_nics || needs.adapters == 0 && server.nics == 0 {
        return Ok(None);
    }
    let suits = |own: &&Nic| {
        own.technologies.contains(&technology)
            && own.rate >= needs.adapter_rate
            && own.planes >= needs.adapter_ports
    };
    let cheapest = catalogue.nics.iter().filter(suits).min_by_key(|own| own.price.mid);
    cheapest.map(Some).ok_or(PriceError::NoNic {
        technology: technology.name(),
        rate: needs.adapter_rate,
        ports: needs.adapter_ports,
    })
}

/// The part of all switches of a kind.
fn switch<'a>(
    kind: &'static str,
    uses: &[Use],
    catalogue: &'a Catalogue,
    asked: Option<&str>,
    technology: Technology,
) -> Result<Option<&'a Switch>, PriceError> {
    if let Some(name) = asked {
        let own = named("switch", &catalogue.switches, |own| &own.name, name)?;
        if uses.is_empty() {
            return Err(PriceError::Idle { kind, part: own.name.clone() });
        }
        if own.technology != technology {
            return Err(PriceError::Speech { part: own.name.clone(), technology: technology.name() });
        }
        // Whether its ports suffice is told where cables are plugged in.
        return Ok(Some(own));
    }
    // The first of those that use the most.
    let Some(most) = uses.iter().rev().max_by_key(|own| (own.rate(), own.count())) else { return Ok(None) };
    let suits = |own: &&Switch| own.technology == technology && uses.iter().all(|each| holds(own, each));
    let cheapest = catalogue.switches.iter().filter(suits).min_by_key(|own| own.price.mid);
    cheapest.map(Some).ok_or_else(|| PriceError::NoSwitch {
        name: most.name.clone(),
        technology: technology.name(),
        ports: most.count(),
        rate: most.rate(),
    })
}

/// Whether a switch has ports for all cables of one of the topology, plugged in one after another.
fn holds(switch: &Switch, of: &Use) -> bool {
    let mut used: u64 = 0;
    for (rate, lanes) in &of.cables {
        let part = u64::from(takes(switch, *rate));
        if part == 0 {
            return false;
        }
        used = (used.div_ceil(part) + u64::from(*lanes)) * part;
    }
    used <= u64::from(switch.ports) * u64::from(switch.split.max(1))
}

/// The rack, and how many servers go in: as many as asked for, else as many as fit.
fn rack<'a>(
    needs: &Needs,
    catalogue: &'a Catalogue,
    asked: &Asked,
    server: &Server,
    switches: &[Option<&Switch>; 4],
) -> Result<(&'a Rack, u32), PriceError> {
    let load = Load::new(server, asked.per_rack.unwrap_or(1));
    let rack = if let Some(name) = &asked.rack {
        named("rack", &catalogue.racks, |own| &own.name, name)?
    } else {
        let all_hold = |own: &&Rack| {
            let one = |switch: &&Switch| {
                switch.height <= own.height && switch.max_power <= own.power && switch.mass <= own.mass
            };
            load.fits(own) && switches.iter().flatten().all(one)
        };
        let cheapest = catalogue.racks.iter().filter(all_hold).min_by_key(|own| own.price.mid);
        cheapest.ok_or_else(|| PriceError::NoRack(load.clone()))?
    };
    if !load.fits(rack) {
        return Err(load.weak(rack));
    }
    let most = asked.per_rack.unwrap_or_else(|| {
        let fits = |count: &u32| Load::new(server, *count).fits(rack);
        (1..=needs.servers.max(1)).take_while(fits).last().unwrap_or(1)
    });
    Ok((rack, most))
}
