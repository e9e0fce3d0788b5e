//! Where the nodes of a job stand: a CSV file with the columns `rank` and `node`, and what the machine tells of each.

use std::collections::BTreeMap;

use super::lines::{cells, lines, text};
use super::{Rejected, quoted};
use crate::diag::{Diagnostic, Place, SourceMap, nearest};

/// The nodes of a job, in the order in which they first appear.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// Each node once.
    pub nodes: Vec<PlacedNode>,
}

/// A node of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedNode {
    /// Its name.
    pub name: String,
    /// Its other columns, such as `leaf_switch` or `xname`; empty cells are left out.
    pub columns: BTreeMap<String, String>,
}

impl Placement {
    /// The node of a rank out of `ranks`, as an index into [`Self::nodes`]: ranks fill nodes in order, evenly.
    pub fn node_of(&self, rank: u32, ranks: u32) -> usize {
        (u64::from(rank) * self.nodes.len() as u64 / u64::from(ranks.max(1))) as usize
    }
}

/// Reads a placement. Rows without a node are left out; a node that stands in several rows counts once, and its first
/// row is taken.
///
/// # Errors
/// Where there is no column `node`, or no row with one.
pub fn read(name: &str, bytes: &[u8]) -> Result<Placement, Rejected> {
    let text = text(name, bytes)?;
    let mut sources = SourceMap::default();
    let file = sources.add(name, text.as_str());
    let mut rows =
        lines(&text).filter(|line| !line.text.trim().is_empty() && !line.text.trim_start().starts_with('#'));
    let rejected = |message: &str, place: Place, label: &str, help: String| Rejected {
        diagnostics: vec![Diagnostic::error("E0701", message).at(place, label).help(help)],
        sources: sources.clone(),
    };
    let end = Place { file, span: text.len()..text.len() };
    let Some(first) = rows.next() else {
        let help = "a line of column names such as `rank,node` and a row for each rank are expected";
        return Err(rejected("the placement is empty", end, "it ends here", help.into()));
    };
    let names = cells(first.text);
    let Some(node) = names.iter().position(|name| name.eq_ignore_ascii_case("node")) else {
        let label = "this line must hold the names of the columns";
        let near = names.iter().find(|name| nearest(name, ["node"]).is_some());
        let help = match near {
            Some(near) => format!("rename {} to `node`", quoted(near)),
            None => "a first line may be `rank,node,leaf_switch`".into(),
        };
        return Err(rejected("there is no column `node`", first.place(file, first.text), label, help));
    };
    let mut placement = Placement::default();
    let mut known = std::collections::BTreeSet::new();
    for line in rows {
        let cells = cells(line.text);
        let Some(name) = cells.get(node).filter(|name| !name.is_empty()) else { continue };
        if !known.insert((*name).to_owned()) {
            continue;
        }
        let columns = names
            .iter()
            .zip(&cells)
            .enumerate()
            .filter(|(at, (column, cell))| {
                *at != node && !cell.is_empty() && !column.eq_ignore_ascii_case("rank")
            })
            .map(|(_, (column, cell))| (column.to_ascii_lowercase(), (*cell).to_owned()))
            .collect();
        placement.nodes.push(PlacedNode { name: (*name).to_owned(), columns });
    }
    if placement.nodes.is_empty() {
        let help = "each row below the names gives the node of a rank";
        return Err(rejected("the placement has no nodes", end, "it ends here", help.into()));
    }
    Ok(placement)
}
