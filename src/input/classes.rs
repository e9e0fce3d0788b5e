//! `[class.NAME]`: built-in link classes changed, and new ones made like them.

use super::names::unknown_name;
use super::reader::{At, Item};
use super::section::Section;
use crate::diag::{Diagnostic, nearest};
use crate::fabric::{FlowControl, LinkClass, Routing};
use crate::units::Time;

/// Words for flow control.
pub(super) const FLOW_CONTROLS: [(&str, FlowControl); 3] =
    [("credits", FlowControl::Credits), ("ecn-pfc", FlowControl::EcnPfc), ("drop", FlowControl::Drop)];

/// The largest cost of a hop.
pub(super) const MAX_COST: u32 = 10_000;

/// All classes of a fabric: the built-in ones, as `routing` and the file change them, and the file's own.
pub(super) fn read(
    root: &mut Section<'_>,
    routing: Option<Routing>,
    asked: &mut Vec<At<Routing>>,
) -> Vec<LinkClass> {
    let mut classes = LinkClass::builtin();
    if let Some(routing) = routing {
        for class in &mut classes {
            class.routing = routing;
        }
    }
    let builtin = classes.clone();
    let Some(table) = root.item("class").and_then(|item| item.section("`[class]`")) else { return classes };
    for (name, item) in table.entries() {
        let Some(section) = item.section(format!("`[class.{}]`", name.value)) else { continue };
        if let Some(class) = read_class(&name, section, &builtin, asked) {
            match classes.iter_mut().find(|known| known.name == class.name) {
                Some(known) => *known = class,
                None => classes.push(class),
            }
        }
    }
    classes
}

fn read_class(
    name: &At<&str>,
    mut section: Section<'_>,
    builtin: &[LinkClass],
    asked: &mut Vec<At<Routing>>,
) -> Option<LinkClass> {
    let like = section.item("like");
    let base = match &like {
        Some(item) => find(item, builtin),
        None => builtin.iter().find(|class| class.name == name.value).or_else(|| {
            let fault = Diagnostic::error("E0103", format!("missing key `like` in {}", section.what))
                .at(name.place.clone(), "this class is not built in, so it must say which one it is like");
            let near = nearest(name.value, builtin.iter().map(|class| class.name.as_str()));
            section.source.faults.push(match near {
                Some(near) => fault.help(format!("did you mean `[class.{near}]`?")),
                None => fault.help("add for example `like = \"infiniband\"`"),
            });
            None
        }),
    };
    let latency = section.item("latency").and_then(|item| item.quantity::<Time>());
    let per_metre = section.item("per_metre").and_then(|item| item.quantity_to(Time::from_ps(1_000_000)));
    let efficiency = section.item("efficiency").and_then(|item| item.fraction());
    let routing = section.item("routing").and_then(|item| item.word("a routing", &Routing::ALL));
    let cost = section.item("cost").and_then(|item| item.count(1, MAX_COST));
    let flow_control =
        section.item("flow_control").and_then(|item| item.word("a flow control", &FLOW_CONTROLS));
    section.finish();
    asked.extend(routing.clone());
    let mut class = base?.clone();
    name.value.clone_into(&mut class.name);
    class.latency = latency.map_or(class.latency, |found| found.value);
    class.ps_per_metre = per_metre.map_or(class.ps_per_metre, |found| found.value.ps());
    class.efficiency = efficiency.map_or(class.efficiency, |found| found.value);
    class.routing = routing.map_or(class.routing, |found| found.value);
    class.cost = cost.map_or(class.cost, |found| found.value);
    class.flow_control = flow_control.map_or(class.flow_control, |found| found.value);
    Some(class)
}

/// The class that `item` names.
pub(super) fn find<'c>(item: &Item<'_>, classes: &'c [LinkClass]) -> Option<&'c LinkClass> {
    let text = item.string_as("the name of a link class")?;
    let found = classes.iter().find(|class| class.name == text.value);
    if found.is_none() {
        unknown_name(
            "E0203",
            "link class",
            &text,
            classes.iter().map(|class| class.name.as_str()),
            item.source.faults,
        );
    }
    found
}
