//! Lists by index in compressed rows.

/// `len` lists in one array.
#[derive(Debug, Clone)]
pub(super) struct Rows<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy> Rows<T> {
    /// From pairs of list and item; items keep their order.
    pub(super) fn new(len: usize, pairs: &[(u32, T)]) -> Self {
        let mut starts = vec![0u32; len + 1];
        for (list, _) in pairs {
            starts[*list as usize + 1] += 1;
        }
        for i in 0..len {
            starts[i + 1] += starts[i];
        }
        let mut items = Vec::with_capacity(pairs.len());
        if let Some((_, first)) = pairs.first() {
            items.resize(pairs.len(), *first);
        }
        let mut next = starts.clone();
        for (list, item) in pairs {
            let slot = &mut next[*list as usize];
            items[*slot as usize] = *item;
            *slot += 1;
        }
        Self { starts, items }
    }

    /// How many items all lists have.
    pub(super) fn items(&self) -> usize {
        self.items.len()
    }

    /// A list.
    #[inline]
    pub(super) fn row(&self, list: usize) -> &[T] {
        &self.items[self.starts[list] as usize..self.starts[list + 1] as usize]
    }
}
