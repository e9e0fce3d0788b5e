//! `calibrate`: logs of nccl-tests in; a stack profile out, with what is known of its constants.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{CalibrateArgs, Format, Global, Process};
use super::exit::{Exit, Failure};
use super::files::{OutDir, safe_name};
use super::load::{self, Document};
use super::memory;
use super::pictures::Pictures;
use super::tally::Tally;
use super::term::Term;
use crate::collective::Op;
use crate::diag::nearest;
use crate::exchange::{nccl_tests, quoted};
use crate::input;
use crate::input::stack::{builtin, builtin_names, is_name, to_toml};
use crate::report::{calibrate as report, draw, json};
use crate::result::Calibration;
use crate::stack::param::Param;
use crate::stack::{Library, Profile, Version};
use crate::validate::calibrate::{
    self, CalibrateError, Machine, Measurement, Settings, constant, default_profile,
};

pub(super) fn calibrate(args: &CalibrateArgs, global: &Global, term: &Term) -> Result<Exit, Failure> {
    let op = args.op.as_deref().map(operation).transpose()?;
    let (free, fixed) = (constants(&args.free, term), constants(&args.fix, term));
    let (free, fixed) = (free?, fixed?);
    let measurements = measurements(args, op, term)?;
    let start = start(args.profile.as_deref(), &measurements, term)?;
    if start.software == Library::Mpi {
        let why = format!(
            "the profile `{}` is of `{}`, which nccl-tests do not run",
            start.name,
            start.software.name()
        );
        return Err(wrong(&why, "start from a profile of `nccl` or `rccl`, such as `nccl-hopper`", term));
    }
    let name = args.name.clone().unwrap_or_else(|| format!("{}-calibrated", start.name));
    if !is_name(&name) {
        return Err(usage(format!("`{}` is no name for a profile", name.escape_debug())));
    }
    let settings = Settings {
        name: name.clone(),
        version: args.release.as_deref().map(release).transpose()?,
        shared_process: args.process.map(|process| process == Process::PerNode),
        free: (!free.is_empty()).then_some(free),
        fixed,
        threads: args.threads.map(usize::from),
        max_memory: memory::default_limit().map(|bytes| bytes.get()),
        ..Settings::default()
    };
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("out").join(safe_name(&name)));
    let mut out = OutDir::open(&folder)?;
    let tally = Tally::open_ended(!args.no_progress, "fitting");
    let done = calibrate::calibrate(&start, &measurements, &settings, &tally);
    tally.finish();
    let done = done.map_err(|error| failure(&error, term))?;
    let (told_json, told_csv) = (json::calibrate(&done.calibration), report::residuals(&done.calibration));
    out.write("profile.toml", to_toml(&done.profile).as_bytes())?;
    out.write("calibration.json", told_json.as_bytes())?;
    out.write("residuals.csv", told_csv.as_bytes())?;
    if !args.no_plots {
        draw_all(&done.calibration, &mut out)?;
    }
    match global.format {
        Format::Table => term.data(&report::table(&done.calibration, term.width()))?,
        Format::Json => term.data(&told_json)?,
        Format::Csv => term.data(&told_csv)?,
    }
    term.say(&out.summary());
    Ok(Exit::Ok)
}

/// A plot of each log.
fn draw_all(calibration: &Calibration, out: &mut OutDir) -> Result<(), Failure> {
    let mut pictures = Pictures::new(out);
    for curve in report::curves(calibration) {
        pictures.keep(&format!("busbw-{}", curve.id), draw::draw_measured(&curve))?;
    }
    Ok(())
}

fn operation(name: &str) -> Result<Op, Failure> {
    Op::from_name(name).filter(|op| *op != Op::AllToAllV).ok_or_else(|| {
        let names = || Op::ALL.into_iter().filter(|op| *op != Op::AllToAllV).map(Op::name);
        usage(format!("there is no operation named `{name}`, {}", near(name, names())))
    })
}

fn release(text: &str) -> Result<Version, Failure> {
    Version::parse(text).filter(|version| version.major == 2).ok_or_else(|| {
        usage(format!("`{text}` is not a release of the library, expected one such as `2.18.5`"))
    })
}

fn near<'a>(name: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(name, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let list: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            format!("expected one of {}", list.join(", "))
        }
    }
}

fn usage(message: String) -> Failure {
    Failure::Message(Exit::Usage, message)
}

/// Wrong use with a way out.
fn wrong(message: &str, help: &str, term: &Term) -> Failure {
    Failure::told(Exit::Usage, &message, &[help.into()], term)
}

/// Reads all logs and what they were measured on.
fn measurements(args: &CalibrateArgs, op: Option<Op>, term: &Term) -> Result<Vec<Measurement>, Failure> {
    let mut machines: Vec<(String, Machine)> = Vec::new();
    let mut logs = BTreeSet::new();
    let mut found = Vec::new();
    for given in &args.logs {
        let (log, topology) = parts(given);
        // However it is spelled.
        if !logs.insert(std::fs::canonicalize(log).unwrap_or_else(|_| log.into())) {
            return Err(usage(format!("the log `{log}` is given twice, and would count twice")));
        }
        let bytes = input::read_bytes(Path::new(log)).map_err(|why| load::unread(log, &why))?;
        let read = nccl_tests::read(log, &bytes, op).map_err(|rejected| {
            load::tell(&rejected.diagnostics, &rejected.sources, term);
            Failure::Told(Exit::Usage)
        })?;
        let Some(topology) = topology.or(args.topology.as_deref()) else {
            let help = format!("add `--topology FILE`, or write `{log}=FILE`");
            return Err(wrong(&format!("there is no topology for `{log}`"), &help, term));
        };
        let known = machines.iter().find(|(name, _)| name == topology).map(|(_, machine)| machine.clone());
        let machine = match known {
            Some(machine) => machine,
            None => {
                let machine = machine(topology, term)?;
                machines.push((topology.into(), machine.clone()));
                machine
            }
        };
        let id =
            Path::new(log).file_stem().map_or_else(|| log.into(), |stem| stem.to_string_lossy().into_owned());
        found.push(Measurement { id, log: read, machine });
    }
    Ok(found)
}

/// A log and its topology, from `LOG=TOPOLOGY`; a file whose own name has that form is meant itself.
fn parts(given: &str) -> (&str, Option<&str>) {
    match given.rsplit_once('=') {
        Some((log, topology)) if !Path::new(given).exists() => (log, Some(topology)),
        _ => (given, None),
    }
}

fn machine(path: &str, term: &Term) -> Result<Machine, Failure> {
    let wrong = |what: &str| Err(usage(format!("`{path}` is {what}, expected a topology or a scenario")));
    match load::document(path, term)? {
        Document::Topology(fabric) => Ok(Machine::Fabric(Arc::new(*fabric))),
        Document::Scenario(scenario) => Ok(Machine::Scenario(scenario)),
        Document::Plan(_) => wrong("a plan"),
        Document::Parts(_) => wrong("a parts catalogue"),
        Document::Profile(_) => wrong("a stack profile"),
        Document::Part(what, _) => wrong(what),
    }
}

/// The profile to start from: the one asked for, a scenario's, or the built-in one of the devices that the logs name.
fn start(asked: Option<&str>, measurements: &[Measurement], term: &Term) -> Result<Profile, Failure> {
    if let Some(asked) = asked {
        if let Some(profile) = builtin(asked) {
            return Ok(profile);
        }
        if Path::new(asked).exists() {
            return load::profile(asked, term);
        }
        let near = near(asked, builtin_names());
        return Err(usage(format!("there is no built-in stack profile and no file named `{asked}`, {near}")));
    }
    let found = default_profile(measurements, &builtin);
    found.ok_or_else(|| {
        let device = measurements.iter().find_map(|measurement| measurement.log.device.as_deref());
        let what = match device {
            Some(device) => format!("there is no built-in stack profile of {}", quoted(device)),
            None => "the logs do not tell which accelerators they are of".into(),
        };
        let help = "add `--profile NAME` with the stack profile to start from, such as `nccl-hopper`";
        wrong(&what, help, term)
    })
}

/// The constants of some keys, or word of every key that is none.
fn constants(keys: &[String], term: &Term) -> Result<Vec<Param>, Failure> {
    let found: Vec<_> = keys.iter().map(|key| constant(key).map_err(|error| failure(&error, term))).collect();
    found.into_iter().collect()
}

/// Tells why, and how to end.
fn failure(error: &CalibrateError, term: &Term) -> Failure {
    let exit = match error {
        CalibrateError::Cancelled => Exit::Interrupted,
        CalibrateError::Threads { .. } => Exit::Io,
        _ => Exit::Usage,
    };
    Failure::told(exit, error, &error.help(), term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_may_name_their_topology() {
        assert_eq!(parts("a.log"), ("a.log", None));
        assert_eq!(parts("a.log=b.toml"), ("a.log", Some("b.toml")));
        assert_eq!(parts("a=1.log=b.toml"), ("a=1.log", Some("b.toml")));
    }
}
