//! What a search has finished, so that it can go on where it was interrupted.

use std::fmt::Write;

use crate::planner::score::{Failure, Score, Situation, Wiring};
use crate::units::Time;

/// Keeps scores of networks. Told and asked from several threads.
pub trait Journal: Sync {
    /// The score of a network that was kept. One without times by situation is a bound: it takes at least so long.
    fn known(&self, key: &str) -> Option<Score>;

    /// Keeps a score for good.
    fn keep(&self, key: &str, score: &Score);
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoJournal;

impl Journal for NoJournal {
    fn known(&self, _key: &str) -> Option<Score> {
        None
    }

    fn keep(&self, _key: &str, _score: &Score) {}
}

/// The name of a network in a journal.
pub(super) fn key(base: usize, wiring: &Wiring) -> String {
    format!("{base} {wiring:?}")
}

/// Situations as a journal names them.
const SITUATIONS: [(&str, Situation); 7] = [
    ("aligned", Situation::Aligned),
    ("scattered", Situation::Scattered),
    ("leaf", Situation::Failed(Failure::Leaf)),
    ("spine", Situation::Failed(Failure::Spine)),
    ("core", Situation::Failed(Failure::Core)),
    ("plane", Situation::Failed(Failure::Plane)),
    ("cable", Situation::Failed(Failure::Cable)),
];

/// A score as a line of a file.
pub fn to_line(key: &str, score: &Score) -> String {
    let mut line = format!("{key}\t{}", score.time.ps());
    for (load, situation, time) in &score.times {
        let name = SITUATIONS.iter().find(|(_, own)| own == situation).map_or("", |(name, _)| name);
        // Writing to a string cannot fail.
        let _ = write!(line, "\t{load} {name} {}", time.ps());
    }
    line
}

/// A line of a file, read; `None` where it is none, such as one that was cut off.
pub fn from_line(line: &str) -> Option<(String, Score)> {
    let line = line.strip_suffix('\n')?;
    let mut fields = line.split('\t');
    let key = fields.next()?.to_owned();
    let time = Time::from_ps(fields.next()?.parse().ok()?);
    let mut times = Vec::new();
    for field in fields {
        let mut words = field.split(' ');
        let load = words.next()?.parse().ok()?;
        let name = words.next()?;
        let situation = SITUATIONS.iter().find(|(own, _)| *own == name)?.1;
        times.push((load, situation, Time::from_ps(words.next()?.parse().ok()?)));
    }
    Some((key, Score { time, times }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_were_written() {
        let score = Score {
            time: Time::from_ps(12),
            times: vec![
                (0, Situation::Aligned, Time::from_ps(11)),
                (1, Situation::Failed(Failure::Plane), Time::from_ps(13)),
            ],
        };
        let line = to_line("0 Wiring { a: 1 }", &score) + "\n";
        assert_eq!(from_line(&line), Some(("0 Wiring { a: 1 }".to_owned(), score)));
        for cut in 0..line.len() {
            assert_eq!(from_line(&line[..cut]), None, "{cut}");
        }
    }
}
