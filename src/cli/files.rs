//! Writing results: each file whole or not at all, and none outside its folder.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::exit::Failure;

/// A folder that results go to.
pub(super) struct OutDir {
    path: PathBuf,
    written: Vec<String>,
}

impl OutDir {
    /// Makes the folder where it is missing.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let told = path.display().to_string();
        fs::create_dir_all(path).map_err(|error| Failure::io(&told, "make the folder", &error))?;
        Ok(Self { path: path.to_path_buf(), written: Vec::new() })
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
    fn names_cannot_leave_the_folder() {
        assert_eq!(safe_name("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(safe_name(".hidden"), "hidden");
        assert_eq!(safe_name(""), "unnamed");
        assert_eq!(safe_name("ring-8"), "ring-8");
    }
}
