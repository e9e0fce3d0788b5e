//! How long a kernel takes on an accelerator: a roofline whose compute roof depends on the shape.

use super::accelerator::Accelerator;
use super::constant::{Constant, Constants};
use super::precision::Format;

/// Rows and columns of a product's tile, as large products use on tensor cores.
const TILE: (f64, f64) = (128.0, 256.0);

/// Into how many parts products of few rows are cut along their depth.
const CUTS: [f64; 5] = [1.0, 2.0, 4.0, 8.0, 16.0];

/// What a format's products and an accelerator's memory get, with constants put in.
#[derive(Debug, Clone, Copy)]
pub struct Kernels {
    /// FLOP/s of large products.
    pub products: f64,
    /// FLOP/s of large 16-bit products: those of the head and of the router.
    pub wide_products: f64,
    /// FLOP/s of attention's core, forward.
    pub attention: f64,
    /// FLOP/s of attention's core, backward.
    pub attention_back: f64,
    /// Bytes per second of kernels that only move data.
    pub memory: f64,
    /// Bytes of a number of a product's operands.
    pub operand: f64,
    processors: f64,
    depth: f64,
    wave: f64,
    narrow: bool,
    cast: f64,
    accumulate: f64,
}

impl Kernels {
    /// Of an accelerator under software of these constants, with matrices in `format` and
    /// gradients summed up in `gradients`.
    pub fn new(accelerator: &Accelerator, constants: &Constants, format: Format, gradients: Format) -> Self {
        let wide = if format.is_narrow() { Format::Bf16 } else { format };
        let products = |format: Format| {
            accelerator.peak(format) * accelerator.achieved(format).unwrap_or(0.8) * constants[Constant::GEMM]
        };
        let attention = accelerator.peak(Format::Bf16) * constants[Constant::ATTENTION];
        Self {
            products: products(format),
            wide_products: products(wide),
            attention,
            attention_back: attention * constants[Constant::ATTENTION_BACK],
            memory: accelerator.memory_bandwidth * constants[Constant::MEMORY],
            operand: format.bytes(),
            processors: f64::from(accelerator.processors.max(1)),
            depth: constants[Constant::GEMM_DEPTH],
            wave: constants[Constant::GEMM_WAVE],
            narrow: format.is_narrow(),
            cast: constants[Constant::CAST],
            accumulate: constants[Constant::ACCUMULATE] * (2.0 * gradients.bytes() + 2.0),
        }
    }

    /// Part of the best rate that a product of `m` by `n` over `k` gets, `copies` of them at once: what tiles cover
    /// beyond the edges, processors that idle in the last wave, and the start of each tile are lost.
    pub fn shape_efficiency(&self, m: f64, n: f64, k: f64, copies: f64) -> f64 {
        let (rows, columns) = if m < TILE.0 { (64.0, TILE.1) } else { TILE };
        let (down, across) = ((m / rows).ceil(), (n / columns).ceil());
        let tile = m * n / (down * rows * across * columns);
        let tiles = down * across * copies;
        let wave = tiles / ((tiles / self.processors).ceil() * self.processors);
        let wave = if self.wave == 0.5 { wave.sqrt() } else { wave.powf(self.wave) };
        tile * wave * k / (k + self.depth)
    }

    /// Seconds of a product of `m` by `n` over `k` in the layers' format, `copies` of them at once.
    pub fn product(&self, m: f64, n: f64, k: f64, copies: f64) -> f64 {
        self.product_at(self.products, self.operand, m, n, k, copies)
    }

    /// Seconds of a product in the layers' format with `k` by `n` weights that are kept in `weight` bytes a number.
    ///
    /// Products of few rows have too few tiles for all processors. Libraries then cut them along their depth, which makes
    /// more tiles and sums to be added up: the best of such cuts is taken.
    pub fn product_of_kept(&self, weight: f64, m: f64, n: f64, k: f64, copies: f64) -> f64 {
        if m <= 0.0 || n <= 0.0 || k <= 0.0 || copies <= 0.0 {
            return 0.0;
        }
        let bytes = self.operand * m * k + weight * k * n + 2.0 * m * n;
        let cut = |parts: f64| {
            let compute =
                2.0 * m * n * k / (self.products * self.shape_efficiency(m, n, k / parts, copies * parts));
            // Each part's sums are written and read in 32 bits.
            let sums = if parts > 1.0 { parts * m * n * 8.0 } else { 0.0 };
            compute.max((bytes + sums) / self.memory)
        };
        copies * CUTS.into_iter().map(cut).fold(f64::INFINITY, f64::min)
    }

    /// Seconds of a product in 16 bits.
    pub fn wide_product(&self, m: f64, n: f64, k: f64) -> f64 {
        self.product_at(self.wide_products, 2.0, m, n, k, 1.0)
    }

    fn product_at(&self, rate: f64, operand: f64, m: f64, n: f64, k: f64, copies: f64) -> f64 {
        if m <= 0.0 || n <= 0.0 || k <= 0.0 {
            return 0.0;
        }
        let compute = 2.0 * m * n * k / (rate * self.shape_efficiency(m, n, k, copies));
        let bytes = operand * (m * k + k * n) + 2.0 * m * n;
        copies * compute.max(bytes / self.memory)
    }

    /// Seconds to convert operands of `numbers` to the layers' format; nothing where that is wide.
    pub fn convert(&self, numbers: f64) -> f64 {
        if self.narrow { numbers * self.cast / self.memory } else { 0.0 }
    }

    /// Seconds to add gradients of `weights` weights to those of the micro-batches before: what is there is read and
    /// written, and what is new was written for it.
    pub fn accumulated(&self, weights: f64) -> f64 {
        weights * self.accumulate / self.memory
    }

    /// Seconds to move bytes.
    pub fn moved(&self, bytes: f64) -> f64 {
        bytes / self.memory
    }
}
