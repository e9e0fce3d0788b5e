//! Training steps as they are shown: texts of a tiny one, pictures, sums, and the program around them.
//!
//! `RAILSPINE_BLESS=1 cargo test --test step_report` writes the texts of `tests/step` and the schema anew: read them before
//! they are kept.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;
use railspine::input::{LoadOptions, load_scenario};
use railspine::report::draw::{
    DrawError, draw_step, draw_step_breakdown, draw_step_compare, draw_step_memory, draw_step_pipeline,
};
use railspine::report::json::{self, Saved};
use railspine::report::step::{self, StepComparison};
use railspine::result::{StepLeftOut, StepResult};
use railspine::run::{Quiet, RunOptions, run_step, step_forecast};

#[path = "support/golden.rs"]
mod golden;
#[path = "support/picture.rs"]
mod picture;
#[path = "support/schema.rs"]
mod schema;

fn options(threads: usize) -> RunOptions {
    RunOptions { threads: Some(threads), ..RunOptions::default() }
}

fn ran(path: &str) -> StepResult {
    let scenario = load_scenario(path, &LoadOptions::default()).unwrap().value;
    run_step(&scenario, &options(2), &Quiet).unwrap().unwrap()
}

fn tiny() -> StepResult {
    ran("tests/step/tiny.toml")
}

/// A step from the text of a scenario.
fn of_text(text: &str) -> (StepResult, u64) {
    let read = LoadOptions { stdin: Some(text.into()), ..LoadOptions::default() };
    let scenario = load_scenario("-", &read).unwrap().value;
    let told = run_step(&scenario, &options(2), &Quiet).unwrap().unwrap();
    (told, step_forecast(&scenario, &options(2)).unwrap().unwrap().tasks)
}

#[test]
fn a_tiny_step_is_told_as_it_is_kept() {
    let tiny = tiny();
    golden::check("tests/step/table.txt", &step::table(&tiny, None));
    golden::check("tests/step/step.csv", &step::step(&tiny));
    golden::check("tests/step/breakdown.csv", &step::breakdown(&tiny));
    golden::check("tests/step/collectives.csv", &step::collectives(&tiny));
    golden::check("tests/step/result.json", &json::step(&tiny));
}

#[test]
fn the_schema_is_the_one_that_is_kept_and_results_keep_to_it() {
    let told = json::step_schema();
    golden::check("schemas/step.schema.json", &told);
    schema::check(&told, &json::step(&tiny()));
    let compared = json::step_compare(&[tiny(), tiny()]);
    schema::check(&json::step_compare_schema(), &compared);
}

#[test]
fn a_step_survives_json() {
    let mut tiny = tiny();
    tiny.timeline_left_out = Some(StepLeftOut { spans: 3, from_ps: 1, until_ps: 2 });
    let text = json::step(&tiny);
    assert_eq!(json::read(&text), Ok(Saved::Step(Box::new(tiny))));
    assert_eq!(
        json::read_run(&text).unwrap_err(),
        "the schema is `railspine.step/1`, expected `railspine.run/1`"
    );
    let either = "expected `railspine.run/1` or `railspine.step/1`";
    assert_eq!(
        json::read(r#"{"schema": "railspine.show/1"}"#).unwrap_err(),
        format!("the schema is `railspine.show/1`, {either}")
    );
    assert_eq!(
        json::read("{}").unwrap_err(),
        format!("this is not a saved result: it has no `schema`, {either}")
    );
    assert!(json::read("{").unwrap_err().starts_with("this is not JSON: "));
    let broken = text.replacen("\"step_ps\": ", "\"step_ps\": \"x\", \"other\": ", 1);
    let why = json::read(&broken).unwrap_err();
    assert!(why.starts_with("this is not a valid `railspine.step/1`: invalid type: string \"x\""), "{why}");
}

#[test]
fn csv_has_the_values_of_the_json() {
    let tiny = tiny();
    let text = step::step(&tiny);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 1);
    let cell = |name: &str| {
        let at = head.iter().position(|column| column == name).unwrap_or_else(|| panic!("no {name}"));
        records[0][at].to_string()
    };
    let json: serde_json::Value = serde_json::from_str(&json::step(&tiny)).unwrap();
    for own in [&json, &json["workload"]] {
        for (name, value) in own.as_object().unwrap() {
            // What names no column of its own stands in others, or is the same for all.
            let apart = ["schema", "title"].contains(&name.as_str());
            if value.is_array() || value.is_object() || apart {
                continue;
            }
            let told = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            assert_eq!(cell(name), told, "{name}");
        }
    }
    assert_eq!(cell("memory_bytes"), tiny.memory.total.to_string());
    assert_eq!(cell("pp"), "2");
    assert_eq!(step::breakdown(&tiny).lines().count(), 1 + tiny.breakdown.len());
    assert_eq!(step::collectives(&tiny).lines().count(), 1 + tiny.collectives.len());
}

/// Every number of a memory table and its line stand for the same.
#[test]
fn what_does_not_fit_is_said_and_by_how_much() {
    let mut tiny = tiny();
    assert_eq!(step::unfit(&tiny), None);
    (tiny.memory.total, tiny.memory.fits) = (92_300_000_000, false);
    assert_eq!(
        step::unfit(&tiny).unwrap(),
        "tiny: the step does not fit in memory: it keeps 92.3 GB, and h100 has 80.0 GB: 12.3 GB too much"
    );
    assert!(step::table(&tiny, None).contains("\ndoes not fit: 12.3 GB too much\n"));
    tiny.memory.parts[3].bytes = 91_000_000_000;
    let drawn = draw_step_memory(&tiny).unwrap();
    picture::check("step", "unfit-memory", &drawn);
    assert!(drawn.svg.contains("memory: does not fit: 12.3 GB too much"), "{}", drawn.svg);
}

#[test]
fn one_thread_and_two_come_to_the_same() {
    for path in ["tests/step/tiny.toml", "scenarios/step-moe-ep.toml"] {
        let scenario = load_scenario(path, &LoadOptions::default()).unwrap().value;
        let told = [1, 2]
            .map(|threads| json::step(&run_step(&scenario, &options(threads), &Quiet).unwrap().unwrap()));
        assert!(told[0] == told[1], "{path}");
    }
}

#[test]
fn pictures_of_steps_are_drawn() {
    for name in ["step-llama3-70b", "step-moe-ep", "step-fsdp-8b", "step-zero-bubble"] {
        let told = ran(&format!("scenarios/{name}.toml"));
        let drawn = draw_step(&told).unwrap();
        let names: Vec<&str> = drawn.iter().map(|picture| picture.name.as_str()).collect();
        assert_eq!(names, ["breakdown", "memory", "pipeline"], "{name}");
        for picture in &drawn {
            picture::check("step", &format!("{name}-{}", picture.name), picture);
        }
        assert_eq!(draw_step(&told).unwrap(), drawn, "{name}: the same bytes again");
    }
    let tiny = tiny();
    for picture in draw_step(&tiny).unwrap() {
        picture::check("step", &format!("tiny-{}", picture.name), &picture);
    }
    let svg = draw_step_breakdown(&tiny).unwrap().svg;
    for part in &tiny.breakdown {
        assert!(svg.contains(&format!(">{}<", part.part)), "no {}", part.part);
    }
    let svg = draw_step_pipeline(&tiny).unwrap().svg;
    for text in [">forward<", ">backward<", ">All tasks<", ">rank 1<", ">pipeline communication<"] {
        assert!(svg.contains(text), "no {text}");
    }
}

#[test]
fn a_long_step_shows_what_of_it_is_kept() {
    let mut told = ran("scenarios/step-llama3-70b.toml");
    let gone = told.timeline_left_out.unwrap();
    assert!(gone.from_ps < gone.until_ps);
    let inside =
        |span: &railspine::result::StepSpan| span.start_ps > gone.from_ps && span.start_ps < gone.until_ps;
    assert!(!told.timeline.iter().any(inside), "what is left out is not there");
    let end = told.timeline.iter().map(|span| span.end_ps).max().unwrap();
    assert!(end <= told.step_ps && end > gone.until_ps, "the end is there");
    let svg = draw_step_pipeline(&told).unwrap().svg;
    assert!(svg.contains(">Begin<") && svg.contains(">End<"));
    // Where less is kept than the windows would show, they are shorter.
    told.timeline_left_out = Some(StepLeftOut { from_ps: 200_000_000_000, ..gone });
    let svg = draw_step_pipeline(&told).unwrap().svg;
    assert!(svg.contains(">the first 200 ms of "), "the begin is as long as what is kept");
}

#[test]
fn a_step_of_closed_forms_has_tables_and_pictures_too() {
    let text = std::fs::read_to_string("tests/step/tiny.toml").unwrap();
    let text = text.replace("kind = \"run\"", "kind = \"run\"\nengine = \"analytic\"");
    let text = text.replace("model_file = \"model.toml\"", "model = \"llama3-8b\"");
    let (told, tasks) = of_text(&text);
    assert_eq!((told.engine.as_str(), told.tasks, tasks), ("analytic", 0, 0));
    let table = step::table(&told, None);
    assert!(table.contains("\nengine analytic\n") && !table.contains("collectives of a step"), "{table}");
    let names: Vec<String> = draw_step(&told).unwrap().into_iter().map(|picture| picture.name).collect();
    assert_eq!(names, ["breakdown", "memory"]);
    assert_eq!(draw_step_pipeline(&told), Err(DrawError::Nothing("the engine tells no timeline".into())));
    assert_eq!(json::read(&json::step(&told)), Ok(Saved::Step(Box::new(told))));
}

#[test]
fn expectations_are_held_against_the_step() {
    let tiny = tiny();
    let [time, mfu] = tiny.expectations.as_slice() else { panic!("{:?}", tiny.expectations) };
    assert_eq!(
        (time.what.as_str(), time.expected.as_str(), time.met),
        ("step time (fluid)", "80 ms ± 50 % of it", true)
    );
    assert_eq!(
        (mfu.what.as_str(), mfu.expected.as_str()),
        ("MFU with causal attention (fluid)", "90.00 % ± 1 % of it")
    );
    assert!(!mfu.met && mfu.found == format!("{:.2} %", tiny.mfu_causal_percent), "{mfu:?}");
    let exact = |key: &str, value: String| {
        let text = std::fs::read_to_string("tests/step/tiny.toml").unwrap();
        let (head, _) = text.split_once("[[expect]]").unwrap();
        let head = head.replace("model_file = \"model.toml\"", "model = \"llama3-8b\"");
        of_text(&format!("{head}[expect]\n{key} = {value}\ntolerance = \"0.1 %\"\n")).0
    };
    let told = exact("tokens_per_s", "1".into());
    assert!(!told.expectations[0].met);
    let (tokens, full) = (told.tokens_per_s, told.mfu_full_percent);
    for told in [exact("tokens_per_s", format!("{tokens}")), exact("mfu_full", format!("\"{full} %\""))] {
        assert!(told.expectations[0].met, "{:?}", told.expectations);
        assert!(step::table(&told, None).contains("\nmet  "));
    }
}

#[test]
fn steps_stand_side_by_side() {
    let (first, second) = (ran("scenarios/step-fsdp-8b.toml"), ran("scenarios/step-zero-bubble.toml"));
    let results = [first.clone(), second, first.clone()];
    let told = StepComparison::new(&results);
    let names: Vec<&str> = told.steps.iter().map(|step| step.scenario.as_str()).collect();
    assert_eq!(names, ["step-fsdp-8b", "step-zero-bubble", "step-fsdp-8b #3"]);
    assert_eq!((told.steps[0].time_ratio, told.steps[2].time_ratio), (Some(1.0), Some(1.0)));
    for (at, result) in results.iter().enumerate() {
        let sum: u64 = told.parts.iter().filter_map(|part| part.time_ps[at]).sum();
        assert_eq!(sum, result.step_ps, "parts are all there");
    }
    let of = |name: &str| told.parts.iter().position(|part| part.part == name).unwrap();
    assert!(of("products") < of("tensor") && of("tensor") < of("bubble") && of("bubble") < of("other"));
    let table = step::compare_table(&results, None);
    assert!(table.contains("\nratios are over step-fsdp-8b\n"), "{table}");
    let line = table.lines().find(|line| line.starts_with("tensor")).unwrap();
    assert!(line.trim_end().ends_with('-'), "what a step lacks is a dash: {line}");
    let csv = step::compare_csv(&results);
    let parts: usize = results.iter().map(|result| 1 + result.breakdown.len()).sum();
    assert_eq!(csv.lines().count(), 1 + parts);
    let drawn = draw_step_compare(&results).unwrap();
    assert_eq!(drawn.name, "compare-breakdown");
    picture::check("step", "compare-breakdown", &drawn);
    assert!(matches!(draw_step_compare(&[]), Err(DrawError::Nothing(_))));
    assert_eq!(step::compare_table(&[], None), "no steps\n");
}

#[test]
fn extremes_are_an_error_or_a_picture_but_never_a_panic() {
    let mut odd = tiny();
    odd.title = "line\nbreak \u{0} & <b> 日本語".into();
    odd.breakdown[0].part = "long-".repeat(10_000);
    odd.timeline[0].end_ps = u64::MAX;
    odd.timeline[1].lane = u32::MAX;
    let drawn = draw_step(&odd).unwrap();
    assert_eq!(drawn.len(), 3);
    assert!(!step::table(&odd, Some(0)).is_empty());
    odd.breakdown.clear();
    odd.step_ps = 0;
    assert_eq!(draw_step_breakdown(&odd), Err(DrawError::Nothing("all parts are nothing".into())));
    odd.memory.parts.clear();
    (odd.memory.capacity, odd.memory.total) = (0, 0);
    assert_eq!(draw_step_memory(&odd), Err(DrawError::Nothing("all parts are nothing".into())));
    assert!(!step::table(&odd, None).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Every moment of a step belongs to one part, whatever it is divided into, and a forecast knows its tasks.
    #[test]
    fn parts_sum_to_the_step(
        ranks in prop::sample::select(vec![(1u32, 1u32), (1, 2), (2, 1), (2, 2), (1, 4), (4, 2)]),
        (vpp, batch) in (1u32..=2, prop::sample::select(vec![8u32, 16])),
        sharding in prop::sample::select(vec!["none", "zero-1", "zero-3"]),
        (software, engine) in (
            prop::sample::select(vec!["megatron-2024", "torchtitan"]),
            prop::sample::select(vec!["fluid", "fluid", "analytic"]),
        ),
    ) {
        let (tp, pp) = ranks;
        let vpp = if pp > 1 && batch / (8 / (tp * pp)) >= pp { vpp } else { 1 };
        let text = format!(
            "kind = \"run\"\nengine = \"{engine}\"\n[fabric]\ntemplate = \"single-switch\"\n\
             params = {{ endpoints = 8 }}\n[workload]\nmodel = \"llama3-8b\"\naccelerator = \"h100\"\n\
             software = \"{software}\"\nbatch = {batch}\nsequence = 1024\n\
             [workload.parallel]\ntp = {tp}\npp = {pp}\nvpp = {vpp}\nsharding = \"{sharding}\"\n"
        );
        let (told, tasks) = of_text(&text);
        prop_assert_eq!(told.breakdown.iter().map(|part| part.time_ps).sum::<u64>(), told.step_ps);
        prop_assert_eq!(tasks, told.tasks);
        prop_assert!(told.bound_ps <= told.step_ps);
        let csv = step::breakdown(&told);
        let sum: u64 = csv.lines().skip(1).map(|line| line.split(',').nth(2).unwrap().parse::<u64>().unwrap()).sum();
        prop_assert_eq!(sum, told.step_ps);
    }
}

fn railspine(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_railspine")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_program_runs_steps_and_draws_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let told = |format: &str| {
        let ran =
            railspine(&["run", "tests/step/tiny.toml", "--format", format, "--out", out.to_str().unwrap()]);
        assert_eq!(ran.status.code(), Some(1), "one expectation is missed");
        let missed = text(&ran.stderr);
        let first = missed.lines().last().unwrap();
        assert!(
            first.starts_with(
                "error: MFU with causal attention (fluid): expected 90.00 % ± 1 % of it, found "
            ),
            "{missed}"
        );
        text(&ran.stdout)
    };
    golden::check("tests/step/table.txt", &told("table"));
    golden::check("tests/step/step.csv", &told("csv"));
    let printed = told("json");
    golden::check("tests/step/result.json", &printed);
    assert_eq!(
        std::fs::read_to_string(out.join("result.json")).unwrap(),
        printed,
        "one object, as it is saved"
    );
    let pictures =
        ["breakdown.png", "breakdown.svg", "memory.png", "memory.svg", "pipeline.png", "pipeline.svg"];
    let mut files = vec!["breakdown.csv", "collectives.csv", "result.json", "step.csv"];
    files.extend(pictures);
    files.sort_unstable();
    assert_eq!(names(&out), files);
    let again = folder.path().join("again");
    let saved = out.join("result.json");
    let drawn = railspine(&["plot", saved.to_str().unwrap(), "--out", again.to_str().unwrap()]);
    assert!(drawn.status.success(), "{}", text(&drawn.stderr));
    assert_eq!(names(&again), pictures);
    for name in pictures {
        assert!(std::fs::read(again.join(name)).unwrap() == std::fs::read(out.join(name)).unwrap(), "{name}");
    }
    let bare = folder.path().join("bare");
    railspine(&["run", "tests/step/tiny.toml", "--no-plots", "--out", bare.to_str().unwrap()]);
    assert_eq!(names(&bare), ["breakdown.csv", "collectives.csv", "result.json", "step.csv"]);
}

#[test]
fn the_program_compares_steps_but_not_with_collectives() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let (first, second) = ("scenarios/step-fsdp-8b.toml", "scenarios/step-moe-ep.toml");
    let ran = railspine(&["compare", first, second, "--format", "json", "--out", out]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let schema = text(&railspine(&["schema", "step-compare"]).stdout);
    schema::check(&schema, &text(&ran.stdout));
    assert_eq!(
        names(folder.path()),
        ["compare-breakdown.png", "compare-breakdown.svg", "compare-steps.csv", "compare.json"]
    );
    let other = "scenarios/timeline-ring-8.toml";
    let ran = railspine(&["compare", other, first, "--out", "nowhere"]);
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(
        text(&ran.stderr),
        format!(
            "error: a training step cannot be compared with collectives: `{first}` is a training step, \
             `{other}` has collectives\n"
        )
    );
    assert!(!Path::new("nowhere").exists());
}

#[test]
fn a_step_that_does_not_fit_runs_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("huge.toml");
    let scenario = "kind = \"run\"\n[fabric]\ntemplate = \"single-switch\"\nparams = { endpoints = 8 }\n\
                    [workload]\nmodel = \"llama3-70b\"\naccelerator = \"h100\"\nsoftware = \"megatron-2024\"\n\
                    batch = 8\nsequence = 4096\n[workload.parallel]\ntp = 8\n";
    std::fs::write(&file, scenario).unwrap();
    let out = folder.path().join("out");
    let ran = railspine(&["run", file.to_str().unwrap(), "--no-plots", "--out", out.to_str().unwrap()]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    let told = text(&ran.stderr);
    assert!(told.starts_with("warning: huge: the step does not fit in memory: it keeps "), "{told}");
    assert!(text(&ran.stdout).contains("\ndoes not fit: "), "{}", text(&ran.stdout));
}

#[test]
fn the_program_tells_what_a_step_will_cost() {
    let told = |format: &str| {
        let ran =
            railspine(&["run", "tests/step/tiny.toml", "--forecast", "--format", format, "--out", "nowhere"]);
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        assert!(!Path::new("nowhere").exists(), "a forecast writes nothing");
        text(&ran.stdout)
    };
    let json = told("json");
    schema::check(&text(&railspine(&["schema", "step-forecast"]).stdout), &json);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["tasks"].as_u64(), Some(tiny().tasks));
    assert_eq!(json["lanes"].as_u64(), Some(2));
    assert!(told("table").starts_with("pipeline ranks        2\n"));
    assert_eq!(told("csv").lines().count(), 2);
    let schema = text(&railspine(&["schema", "step"]).stdout);
    assert_eq!(schema, json::step_schema());
}

#[test]
fn a_step_of_too_many_tasks_is_refused_before_it_takes_memory() {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = format!(
        "kind = \"run\"\n[fabric]\nfile = \"{root}/topologies/single-switch-8.toml\"\n[workload]\n\
         model = \"llama3-8b\"\naccelerator = \"h100\"\nsoftware = \"megatron-2024\"\nbatch = 1073741824\n\
         sequence = 1024\n[workload.parallel]\npp = 8\n"
    );
    let options = LoadOptions { stdin: Some(text), ..LoadOptions::default() };
    let scenario = railspine::input::load_scenario("-", &options).unwrap().value;
    let told = railspine::run::run_step(&scenario, &RunOptions::default(), &Quiet).unwrap_err().to_string();
    let expected = "the pipeline cannot be run: it would be about 893353197568 tasks, and 50000000 is the most; fewer \
                    micro-batches make fewer";
    assert_eq!(told, expected);
}
