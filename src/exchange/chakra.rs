//! Chakra execution traces, as MLCommons defines them and ASTRA-sim plays them: a folder with one file `NAME.RANK.et` a
//! rank, each a sequence of protocol-buffer messages with their lengths before them, and groups of ranks as JSON.
//!
//! Format: `schema/protobuf/et_def.proto` of mlcommons/chakra. What attributes mean is taken from its feeder
//! (`src/feeder`), its converters (`src/converter`) and ASTRA-sim's workload layer. See `docs/traces.md`.
//!
//! Sizes: `comm_size` is what one rank puts in. So all-gather and gather are of `comm_size` times the ranks of the group,
//! as [`TraceOp`](super::trace::TraceOp) counts them, and all others of `comm_size`.

mod convert;
mod export;
mod folder;
mod groups;
mod import;
mod message;
mod wire;

pub use export::{OutFile, write};
pub use folder::read_folder;

use super::Rejected;
use super::trace::{MAX_NODES, Trace};
use groups::GroupTable;
use import::Import;

/// The file of one rank.
#[derive(Debug, Clone)]
pub struct RankFile {
    /// The rank.
    pub rank: u32,
    /// What the user knows the file by.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Reads a trace from the files of its ranks and, where it has one, the file of its groups: its name and its bytes.
/// Files may come in any order. A rank's bytes are let go as soon as they are read.
///
/// # Errors
/// All that is wrong with the files and between them, at most 100 faults. Places are lines of a listing of the file: the
/// first is its `GlobalMetadata`, and each node has one.
pub fn read(
    name: &str,
    files: impl IntoIterator<Item = RankFile>,
    groups: Option<(&str, &[u8])>,
) -> Result<Trace, Rejected> {
    read_within(name, files, groups, MAX_NODES)
}

/// As [`read`], of at most so many nodes.
fn read_within(
    name: &str,
    files: impl IntoIterator<Item = RankFile>,
    groups: Option<(&str, &[u8])>,
    most: usize,
) -> Result<Trace, Rejected> {
    let table = match groups {
        Some((path, bytes)) => GroupTable::read(path, bytes)?,
        None => GroupTable::default(),
    };
    let mut import = Import::new(table, most);
    for file in files {
        import.file(&file);
    }
    import.finish(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_have_bounds() {
        // Metadata of no bytes, then nodes of five bytes: an id and the type of metadata nodes.
        let bytes = |count: u8| -> Vec<u8> {
            [0].into_iter().chain((1..=count).flat_map(|id| [4, 8, id, 24, 1])).collect()
        };
        let files = |counts: &[u8]| -> Vec<RankFile> {
            (0..)
                .zip(counts)
                .map(|(rank, count)| RankFile { rank, path: "x".into(), bytes: bytes(*count) })
                .collect()
        };
        assert_eq!(read_within("x", files(&[3, 2]), None, 5).unwrap().node_count(), 5);
        let told = read_within("x", files(&[3, 2, 1]), None, 4).unwrap_err();
        let messages: Vec<&str> = told.diagnostics.iter().map(|fault| fault.message.as_str()).collect();
        assert_eq!(messages, ["the trace has more than 4 nodes", "the trace has more than 4 nodes"]);
        assert_eq!(told.diagnostics[0].help, ["take a part of it, such as one step"]);
    }
}
