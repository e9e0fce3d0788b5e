//! Writing results: each file whole or not at all, and none outside its folder.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::exit::Failure;

/// A folder that results go to.
pub(super) struct OutDir {
    path: PathBuf,
    /// Folders that were made for these results, the innermost first.
    made: Vec<PathBuf>,
    written: Vec<String>,
}

impl OutDir {
    /// Makes the folder where it is missing. To be called before long work, which is lost where results cannot be
    /// written.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let told = path.display().to_string();
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let made = path.ancestors().take_while(missing).map(Path::to_path_buf).collect();
        fs::create_dir_all(path).map_err(|error| Failure::io(&told, "make the folder", &error))?;
        let folder = Self { path: path.to_path_buf(), made, written: Vec::new() };
        let probe = path.join(format!(".{}.part", std::process::id()));
        fs::File::create(&probe)
            .and_then(|_| fs::remove_file(&probe))
            .map_err(|error| Failure::io(&told, "write to", &error))?;
        Ok(folder)
    }

    /// Writes a file of that plain name: beside it first, then moved into place.
    pub(super) fn write(&mut self, name: &str, content: &[u8]) -> Result<(), Failure> {
        write_whole(&self.path.join(name), content)?;
        self.written.push(name.to_string());
        Ok(())
    }

    /// Where it is and what was written, for people.
    pub(super) fn summary(&self) -> String {
        format!("wrote {} to {}", self.written.join(", "), self.path.display())
    }
}

impl Drop for OutDir {
    /// Takes away the folders that were made where nothing came to be in them.
    fn drop(&mut self) {
        if self.written.is_empty() {
            for folder in &self.made {
                // Those that hold anything stay; a folder too many is the lesser fault.
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// Writes a file whole or not at all.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let told = path.display().to_string();
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    written.map_err(|error| {
        // The half-written file is of no use; that it may stay is the lesser fault.
        let _ = fs::remove_file(&part);
        Failure::io(&told, "write", &error)
    })
}

/// A name that is safe as a folder or file: letters, digits, `-`, `_` and `.`, not beginning with a dot.
pub(super) fn safe_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .take(100)
        .collect();
    let plain = plain.trim_start_matches('.');
    if plain.is_empty() { "unnamed".into() } else { plain.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_nothing_came_to_be_in_is_taken_away_again() {
        let place = tempfile::tempdir().unwrap();
        let inner = place.path().join("out/name");
        drop(OutDir::open(&inner).unwrap());
        assert!(!place.path().join("out").exists() && place.path().exists());
        let mut kept = OutDir::open(&inner).unwrap();
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 0, "what was tried is gone");
        kept.write("a", b"x").unwrap();
        drop(kept);
        assert_eq!(fs::read(inner.join("a")).unwrap(), b"x");
        drop(OutDir::open(&inner).unwrap());
        assert!(inner.exists(), "it was there before");
        let Err(Failure::Message(_, told)) = OutDir::open(&inner.join("a")) else {
            panic!("a file is no folder")
        };
        assert!(told.ends_with("out/name/a`: there is a file of that name"), "{told}");
        let Err(Failure::Message(_, told)) = OutDir::open(&inner.join("a/b")) else {
            panic!("nor is a file's child")
        };
        assert!(told.ends_with("out/name/a/b`: a part of the path is a file"), "{told}");
    }

    #[test]
    fn names_cannot_leave_the_folder() {
        assert_eq!(safe_name("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(safe_name(".hidden"), "hidden");
        assert_eq!(safe_name(""), "unnamed");
        assert_eq!(safe_name("ring-8"), "ring-8");
    }
}
