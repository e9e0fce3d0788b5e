//! From names in the `algorithm` column to algorithms.

use railspine::collective::{Algorithm, Op};
use railspine::engine::Steps;
use railspine::validate::names::{Implementation, NcclChoice, named};

#[test]
fn names_lead_to_algorithms() {
    use Algorithm as A;
    use Implementation as I;
    use Op::{AllGather, AllReduce, AllToAll, Broadcast, Reduce, ReduceScatter};
    let cases = [
        (AllReduce, "ring_ompi", Some(A::Ring), Some(I::OpenMpi), Steps::Lockstep),
        (AllReduce, "ring_over", Some(A::Ring), Some(I::Over), Steps::Lockstep),
        (AllReduce, "recursive_doubling_mpich", Some(A::RecursiveDoubling), Some(I::Mpich), Steps::Lockstep),
        (AllReduce, "rabenseifner_ompi", Some(A::HalvingDoubling), Some(I::OpenMpi), Steps::Lockstep),
        (AllReduce, "default_ompi", None, Some(I::OpenMpi), Steps::Receipt),
        (AllReduce, "default-default", None, Some(I::Fujitsu), Steps::Receipt),
        (AllReduce, "default", None, None, Steps::Receipt),
        (AllReduce, "non_blocking_mpich", None, Some(I::Mpich), Steps::Receipt),
        (
            AllReduce,
            "default-recursive_doubling",
            Some(A::RecursiveDoubling),
            Some(I::Fujitsu),
            Steps::Lockstep,
        ),
        (AllGather, "brucks_mpich", Some(A::Bruck), Some(I::Mpich), Steps::Lockstep),
        (
            AllGather,
            "default-recursive-doubling",
            Some(A::RecursiveDoubling),
            Some(I::Fujitsu),
            Steps::Lockstep,
        ),
        (
            ReduceScatter,
            "default-recursive-halving",
            Some(A::HalvingDoubling),
            Some(I::Fujitsu),
            Steps::Lockstep,
        ),
        (ReduceScatter, "pairwise_mpich", Some(A::Pairwise), Some(I::Mpich), Steps::Lockstep),
        (AllToAll, "default-linear", Some(A::Direct), Some(I::Fujitsu), Steps::Receipt),
        (AllToAll, "pairwise_ompi", Some(A::Pairwise), Some(I::OpenMpi), Steps::Lockstep),
        (AllToAll, "default-modified-bruck", Some(A::Bruck), Some(I::Fujitsu), Steps::Lockstep),
        (Broadcast, "default-basic-linear", Some(A::Direct), Some(I::Fujitsu), Steps::Receipt),
        (Broadcast, "binomial_ompi", Some(A::Binomial), Some(I::OpenMpi), Steps::Receipt),
        (Broadcast, "pipeline_ompi", Some(A::Chain), Some(I::OpenMpi), Steps::Receipt),
        (Broadcast, "scatter_allgather_ompi", Some(A::HalvingDoubling), Some(I::OpenMpi), Steps::Lockstep),
        (Reduce, "rabenseifner_mpich", Some(A::HalvingDoubling), Some(I::Mpich), Steps::Lockstep),
        (Reduce, "binomial_mpich", Some(A::Binomial), Some(I::Mpich), Steps::Receipt),
    ];
    for (op, name, algorithm, implementation, steps) in cases {
        let found = named(name, op).unwrap();
        assert_eq!(
            (found.algorithm, found.implementation, found.steps),
            (algorithm, implementation, steps),
            "{name}"
        );
    }
}

#[test]
fn names_of_the_network_interface_tell_ports() {
    let found = named("RECDOUB-B_CONT-UTOFU-65536-3", Op::AllReduce).unwrap();
    assert_eq!(
        (found.algorithm, found.implementation),
        (Some(Algorithm::HalvingDoubling), Some(Implementation::Utofu))
    );
    assert_eq!(found.ports, Some(3));
    let latency = named("RECDOUB-L-UTOFU-0-1", Op::AllReduce).unwrap();
    assert_eq!(latency.algorithm, Some(Algorithm::RecursiveDoubling));
    let gather = named("RING-VEC_DOUBLING_CONT_PERMUTE-UTOFU-0-6", Op::AllGather).unwrap();
    assert_eq!((gather.algorithm, gather.ports), (Some(Algorithm::Ring), Some(6)));
    let scatter = named("RECDOUB-VEC_HALVING_CONT-UTOFU-0-6", Op::ReduceScatter).unwrap();
    assert_eq!(scatter.algorithm, Some(Algorithm::HalvingDoubling));
    let bruck = named("BRUCK-LOG-MPI-0-1", Op::AllToAll).unwrap();
    assert_eq!((bruck.algorithm, bruck.implementation), (Some(Algorithm::Bruck), Some(Implementation::Over)));
}

#[test]
fn names_of_nccl_keep_their_own_meaning() {
    let choices = [
        ("tree", NcclChoice::Tree, Some(Algorithm::DoubleTree)),
        ("nvlstree", NcclChoice::NvlsTree, None),
        ("pat", NcclChoice::Pat, None),
    ];
    for (name, nccl, algorithm) in choices {
        let found = named(&format!("nccl_{name}"), Op::AllReduce).unwrap();
        assert_eq!((found.nccl, found.algorithm), (Some(nccl), algorithm), "{name}");
        assert_eq!(found.implementation, Some(Implementation::Nccl));
    }
    assert_eq!(named("nccl_default", Op::AllReduce).unwrap().nccl, None);
}

#[test]
fn names_without_an_algorithm_say_why() {
    use Op::{AllGather, AllReduce, Broadcast};
    let cases = [
        (AllReduce, "", "the name is empty".to_owned()),
        (AllReduce, "ring", "`ring` does not end in a library such as `_ompi`, `_mpich` or `_over`".into()),
        (
            AllReduce,
            "rings_ompi",
            "`rings_ompi` is no known algorithm of `all-reduce`; did you mean `ring`?".into(),
        ),
        (AllReduce, "xyzzy_ompi", "`xyzzy_ompi` is no known algorithm of `all-reduce`; known are `ring`, `recursive_doubling`, `rabenseifner`, \
             `reduce_scatter_allgather`"
                .into()),
        (Broadcast, "ring_ompi", "`ring_ompi` is no known algorithm of `broadcast`; known are `binomial`, `linear`, `basic_linear`, `pipeline`, \
             `scatter_allgather`, `scatter_recursive_doubling_allgather`"
                .into()),
        (
            AllReduce,
            "default-trix6",
            "`default-trix6` is the vendor's own, without a public description".into(),
        ),
        (AllReduce, "hier_bw_mpi", "how `hier_bw_mpi` goes through the levels is not published".into()),
        (AllReduce, "nccl_magic", "NCCL has no algorithm `magic`; known are `ring`, `tree`, `nvls`, `nvlstree`, `collnet`, `collnetdirect`, \
             `collnetchain`, `pat`"
                .into()),
        (AllGather, "nccl_tree", "NCCL has trees for `all-reduce` only, not for `all-gather`".into()),
        (
            AllReduce,
            "RING-B_CONT-UTOFU-x-6",
            "`RING-B_CONT-UTOFU-x-6` has `x` where the bytes of a segment is expected".into(),
        ),
        (
            AllReduce,
            "RING-B_CONT-UTOFU-0-many",
            "`RING-B_CONT-UTOFU-0-many` has `many` where a number of ports is expected".into(),
        ),
        (AllReduce, "RING-B-UTOFU-0-0", "`RING-B-UTOFU-0-0` uses 0 ports, expected 1 to 64".into()),
        (AllReduce, "SWING-B_CONT-UTOFU-0-6", "`SWING-B_CONT` is no known form of an algorithm; known are `RECDOUB-L`, `RECDOUB-B`, `RING-B` and `BRUCK-LOG`"
                .into()),
    ];
    for (op, name, why) in cases {
        assert_eq!(named(name, op).unwrap_err().why, why);
    }
}

#[test]
fn names_of_other_algorithms_say_how_these_go() {
    use Op::{AllGather, AllReduce, AllToAll, Broadcast, Reduce, ReduceScatter};
    let others = [
        (
            AllReduce,
            "default-basic_linear",
            "a reduce at one rank from all others, then a broadcast from it to all",
        ),
        (
            AllReduce,
            "default-nonoverlapping",
            "a reduce, then a broadcast, each by an algorithm that the library chooses",
        ),
        (AllReduce, "allgather_reduce_ompi", "every rank gathers all vectors and adds them up itself"),
        (AllReduce, "ring_segmented_ompi", "a ring whose blocks go in segments, one round after the other"),
        (AllGather, "neighbor_ompi", "pairs of neighbours exchange, in alternating directions"),
        (AllGather, "default-linear", "a gather at one rank, then a broadcast from it"),
        (
            ReduceScatter,
            "default-non-overlapping",
            "a reduce, then a scatter, each by an algorithm that the library chooses",
        ),
        (ReduceScatter, "butterfly_ompi", "partners exchange in the order of reversed bits"),
        (AllToAll, "default-linear-sync", "sends to everybody with a limited number under way"),
        (Broadcast, "chain_ompi", "several chains side by side, as many as the library chooses"),
        (Broadcast, "default-binary-tree", "one binary tree, pipelined"),
        (
            Broadcast,
            "default-split-binary-tree",
            "the halves of the data go down the halves of one binary tree",
        ),
        (Broadcast, "knomial_ompi", "a tree of radix 4"),
        (Broadcast, "scatter_allgather_ring_ompi", "a binomial scatter, then a ring all-gather"),
        (Reduce, "in_order_binary_ompi", "one binary tree over the ranks in order, pipelined"),
    ];
    for (op, name, what) in others {
        let why = format!("no algorithm of `{op}` here does as `{name}`: {what}");
        assert_eq!(named(name, op).unwrap_err().why, why);
    }
}
