//! Base names of algorithms, operation by operation.

use crate::collective::{Algorithm, Op};
use crate::diag::nearest;

/// Why a base name has no algorithm.
pub(super) enum Why {
    /// It is known and does something else than any algorithm here: what it does.
    Differs(&'static str),
    /// Nobody but the vendor knows what it does.
    Vendor,
    /// No such name; the nearest that is known.
    Unknown(Option<&'static str>),
}

use Algorithm::{Binomial, Bruck, Chain, Direct, HalvingDoubling, Pairwise, RecursiveDoubling, Ring};

/// Names that are the algorithm.
const SAME: &[(Op, &str, Algorithm)] = &[
    (Op::AllReduce, "ring", Ring),
    (Op::AllReduce, "recursive_doubling", RecursiveDoubling),
    (Op::AllReduce, "rabenseifner", HalvingDoubling),
    (Op::AllReduce, "reduce_scatter_allgather", HalvingDoubling),
    (Op::AllGather, "ring", Ring),
    (Op::AllGather, "recursive_doubling", RecursiveDoubling),
    (Op::AllGather, "bruck", Bruck),
    (Op::AllGather, "brucks", Bruck),
    (Op::ReduceScatter, "ring", Ring),
    (Op::ReduceScatter, "recursive_halving", HalvingDoubling),
    (Op::ReduceScatter, "pairwise", Pairwise),
    // All receives and sends are posted, then all are awaited.
    (Op::AllToAll, "linear", Direct),
    (Op::AllToAll, "basic_linear", Direct),
    (Op::AllToAll, "linear_nb", Direct),
    (Op::AllToAll, "pairwise", Pairwise),
    (Op::AllToAll, "bruck", Bruck),
    (Op::AllToAll, "brucks", Bruck),
    (Op::AllToAll, "modified_bruck", Bruck),
    (Op::Broadcast, "binomial", Binomial),
    (Op::Broadcast, "linear", Direct),
    (Op::Broadcast, "basic_linear", Direct),
    (Op::Broadcast, "pipeline", Chain),
    (Op::Broadcast, "scatter_allgather", HalvingDoubling),
    (Op::Broadcast, "scatter_recursive_doubling_allgather", HalvingDoubling),
    (Op::Reduce, "binomial", Binomial),
    (Op::Reduce, "linear", Direct),
    (Op::Reduce, "basic_linear", Direct),
    (Op::Reduce, "pipeline", Chain),
    (Op::Reduce, "rabenseifner", HalvingDoubling),
    (Op::Reduce, "reduce_scatter_gather", HalvingDoubling),
];

/// Names that are known to do something else.
const OTHER: &[(&[Op], &str, &str)] = &[
    (&[Op::AllReduce], "linear", "a reduce at one rank from all others, then a broadcast from it to all"),
    (
        &[Op::AllReduce],
        "basic_linear",
        "a reduce at one rank from all others, then a broadcast from it to all",
    ),
    (
        &[Op::AllReduce],
        "nonoverlapping",
        "a reduce, then a broadcast, each by an algorithm that the library chooses",
    ),
    (
        &[Op::AllReduce],
        "non_overlapping",
        "a reduce, then a broadcast, each by an algorithm that the library chooses",
    ),
    (&[Op::AllReduce], "allgather_reduce", "every rank gathers all vectors and adds them up itself"),
    (&[Op::AllReduce], "ring_segmented", "a ring whose blocks go in segments, one round after the other"),
    (&[Op::AllReduce], "segmented_ring", "a ring whose blocks go in segments, one round after the other"),
    (&[Op::AllGather], "neighbor", "pairs of neighbours exchange, in alternating directions"),
    (&[Op::AllGather], "linear", "a gather at one rank, then a broadcast from it"),
    (&[Op::AllGather], "basic_linear", "a gather at one rank, then a broadcast from it"),
    (
        &[Op::ReduceScatter],
        "non_overlapping",
        "a reduce, then a scatter, each by an algorithm that the library chooses",
    ),
    (
        &[Op::ReduceScatter],
        "nonoverlapping",
        "a reduce, then a scatter, each by an algorithm that the library chooses",
    ),
    (&[Op::ReduceScatter], "butterfly", "partners exchange in the order of reversed bits"),
    (&[Op::AllToAll], "linear_sync", "sends to everybody with a limited number under way"),
    (&[Op::Broadcast, Op::Reduce], "chain", "several chains side by side, as many as the library chooses"),
    (&[Op::Broadcast, Op::Reduce], "binary", "one binary tree, pipelined"),
    (&[Op::Broadcast, Op::Reduce], "binary_tree", "one binary tree, pipelined"),
    (&[Op::Reduce], "in_order_binary", "one binary tree over the ranks in order, pipelined"),
    (&[Op::Reduce], "in_order", "one binary tree over the ranks in order, pipelined"),
    (&[Op::Broadcast], "split_binary", "the halves of the data go down the halves of one binary tree"),
    (&[Op::Broadcast], "split_binary_tree", "the halves of the data go down the halves of one binary tree"),
    (&[Op::Broadcast, Op::Reduce, Op::AllReduce], "knomial", "a tree of radix 4"),
    (&[Op::Broadcast], "scatter_allgather_ring", "a binomial scatter, then a ring all-gather"),
    (&[Op::Broadcast], "scatter_ring_allgather", "a binomial scatter, then a ring all-gather"),
];

/// Beginnings of names that vendors do not describe.
const VENDOR: [&str; 10] =
    ["3dtorus", "trix", "bintree3d", "bintree6d", "trinaryx", "blacc", "crp", "doublespread", "gtbc", "rdbc"];

/// The algorithm of a base name in lower case, with `_` between its words.
pub(super) fn algorithm(base: &str, op: Op) -> Result<Algorithm, Why> {
    if let Some((.., algorithm)) = SAME.iter().find(|(of, name, _)| *of == op && *name == base) {
        return Ok(*algorithm);
    }
    if let Some((.., what)) = OTHER.iter().find(|(of, name, _)| of.contains(&op) && *name == base) {
        return Err(Why::Differs(what));
    }
    if VENDOR.iter().any(|name| base.starts_with(name)) {
        return Err(Why::Vendor);
    }
    let other = OTHER.iter().filter(|(of, ..)| of.contains(&op)).map(|(_, name, _)| *name);
    Err(Why::Unknown(nearest(base, names(op).chain(other))))
}

/// The base names of an operation that are an algorithm.
pub(super) fn names(op: Op) -> impl Iterator<Item = &'static str> {
    SAME.iter().filter(move |(of, ..)| *of == op).map(|(_, name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::algo::ops;

    #[test]
    fn every_algorithm_named_does_the_operation() {
        for (op, name, algorithm) in SAME {
            assert!(ops(*algorithm).contains(op), "{name} of {op}");
        }
    }
}
