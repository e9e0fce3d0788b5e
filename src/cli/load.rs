//! Reading files, telling their faults.

use std::io::Read;

use super::exit::{Exit, Failure, plain};
use super::render::render_all;
use super::term::Term;
use crate::diag::{Diagnostic, SourceMap};
use crate::fabric::Fabric;
use crate::input::{self, LoadError, LoadOptions, Loaded};
use crate::run::Scenario;

/// What a file turned out to hold.
pub(super) enum Document {
    /// A scenario.
    Scenario(Box<Scenario>),
    /// A topology.
    Topology(Box<Fabric>),
}

/// Options for reading `path`: the text of stdin where it is `-`.
pub(super) fn options(path: &str, seed: Option<u64>) -> Result<LoadOptions, Failure> {
    let mut options = LoadOptions { seed, ..LoadOptions::default() };
    if path == "-" {
        options.stdin = Some(stdin()?);
    }
    Ok(options)
}

/// All of stdin.
pub(super) fn stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| Failure::io("stdin", "read", &error))?;
    Ok(text)
}

/// Reads a scenario; faults and warnings are told on stderr.
pub(super) fn scenario(path: &str, seed: Option<u64>, term: &Term) -> Result<Scenario, Failure> {
    settle(input::load_scenario(path, &options(path, seed)?), term)
}

/// Reads a scenario or a topology, whichever it is: a scenario begins with `kind`.
pub(super) fn document(path: &str, term: &Term) -> Result<Document, Failure> {
    let options = options(path, None)?;
    let text = match &options.stdin {
        Some(text) => text.clone(),
        None => std::fs::read_to_string(path).map_err(|error| {
            Failure::Message(Exit::Io, format!("cannot read `{path}`: {}", plain(&error)))
        })?,
    };
    if is_scenario(&text) {
        settle(input::load_scenario(path, &options), term).map(|s| Document::Scenario(Box::new(s)))
    } else {
        settle(input::load_topology(path, &options), term).map(|f| Document::Topology(Box::new(f)))
    }
}

/// Whether a file is meant as a scenario: it has a `kind` or collectives of its own.
fn is_scenario(text: &str) -> bool {
    let mut root = true;
    text.lines().map(str::trim_start).any(|line| {
        root &= !line.starts_with('[');
        let key = line.split(['=', ' ', '\t']).next().unwrap_or_default();
        (root && key == "kind") || line.starts_with("[[collective]]") || line.starts_with("[fabric]")
    })
}

/// Tells warnings and faults.
fn settle<T>(loaded: Result<Loaded<T>, LoadError>, term: &Term) -> Result<T, Failure> {
    match loaded {
        Ok(loaded) => {
            tell(&loaded.warnings, &loaded.sources, term);
            Ok(loaded.value)
        }
        Err(LoadError::Io { path, message }) => {
            Err(Failure::Message(Exit::Io, format!("cannot read `{path}`: {message}")))
        }
        Err(LoadError::Rejected { sources, diagnostics }) => {
            tell(&diagnostics, &sources, term);
            Err(Failure::Told(Exit::Usage))
        }
    }
}

fn tell(diagnostics: &[Diagnostic], sources: &SourceMap, term: &Term) {
    if !diagnostics.is_empty() {
        term.say(render_all(diagnostics, sources, term.color).trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_told_from_topologies() {
        assert!(is_scenario("# x\nkind = \"run\"\n"));
        assert!(is_scenario("name = \"x\"\n[[collective]]\n"));
        assert!(!is_scenario("name = \"x\"\n[[node]]\nkind = \"gpu\"\n"));
    }
}
