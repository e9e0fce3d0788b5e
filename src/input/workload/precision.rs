//! `[workload.precision]`: the number format of each kind of tensor.

use crate::diag::Diagnostic;
use crate::input::section::Section;
use crate::workload::{Accelerator, Format, Precision};

/// The formats that a workload has unless told: wide matrices make all else as wide, but for gradients, which are as the
/// software has them.
fn usual(matrices: Format, gradients: Format) -> Precision {
    match matrices {
        Format::Fp32 | Format::Fp16 => {
            Precision { matrices, activations: matrices, weights: matrices, gradients, dispatch: matrices }
        }
        _ => Precision { matrices, gradients, ..Precision::BF16 },
    }
}

/// The format of matrices on an accelerator unless told.
fn usual_matrices(accelerator: Option<&Accelerator>) -> Format {
    let Some(accelerator) = accelerator else { return Format::Bf16 };
    let own = |wanted: Format| accelerator.peak.iter().any(|(format, _)| *format == wanted);
    let wide = [Format::Bf16, Format::Fp16, Format::Fp32].into_iter().find(|format| own(*format));
    wide.or(accelerator.peak.first().map(|(format, _)| *format)).unwrap_or(Format::Bf16)
}

/// Reads it; `section` may be empty. Faults are told, and what they are of stays as usual.
pub(super) fn read(
    mut section: Section<'_>,
    accelerator: Option<&Accelerator>,
    gradients: Format,
) -> Precision {
    let given = section.item("matrices").and_then(|item| item.word("a number format", &Format::ALL));
    let matrices = given.as_ref().map_or_else(|| usual_matrices(accelerator), |format| format.value);
    if let (Some(given), Some(accelerator)) = (&given, accelerator)
        && !accelerator.has(given.value)
    {
        let has: Vec<String> =
            accelerator.peak.iter().map(|(format, _)| format!("`{}`", format.name())).collect();
        section.source.faults.push(
            Diagnostic::error(
                "E0905",
                format!("`{}` has no products in `{}`", accelerator.name, given.value.name()),
            )
            .at(given.place.clone(), "matrices are multiplied in this format")
            .help(format!("it has {}", has.join(", "))),
        );
    }
    let usual = usual(matrices, gradients);
    let mut format = |key, usual| {
        let item = section.item(key);
        item.and_then(|item| item.word("a number format", &Format::ALL)).map_or(usual, |told| told.value)
    };
    let precision = Precision {
        matrices,
        activations: format("activations", usual.activations),
        weights: format("weights", usual.weights),
        gradients: format("gradients", usual.gradients),
        dispatch: format("dispatch", usual.dispatch),
    };
    section.finish();
    precision
}
