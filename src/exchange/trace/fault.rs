//! Faults of traces: what is wrong, and at which nodes of which ranks.

use crate::diag::{Diagnostic, Place};
use crate::exchange::quoted;

use super::TraceNode;

/// The most faults that are told.
const MOST: usize = 100;

/// A place in a trace: the first line of a rank's listing is its header, and each node has one line.
#[derive(Debug, Clone)]
pub(in crate::exchange) struct Spot {
    /// The rank.
    pub(in crate::exchange) rank: u32,
    /// The line, from 0: that of a node is its index and one.
    pub(in crate::exchange) line: usize,
    /// What is said of it.
    pub(in crate::exchange) text: String,
}

impl Spot {
    /// The place of a node.
    pub(in crate::exchange) fn node(rank: u32, node: usize, text: impl Into<String>) -> Self {
        Self { rank, line: node + 1, text: text.into() }
    }

    /// The place of a rank as a whole.
    pub(in crate::exchange) fn rank(rank: u32, text: impl Into<String>) -> Self {
        Self { rank, line: 0, text: text.into() }
    }
}

/// A fault before its places are known as places of a file.
#[derive(Debug, Clone)]
pub(in crate::exchange) struct Fault {
    pub(in crate::exchange) code: &'static str,
    pub(in crate::exchange) message: String,
    pub(in crate::exchange) spots: Vec<Spot>,
    pub(in crate::exchange) help: String,
}

/// Faults so far, at most a hundred, and how many more there were.
#[derive(Debug, Default)]
pub(in crate::exchange) struct Faults {
    found: Vec<Fault>,
    more: usize,
}

impl Faults {
    /// Takes a fault in.
    pub(in crate::exchange) fn push(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        spots: Vec<Spot>,
        help: impl Into<String>,
    ) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.found.push(Fault { code, message: message.into(), spots, help: help.into() });
        }
    }

    /// True where no more faults are told: reading on serves nobody.
    pub(in crate::exchange) fn is_full(&self) -> bool {
        self.found.len() >= MOST
    }

    /// True where there are none.
    pub(in crate::exchange) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Faults, in the order in which they were found.
    pub(in crate::exchange) fn found(&self) -> &[Fault] {
        &self.found
    }

    /// As diagnostics, whose places `place` knows.
    pub(in crate::exchange) fn diagnostics(
        &self,
        mut place: impl FnMut(&Spot) -> Option<Place>,
    ) -> Vec<Diagnostic> {
        let mut told: Vec<Diagnostic> = self
            .found
            .iter()
            .map(|fault| {
                let mut diagnostic = Diagnostic::error(fault.code, fault.message.as_str());
                for spot in &fault.spots {
                    if let Some(place) = place(spot) {
                        diagnostic = diagnostic.at(place, spot.text.as_str());
                    }
                }
                if fault.help.is_empty() { diagnostic } else { diagnostic.help(fault.help.as_str()) }
            })
            .collect();
        if let (Some(last), true) = (told.last_mut(), self.more > 0) {
            let faults = if self.more == 1 { "fault is" } else { "faults are" };
            last.help.push(format!("{} more {faults} not shown", self.more));
        }
        told
    }

    /// As diagnostics without places.
    pub(in crate::exchange) fn without_places(&self) -> Vec<Diagnostic> {
        self.diagnostics(|_| None)
    }
}

/// How messages call a node: `node 7 `name` of rank 3`.
pub(in crate::exchange) fn name_node(rank: u32, node: &TraceNode) -> String {
    format!("node {} {} of rank {rank}", node.id, quoted(&node.name))
}
