//! `[[plot]]`: what is drawn.

use super::collective::Draft;
use super::expect::sizes_hint;
use super::reader::{At, Faults, Item};
use super::section::Section;
use super::sizes;
use crate::diag::Diagnostic;
use crate::ids::Rank;
use crate::result::{PlotKind, PlotSpec};
use crate::run::CollectiveSpec;
use crate::units::Bytes;

/// Words for kinds of plot.
pub(super) const KINDS: [(&str, PlotKind); 5] = [
    ("busbw", PlotKind::Busbw),
    ("time", PlotKind::Time),
    ("bars", PlotKind::Bars),
    ("utilisation", PlotKind::Utilisation),
    ("timeline", PlotKind::Timeline),
];

/// The most ranks on a timeline.
pub(super) const MAX_TIMELINE: usize = 1_024;

/// A plot that was read.
pub(super) struct PlotDraft {
    spec: PlotSpec,
    ranks: Vec<At<u32>>,
}

/// Reads all plots; faulty ones are told and left out.
pub(super) fn read(
    root: &mut Section<'_>,
    drafts: &[Draft<'_>],
    top: &'static [&'static str],
) -> Vec<PlotDraft> {
    let mut found: Vec<PlotDraft> = Vec::new();
    let mut names: Vec<At<String>> = Vec::new();
    for mut section in root.item("plot").map(|list| list.sections()).unwrap_or_default() {
        section.top_keys(top);
        let place = section.place();
        let kind =
            section.require("kind", "kind = \"busbw\"").and_then(|item| item.word("a kind of plot", &KINDS));
        let name = section.item("name").and_then(|item| item.file_name());
        let title = section.item("title").and_then(|item| item.string());
        let size_item = section.item("size");
        let size = size_item.as_ref().and_then(sizes::one);
        let ranks_item = section.item("ranks");
        let ranks = ranks_item.as_ref().map(read_ranks).unwrap_or_default();
        let faults = section.source.faults;
        section.finish();
        let Some(kind) = kind else { continue };
        check_keys(&kind, size_item.as_ref(), ranks_item.as_ref());
        if kind.value == PlotKind::Timeline && ranks_item.is_none() {
            faults.push(
                Diagnostic::error("E0103", "missing key `ranks` for a timeline")
                    .at(kind.place.clone(), "a timeline shows the transfers of chosen ranks")
                    .help("add for example `ranks = [0, 1, 2, 3]`"),
            );
        }
        if let Some(size) = &size {
            check_size(
                size,
                size_item.as_ref().and_then(|item| item.value.as_str()).unwrap_or_default(),
                drafts,
                faults,
            );
        }
        let word = KINDS.iter().find(|(_, known)| *known == kind.value).map_or("plot", |(word, _)| word);
        let name = match name {
            Some(name) => At { value: name.value.to_owned(), place: name.place },
            None => At { value: default_name(word, size.as_ref().map(|size| size.value), &names), place },
        };
        if let Some(first) = names.iter().find(|known| known.value == name.value) {
            faults.push(
                Diagnostic::error("E0404", format!("there are two plots named `{}`", name.value))
                    .at(name.place.clone(), "named again here")
                    .at(first.place.clone(), "first named here")
                    .help("give one of them another `name`: it is the name of its file"),
            );
        }
        let spec = PlotSpec {
            name: name.value.clone(),
            kind: kind.value,
            bytes: size.map(|size| size.value.get()),
            title: title.map(|title| title.value.to_owned()),
        };
        names.push(name);
        found.push(PlotDraft { spec, ranks });
    }
    found
}

/// The kind; with the size behind it where the kind alone is taken.
fn default_name(kind: &str, size: Option<Bytes>, taken: &[At<String>]) -> String {
    match size {
        Some(size) if taken.iter().any(|name| name.value == kind) => {
            format!("{kind}-{}", size.to_string().replace(' ', ""))
        }
        _ => kind.to_owned(),
    }
}

fn read_ranks(item: &Item<'_>) -> Vec<At<u32>> {
    let items = item.each();
    if items.len() > MAX_TIMELINE {
        item.out_of_range(
            format!("a timeline of {} ranks cannot be read", items.len()),
            format!("expected at most {MAX_TIMELINE}"),
        );
        return Vec::new();
    }
    items.iter().filter_map(|item| item.count(0, u32::MAX)).collect()
}

/// Some keys are only for some kinds.
fn check_keys(kind: &At<PlotKind>, size: Option<&Item<'_>>, ranks: Option<&Item<'_>>) {
    let over_sizes = matches!(kind.value, PlotKind::Busbw | PlotKind::Time);
    let wrong = [
        size.filter(|_| over_sizes).map(|item| {
            (item, "this kind shows all sizes", "`size` is for `bars`, `utilisation` and `timeline`")
        }),
        ranks
            .filter(|_| kind.value != PlotKind::Timeline)
            .map(|item| (item, "this kind shows all ranks", "`ranks` is for `timeline`")),
    ];
    for (item, label, hint) in wrong.into_iter().flatten() {
        item.push(
            Diagnostic::error("E0402", format!("`{}` does not suit this kind of plot", item.key))
                .at(item.place(), "not for this kind")
                .at(kind.place.clone(), label)
                .help(hint),
        );
    }
}

fn check_size(size: &At<Bytes>, text: &str, drafts: &[Draft<'_>], faults: &Faults) {
    if drafts.iter().any(|draft| draft.sizes.is_none()) || drafts.is_empty() {
        return;
    }
    let all: Vec<Bytes> = drafts
        .iter()
        .filter_map(|draft| draft.sizes.as_ref())
        .flat_map(|sizes| sizes.value.clone())
        .collect();
    if !all.contains(&size.value) {
        faults.push(
            Diagnostic::error("E0403", format!("no case has the size `{text}`"))
                .at(size.place.clone(), "nothing could be shown at this size")
                .help(sizes_hint(&all, size.value)),
        );
    }
}

/// Ranks on timelines must be ranks of some collective.
pub(super) fn check_ranks(plots: &[PlotDraft], collectives: &[CollectiveSpec], faults: &Faults) {
    let most = collectives.iter().map(|collective| collective.nodes.len()).max().unwrap_or(0);
    for rank in plots.iter().flat_map(|plot| &plot.ranks).filter(|rank| rank.value as usize >= most) {
        faults.push(
            Diagnostic::error("E0405", format!("no collective has a rank {}", rank.value))
                .at(rank.place.clone(), format!("expected from 0 to {}", most.saturating_sub(1))),
        );
    }
}

/// The ranks that timelines show, and the plots.
pub(super) fn finish(plots: Vec<PlotDraft>) -> (Vec<Rank>, Vec<PlotSpec>) {
    let mut ranks: Vec<Rank> =
        plots.iter().flat_map(|plot| &plot.ranks).map(|rank| Rank(rank.value)).collect();
    ranks.sort_unstable();
    ranks.dedup();
    (ranks, plots.into_iter().map(|plot| plot.spec).collect())
}
