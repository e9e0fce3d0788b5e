//! The shares of a component's resources, with the least at hand.

/// Shares a block.
const BLOCK: usize = 32;

/// Shares by number; infinite where nothing is open.
#[derive(Debug, Clone, Default)]
pub(super) struct Shares {
    /// Padded to whole blocks.
    shares: Vec<f64>,
    /// The least of each block, unless it is stale.
    least: Vec<f64>,
    stale: Vec<bool>,
}

impl Shares {
    /// So many shares, all infinite.
    pub(super) fn new(len: usize) -> Self {
        let blocks = len.div_ceil(BLOCK);
        Self {
            shares: vec![f64::INFINITY; blocks * BLOCK],
            least: vec![f64::INFINITY; blocks],
            stale: vec![false; blocks],
        }
    }

    /// Sets a share.
    #[inline]
    pub(super) fn set(&mut self, number: usize, share: f64) {
        self.shares[number] = share;
        self.stale[number / BLOCK] = true;
    }

    /// The least share.
    #[inline]
    pub(super) fn least(&mut self) -> f64 {
        let mut all = f64::INFINITY;
        let blocks = self.shares.chunks_exact(BLOCK);
        for ((block, least), stale) in blocks.zip(&mut self.least).zip(&mut self.stale) {
            if std::mem::take(stale) {
                *least = least_of(block);
            }
            all = if *least < all { *least } else { all };
        }
        all
    }

    /// Puts the numbers of the shares that are `least`, the result of [`Self::least`] just before, into `out`.
    #[inline]
    pub(super) fn at(&self, least: f64, out: &mut Vec<u32>) {
        out.clear();
        for (number, block) in self.shares.chunks_exact(BLOCK).enumerate() {
            if self.least[number] <= least {
                let first = number * BLOCK;
                out.extend((0..BLOCK).filter(|at| block[*at] <= least).map(|at| (first + at) as u32));
            }
        }
    }
}

/// The least of a block, in four rows that processors compare at once.
#[inline]
fn least_of(block: &[f64]) -> f64 {
    let mut rows = [f64::INFINITY; 4];
    for four in block.chunks_exact(4) {
        for (row, share) in rows.iter_mut().zip(four) {
            *row = if *share < *row { *share } else { *row };
        }
    }
    rows.into_iter().fold(f64::INFINITY, |least, row| if row < least { row } else { least })
}
