//! What watches an engine at work without changing what it does.

use crate::units::Time;

/// One transfer, told when it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferRecord {
    /// Which collective of the job.
    pub collective: u32,
    /// Which lane of it: phases in order, lanes in order.
    pub lane: u32,
    /// Which step of the lane.
    pub step: u32,
    /// When it began to occupy its path.
    pub start: Time,
    /// When its last byte had left.
    pub sent: Time,
    /// When its last byte arrived.
    pub received: Time,
}

/// Watches an engine.
pub trait Probe {
    /// Whether [`Self::transfer`] is wanted; where not, engines save the work.
    const TRANSFERS: bool = false;

    /// A transfer was received.
    fn transfer(&mut self, record: TransferRecord) {
        let _ = record;
    }

    /// So many transfers of so many are done; `false` cancels the job.
    fn progress(&mut self, done: u64, total: u64) -> bool {
        let _ = (done, total);
        true
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Probe for Silent {}

/// A transfer of interest on a timeline.
pub type TimelineSpan = TransferRecord;

/// Keeps the transfers of the lanes for which `wanted` holds, up to a limit.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// `wanted[collective][lane]`.
    pub wanted: Vec<Vec<bool>>,
    /// The most to keep.
    pub limit: usize,
    /// What was kept, in order of receipt.
    pub spans: Vec<TimelineSpan>,
    /// True where the limit was reached and some were dropped.
    pub truncated: bool,
}

impl Probe for Timeline {
    const TRANSFERS: bool = true;

    fn transfer(&mut self, record: TransferRecord) {
        if !self.wanted[record.collective as usize][record.lane as usize] {
            return;
        }
        if self.spans.len() < self.limit {
            self.spans.push(record);
        } else {
            self.truncated = true;
        }
    }
}
