//! The library that ran a measured file: its profile on that hardware, and how it was run.

use super::system::{self, HostKind, Scaleup, System};
use crate::exchange::{Given, Measured, quoted};
use crate::stack::{Library, Overrides, PROCESSES, Profile, Protocol, Stack, Version};

/// What the key `library` may hold; what has no model is `None`.
const LIBRARIES: [(&str, Option<Library>); 4] = [
    ("mpi", Some(Library::Mpi)),
    ("nccl", Some(Library::Nccl)),
    ("rccl", Some(Library::Rccl)),
    ("mscclpp", None),
];

/// The library of a file.
///
/// # Errors
/// Where the header does not name one, or one that is not modelled.
pub(super) fn library(measured: &Measured) -> Result<Library, String> {
    match system::word(measured, "library", &LIBRARIES).map_err(|unmapped| unmapped.why)? {
        Given::Is(Some(library)) => Ok(library),
        Given::Is(None) => {
            Err("`library` is `mscclpp`, whose kernels are its own: no profile describes them, so \
                                nothing can be predicted"
                .into())
        }
        Given::Nothing | Given::Unknown => {
            Err("the header has no `library`, which says what ran: expected `mpi`, `nccl` or `rccl`".into())
        }
    }
}

/// The built-in profile of a library on some hardware, and what the generation is called in groups.
///
/// # Errors
/// Where no constants are known of it there.
pub(super) fn profile_of(library: Library, system: &System) -> Result<(&'static str, String), String> {
    match (library, &system.host) {
        (Library::Mpi, host) => mpi(matches!(host, HostKind::Accelerator(_)), system),
        (_, HostKind::Memory { .. }) => Err(format!(
            "`library` is `{}`, but buffers are in host memory, where only `mpi` is known",
            library.name()
        )),
        (_, HostKind::Accelerator(product)) => {
            let (profile, generation) = product.profile(system.scaleup == Scaleup::Pcie);
            Ok((profile, generation.into()))
        }
    }
}

/// The profile of MPI over the network of a system.
fn mpi(device: bool, system: &System) -> Result<(&'static str, String), String> {
    const KNOWN: &str =
        "constants of `mpi` are known only over `infiniband`, `omnipath`, `roce`, `slingshot` and `tofud`";
    let Some(adapters) = &system.adapters else {
        return Err(format!("all ranks share a node or a scale-up domain, but {KNOWN}"));
    };
    match adapters.net {
        "infiniband" | "omnipath" | "roce" if device => {
            Ok(("mpi-infiniband-device", "MPI InfiniBand, device memory".into()))
        }
        "infiniband" | "omnipath" | "roce" => Ok(("mpi-infiniband", "MPI InfiniBand".into())),
        "slingshot" => Ok(("mpi-slingshot", "MPI Slingshot".into())),
        "tofud" => Ok(("mpi-tofud", "MPI TofuD".into())),
        other => Err(format!("`net` is `{other}`, but {KNOWN}")),
    }
}

/// The release of a library, if the file tells one.
fn version(measured: &Measured) -> Option<Version> {
    measured.key("library_version").value().and_then(Version::parse)
}

/// Whether one process drove all accelerators of a node, if the file tells it.
fn shared_process(measured: &Measured) -> Option<bool> {
    let text = measured.key("procs").value()?;
    PROCESSES.into_iter().find_map(|(name, shared)| text.eq_ignore_ascii_case(name).then_some(shared))
}

/// Keys of how a library was run that a file leaves open or says in words that are not known, and what was taken for them:
/// the newest release, a process to each accelerator.
pub(super) fn assumed(measured: &Measured, library: Library) -> Vec<(&'static str, String)> {
    let newest = Version::NEWEST.to_string();
    [
        ("library_version", version(measured).is_none(), newest.as_str()),
        ("procs", shared_process(measured).is_none(), "a process to each accelerator"),
    ]
    .into_iter()
    .filter(|(_, open, _)| *open && library.chooses_as_nccl())
    .map(|(key, _, taken)| {
        let told = match measured.key(key) {
            Given::Is(text) => format!("`{key}` is {}, which is not known", quoted(text)),
            Given::Nothing | Given::Unknown => format!("`{key}` is not known"),
        };
        (key, format!("{told}; {taken} is assumed"))
    })
    .collect()
}

/// What a file says of its library and how it was run.
///
/// # Errors
/// Where a key holds what is not known.
pub(super) fn stack_of(measured: &Measured, system: &System, profile: Profile) -> Result<Stack, String> {
    let mut stack = Stack::new(profile);
    stack.version = version(measured).unwrap_or(stack.version);
    stack.shared_process = shared_process(measured).unwrap_or(stack.shared_process);
    stack.overrides = Overrides {
        protocol: system::word(measured, "protocol_forced", &Protocol::ALL)
            .map_err(|unmapped| unmapped.why)?
            .value(),
        min_channels: match measured.count("channels")? {
            Given::Is(0) => return Err("`channels` is 0, expected 1 or more, or `none`".into()),
            given => given.value(),
        },
        rails: system.adapters.as_ref().and_then(|adapters| adapters.rails_of_a_message),
        ..Overrides::default()
    };
    Ok(stack)
}
