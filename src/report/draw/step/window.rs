//! Which parts of a pipeline's timeline are shown, and what it does in them.

use crate::result::{StepResult, StepSpan};

/// A step of up to so many passes a rank is shown whole.
const WHOLE: u64 = 72;
/// Of a longer one, so many at its begin and at its end.
const SHOWN: u64 = 44;

/// A window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from_ps: u64,
    pub(super) until_ps: u64,
}

impl Window {
    pub(super) const fn length(self) -> u64 {
        self.until_ps.saturating_sub(self.from_ps)
    }

    /// A span as far as it is inside.
    pub(super) fn inside(self, start: u64, end: u64) -> Option<(u64, u64)> {
        let (start, end) = (start.max(self.from_ps), end.min(self.until_ps));
        (start < end).then_some((start, end))
    }
}

/// A pass of a micro-batch through a stage: computation of one kind, one behind the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pass<'a> {
    pub(super) phase: &'a str,
    pub(super) micro: u32,
    pub(super) stage: u32,
    pub(super) start_ps: u64,
    pub(super) end_ps: u64,
    /// When it computes.
    pub(super) computing: Vec<(u64, u64)>,
}

/// The passes of a rank, in order.
pub(super) fn passes(step: &StepResult, lane: u32) -> Vec<Pass<'_>> {
    let mut found: Vec<Pass<'_>> = Vec::new();
    let own = |span: &&StepSpan| span.lane == lane && span.what == "compute";
    for span in step.timeline.iter().filter(own) {
        let (start, end) = (span.start_ps, span.end_ps);
        match found.last_mut() {
            Some(pass)
                if (pass.phase, pass.micro, pass.stage) == (span.phase.as_str(), span.micro, span.stage) =>
            {
                pass.end_ps = pass.end_ps.max(end);
                pass.computing.push((start, end));
            }
            _ => found.push(Pass {
                phase: &span.phase,
                micro: span.micro,
                stage: span.stage,
                start_ps: start,
                end_ps: end,
                computing: vec![(start, end)],
            }),
        }
    }
    found
}

/// When the last task ends.
pub(super) fn end(step: &StepResult) -> u64 {
    step.timeline.iter().map(|span| span.end_ps).max().unwrap_or(0)
}

/// The windows to show: all of it, or begin and end, each of so many passes of middling length.
pub(super) fn windows(step: &StepResult, passes: &[Vec<Pass<'_>>]) -> Vec<Window> {
    let end = end(step);
    let mut lengths: Vec<u64> = passes
        .iter()
        .flatten()
        .filter(|pass| pass.phase != "update")
        .map(|pass| pass.end_ps.saturating_sub(pass.start_ps))
        .collect();
    lengths.sort_unstable();
    let middling = lengths.get(lengths.len() / 2).copied().unwrap_or(end).max(1);
    let whole = Window { from_ps: 0, until_ps: end };
    if end / middling <= WHOLE && step.timeline_left_out.is_none() {
        return vec![whole];
    }
    let shown = middling.saturating_mul(SHOWN).min(end);
    let mut first = Window { from_ps: 0, until_ps: shown };
    let mut last = Window { from_ps: end.saturating_sub(shown), until_ps: end };
    if let Some(gone) = &step.timeline_left_out {
        first.until_ps = first.until_ps.min(gone.from_ps);
        last.from_ps = last.from_ps.max(gone.until_ps);
    }
    [first, last].into_iter().filter(|window| window.length() > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_cut_at_the_edges() {
        let window = Window { from_ps: 10, until_ps: 20 };
        assert_eq!(window.inside(0, 15), Some((10, 15)));
        assert_eq!(window.inside(12, 30), Some((12, 20)));
        assert_eq!(window.inside(0, 10), None);
        assert_eq!(window.length(), 10);
    }
}
