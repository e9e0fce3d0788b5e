//! The measured runs of a folder: which files they are, and all of them predicted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::error::ValidateError;
use super::watch::Watch;
use crate::input::{nearest_entry, plain, read_bytes};

/// A file that may hold a measured run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasuredFile {
    /// Its name without extension.
    pub id: String,
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl MeasuredFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Where the system cannot.
    pub fn read(path: &Path) -> Result<Self, ValidateError> {
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match read_bytes(path) {
            Ok(bytes) => Ok(Self { id, path: path.to_path_buf(), bytes }),
            Err(why) => Err(ValidateError::Io { path: path.display().to_string(), why }),
        }
    }
}

/// The runs of a folder, sorted by name: files `*.csv` of the folder itself, but for `aux_*` and hidden ones.
///
/// # Errors
/// Where there is no such folder, it cannot be read, or has no run.
pub fn runs(folder: &Path) -> Result<Vec<PathBuf>, ValidateError> {
    let told = || folder.display().to_string();
    let entries = fs::read_dir(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ValidateError::NoFolder { folder: told(), near: near(folder) },
        io::ErrorKind::NotADirectory => ValidateError::NoDirectory { file: told() },
        _ => ValidateError::Io { path: told(), why: plain(&error) },
    })?;
    let (mut runs, mut aux, mut folders) = (Vec::new(), 0, 0);
    for entry in entries {
        let path = entry.map_err(|error| ValidateError::Io { path: told(), why: plain(&error) })?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let csv = path.extension().is_some_and(|extension| extension == "csv");
        if path.is_dir() {
            folders += 1;
        } else if csv && name.starts_with("aux_") {
            aux += 1;
        } else if csv && !name.starts_with('.') {
            runs.push(path);
        }
    }
    if runs.is_empty() {
        return Err(ValidateError::NoRun { folder: told(), aux, folders });
    }
    runs.sort();
    Ok(runs)
}

/// The folder beside `folder` whose name is most like it.
fn near(folder: &Path) -> Option<String> {
    let near = nearest_entry(folder, Path::is_dir)?;
    Some(folder.with_file_name(near).display().to_string())
}

/// What `each` makes of all runs of a folder, several at once; in the order of the names.
///
/// # Errors
/// As [`runs`]; where a file cannot be read, or `watch` says stop.
pub(super) fn each_run<T: Send>(
    folder: &Path,
    each: &(dyn Fn(&MeasuredFile) -> T + Sync),
    watch: &dyn Watch,
) -> Result<Vec<T>, ValidateError> {
    let runs = runs(folder)?;
    watch.begin(runs.len());
    let made: Vec<Result<T, ValidateError>> = runs
        .par_iter()
        .map(|path| {
            if watch.stop() {
                return Err(ValidateError::Cancelled);
            }
            let made = each(&MeasuredFile::read(path)?);
            watch.advance();
            Ok(made)
        })
        .collect();
    // The first error by name, whichever came first in time.
    made.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Quiet, threads};

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), "# id = x\n").unwrap();
        }
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let runs = runs(folder).unwrap();
        runs.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn runs_are_csv_files_that_are_not_aux() {
        let told =
            folder(&["b.csv", "a.csv", "B.csv", "aux_x.csv", "aux.csv", ".hidden.csv", "README.md", "csv"]);
        fs::create_dir(told.path().join("folder.csv")).unwrap();
        fs::create_dir(told.path().join("sub")).unwrap();
        fs::write(told.path().join("sub/c.csv"), "").unwrap();
        assert_eq!(names(told.path()), ["B.csv", "a.csv", "aux.csv", "b.csv"]);
    }

    #[test]
    fn folders_without_runs_say_what_is_there() {
        let told = folder(&["aux_x.csv", "aux_y.csv", "README.md"]);
        fs::create_dir(told.path().join("pico_alloc")).unwrap();
        let error = runs(told.path()).unwrap_err();
        assert_eq!(error.to_string(), format!("there is no measured run in `{}`", told.path().display()));
        assert_eq!(
            error.help(),
            [
                "runs are the files `*.csv` of the folder itself whose names do not begin with `aux_`; this one has 2 \
              files `aux_*.csv` and 1 folder"
            ]
        );
        let empty = folder(&[]);
        assert_eq!(
            runs(empty.path()).unwrap_err().help(),
            [
                "runs are the files `*.csv` of the folder itself whose names do not begin with `aux_`; this one has 0 \
              files `aux_*.csv` and 0 folders"
            ]
        );
    }

    #[test]
    fn a_folder_that_is_not_there_names_the_nearest() {
        let told = folder(&["a.csv"]);
        fs::create_dir(told.path().join("measured")).unwrap();
        let error = runs(&told.path().join("mesured")).unwrap_err();
        let at = told.path().display();
        assert_eq!(error.to_string(), format!("cannot read `{at}/mesured`: there is no such folder"));
        assert_eq!(error.help(), [format!("did you mean `{at}/measured`?")]);
        let error = runs(&told.path().join("elsewhere")).unwrap_err();
        assert_eq!(error.help(), ["`--measured` takes the folder that holds the measured files `*.csv`"]);
        let error = runs(&told.path().join("a.csv")).unwrap_err();
        assert_eq!(error.to_string(), format!("`{at}/a.csv` is a file, expected a folder"));
        assert_eq!(error.help(), ["`--measured` takes the folder that holds the measured files `*.csv`"]);
    }

    #[test]
    fn runs_come_in_the_order_of_names() {
        let told = folder(&["c.csv", "a.csv", "b.csv"]);
        fs::write(told.path().join("b.csv"), b"other").unwrap();
        let each = |file: &MeasuredFile| (file.id.clone(), String::from_utf8_lossy(&file.bytes).into_owned());
        let expected =
            [("a", "# id = x\n"), ("b", "other"), ("c", "# id = x\n")].map(|(a, b)| (a.into(), b.into()));
        for count in [1, 4] {
            let made = threads(Some(count)).unwrap().install(|| each_run(told.path(), &each, &Quiet));
            assert_eq!(made.unwrap(), expected);
        }
    }

    #[test]
    fn a_watch_can_stop_it() {
        struct Stop;
        impl Watch for Stop {
            fn stop(&self) -> bool {
                true
            }
        }
        let error = each_run(folder(&["a.csv"]).path(), &|_| (), &Stop).unwrap_err();
        assert!(matches!(error, ValidateError::Cancelled));
    }
}
