//! Which node has which name, while a fabric is collected.

use std::hash::{BuildHasher, BuildHasherDefault};

use rustc_hash::{FxHashMap, FxHasher};

/// The nodes by the hash of their names: names are kept once, by the nodes themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// The first node of every hash.
    first: FxHashMap<u64, u32>,
    /// The next node of the same hash, where another name has it too.
    next: FxHashMap<u32, u32>,
}

impl Names {
    /// Room for so many more nodes.
    pub(super) fn reserve(&mut self, nodes: usize) {
        self.first.reserve(nodes);
    }

    /// The node of that name, where `name_of` tells the name of a node.
    pub(super) fn find<'a>(&self, name: &str, name_of: impl Fn(u32) -> &'a str) -> Option<u32> {
        let mut found = self.first.get(&hash(name));
        while let Some(node) = found.filter(|node| name_of(**node) != name) {
            found = self.next.get(node);
        }
        found.copied()
    }

    /// Adds a node, unless one has its name already: then tells that.
    pub(super) fn add<'a>(&mut self, node: u32, name_of: impl Fn(u32) -> &'a str) -> Option<u32> {
        let name = name_of(node);
        let mut at = *self.first.entry(hash(name)).or_insert(node);
        while at != node {
            if name_of(at) == name {
                return Some(at);
            }
            at = *self.next.entry(at).or_insert(node);
        }
        None
    }
}

fn hash(name: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_hash_are_told_apart() {
        let list = ["a", "b", "c", "b"];
        let name_of = |node: u32| list[node as usize];
        let mut names = Names::default();
        assert_eq!((names.add(0, name_of), names.add(1, name_of), names.add(2, name_of)), (None, None, None));
        assert_eq!(names.add(3, name_of), Some(1));
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| names.find(name, name_of)),
            [Some(0), Some(1), Some(2), None]
        );
        // All in one chain, as if their hashes were equal.
        let mut chain = Names::default();
        chain.first.insert(hash("a"), 0);
        chain.first.insert(hash("b"), 0);
        chain.first.insert(hash("c"), 0);
        assert_eq!((chain.add(1, name_of), chain.add(2, name_of)), (None, None));
        assert_eq!((chain.add(3, name_of), chain.find("c", name_of)), (Some(1), Some(2)));
    }
}
