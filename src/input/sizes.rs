//! `size`: one, a list, or a geometric range.

use super::reader::{At, Item};
use super::scenario::MAX_CASES;
use crate::diag::Diagnostic;
use crate::units::Bytes;

/// Reads `size`. `None` where faults were told.
pub(super) fn read(item: &Item<'_>) -> Option<At<Vec<Bytes>>> {
    if item.value.is_table() {
        return range(item);
    }
    if !item.value.is_array() && !item.value.is_str() {
        item.wrong_type(
            "a size such as \"1 GiB\", a list of sizes, or a range such as { from = \"1 KiB\", to = \"1 GiB\", factor = 2 }",
        );
        return None;
    }
    let items = item.each();
    if items.len() > MAX_CASES {
        item.out_of_range(
            format!("`size` has {} elements", items.len()),
            format!("expected at most {MAX_CASES}"),
        );
        return None;
    }
    let mut sizes: Vec<Bytes> = Vec::new();
    let mut sound = !items.is_empty();
    for element in &items {
        match one(element) {
            Some(size) if sizes.contains(&size.value) => {
                element.push(super::collective::listed_twice(&size.value.to_string(), &size.place));
            }
            Some(size) => sizes.push(size.value),
            None => sound = false,
        }
    }
    sound.then(|| item.at(sizes))
}

/// A size above zero.
pub(super) fn one(item: &Item<'_>) -> Option<At<Bytes>> {
    let size = item.quantity::<Bytes>()?;
    if size.value.get() == 0 {
        item.out_of_range("a collective of no bytes has no bandwidth", "expected at least 1 B");
        return None;
    }
    Some(size)
}

/// `{ from, to, factor }`: from `from`, times `factor`, up to `to` and including it where it is met.
fn range(item: &Item<'_>) -> Option<At<Vec<Bytes>>> {
    let mut section = item.section("`size`")?;
    let from_item = section.require("from", "from = \"1 KiB\"");
    let to_item = section.require("to", "to = \"1 GiB\"");
    let from = from_item.as_ref().and_then(one);
    let to = to_item.as_ref().and_then(one);
    let factor = match section.item("factor") {
        Some(factor) if factor.value.is_float() => {
            factor.wrong_type("a whole number of at least 2");
            None
        }
        Some(factor) => factor.integer(2, 1 << 20).map(|factor| factor.value),
        None => Some(2),
    };
    section.finish();
    let (from, to, factor) = (from?, to?, factor?);
    if from.value > to.value {
        item.push(
            Diagnostic::error("E0306", format!("the sizes go from {} down to {}", from.value, to.value))
                .at(from.place, "this is the larger")
                .at(to.place, "this is the smaller")
                .help("sizes ascend: swap `from` and `to`"),
        );
        return None;
    }
    let mut sizes = Vec::new();
    let mut size = from.value.get();
    while size <= to.value.get() {
        sizes.push(Bytes(size));
        size = size.saturating_mul(factor);
    }
    Some(item.at(sizes))
}
