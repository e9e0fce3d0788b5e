//! Traces as folders: which files are of which rank.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{RankFile, read};
use crate::diag::{Diagnostic, SourceMap, nearest};
use crate::exchange::trace::Trace;
use crate::exchange::{Rejected, listed, quoted};
use crate::input::{plain, read_bytes};

/// Reads the trace in a folder, which holds files `NAME.RANK.et` of one name; or, as ASTRA-sim writes it, that of
/// `FOLDER/NAME`. Groups are read from `groups` or, where that is not given, from `NAME.groups.json` in the folder, if it
/// is there.
///
/// # Errors
/// Where files cannot be read, where there is not one trace, and as [`read`].
pub fn read_folder(path: &Path, groups: Option<&Path>) -> Result<Trace, Rejected> {
    let (folder, wanted) = if path.is_dir() {
        (path.to_owned(), None)
    } else {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        (parent.to_owned(), path.file_name().map(|name| name.to_string_lossy().into_owned()))
    };
    let mut traces = traces(&folder)?;
    let known: Vec<String> = traces.keys().cloned().collect();
    let shown = path.display().to_string();
    let (name, files) = match &wanted {
        Some(wanted) => match traces.remove(wanted) {
            Some(files) => (wanted.clone(), files),
            None => {
                let fault = Diagnostic::error("E0503", format!("there is no trace {}", quoted(&shown)));
                return Err(alone(match nearest(wanted, known.iter().map(String::as_str)) {
                    Some(near) => fault.help(format!("did you mean `{near}`?")),
                    None => fault.help("a trace is a folder with files such as `step.0.et`, one a rank"),
                }));
            }
        },
        None => match (traces.pop_first(), traces.len()) {
            (Some(only), 0) => only,
            (None, _) => {
                let message = format!("there is no trace in {}", quoted(&shown));
                let help = "a trace is a folder with files such as `step.0.et`, one a rank";
                return Err(alone(Diagnostic::error("E0503", message).help(help)));
            }
            (Some(_), _) => {
                let message = format!("there are {} traces in {}", known.len(), quoted(&shown));
                let names = listed(known.iter().map(String::as_str).take(10));
                let help = format!("give one of them as `FOLDER/NAME`: names are {names}");
                return Err(alone(Diagnostic::error("E0503", message).help(help)));
            }
        },
    };
    let beside = folder.join(format!("{name}.groups.json"));
    let groups = groups.map(Path::to_owned).or_else(|| beside.exists().then_some(beside));
    let groups = match groups {
        Some(path) => {
            let bytes = read_bytes(&path).map_err(|why| unread(&path, &why))?;
            Some((path.display().to_string(), bytes))
        }
        None => None,
    };
    // One file at a time is held in memory; the first that cannot be read ends it.
    let failed = RefCell::new(None);
    let opened = files.into_iter().map_while(|(rank, path)| match read_bytes(&path) {
        Ok(bytes) => Some(RankFile { rank, path: path.display().to_string(), bytes }),
        Err(why) => {
            *failed.borrow_mut() = Some(unread(&path, &why));
            None
        }
    });
    let trace = read(&name, opened, groups.as_ref().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    match failed.into_inner() {
        Some(rejected) => Err(rejected),
        None => trace,
    }
}

/// All traces of a folder: by name, ranks with their files.
fn traces(folder: &Path) -> Result<BTreeMap<String, Vec<(u32, PathBuf)>>, Rejected> {
    let entries = std::fs::read_dir(folder).map_err(|error| unread(folder, &plain(&error)))?;
    let mut traces: BTreeMap<String, Vec<(u32, PathBuf)>> = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(|error| unread(folder, &plain(&error)))?;
        if let Some((name, rank)) = entry.file_name().to_str().and_then(name_and_rank) {
            traces.entry(name.to_owned()).or_default().push((rank, entry.path()));
        }
    }
    for files in traces.values_mut() {
        files.sort();
    }
    Ok(traces)
}

/// `NAME.RANK.et`, taken apart.
fn name_and_rank(file: &str) -> Option<(&str, u32)> {
    let (name, rank) = file.strip_suffix(".et")?.rsplit_once('.')?;
    let digits = !rank.is_empty() && rank.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !name.is_empty()).then_some(name).zip(rank.parse().ok())
}

fn unread(path: &Path, why: &str) -> Rejected {
    alone(Diagnostic::error("E0503", format!("cannot read `{}`: {why}", path.display())))
}

/// A fault of no place in a file.
fn alone(diagnostic: Diagnostic) -> Rejected {
    Rejected { sources: SourceMap::default(), diagnostics: vec![diagnostic] }
}

#[cfg(test)]
mod tests {
    use super::name_and_rank;

    #[test]
    fn names_may_hold_dots_but_ranks_are_numbers() {
        assert_eq!(name_and_rank("step.0.et"), Some(("step", 0)));
        assert_eq!(name_and_rank("a.b.17.et"), Some(("a.b", 17)));
        for other in ["step.et", "step.x.et", "step.+1.et", ".0.et", "step.0.json", "step.99999999999.et"] {
            assert_eq!(name_and_rank(other), None, "{other}");
        }
    }
}
