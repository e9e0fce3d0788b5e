//! Names that must be there, names that must suit as file names, and hints for those that are not.

use std::path::Path;

use super::aliases::alias;
use super::reader::{At, Faults, Item};
use crate::diag::{Diagnostic, nearest};

/// Says that there is no `what` of that name, and which name is near.
pub(super) fn unknown_name<'n>(
    code: &'static str,
    what: &str,
    name: &At<&str>,
    names: impl Iterator<Item = &'n str> + Clone,
    faults: &Faults,
) {
    let fault = Diagnostic::error(code, format!("there is no {what} named `{}`", name.value))
        .at(name.place.clone(), "this name is not known");
    let near = alias(name.value)
        .filter(|better| names.clone().any(|known| known == *better))
        .or_else(|| nearest(name.value, names.clone()));
    faults.push(match near {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => {
            let list = names.map(|name| format!("`{name}`")).collect::<Vec<_>>();
            if list.is_empty() { fault } else { fault.help(format!("there are {}", list.join(", "))) }
        }
    });
}

/// A hint for the name of a node that is not there: nodes of the same form, or the nearest name. None
/// where there are many faults already: each hint looks at all nodes.
pub(super) fn node_hint<'n>(
    name: &str,
    nodes: impl Iterator<Item = &'n str>,
    faults: &Faults,
) -> Option<String> {
    if faults.errors() > MAX_HINTS {
        return None;
    }
    let nodes: Vec<&str> = nodes.collect();
    let wanted = form(name);
    let mut alike = nodes.iter().filter(|node| form(node) == wanted);
    match (alike.next(), alike.next_back()) {
        (Some(first), Some(last)) => {
            Some(format!("nodes of that form go from `{first}` to `{last}`; ranges hold both their ends"))
        }
        (Some(only), None) => Some(format!("did you mean `{only}`?")),
        _ => {
            nearest(name, nodes.into_iter().take(MAX_COMPARED)).map(|near| format!("did you mean `{near}`?"))
        }
    }
}

/// How many names a slip is compared with at most.
const MAX_COMPARED: usize = 100_000;

/// After how many errors no more hints are looked for.
const MAX_HINTS: usize = 50;

/// A name with every number replaced by one mark.
fn form(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

/// True for names that are good file names everywhere.
pub(super) fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && !name.starts_with(['.', '-'])
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
}

/// The name nearest to that of `path` in the same folder, of entries that suit, where one is near.
pub fn nearest_entry(path: &Path, suits: impl Fn(&Path) -> bool) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| suits(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .take(MAX_COMPARED)
        .collect();
    // What is there and yet cannot be read is not what was meant.
    names.retain(|name| *name != wanted);
    names.sort();
    nearest(&wanted, names.iter().map(String::as_str)).map(str::to_owned)
}

/// A file's stem as a name: characters that file names should not have become `-`. `otherwise` where nothing is left of
/// it, as for stdin.
pub(super) fn name_of_file(path: &str, otherwise: &str) -> String {
    let stem = Path::new(path).file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let name: String = stem
        .chars()
        .take(100)
        .map(|c| if c.is_ascii_alphanumeric() || "-_.+".contains(c) { c } else { '-' })
        .collect();
    if is_file_name(&name) { name } else { otherwise.into() }
}

impl<'a> Item<'a> {
    /// A string that can name a file.
    pub(super) fn file_name(&self) -> Option<At<&'a str>> {
        let text = self.string()?;
        if is_file_name(text.value) {
            return Some(text);
        }
        self.push(
            Diagnostic::error("E0110", format!("`{}` cannot be the name of a file", text.value))
                .at(text.place, "results are stored under this name")
                .help("use letters, digits, `-`, `_`, `.` and `+`, at most 100 of them, and no `.` or `-` in front"),
        );
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_tell_the_range_of_numbered_nodes() {
        let nodes = ["gpu0", "gpu1", "gpu2", "switch"];
        let node_hint = |name: &str| node_hint(name, nodes.into_iter(), &Faults::default());
        let hint = node_hint("gpu8").unwrap();
        assert!(hint.contains("`gpu0` to `gpu2`"), "{hint}");
        assert_eq!(node_hint("swich").unwrap(), "did you mean `switch`?");
        assert_eq!(node_hint("zebra"), None);
    }

    #[test]
    fn names_never_leave_the_output_directory() {
        for bad in ["", ".", "..", "a/b", "../x", "a\\b", "a b", "\u{0}"] {
            assert!(!is_file_name(bad), "{bad:?}");
        }
        assert!(is_file_name("superpod-h100.2"));
        assert_eq!(name_of_file("dir/a b.toml", "scenario"), "a-b");
        assert_eq!(name_of_file("-", "scenario"), "scenario");
    }
}
