//! Files that a scenario or plan names, relative to its own folder.

use std::path::{Component, Path, PathBuf};

use super::load;
use super::names::nearest_entry;
use super::reader::Item;
use crate::diag::{Diagnostic, FileId, SourceMap};

/// A file that a scenario or plan names.
#[derive(Debug)]
pub(super) struct Named {
    /// Its name for messages.
    pub(super) shown: String,
    pub(super) file: FileId,
    pub(super) text: String,
}

/// Reads the file that `item`, called `what`, names in the scenario at `path`. `None` where faults were told.
pub(super) fn open(item: &Item<'_>, what: &str, path: &str, sources: &mut SourceMap) -> Option<Named> {
    let name = item.string_as(what)?;
    let full = beside(path, name.value);
    match load::read_text(&full) {
        Ok(text) => {
            let shown = full.to_string_lossy().into_owned();
            let file = sources.add(shown.clone(), text.clone());
            Some(Named { shown, file, text })
        }
        Err(message) => {
            let fault = Diagnostic::error("E0503", format!("cannot read `{}`: {message}", full.display()))
                .at(name.place, "names are relative to the folder of this file");
            item.push(match nearest_entry(&full, |_| true) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault,
            });
            None
        }
    }
}

/// The path of a file named in the file at `path`, tidied up without looking at the disk.
fn beside(path: &str, file: &str) -> PathBuf {
    let folder = if path == "-" { Path::new("") } else { Path::new(path).parent().unwrap_or(Path::new("")) };
    let mut tidy = PathBuf::new();
    for part in folder.join(file).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidy.components().next_back(), Some(Component::Normal(_))) => {
                tidy.pop();
            }
            part => tidy.push(part),
        }
    }
    if tidy.as_os_str().is_empty() { PathBuf::from(".") } else { tidy }
}
