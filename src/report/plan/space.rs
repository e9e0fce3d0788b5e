//! What a search looked at, in words.

use super::words::part_of;
use crate::report::number::{count, counted, percent};
use crate::report::table::{lay_out, number, text};
use crate::result::{PlanCount, PlanSpace};
use crate::units::Bytes;

/// How many designs there were, and what became of them, with the bounds and limits that decided.
pub(super) fn table(space: &PlanSpace, width: Option<u16>) -> String {
    let share = |designs: u64| percent(part_of(Bytes(designs).as_f64(), Bytes(space.designs).as_f64()));
    let whole = |name: &str, designs: u64, why: &str| {
        vec![name.to_owned(), count(designs), share(designs), why.to_owned()]
    };
    let part = |own: &PlanCount| {
        vec![format!("  {}", own.by), count(own.designs), share(own.designs), own.about.clone()]
    };
    let mut rows = vec![whole("infeasible", space.infeasible, "break a limit")];
    rows.extend(space.infeasible_by.iter().filter(|own| own.designs > 0).map(part));
    rows.push(whole("pruned", space.pruned, "proved not to be on the front"));
    rows.extend(space.pruned_by.iter().filter(|own| own.designs > 0).map(part));
    rows.push(whole("simulated", space.simulated, "by the fluid engine"));
    let networks = format!(
        "searched {} on {}, of which {} simulated\n",
        counted(space.designs, "design"),
        counted(space.networks, "network"),
        match space.networks_simulated {
            1 => "1 was".to_owned(),
            several => format!("{} were", count(several)),
        },
    );
    networks + &lay_out(&[text(""), number("designs"), number("%"), text("")], rows, width)
}

/// What is told where no design is feasible: the limits that most designs break.
pub(super) fn nothing(space: &PlanSpace) -> String {
    let mut by: Vec<&PlanCount> = space.infeasible_by.iter().filter(|own| own.designs > 0).collect();
    by.sort_by(|a, b| b.designs.cmp(&a.designs).then_with(|| a.by.cmp(&b.by)));
    let mut out = "no design is feasible\n".to_owned();
    match by.first() {
        Some(most) => out.push_str(&format!(
            "most of them break `{}`: {} ({})\n",
            most.by,
            most.about,
            counted(most.designs, "design")
        )),
        None => out.push_str("the space holds no design: no family has a network for what is asked\n"),
    }
    out
}
