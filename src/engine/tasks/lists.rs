//! Lists of things by number, in two frozen arrays.

/// `items[first[n]..first[n + 1]]` is the list of `n`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lists<T> {
    first: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// So many lists, of things that are each told with the number of its list; each list keeps the order in which its
    /// things come. All numbers must be below `len`, and there must be fewer than 2³² things.
    pub(super) fn group(len: usize, things: impl Iterator<Item = (u32, T)> + Clone) -> Self {
        let mut first = vec![0u32; len + 2];
        for (list, _) in things.clone() {
            first[list as usize + 2] += 1;
        }
        for list in 2..first.len() {
            first[list] += first[list - 1];
        }
        let mut items = vec![T::default(); first[len + 1] as usize];
        for (list, thing) in things {
            // What is the beginning of the next list while things go in is that of this one at last.
            let place = &mut first[list as usize + 1];
            items[*place as usize] = thing;
            *place += 1;
        }
        first.pop();
        Self { first, items }
    }
}

impl<T> Lists<T> {
    /// The list of that number.
    #[inline]
    pub(super) fn of(&self, list: usize) -> &[T] {
        &self.items[self.places(list)]
    }

    /// Where the list of that number is among all things.
    #[inline]
    pub(super) fn places(&self, list: usize) -> std::ops::Range<usize> {
        self.first[list] as usize..self.first[list + 1] as usize
    }

    /// All things, list after list.
    #[inline]
    pub(super) fn all(&self) -> &[T] {
        &self.items
    }

    /// How many lists.
    pub(super) fn len(&self) -> usize {
        self.first.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_the_order_in_which_things_come() {
        let lists = Lists::group(4, [(2, 'c'), (0, 'a'), (2, 'b'), (3, 'd')].into_iter());
        assert_eq!(
            (lists.of(0), lists.of(1), lists.of(2), lists.of(3)),
            (&['a'][..], &[][..], &['c', 'b'][..], &['d'][..])
        );
        assert_eq!((lists.len(), lists.places(3)), (4, 3..4));
        assert_eq!(Lists::<u32>::group(0, std::iter::empty()).len(), 0);
    }
}
