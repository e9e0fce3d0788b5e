//! Predictions against measured runs: what is told of a small made-up set, and the program around it.
//!
//! `RAILSPINE_BLESS=1 cargo test --test validate_report` writes the texts of `tests/validate` and the schema anew: read
//! them before they are kept.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use railspine::report::draw::{DrawError, draw_measured, draw_scatter};
use railspine::report::{json, validate as report};
use railspine::result::{PointPrediction, RunFacts, SkippedFile, Validation};
use railspine::validate::{FilePrediction, Fitted, Prediction, UnpredictedPoint, cross_validate, score};
use serde_json::Value;

#[path = "support/golden.rs"]
mod golden;
#[path = "support/picture.rs"]
mod picture;
#[path = "support/schema.rs"]
mod schema;

fn point(bytes: u64, algorithm: &str, measured_us: f64, predicted_us: f64) -> PointPrediction {
    PointPrediction { bytes, algorithm: algorithm.into(), measured_us, predicted_us }
}

/// A sound file of one server of 8.
fn file(id: &str, generation: &str, points: Vec<PointPrediction>) -> FilePrediction {
    FilePrediction {
        run: RunFacts {
            id: id.into(),
            generation: generation.into(),
            collective: "all_reduce".into(),
            servers: 1,
            ranks: 8,
            software: "nccl".into(),
            profile: "nccl-ampere".into(),
            memory: "device".into(),
            healthy: "yes".into(),
            trust: "A".into(),
            source: "first lab".into(),
            bus_factor: 1.75,
            system: "1 x 8 A100".into(),
            assumed: Vec::new(),
            notes: Vec::new(),
        },
        points,
        skipped_points: Vec::new(),
    }
}

/// Times in microseconds of a latency and 200 GB/s, of which the prediction is off by `error`.
fn swept(exponents: impl Iterator<Item = u32>, error: f64) -> Vec<PointPrediction> {
    exponents
        .map(|exponent| {
            let measured = 20.0 + f64::from(exponent).exp2() / 200e3;
            point(
                1 << exponent,
                if exponent < 20 { "tree" } else { "ring" },
                measured,
                measured * (1.0 + error),
            )
        })
        .collect()
}

/// Three judged files of one generation, one of another, a reduction on host memory, a doubtful one, and one that is
/// skipped.
fn predictions() -> Vec<Prediction> {
    let mut far = file("a-far", "A100", swept(20..=30, 0.12));
    (far.run.servers, far.run.ranks, far.run.source) = (4, 32, "second lab".into());
    let mut gather = file("b-gather", "MPI torus", Vec::new());
    gather.points = vec![
        point(64, "ring", 10.0, 12.0),
        point(1 << 20, "ring", 500.0, 450.0),
        point(64, "bruck", 6.0, 5.0),
        point(1 << 20, "bruck", 800.0, 1000.0),
    ];
    gather.skipped_points = [64, 4096, 1 << 20]
        .map(|bytes| UnpredictedPoint {
            bytes,
            algorithm: "3dtorus".into(),
            why: "no algorithm is known by this name".into(),
        })
        .into();
    (gather.run.collective, gather.run.software, gather.run.memory) =
        ("all_gather".into(), "mpi".into(), "host".into());
    gather.run.profile = "mpi-tofud".into();
    gather.run.assumed = vec!["fabric".into()];
    gather.run.notes = vec!["`fabric` is not known; `fat-tree` is assumed".into()];
    (gather.run.servers, gather.run.bus_factor) = (8, 0.875);
    let mut reduce = gather.clone();
    (reduce.run.id, reduce.run.collective, reduce.run.bus_factor) = ("c-reduce".into(), "reduce".into(), 1.0);
    reduce.skipped_points.truncate(1);
    let mut doubtful = file("d-doubtful", "A100", swept(26..=26, -0.75));
    doubtful.run.trust = "C".into();
    vec![
        Prediction::from(file("a-all", "A100", swept((3..=33).step_by(3), -0.02))),
        Prediction::from(far),
        Prediction::from(file("a-one", "A100", swept(33..=33, 0.06))),
        Prediction::from(gather),
        Prediction::from(reduce),
        Prediction::from(doubtful),
        Prediction::Skipped(SkippedFile {
            id: "e-strange".into(),
            why: "`accelerator` is `X1`, which no rule maps to a fabric".into(),
        }),
    ]
}

/// Scores with a cross-validation that finds constants 3 % slower than they are, unless only host memory is left.
fn validation() -> Validation {
    let mut validation = score(predictions());
    let files = validation.files.clone();
    let fit = |training: &[&str]| -> Result<Fitted<'_>, String> {
        if training.len() < 3 {
            return Err(format!("{} files are not enough", training.len()));
        }
        Ok(Box::new(|id: &str| {
            let mut points = files.iter().find(|file| file.run.id == id).unwrap().points.clone();
            points.iter_mut().for_each(|point| point.predicted_us *= 1.03);
            points
        }))
    };
    validation.cross_validation = Some(cross_validate(&validation.files, &fit));
    validation
}

#[test]
fn tables_are_as_they_should_be() {
    golden::check("tests/validate/table.txt", &report::table(&validation(), None));
}

#[test]
fn tables_fit_a_terminal() {
    let told = report::table(&validation(), Some(100));
    let long: Vec<&str> = told.lines().filter(|line| line.chars().count() > 100).skip(1).collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn an_empty_validation_is_told_in_a_line() {
    let none = score(vec![Prediction::Skipped(SkippedFile { id: "a".into(), why: "no".into() })]);
    assert_eq!(
        report::table(&none, None),
        "0 files predicted, 0 points; 1 file skipped; errors are of time, in percent of what was measured\n\
         \nfiles skipped\nid  why\na   no\n"
    );
    let two = score(predictions().into_iter().take(2).collect());
    let told = report::table(&two, None);
    assert!(
        told.ends_with("\ntargets\nnone: no generation and collective has three judged files\n"),
        "{told}"
    );
}

#[test]
fn a_cross_validation_of_nothing_is_told() {
    let mut none =
        score(predictions().into_iter().filter(|one| matches!(one, Prediction::Skipped(_))).collect());
    none.cross_validation = Some(Vec::new());
    let told = report::table(&none, None);
    assert!(told.contains("none: no file is judged\n"), "{told}");
}

#[test]
fn csv_has_a_line_each() {
    let validation = validation();
    golden::check("tests/validate/points.csv", &report::points(&validation));
    golden::check("tests/validate/files.csv", &report::files(&validation));
    golden::check("tests/validate/groups.csv", &report::groups(&validation));
    golden::check("tests/validate/cross_validation.csv", &report::cross_validation(&validation).unwrap());
    assert_eq!(report::cross_validation(&score(predictions())), None);
}

#[test]
fn json_keeps_to_its_schema_and_comes_back() {
    let validation = validation();
    let text = json::validate(&validation);
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["schema"], "railspine.validate/1");
    let first = &told["files"][0];
    assert_eq!((&first["id"], first["points"].as_array().unwrap().len()), (&Value::from("a-all"), 11));
    let keys: Vec<&String> = first["points"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["algorithm", "bytes", "measured_us", "predicted_us"]);
    assert_eq!(told["skipped"][0]["id"], "e-strange");
    assert_eq!(told["skipped_points"].as_array().unwrap().len(), 4);
    assert_eq!(serde_json::from_str::<Validation>(&text).unwrap(), validation);
    let schema = json::validate_schema();
    golden::check("schemas/validate.schema.json", &schema);
    schema::check(&schema, &text);
    let plain = json::validate(&score(predictions()));
    assert!(!plain.contains("cross_validation"));
    schema::check(&schema, &plain);
}

#[test]
fn every_file_has_a_picture_and_all_have_one() {
    let validation = validation();
    let scatter = draw_scatter(&validation).unwrap();
    picture::check("validate", "scatter", &scatter);
    for text in ["Measured time", "Predicted time", "Predicted over measured time", ">A100<", ">MPI torus<"] {
        assert!(scatter.svg.contains(text), "no {text}");
    }
    assert!(scatter.svg.contains("within 10 %") && scatter.svg.contains("within 25 %"));
    assert!(scatter.svg.contains("32 points of 6 files · pale: reported apart"));
    assert_eq!(draw_scatter(&validation).unwrap(), scatter, "the same bytes again");
    for file in &validation.files {
        let drawn = draw_measured(&report::curve(file)).unwrap();
        picture::check("validate", &file.run.id, &drawn);
        assert_eq!(drawn.name, file.run.id);
        assert!(drawn.png.starts_with(b"\x89PNG"));
        for text in ["Bus bandwidth (GB/s)", "Message size", "marks measured, lines predicted", ">ring<"] {
            assert!(drawn.svg.contains(text), "{}: no {text}", file.run.id);
        }
    }
}

#[test]
fn a_single_size_is_drawn_in_its_surroundings_and_hidden_lines_are_dashed() {
    let drawn = |points| {
        let scored = score(vec![Prediction::from(file("runs", "A100", points))]);
        let picture = draw_measured(&report::curve(&scored.files[0])).unwrap();
        picture::check("validate", "runs", &picture);
        picture.svg
    };
    let one = drawn(vec![point(1 << 20, "", 10.0, 10.1)]);
    for text in [">256 KiB<", ">1 MiB<", ">4 MiB<", ">measured 183.5<", ">predicted 181.7<"] {
        assert!(one.contains(text), "no {text} in {one}");
    }
    let of =
        |name: &str, predicted: f64| [20, 21].map(|exponent| point(1 << exponent, name, 10.0, predicted));
    let lines = |second: f64| {
        let svg = drawn([of("a", 12.0), of("b", second)].concat());
        svg.matches("<polyline").count()
    };
    assert!(lines(12.0) > lines(15.0) + 10, "a line over another is many dashes");
}

#[test]
fn curves_without_a_name_have_no_mark_without_a_word() {
    let sized = |exponent: u32, name: &str| point(1 << exponent, name, 10.0, 11.0);
    let drawn = |points| {
        let scored = score(vec![Prediction::from(file("runs", "A100", points))]);
        draw_measured(&report::curve(&scored.files[0])).unwrap().svg
    };
    let circles = |svg: &str| svg.matches("<circle").count();
    let alone = drawn(vec![sized(20, ""), sized(21, "")]);
    assert!(!alone.contains("not named"));
    assert!(
        alone.contains(">A100 by nccl-ampere, all-reduce, 1 server, 8 ranks · marks measured"),
        "{alone}"
    );
    let told = drawn(vec![sized(20, "ring"), sized(21, "ring")]);
    assert!(circles(&told) > circles(&alone), "the key has a mark too: {told}");
    let mixed = drawn(vec![sized(20, ""), sized(21, "ring")]);
    assert!(mixed.contains(">not named<") && mixed.contains(">ring<"));
}

#[test]
fn pictures_bear_many_algorithms_and_odd_numbers() {
    let names: Vec<String> = (0..26).map(|i| format!("RECDOUB-B_CONT-UTOFU-{}-6", 1u64 << i)).collect();
    let mut points = Vec::new();
    for (name, factor) in names.iter().zip(1u32..) {
        for exponent in (5..=29).step_by(4) {
            let measured = 30.0 + f64::from(factor) * f64::from(exponent).exp2() / 1e4;
            points.push(point(1 << exponent, name, measured, measured * 1.3));
        }
    }
    points.push(point(0, "barrier", 3.0, 4.0));
    let many = file("many", "MPI torus", points);
    let wild =
        file("wild", "H100/H200", vec![point(1, "ring", 1e-6, 1e9), point(u64::MAX, "ring", 1e12, 1e-3)]);
    let mut all: Vec<Prediction> = [many, wild].map(Prediction::from).into();
    // More generations than a line of a key has room for.
    all.extend((0..30).map(|i| {
        let generation = format!("generation with a rather long name {i}");
        Prediction::from(file(&format!("g{i}"), &generation, swept(20..=22, 0.01)))
    }));
    let validation = score(all);
    picture::check("validate", "scatter-wild", &draw_scatter(&validation).unwrap());
    for file in &validation.files[..3] {
        picture::check("validate", &file.run.id, &draw_measured(&report::curve(file)).unwrap());
    }
    let barriers = score(vec![Prediction::from(file("b", "A100", vec![point(0, "barrier", 3.0, 4.0)]))]);
    assert_eq!(
        draw_measured(&report::curve(&barriers.files[0])),
        Err(DrawError::Nothing("no point has a size above zero".into()))
    );
    assert_eq!(draw_scatter(&score(Vec::new())), Err(DrawError::Nothing("no point is predicted".into())));
}

fn railspine(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_railspine")).args(args).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn folders_without_runs_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("measured")).unwrap();
    fs::write(folder.path().join("measured/aux_a.csv"), "size_bytes,time_us\n").unwrap();
    let ran = railspine(folder.path(), &["validate", "--measured", "measured"]);
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(
        text(&ran.stderr),
        "error: there is no measured run in `measured`\n\
         help: runs are the files `*.csv` of the folder itself whose names do not begin with `aux_`; this one has 1 \
         file `aux_*.csv` and 0 folders\n"
    );
    let ran = railspine(folder.path(), &["validate", "--measured", "mesured"]);
    assert_eq!(ran.status.code(), Some(3));
    assert_eq!(
        text(&ran.stderr),
        "error: cannot read `mesured`: there is no such folder\nhelp: did you mean `measured`?\n"
    );
    let ran = railspine(folder.path(), &["validate", "--measured", "measured/aux_a.csv"]);
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(
        text(&ran.stderr),
        "error: `measured/aux_a.csv` is a file, expected a folder\n\
         help: `--measured` takes the folder that holds the measured files `*.csv`\n"
    );
    let ran = railspine(folder.path(), &["validate"]);
    assert_eq!(ran.status.code(), Some(2), "`--measured` is needed");
    assert!(!folder.path().join("out").exists(), "nothing is written");
}

#[test]
fn what_cannot_be_predicted_is_skipped_and_told_of() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("runs")).unwrap();
    fs::write(folder.path().join("runs/b.csv"), "size_bytes,time_us\n8,1.0\n").unwrap();
    fs::write(folder.path().join("runs/a.csv"), b"\xff\xfe").unwrap();
    let ran =
        railspine(folder.path(), &["validate", "--measured", "runs", "--format", "json", "--cross-validate"]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(told["schema"], "railspine.validate/1");
    let skipped: Vec<&Value> = told["skipped"].as_array().unwrap().iter().map(|file| &file["id"]).collect();
    assert_eq!(skipped, ["a", "b"]);
    assert_eq!(
        told["skipped"][0]["why"],
        "line 1, column 1: the file is not text in UTF-8; save it as UTF-8"
    );
    assert_eq!(told["cross_validation"], Value::Array(Vec::new()));
    let out = folder.path().join("out/validate");
    assert_eq!(fs::read(out.join("validate.json")).unwrap(), ran.stdout, "what is saved is what is printed");
    let mut written: Vec<String> = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    written.sort();
    assert_eq!(written, ["cross_validation.csv", "files.csv", "groups.csv", "points.csv", "validate.json"]);
    let ran = railspine(
        folder.path(),
        &["validate", "--measured", "runs", "--strict", "--no-plots", "--out", "here", "--threads", "1"],
    );
    assert_eq!(ran.status.code(), Some(1));
    assert_eq!(
        text(&ran.stderr),
        "wrote validate.json, points.csv, groups.csv, files.csv to here\nerror: no file could be predicted\n"
    );
    let ran = railspine(folder.path(), &["validate", "--measured", "runs", "--no-plots", "--format", "csv"]);
    assert_eq!(text(&ran.stdout).lines().count(), 1, "the head is there without a point");
}
