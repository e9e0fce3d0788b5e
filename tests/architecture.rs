//! The rooms of the house: which room may use which, and which crates are at home where.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the ground up; a room may use only those before it. Rooms in one row may not use each other, but for
/// `ids`, `rng` and `diag`, which share a floor.
const ROOMS: [&str; 19] = [
    "units",
    "diag",
    "ids",
    "rng",
    "fabric",
    "route",
    "collective",
    "bound",
    "engine",
    "stack",
    "workload",
    "result",
    "run",
    "input",
    "exchange",
    "validate",
    "planner",
    "report",
    "cli",
];

/// External crates that have a home, and their homes (a room or a room's part).
const HOMES: [(&str, &[&str]); 12] = [
    ("toml", &["input"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("annotate_snippets", &["cli"]),
    ("indicatif", &["cli"]),
    ("ctrlc", &["cli"]),
    ("plotters", &["report/draw"]),
    ("plotters_backend", &["report/draw"]),
    ("resvg", &["report/draw"]),
    ("rayon", &["run", "validate", "planner"]),
    ("petgraph", &["fabric", "route", "bound"]),
    ("comfy_table", &["report"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source file: its path below `src`, with `/`, and its text without comments and tests.
fn read_all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default().to_string();
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            (name, code.join("\n"))
        })
        .collect()
}

/// Rooms named after `crate::` in a text, those in braces included.
fn rooms_used(code: &str) -> BTreeSet<&str> {
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let inside = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
        let names: Vec<&str> =
            inside.map_or_else(|| vec![rest], |list| list.split(',').map(str::trim).collect());
        for name in names {
            let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
            if ROOMS.contains(&&name[..end]) {
                used.insert(&name[..end]);
            }
        }
    }
    used
}

#[test]
fn rooms_use_only_rooms_below_them() {
    let mut faults = Vec::new();
    for (file, code) in read_all() {
        let room = file.split(['/', '.']).next().unwrap().to_string();
        if room == "lib" || room == "main" {
            continue;
        }
        let Some(floor) = ROOMS.iter().position(|known| *known == room) else {
            faults.push(format!("src/{file}: `{room}` is not a room of the house"));
            continue;
        };
        for used in rooms_used(&code) {
            if ROOMS.iter().position(|known| *known == used).unwrap() > floor {
                faults.push(format!("src/{file}: `{room}` uses `{used}`, which is above it"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn crates_stay_at_home() {
    let mut faults = Vec::new();
    for (file, code) in read_all() {
        for (name, homes) in HOMES {
            let uses =
                [format!("use {name}::"), format!("use {name};"), format!(" {name}::"), format!("({name}::")];
            if uses.iter().any(|text| code.contains(text.as_str()))
                && !homes.iter().any(|h| file.starts_with(h))
            {
                faults.push(format!("src/{file} uses `{name}`, at home in {homes:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn engines_know_no_clock_no_files_and_no_threads() {
    let mut faults = Vec::new();
    for (file, code) in read_all().into_iter().filter(|(file, _)| file.starts_with("engine/")) {
        for word in ["std::time", "std::fs", "std::thread", "Instant", "println!"] {
            if code.contains(word) {
                faults.push(format!("src/{file} uses `{word}`"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn files_hold_one_concept() {
    for (file, _) in read_all() {
        let stem = Path::new(&file).file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["utils", "util", "common", "helpers", "misc"].contains(&stem.as_str()),
            "src/{file} says nothing"
        );
    }
    let main = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    assert!(main.lines().count() < 40, "main only hands over to the command line");
}

#[test]
fn the_check_sees_what_it_looks_for() {
    let used: Vec<&str> =
        rooms_used("use crate::fabric::Fabric;\nuse crate::{engine::Job, run};").into_iter().collect();
    assert_eq!(used, ["engine", "fabric", "run"]);
}
