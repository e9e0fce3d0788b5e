//! Tables, JSON and CSV.

use railspine::report::{COMPARE_SCHEMA, Comparison, csv, json, table};
use railspine::result::RunResult;

use crate::synthetic::{HIERARCHICAL, RING, TREE, case, result, sizes, stack, superpod};

fn faster(factor: f64) -> RunResult {
    let mut other = superpod();
    other.scenario = "superpod-xdr".into();
    for case in &mut other.cases {
        case.time_ps = (case.time_ps as f64 / factor) as u64;
    }
    other
}

#[test]
fn the_run_table_is_narrow_and_complete() {
    let text = table::run(&superpod(), None);
    println!("{text}");
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 100, "{widest} columns");
    assert!(text.lines().all(|line| line == line.trim_end()), "no spaces at the ends of lines");
    assert!(text.contains("auto -> double-tree"));
    assert!(text.contains("server12.nic3 -> leaf3"));
    assert!(text.contains("missed  all-reduce double-tree 8 GiB time"));
    let line = text.lines().find(|line| line.contains("ring") && line.contains("8 GiB")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(cells[..5], ["all-reduce", "ring", "8", "GiB", "45.58"], "{line}");
    // Those of the largest sizes only, and not those of `auto` again.
    let details = text.split("busiest links").nth(1).unwrap();
    assert!(!details.contains("4 GiB") && !details.contains("auto"), "{details}");
}

#[test]
fn the_run_table_wraps_when_it_must() {
    let text = table::run(&superpod(), Some(60));
    let table = text.split("\n\n").nth(1).unwrap();
    assert!(table.lines().all(|line| line.chars().count() <= 60), "{table}");
}

#[test]
fn columns_come_when_they_tell_something_apart() {
    let plain = table::run(&superpod(), None);
    assert!(
        !plain.contains("group")
            && !plain.lines().any(|line| line.starts_with("op") && line.contains("engine"))
    );
    let mut mixed = superpod();
    mixed.cases[0].group = "left".into();
    mixed.cases[1].engine = "analytic".into();
    mixed.cases[2].ranks = 8;
    let text = table::run(&mixed, None);
    let head = text.lines().find(|line| line.starts_with("op")).unwrap();
    let heads: Vec<&str> = head.split_whitespace().collect();
    assert_eq!(heads[..6], ["op", "group", "algorithm", "engine", "ranks", "size"]);
}

#[test]
fn empty_and_zero_results_have_tables() {
    let empty = result("empty", "", vec![]);
    assert!(table::run(&empty, None).ends_with("no cases\n"));
    assert_eq!(table::compare(&[empty.clone(), empty.clone()], Some(80)), "no cases\n");
    assert_eq!(csv::run(&empty).lines().count(), 1);
    assert_eq!(table::compare(&[], None), "no cases\n");
    let mut nothing = result("nothing", "", vec![case(RING, 0)]);
    nothing.cases[0].time_ps = 0;
    nothing.cases[0].critical_path.latency_ps = 0;
    assert!(!table::run(&nothing, Some(0)).is_empty());
    assert!(table::run(&nothing, None).contains("0 s"));
}

#[test]
fn a_result_survives_json() {
    let run = superpod();
    let text = json::run(&run);
    assert!(text.starts_with("{\n") && text.ends_with("}\n"));
    assert_eq!(json::read_run(&text), Ok(run));
    for name in ["\"algbw_GBps\"", "\"busbw_GBps\"", "\"time_ps\"", "\"bound_ps\"", "\"busiest_links\""] {
        assert!(text.contains(name), "{name}");
    }
}

#[test]
fn wrong_json_is_refused_in_words() {
    let refused = |text: &str| json::read_run(text).unwrap_err();
    assert!(refused("{").starts_with("this is not JSON: "));
    assert_eq!(refused("{}"), "this is not a saved result: it has no `schema`, expected `railspine.run/1`");
    assert_eq!(
        refused(r#"{"schema": "railspine.run/9"}"#),
        "the schema is `railspine.run/9`, expected `railspine.run/1`"
    );
    let broken = json::run(&superpod()).replacen("\"seed\": 1", "\"seed\": \"one\"", 1);
    assert!(refused(&broken).contains("line 5"), "{}", refused(&broken));
}

#[test]
fn schemas_are_draft_7_and_name_the_fields() {
    for (text, field) in [(json::run_schema(), "bound_ps"), (json::compare_schema(), "time_ratio")] {
        let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
        assert!(text.contains(field) && text.contains("busbw_GBps"));
        let required = schema["required"].as_array().unwrap();
        assert!(required.iter().any(|name| name == "schema"));
    }
}

#[test]
fn csv_has_a_line_a_case_under_the_names_of_the_json() {
    let run = superpod();
    let text = csv::run(&run);
    assert_eq!(text.lines().count(), run.cases.len() + 1);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let json: serde_json::Value = serde_json::from_str(&json::run(&run)).unwrap();
    let flat = json["cases"][0]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| !value.is_array() && !value.is_object());
    for (name, _) in flat {
        assert!(head.iter().any(|column| column == name), "no column {name}");
    }
    let records: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let column = |name: &str| head.iter().position(|column| column == name).unwrap();
    for (record, case) in records.iter().zip(&run.cases) {
        assert_eq!(record[column("time_ps")], case.time_ps.to_string());
        assert_eq!(record[column("busbw_GBps")].parse(), Ok(case.busbw_gbps));
        assert_eq!(record[column("requested_algorithm")], case.requested_algorithm);
    }
}

#[test]
fn results_are_compared_case_by_case() {
    let first = superpod();
    let mut second = faster(2.0);
    second.cases.retain(|case| case.requested_algorithm != "double-tree");
    let comparison = Comparison::new(&[first.clone(), second.clone()]);
    assert_eq!(comparison.schema, COMPARE_SCHEMA);
    assert_eq!(comparison.rows.len(), first.cases.len());
    for row in &comparison.rows {
        let sides = (&row.results[0], &row.results[1]);
        assert_eq!(sides.0.as_ref().unwrap().time_ratio, Some(1.0));
        match sides.1 {
            Some(side) => assert!((side.time_ratio.unwrap() - 0.5).abs() < 1e-6),
            None => assert_eq!(row.requested_algorithm, "double-tree"),
        }
    }
    let text = table::compare(&[first.clone(), second.clone()], None);
    println!("{text}");
    assert!(text.contains("superpod-xdr") && text.contains("0.500x"));
    assert!(text.lines().any(|line| line.contains("double-tree") && line.trim_end().ends_with('-')));
    let read: Comparison = serde_json::from_str(&json::compare(&[first.clone(), second.clone()])).unwrap();
    assert_eq!(read, comparison);
    let lines = csv::compare(&[first.clone(), second.clone()]).lines().count();
    assert_eq!(lines, 1 + first.cases.len() + second.cases.len());
}

#[test]
fn engines_match_unless_one_result_has_several() {
    let fluid = result("fluid", "", vec![case(RING, 1 << 20)]);
    let mut analytic = fluid.clone();
    analytic.cases[0].engine = "analytic".into();
    assert_eq!(Comparison::new(&[fluid.clone(), analytic.clone()]).rows.len(), 1);
    let mut both = fluid.clone();
    both.cases.push(analytic.cases[0].clone());
    assert_eq!(Comparison::new(&[fluid, both]).rows.len(), 2);
}

#[test]
fn scenarios_of_one_name_are_told_apart() {
    let cases = |model| sizes(20, 22).into_iter().map(|bytes| case(model, bytes)).collect();
    let results = [result("same", "", cases(TREE)), result("same", "", cases(HIERARCHICAL))];
    let names: Vec<String> = Comparison::new(&results).scenarios.into_iter().map(|s| s.scenario).collect();
    assert_eq!(names, ["same", "same #2"]);
}

#[test]
fn equal_cases_of_one_result_are_matched_in_order() {
    let twice = result("twice", "", vec![case(RING, 1024), case(TREE, 1024), case(RING, 1024)]);
    let mut slower = twice.clone();
    slower.cases[2].time_ps *= 3;
    let comparison = Comparison::new(&[twice, slower]);
    let ratios: Vec<Option<f64>> =
        comparison.rows.iter().map(|row| row.results[1].as_ref().and_then(|side| side.time_ratio)).collect();
    assert_eq!(ratios, [Some(1.0), Some(1.0), Some(3.0)]);
}

/// A result of a run with a communication library: the first case has a protocol and a launch.
fn with_library() -> RunResult {
    let mut run = superpod();
    let case = &mut run.cases[0];
    "ll128".clone_into(&mut case.protocol);
    case.critical_path.launch_ps = case.time_ps;
    case.time_ps *= 2;
    run.stack = Some(stack());
    run
}

#[test]
fn a_stack_is_named_where_there_is_one() {
    let line = "stack mine: nccl 2.20, per-gpu, max_channels 8, chunk.ring 1 MiB, fraction.scaleup 0.81\n";
    let text = table::run(&with_library(), None);
    assert!(text.split("\n\n").next().unwrap().contains(line), "{text}");
    assert!(!table::run(&superpod(), None).contains("stack "));
    let text = table::compare(&[superpod(), with_library()], None);
    assert!(text.ends_with(&format!("superpod-h100-all-reduce #2: {line}")), "{text}");
    let run = with_library();
    assert_eq!(json::read_run(&json::run(&run)), Ok(run));
    assert!(!json::run(&superpod()).contains("stack"));
    // What a later release may have measured has no unit here.
    let mut later = with_library();
    later.stack.as_mut().unwrap().set = [("step.new".into(), 3.0)].into();
    assert!(table::run(&later, None).contains("max_channels 8, step.new 3\n"));
}

#[test]
fn launch_and_protocol_stand_in_tables_where_a_case_has_them() {
    let plain = table::run(&superpod(), None);
    assert!(!plain.contains("launch") && !plain.contains("protocol"));
    let mut run = with_library();
    run.cases.truncate(2);
    let text = table::run(&run, None);
    println!("{text}");
    let head = text.lines().find(|line| line.starts_with("op")).unwrap();
    assert_eq!(
        head.split_whitespace().collect::<Vec<_>>(),
        ["op", "algorithm", "protocol", "size", "time", "algbw", "busbw", "of", "bound"]
    );
    let (_, went) = text.split_once("where the time on the critical path went\n").unwrap();
    let lines: Vec<Vec<&str>> = went.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        lines[0],
        [
            "op",
            "algorithm",
            "protocol",
            "size",
            "time",
            "launch",
            "latency",
            "transfer",
            "sharing",
            "bound",
            "by"
        ]
    );
    assert_eq!(lines[2][2], "ll128");
    // Half of the time of the first case, none of that of the second.
    let launch: Vec<&str> = lines[2..4].iter().map(|line| line[line.len() - 5]).collect();
    assert_eq!(launch, ["50.0", "0.0"], "{went}");
}

#[test]
fn csv_has_columns_of_the_library_at_its_end_where_there_is_one() {
    let plain = csv::run(&superpod());
    let text = csv::run(&with_library());
    let (head, own) = (plain.lines().next().unwrap(), text.lines().next().unwrap());
    assert_eq!(own, format!("{head},protocol,launch_ps,profile,stack"));
    let launch = with_library().cases[0].critical_path.launch_ps;
    let stack = "mine,\"mine: nccl 2.20, per-gpu, max_channels 8, chunk.ring 1 MiB, fraction.scaleup 0.81\"";
    assert!(text.lines().nth(1).unwrap().ends_with(&format!(",ll128,{launch},{stack}")), "{text}");
    assert_eq!(text.lines().nth(2).unwrap(), format!("{},,0,{stack}", plain.lines().nth(2).unwrap()));
}
