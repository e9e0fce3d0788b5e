//! Texts that are kept as files beside the tests. `RAILSPINE_BLESS=1` writes them anew: read them before they are kept.

use std::fs;
use std::path::Path;

/// Whether a file holds a text.
#[allow(dead_code, reason = "each test binary uses its own part")]
pub(crate) fn holds(path: impl AsRef<Path>, text: &str) -> bool {
    let path = path.as_ref();
    if std::env::var_os("RAILSPINE_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }
    fs::read_to_string(path).unwrap_or_default() == text
}

/// Compares a text with the file, and shows the first line that differs: texts may be long.
#[allow(dead_code, reason = "each test binary uses its own part")]
pub(crate) fn check(path: impl AsRef<Path>, text: &str) {
    let path = path.as_ref();
    if holds(path, text) {
        return;
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    let differ = kept.lines().zip(text.lines()).position(|(kept, now)| kept != now);
    let line = differ.unwrap_or_else(|| kept.lines().count().min(text.lines().count()));
    panic!(
        "{} is stale at line {}, `RAILSPINE_BLESS=1` writes it anew\nkept: {:?}\nnow:  {:?}",
        path.display(),
        line + 1,
        kept.lines().nth(line),
        text.lines().nth(line),
    );
}
