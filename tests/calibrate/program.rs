//! The command as its users run it.

use std::path::Path;
use std::process::{Command, Output};

use railspine::collective::Op;
use railspine::input::stack::{builtin, to_toml};
use railspine::report::json;
use railspine::stack::param;

use crate::synthetic::{Lab, TOPOLOGY};
use crate::{golden, schema};

/// Enough sizes to fit something, few enough to be quick.
const FEW: [u32; 8] = [10, 13, 16, 18, 20, 23, 26, 28];

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_railspine"))
        .arg("calibrate")
        .args(args)
        .args(["--no-progress"])
        .current_dir(folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder with logs of one and of two servers, the topology and a scenario of one server.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut truth = builtin("nccl-ampere").unwrap();
    truth.set(param::PART_SCALEUP, 0.9 * truth.get(param::PART_SCALEUP));
    let lab = Lab::new(truth, 0.01);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("one.log", &lab.log(Op::AllReduce, 1, &FEW, 1));
    write("two.log", &lab.log(Op::AllReduce, 2, &FEW, 2));
    write("lab.toml", TOPOLOGY);
    write(
        "one.toml",
        "kind = \"run\"\nname = \"mine\"\n[fabric]\nfile = \"lab.toml\"\n[[collective]]\nop = \"all-reduce\"\n\
         algorithm = \"auto\"\nranks = { first = 8 }\nsize = \"1 MiB\"\n",
    );
    folder
}

#[test]
fn two_logs_make_a_profile_that_scenarios_load() {
    let folder = folder();
    let fit = |out: &str, threads: &str| {
        let args =
            ["one.log=one.toml", "two.log", "--topology", "lab.toml", "--out", out, "--threads", threads];
        let ran = run(folder.path(), &[&args[..], &["--format", "json"]].concat());
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        ran.stdout
    };
    let told = fit("out", "1");
    assert_eq!(told, fit("again", "3"), "threads change nothing");
    let read = |name: &str| std::fs::read(folder.path().join("out").join(name)).unwrap();
    assert_eq!(read("calibration.json"), told);
    for name in ["profile.toml", "calibration.json", "residuals.csv", "busbw-one.svg", "busbw-two.png"] {
        let again = std::fs::read(folder.path().join("again").join(name)).unwrap();
        assert!(read(name) == again && !again.is_empty(), "{name}");
    }
    schema::check(&json::calibrate_schema(), &text(&told));
    let calibration: serde_json::Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(calibration["schema"], "railspine.calibrate/1");
    assert_eq!(calibration["profile"], "nccl-ampere-calibrated");
    assert_eq!(calibration["logs"][0]["place"], "the ranks of scenario mine");
    assert_eq!(calibration["logs"][1]["place"], "16 of the first 2 servers of lab");
    assert_eq!(calibration["points"].as_array().unwrap().len(), 16);
    assert_eq!(text(&read("residuals.csv")).lines().count(), 17);

    // What the fit predicts is what a scenario with the profile comes to.
    std::fs::write(
        folder.path().join("check.toml"),
        "kind = \"run\"\n[fabric]\nfile = \"lab.toml\"\n[stack]\nfile = \"out/profile.toml\"\nversion = \"2.18.5\"\n\
         [[collective]]\nop = \"all-reduce\"\nalgorithm = \"auto\"\nranks = { first = 16 }\n\
         size = [\"1 KiB\", \"256 MiB\"]\n",
    )
    .unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_railspine"))
        .args(["run", "check.toml", "--format", "json", "--no-plots"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let result: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    for (case, point) in [(0, 8), (1, 15)] {
        let (case, point) = (&result["cases"][case], &calibration["points"][point]);
        assert_eq!(case["bytes"], point["bytes"]);
        let (ran, fitted) = (case["time_ps"].as_f64().unwrap() / 1e6, point["fitted_us"].as_f64().unwrap());
        assert!((ran - fitted).abs() < 1e-6 * fitted, "{ran} {fitted}");
    }
}

#[test]
fn wrong_use_is_told() {
    let folder = folder();
    let log = std::fs::read_to_string(folder.path().join("one.log")).unwrap();
    let head: Vec<&str> =
        log.lines().take_while(|line| line.starts_with('#') || line.starts_with("NCCL")).collect();
    std::fs::write(folder.path().join("empty.log"), head.join("\n")).unwrap();
    std::fs::write(folder.path().join("no.log"), "Segmentation fault\n").unwrap();
    std::fs::write(folder.path().join("box.log"), log.replace("NVIDIA A100-SXM4-80GB", "Other")).unwrap();
    std::fs::write(folder.path().join("bare.log"), log.replace("NVIDIA A100-SXM4-80GB", "")).unwrap();
    std::fs::write(folder.path().join("small.toml"), TOPOLOGY.replace("servers = 16", "servers = 1"))
        .unwrap();
    std::fs::write(folder.path().join("profile.toml"), to_toml(&builtin("nccl-ampere").unwrap())).unwrap();
    for (args, code, told) in [
        (
            &["one.log", "--topology", "profile.toml"][..],
            2,
            "error: `profile.toml` is a stack profile, expected a topology or a scenario\n",
        ),
        (
            &["one.log", "--topology", "lab.toml", "--free", "launch.ll", "--fix", "launch.ll"],
            2,
            "error: `launch.ll` cannot be both free and fixed\nhelp: name it in `--free` or in `--fix`, not in both\n",
        ),
        (
            &["none.log", "--topology", "lab.toml"],
            3,
            "error: cannot read `none.log`: there is no such file\n",
        ),
        (
            &["one.log"],
            2,
            "error: there is no topology for `one.log`\nhelp: add `--topology FILE`, or write `one.log=FILE`\n",
        ),
        (
            &["one.log", "two.log", "./one.log", "--topology", "lab.toml"],
            2,
            "error: the log `./one.log` is given twice, and would count twice\n",
        ),
        (
            &["one.log", "--topology", "lab.toml", "--profile", "mpi-infiniband"],
            2,
            "error: the profile `mpi-infiniband` is of `mpi`, which nccl-tests do not run\nhelp: start from a profile of \
             `nccl` or `rccl`, such as `nccl-hopper`\n",
        ),
        (
            &["one.log", "--topology", "lab.toml", "--name", "a\nb"],
            2,
            "error: `a\\nb` is no name for a profile\n",
        ),
        (
            &["one.log", "--topology", "lab.toml", "--out", "lab.toml"],
            3,
            "error: cannot make the folder `lab.toml`: there is a file of that name\n",
        ),
        (
            &["one.log", "--topology", "lab.toml", "--op", "all-redcue"],
            2,
            "error: there is no operation named `all-redcue`, did you mean `all-reduce`?\n",
        ),
        (
            &["one.log", "--topology", "lab.toml", "--free", "launch.l1"],
            2,
            "error: there is no constant named `launch.l1`\nhelp: did you mean `launch.ll`?\n",
        ),
        (
            &["one.log", "--topology", "lab.toml", "--free", "launch.l1,launch.l2", "--fix", "colour"],
            2,
            "error: there is no constant named `launch.l1`\nhelp: did you mean `launch.ll`?\n\
             error: there is no constant named `launch.l2`\nhelp: did you mean `launch.ll`?\nerror: there is no constant named `colour`\nhelp: keys are those of stack profiles, such as `launch.ll` or \
             `fraction.network`\n",
        ),
        (
            &["one.log", "--topology", "lab.toml", "--release", "new"],
            2,
            "error: `new` is not a release of the library, expected one such as `2.18.5`\n",
        ),
        (
            &["one.log", "--topology", "lab.toml", "--profile", "nccl-amper"],
            2,
            "error: there is no built-in stack profile and no file named `nccl-amper`, did you mean `nccl-ampere`?\n",
        ),
        (
            &["box.log", "--topology", "lab.toml"],
            2,
            "error: there is no built-in stack profile of `Other`\nhelp: add `--profile NAME` with the stack profile to \
             start from, such as `nccl-hopper`\n",
        ),
        (
            &["bare.log", "--topology", "lab.toml"],
            2,
            "error: the logs do not tell which accelerators they are of\nhelp: add `--profile NAME` with the stack profile \
             to start from, such as `nccl-hopper`\n",
        ),
        (
            &["two.log", "--topology", "one.toml"],
            2,
            "error: `two` is of 16 ranks, but `mine` has 8\nhelp: a scenario must place exactly the ranks of the log; of a \
             topology, the first servers are taken\n",
        ),
        (
            &["two.log", "--topology", "small.toml"],
            2,
            "error: `two` is of 2 hosts, but `lab` has 1 server\nhelp: the topology must hold at least the machine that \
             the log is of\n",
        ),
        (&["no.log", "--topology", "lab.toml"], 2, "error[E0703]: the log holds no table of nccl-tests\n"),
        (
            &["empty.log", "--topology", "lab.toml"],
            2,
            "error[E0703]: the table of the log has no times: no rows follow\n",
        ),
    ] {
        let ran = run(folder.path(), args);
        let stderr = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{args:?}: {stderr}");
        // Of faults in files, the place follows.
        let whole = !told.starts_with("error[");
        assert!(if whole { stderr == told } else { stderr.starts_with(told) }, "{args:?}: {stderr}");
        assert!(ran.stdout.is_empty() && !folder.path().join("out").exists(), "{args:?}");
    }
}

/// The schema of `schemas/` is the one that the program prints.
#[test]
fn the_schema_is_up_to_date() {
    golden::check("schemas/calibrate.schema.json", &json::calibrate_schema());
}
