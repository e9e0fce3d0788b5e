//! The tables of `docs/stack.md` are those of the built-in profiles.
//!
//! `RAILSPINE_BLESS=1 cargo test --test stack_docs` writes them anew.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;

use railspine::input::stack::{builtin, builtin_names};
use railspine::stack::param::{Param, Unit};
use railspine::stack::{Library, Profile};
use railspine::validate::constants::{published, told_by_runs};

#[path = "support/golden.rs"]
mod golden;

const PAGE: &str = "docs/stack.md";

fn profiles(libraries: &[Library]) -> Vec<Profile> {
    let all = builtin_names().map(|name| builtin(name).unwrap());
    all.filter(|profile| libraries.contains(&profile.software)).collect()
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Time => "us",
        Unit::Rate => "GB/s",
        Unit::Fraction => "",
        Unit::Bytes => "bytes",
        Unit::Count => "count",
    }
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let rule = vec!["---".to_owned(); head.len()];
    [row(head), row(&rule)].into_iter().chain(rows.iter().map(|cells| row(cells))).collect()
}

/// Every constant that one of the profiles reads, with its value in each: bold where runs moved it from where it began.
fn values(libraries: &[Library], mpi: bool) -> String {
    let profiles = profiles(libraries);
    let starts: Vec<Profile> = profiles.iter().map(|profile| published(&profile.name).unwrap()).collect();
    let free: Vec<Vec<Param>> = profiles.iter().map(told_by_runs).collect();
    let mut head: Vec<String> = ["key", "unit", "part"].map(str::to_owned).to_vec();
    head.extend(profiles.iter().map(|profile| format!("`{}`", profile.name)));
    let mut rows = Vec::new();
    for param in Param::all().filter(|param| profiles.iter().any(|profile| profile.software.reads(*param))) {
        let spec = param.spec();
        assert!(mpi || !spec.key.starts_with("mpi."));
        let mut cells =
            vec![format!("`{}`", spec.key), unit(spec.unit).to_owned(), spec.part.name().to_owned()];
        for ((profile, start), free) in profiles.iter().zip(&starts).zip(&free) {
            let value = profile.get(param);
            let moved = free.contains(&param) && value.to_bits() != start.get(param).to_bits();
            cells.push(if moved { format!("**{value}**") } else { value.to_string() });
        }
        rows.push(cells);
    }
    table(&head, &rows)
}

/// Every constant and what it is.
fn meanings() -> String {
    let mut about = "";
    let rows: Vec<Vec<String>> = Param::all()
        .map(|param| {
            let spec = param.spec();
            // "The same" is what is said of the constants before.
            if !spec.about.starts_with("the same") {
                about = spec.about.split(',').next().unwrap_or_default();
            }
            let told = match spec.about.strip_prefix("the same") {
                Some(more) => format!("{about}{more}"),
                None => spec.about.to_owned(),
            };
            vec![format!("`{}`", spec.key), told]
        })
        .collect();
    table(&["key", "what it is"].map(str::to_owned), &rows)
}

/// Each profile with what it is of and its sources.
fn sources() -> String {
    let mut text = String::new();
    for profile in builtin_names().map(|name| builtin(name).unwrap()) {
        text.push_str(&format!("* **`{}`**: {}\n", profile.name, profile.title));
        for source in &profile.sources {
            text.push_str(&format!("  * {source}\n"));
        }
    }
    text
}

#[test]
fn tables_are_those_of_the_built_in_profiles() {
    let page = fs::read_to_string(PAGE).unwrap();
    let mut wanted = page.clone();
    for (name, text) in [
        ("meanings", meanings()),
        ("values-nccl", values(&[Library::Nccl, Library::Rccl], false)),
        ("values-mpi", values(&[Library::Mpi], true)),
        ("sources", sources()),
    ] {
        let (begin, end) = (format!("<!-- {name}: written by tests/stack_docs.rs -->\n"), "<!-- end -->");
        let from = wanted.find(&begin).unwrap_or_else(|| panic!("{PAGE} has no `{begin}`")) + begin.len();
        let to =
            from + wanted[from..].find(end).unwrap_or_else(|| panic!("{PAGE} has no `{end}` for {name}"));
        wanted.replace_range(from..to, &text);
    }
    golden::check(PAGE, &wanted);
}
