//! The table of nccl-tests: its columns, and its rows.

use crate::exchange::{Point, is_absent, size, time_us};

/// The columns of a table, by position.
#[derive(Default)]
pub(super) struct Table {
    count: usize,
    redop: Option<usize>,
    root: Option<usize>,
    /// Time, algorithm bandwidth and bus bandwidth, out of place.
    out: [usize; 3],
    /// The same in place, if the table has it.
    inside: Option<[usize; 3]>,
}

impl Table {
    /// The columns that a line names, if it is the line of names.
    pub(super) fn of(text: &str) -> Option<Self> {
        let names: Vec<&str> = text.strip_prefix('#')?.split_whitespace().collect();
        let all = |name: &str| -> Vec<usize> {
            names.iter().enumerate().filter(|(_, cell)| **cell == name).map(|(at, _)| at).collect()
        };
        let (time, algbw, busbw) = (all("time"), all("algbw"), all("busbw"));
        if names.first() != Some(&"size") || names.get(1) != Some(&"count") {
            return None;
        }
        let group = |at: usize| Some([*time.get(at)?, *algbw.get(at)?, *busbw.get(at)?]);
        let find = |name| all(name).first().copied();
        Some(Self {
            count: names.len(),
            redop: find("redop"),
            root: find("root"),
            out: group(0)?,
            inside: group(1),
        })
    }
}

/// A row with what tells the operation.
pub(super) struct Row {
    pub(super) point: Point,
    /// Bus bandwidth over algorithm bandwidth, where both have enough digits to tell.
    pub(super) ratio: Option<f64>,
    pub(super) reduces: Option<bool>,
    pub(super) root: Option<i64>,
}

/// Reads a row, or tells its size and what is wrong.
pub(super) fn row(table: &Table, cells: &[&str]) -> Result<Row, (Option<u64>, String)> {
    let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
    let bytes = size(cell(0));
    if cells.len() != table.count {
        return Err((bytes.ok(), format!(": expected {} cells, found {}", table.count, cells.len())));
    }
    let bytes = bytes.map_err(|why| (None, format!(": {why}")))?;
    let time = |at: usize, what: &str| {
        time_us(cell(at)).map_err(|why| (Some(bytes), format!(", time {what}: {why}")))
    };
    let out = time(table.out[0], "out of place")?;
    let inside = match table.inside {
        Some(columns) => time(columns[0], "in place")?,
        None => None,
    };
    let Some(time_us) = out.or(inside) else { return Err((Some(bytes), ": there is no time".into())) };
    let [_, algbw, busbw] = if out.is_some() { table.out } else { table.inside.unwrap_or(table.out) };
    let (algbw, busbw) = (cell(algbw).parse::<f64>().ok(), cell(busbw).parse::<f64>().ok());
    consistent(bytes, time_us, algbw).map_err(|why| (Some(bytes), why))?;
    // Bandwidths have two digits behind the point: below 5 GB/s their ratio is too coarse.
    let ratio = match (algbw, busbw) {
        (Some(algbw), Some(busbw)) if algbw >= 5.0 => Some(busbw / algbw),
        _ => None,
    };
    let point = Point { bytes, algorithm: None, time_us, time_inplace_us: inside, in_place: out.is_none() };
    let reduces = table.redop.map(|at| !is_absent(cell(at)));
    let root = table.root.and_then(|at| cell(at).parse().ok());
    Ok(Row { point, ratio, reduces, root })
}

/// Checks that size over time is the bandwidth printed beside it: what is not comes of two lines run into each other.
fn consistent(bytes: u64, time_us: f64, algbw: Option<f64>) -> Result<(), String> {
    #[expect(clippy::cast_precision_loss, reason = "sizes are below 2^50")]
    let expected = bytes as f64 / time_us / 1e3;
    match algbw {
        Some(found) if (found - expected).abs() > 0.02 * expected + 0.011 => {
            Err(format!(": expected an algbw of {expected:.2} GB/s from size and time, found {found}"))
        }
        _ => Ok(()),
    }
}
