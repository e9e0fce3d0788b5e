//! A model in a file.

use super::head;
use crate::diag::Diagnostic;
use crate::input::reader::At;
use crate::input::section::Section;
use crate::workload::Model;
use crate::workload::model::{Attention, Experts, Mlp, Window};

/// What messages call such a file.
pub(in crate::input) const WHAT: &str = "the model";
/// With its article, in a sentence.
pub(super) const A: &str = "a model";

/// The most layers.
pub(super) const MAX_LAYERS: u32 = 10_000;
/// The most of any width, and of heads, experts and tokens of a window.
pub(super) const MAX_WIDTH: u32 = 1 << 20;
/// The most tokens of a vocabulary.
pub(super) const MAX_VOCABULARY: u32 = 1 << 24;
/// The most modules for further tokens.
pub(super) const MAX_EXTRA: u32 = 16;

/// Whether attention is latent.
pub(super) const KINDS: [(&str, bool); 2] = [("grouped", false), ("latent", true)];

/// Reads a model from the keys of `root`. `path` gives the name where the file has none. `None` where faults were told.
pub(in crate::input) fn read(mut root: Section<'_>, path: &str) -> Option<Model> {
    let faults = root.source.faults;
    let before = faults.errors();
    if head::is_other(&root, A) {
        return None;
    }
    let head = head::read(&mut root, path, "model");
    let layers = root.require("layers", "layers = 32").and_then(|item| item.count(1, MAX_LAYERS));
    let hidden = root.require("hidden", "hidden = 4096").and_then(|item| item.count(1, MAX_WIDTH));
    let vocabulary =
        root.require("vocabulary", "vocabulary = 128256").and_then(|item| item.count(1, MAX_VOCABULARY));
    let tied = root.item("tied").and_then(|item| item.boolean()).is_some_and(|tied| tied.value);
    let extra = root.item("extra_tokens").and_then(|item| item.count(0, MAX_EXTRA));
    let attention = root
        .require_with("attention", "add an `[attention]` with for example `heads = 32` and `kv_heads = 8`")
        .and_then(|item| item.section("`[attention]`"))
        .and_then(|section| attention(section, hidden.as_ref()));
    let window = root.item("window").map(|item| item.section("`[window]`").and_then(window));
    let experts = root
        .item("experts")
        .map(|item| item.section("`[experts]`").and_then(|section| experts(section, layers.as_ref())));
    let sparse_only = matches!(&experts, Some(Some(experts)) if experts.dense_layers == 0);
    let mlp = if experts.is_some() {
        root.item("mlp")
    } else {
        root.require_with("mlp", "add an `[mlp]` with for example `hidden = 14336` and `gated = true`")
    };
    if let (true, Some(place)) = (sparse_only, root.key_place("mlp")) {
        faults.push(
            Diagnostic::warning("W0301", "`mlp` has no effect here")
                .at(place, "every layer has experts")
                .help("layers before the first with experts are `dense_layers` of `[experts]`"),
        );
    }
    if let (Some(Some(experts)), None) = (&experts, &mlp)
        && !sparse_only
        && let Some(place) = root.key_place("experts")
    {
        faults.push(
            Diagnostic::error("E0103", format!("missing key `mlp` in {}", root.what))
                .at(place, format!("`dense_layers` is {}", experts.dense_layers))
                .help("add an `[mlp]` with for example `hidden = 18432` and `gated = true`"),
        );
    }
    let mlp = mlp.map(|item| item.section("`[mlp]`").and_then(mlp_of));
    root.finish();
    if faults.errors() > before {
        return None;
    }
    let experts = experts.flatten();
    // No layer has it where all have experts; it is as wide as one of them, so that nothing divides by nothing.
    let mlp = mlp.flatten().or(experts.map(|experts| Mlp { hidden: experts.hidden, gated: true }));
    Some(Model {
        name: head.name,
        title: head.title,
        sources: head.sources,
        layers: layers?.value,
        hidden: hidden?.value,
        attention: attention?,
        window: window.flatten(),
        mlp: mlp?,
        experts,
        vocabulary: vocabulary?.value,
        tied,
        extra_tokens: extra.map_or(0, |extra| extra.value),
    })
}

fn attention(mut section: Section<'_>, hidden: Option<&At<u32>>) -> Option<Attention> {
    let kind = section.item("kind").and_then(|item| item.word("a kind of attention", &KINDS));
    let latent = kind.is_some_and(|kind| kind.value);
    let heads = section.require("heads", "heads = 32").and_then(|item| item.count(1, MAX_WIDTH));
    let found = if latent {
        let mut width = |key, example| {
            let item = section.require(key, example)?;
            item.count(1, MAX_WIDTH).map(|width| width.value)
        };
        let kv_rank = width("kv_rank", "kv_rank = 512");
        let nope_dim = width("nope_dim", "nope_dim = 128");
        let rope_dim = width("rope_dim", "rope_dim = 64");
        let value_dim = width("value_dim", "value_dim = 128");
        let q_rank = section.item("q_rank").map(|item| item.count(1, MAX_WIDTH));
        let q_rank = q_rank.map_or(Some(0), |rank| rank.map(|rank| rank.value));
        (|| {
            Some(Attention::Latent {
                heads: heads?.value,
                q_rank: q_rank?,
                kv_rank: kv_rank?,
                nope_dim: nope_dim?,
                rope_dim: rope_dim?,
                value_dim: value_dim?,
            })
        })()
    } else {
        grouped(&mut section, heads, hidden)
    };
    section.finish();
    found
}

fn grouped(section: &mut Section<'_>, heads: Option<At<u32>>, hidden: Option<&At<u32>>) -> Option<Attention> {
    let kv_heads = section.item("kv_heads").map(|item| item.count(1, MAX_WIDTH));
    let head_dim = section.item("head_dim").map(|item| item.count(1, MAX_WIDTH));
    let heads = heads?;
    let kv_heads = match kv_heads {
        None => heads.value,
        Some(found) => {
            let found = found?;
            if heads.value % found.value != 0 {
                section.source.faults.push(
                    Diagnostic::error("E0106", "`kv_heads` does not divide `heads`")
                        .at(found.place, format!("{} heads of keys and values", found.value))
                        .at(heads.place.clone(), format!("for {} heads of queries", heads.value)),
                );
                return None;
            }
            found.value
        }
    };
    let head_dim = match head_dim {
        Some(found) => found?.value,
        None => {
            let hidden = hidden?;
            if hidden.value % heads.value != 0 {
                section.source.faults.push(
                    Diagnostic::error("E0106", "`heads` does not divide `hidden`")
                        .at(heads.place, format!("{} heads", heads.value))
                        .at(hidden.place.clone(), format!("of {}", hidden.value))
                        .help("say how wide a head is with `head_dim`"),
                );
                return None;
            }
            hidden.value / heads.value
        }
    };
    Some(Attention::Grouped { heads: heads.value, kv_heads, head_dim })
}

fn window(mut section: Section<'_>) -> Option<Window> {
    let tokens = section.require("tokens", "tokens = 128").and_then(|item| item.count(1, u32::MAX));
    let every = section.require("every", "every = 2").and_then(|item| item.count(1, MAX_LAYERS));
    section.finish();
    Some(Window { tokens: tokens?.value, every: every?.value })
}

fn mlp_of(mut section: Section<'_>) -> Option<Mlp> {
    let hidden = section.require("hidden", "hidden = 14336").and_then(|item| item.count(1, MAX_WIDTH));
    let gated = section.require("gated", "gated = true").and_then(|item| item.boolean());
    section.finish();
    Some(Mlp { hidden: hidden?.value, gated: gated?.value })
}

fn experts(mut section: Section<'_>, layers: Option<&At<u32>>) -> Option<Experts> {
    let count = section.require("count", "count = 8").and_then(|item| item.count(1, MAX_WIDTH));
    let top_k = section.require("top_k", "top_k = 2").and_then(|item| item.count(1, MAX_WIDTH));
    let hidden = section.require("hidden", "hidden = 14336").and_then(|item| item.count(1, MAX_WIDTH));
    let shared = section.item("shared").map(|item| item.count(0, MAX_WIDTH));
    let dense = section.item("dense_layers").map(|item| item.count(0, MAX_LAYERS));
    let mut sound = true;
    if let (Some(count), Some(top_k)) = (&count, &top_k)
        && top_k.value > count.value
    {
        section.source.faults.push(
            Diagnostic::error("E0106", "`top_k` is above `count`")
                .at(top_k.place.clone(), format!("a token goes to {} experts", top_k.value))
                .at(count.place.clone(), format!("of {}", count.value)),
        );
        sound = false;
    }
    if let (Some(Some(dense)), Some(layers)) = (&dense, layers)
        && dense.value >= layers.value
    {
        section.source.faults.push(
            Diagnostic::error("E0106", "`dense_layers` leaves no layer with experts")
                .at(dense.place.clone(), format!("{} layers without", dense.value))
                .at(layers.place.clone(), format!("of {}", layers.value)),
        );
        sound = false;
    }
    section.finish();
    if !sound {
        return None;
    }
    Some(Experts {
        count: count?.value,
        top_k: top_k?.value,
        hidden: hidden?.value,
        shared: shared.map_or(Some(0), |shared| shared.map(|shared| shared.value))?,
        dense_layers: dense.map_or(Some(0), |dense| dense.map(|dense| dense.value))?,
    })
}
