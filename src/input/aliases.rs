//! Words that other tools use for what is called otherwise here, for hints only.

/// `(what others say, what it is called here)`.
const ALIASES: &[(&str, &str)] = &[
    ("topology", "fabric"),
    ("topo", "fabric"),
    ("network", "fabric"),
    ("family", "template"),
    ("algo", "algorithm"),
    ("algorithms", "algorithm"),
    ("operation", "op"),
    ("collectives", "collective"),
    ("bytes", "size"),
    ("bw", "bandwidth"),
    ("speed", "bandwidth"),
    ("rate", "bandwidth"),
    ("delay", "latency"),
    ("src", "from"),
    ("source", "from"),
    ("dst", "to"),
    ("destination", "to"),
    ("target", "to"),
    ("nodes", "node"),
    ("links", "link"),
    ("width", "lanes"),
    ("backend", "engine"),
    ("simulator", "engine"),
    ("parameters", "params"),
    ("include", "file"),
    ("path", "file"),
    ("allreduce", "all-reduce"),
    ("allgather", "all-gather"),
    ("reducescatter", "reduce-scatter"),
    ("alltoall", "all-to-all"),
    ("alltoallv", "all-to-all-v"),
    ("bcast", "broadcast"),
    ("sendrecv", "send-recv"),
    ("tree", "double-tree"),
    ("rabenseifner", "halving-doubling"),
    ("accelerator", "gpu"),
    ("tor", "leaf"),
    ("ib", "infiniband"),
    ("plane", "rail"),
    ("fattree", "fat-tree"),
    ("clos", "fat-tree"),
    ("star", "single-switch"),
    ("utilization", "utilisation"),
    ("adaptive-routing", "adaptive"),
];

/// What `name` is called here.
pub(super) fn alias(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    ALIASES.iter().find(|(other, _)| *other == name).map(|(_, here)| *here)
}
