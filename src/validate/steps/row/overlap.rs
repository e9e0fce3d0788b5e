//! What a row says of work that runs beside computation.

use crate::exchange::step_times::StepRow;
use crate::workload::Overlap;

/// Whether a row tells of tensor-parallel collectives in pieces, which come with compiled code only.
pub(in crate::validate::steps) fn is_asynchronous(row: &StepRow) -> bool {
    let told = told(row);
    told.contains("async tp") || told.contains("asynctp")
}

/// Whether a row tells of compiled code.
pub(in crate::validate::steps) fn is_compiled(row: &StepRow) -> bool {
    told(row).contains("compile") || is_asynchronous(row)
}

fn told(row: &StepRow) -> String {
    let text = |column| row.text(column).unwrap_or_default();
    format!("{} {}", text("overlap"), text("notes")).to_ascii_lowercase()
}

/// What overlaps: what the software does usually, but for what the row tells.
pub(in crate::validate::steps) fn overlap(row: &StepRow, usual: Overlap) -> Overlap {
    let beside = row.text("overlap").unwrap_or_default();
    let mut overlap = usual;
    if beside.contains("TP True") || is_asynchronous(row) || beside.contains("DP+TP+PP") {
        overlap.tensor = true;
    }
    if beside.contains("TP False") || beside.contains("vanilla TP") {
        overlap.tensor = false;
    }
    if beside.contains("DP/PP overlap on") || beside.contains("DP+TP+PP") {
        overlap.data = true;
        overlap.pipeline = true;
    }
    overlap
}
