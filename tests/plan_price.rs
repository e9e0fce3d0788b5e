//! What a plan's closed forms say of racks, cables and prices, against designs that are drawn up.

#[path = "support/small.rs"]
mod small;

use std::collections::BTreeMap;
use std::sync::Arc;

use railspine::fabric::parts::Technology;
use railspine::input::plan::{Plan, SwitchPlace};
use railspine::planner::design::family::FAMILIES;
use railspine::planner::design::{Structure, Variant, Yard};
use railspine::planner::floor::{DrawError, Misfit, Placing, draw_up};
use railspine::planner::score::{Shape, Wiring};
use railspine::result::PlanCable;
use railspine::units::{Bandwidth, Length, Mass, Power};

const ALL: [&str; 7] =
    ["single-switch", "fat-tree", "rail-optimised", "rail-only", "multi-plane", "dragonfly", "torus"];

fn text(accelerators: u32, more: &str) -> String {
    format!(
        "kind = \"plan\"\naccelerators = {accelerators}\n[workload]\nmodel = \"llama3-8b\"\nbatch = {accelerators}\n\
         [fabric]\ntechnologies = \"infiniband\"\nstack = \"nccl-hopper\"\n{more}"
    )
}

fn yard_of<'a>(plan: &'a Plan, structures: &[Structure]) -> Yard<'a> {
    let mut rates: Vec<(Technology, Bandwidth)> =
        structures.iter().map(|own| (own.wiring.technology, own.wiring.port_rate)).collect();
    rates.sort_unstable();
    rates.dedup();
    Yard::new(plan, rates.into_iter())
}

/// Plans: text, ports of switches, accelerators of a server, accelerators in all.
fn plans() -> Vec<(Plan, u32)> {
    let narrow = "[room]\nracks_per_row = 5\n";
    let sure = [
        // Pods of several sizes, the last of which is not full.
        (text(88, "oversubscription = 4\n"), vec![16, 32], 8, 88),
        (text(48, &format!("oversubscription = 2\n{narrow}")), vec![4, 8, 12], 4, 48),
        (text(144, narrow), vec![8, 64], 8, 144),
        // Few enough for one switch.
        (text(40, ""), vec![8, 64], 4, 40),
    ];
    sure.into_iter().map(|(text, ports, each, all)| (small::plan(&text, &ports, each), all)).collect()
}

/// One structure of each family, number of tiers and number of planes, with or without groups by rail: the first and the
/// last.
fn chosen(structures: &[Structure]) -> Vec<Structure> {
    let mut kinds: BTreeMap<(usize, u32, u32, bool, u32), Vec<Structure>> = BTreeMap::new();
    for own in structures {
        let groups = match own.wiring.shape {
            Shape::Dragonfly(own) => own.groups.min(3),
            Shape::Tree | Shape::Torus(_) => 0,
        };
        let key = (own.family, own.wiring.tiers, own.wiring.planes, own.wiring.by_rail, groups);
        kinds.entry(key).or_default().push(*own);
    }
    let ends = |all: Vec<Structure>| {
        let last = all.last().copied().filter(|_| all.len() > 1);
        [all.first().copied(), last].into_iter().flatten().collect::<Vec<_>>()
    };
    kinds.into_values().flat_map(ends).collect()
}

/// Which cables are of each tier.
fn tiers(structure: &Structure) -> [fn(&PlanCable) -> bool; 3] {
    match structure.wiring.shape {
        Shape::Tree => {
            [|own| own.tier == "server-leaf", |own| own.tier == "leaf-spine", |own| own.tier == "spine-core"]
        }
        Shape::Dragonfly(_) => [
            |own| own.tier == "server-switch",
            |own| own.tier == "switch-switch" && group(&own.from.device) == group(&own.to.device),
            |own| own.tier == "switch-switch" && group(&own.from.device) != group(&own.to.device),
        ],
        Shape::Torus(_) => [|own| own.tier == "server-server", |_| false, |_| false],
    }
}

fn group(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

/// Every so manieth variant.
fn some(all: Vec<Variant>, step: usize) -> impl Iterator<Item = Variant> {
    all.into_iter().step_by(step)
}

#[test]
fn prices_are_those_of_designs_drawn_up() {
    let mut seen: BTreeMap<(&str, u32), u32> = BTreeMap::new();
    for (plan, accelerators) in plans() {
        let structures = small::networks(&plan, accelerators);
        let yard = yard_of(&plan, &structures);
        for structure in chosen(&structures) {
            let fabric =
                small::whole(&plan, &structure, &Wiring { lengths: [Length(5_000); 3], ..structure.wiring });
            for variant in some(yard.variants(&structure), 7) {
                let parts = small::parts(&plan, &yard, &structure, &variant);
                let drawn = draw_up(&fabric, &parts, Placing::Canonical, &|| false);
                let priced = match (yard.price(&structure, &variant), &drawn) {
                    (Ok(priced), Ok(_)) => priced,
                    (Err(misfit), Err(DrawError::Misfit(other))) => {
                        assert_eq!(misfit, *other, "{structure:?} {variant:?}");
                        continue;
                    }
                    (closed, drawn) => {
                        panic!("{closed:?} {:?}: {structure:?} {variant:?}", drawn.as_ref().err())
                    }
                };
                let drawn = drawn.unwrap();
                assert_eq!(priced.capex, drawn.capex, "{structure:?} {variant:?}");
                assert_eq!(priced.racks as usize, drawn.racks.len());
                let devices: usize = drawn.racks.iter().map(|rack| rack.devices.len()).sum();
                let apart = (priced.power.watts() - drawn.watts).abs();
                assert!(apart <= 1e-3 * devices as f64, "{} {}", priced.power.watts(), drawn.watts);
                let bounds = yard.bounds(&structure, &variant).unwrap();
                assert!(
                    bounds.capex <= priced.capex.mid && bounds.power <= priced.power,
                    "{bounds:?} {priced:?}"
                );
                let lengths = yard.lengths(&structure, &variant);
                for (at, of) in tiers(&structure).into_iter().enumerate() {
                    let own = drawn.cables.iter().filter(|own| of(own));
                    let (counted, longest) = (own.clone().count() as u64, own.map(|own| own.length_mm).max());
                    assert_eq!(counted, structure.cables[at], "{at} {structure:?}");
                    // Latency is told by no more than what the longest medium reaches.
                    assert!(
                        longest.unwrap_or(0) <= lengths[at].mm(),
                        "{at} {longest:?} {lengths:?} {structure:?} {variant:?}"
                    );
                }
                let key = (FAMILIES[structure.family].name, structure.wiring.tiers);
                *seen.entry(key).or_default() += 1;
            }
        }
    }
    for family in ALL {
        assert!(seen.keys().any(|(own, _)| *own == family), "{family} {seen:?}");
    }
    for kind in [("fat-tree", 3), ("rail-optimised", 3), ("rail-only", 3), ("multi-plane", 3)] {
        assert!(seen.contains_key(&kind), "{kind:?} {seen:?}");
    }
}

/// A plan without a limit of its racks or its room.
fn without(plan: &Plan, limit: Misfit) -> Plan {
    let mut plan = plan.clone();
    let catalogue = Arc::make_mut(&mut plan.catalogue);
    for rack in &mut catalogue.racks {
        match limit {
            Misfit::Power => rack.power = Power(u64::MAX),
            Misfit::Height => rack.height = 10_000,
            Misfit::Mass => rack.mass = Mass(u64::MAX),
            Misfit::Liquid => rack.liquid = true,
            Misfit::Room => plan.room.rows = 0,
            Misfit::Reach => {}
        }
    }
    plan
}

/// A design misfits exactly where racking it does; the limit is the same, but where the first of several is in doubt.
#[test]
fn misfits_are_those_of_racking() {
    let mut seen: BTreeMap<Misfit, u32> = BTreeMap::new();
    let rooms = ["", "[room]\nrows = 2\nracks_per_row = 4\n"];
    // Servers that need liquid, that are too heavy, too high or take too much power.
    for (room, (server, more)) in rooms.iter().flat_map(|room| {
        [("", ""), ("liquid", ""), ("", "[racks]\nmass = \"300 kg\"\n"), ("", "[racks]\nheight = 20\n")]
            .map(move |own| (room, own))
    }) {
        let mut plan = small::plan(&text(88, &format!("oversubscription = 4\n{room}{more}")), &[16, 32], 8);
        let catalogue = Arc::make_mut(&mut plan.catalogue);
        for at in &plan.servers {
            catalogue.servers[*at].liquid |= server == "liquid";
        }
        let structures = small::networks(&plan, 88);
        let yard = yard_of(&plan, &structures);
        for structure in &structures {
            for variant in some(yard.variants(structure), 3) {
                let closed = yard.misfit(structure, &variant);
                let racked = yard.rooming(structure, &variant).err();
                match (closed, racked) {
                    // The fewest racks may fit where those that are filled do not.
                    (None, Some(Misfit::Room)) => {}
                    // Without the limit that racking came upon first, the other one is still broken.
                    (Some(one), Some(other)) if one != other => {
                        let lifted = without(&plan, other);
                        let yard = yard_of(&lifted, &structures);
                        assert_eq!(
                            yard.misfit(structure, &variant),
                            Some(one),
                            "{other:?} {structure:?} {variant:?}"
                        );
                    }
                    (closed, racked) => assert_eq!(closed, racked, "{structure:?} {variant:?}"),
                }
                if let Some(misfit) = racked {
                    *seen.entry(misfit).or_default() += 1;
                }
            }
        }
    }
    for misfit in [Misfit::Power, Misfit::Height, Misfit::Mass, Misfit::Liquid, Misfit::Room] {
        assert!(seen.contains_key(&misfit), "{misfit:?} {seen:?}");
    }
}

/// Leaves stand with the servers on them, whatever they are numbered by.
#[test]
fn leaves_stand_with_their_pods() {
    let (plan, accelerators) = &plans()[0];
    let structures = small::networks(plan, *accelerators);
    let yard = yard_of(plan, &structures);
    let mut planes = 0;
    for structure in chosen(&structures) {
        let wiring = structure.wiring;
        let fabric = small::whole(plan, &structure, &wiring);
        let fits = |own: &Variant| own.place == SwitchPlace::InRack && yard.price(&structure, own).is_ok();
        let Some(variant) = yard.variants(&structure).into_iter().find(fits) else { continue };
        let parts = small::parts(plan, &yard, &structure, &variant);
        let drawn = draw_up(&fabric, &parts, Placing::Canonical, &|| false).unwrap();
        planes = planes.max(wiring.planes);
        for cable in drawn.cables.iter().filter(|own| own.tier == "server-leaf") {
            let pods = [&cable.from, &cable.to].map(|end| drawn.racks[end.rack as usize].pod);
            assert_eq!(pods[0], pods[1], "{cable:?} {structure:?}");
        }
    }
    assert!(planes > 1);
}

/// On networks of hundreds of racks bounds stay below prices, and near them: to that the large searches owe their speed.
#[test]
fn bounds_are_near_on_large_networks() {
    let mut gaps = Vec::new();
    for (accelerators, more) in [(2_048, "oversubscription = 4\n[room]\nracks_per_row = 12\n"), (1_336, "")] {
        let plan = small::plan(&text(accelerators, more), &[32, 64], 8);
        let structures = small::networks(&plan, accelerators);
        let yard = yard_of(&plan, &structures);
        for structure in chosen(&structures) {
            for variant in some(yard.variants(&structure), 5) {
                let Ok(priced) = yard.price(&structure, &variant) else { continue };
                let bounds = yard.bounds(&structure, &variant).unwrap();
                assert!(bounds.power <= priced.power, "{bounds:?} {priced:?} {structure:?} {variant:?}");
                let gap = 1.0 - bounds.capex.usd() / priced.capex.mid.usd();
                assert!(gap >= 0.0, "{bounds:?} {priced:?} {structure:?} {variant:?}");
                gaps.push(gap);
            }
        }
    }
    gaps.sort_by(f64::total_cmp);
    let (middle, most) = (gaps[gaps.len() / 2], gaps[gaps.len() - 1]);
    assert!(gaps.len() > 300 && middle < 0.01 && most < 0.1, "{} {middle} {most}", gaps.len());
}
