//! `[racks]`: racks of the catalogue by name, or by what a room provides for each.

use crate::diag::{Diagnostic, Place};
use crate::fabric::parts::{Catalogue, Rack, Server};
use crate::input::collective::listed_twice;
use crate::input::names::unknown_name;
use crate::input::reader::{At, Faults, Item};
use crate::input::section::Section;
use crate::units::{Mass, Power};

/// What racks may at most have.
#[derive(Clone, Copy)]
struct Caps {
    power: Option<Power>,
    height: Option<u32>,
    mass: Option<Mass>,
}

/// The catalogue, with variants of racks where limits make such, and the racks that may be taken. `None` where faults were
/// told.
pub(super) fn read(
    mut section: Section<'_>,
    catalogue: Option<Catalogue>,
    servers: &[usize],
    servers_at: &Place,
) -> Option<(Catalogue, Vec<usize>)> {
    let faults = section.source.faults;
    let before = faults.errors();
    let names = section.item("names");
    let mut limited = false;
    for key in ["power", "height", "mass"] {
        if section.has(key) {
            limited = true;
            section.exclusive("names", key, "racks are chosen by their names, or by what they may have");
        }
    }
    let power_item = section.item("power");
    let powers = power_item.as_ref().map(powers);
    let height = section.item("height").and_then(|item| item.count(1, 100)).map(|found| found.value);
    let mass = section.item("mass").and_then(|item| item.quantity::<Mass>()).map(|found| found.value);
    let place = if names.is_some() || limited { section.place() } else { servers_at.clone() };
    section.finish();
    let mut catalogue = catalogue?;
    let owned: Vec<Server> = servers.iter().map(|at| catalogue.servers[*at].clone()).collect();
    let any = |rack: &Rack| owned.is_empty() || owned.iter().any(|server| holds(rack, server));
    let found = if let Some(item) = names {
        named(&item, &catalogue, &any)
    } else if let Some(powers) = powers {
        let caps = Caps { power: None, height, mass };
        let mut found = Vec::new();
        for power in powers {
            let caps = Caps { power: Some(power.value), ..caps };
            for at in cheapest(&mut catalogue, &owned, caps, &power) {
                at.filter(|at| !found.contains(at)).into_iter().for_each(|at| found.push(at));
            }
            if owned.is_empty() {
                continue;
            }
            let none = !found.iter().any(|at| catalogue.racks[*at].power == power.value);
            if none {
                too_much(&power, &owned, &catalogue, faults);
            }
        }
        found
    } else {
        let caps = Caps { power: None, height, mass };
        let variants: Vec<Rack> =
            catalogue.racks.iter().map(|rack| capped(rack, caps)).filter(|rack| any(rack)).collect();
        variants.into_iter().map(|rack| index(&mut catalogue, rack)).collect()
    };
    if faults.errors() == before {
        for server in &owned {
            if !found.iter().any(|at| holds(&catalogue.racks[*at], server)) {
                faults.push(
                    Diagnostic::error("E1006", format!("no rack holds `{}`", server.name))
                        .at(place.clone(), needs(server))
                        .help("allow other racks in `[racks]`, or add one to the file of `[parts]`"),
                );
            }
        }
    }
    (faults.errors() == before).then_some((catalogue, found))
}

/// Whether a rack holds at least one of a server.
fn holds(rack: &Rack, server: &Server) -> bool {
    rack.power >= server.max_power
        && rack.height >= server.height
        && rack.mass >= server.mass
        && (rack.liquid || !server.liquid)
}

/// What a server needs of its rack.
fn needs(server: &Server) -> String {
    let liquid = if server.liquid { " and cooling by liquid" } else { "" };
    format!("it needs {} U, {}, {}{liquid}", server.height, server.max_power, server.mass)
}

/// Powers, each once, in their order.
fn powers(item: &Item<'_>) -> Vec<At<Power>> {
    let mut found: Vec<At<Power>> = Vec::new();
    for item in item.each() {
        let Some(power) = item.quantity::<Power>() else { continue };
        if found.iter().any(|own| own.value == power.value) {
            item.push(listed_twice(&power.value.to_string(), &power.place));
        } else {
            found.push(power);
        }
    }
    found
}

/// Racks by their names.
fn named(item: &Item<'_>, catalogue: &Catalogue, any: &impl Fn(&Rack) -> bool) -> Vec<usize> {
    let mut found = Vec::new();
    for item in item.each() {
        let Some(name) = item.string_as("the name of a rack") else { continue };
        let Some(at) = catalogue.racks.iter().position(|rack| rack.name == name.value) else {
            let names = catalogue.racks.iter().map(|rack| rack.name.as_str());
            unknown_name("E1001", "rack", &name, names, item.source.faults);
            continue;
        };
        if found.contains(&at) {
            item.push(listed_twice(name.value, &name.place));
            continue;
        }
        if !any(&catalogue.racks[at]) {
            let rack = &catalogue.racks[at];
            item.push(
                Diagnostic::error("E1006", format!("`{}` holds none of the servers", rack.name)).at(
                    name.place.clone(),
                    format!("it has {} U, {}, {}", rack.height, rack.power, rack.mass),
                ),
            );
        }
        found.push(at);
    }
    found
}

/// For servers cooled by air, and for those that need liquid, the cheapest rack that provides that power and holds one of
/// them, limited to it.
fn cheapest(
    catalogue: &mut Catalogue,
    servers: &[Server],
    caps: Caps,
    power: &At<Power>,
) -> Vec<Option<usize>> {
    let mut found = Vec::new();
    for liquid in [false, true] {
        let own: Vec<&Server> = servers.iter().filter(|server| server.liquid == liquid).collect();
        let able = catalogue.racks.iter().filter(|rack| {
            let limited = capped(rack, caps);
            rack.power >= power.value && own.iter().any(|server| holds(&limited, server))
        });
        // The first of equals, in the order of the catalogue.
        let best = able.min_by_key(|rack| rack.price.mid).map(|rack| capped(rack, caps));
        found.push(best.map(|rack| index(catalogue, rack)));
    }
    found
}

/// Says that no rack of that power is of use.
fn too_much(power: &At<Power>, servers: &[Server], catalogue: &Catalogue, faults: &Faults) {
    let most = catalogue.racks.iter().map(|rack| rack.power).max().unwrap_or_default();
    let fault = Diagnostic::error("E1006", format!("no rack of {} holds a server", power.value))
        .at(power.place.clone(), format!("the most of a rack in the catalogue is {most}"));
    let least = servers.iter().min_by_key(|server| server.max_power);
    faults.push(match least {
        Some(server) => fault.help(format!("`{}`: {}", server.name, needs(server))),
        None => fault,
    });
}

/// The rack with no more than the caps, under a name that tells them.
fn capped(rack: &Rack, caps: Caps) -> Rack {
    let mut own = rack.clone();
    let mut marks = Vec::new();
    if let Some(power) = caps.power.filter(|power| *power < rack.power) {
        own.power = power;
        marks.push(power.to_string());
    }
    if let Some(height) = caps.height.filter(|height| *height < rack.height) {
        own.height = height;
        marks.push(format!("{height} U"));
    }
    if let Some(mass) = caps.mass.filter(|mass| *mass < rack.mass) {
        own.mass = mass;
        marks.push(mass.to_string());
    }
    if !marks.is_empty() {
        let marks: Vec<String> = marks.iter().map(|mark| mark.replace(' ', "").to_lowercase()).collect();
        own.name = format!("{}-at-{}", rack.name, marks.join("-"));
        own.title = format!("{}, limited to {}", rack.title, marks.join(", "));
    }
    own
}

/// The place of a rack in the catalogue, which it is added to where it is new.
fn index(catalogue: &mut Catalogue, rack: Rack) -> usize {
    match catalogue.racks.iter().position(|own| *own == rack) {
        Some(at) => at,
        None => {
            catalogue.racks.push(rack);
            catalogue.racks.len() - 1
        }
    }
}
