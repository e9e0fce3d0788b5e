//! Groups of ranks: as the JSON file that ASTRA-sim takes, `{"NAME": [RANK, ...]}`, or as PyTorch tells them in metadata
//! nodes. The group `0`, and that of collectives that name none, is all ranks where nothing else is said.

use std::fmt;

use rustc_hash::FxHashMap;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::diag::{Diagnostic, Place, SourceMap};
use crate::exchange::trace::{Faults, Group, Spot, member_faults};
use crate::exchange::{Rejected, listed, quoted};

/// The name of the group of all ranks.
const WORLD: &str = "0";

/// A group that is defined, used, or both.
#[derive(Debug)]
struct Entry {
    name: String,
    ranks: Option<Vec<u32>>,
    /// Where it was first met in a trace; none for those of the file of groups.
    spot: Option<Spot>,
}

/// The groups so far, in the order in which they were met: the file's first.
#[derive(Debug, Default)]
pub(super) struct GroupTable {
    entries: Vec<Entry>,
    place: FxHashMap<String, usize>,
}

impl GroupTable {
    /// Reads the file of groups.
    ///
    /// # Errors
    /// Where it is no such JSON.
    pub(super) fn read(path: &str, bytes: &[u8]) -> Result<Self, Rejected> {
        let listed: Listed = serde_json::from_slice(bytes).map_err(|error| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let at = offset(&text, error.line(), error.column());
            let told = error.to_string();
            let told = told.split(" at line ").next().unwrap_or(&told);
            let mut sources = SourceMap::default();
            let file = sources.add(path, text);
            let diagnostic = Diagnostic::error("E0804", format!("the file of groups cannot be used: {told}"))
                .at(Place { file, span: at..at }, "here")
                .help("groups are listed as `{\"1\": [0, 1], \"2\": [2, 3]}`: a name and its ranks");
            Rejected { sources, diagnostics: vec![diagnostic] }
        })?;
        let entries = listed
            .0
            .into_iter()
            .map(|(name, ranks)| Entry { name, ranks: Some(ranks), spot: None })
            .collect();
        let mut table = Self { entries, ..Self::default() };
        table.place = (0..).zip(&table.entries).map(|(at, entry)| (entry.name.clone(), at)).collect();
        Ok(table)
    }

    /// The place of a group in the table, which may be defined later.
    pub(super) fn used(&mut self, name: &str, spot: Spot) -> usize {
        let name = if name.is_empty() { WORLD } else { name };
        match self.place.get(name) {
            Some(at) => *at,
            None => {
                self.place.insert(name.to_owned(), self.entries.len());
                self.entries.push(Entry { name: name.to_owned(), ranks: None, spot: Some(spot) });
                self.entries.len() - 1
            }
        }
    }

    /// Takes in the groups that a metadata node of PyTorch tells: a list that holds one text, which is a JSON list of
    /// objects with `pg_name` and `ranks`. Other metadata is passed over.
    pub(super) fn metadata(&mut self, values: &str, spot: &Spot, faults: &mut Faults) {
        let (Some(start), Some(end)) = (values.find("[{"), values.rfind("}]")) else { return };
        if !values.contains("\"pg_name\"") || end < start {
            return;
        }
        let told = match serde_json::from_str::<Vec<Told>>(&values[start..end + 2]) {
            Ok(told) => told,
            Err(error) => {
                let message = format!("groups of rank {} cannot be read: {error}", spot.rank);
                let help = "the node must hold a JSON list of objects with `pg_name` and `ranks`";
                faults.push("E0804", message, vec![spot.clone()], help);
                return;
            }
        };
        for group in told {
            // PyTorch lists no ranks where a group has all of them.
            let ranks = (!group.ranks.is_empty()).then_some(group.ranks);
            let at = self.used(&group.pg_name, spot.clone());
            let entry = &mut self.entries[at];
            match (&entry.ranks, ranks) {
                (None, None) if group.pg_name != WORLD => entry.ranks = Some(Vec::new()),
                (_, None) => {}
                (None, ranks) => entry.ranks = ranks,
                (Some(known), Some(ranks)) if *known != ranks => {
                    let name = quoted(&group.pg_name);
                    let mut spots = vec![Spot { text: "this differs".into(), ..spot.clone() }];
                    spots.extend(
                        entry.spot.as_ref().map(|first| Spot { text: "from this".into(), ..first.clone() }),
                    );
                    let message = format!("group {name} has other ranks on rank {} than before", spot.rank);
                    faults.push("E0804", message, spots, "a name means the same ranks on all of them");
                }
                _ => {}
            }
        }
    }

    /// The groups of a trace of so many ranks; `any` is a rank that is there.
    pub(super) fn resolve(&mut self, size: u32, any: Option<u32>, faults: &mut Faults) -> Vec<Group> {
        let known: Vec<String> = self
            .entries
            .iter()
            .filter(|entry| entry.ranks.is_some() || entry.name == WORLD)
            .map(|entry| entry.name.clone())
            .collect();
        let mut groups = Vec::with_capacity(self.entries.len());
        for entry in std::mem::take(&mut self.entries) {
            let spots = || -> Vec<Spot> {
                let spot = entry.spot.clone();
                spot.or_else(|| any.map(|rank| Spot::rank(rank, "a rank of the trace"))).into_iter().collect()
            };
            let all = || (0..size).collect::<Vec<u32>>();
            let ranks = match &entry.ranks {
                // A metadata node that lists no ranks means all.
                Some(ranks) if ranks.is_empty() && entry.spot.is_some() => all(),
                Some(ranks) => ranks.clone(),
                None if entry.name == WORLD => all(),
                None => {
                    let message = format!("group {} is not defined", quoted(&entry.name));
                    let help = match known.len() {
                        0 => "list its ranks in a file of groups, such as `{\"1\": [0, 1]}`".to_owned(),
                        _ => format!("groups are {}", listed(known.iter().map(String::as_str).take(20))),
                    };
                    faults.push("E0804", message, spots(), help);
                    Vec::new()
                }
            };
            if entry.ranks.is_some() {
                for (message, help) in member_faults(&ranks, size) {
                    faults.push("E0804", format!("group {} {message}", quoted(&entry.name)), spots(), help);
                }
            }
            groups.push(Group { name: entry.name, ranks });
        }
        groups
    }
}

/// The file of groups for a trace, as JSON.
pub(super) fn file(groups: &[Group]) -> String {
    let lines: Vec<String> = groups
        .iter()
        .map(|group| {
            let ranks: Vec<String> = group.ranks.iter().map(u32::to_string).collect();
            format!("  {}: [{}]", serde_json::Value::from(group.name.as_str()), ranks.join(", "))
        })
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// A group as PyTorch tells it.
#[derive(serde::Deserialize)]
struct Told {
    pg_name: String,
    #[serde(default)]
    ranks: Vec<u32>,
}

/// The file of groups in its own order, which a map would lose.
struct Listed(Vec<(String, Vec<u32>)>);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Listed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of groups")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Listed, M::Error> {
                let mut pairs: Vec<(String, Vec<u32>)> = Vec::new();
                let mut known = std::collections::BTreeSet::new();
                while let Some((name, ranks)) = map.next_entry::<String, Vec<u32>>()? {
                    if !known.insert(name.clone()) {
                        return Err(serde::de::Error::custom(format!(
                            "group {} stands twice",
                            quoted(&name)
                        )));
                    }
                    pairs.push((name, ranks));
                }
                Ok(Listed(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// The byte of a line and a column, both from 1, where the column counts bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
