//! What the scenarios at scale take: wall time, CPU time and peak memory of the whole program, as a table, with the run
//! that takes no short cuts beside it where that ends in time.
//!
//! `cargo bench --bench scale`, or with a part of a name: `cargo bench --bench scale -- ring`. `--plain 600` lets runs
//! without short cuts go on for 600 seconds each; 0 leaves them out. Memory is read from `/proc`, so elsewhere it is not told.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long runs without short cuts may take unless told otherwise.
const PLAIN: Duration = Duration::from_secs(60);
/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// What a run took.
struct Took {
    wall: Duration,
    cpu: Option<Duration>,
    peak_mib: Option<u64>,
    result: Vec<u8>,
}

fn main() {
    let mut wanted = Vec::new();
    let mut plain = PLAIN;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // What cargo says to every benchmark.
            "--bench" => {}
            "--plain" => {
                let seconds = arguments.next().and_then(|seconds| seconds.parse().ok());
                plain = Duration::from_secs(seconds.expect("`--plain` takes a number of seconds"));
            }
            _ => wanted.push(argument),
        }
    }
    let out = std::env::temp_dir().join(format!("railspine-scale-{}", std::process::id()));
    println!("| scenario | time | CPU time | peak memory | without short cuts | CPU time | peak memory |");
    println!("|---|---|---|---|---|---|---|");
    for scenario in scenarios() {
        let name = scenario.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part)) {
            continue;
        }
        let fast = run(&scenario, &[], &out, None).expect("without a limit it ends");
        let plain = (!plain.is_zero())
            .then(|| run(&scenario, &["--no-symmetry", "--no-skip"], &out, Some(plain)))
            .flatten();
        if let Some(plain) = &plain {
            assert!(plain.result == fast.result, "{name}: short cuts change the result");
        }
        println!("| {name} | {} | {} |", row(Some(&fast)), row(plain.as_ref()));
    }
    // Nothing depends on whether the folder can be taken away.
    let _ = std::fs::remove_dir_all(out);
}

/// The scenarios at scale.
fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = std::fs::read_dir(folder).expect("the scenarios are there");
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    found.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("scale-")));
    found.sort();
    found
}

/// Runs a scenario; `None` where it was stopped at its limit, or refused for its memory and had one.
fn run(scenario: &Path, options: &[&str], out: &Path, limit: Option<Duration>) -> Option<Took> {
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_railspine"))
        .arg("run")
        .arg(scenario)
        .args(["--no-plots", "--no-progress", "--format", "csv", "--out"])
        .arg(out)
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let (mut cpu, mut peak_mib) = (None, None);
    let status = loop {
        cpu = cpu_time(&child).or(cpu);
        peak_mib = peak_memory(&child).or(peak_mib);
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            break status;
        }
        if limit.is_some_and(|limit| begun.elapsed() > limit) {
            child.kill().expect("it can be stopped");
            child.wait().expect("it can be waited for");
            return None;
        }
        std::thread::sleep(LOOK);
    };
    let wall = begun.elapsed();
    if limit.is_some() && status.code() == Some(2) {
        // It would need more memory than there is.
        return None;
    }
    assert!(status.success(), "{} does not run", scenario.display());
    let result = std::fs::read(out.join("result.json")).expect("a result is written");
    Some(Took { wall, cpu, peak_mib, result })
}

fn row(took: Option<&Took>) -> String {
    let Some(took) = took else { return "– | – | –".into() };
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    let cpu = took.cpu.map_or_else(|| "–".into(), seconds);
    let peak = took.peak_mib.map_or_else(|| "–".into(), |mib| format!("{mib} MiB"));
    format!("{} | {cpu} | {peak}", seconds(took.wall))
}

/// CPU time of a child so far, in steps of 10 ms.
fn cpu_time(child: &Child) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// The most memory that a child held so far, in MiB.
fn peak_memory(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib.div_ceil(1024))
}
