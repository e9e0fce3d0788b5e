//! The front of a plan as a table.

use super::space;
use super::words::{front_at, title, usd_unit, watts_unit};
use crate::report::number::{count, percent, quotient, short, significant, time};
use crate::report::table::{Column, lay_out, number, text};
use crate::result::{PlanDesign, PlanResult};

/// The front, the fastest first; what is planned above it, and below it what was searched and what is certain of it.
/// `width` is the most columns a line may take; long cells are then wrapped.
pub fn table(plan: &PlanResult, width: Option<u16>) -> String {
    let mut out = head(plan);
    out.push('\n');
    if plan.front.is_empty() {
        out.push_str(&space::nothing(&plan.space));
    } else {
        out.push_str(&front(plan, width));
        out.push_str("front at: on the front at low (L), mid (M) and high (H) prices\n");
        if let Some(own) =
            plan.recommended.as_ref().and_then(|id| plan.front.iter().find(|own| own.id == *id))
        {
            out.push_str(&format!("* recommended: {}, {}\n", own.id, own.summary));
        }
    }
    out.push('\n');
    out.push_str(&space::table(&plan.space, width));
    if !plan.certificate.is_empty() {
        out.push_str(&format!("\n{}\n", plan.certificate));
    }
    for note in &plan.notes {
        out.push_str(&format!("\nnote: {note}\n"));
    }
    out
}

fn head(plan: &PlanResult) -> String {
    let mut out = if plan.plan == title(plan) {
        format!("{}\n", plan.plan)
    } else {
        format!("{}: {}\n", plan.plan, title(plan))
    };
    for load in &plan.loads {
        out.push_str(&format!("for {} ({} %): {}\n", load.name, short(100.0 * load.weight), load.about));
    }
    let situations: Vec<String> = plan
        .situations
        .iter()
        .filter(|own| own.weight > 0.0)
        .map(|own| format!("{} {} %", own.name, short(100.0 * own.weight)))
        .collect();
    if !situations.is_empty() {
        out.push_str(&format!("situations: {}\n", situations.join(", ")));
    }
    if plan.jobs > 1 {
        out.push_str(&format!("{} jobs of equal size at once\n", count(plan.jobs.into())));
    }
    let dominance = if plan.epsilon > 0.0 {
        format!("what is not better by {} % in any of them is left out", short(100.0 * plan.epsilon))
    } else {
        "exact dominance".to_owned()
    };
    out.push_str(&format!("objectives: {}; {dominance}\n", plan.objectives.join(", ")));
    out
}

fn front(plan: &PlanResult, width: Option<u16>) -> String {
    let most = |of: &dyn Fn(&PlanDesign) -> f64| plan.front.iter().map(of).fold(0.0, f64::max);
    let (usd, dollars) = usd_unit(most(&|own| own.capex.mid.max(own.tco.mid)));
    let (power, watts) = watts_unit(most(&|own| own.power_w));
    let fastest = plan.front.first().map_or(0, |own| own.step_time_ps);
    let columns: Vec<Column> = vec![
        text("id"),
        text("network"),
        number("racks"),
        number("step time"),
        number("slower\n%"),
        number(format!("capital\n{usd}")),
        text("\nlow to high"),
        number(format!("ownership\n{usd}")),
        number(format!("power\n{power}")),
        text("front\nat"),
    ];
    let rows = plan.front.iter().map(|own| {
        let marked = plan.recommended.as_ref() == Some(&own.id);
        vec![
            format!("{}{}", own.id, if marked { " *" } else { "" }),
            own.summary.clone(),
            count(own.racks),
            time(own.step_time_ps),
            percent(100.0 * (quotient(own.step_time_ps, fastest) - 1.0).max(0.0)),
            significant(own.capex.mid / dollars),
            format!("{} to {}", significant(own.capex.low / dollars), significant(own.capex.high / dollars)),
            significant(own.tco.mid / dollars),
            significant(own.power_w / watts),
            front_at(own.on_front_at),
        ]
    });
    lay_out(&columns, rows.collect(), width)
}
