//! A topology: a template with parameters, explicit nodes and links, or both.
//!
//! Order: the template is built; `[[remove]]` takes from it; `[[node]]`, `[[link]]` and `[[position]]` add.
//! Without a template, `[[remove]]` takes from the explicit parts.

use super::joint::MAX_EXPANSION;
use super::links::LinkOrigins;
use super::names::{name_of_file, unknown_name};
use super::nodes::NodeOrigins;
use super::reader::{At, Faults};
use super::section::Section;
use super::{classes, links, nodes, params};
use crate::diag::{Diagnostic, Place};
use crate::fabric::template::{FAMILIES, Family};
use crate::fabric::{BuildFault, Builder, Fabric, Routing};

/// What a scenario puts over a topology file.
#[derive(Debug, Default)]
pub(super) struct Overrides<'a> {
    pub(super) params: Option<Section<'a>>,
    pub(super) routing: Option<At<Routing>>,
}

/// Reads a topology from the keys of `root`. `path` gives the name where the topology has none.
/// `None` where faults were told.
pub(super) fn read<'a>(mut root: Section<'a>, path: &str, overrides: Overrides<'a>) -> Option<Fabric> {
    let faults = root.source.faults;
    let before = faults.errors();
    let place = root.place();
    let name = root.item("name").and_then(|item| item.line());
    let name = name.map_or_else(|| name_of_file(path, "scenario"), |name| name.value.to_owned());
    let mut asked = Vec::new();
    let routing = root.item("routing").and_then(|item| item.word("a routing", &Routing::ALL));
    asked.extend(routing.clone());
    let classes = classes::read(&mut root, routing.map(|routing| routing.value), &mut asked);
    let mut builder = Builder::new(name, classes.clone());
    let template = read_template(&mut root, overrides.params, &classes, &mut builder);
    let faulty_template = faults.errors() > before;
    let mut left = MAX_EXPANSION;
    if template.is_some() && !faulty_template {
        links::removals(&mut root, &mut builder, &mut left);
    }
    let node_origins = nodes::read(&mut root, &mut builder, &mut left);
    // Where the template or a node is faulty, names that come of it are missing for no fault of theirs.
    let names_known = faults.errors() == before;
    let mut link_origins = LinkOrigins::default();
    if names_known {
        link_origins = links::read(&mut root, &classes, &mut builder, &mut left);
        nodes::positions(&mut root, &mut builder, &mut left);
        if template.is_none() {
            links::removals(&mut root, &mut builder, &mut left);
        }
    } else {
        links::read_keys(&mut root, &classes, &builder);
        root.item("position");
        root.item("remove");
    }
    let empty = template.is_none() && !root.has("node") && !root.has("template");
    root.finish();
    if faults.errors() > before {
        return None;
    }
    if empty {
        faults.push(
            Diagnostic::error("E0103", "the topology has neither `template` nor `[[node]]`")
                .at(place, "nothing says what the fabric is made of")
                .help("add for example `template = \"single-switch\"`"),
        );
        return None;
    }
    if let Some(routing) = overrides.routing {
        builder.set_routing(routing.value);
        asked.push(routing);
    }
    match builder.finish() {
        Ok(fabric) => torus_routing(&fabric, &asked, faults).then_some(fabric),
        Err(found) => {
            let origins = Origins {
                nodes: &node_origins,
                links: &link_origins,
                template: template.as_ref(),
                root: &place,
            };
            for fault in &found {
                faults.push(origins.tell(fault));
            }
            None
        }
    }
}

/// Reads `template` and `[params]` and builds the family.
fn read_template<'a>(
    root: &mut Section<'a>,
    overrides: Option<Section<'a>>,
    classes: &[crate::fabric::LinkClass],
    builder: &mut Builder,
) -> Option<At<&'a str>> {
    let template = root.item("template").and_then(|item| item.string_as("the name of a template"));
    let own = root.item("params").and_then(|item| item.section("`[params]`"));
    let Some(template) = template else {
        for section in own.into_iter().chain(overrides) {
            if !root.has("template") {
                section.source.faults.push(
                    Diagnostic::error("E0108", "`params` are given, but there is no `template`")
                        .at(section.place(), "these would have no effect")
                        .help("explicit nodes and links have no parameters"),
                );
            }
        }
        return None;
    };
    let Some(family) = family(template.value) else {
        let names = FAMILIES.iter().map(|family| family.name);
        unknown_name("E0201", "template", &template, names, root.source.faults);
        return None;
    };
    let own = own.unwrap_or_else(|| Section::empty(root.source, "`[params]`"));
    let sections = std::iter::once(own).chain(overrides).collect();
    params::build(family, &template, sections, classes, builder);
    Some(template)
}

fn family(name: &str) -> Option<&'static Family> {
    crate::fabric::template::family(name)
}

/// `dimension-order` means something on tori and meshes only.
fn torus_routing(fabric: &Fabric, asked: &[At<Routing>], faults: &Faults) -> bool {
    if fabric.torus().is_some() {
        return true;
    }
    let mut sound = true;
    for routing in asked.iter().filter(|routing| routing.value == Routing::DimensionOrder) {
        sound = false;
        faults.push(
            Diagnostic::error("E0212", "`dimension-order` routes only on a torus or mesh")
                .at(routing.place.clone(), "this fabric is neither")
                .help("use `shortest`, `ecmp`, `static` or `spray`"),
        );
    }
    sound
}

/// Where the parts of a fabric came from.
struct Origins<'o, 'a> {
    nodes: &'o NodeOrigins,
    links: &'o LinkOrigins,
    template: Option<&'o At<&'a str>>,
    root: &'o Place,
}

impl Origins<'_, '_> {
    /// The template, or the top of the topology.
    fn whole(&self) -> Place {
        self.template.map_or_else(|| self.root.clone(), |template| template.place.clone())
    }

    fn node(&self, name: &str) -> Place {
        self.nodes.place(name).cloned().unwrap_or_else(|| self.whole())
    }

    fn link(&self, cable: usize) -> Place {
        self.links.place(cable).cloned().unwrap_or_else(|| self.whole())
    }

    fn tell(&self, fault: &BuildFault) -> Diagnostic {
        let message = fault.to_string();
        match fault {
            BuildFault::DuplicateNode { name, .. } => {
                Diagnostic::error("E0205", message).at(self.node(name), "named again here")
            }
            BuildFault::DuplicateLink { cable, first, .. } => {
                let label = if self.links.place(*first).is_some() {
                    "first linked here"
                } else {
                    "first linked by the template"
                };
                Diagnostic::error("E0206", message)
                    .at(self.link(*cable), "linked again here")
                    .at(self.link(*first), label)
                    .help("take the template's link away with `[[remove]]`, or give it `lanes`")
            }
            BuildFault::SelfLink { cable, .. } => {
                Diagnostic::error("E0208", message).at(self.link(*cable), "this link")
            }
            BuildFault::ZeroBandwidth { cable, .. }
            | BuildFault::ZeroLanes { cable, .. }
            | BuildFault::Efficiency { cable, .. } => {
                Diagnostic::error("E0204", message).at(self.link(*cable), "this link")
            }
            BuildFault::NoEndpoints => Diagnostic::error("E0209", message)
                .at(self.whole(), "no node here has `kind = \"gpu\"`")
                .help("add for example `[[node]]` with `name = \"gpu{0..7}\"` and `kind = \"gpu\"`"),
            BuildFault::TooLarge { .. } => Diagnostic::error("E0501", message).at(self.whole(), "too large"),
            BuildFault::Disconnected { from, to, .. } => {
                let fault = Diagnostic::error("E0210", message);
                let (here, there) = (self.node(to), self.node(from));
                let fault = if here == there {
                    fault.at(here, format!("no path of links joins `{from}` and `{to}`"))
                } else {
                    fault
                        .at(here, format!("no path of links leads to `{to}`"))
                        .at(there, format!("from `{from}`"))
                };
                fault.help("add the missing `[[link]]`, or remove the nodes that stand apart")
            }
        }
    }
}
