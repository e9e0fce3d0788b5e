//! From a measured file to the scenarios that predict it: its system, its library, the algorithm of each row.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::folder::MeasuredFile;
use super::names::{Implementation, Named, NcclChoice, named};
use super::predict::{Group, Run};
use super::prediction::{FilePrediction, UnpredictedPoint};
use super::system::{HostKind, Scaleup, System, map};
use crate::collective::{Algorithm, Op};
use crate::engine::Steps;
use crate::exchange::{Measured, Placement, measured, placement};
use crate::input::stack::builtin;
use crate::result::{PointPrediction, RunFacts, SkippedFile};
use crate::run::{CollectiveSpec, Scenario};
use crate::stack::{Overrides, Profile, Protocol, Stack, Version};
use crate::units::Bytes;

/// The profile of a library on some hardware, and what the generation is called in groups.
fn profile_of(measured: &Measured, system: &System) -> Result<(&'static str, String), String> {
    let library = measured.header.get("library").map_or("", String::as_str);
    let net = system.adapters.as_ref().map_or("none", |adapters| adapters.net);
    match (library, &system.host) {
        ("mpi", host) => {
            let device = matches!(host, HostKind::Accelerator(_));
            match net {
                "infiniband" | "omnipath" | "roce" if device => {
                    Ok(("mpi-infiniband-device", "MPI InfiniBand, device memory".into()))
                }
                "infiniband" | "omnipath" | "roce" => Ok(("mpi-infiniband", "MPI InfiniBand".into())),
                "slingshot" => Ok(("mpi-slingshot", "MPI Slingshot".into())),
                "tofud" => Ok(("mpi-tofud", "MPI TofuD".into())),
                other => Err(format!("no profile of `mpi` over `{other}` is known")),
            }
        }
        ("nccl" | "rccl", HostKind::Accelerator(product)) => {
            if matches!(system.scaleup, Scaleup::Pcie) {
                return Ok(("nccl-pcie", product.name.into()));
            }
            match (product.name, product.nvlink) {
                ("V100", _) => Ok(("nccl-volta", "V100".into())),
                ("A100", _) => Ok(("nccl-ampere", "A100".into())),
                (_, Some(4)) => Ok(("nccl-hopper", "H100/H200".into())),
                (_, Some(5)) => Ok(("nccl-blackwell", "B200/GB200".into())),
                (name, None) if name.starts_with("MI") => Ok(("rccl-mi300x", "MI300X".into())),
                (name, _) => Ok(("nccl-pcie", name.into())),
            }
        }
        ("mscclpp", _) => Err("the kernels of `mscclpp` are its own and have no profile".into()),
        (library, _) => Err(format!("no profile of `{library}` on this memory is known")),
    }
}

/// What a file says of its library and how it was run.
fn stack_of(measured: &Measured, system: &System, profile: Profile) -> Result<Stack, String> {
    let mut stack = Stack::new(profile);
    let key = |name: &str| measured.header.get(name).map_or("", String::as_str);
    if let Some(version) = Version::parse(key("library_version")) {
        stack.version = version;
    }
    stack.shared_process = key("procs") == "per-node";
    stack.overrides = Overrides {
        protocol: match key("protocol_forced") {
            "" | "none" | "unknown" => None,
            name => Some(
                Protocol::ALL
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, protocol)| *protocol)
                    .ok_or_else(|| {
                        format!("`protocol_forced` is `{name}`, expected `ll`, `ll128` or `simple`")
                    })?,
            ),
        },
        min_channels: measured.count("channels")?.value(),
        rails: system.adapters.as_ref().and_then(|adapters| adapters.rails_of_a_message),
        ..Overrides::default()
    };
    Ok(stack)
}

/// What was asked of the library in rows without a name of their own.
fn forced(measured: &Measured) -> Result<Named, String> {
    let name = measured.header.get("algorithm_forced").map_or("none", String::as_str);
    let library = measured.header.get("library").map_or("", String::as_str);
    let free = Named {
        algorithm: None,
        implementation: None,
        nccl: None,
        segment_bytes: None,
        ports: None,
        steps: if library == "mpi" { Steps::Lockstep } else { Steps::Receipt },
        extras: Vec::new(),
    };
    // The library has no choice to impose there.
    let sends = library != "mpi" && matches!(measured.op, Op::AllToAll | Op::AllToAllV | Op::SendRecv);
    match name {
        "none" | "unknown" | "" => Ok(free),
        _ if sends => Ok(free),
        name if library == "mpi" => {
            let algorithm = Algorithm::from_name(&name.replace('_', "-"));
            let algorithm =
                algorithm.ok_or_else(|| format!("`algorithm_forced` is `{name}`, which is not known"))?;
            Ok(Named { algorithm: Some(algorithm), ..free })
        }
        name => named(&format!("nccl_{}", name.replace('-', "")), measured.op)
            .map(|named| Named { steps: Steps::Receipt, ..named })
            .map_err(|unnamed| unnamed.why),
    }
}

/// The algorithm that a library runs when told to run another that it may not have here: NVLS-tree becomes rings where
/// switches do not reduce, what else is missing leaves the choice to the library.
fn told_to_run(named: &Named, op: Op, reduces: bool, domains: u32) -> Algorithm {
    let free = Algorithm::Auto;
    match named.nccl {
        None => named.algorithm.unwrap_or(free),
        Some(NcclChoice::Ring) => Algorithm::Ring,
        Some(NcclChoice::Tree) if op == Op::AllReduce => Algorithm::DoubleTree,
        Some(NcclChoice::NvlsTree) if op != Op::AllReduce => free,
        Some(NcclChoice::NvlsTree) if !reduces => Algorithm::Ring,
        Some(NcclChoice::NvlsTree) if domains > 1 => Algorithm::NvlsTree,
        Some(NcclChoice::Nvls) if reduces && domains == 1 => Algorithm::Nvls,
        Some(_) => free,
    }
}

/// Maps a measured run to scenarios, or says why that cannot be.
pub fn prepare(file: &MeasuredFile) -> Result<Run, SkippedFile> {
    let skipped = |why: String| SkippedFile { id: file.id.clone(), why };
    let measured =
        measured::read(&file.id, file.text.as_bytes()).map_err(|rejected| skipped(rejected.why()))?;
    let place = placement_of(file, &measured).map_err(skipped)?;
    let system = map(&measured, place.as_ref()).map_err(|unmapped| skipped(unmapped.why))?;
    let (profile, generation) = profile_of(&measured, &system).map_err(skipped)?;
    let constants = builtin(profile).ok_or_else(|| skipped(format!("there is no profile `{profile}`")))?;
    let stack = stack_of(&measured, &system, constants).map_err(skipped)?;
    let key = |name: &str| measured.header.get(name).cloned().unwrap_or_default();
    let mut told = FilePrediction {
        run: RunFacts {
            id: measured.id.clone(),
            generation,
            collective: measured.op.name().into(),
            servers: measured.nodes,
            ranks: measured.ranks,
            software: key("library"),
            memory: key("memory"),
            healthy: key("healthy"),
            trust: key("trust"),
            source: key("source"),
            bus_factor: measured.op.bus_factor(measured.ranks),
            assumed: system.assumed.iter().map(|key| (*key).to_owned()).collect(),
        },
        points: Vec::new(),
        skipped_points: measured
            .skipped
            .iter()
            .map(|point| UnpredictedPoint {
                bytes: point.bytes.unwrap_or(0),
                algorithm: point.algorithm.clone().unwrap_or_default(),
                why: point.why.clone(),
            })
            .collect(),
    };
    let reduces = system.reduces_in_switch;
    let domains = measured.ranks.div_ceil(system.domain.max(1));
    let fabric = Arc::new(system.fabric.clone());
    let mut asked: BTreeMap<String, Result<(Algorithm, Steps), String>> = BTreeMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for point in &measured.points {
        let name = point.algorithm.clone().unwrap_or_default();
        let asked = asked.entry(name.clone()).or_insert_with(|| {
            let named = match name.as_str() {
                "" => forced(&measured)?,
                name => named(name, measured.op).map_err(|unnamed| unnamed.why)?,
            };
            if let Some(ports) = named.ports.filter(|ports| *ports > 1) {
                return Err(format!("{ports} interfaces at once are not modelled"));
            }
            // Rows of another library than the file's have no constants.
            let foreign = !matches!(named.implementation, None | Some(Implementation::Nccl));
            if matches!(key("library").as_str(), "nccl" | "rccl") && foreign {
                return Err("it ran on another library than the file names".into());
            }
            if named.algorithm.is_none() && named.implementation == Some(Implementation::Fujitsu) {
                return Err("which algorithm the vendor's library chose is not told".into());
            }
            let asked = told_to_run(&named, measured.op, reduces, domains);
            // What a library of MPI chooses are exchanges that wait for both ends.
            let chosen = key("library") == "mpi" && asked == Algorithm::Auto;
            Ok((asked, if chosen { Steps::Lockstep } else { named.steps }))
        });
        let group = asked.clone().map(|(algorithm, steps)| {
            let same = |group: &Group| {
                let spec = &group.scenario.collectives[0];
                spec.algorithms == [algorithm] && spec.steps == steps
            };
            // Names that come to the same are played once.
            let at = groups.iter().position(same).unwrap_or_else(|| {
                let mut spec = CollectiveSpec::new(measured.op, algorithm, system.rank_nodes.clone());
                spec.steps = steps;
                let (fabric, stack) = (Arc::clone(&fabric), Some(stack.clone()));
                let scenario = Scenario::of_one(&measured.id, fabric, stack, spec);
                groups.push(Group { scenario, points: Vec::new() });
                groups.len() - 1
            });
            &mut groups[at]
        });
        match group {
            Err(why) => {
                let bytes = point.bytes;
                told.skipped_points.push(UnpredictedPoint { bytes, algorithm: name, why });
            }
            Ok(group) => {
                let bytes = Bytes(point.bytes);
                group.points.push((told.points.len(), bytes));
                let sizes = &mut group.scenario.collectives[0].sizes;
                if !sizes.contains(&bytes) {
                    sizes.push(bytes);
                }
                let measured_us = point.time_us;
                told.points.push(PointPrediction {
                    bytes: point.bytes,
                    algorithm: name,
                    measured_us,
                    predicted_us: f64::NAN,
                });
            }
        }
    }
    Ok(Run::new(told, profile, groups))
}

/// The placement that a file names, in the folder beside it.
fn placement_of(file: &MeasuredFile, measured: &Measured) -> Result<Option<Placement>, String> {
    let Some(name) = measured.header.get("placement").filter(|name| *name != "none" && *name != "unknown")
    else {
        return Ok(None);
    };
    if Path::new(name).components().count() != 1 {
        return Err(format!("`placement` is `{name}`, expected the name of a file in `pico_alloc`"));
    }
    let path = file.path.parent().unwrap_or(Path::new("")).join("pico_alloc").join(name);
    let bytes =
        fs::read(&path).map_err(|error| format!("cannot read its placement `pico_alloc/{name}`: {error}"))?;
    placement::read(name, &bytes)
        .map(Some)
        .map_err(|rejected| format!("placement `{name}`: {}", rejected.why()))
}
