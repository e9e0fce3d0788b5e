//! Keys that hold one of a few words.

use super::Unmapped;
use crate::diag::nearest;
use crate::exchange::{Given, Measured, listed, quoted};

/// The value of a key that holds one of a few words.
pub(in crate::validate) fn word<T: Copy>(
    measured: &Measured,
    key: &str,
    words: &[(&'static str, T)],
) -> Result<Given<T>, Unmapped> {
    let text = match measured.key(key) {
        Given::Is(text) => text,
        // A word of the list may itself be `none`.
        Given::Nothing => {
            let none = words.iter().find(|(word, _)| *word == "none");
            return Ok(none.map_or(Given::Nothing, |(_, is)| Given::Is(*is)));
        }
        Given::Unknown => return Ok(Given::Unknown),
    };
    match words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
        Some((_, is)) => Ok(Given::Is(*is)),
        None => Err(unknown(key, text, words.iter().map(|(word, _)| *word))),
    }
}

/// That a key holds none of the words that it may hold.
pub(super) fn unknown(key: &str, text: &str, words: impl Iterator<Item = &'static str> + Clone) -> Unmapped {
    let told = format!("`{key}` is {}, which is not known", quoted(text));
    Unmapped::new(match nearest(text, words.clone()) {
        Some(near) => format!("{told}; did you mean `{near}`?"),
        None => format!("{told}; known are {}", listed(words)),
    })
}
