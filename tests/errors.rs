//! Every wrong file under `tests/errors` gives exactly the text that stands beside it.
//!
//! `RAILSPINE_BLESS=1 cargo test --test errors` writes the texts anew: read them before they are kept.
//! A file whose first line is `# topology` is read as a topology, one that begins with `# stack profile`, `# model`,
//! `# accelerator`, `# software`, `# plan` or `# parts` as that, other TOML files as scenarios; CSV files are measurements
//! (placements, where their names say so), and logs are of nccl-tests. Folders that end in `.chakra` are traces, and `.txt`
//! files workloads of AICB.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use railspine::cli::render::render_all;
use railspine::diag::{Diagnostic, SourceMap};
use railspine::exchange::aicb::{self, Lowering, Which};
use railspine::exchange::{Rejected, chakra, measured, nccl_tests, placement};
use railspine::input::{
    LoadError, LoadOptions, codes, explain, load_accelerator, load_model, load_parts, load_plan,
    load_profile, load_scenario, load_software, load_topology,
};

#[path = "support/golden.rs"]
mod golden;

/// The wrong files, sorted, as paths from the root of the crate: tests run there.
fn corpus() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ["tests/errors", "tests/errors/plan", "tests/errors/workload"]
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "stderr"))
        .collect();
    files.sort();
    files
}

/// What is told of a file of another program; `None` for TOML.
fn rejected(name: &str) -> Option<Rejected> {
    let bytes = || fs::read(name).unwrap();
    match name.rsplit('.').next() {
        Some("csv") if name.contains("placement") => Some(placement::read(name, &bytes()).unwrap_err()),
        Some("csv") => Some(measured::read(name, &bytes()).unwrap_err()),
        Some("chakra") => Some(chakra::read_folder(Path::new(name), None).unwrap_err()),
        Some("txt") => Some(match aicb::read(name, &bytes()) {
            Err(rejected) => rejected,
            Ok(workload) => workload.lower(&Lowering { ranks: None, which: Which::All }).unwrap_err(),
        }),
        Some("log") => Some(nccl_tests::read(name, &bytes(), None).unwrap_err()),
        _ => None,
    }
}

/// What is told of a file.
fn told(path: &Path) -> (SourceMap, Vec<Diagnostic>) {
    let name = path.to_str().unwrap().replace('\\', "/");
    if let Some(Rejected { sources, diagnostics }) = rejected(&name) {
        return (sources, diagnostics);
    }
    let text = fs::read_to_string(path).unwrap();
    let options = LoadOptions::default();
    let result = if text.starts_with("# topology") {
        load_topology(&name, &options).map(|loaded| (loaded.sources, loaded.warnings))
    } else if text.starts_with("# stack profile") {
        load_profile(&name, &options).map(|loaded| (loaded.sources, loaded.warnings))
    } else if text.starts_with("# model") {
        load_model(&name, &options).map(|loaded| (loaded.sources, loaded.warnings))
    } else if text.starts_with("# accelerator") {
        load_accelerator(&name, &options).map(|loaded| (loaded.sources, loaded.warnings))
    } else if text.starts_with("# software") {
        load_software(&name, &options).map(|loaded| (loaded.sources, loaded.warnings))
    } else if text.starts_with("# plan") {
        load_plan(&name, &options).map(|loaded| (loaded.sources, loaded.warnings))
    } else if text.starts_with("# parts") {
        load_parts(&name, &options).map(|loaded| (loaded.sources, loaded.warnings))
    } else {
        load_scenario(&name, &options).map(|loaded| (loaded.sources, loaded.warnings))
    };
    match result {
        Ok(found) => found,
        Err(LoadError::Rejected { sources, diagnostics }) => (sources, diagnostics),
        Err(error) => panic!("{name}: {error}"),
    }
}

#[test]
fn every_wrong_file_gives_exactly_its_message() {
    let mut wrong = Vec::new();
    for path in corpus() {
        let (sources, diagnostics) = told(&path);
        let text = render_all(&diagnostics, &sources, false);
        if !golden::holds(path.with_extension("stderr"), &text) {
            wrong.push(format!("{}:\n{text}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "these messages differ from their .stderr:\n{}", wrong.join("\n"));
}

#[test]
fn every_message_names_its_place_and_code() {
    for path in corpus() {
        let (sources, diagnostics) = told(&path);
        let code = path.file_name().unwrap().to_str().unwrap()[..5].to_owned();
        assert!(
            diagnostics.iter().any(|diagnostic| diagnostic.code == code),
            "{}: no {code}",
            path.display()
        );
        for diagnostic in &diagnostics {
            let label = diagnostic.labels.first();
            let label = label.unwrap_or_else(|| panic!("{}: {diagnostic:?} has no place", path.display()));
            let text = &sources.text(label.place.file)[..label.place.span.start];
            let line = text.matches('\n').count() + 1;
            let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let place = format!("{}:{line}:{column}", sources.name(label.place.file));
            let rendered = render_all(std::slice::from_ref(diagnostic), &sources, false);
            assert!(rendered.contains(&place), "{}: no {place} in\n{rendered}", path.display());
        }
    }
}

#[test]
fn every_code_is_exercised_and_explained() {
    let used: BTreeSet<&str> =
        corpus().iter().flat_map(|path| told(path).1).map(|diagnostic| diagnostic.code).collect();
    let known: BTreeSet<&str> = codes().iter().map(|(code, _)| *code).collect();
    assert_eq!(
        known.difference(&used).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "codes without a wrong file"
    );
    assert_eq!(
        used.difference(&known).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "codes that explain does not know"
    );
    for (code, title) in codes() {
        let text = explain(code).unwrap();
        assert!(text.starts_with(&format!("# {code}: {title}\n")), "{code} does not begin with its title");
        assert!(text.matches("\n```\n").count() >= 2, "{code} needs a wrong and a right example");
    }
    assert_eq!(explain("e0102"), explain("E0102"));
    assert_eq!(explain("E9999"), None);
}

#[test]
fn the_corpus_is_large_enough() {
    assert!(corpus().len() >= 40);
}
