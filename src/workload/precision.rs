//! Number formats, and which a step uses for what.

/// A number format of matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// 32 bits.
    Fp32,
    /// IEEE half precision.
    Fp16,
    /// bfloat16.
    Bf16,
    /// 8 bits, one scale a tensor.
    Fp8,
    /// 8 bits, one scale a row.
    Fp8Rows,
    /// 8 bits, one scale for each block of 32.
    Mxfp8,
    /// 4 bits, one scale for each block of 16.
    Nvfp4,
}

impl Format {
    /// All formats with their names in files.
    pub const ALL: [(&'static str, Self); 7] = [
        ("fp32", Self::Fp32),
        ("fp16", Self::Fp16),
        ("bf16", Self::Bf16),
        ("fp8", Self::Fp8),
        ("fp8-rows", Self::Fp8Rows),
        ("mxfp8", Self::Mxfp8),
        ("nvfp4", Self::Nvfp4),
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// Bytes of a number, without scales.
    pub const fn bytes(self) -> f64 {
        match self {
            Self::Fp32 => 4.0,
            Self::Fp16 | Self::Bf16 => 2.0,
            Self::Fp8 | Self::Fp8Rows | Self::Mxfp8 => 1.0,
            Self::Nvfp4 => 0.5,
        }
    }

    /// Whether matrices are converted before each product.
    pub const fn is_narrow(self) -> bool {
        matches!(self, Self::Fp8 | Self::Fp8Rows | Self::Mxfp8 | Self::Nvfp4)
    }
}

/// What a step uses for each kind of tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Precision {
    /// Of matrix products of layers.
    pub matrices: Format,
    /// Of attention's core, activations and what of them is sent.
    pub activations: Format,
    /// Of parameters as they are kept and gathered.
    pub weights: Format,
    /// Of gradients as they are summed up and reduced.
    pub gradients: Format,
    /// Of tokens that are sent to experts.
    pub dispatch: Format,
}

impl Precision {
    /// 16 bits everywhere, gradients in 32.
    pub const BF16: Self = Self {
        matrices: Format::Bf16,
        activations: Format::Bf16,
        weights: Format::Bf16,
        gradients: Format::Fp32,
        dispatch: Format::Bf16,
    };
}
