//! What the memory of an accelerator holds, against what it has.

use super::stacked::{Bar, Chart, Entry, Part};
use super::{colours, facts, title};
use crate::report::draw::{DrawError, Picture};
use crate::report::number::{percent, quotient};
use crate::report::step::{gigabytes, room};
use crate::result::StepResult;
use crate::units::Bytes;

/// Draws the memory of the rank that keeps most.
///
/// # Errors
///
/// Where it keeps nothing.
pub fn draw_step_memory(step: &StepResult) -> Result<Picture, DrawError> {
    let memory = &step.memory;
    let share = |bytes: u64| 100.0 * quotient(bytes, memory.capacity);
    let parts = memory.parts.iter().map(|part| Part {
        name: part.kind.clone(),
        size: Bytes(part.bytes).as_f64() / 1e9,
        percent: share(part.bytes),
        colour: colours::memory(&part.kind),
    });
    let mut entries: Vec<Entry> = memory
        .parts
        .iter()
        .map(|part| Entry {
            name: part.kind.clone(),
            colour: Some(colours::memory(&part.kind)),
            value: gigabytes(part.bytes),
            percent: format!("{} %", percent(share(part.bytes))),
        })
        .collect();
    entries.push(Entry {
        name: "capacity".into(),
        colour: None,
        value: gigabytes(memory.capacity),
        percent: "100 %".into(),
    });
    let chart = Chart {
        name: "memory".into(),
        title: title(step).into(),
        facts: facts(step, &format!("memory: {}", room(memory))),
        axis: "Memory of the rank that keeps most (GB of 10^9 bytes); shares are of the capacity".into(),
        bars: vec![Bar { name: String::new(), parts: parts.collect(), total: String::new() }],
        entries,
        mark: Some((
            Bytes(memory.capacity).as_f64() / 1e9,
            format!("capacity {}", gigabytes(memory.capacity)),
        )),
    };
    chart.draw()
}
