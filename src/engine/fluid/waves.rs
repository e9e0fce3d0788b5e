//! Rings whose lanes share links inside blocks only, such as the GPUs of a server that several rings pass.
//!
//! Rings over servers share the NVLinks of each server among themselves, and so finish times are no path windows. But
//! where all rings go from block to block in the same order, and blocks are alike (or alternate), the data that start in
//! one block stay together as a *batch*: what becomes of a batch is the same for all batches of one kind, but for the
//! latencies between blocks, which put off all of its tokens alike. So one batch of each kind is played through all the
//! blocks that it passes, and the finish is that of the slowest: the batch's own time, plus a window of the
//! latencies between blocks, a sliding sum.
//!
//! That holds exactly as long as batches do not meet: no two of them use shared links of one block at the same time,
//! and none comes to a lane before the one ahead has done with it. Both are checked for every block that a batch passes
//! and every latency that occurs; where they do not hold, the event loop plays the whole.
//!
//! Passages repeat: what a block does to a batch depends only on the spacing of its tokens, so it is worked out once
//! for each spacing. Cost: O(lanes) to look at the rings, O(blocks passed x tokens of a batch) to play.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::block::{Block, Entry, Passage, Passed};
use super::drain::drain;
use super::layout::layout;
use super::plan::Plan;
use super::ring::Rings;
use super::windows::End;

/// Batches ahead that may still be in a block when one comes in.
const AHEAD: usize = 12;
/// Different spans of latency that are checked at a distance.
const SPANS: usize = 256;

/// The end of rings that lie in blocks; `None` where they do not, or batches meet.
pub(super) fn end(plan: &Plan<'_>, rings: &Rings) -> Option<End> {
    // Times must be far from the end of time: here they are added without a look.
    let slowest = rings.rings.iter().flatten().map(|lane| slowest(plan, *lane as usize)).max()?;
    if slowest * u128::from(rings.steps) > u128::from(u64::MAX / 8) {
        return None;
    }
    let mut layout = layout(plan, rings)?;
    let kinds = layout.kinds.len();
    let mut batches: Vec<Batch> =
        (0..kinds).map(|kind| Batch::new(&layout.kinds[kind], rings.steps)).collect();
    let mut spans = Spans::new(&layout.exits, kinds);
    let mut known: Vec<FxHashMap<Vec<u64>, u32>> = vec![FxHashMap::default(); kinds];
    let mut passages: Vec<Passage> = Vec::new();
    let mut apart: FxHashSet<(u32, u32, u64)> = FxHashSet::default();
    let mut end: Option<End> = None;
    let mut blocks = 0usize;
    // Of each kind of batch, the passages of its last blocks and when it came in; the latest first.
    let mut history: Vec<VecDeque<Before>> = vec![VecDeque::new(); kinds];
    while batches.iter().any(|batch| !batch.tokens.is_empty()) {
        let mut passed = Vec::with_capacity(kinds);
        for (number, batch) in batches.iter_mut().enumerate() {
            let kind = (number + blocks) % kinds;
            if batch.tokens.is_empty() {
                passed.push(None);
                continue;
            }
            let block = &mut layout.kinds[kind];
            let entries = batch.entries(block, blocks == 0);
            let whole = blocks > 0 && batch.tokens.iter().all(|token| token.left > block.run(token.ring));
            let passage = if whole {
                let key: Vec<u64> = entries.iter().map(|entry| entry.time).collect();
                *known[kind].entry(key).or_insert_with(|| {
                    passages.push(block.pass(&entries));
                    passages.len() as u32 - 1
                })
            } else {
                passages.push(block.pass(&entries));
                passages.len() as u32 - 1
            };
            passed.push(Some((passage, batch.entered)));
        }
        for (number, told) in passed.iter().enumerate() {
            let Some((passage, entered)) = *told else { continue };
            // Batches ahead: those that began one, two, ... blocks further on.
            for ahead in 1..=blocks.min(AHEAD) {
                let other = &history[(number + ahead) % kinds];
                let Some(before) = other.iter().find(|before| before.blocks + ahead == blocks) else {
                    continue;
                };
                let (here, there) = (&passages[passage as usize], &passages[before.passage as usize]);
                for &span in spans.of(number, ahead)? {
                    let later = (span + entered).checked_sub(before.entered)?;
                    if later >= there.last {
                        continue;
                    }
                    let known = !apart.insert((passage, before.passage, later));
                    if ahead == AHEAD || (!known && meet(here, there, later)) {
                        return None;
                    }
                }
            }
        }
        for (number, told) in passed.iter().enumerate() {
            let Some((passage, entered)) = *told else { continue };
            let row = &mut history[number];
            row.push_front(Before { blocks, passage, entered });
            row.truncate(AHEAD);
            let batch = &mut batches[number];
            for passed in &passages[passage as usize].tokens {
                if passed.ended {
                    let crossed = blocks + usize::from(passed.at_exit);
                    let span = spans.longest(number, crossed);
                    let told = batch.end(passed, span)?;
                    if end.is_none_or(|end| told > end) {
                        end = Some(told);
                    }
                }
            }
            batch.go_on(&layout.kinds[(number + blocks) % kinds], &passages[passage as usize], blocks == 0);
        }
        blocks += 1;
    }
    end
}

/// What a step of a lane takes at most: all lanes could share one link of its.
fn slowest(plan: &Plan<'_>, lane: usize) -> u128 {
    let planned = &plan.lanes[lane];
    let alone = drain(planned.bytes.unwrap_or(0) as f64, planned.rate);
    u128::from(planned.latency) + u128::from(alone) * plan.lanes.len() as u128
}

/// A passage of a batch.
#[derive(Debug, Clone, Copy)]
struct Before {
    /// How many blocks it had passed by then.
    blocks: usize,
    passage: u32,
    entered: u64,
}

/// Whether two batches meet in a block which the one behind enters `later` than the one ahead: the one ahead is not
/// through with a lane in time, or both use shared links at once.
fn meet(behind: &Passage, ahead: &Passage, later: u64) -> bool {
    let in_order =
        behind.used.iter().zip(&ahead.used).all(|(behind, ahead)| {
            behind.1 == 0 || ahead.1 == 0 || ahead.1 <= behind.0.saturating_add(later)
        });
    let mut theirs = ahead.busy.iter().peekable();
    let mut clash = |(start, end): &(u64, u64)| {
        let (start, end) = (start + later, end + later);
        while theirs.next_if(|other| other.1 <= start).is_some() {}
        theirs.peek().is_some_and(|other| other.0 < end)
    };
    !in_order || behind.busy.iter().any(&mut clash)
}

/// A token of a batch between two blocks.
#[derive(Debug, Clone, Copy)]
struct Token {
    ring: u32,
    /// When it comes into the next block, without the latencies between blocks, after the first of the batch.
    time: u64,
    left: u32,
    /// Its critical path so far, without those latencies.
    latency: u64,
    transfer: u64,
}

/// A batch on its way.
struct Batch {
    /// Ring by ring, those ahead first.
    tokens: Vec<Token>,
    /// When the first came into the present block, without the latencies between blocks.
    entered: u64,
}

impl Block {
    /// Lanes of a ring.
    fn run(&self, ring: u32) -> u32 {
        self.first[ring as usize + 1] - self.first[ring as usize]
    }
}

impl Batch {
    fn new(block: &Block, steps: u32) -> Self {
        let rings = block.first.len() as u32 - 1;
        let token = |ring| Token { ring, time: 0, left: steps, latency: 0, transfer: 0 };
        let tokens = (0..rings).flat_map(|ring| (0..block.run(ring)).map(move |_| token(ring)));
        Self { tokens: tokens.collect(), entered: 0 }
    }

    /// How it comes into a block: where it began, a token at each lane.
    fn entries(&self, block: &Block, began: bool) -> Vec<Entry> {
        let mut number = 0;
        let mut ring = u32::MAX;
        self.tokens
            .iter()
            .map(|token| {
                number = if token.ring == ring { number + 1 } else { 0 };
                ring = token.ring;
                let first = block.first[ring as usize];
                let lane = if began { block.first[ring as usize + 1] - 1 - number } else { first };
                Entry { time: token.time, lane, left: token.left }
            })
            .collect()
    }

    /// The end of a token that came to it.
    fn end(&self, passed: &Passed, span: u64) -> Option<End> {
        let from = &self.tokens[passed.origin as usize];
        Some(End {
            finish: self.entered.checked_add(passed.time)?.checked_add(span)?,
            latency: from.latency + passed.latency + span,
            transfer: from.transfer + passed.transfer,
        })
    }

    /// Moves on to the next block.
    fn go_on(&mut self, block: &Block, passage: &Passage, began: bool) {
        let first = passage.tokens.iter().filter(|passed| !passed.ended).map(|passed| passed.time).min();
        let Some(first) = first else {
            self.tokens.clear();
            return;
        };
        let old = std::mem::take(&mut self.tokens);
        let moved = old.iter().zip(&passage.tokens);
        let mut number = 0;
        let mut ring = u32::MAX;
        self.tokens = moved
            .filter_map(|(token, passed)| {
                number = if token.ring == ring { number + 1 } else { 0 };
                ring = token.ring;
                // Where it began, a token has only the lanes ahead of it to pass.
                let through = if began { 1 + number } else { block.run(ring) };
                let from = &old[passed.origin as usize];
                (!passed.ended).then(|| Token {
                    ring,
                    time: passed.time - first,
                    left: token.left - through,
                    latency: from.latency + passed.latency,
                    transfer: from.transfer + passed.transfer,
                })
            })
            .collect();
        self.entered += first;
    }
}

/// Sums of exit latencies over so many blocks in a row.
struct Spans {
    /// Sums of the first so many.
    before: Vec<u64>,
    kinds: usize,
    /// The distinct ones, by kind of the first block and number of blocks.
    distinct: FxHashMap<(usize, usize), Vec<u64>>,
    longest: FxHashMap<(usize, usize), u64>,
}

impl Spans {
    fn new(exits: &[u64], kinds: usize) -> Self {
        let mut before = vec![0];
        let mut sum = 0u64;
        for exit in exits {
            sum += exit;
            before.push(sum);
        }
        Self { before, kinds, distinct: FxHashMap::default(), longest: FxHashMap::default() }
    }

    /// The sum over `count` blocks from `first` on.
    fn sum(before: &[u64], first: usize, count: usize) -> u64 {
        let blocks = before.len() - 1;
        let whole = (count / blocks) as u64 * before[blocks];
        let end = first + count % blocks;
        let rest = if end <= blocks {
            before[end] - before[first]
        } else {
            before[blocks] - before[first] + before[end - blocks]
        };
        whole + rest
    }

    fn all(before: &[u64], kinds: usize, kind: usize, count: usize) -> impl Iterator<Item = u64> + '_ {
        (kind..before.len() - 1).step_by(kinds).map(move |first| Self::sum(before, first, count))
    }

    /// The distinct sums from blocks of a kind on; `None` where they are too many.
    fn of(&mut self, kind: usize, count: usize) -> Option<&[u64]> {
        let (before, kinds) = (&self.before, self.kinds);
        let spans = self.distinct.entry((kind, count)).or_insert_with(|| {
            let mut spans: Vec<u64> = Self::all(before, kinds, kind, count).collect();
            spans.sort_unstable();
            spans.dedup();
            spans
        });
        (spans.len() <= SPANS).then_some(spans)
    }

    fn longest(&mut self, kind: usize, count: usize) -> u64 {
        let (before, kinds) = (&self.before, self.kinds);
        *self
            .longest
            .entry((kind, count))
            .or_insert_with(|| Self::all(before, kinds, kind, count).max().unwrap_or(0))
    }
}
