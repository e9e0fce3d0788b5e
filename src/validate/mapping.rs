//! From a measured file to the scenarios that predict it: its system, its library, the algorithm of each row.

use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::sync::Arc;

use super::folder::MeasuredFile;
use super::library::{assumed, library, profile_of, stack_of};
use super::names::{Implementation, Named, NcclChoice, named};
use super::predict::{Group, Run};
use super::prediction::{FilePrediction, UnpredictedPoint};
use super::system::{System, map};
use crate::collective::{Algorithm, Op};
use crate::diag::nearest;
use crate::engine::Steps;
use crate::exchange::{Given, Measured, Placement, measured, placement, quoted};
use crate::input::read_bytes;
use crate::input::stack::builtin;
use crate::result::{PointPrediction, RunFacts, SkippedFile};
use crate::run::{CollectiveSpec, Scenario};
use crate::stack::{Library, Stack};
use crate::units::Bytes;

/// The folder beside measured files that holds their placements.
const PLACEMENTS: &str = "pico_alloc";

/// Maps a measured run to scenarios.
///
/// # Errors
/// Why that cannot be, in one sentence.
pub fn prepare(file: &MeasuredFile) -> Result<Run, SkippedFile> {
    prepared(file).map_err(|why| SkippedFile { id: file.id.clone(), why })
}

fn prepared(file: &MeasuredFile) -> Result<Run, String> {
    let measured = measured::read(&file.id, &file.bytes).map_err(|rejected| rejected.why())?;
    let place = placement_of(file, &measured)?;
    let system = map(&measured, place.as_ref()).map_err(|unmapped| unmapped.why)?;
    let library = library(&measured)?;
    let (profile, generation) = profile_of(library, &system)?;
    let constants = builtin(profile).ok_or_else(|| format!("there is no profile `{profile}`"))?;
    let stack = stack_of(&measured, &system, constants)?;
    let (keys, taken): (Vec<&str>, Vec<String>) = assumed(&measured, library).into_iter().unzip();
    let mut told = told_of(&measured, library, profile, generation);
    told.run.system.clone_from(&system.description);
    told.run.assumed = system.assumed.iter().copied().chain(keys).map(str::to_owned).collect();
    told.run.notes = [measured.notes.as_slice(), &system.notes, &taken].concat();
    let mut rows = Rows::new(&measured, system, library, stack);
    for point in &measured.points {
        let name = point.algorithm.as_deref().unwrap_or_default();
        match rows.add(name, Bytes(point.bytes), told.points.len()) {
            Ok(()) => told.points.push(PointPrediction {
                bytes: point.bytes,
                algorithm: name.into(),
                measured_us: point.time_us,
                predicted_us: f64::NAN,
            }),
            Err(why) => {
                let algorithm = name.into();
                told.skipped_points.push(UnpredictedPoint { bytes: point.bytes, algorithm, why });
            }
        }
    }
    Ok(Run::new(told, rows.groups))
}

/// The placement that a file names, in the folder beside it.
fn placement_of(file: &MeasuredFile, measured: &Measured) -> Result<Option<Placement>, String> {
    let Given::Is(name) = measured.key("placement") else { return Ok(None) };
    // Measured files come from others: what they name must not lead out of the folder.
    let mut parts = Path::new(name).components();
    let plain = matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(only)), None) if only == name
    );
    if !plain {
        return Err(format!(
            "`placement` is {}, expected the name of a file in the folder `{PLACEMENTS}` beside this one",
            quoted(name)
        ));
    }
    let path = file.path.parent().unwrap_or(Path::new("")).join(PLACEMENTS).join(name);
    let bytes = read_bytes(&path).map_err(|why| {
        format!("cannot read the `placement` {} in the folder `{PLACEMENTS}`: {why}", quoted(name))
    })?;
    placement::read(name, &bytes)
        .map(Some)
        .map_err(|rejected| format!("the `placement` {}: {}", quoted(name), rejected.why()))
}

/// What is known of a run before anything is predicted.
fn told_of(measured: &Measured, library: Library, profile: &str, generation: String) -> FilePrediction {
    let key = |name: &str| measured.header.get(name).cloned().unwrap_or_default();
    let skipped = measured.skipped.iter().map(|point| UnpredictedPoint {
        bytes: point.bytes.unwrap_or(0),
        algorithm: point.algorithm.clone().unwrap_or_default(),
        why: point.why.clone(),
    });
    FilePrediction {
        run: RunFacts {
            id: measured.id.clone(),
            generation,
            collective: measured.op.name().into(),
            servers: measured.nodes,
            ranks: measured.ranks,
            software: library.name().into(),
            profile: profile.into(),
            memory: key("memory"),
            healthy: key("healthy"),
            trust: key("trust"),
            source: key("source"),
            bus_factor: measured.op.bus_factor(measured.ranks),
            system: String::new(),
            assumed: Vec::new(),
            notes: Vec::new(),
        },
        points: Vec::new(),
        skipped_points: skipped.collect(),
    }
}

/// The algorithm that rows of a name are played with, or why they cannot be.
type Asked = Result<(Algorithm, Steps), String>;

/// Rows of a file in groups of one scenario.
struct Rows<'a> {
    measured: &'a Measured,
    system: System,
    software: Library,
    stack: Stack,
    asked: BTreeMap<&'a str, Asked>,
    groups: Vec<Group>,
}

impl<'a> Rows<'a> {
    fn new(measured: &'a Measured, system: System, software: Library, stack: Stack) -> Self {
        Self { measured, system, software, stack, asked: BTreeMap::new(), groups: Vec::new() }
    }

    /// Adds the row of a name and size, which is that `point` of the run, to the group that predicts it.
    fn add(&mut self, name: &'a str, bytes: Bytes, point: usize) -> Result<(), String> {
        let asked = match self.asked.get(name) {
            Some(asked) => asked.clone(),
            None => {
                let asked = self.ask(name);
                self.asked.insert(name, asked.clone());
                asked
            }
        };
        let (algorithm, steps) = asked?;
        // Names that come to the same are played once.
        let at = self.groups.iter().position(|group| group.plays(algorithm, steps)).unwrap_or_else(|| {
            let mut spec = CollectiveSpec::new(self.measured.op, algorithm, self.system.rank_nodes.clone());
            spec.steps = steps;
            let (fabric, stack) = (Arc::clone(&self.system.fabric), Some(self.stack.clone()));
            self.groups.push(Group::new(Scenario::of_one(&self.measured.id, fabric, stack, spec)));
            self.groups.len() - 1
        });
        self.groups[at].add(point, bytes);
        Ok(())
    }

    fn ask(&self, name: &str) -> Asked {
        let op = self.measured.op;
        let named = match name {
            "" => forced(self.measured, self.software)?,
            name => named(name, op).map_err(|unnamed| unnamed.why)?,
        };
        if let Some(ports) = named.ports.filter(|ports| *ports > 1) {
            return Err(format!("it uses {ports} interfaces at once, of which only one is modelled"));
        }
        let mpi = self.software == Library::Mpi;
        // Rows of another library than the file's have no constants.
        if let Some(ran) = named.implementation.filter(|ran| mpi == (*ran == Implementation::Nccl)) {
            return Err(format!(
                "{} is of {}, but `library` is `{}`, whose constants say nothing of it",
                quoted(name),
                ran.name(),
                self.software.name()
            ));
        }
        if named.algorithm.is_none() && named.implementation == Some(Implementation::Fujitsu) {
            return Err(format!(
                "{} is what the vendor's library chose, which it does not tell",
                quoted(name)
            ));
        }
        let asked = told_to_run(&named, op, &self.system, self.measured.ranks);
        // What a library of MPI chooses are exchanges that wait for both ends.
        let chosen = mpi && asked == Algorithm::Auto;
        Ok((asked, if chosen { Steps::Lockstep } else { named.steps }))
    }
}

/// What was asked of the library in rows without a name of their own.
fn forced(measured: &Measured, library: Library) -> Result<Named, String> {
    let mpi = library == Library::Mpi;
    let free = Named { steps: if mpi { Steps::Lockstep } else { Steps::Receipt }, ..Named::chosen(None) };
    // The library has no choice to impose there.
    let sends = !mpi && matches!(measured.op, Op::AllToAll | Op::AllToAllV | Op::SendRecv);
    match measured.key("algorithm_forced") {
        Given::Nothing | Given::Unknown => Ok(free),
        Given::Is(_) if sends => Ok(free),
        Given::Is(name) if mpi => {
            let known = || Algorithm::ALL.iter().map(|algorithm| algorithm.name());
            let algorithm = Algorithm::from_name(&name.replace('_', "-")).ok_or_else(|| {
                let told = format!("`algorithm_forced` is {}, which is not known", quoted(name));
                match nearest(name, known()) {
                    Some(near) => format!("{told}; did you mean `{near}`?"),
                    None => format!("{told}; expected an algorithm such as `ring`, or `none`"),
                }
            })?;
            Ok(Named { algorithm: Some(algorithm), ..free })
        }
        Given::Is(name) => named(&format!("nccl_{}", name.replace('-', "")), measured.op)
            .map(|named| Named { implementation: None, ..named })
            .map_err(|unnamed| format!("`algorithm_forced` is {}: {}", quoted(name), unnamed.why)),
    }
}

/// The algorithm that a library runs when told to run another that it may not have here: NVLS-tree becomes rings where
/// switches do not reduce, what else is missing leaves the choice to the library.
fn told_to_run(named: &Named, op: Op, system: &System, ranks: u32) -> Algorithm {
    let free = Algorithm::Auto;
    let reduces = system.reduces_in_switch;
    let one_domain = ranks <= system.domain.max(1);
    match named.nccl {
        None => named.algorithm.unwrap_or(free),
        Some(NcclChoice::Ring) => Algorithm::Ring,
        Some(NcclChoice::Tree) if op == Op::AllReduce => Algorithm::DoubleTree,
        Some(NcclChoice::NvlsTree) if op != Op::AllReduce => free,
        Some(NcclChoice::NvlsTree) if !reduces => Algorithm::Ring,
        Some(NcclChoice::NvlsTree) if !one_domain => Algorithm::NvlsTree,
        Some(NcclChoice::Nvls) if reduces && one_domain => Algorithm::Nvls,
        Some(_) => free,
    }
}
