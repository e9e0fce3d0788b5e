//! Reading files, telling their faults.

use std::path::Path;
use std::sync::Arc;

use super::exit::{Exit, Failure};
use super::render::render_all;
use super::term::Term;
use crate::diag::{Diagnostic, SourceMap};
use crate::fabric::Fabric;
use crate::fabric::parts::Catalogue;
use crate::input::plan::Plan;
use crate::input::{self, LoadError, LoadOptions, Loaded};
use crate::run::Scenario;
use crate::stack::Profile;
use crate::stack::param::SPECS;
use crate::workload::Accelerator;

/// What a file turned out to hold.
pub(super) enum Document {
    /// A scenario.
    Scenario(Box<Scenario>),
    /// A plan.
    Plan(Box<Plan>),
    /// A parts catalogue, over the built-in one.
    Parts(Box<Catalogue>),
    /// A topology.
    Topology(Box<Fabric>),
    /// A stack profile.
    Profile(Box<Profile>),
    /// A part of workloads: what it is, and a line about it.
    Part(&'static str, String),
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
    input::read_stdin().map_err(|why| unread("stdin", &why))
}

/// Reads a scenario; faults and warnings are told on stderr.
pub(super) fn scenario(path: &str, seed: Option<u64>, term: &Term) -> Result<Scenario, Failure> {
    settle(input::load_scenario(path, &options(path, seed)?), term)
}

/// Reads a scenario whose division may be left open, and its text; faults and warnings are told on stderr.
pub(super) fn open_scenario(
    path: &str,
    seed: Option<u64>,
    term: &Term,
) -> Result<(Scenario, String), Failure> {
    let options = LoadOptions { open: true, ..options(path, seed)? };
    let text = match &options.stdin {
        Some(text) => text.clone(),
        None => input::read_text(Path::new(path)).map_err(|why| unread(path, &why))?,
    };
    Ok((settle(input::load_scenario(path, &options), term)?, text))
}

/// Reads a plan; faults and warnings are told on stderr.
pub(super) fn plan(path: &str, seed: Option<u64>, term: &Term) -> Result<Plan, Failure> {
    settle(input::load_plan(path, &options(path, seed)?), term)
}

/// Reads a stack profile; faults and warnings are told on stderr.
pub(super) fn profile(path: &str, term: &Term) -> Result<Profile, Failure> {
    settle(input::load_profile(path, &options(path, None)?), term)
}

/// Reads an accelerator; faults and warnings are told on stderr.
pub(super) fn accelerator(path: &str, term: &Term) -> Result<Accelerator, Failure> {
    settle(input::load_accelerator(path, &options(path, None)?), term)
}

/// Reads a parts catalogue, which goes over the built-in one; faults and warnings are told on stderr.
pub(super) fn parts(path: &str, term: &Term) -> Result<Catalogue, Failure> {
    settle(input::load_parts(path, &options(path, None)?), term)
}

/// Reads the fabric of a topology or scenario for a command that is to `show` it or the like, and tells the name of the
/// topology's template, or `explicit` where its nodes are written out.
pub(super) fn fabric(path: &str, show: &str, term: &Term) -> Result<(Arc<Fabric>, Option<String>), Failure> {
    let text = Text::read(path)?;
    let (what, why) = match text.document(path, term)? {
        Document::Scenario(scenario) => return Ok((scenario.fabric, template(&text.text))),
        Document::Topology(fabric) => return Ok((Arc::from(fabric), template(&text.text))),
        Document::Plan(_) => ("a plan", "which has no fabric yet: `railspine plan` finds one".to_owned()),
        Document::Parts(_) => ("a parts catalogue", format!("which has no fabric to {show}")),
        Document::Profile(_) => ("a stack profile", format!("which has no fabric to {show}")),
        Document::Part(what, _) => (what, format!("which has no fabric to {show}")),
    };
    Err(Failure::Message(Exit::Usage, format!("`{path}` is {what}, {why}")))
}

/// The template that a text names, as far as it can be told without reading it whole.
fn template(text: &str) -> Option<String> {
    let lines = || text.lines().map(str::trim_start);
    let named = lines().filter_map(|line| line.split_once('=')).find(|(key, _)| key.trim() == "template");
    let name = named.and_then(|(_, value)| value.split(['"', '\'']).nth(1)).map(str::to_owned);
    name.or_else(|| lines().any(|line| line.starts_with("[[node]]")).then(|| "explicit".to_owned()))
}

/// A text that may be of any kind of file.
struct Text {
    text: String,
    options: LoadOptions,
}

impl Text {
    fn read(path: &str) -> Result<Self, Failure> {
        let options = options(path, None)?;
        let text = match &options.stdin {
            Some(text) => text.clone(),
            None => input::read_text(Path::new(path)).map_err(|why| unread(path, &why))?,
        };
        Ok(Self { text, options })
    }
}

/// Reads a scenario, a plan, a topology, a parts catalogue, a stack profile or a part of workloads, whichever it is.
pub(super) fn document(path: &str, term: &Term) -> Result<Document, Failure> {
    Text::read(path)?.document(path, term)
}

impl Text {
    /// What it holds.
    fn document(&self, path: &str, term: &Term) -> Result<Document, Failure> {
        let Self { text, options } = self;
        if is_plan(text) {
            settle(input::load_plan(path, options), term).map(|p| Document::Plan(Box::new(p)))
        } else if is_parts(text) {
            settle(input::load_parts(path, options), term).map(|p| Document::Parts(Box::new(p)))
        } else if is_profile(text) {
            settle(input::load_profile(path, options), term).map(|p| Document::Profile(Box::new(p)))
        } else if is_scenario(text) {
            settle(input::load_scenario(path, options), term).map(|s| Document::Scenario(Box::new(s)))
        } else if let Some(part) = part(text) {
            let (what, told) = match part {
                Part::Model => ("a model", settle(input::load_model(path, options), term)?.title),
                Part::Accelerator => {
                    ("an accelerator", settle(input::load_accelerator(path, options), term)?.title)
                }
                Part::Software => {
                    ("a generation of software", settle(input::load_software(path, options), term)?.title)
                }
            };
            Ok(Document::Part(what, told))
        } else {
            settle(input::load_topology(path, options), term).map(|f| Document::Topology(Box::new(f)))
        }
    }
}

/// Whether a file says that it is a plan.
fn is_plan(text: &str) -> bool {
    above_tables(text).filter_map(|line| line.split_once('=')).any(|(key, value)| {
        key.trim() == "kind" && value.trim_start_matches([' ', '\t', '"', '\'']).starts_with("plan")
    })
}

/// Whether a file is meant as a parts catalogue: it has a table of parts.
fn is_parts(text: &str) -> bool {
    let table = |line: &str| {
        let name = line.strip_prefix("[[").or_else(|| line.strip_prefix('['))?.split(']').next()?;
        input::parts::KEYS.contains(&name.trim()).then_some(())
    };
    !has_key(text, &["kind"]) && text.lines().map(str::trim_start).any(|line| table(line).is_some())
}

/// Whether a file is meant as a scenario: it has a `kind` or collectives of its own.
fn is_scenario(text: &str) -> bool {
    has_key(text, &["kind"])
        || text
            .lines()
            .map(str::trim_start)
            .any(|line| line.starts_with("[[collective]]") || line.starts_with("[fabric]"))
}

/// Whether a file is meant as a stack profile: it says which library it is of, or which profile it is based on, or
/// has tables of constants.
fn is_profile(text: &str) -> bool {
    let constants = |line: &str| {
        let table = line.trim_start().strip_prefix('[').and_then(|rest| rest.split(['.', ']']).next());
        table.is_some_and(|table| SPECS.iter().any(|spec| spec.key.split('.').next() == Some(table)))
    };
    has_key(text, &["library", "based_on"]) || text.lines().any(constants)
}

/// A part of workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Model,
    Accelerator,
    Software,
}

/// Which part of workloads a file is meant as, by the keys and tables that no other kind of file has.
fn part(text: &str) -> Option<Part> {
    let table = |name: &str| text.lines().any(|line| line.trim() == name);
    if has_key(text, &["layers", "hidden", "vocabulary"]) || table("[attention]") || table("[mlp]") {
        Some(Part::Model)
    } else if has_key(text, &["processors", "memory_bandwidth", "idle_power"]) || table("[peak]") {
        Some(Part::Accelerator)
    } else if table("[habits]") {
        Some(Part::Software)
    } else {
        None
    }
}

/// The lines above all tables.
fn above_tables(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_start).take_while(|line| !line.starts_with('['))
}

/// Whether one of these keys stands above all tables of the text.
fn has_key(text: &str, keys: &[&str]) -> bool {
    above_tables(text).any(|line| keys.contains(&line.split(['=', ' ', '\t']).next().unwrap_or_default()))
}

pub(super) fn unread(path: &str, why: &str) -> Failure {
    Failure::Message(Exit::Io, format!("cannot read `{path}`: {why}"))
}

/// Tells warnings and faults.
fn settle<T>(loaded: Result<Loaded<T>, LoadError>, term: &Term) -> Result<T, Failure> {
    match loaded {
        Ok(loaded) => {
            tell(&loaded.warnings, &loaded.sources, term);
            Ok(loaded.value)
        }
        Err(LoadError::Io { path, message }) => Err(unread(&path, &message)),
        Err(LoadError::Rejected { sources, diagnostics }) => {
            tell(&diagnostics, &sources, term);
            Err(Failure::Told(Exit::Usage))
        }
    }
}

/// Tells diagnostics on stderr, with the places they are about.
pub(super) fn tell(diagnostics: &[Diagnostic], sources: &SourceMap, term: &Term) {
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

    #[test]
    fn plans_and_parts_are_told_from_others() {
        assert!(is_plan("# x\nkind = \"plan\"\n"));
        assert!(is_plan("kind='plan'\n[workload]\n"));
        assert!(!is_plan("kind = \"run\"\n"));
        assert!(!is_plan("[[node]]\nkind = \"plan\"\n"));
        assert!(is_parts("# x\n[[switch]]\nname = \"x\"\n"));
        assert!(is_parts("[rack]\nname = \"x\"\n"));
        assert!(!is_parts("kind = \"plan\"\n[racks]\n"));
        assert!(!is_parts("[[node]]\nkind = \"switch\"\n"));
    }

    #[test]
    fn stack_profiles_are_told_from_others() {
        assert!(is_profile("# x\nname = \"x\"\nlibrary = \"nccl\"\n"));
        assert!(is_profile("based_on=\"nccl-hopper\"\n"));
        assert!(is_profile("name = \"x\"\n[step.scaleup.ring]\nll = \"1 us\"\n"));
        assert!(!is_profile("[stack]\nlibrary = \"nccl\"\n"));
        assert!(!is_profile("kind = \"run\"\n[stack.set]\nlaunch.ll = \"1 us\"\n"));
    }

    #[test]
    fn parts_of_workloads_are_told_from_others() {
        assert_eq!(part("# x\nlayers = 4\n"), Some(Part::Model));
        assert_eq!(part("name = \"x\"\n[attention]\nheads = 4\n"), Some(Part::Model));
        assert_eq!(part("name = \"x\"\nprocessors=4\n"), Some(Part::Accelerator));
        assert_eq!(part("[peak]\nbf16 = \"1 TFLOP/s\"\n"), Some(Part::Accelerator));
        assert_eq!(part("name = \"x\"\n[habits]\ngraphs = true\n"), Some(Part::Software));
        assert_eq!(part("name = \"x\"\n[[node]]\nkind = \"gpu\"\n"), None);
    }
}
