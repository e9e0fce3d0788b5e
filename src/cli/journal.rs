//! What an interrupted search has finished: a file beside its results, a line a network.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::hash::Hasher;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxBuildHasher, FxHasher};

use super::exit::Failure;
use crate::input::plan::Plan;
use crate::planner::front::{Journal, from_line, to_line};
use crate::planner::score::Score;

/// A journal in a file.
pub(super) struct FileJournal {
    path: PathBuf,
    known: HashMap<String, Score, FxBuildHasher>,
    file: Mutex<File>,
}

impl FileJournal {
    /// Opens the journal of a plan in a folder; what another plan, or another release, has left there is not used.
    pub(super) fn open(folder: &Path, plan: &Plan, fresh: bool) -> Result<Self, Failure> {
        let path = folder.join("search.journal");
        let told = path.display().to_string();
        let head = head(plan);
        let text = if fresh { String::new() } else { fs::read_to_string(&path).unwrap_or_default() };
        let mut known = HashMap::default();
        let goes_on = text.split_inclusive('\n').next() == Some(head.as_str());
        if goes_on {
            known.extend(text.split_inclusive('\n').skip(1).filter_map(from_line));
        }
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = opened.and_then(|mut file| {
            // A line that was cut off is written over.
            let end = if goes_on { whole } else { 0 };
            file.set_len(u64::try_from(end).unwrap_or(0))?;
            std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0))?;
            if !goes_on {
                file.write_all(head.as_bytes())?;
            }
            Ok(file)
        });
        let file = file.map_err(|error| Failure::io(&told, "write", &error))?;
        Ok(Self { path, known, file: Mutex::new(file) })
    }

    /// How many networks were finished before.
    pub(super) fn before(&self) -> usize {
        self.known.len()
    }

    /// Takes it away: all is done.
    pub(super) fn finish(self) {
        // What stays would be read once more, and do no harm.
        let _ = fs::remove_file(self.path);
    }
}

impl Journal for FileJournal {
    fn known(&self, key: &str) -> Option<Score> {
        self.known.get(key).cloned()
    }

    fn keep(&self, key: &str, score: &Score) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // Where it cannot be kept, an interrupted search does it again.
        let _ = file.write_all((to_line(key, score) + "\n").as_bytes());
    }
}

/// The first line: what the journal is of.
fn head(plan: &Plan) -> String {
    let mut hasher = FxHasher::default();
    hasher.write(format!("{plan:?}").as_bytes());
    format!("railspine {} search {:016x}\n", env!("CARGO_PKG_VERSION"), hasher.finish())
}
