//! `[[expect]]`: values that cases must come to.

use super::collective::{Draft, algorithms, ops};
use super::reader::At;
use super::scenario::engines as engine_words;
use super::section::Section;
use super::{expect_step, sizes};
use crate::collective::{Algorithm, Op};
use crate::diag::{Diagnostic, Place};
use crate::engine::EngineKind;
use crate::run::{ExpectSpec, ExpectWhat};
use crate::units::{Bandwidth, Bytes, Time};

/// Tolerance where none is given.
pub(super) const DEFAULT_TOLERANCE: f64 = 0.01;

/// What an expectation applies to.
struct Filter {
    op: Option<At<Op>>,
    algorithm: Option<At<Algorithm>>,
    size: Option<At<Bytes>>,
    engine: Option<At<EngineKind>>,
}

/// Reads all expectations; `None` where faults were told.
pub(super) fn read(
    root: &mut Section<'_>,
    drafts: &[Draft<'_>],
    engines: &[EngineKind],
    top: &'static [&'static str],
) -> Option<Vec<ExpectSpec>> {
    let Some(list) = root.item("expect") else { return Some(Vec::new()) };
    let before = root.source.faults.errors();
    let mut found = Vec::new();
    for mut section in list.sections() {
        section.top_keys(top);
        let own = section.source.faults.errors();
        let filter = Filter {
            op: section.item("op").and_then(|item| item.word("an operation", &ops())),
            algorithm: section.item("algorithm").and_then(|item| item.word("an algorithm", &algorithms())),
            size: section.item("size").and_then(|item| sizes::one(&item)),
            engine: section.item("engine").and_then(|item| item.word("an engine", &engine_words())),
        };
        let values = ["time", "algbw", "busbw"];
        expect_step::refuse(
            &mut section,
            &expect_step::VALUES,
            "is of a training step",
            "collectives have",
            &values,
        );
        let what = read_what(&mut section);
        let tolerance = section.item("tolerance").and_then(|item| item.percent());
        let (source, place) = (section.source, section.place());
        section.finish();
        if source.faults.errors() > own {
            continue;
        }
        let known = drafts.iter().all(|draft| draft.op.is_some() && draft.sizes.is_some());
        if known
            && !drafts.is_empty()
            && let Some((place, label, hint)) = mismatch(&filter, drafts, engines, place)
        {
            let fault = Diagnostic::error("E0401", "no case of this scenario matches the expectation");
            source.faults.push(fault.at(place, label).help(hint));
        }
        let Some(what) = what else { continue };
        found.push(ExpectSpec {
            op: filter.op.map(|op| op.value),
            algorithm: filter.algorithm.map(|algorithm| algorithm.value),
            bytes: filter.size.map(|size| size.value),
            engine: filter.engine.map(|engine| engine.value),
            what,
            tolerance: tolerance.map_or(DEFAULT_TOLERANCE, |tolerance| tolerance.value),
        });
    }
    (root.source.faults.errors() == before).then_some(found)
}

/// `time`, `algbw` or `busbw`: exactly one.
fn read_what(section: &mut Section<'_>) -> Option<ExpectWhat> {
    let time = section.item("time");
    let algbw = section.item("algbw");
    let busbw = section.item("busbw");
    let mut clash = false;
    for (first, second) in [("time", "algbw"), ("time", "busbw"), ("algbw", "busbw")] {
        clash = clash || section.exclusive(first, second, "write one `[[expect]]` for each");
    }
    if clash {
        return None;
    }
    if let Some(time) = time {
        return time.quantity::<Time>().map(|time| ExpectWhat::Time(time.value));
    }
    if let Some(algbw) = algbw {
        return algbw.quantity::<Bandwidth>().map(|algbw| ExpectWhat::Algbw(algbw.value));
    }
    match busbw {
        Some(busbw) => busbw.quantity::<Bandwidth>().map(|busbw| ExpectWhat::Busbw(busbw.value)),
        // What it expects is told to be of another kind.
        None if expect_step::VALUES.iter().any(|key| section.has(key)) => None,
        None => {
            section.source.faults.push(
                Diagnostic::error("E0103", "the expectation expects nothing")
                    .at(section.place(), "one of `time`, `algbw` and `busbw` must be given")
                    .help("add for example `time = \"1.82 ms\"`"),
            );
            None
        }
    }
}

/// The filter that no case passes, what to say of it, and what there is instead.
fn mismatch(
    filter: &Filter,
    drafts: &[Draft<'_>],
    engines: &[EngineKind],
    place: Place,
) -> Option<(Place, String, String)> {
    let list = |mut names: Vec<String>| {
        names.dedup();
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    if let Some(engine) = filter.engine.as_ref().filter(|engine| !engines.contains(&engine.value)) {
        let there = list(engines.iter().map(|engine| engine.name().to_owned()).collect());
        return Some((
            engine.place.clone(),
            "this engine does not run".into(),
            format!("the scenario runs {there}"),
        ));
    }
    let mut left: Vec<&Draft<'_>> = drafts.iter().collect();
    if let Some(op) = &filter.op {
        let there =
            list(left.iter().filter_map(|draft| draft.op.as_ref()).map(|op| op.value.to_string()).collect());
        left.retain(|draft| draft.op.as_ref().is_some_and(|own| own.value == op.value));
        if left.is_empty() {
            return Some((
                op.place.clone(),
                "no collective does this".into(),
                format!("the scenario has {there}"),
            ));
        }
    }
    if let Some(algorithm) = &filter.algorithm {
        let all = left.iter().flat_map(|draft| &draft.algorithms).map(|own| own.value.to_string()).collect();
        left.retain(|draft| draft.algorithms.iter().any(|own| own.value == algorithm.value));
        if left.is_empty() {
            let hint = format!("the algorithms asked for are {}", list(all));
            return Some((algorithm.place.clone(), "no collective asks for this algorithm".into(), hint));
        }
    }
    if let Some(size) = &filter.size {
        let has =
            |draft: &&Draft<'_>| draft.sizes.as_ref().is_some_and(|sizes| sizes.value.contains(&size.value));
        let all: Vec<Bytes> = left
            .iter()
            .filter_map(|draft| draft.sizes.as_ref())
            .flat_map(|sizes| sizes.value.clone())
            .collect();
        left.retain(has);
        if left.is_empty() {
            return Some((
                size.place.clone(),
                "no collective has this size".into(),
                sizes_hint(&all, size.value),
            ));
        }
    }
    left.is_empty().then(|| (place, "nothing matches".into(), String::new()))
}

/// What sizes there are, nearest first.
pub(super) fn sizes_hint(all: &[Bytes], wanted: Bytes) -> String {
    let near = all.iter().min_by_key(|size| size.get().abs_diff(wanted.get()));
    match near {
        Some(near) => format!("the nearest size that is run is `{near}`"),
        None => "the scenario has no sizes".into(),
    }
}
