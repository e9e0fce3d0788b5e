//! Plans as they are shown: texts of made-up ones, pictures, and saved ones drawn again.
//!
//! `RAILSPINE_BLESS=1 cargo test --test plan_report` writes the texts of `tests/plan` anew: read them before they are kept.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use railspine::report::{json, plan};

#[path = "support/golden.rs"]
mod golden;
#[path = "support/plans.rs"]
mod plans;
#[path = "support/schema.rs"]
mod schema;

#[test]
fn a_plan_is_told_as_it_is_kept() {
    let told = plans::plan(8);
    golden::check("tests/plan/front.txt", &plan::table(&told, None));
    golden::check("tests/plan/front-narrow.txt", &plan::table(&told, Some(100)));
    golden::check("tests/plan/front.csv", &plan::csv(&told));
    golden::check("tests/plan/nothing.txt", &plan::table(&plans::nothing(), None));
}

#[test]
fn a_design_is_told_as_it_is_kept() {
    let told = plans::drawn_up(40);
    golden::check("tests/plan/price.txt", &plan::price_table(&told, None));
    golden::check("tests/plan/why.md", &plan::why_md(&told));
    golden::check("tests/plan/elevation.txt", &plan::elevation_text(&told));
    golden::check("tests/plan/bill.csv", &plan::bill_csv(&told));
    let small = plans::drawn_up(4);
    golden::check("tests/plan/cables.csv", &plan::cables_csv(&small));
}
