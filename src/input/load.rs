//! From a path to a checked scenario, plan, fabric, parts catalogue, stack profile, or part of a workload.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use thiserror::Error;
use toml::de::DeTable;

use super::plan::{self, Plan};
use super::reader::{Faults, Source};
use super::section::Section;
use super::{parts, scenario, stack, topology, workload};
use crate::diag::{Diagnostic, Severity, SourceMap};
use crate::fabric::Fabric;
use crate::fabric::parts::Catalogue;
use crate::run::Scenario;
use crate::stack::Profile;
use crate::workload::{Accelerator, Model, Software};

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// What came of a file.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// The checked value.
    pub value: T,
    /// All files that were read.
    pub sources: SourceMap,
    /// What is odd, but no fault.
    pub warnings: Vec<Diagnostic>,
}

/// Why nothing came of a file.
#[derive(Debug, Clone, Error)]
pub enum LoadError {
    /// The file itself cannot be read.
    #[error("cannot read `{path}`: {message}")]
    Io {
        /// As it was asked for.
        path: String,
        /// Why, in lower case.
        message: String,
    },
    /// The file has faults: all of them, in the order of their places, warnings among them.
    #[error("`{}` has faults", name_of(.sources))]
    Rejected {
        /// All files that were read; the first is the one asked for.
        sources: SourceMap,
        /// What is wrong, never empty.
        diagnostics: Vec<Diagnostic>,
    },
}

fn name_of(sources: &SourceMap) -> String {
    sources.name(crate::diag::FileId(0)).to_owned()
}

/// What a command line may put over a file.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The seed, whatever the file says.
    pub seed: Option<u64>,
    /// The text of `-`.
    pub stdin: Option<String>,
    /// Whether how a training step is divided may be left open, as with a `[tune]`: it is to be searched.
    pub open: bool,
}

/// Reads and checks a scenario and the topology that it names; `-` takes the text of
/// [`LoadOptions::stdin`], whose relative names are relative to the current directory.
///
/// # Errors
/// The file cannot be read, or has faults.
pub fn load_scenario(path: &str, options: &LoadOptions) -> Result<Loaded<Scenario>, LoadError> {
    load(path, options, "the scenario", |root, sources| scenario::read(root, path, options, sources))
}

/// Reads and checks a plan, with the files that it names.
///
/// # Errors
/// The file cannot be read, or has faults.
pub fn load_plan(path: &str, options: &LoadOptions) -> Result<Loaded<Plan>, LoadError> {
    load(path, options, "the plan", |root, sources| plan::read(root, path, options, sources))
}

/// Reads and checks a parts catalogue, over the built-in one.
///
/// # Errors
/// The file cannot be read, or has faults.
pub fn load_parts(path: &str, options: &LoadOptions) -> Result<Loaded<Catalogue>, LoadError> {
    load(path, options, parts::WHAT, |root, _| parts::read(root, &parts::builtin()))
}

/// Reads and checks a topology.
///
/// # Errors
/// The file cannot be read, or has faults.
pub fn load_topology(path: &str, options: &LoadOptions) -> Result<Loaded<Fabric>, LoadError> {
    load(path, options, "the topology", |root, _| {
        if is_no_topology(&root) {
            return None;
        }
        topology::read(root, path, topology::Overrides::default())
    })
}

/// True, with a fault, where a file that should be a topology is of another kind.
pub(super) fn is_no_topology(root: &Section<'_>) -> bool {
    plan::is_plan(root, "a topology")
        || parts::is_parts(root, "a topology")
        || scenario::is_scenario(root, "a topology")
        || stack::is_profile(root, "a topology")
        || workload::is_part(root, "a topology")
}

/// Reads and checks a stack profile.
///
/// # Errors
/// The file cannot be read, or has faults.
pub fn load_profile(path: &str, options: &LoadOptions) -> Result<Loaded<Profile>, LoadError> {
    load(path, options, "the stack profile", |root, _| stack::read_profile(root, path, stack::COUNT))
}

/// Reads and checks a model.
///
/// # Errors
/// The file cannot be read, or has faults.
pub fn load_model(path: &str, options: &LoadOptions) -> Result<Loaded<Model>, LoadError> {
    load(path, options, workload::MODEL, |root, _| workload::read_model(root, path))
}

/// Reads and checks an accelerator.
///
/// # Errors
/// The file cannot be read, or has faults.
pub fn load_accelerator(path: &str, options: &LoadOptions) -> Result<Loaded<Accelerator>, LoadError> {
    load(path, options, workload::ACCELERATOR, |root, _| workload::read_accelerator(root, path))
}

/// Reads and checks a generation of software.
///
/// # Errors
/// The file cannot be read, or has faults.
pub fn load_software(path: &str, options: &LoadOptions) -> Result<Loaded<Software>, LoadError> {
    load(path, options, workload::SOFTWARE, |root, _| workload::read_software(root, path))
}

fn load<T>(
    path: &str,
    options: &LoadOptions,
    what: &str,
    read: impl FnOnce(Section<'_>, &mut SourceMap) -> Option<T>,
) -> Result<Loaded<T>, LoadError> {
    let (name, text) = if path == "-" {
        ("<stdin>", options.stdin.clone().unwrap_or_default())
    } else {
        let text =
            read_text(Path::new(path)).map_err(|message| LoadError::Io { path: path.into(), message })?;
        (path, text)
    };
    let mut sources = SourceMap::default();
    let file = sources.add(name, text.clone());
    let faults = Faults::default();
    let source = Source { file, text: &text, faults: &faults };
    let value = parse(source, what, |root| read(root, &mut sources)).flatten();
    let diagnostics = faults.into_sorted();
    let sound = diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning);
    match value {
        Some(value) if sound => Ok(Loaded { value, sources, warnings: diagnostics }),
        _ => Err(LoadError::Rejected { sources, diagnostics }),
    }
}

/// Parses a text and reads it. After syntax faults, what could be parsed is still read for faults of
/// single keys and values; faults that may come of what could not be parsed are left out.
pub(super) fn parse<T>(source: Source<'_>, what: &str, read: impl FnOnce(Section<'_>) -> T) -> Option<T> {
    let (table, errors) = DeTable::parse_recoverable(source.text);
    let root = |source| Section::new(source, what, 0..0, table.get_ref());
    if errors.is_empty() {
        return Some(read(root(source)));
    }
    let ends: Vec<usize> = source.text.match_indices('\n').map(|(at, _)| at).collect();
    let mut lines: BTreeSet<usize> = BTreeSet::new();
    for error in &errors {
        let place = source.place(error.span().unwrap_or(0..0));
        lines.insert(line_of(&ends, place.span.start));
        let message = error.message();
        let (problem, expected) = message.split_once(", expected ").unwrap_or((message, ""));
        let label = match problem {
            "duplicate key" => "this key is given before".to_owned(),
            "string values must be quoted" => {
                "strings need quotes, and this is no other kind of value".to_owned()
            }
            _ if expected.is_empty() => String::new(),
            _ => format!("expected {expected}"),
        };
        source.faults.push(Diagnostic::error("E0101", format!("not TOML: {problem}")).at(place, label));
    }
    let inner = Faults::default();
    read(root(Source { faults: &inner, ..source }));
    for diagnostic in inner.into_sorted() {
        let sure = matches!(diagnostic.code, "E0102" | "E0104" | "E0105" | "E0106" | "E0107" | "E0111");
        let apart = diagnostic.labels.first().is_some_and(|label| {
            label.place.file == source.file && !lines.contains(&line_of(&ends, label.place.span.start))
        });
        if sure && apart {
            source.faults.push(diagnostic);
        }
    }
    None
}

/// The number of the line that holds byte `at`, from 0; `ends` are the places of line ends.
fn line_of(ends: &[usize], at: usize) -> usize {
    ends.partition_point(|end| *end < at)
}

/// The text of a file, or why there is none.
///
/// # Errors
/// In lower case and without the path: there is no such file, it is a directory, too long, or no UTF-8 text.
pub fn read_text(path: &Path) -> Result<String, String> {
    text_of(read_bytes(path)?)
}

/// The bytes of a file, or why there are none.
///
/// # Errors
/// As [`read_text`], but for what is no text.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: io::Error| plain(&error);
    let file = std::fs::File::open(path).map_err(told)?;
    if file.metadata().map_err(told)?.len() > MAX_FILE { Err(too_long()) } else { bounded(file) }
}

/// All text of stdin, or why there is none.
///
/// # Errors
/// As [`read_text`].
pub fn read_stdin() -> Result<String, String> {
    text_of(bounded(io::stdin())?)
}

fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|_| plain(&ErrorKind::InvalidData.into()))
}

/// All bytes of what may have no end, such as devices and pipes.
fn bounded(source: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    source.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| plain(&error))?;
    if bytes.len() as u64 > MAX_FILE { Err(too_long()) } else { Ok(bytes) }
}

fn too_long() -> String {
    format!("it has more than {} MiB", MAX_FILE >> 20)
}

/// What the system says, in lower case and without its number.
pub fn plain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::InvalidData => "it is not UTF-8 text".into(),
        ErrorKind::IsADirectory => "it is a directory".into(),
        ErrorKind::AlreadyExists => "there is a file of that name".into(),
        ErrorKind::NotADirectory => "a part of the path is a file".into(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
    }
}
