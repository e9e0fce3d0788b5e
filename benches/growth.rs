//! How many instructions the whole program takes for symmetric collectives of 1,024 to 65,536 ranks, counted by
//! valgrind's callgrind, as a table; with `--draw DIR`, as a picture too.
//!
//! `cargo bench --bench growth -- --draw plots`. Counts are the same on every run, whatever else the machine does.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::path::{Path, PathBuf};
use std::process::Command;

use railspine::report::draw::{Growth, draw_growth};

/// Ranks, in servers of 8 and pods of 32 servers.
const RANKS: [u64; 4] = [1 << 10, 1 << 12, 1 << 14, 1 << 16];
/// Operation, algorithm, other keys.
const COLLECTIVES: [(&str, &str, &str); 5] = [
    ("all-reduce", "ring", "channels = 1"),
    ("all-reduce", "halving-doubling", ""),
    ("all-reduce", "hierarchical", "segments = 4"),
    ("all-to-all", "direct", ""),
    ("all-to-all", "two-level", ""),
];
/// The most by which a factor of four in ranks may raise the count.
const MOST: f64 = 5.0;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut folder: Option<PathBuf> = None;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--draw" => folder = arguments.next().map(PathBuf::from),
            other => panic!("unknown argument `{other}`: `--draw DIR` is the only one"),
        }
    }
    let work = std::env::temp_dir().join(format!("railspine-growth-{}", std::process::id()));
    std::fs::create_dir_all(&work).expect("the temporary folder can be written");
    println!(
        "| collective | {} | most for a factor of 4 |",
        RANKS.map(|ranks| ranks.to_string()).join(" | ")
    );
    println!("|---|{}---|", "---|".repeat(RANKS.len()));
    let mut lines = Vec::new();
    for (op, algorithm, keys) in COLLECTIVES {
        let points: Vec<(u64, f64)> =
            RANKS.iter().map(|ranks| (*ranks, instructions(&work, *ranks, op, algorithm, keys))).collect();
        let factor = points.windows(2).map(|pair| pair[1].1 / pair[0].1).fold(0.0, f64::max);
        let millions = points.iter().map(|point| format!("{:.0} M", point.1 / 1e6));
        let millions: Vec<String> = millions.collect();
        println!("| {op}, {algorithm} | {} | {factor:.2} |", millions.join(" | "));
        assert!(factor <= MOST, "{op} by {algorithm} grows by {factor:.2} for a factor of 4");
        lines.push(Growth { name: format!("{op}, {algorithm}"), points });
    }
    if let Some(folder) = folder {
        let title = "Instructions of symmetric collectives by ranks";
        let picture =
            draw_growth("scale-instructions", title, &lines, MOST).expect("there is something to draw");
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.join(name), bytes).expect("the folder can be written");
        };
        write("scale-instructions.svg", picture.svg.as_bytes());
        write("scale-instructions.png", &picture.png);
    }
    // Nothing depends on whether the folder can be taken away.
    let _ = std::fs::remove_dir_all(work);
}

/// The instructions of a run.
fn instructions(folder: &Path, ranks: u64, op: &str, algorithm: &str, keys: &str) -> f64 {
    let file = folder.join("case.toml");
    let scenario = format!(
        "kind = \"run\"\n[fabric]\ntemplate = \"rail-optimised\"\nrouting = \"spray\"\n[fabric.params]\n\
         servers = {}\npod_servers = 32\ntiers = 3\nradix = 512\nleaf_down = 32\nleaf_up = 32\n\
         [[collective]]\nop = \"{op}\"\nalgorithm = \"{algorithm}\"\nsize = \"1 GiB\"\n{keys}\n",
        ranks / 8
    );
    std::fs::write(&file, scenario).expect("the temporary folder can be written");
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env!("CARGO_BIN_EXE_railspine"))
        .arg("run")
        .arg(&file)
        .args(["--no-plots", "--no-progress", "--threads", "1", "--out"])
        .arg(folder.join("out"))
        .output()
        .expect("valgrind is installed");
    let told = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{told}");
    let line =
        told.lines().find_map(|line| line.split_once("Collected : ")).expect("callgrind tells a count");
    line.1.trim().parse().expect("it is a number")
}
