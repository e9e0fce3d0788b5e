//! The model of a row.

use crate::exchange::quoted;
use crate::exchange::step_times::StepRow;
use crate::workload::{Experts, Mlp, Model, ModelAttention};

/// Names of rows whose models have other names in the library.
const OTHER_NAMES: [(&str, &str); 2] =
    [("deepseek-v3", "deepseek-v3-mtp"), ("deepseek-v3-nomtp", "deepseek-v3")];

/// Whether columns cannot draw a model: its attention is latent, some layers see a window, or modules predict further
/// tokens.
fn is_beyond_columns(model: &Model) -> bool {
    matches!(model.attention, ModelAttention::Latent { .. })
        || model.window.is_some()
        || model.extra_tokens > 0
}

/// The model: as the columns draw it, but that of the library where it has that name and columns cannot draw it.
///
/// # Errors
/// Which column is missing.
pub(in crate::validate::steps) fn model(row: &StepRow, library: &[Model]) -> Result<Model, String> {
    let name = row.text("model").unwrap_or_default();
    let known = name.to_ascii_lowercase();
    let known = OTHER_NAMES.iter().find(|(own, _)| *own == known).map_or(known.as_str(), |(_, other)| other);
    let found = library.iter().find(|model| model.name == known && is_beyond_columns(model));
    match found {
        Some(model) => Ok(model.clone()),
        None => drawn(row, name),
    }
}

fn drawn(row: &StepRow, name: &str) -> Result<Model, String> {
    let needed = |column: &str| {
        row.count(column).ok_or_else(|| format!("no `{column}`, and no model {} is known", quoted(name)))
    };
    let (layers, hidden, heads) = (needed("L")?, needed("h")?, needed("heads")?);
    let experts = match (row.count("experts"), row.count("topk")) {
        (Some(count), Some(top_k)) => Some(Experts {
            count,
            top_k,
            hidden: needed("expert_ffn")?,
            shared: row.count("shared_experts").unwrap_or(0),
            dense_layers: 0,
        }),
        _ => None,
    };
    let ffn = match (row.count("ffn"), experts) {
        (Some(ffn), _) => ffn,
        (None, Some(experts)) => experts.hidden,
        (None, None) => needed("ffn")?,
    };
    Ok(Model {
        name: name.to_owned(),
        title: name.to_owned(),
        sources: Vec::new(),
        layers,
        hidden,
        attention: ModelAttention::Grouped {
            heads,
            kv_heads: row.count("kv_heads").unwrap_or(heads),
            head_dim: row.count("head_dim").unwrap_or((hidden / heads).max(1)),
        },
        window: None,
        mlp: Mlp { hidden: ffn, gated: row.text("act").is_some_and(|act| act.ends_with("glu")) },
        experts,
        vocabulary: needed("vocab")?,
        tied: false,
        extra_tokens: 0,
    })
}
