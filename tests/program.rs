//! The program as its users run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[path = "support/schema.rs"]
mod schema;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn railspine(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_railspine")).args(args).current_dir(root()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn files(folder: &str) -> Vec<String> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    found.sort();
    found.iter().map(|path| path.strip_prefix(root()).unwrap().display().to_string()).collect()
}

/// Whether a scenario says that it is too large for the test suite.
fn heavy(file: &str) -> bool {
    std::fs::read_to_string(root().join(file)).unwrap().lines().any(|line| line.trim() == "heavy = true")
}

/// The schema of an output, as the program prints it.
fn schema_of(name: &str) -> String {
    text(&railspine(&["schema", name]).stdout)
}

#[test]
fn every_scenario_runs_and_keeps_its_contract() {
    let folder = tempfile::tempdir().unwrap();
    let (heavy, scenarios): (Vec<String>, Vec<String>) =
        files("scenarios").into_iter().partition(|file| heavy(file));
    assert!(scenarios.len() >= 9 && heavy.len() >= 6);
    let (run_schema, step_schema) = (schema_of("run"), schema_of("step"));
    for file in scenarios {
        let out = folder.path().join("out");
        if file.contains("/plan-") {
            let ran =
                railspine(&["plan", &file, "--no-plots", "--format", "json", "--out", out.to_str().unwrap()]);
            assert!(ran.status.success(), "{file}: {}", text(&ran.stderr));
            schema::check(&schema_of("plan-result"), &text(&ran.stdout));
            assert_eq!(std::fs::read(out.join("plan.json")).unwrap(), ran.stdout, "{file}");
            let topology = out.join("d1/topology.toml");
            let checked = railspine(&["check", topology.to_str().unwrap()]);
            assert!(checked.status.success(), "{file}: {}", text(&checked.stderr));
            continue;
        }
        let ran =
            railspine(&["run", &file, "--no-plots", "--format", "json", "--out", out.to_str().unwrap()]);
        assert!(ran.status.success(), "{file}: {}", text(&ran.stderr));
        if file.contains("/serve-") {
            schema::check(&schema_of("serve"), &text(&ran.stdout));
            let saved = std::fs::read(out.join("result.json")).unwrap();
            assert_eq!(saved, ran.stdout, "{file}: what is saved is what is printed");
            continue;
        }
        let told: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
        let saved = std::fs::read(out.join("result.json")).unwrap();
        assert_eq!(saved, ran.stdout, "{file}: what is saved is what is printed");
        if told["schema"] == "railspine.step/1" {
            schema::check(&step_schema, &text(&ran.stdout));
            let parts = told["breakdown"].as_array().unwrap();
            let sum: u64 = parts.iter().map(|part| part["time_ps"].as_u64().unwrap()).sum();
            assert_eq!(Some(sum), told["step_ps"].as_u64(), "{file}");
            assert!(told["bound_ps"].as_u64() <= told["step_ps"].as_u64(), "{file}");
            continue;
        }
        schema::check(&run_schema, &text(&ran.stdout));
        assert_eq!(told["schema"], "railspine.run/1", "{file}");
        let cases = told["cases"].as_array().unwrap();
        assert!(!cases.is_empty(), "{file}");
        for case in cases {
            let (time, bound) = (case["time_ps"].as_u64().unwrap(), case["bound_ps"].as_u64().unwrap());
            assert!(bound <= time, "{file}: {case}");
            assert!(case["busbw_GBps"].is_f64() && case["algbw_GBps"].is_f64(), "{file}");
            assert!(case["busiest_links"][0]["utilisation"].as_f64().unwrap() <= 1.0, "{file}");
            let parts = &case["critical_path"];
            let sum: u64 =
                ["latency_ps", "transfer_ps", "sharing_ps"].iter().map(|p| parts[p].as_u64().unwrap()).sum();
            // There only where a stack has a launch.
            let sum = sum + parts["launch_ps"].as_u64().unwrap_or(0);
            assert_eq!(sum, time, "{file}");
        }
    }
}

#[test]
fn inference_has_no_forecast() {
    let told = railspine(&["run", "scenarios/serve-llama3-70b.toml", "--forecast"]);
    assert_eq!(told.status.code(), Some(2));
    let wanted = "error: there is no forecast of inference: it is simulated in a second or two\n";
    assert_eq!(text(&told.stderr), wanted);
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let run = |file: &str, threads: &str| {
        let out = folder.path().join(threads);
        let ran = railspine(&["run", file, "--threads", threads, "--out", out.to_str().unwrap()]);
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        let mut written: Vec<(PathBuf, Vec<u8>)> = std::fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (PathBuf::from(entry.file_name()), std::fs::read(entry.path()).unwrap()))
            .collect();
        written.sort();
        std::fs::remove_dir_all(&out).unwrap();
        (ran.stdout, written)
    };
    for file in [
        "scenarios/dgx1-all-reduce.toml",
        "scenarios/timeline-ring-8.toml",
        "scenarios/roce-ecmp.toml",
        "scenarios/step-fsdp-8b.toml",
    ] {
        let one = run(file, "1");
        assert!(one == run(file, "1"), "{file}: twice in a row");
        for threads in ["2", "7"] {
            assert!(one == run(file, threads), "{file}: {threads} threads");
        }
    }
}

#[test]
fn the_same_bytes_without_short_cuts() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let run = |file: &str, options: &[&str]| {
        let ran = railspine(&[&["run", file, "--no-plots", "--out", out], options].concat());
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        std::fs::read(folder.path().join("result.json")).unwrap()
    };
    for name in ["dgx1-all-reduce", "roce-ecmp", "roce-spray", "torus-multi-ring", "two-groups-share-spine"] {
        let file = format!("scenarios/{name}.toml");
        let fast = run(&file, &[]);
        for options in
            [&["--no-symmetry"][..], &["--no-skip"], &["--no-symmetry", "--no-skip"], &["--verbose"]]
        {
            assert!(run(&file, options) == fast, "{file}: {options:?}");
        }
    }
}

#[test]
fn a_forecast_is_told_and_nothing_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let ring = folder.path().join("ring.toml");
    let scenario = "kind = \"run\"\n[fabric]\ntemplate = \"single-switch\"\nparams = { endpoints = 64 }\n\
                    [[collective]]\nop = \"all-reduce\"\nalgorithm = \"ring\"\nsize = \"1 GiB\"\n";
    std::fs::write(&ring, scenario).unwrap();
    let told = |options: &[&str]| {
        let run = ["run", ring.to_str().unwrap(), "--forecast", "--out", out.to_str().unwrap()];
        let ran = railspine(&[&run, options].concat());
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        assert!(!out.exists(), "a forecast writes nothing");
        text(&ran.stdout)
    };
    let json = told(&["--format", "json"]);
    schema::check(&schema_of("forecast"), &json);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema"], "railspine.forecast/1");
    assert_eq!(json["scenario"], "ring");
    // 64 ranks, 2 x 63 steps.
    assert_eq!((json["transfers"].as_u64(), json["lanes"].as_u64()), (Some(64 * 126), Some(64)));
    assert!(json["memory_bytes"].as_u64().unwrap() > 1 << 20);
    assert!(told(&[]).starts_with("transfers         8,064\nlanes             64\n"));
    assert_eq!(told(&["--format", "csv"]).lines().count(), 2);
    let plain: serde_json::Value =
        serde_json::from_str(&told(&["--format", "json", "--no-symmetry", "--no-skip"])).unwrap();
    assert_eq!(plain["classes"], serde_json::Value::Null);
    assert!(plain["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_was_played_is_told_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let file = "scenarios/two-groups-share-spine.toml";
    let plain =
        railspine(&["run", file, "--no-plots", "--out", out, "--no-symmetry", "--no-skip", "--verbose"]);
    let told = text(&plain.stderr);
    let mut lines = told.lines();
    assert!(lines.next().unwrap().starts_with("two-groups-share-spine: "), "{told}");
    let played = lines.next().unwrap();
    let words: Vec<&str> = played.split(' ').collect();
    assert_eq!(words[1], "played", "{told}");
    // Without short cuts everything is played: `played L of L lanes and T of T transfers`.
    assert_eq!((words[2], words[7]), (words[4], words[9]), "{told}");
    let quiet = railspine(&["run", file, "--no-plots", "--out", out, "--no-progress"]);
    assert_eq!(text(&quiet.stderr).lines().count(), 1, "{}", text(&quiet.stderr));
}

#[test]
fn a_saved_result_is_drawn_again_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    let ran = railspine(&["run", "scenarios/timeline-ring-8.toml", "--out", first.to_str().unwrap()]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let saved = first.join("result.json");
    let drawn = railspine(&["plot", saved.to_str().unwrap(), "--out", second.to_str().unwrap()]);
    assert!(drawn.status.success(), "{}", text(&drawn.stderr));
    let mut pictures = 0;
    for entry in std::fs::read_dir(&second).unwrap() {
        let entry = entry.unwrap();
        assert!(
            std::fs::read(entry.path()).unwrap() == std::fs::read(first.join(entry.file_name())).unwrap()
        );
        pictures += 1;
    }
    assert!(pictures >= 2);
}

#[test]
fn topologies_and_scenarios_check_and_show() {
    let all: Vec<String> = files("topologies").into_iter().chain(files("scenarios")).collect();
    let mut args = vec!["check"];
    args.extend(all.iter().map(String::as_str));
    let ran = railspine(&args);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert_eq!(text(&ran.stdout).lines().filter(|line| line.contains(": ok, ")).count(), all.len());
    let profile = "src/stack/profiles/nccl-hopper.toml";
    let ran = railspine(&["check", profile]);
    assert_eq!(text(&ran.stdout), format!("{profile}: ok, stack profile of `nccl`\n"));
    let ran = railspine(&["show", profile]);
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(
        text(&ran.stderr),
        format!("error: `{profile}` is a stack profile, which has no fabric to show\n")
    );
    let checked = railspine(&["check", profile, "--format", "json"]);
    schema::check(&schema_of("check"), &text(&checked.stdout));
    let show_schema = schema_of("show");
    for file in files("topologies") {
        let ran = railspine(&["show", &file, "--format", "json"]);
        schema::check(&show_schema, &text(&ran.stdout));
        let told: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!(told["schema"], "railspine.show/1", "{file}");
    }
}

#[test]
fn compare_prints_one_object() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let files = ["scenarios/roce-ecmp.toml", "scenarios/roce-spray.toml"];
    let ran = railspine(&["compare", files[0], files[1], "--no-plots", "--format", "json", "--out", out]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    schema::check(&schema_of("compare"), &text(&ran.stdout));
    let told: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(told["schema"], "railspine.compare/1");
}

#[test]
fn endings_have_their_codes_and_messages() {
    let folder = tempfile::tempdir().unwrap();
    let missed = folder.path().join("missed.toml");
    let scenario = "kind = \"run\"\n[fabric]\ntemplate = \"single-switch\"\nparams = { endpoints = 8 }\n\
                    [[collective]]\nop = \"all-reduce\"\nalgorithm = \"ring\"\nsize = \"1 MiB\"\n\
                    [expect]\ntime = \"1 s\"\n";
    std::fs::write(&missed, scenario).unwrap();
    let out = folder.path().join("out");
    let (missed, out) = (missed.to_str().unwrap(), out.to_str().unwrap());
    let ran = railspine(&["run", missed, "--no-plots", "--out", out]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(text(&ran.stderr).contains("expected 1 s ± 1 %, found "), "{}", text(&ran.stderr));
    let ran = railspine(&["run", missed, "--no-plots", "--out", out, "--max-memory", "1 MiB"]);
    assert_eq!(ran.status.code(), Some(2));
    let told = text(&ran.stderr);
    assert!(told.starts_with("error: this run would need about "), "{told}");
    assert!(told.ends_with(", more than the 1 MiB of `--max-memory`\n"), "{told}");
    let ran = railspine(&["run", "no-such.toml"]);
    assert_eq!(ran.status.code(), Some(3));
    assert_eq!(text(&ran.stderr), "error: cannot read `no-such.toml`: there is no such file\n");
    for (options, told) in [
        (["check", "tests"], "error: cannot read `tests`: it is a directory\n"),
        (["plot", "tests"], "error: cannot read `tests`: it is a directory\n"),
        (["run", "tests"], "error: cannot read `tests`: it is a directory\n"),
    ] {
        let ran = railspine(&options);
        assert_eq!((ran.status.code(), text(&ran.stderr).as_str()), (Some(3), told), "{options:?}");
    }
    // Told before anything is simulated: no expectation is missed.
    let ran = railspine(&["run", missed, "--no-plots", "--out", "Cargo.toml"]);
    assert_eq!(ran.status.code(), Some(3));
    assert_eq!(
        text(&ran.stderr),
        "error: cannot make the folder `Cargo.toml`: there is a file of that name\n"
    );
    let ran = railspine(&["run", "tests/errors/E0102-unknown-key.toml"]);
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(railspine(&["explain", "E0102"]).status.code(), Some(0));
    let ran = railspine(&["explain", "E9999"]);
    assert_eq!(ran.status.code(), Some(2));
    for shell in ["bash", "zsh", "fish"] {
        assert!(text(&railspine(&["completions", shell]).stdout).contains("railspine"));
    }
    for schema in [
        "scenario",
        "topology",
        "stack-profile",
        "model",
        "accelerator",
        "software",
        "run",
        "step",
        "compare",
        "step-compare",
        "forecast",
        "step-forecast",
        "show",
        "validate",
        "check",
    ] {
        let told = railspine(&["schema", schema]).stdout;
        let value: serde_json::Value = serde_json::from_slice(&told).unwrap();
        assert!(value.is_object(), "{schema}");
    }
}

#[test]
fn templates_of_init_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    let told = railspine(&["init", "-o", file.to_str().unwrap()]);
    assert!(told.status.success());
    let again = railspine(&["init", "-o", file.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(2), "an existing file is left as it is");
    assert!(text(&railspine(&["init"]).stdout).contains("kind = \"run\""));
}
