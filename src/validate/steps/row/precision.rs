//! Number formats of a row.

use crate::workload::{Format, Precision};

/// The format of matrices that a row's precision names: the narrowest of several.
fn matrices(precision: &str) -> Format {
    let precision = precision.to_ascii_lowercase();
    let has = |word: &str| precision.contains(word);
    if has("nvfp4") {
        Format::Nvfp4
    } else if has("mxfp8") || has("fp8-mx") {
        Format::Mxfp8
    } else if has("rowwise") {
        Format::Fp8Rows
    } else if has("fp8") || has("int8") {
        Format::Fp8
    } else if has("fp16") {
        Format::Fp16
    } else {
        Format::Bf16
    }
}

/// The formats of a row's precision; everything but matrices and gradients has 16 bits.
pub(in crate::validate::steps) fn precision(told: &str, gradients: Format) -> Precision {
    let matrices = matrices(told);
    let wide = if matrices == Format::Fp16 { Format::Fp16 } else { Format::Bf16 };
    Precision { matrices, activations: wide, weights: wide, gradients, dispatch: wide }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_format_counts() {
        for (told, format) in [
            ("fp8/nvfp4 (not recorded)", Format::Nvfp4),
            ("fp8-mx", Format::Mxfp8),
            ("fp8 rowwise", Format::Fp8Rows),
            ("fp8 GEMM, bf16 attention", Format::Fp8),
            ("int8/fp8", Format::Fp8),
            ("fp16", Format::Fp16),
            ("bf16", Format::Bf16),
            ("", Format::Bf16),
        ] {
            assert_eq!(matrices(told), format, "{told}");
        }
    }
}
