//! Names in the `algorithm` column of measured files.
//!
//! A name is a base with the library that ran it: `ring_ompi`, `recursive_doubling_over`, `default-bruck`, `nccl_ring`, or
//! `RING-B_CONT-UTOFU-0-6`. A base is mapped only to an algorithm that does the same transfers; where none does, the row is
//! to be left out, with the reason.

mod bases;

use crate::collective::{Algorithm, Op};
use crate::engine::Steps;
use crate::exchange::{listed, quoted};

/// What ran an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Implementation {
    /// Open MPI's own (`_ompi`).
    OpenMpi,
    /// MPICH's own, or one derived from it (`_mpich`).
    Mpich,
    /// Written over plain sends and receives of the MPI (`_over`, `-MPI-`).
    Over,
    /// The MPI of Fugaku (`default-NAME`).
    Fujitsu,
    /// Written on the interface of the Tofu network (`-UTOFU-`).
    Utofu,
    /// NCCL (`nccl_NAME`).
    Nccl,
}

impl Implementation {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenMpi => "Open MPI",
            Self::Mpich => "MPICH",
            Self::Over => "sends and receives of MPI",
            Self::Fujitsu => "the MPI of Fugaku",
            Self::Utofu => "uTofu",
            Self::Nccl => "NCCL",
        }
    }
}

/// What NCCL was told to use, by the name in the file; it may have run something else where it could not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NcclChoice {
    /// Rings.
    Ring,
    /// Double binary trees over nodes.
    Tree,
    /// Multicast and reduction in NVSwitches.
    Nvls,
    /// The same inside nodes, with trees between them.
    NvlsTree,
    /// Reduction in the network, either of the next two.
    CollNet,
    /// Reduction in the network, everybody to everybody inside nodes.
    CollNetDirect,
    /// Reduction in the network, chains inside nodes.
    CollNetChain,
    /// Parallel aggregated trees.
    Pat,
}

/// A name that is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The algorithm; `None` where the library chose, or where `nccl` says what no algorithm here does.
    pub algorithm: Option<Algorithm>,
    /// What ran it; `None` where a bare `default` does not tell.
    pub implementation: Option<Implementation>,
    /// What NCCL was told.
    pub nccl: Option<NcclChoice>,
    /// Network interfaces in use at once, where the name sets them.
    pub ports: Option<u32>,
    /// When a rank goes on to its next step.
    pub steps: Steps,
}

/// A name that leads to no algorithm here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unnamed {
    /// Why, in one sentence.
    pub why: String,
}

impl Unnamed {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
}

/// Reads a name of the `algorithm` column for an operation.
///
/// # Errors
/// Where the name is not understood, or nothing here does what it names.
pub fn named(name: &str, op: Op) -> Result<Named, Unnamed> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Unnamed::new("the name is empty"));
    }
    if let Some(choice) = name.strip_prefix("nccl_") {
        return nccl(choice, op);
    }
    let dashes: Vec<&str> = name.split('-').collect();
    if let [base, variant, library @ ("UTOFU" | "MPI"), segment, ports] = dashes[..] {
        return own(&Own { name, base, variant, software: library, segment, ports }, op);
    }
    let lower = name.to_ascii_lowercase();
    if let Some(base) = lower.strip_prefix("default-") {
        return of_library(name, base, Implementation::Fujitsu, op);
    }
    if lower.starts_with("hier_") {
        return Err(Unnamed::new(format!("how {} goes through the levels is not published", quoted(name))));
    }
    for (suffix, implementation) in [
        ("_ompi", Implementation::OpenMpi),
        ("_mpich", Implementation::Mpich),
        ("_over", Implementation::Over),
    ] {
        if let Some(base) = lower.strip_suffix(suffix) {
            return of_library(name, base, implementation, op);
        }
    }
    if lower == "default" {
        return Ok(Named::chosen(None));
    }
    Err(Unnamed::new(format!(
        "{} does not end in a library such as `_ompi`, `_mpich` or `_over`",
        quoted(name)
    )))
}

impl Named {
    /// The library's own choice.
    pub(super) const fn chosen(implementation: Option<Implementation>) -> Self {
        Self { algorithm: None, implementation, nccl: None, ports: None, steps: Steps::Receipt }
    }
}

/// A base name of a library.
fn of_library(name: &str, base: &str, implementation: Implementation, op: Op) -> Result<Named, Unnamed> {
    let base = base.replace('-', "_");
    // Of the nonblocking form of the operation the library chooses the algorithm too.
    if base == "default" || base == "non_blocking" {
        return Ok(Named::chosen(Some(implementation)));
    }
    let algorithm = bases::algorithm(&base, op).map_err(|why| reason(name, op, why))?;
    Ok(Named { algorithm: Some(algorithm), steps: steps(algorithm), ..Named::chosen(Some(implementation)) })
}

fn reason(name: &str, op: Op, why: bases::Why) -> Unnamed {
    let name = quoted(name);
    match why {
        bases::Why::Differs(what) => {
            Unnamed::new(format!("no algorithm of `{op}` here does as {name}: {what}"))
        }
        bases::Why::Vendor => {
            Unnamed::new(format!("{name} is the vendor's own, without a public description"))
        }
        bases::Why::Unknown(Some(near)) => {
            Unnamed::new(format!("{name} is no known algorithm of `{op}`; did you mean `{near}`?"))
        }
        bases::Why::Unknown(None) => Unnamed::new(format!(
            "{name} is no known algorithm of `{op}`; known are {}",
            listed(bases::names(op))
        )),
    }
}

/// Exchanges of MPI libraries wait for the send and the receive of a step together; whoever forwards along a tree or chain,
/// or has posted all its messages, waits for what it needs.
const fn steps(algorithm: Algorithm) -> Steps {
    match algorithm {
        Algorithm::Ring
        | Algorithm::RecursiveDoubling
        | Algorithm::HalvingDoubling
        | Algorithm::Bruck
        | Algorithm::Pairwise => Steps::Lockstep,
        _ => Steps::Receipt,
    }
}

/// What NCCL may be told to run, with the algorithm where it is one of those here.
const NCCL: [(&str, NcclChoice, Option<Algorithm>); 8] = [
    ("ring", NcclChoice::Ring, Some(Algorithm::Ring)),
    ("tree", NcclChoice::Tree, Some(Algorithm::DoubleTree)),
    ("nvls", NcclChoice::Nvls, None),
    ("nvlstree", NcclChoice::NvlsTree, None),
    ("collnet", NcclChoice::CollNet, None),
    ("collnetdirect", NcclChoice::CollNetDirect, None),
    ("collnetchain", NcclChoice::CollNetChain, None),
    ("pat", NcclChoice::Pat, None),
];

fn nccl(choice: &str, op: Op) -> Result<Named, Unnamed> {
    if choice.eq_ignore_ascii_case("default") {
        return Ok(Named::chosen(Some(Implementation::Nccl)));
    }
    let known = NCCL.into_iter().find(|(name, ..)| choice.eq_ignore_ascii_case(name));
    let Some((_, nccl, algorithm)) = known else {
        let names = NCCL.into_iter().map(|(name, ..)| name);
        return Err(Unnamed::new(format!(
            "NCCL has no algorithm {}; known are {}",
            quoted(choice),
            listed(names)
        )));
    };
    if nccl == NcclChoice::Tree && op != Op::AllReduce {
        return Err(Unnamed::new(format!("NCCL has trees for `all-reduce` only, not for `{op}`")));
    }
    Ok(Named { algorithm, nccl: Some(nccl), ..Named::chosen(Some(Implementation::Nccl)) })
}

/// The parts of `NAME-VARIANT-LIBRARY-SEGMENT-PORTS`.
struct Own<'a> {
    name: &'a str,
    base: &'a str,
    variant: &'a str,
    software: &'a str,
    segment: &'a str,
    ports: &'a str,
}

fn own(own: &Own<'_>, op: Op) -> Result<Named, Unnamed> {
    let number = |text: &str, what: &str| {
        text.parse::<u64>().map_err(|_| {
            Unnamed::new(format!("{} has {} where {what} is expected", quoted(own.name), quoted(text)))
        })
    };
    number(own.segment, "the bytes of a segment")?;
    let count = number(own.ports, "a number of ports")?;
    let ports = u32::try_from(count).ok().filter(|ports| (1..=64).contains(ports));
    let ports = ports
        .ok_or_else(|| Unnamed::new(format!("{} uses {count} ports, expected 1 to 64", quoted(own.name))))?;
    // Words after the form, such as `CONT`, change nothing of the algorithm.
    let variant = own.variant.strip_prefix("VEC_").unwrap_or(own.variant);
    let form = variant.split('_').next().unwrap_or_default();
    // `L` sends whole vectors in few steps, `B` parts of them in many; the forms of vectors are those of the halves of `B`.
    let base = match (own.base, form) {
        ("RECDOUB", "L") => "recursive_doubling",
        ("RECDOUB", "B") => "rabenseifner",
        ("RECDOUB", "HALVING") => "recursive_halving",
        ("RECDOUB", "DOUBLING") => "recursive_doubling",
        ("RING", "B" | "HALVING" | "DOUBLING") => "ring",
        ("BRUCK", "LOG") => "bruck",
        _ => {
            let form = format!("{}-{}", own.base, own.variant);
            return Err(Unnamed::new(format!(
                "{} is no known form of an algorithm; known are `RECDOUB-L`, `RECDOUB-B`, `RING-B` and `BRUCK-LOG`",
                quoted(&form)
            )));
        }
    };
    let algorithm = bases::algorithm(base, op).map_err(|why| reason(own.name, op, why))?;
    let implementation = if own.software == "UTOFU" { Implementation::Utofu } else { Implementation::Over };
    Ok(Named {
        algorithm: Some(algorithm),
        ports: Some(ports),
        steps: steps(algorithm),
        ..Named::chosen(Some(implementation))
    })
}
