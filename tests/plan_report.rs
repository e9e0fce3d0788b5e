//! Plans as they are shown: texts of made-up ones, pictures, and saved ones drawn again.
//!
//! `RAILSPINE_BLESS=1 cargo test --test plan_report` writes the texts of `tests/plan` anew: read them before they are kept.
//! The pictures are left in `target/tmp/plan` to be looked at.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::process::{Command, Output};

use railspine::report::draw::{DrawError, draw_design, draw_plan};
use railspine::report::json::{self, SavedPlan};
use railspine::report::plan;
use railspine::result::{PlanResult, PlannedDesign};

#[path = "support/golden.rs"]
mod golden;
#[path = "support/picture.rs"]
mod picture;
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
}

#[test]
fn a_design_is_told_as_it_is_kept() {
    let told = plans::drawn_up(40);
    golden::check("tests/plan/price.txt", &plan::price_table(&told, None));
    golden::check("tests/plan/why.md", &plan::why_md(&told));
    golden::check("tests/plan/elevation.txt", &plan::elevation_text(&told));
    golden::check("tests/plan/bill.csv", &plan::bill_csv(&told));
    golden::check("tests/plan/cables.csv", &plan::cables_csv(&plans::drawn_up(4)));
    assert_eq!(plan::cables_csv(&told).lines().count(), 1 + told.cables.len());
}

#[test]
fn an_empty_front_is_told() {
    let empty = plans::nothing();
    golden::check("tests/plan/nothing.txt", &plan::table(&empty, None));
    assert_eq!(plan::csv(&empty).lines().count(), 1, "the head is there");
    assert_eq!(draw_plan(&empty), Err(DrawError::Nothing("no design is feasible".into())));
    let mut none = empty;
    none.space.infeasible_by.clear();
    let told = plan::table(&none, None);
    assert!(
        told.contains("\nthe space holds no design: no family has a network for what is asked\n"),
        "{told}"
    );
}

#[test]
fn csv_has_the_values_of_the_json() {
    let told = plans::plan(8);
    let text = plan::csv(&told);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 8);
    let json: serde_json::Value = serde_json::from_str(&json::plan(&told)).unwrap();
    for (record, own) in records.iter().zip(json["front"].as_array().unwrap()) {
        let cell = |name: &str| {
            let at = head.iter().position(|column| column == name).unwrap_or_else(|| panic!("no {name}"));
            record[at].to_owned()
        };
        for (name, value) in own.as_object().unwrap() {
            if value.is_array() || value.is_object() {
                continue;
            }
            assert_eq!(cell(name), value.as_str().map_or_else(|| value.to_string(), str::to_owned), "{name}");
        }
        let number = |name: &str| cell(name).parse::<f64>().unwrap();
        let sum = |prefix: &str, end: &str| -> f64 {
            head.iter()
                .filter(|name| name.starts_with(prefix) && name.ends_with(end) && *name != "power_w")
                .map(number)
                .sum()
        };
        assert!((sum("cost_", "_usd") / number("capex_usd") - 1.0).abs() < 1e-9, "shares of cost sum to it");
        let watts = sum("power_", "_w");
        assert!((watts / number("power_w") - 1.0).abs() < 1e-9, "shares of power sum to it");
    }
    let marked = records.iter().filter(|record| &record[2] == "true").count();
    assert_eq!(marked, 1, "one is recommended");
}

#[test]
fn plans_and_designs_survive_json_and_keep_to_their_schemas() {
    for count in [0, 1, 8] {
        let told = plans::plan(count);
        let text = json::plan(&told);
        schema::check(&json::plan_schema(), &text);
        assert_eq!(json::read_plan(&text), Some(Ok(SavedPlan::Plan(Box::new(told)))));
    }
    let mut told = plans::drawn_up(40);
    let text = json::design(&told);
    schema::check(&json::design_schema(), &text);
    // The cable schedule has the cables.
    told.cables.clear();
    assert_eq!(json::read_plan(&text), Some(Ok(SavedPlan::Design(Box::new(told)))));
    for other in ["{", "{}", r#"{"schema": "railspine.run/1"}"#] {
        assert_eq!(json::read_plan(other), None, "{other}");
    }
    let broken = text.replacen("\"racks_per_row\": ", "\"racks_per_row\": \"x\", \"other\": ", 1);
    let why = json::read_plan(&broken).unwrap().unwrap_err();
    assert!(why.starts_with("this is not a valid `railspine.design/1`: invalid type: string \"x\""), "{why}");
}

#[test]
fn the_schemas_are_those_that_are_kept() {
    golden::check("schemas/plan-result.schema.json", &json::plan_schema());
    golden::check("schemas/design.schema.json", &json::design_schema());
}

fn drawn_plan(label: &str, told: &PlanResult) {
    let drawn = draw_plan(told).unwrap();
    let names: Vec<&str> = drawn.iter().map(|picture| picture.name.as_str()).collect();
    assert_eq!(names, ["front", "cost", "power"], "{label}");
    for picture in &drawn {
        picture::check("plan", &format!("{label}-{}", picture.name), picture);
    }
}

fn drawn_design(label: &str, told: &PlannedDesign) {
    let drawn = draw_design(told).unwrap();
    let names: Vec<&str> = drawn.iter().map(|picture| picture.name.as_str()).collect();
    assert_eq!(names, ["elevations", "floor", "network", "cost", "power"], "{label}");
    for picture in &drawn {
        picture::check("plan", &format!("{label}-{}", picture.name), picture);
    }
}

/// How often a picture names each of these: alone, in a list, or in a span from the first to the last.
fn named(svg: &str, ids: &[&str]) -> Vec<usize> {
    let place = |name: &str| ids.iter().position(|id| *id == name);
    let mut found = vec![0; ids.len()];
    for text in svg.split('>').filter_map(|rest| rest.split_once('<')).map(|(text, _)| text.trim()) {
        for part in text.split(", ") {
            let (first, last) = part.split_once('–').unwrap_or((part, part));
            if let (Some(first), Some(last)) = (place(first), place(last)) {
                found[first..=last].iter_mut().for_each(|count| *count += 1);
            }
        }
    }
    found
}

#[test]
fn fronts_of_one_and_of_many_are_drawn() {
    for count in [1, 2, 8, 30] {
        drawn_plan(&format!("front{count}"), &plans::plan(count));
    }
    let told = plans::plan(30);
    let svg = draw_plan(&told).unwrap().remove(0).svg;
    let ids: Vec<&str> = told.front.iter().map(|own| own.id.as_str()).collect();
    // In both of its plots.
    assert_eq!(named(&svg, &ids), vec![2; ids.len()]);
    assert!(!svg.contains("without room"));
    // All at one point.
    let mut same = plans::plan(30);
    for own in &mut same.front {
        (own.step_time_ps, own.capex, own.power_w) = (6_100_000_000_000, told.front[0].capex, 2e6);
    }
    drawn_plan("same", &same);
}

#[test]
fn rooms_of_one_rack_and_of_many_are_drawn() {
    for racks in [1, 3, 40, 600] {
        drawn_design(&format!("racks{racks}"), &plans::drawn_up(racks));
    }
    let told = plans::drawn_up(40);
    assert_eq!(draw_design(&told).unwrap(), draw_design(&told).unwrap(), "the same bytes again");
}

#[test]
fn tiers_of_many_groups_are_drawn() {
    let mut told = plans::drawn_up(40);
    told.diagram = plans::three_tiers();
    let drawn = draw_design(&told).unwrap();
    picture::check("plan", "three-tiers", &drawn[2]);
    for text in [">16,384 cables<", ">of 400 Gbps<", ">2,048 servers<", ">pod 15: 128<", ">plane 31: 8<"] {
        assert!(drawn[2].svg.contains(text), "no {text}");
    }
}

#[test]
fn more_sorts_of_racks_than_are_drawn_are_counted() {
    let mut told = plans::drawn_up(40);
    for (at, rack) in (0..).zip(&mut told.racks) {
        rack.height = 42 + at % 16;
    }
    let drawn = draw_design(&told).unwrap();
    picture::check("plan", "many-sorts", &drawn[0]);
    assert!(drawn[0].svg.contains("sorts with "), "what is left out is counted");
}

#[test]
fn extremes_are_an_error_or_a_picture_but_never_a_panic() {
    let mut told = plans::drawn_up(40);
    told.title = "line\nbreak \u{0} & <b> 日本語".into();
    told.racks[0].row = u32::MAX;
    told.racks[1].place = u32::MAX;
    (told.racks[2].height, told.racks[2].power_w, told.racks[2].power_limit_w) = (u32::MAX, f64::NAN, 0.0);
    (told.racks[3].devices[0].unit, told.racks[3].devices[0].height) = (0, u32::MAX);
    (told.floor.rack_pitch_m, told.floor.row_pitch_m) = (f64::NAN, 0.0);
    (told.runs[0].from, told.runs[1].cables) = (u32::MAX, u32::MAX);
    (told.diagram[0].groups, told.diagram[1].count) = (u64::MAX, 0);
    told.diagram[0].up_gbps = f64::INFINITY;
    told.design.capex = railspine::result::UsdRange { low: f64::NAN, mid: f64::INFINITY, high: -1.0 };
    assert_eq!(draw_design(&told).unwrap().len(), 5);
    assert!(!plan::price_table(&told, Some(0)).is_empty());
    assert!(!plan::why_md(&told).is_empty());
    assert!(!plan::elevation_text(&told).is_empty());
    told.cables[0].to.rack = u32::MAX;
    assert!(!plan::cables_csv(&told).is_empty());
    told.racks.clear();
    assert_eq!(draw_design(&told), Err(DrawError::Nothing("there is no rack".into())));
    let mut odd = plans::plan(3);
    odd.front[0] = told.design;
    (odd.front[1].step_time_ps, odd.front[2].power_w) = (0, f64::NAN);
    odd.front[1].cost[0].usd.mid = f64::NAN;
    assert_eq!(draw_plan(&odd).unwrap().len(), 3);
    assert!(!plan::table(&odd, Some(0)).is_empty());
}

/// What the page says where nothing is to be gained, where placement saves nothing, and where prices decide.
#[test]
fn the_page_of_a_design_says_what_is_so() {
    let mut told = plans::drawn_up(4);
    told.design.sensitivity.iter_mut().for_each(|own| own.saves = 0.001);
    told.placement.placed_usd = told.placement.row_major_usd;
    told.design.on_front_at = [false, true, true];
    let page = plan::why_md(&told);
    for line in [
        "Nothing in the network: no change that was tried saves 0.5 % of the step.",
        "placement saves nothing here.",
        "It is on the front at mid and high prices, and not at low prices:",
    ] {
        assert!(page.contains(line), "no `{line}` in\n{page}");
    }
    told.design.sensitivity.clear();
    told.design.on_front_at = [false; 3];
    let page = plan::why_md(&told);
    assert!(page.contains("\nNo change was tried.\n") && page.contains("on the front at none of"), "{page}");
}

fn railspine(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_railspine")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn saved_plans_and_designs_are_drawn_again() {
    let folder = tempfile::tempdir().unwrap();
    let (told, own) = (plans::plan(8), plans::drawn_up(40));
    let (mut from_plan, from_design) = (draw_plan(&told).unwrap(), draw_design(&own).unwrap());
    from_plan.retain(|picture| picture.name == "front");
    for (name, content, drawn) in
        [("plan.json", json::plan(&told), from_plan), ("design.json", json::design(&own), from_design)]
    {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        let out = folder.path().join(name.trim_end_matches(".json"));
        let ran = railspine(&["plot", file.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        for picture in drawn {
            let again = std::fs::read_to_string(out.join(format!("{}.svg", picture.name))).unwrap();
            assert_eq!(again, picture.svg, "{}", picture.name);
            assert!(out.join(format!("{}.png", picture.name)).exists());
        }
    }
    let file = folder.path().join("none.json");
    std::fs::write(&file, json::plan(&plans::nothing())).unwrap();
    let ran = railspine(&["plot", file.to_str().unwrap()]);
    assert_eq!(ran.status.code(), Some(4));
    let told = text(&ran.stderr);
    let expected = "cannot draw the plot `plan-70b-1024`: nothing to draw: no design is feasible";
    assert!(told.contains(expected), "{told}");
    for (name, schema) in [("plan-result", json::plan_schema()), ("design", json::design_schema())] {
        assert_eq!(text(&railspine(&["schema", name]).stdout), schema);
    }
}
