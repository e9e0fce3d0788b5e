//! `validate` on a few rows of real measurements, with their sources in their headers, and on headers that make no
//! sense.

#[path = "support/golden.rs"]
mod golden;
#[path = "validate/skips.rs"]
mod skips;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::*;
use railspine::report::{json, validate as report};
use railspine::result::Validation;
use railspine::validate::{MeasuredFile, Options, Quiet, predict_folder, prepare};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn measured() -> PathBuf {
    root().join("tests/measured")
}

fn validate(folder: &Path, threads: usize) -> Validation {
    predict_folder(folder, &Options { threads: Some(threads), ..Options::default() }, &Quiet).unwrap()
}

fn railspine(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_railspine")).args(args).current_dir(root()).output().unwrap()
}

const MSCCLPP: &str = "`library` is `mscclpp`, whose kernels are its own: no profile describes them, so nothing can be predicted";
const FILES: [&str; 3] = ["a100-80_1n8g_ar_thanos_mpi", "h100_2n8g_ar_nt309", "pico_lumi_16n1p_all_gather"];

#[test]
fn predictions_stay_near_what_was_measured() {
    let validation = validate(&measured(), 1);
    let ids: Vec<&str> = validation.files.iter().map(|file| file.run.id.as_str()).collect();
    assert_eq!(ids, FILES);
    for (file, (generation, collective, servers, ranks, points)) in validation.files.iter().zip([
        ("A100", "all-reduce", 1, 8, 5),
        ("H100/H200", "all-reduce", 2, 16, 5),
        ("MPI Slingshot", "all-gather", 16, 16, 12),
    ]) {
        assert_eq!((file.run.generation.as_str(), file.run.collective.as_str()), (generation, collective));
        assert_eq!(
            (file.run.servers, file.run.ranks, file.points.len()),
            (servers, ranks, points),
            "{}",
            file.run.id
        );
        assert!(!file.run.source.is_empty());
        assert!(file.mape_pct < 25.0 && file.bias_pct.abs() < 25.0, "{}: {}", file.run.id, file.mape_pct);
        for point in &file.points {
            assert!(
                (0.4..2.5).contains(&(point.predicted_us / point.measured_us)),
                "{} {point:?}",
                file.run.id
            );
            if point.bytes >= 64 << 20 {
                assert!(
                    (0.8..1.2).contains(&(point.predicted_us / point.measured_us)),
                    "{} {point:?}",
                    file.run.id
                );
            }
        }
        let errors = file.points.iter().map(|point| 100.0 * (point.predicted_us / point.measured_us - 1.0));
        let mean = errors.clone().map(f64::abs).sum::<f64>() / points as f64;
        assert!((mean - file.mape_pct).abs() < 1e-9);
        assert!((errors.sum::<f64>() / points as f64 - file.bias_pct).abs() < 1e-9);
    }
    // To the last digit: what a change of the model or of constants moves is seen here.
    golden::check("tests/validate/predicted.csv", &report::points(&validation));
    assert_eq!(validation.skipped.len(), 1);
    assert_eq!(validation.skipped[0].id, "mscclpp_a100_1n8g_allreduce_k1");
    assert_eq!(validation.skipped[0].why, MSCCLPP);
    assert_eq!(validation.skipped_points, []);
}

#[test]
fn threads_and_other_files_change_no_prediction() {
    let one = json::validate(&validate(&measured(), 1));
    assert_eq!(one, json::validate(&validate(&measured(), 4)));
    let folder = tempfile::tempdir().unwrap();
    let name = "h100_2n8g_ar_nt309.csv";
    fs::copy(measured().join(name), folder.path().join(name)).unwrap();
    let alone = validate(folder.path(), 2);
    let among = validate(&measured(), 2);
    assert_eq!(alone.files[0], among.files[1]);
}

#[test]
fn the_program_writes_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let ran = railspine(&[
        "validate",
        "--measured",
        "tests/measured",
        "--out",
        out.to_str().unwrap(),
        "--format",
        "json",
    ]);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(fs::read(out.join("validate.json")).unwrap(), ran.stdout);
    let told: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(told["schema"], "railspine.validate/1");
    for key in ["files", "groups", "skipped", "skipped_points"] {
        assert!(told[key].is_array(), "{key}");
    }
    assert!(!told["groups"].as_array().unwrap().is_empty());
    for file in told["files"].as_array().unwrap() {
        assert!(file["id"].is_string() && file["mape_pct"].is_f64() && file["bias_pct"].is_f64(), "{file}");
        for point in file["points"].as_array().unwrap() {
            assert!(point["bytes"].is_u64() && point["algorithm"].is_string(), "{point}");
            assert!(point["measured_us"].is_f64() && point["predicted_us"].is_f64(), "{point}");
        }
    }
    let skipped = &told["skipped"][0];
    assert!(skipped["id"].is_string() && skipped["why"].is_string());
    let points = fs::read_to_string(out.join("points.csv")).unwrap();
    assert_eq!(points.lines().count(), 1 + 22);
    let header =
        "id,generation,collective,servers,ranks,standing,bytes,algorithm,measured_us,predicted_us,error_pct";
    assert!(points.starts_with(header), "{points}");
    assert_eq!(fs::read_to_string(out.join("files.csv")).unwrap().lines().count(), 1 + 3);
    assert!(fs::read_to_string(out.join("groups.csv")).unwrap().lines().count() > 3);
    for plot in FILES.into_iter().chain(["scatter"]) {
        for kind in ["svg", "png"] {
            let drawn = fs::metadata(out.join(format!("{plot}.{kind}")));
            assert!(drawn.is_ok_and(|drawn| drawn.len() > 1_000), "{plot}.{kind}");
        }
    }
}

#[test]
fn rows_and_files_that_cannot_be_mapped_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let lumi = fs::read_to_string(measured().join("pico_lumi_16n1p_all_gather.csv")).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("pico_alloc")).unwrap();
    for entry in fs::read_dir(measured().join("pico_alloc")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join("pico_alloc").join(entry.file_name())).unwrap();
    }
    write("a.csv", &format!("{lumi}2048,20,,,,,,sparkle_mpich,,,\n").replace("# id =", "# was ="));
    write("b.csv", &lumi.replace("# net = slingshot", "# net = string").replace("# id =", "# was ="));
    write("c.csv", &lumi.replace("# placement = ", "# placement = no_").replace("# id =", "# was ="));
    write("aux_d.csv", "nothing\n");
    write("e.txt", "nothing\n");
    let validation = validate(folder.path(), 1);
    assert_eq!(validation.files.len(), 1);
    assert_eq!((validation.files[0].run.id.as_str(), validation.files[0].points.len()), ("a", 12));
    let points: Vec<_> =
        validation.skipped_points.iter().map(|point| (point.bytes, point.algorithm.as_str())).collect();
    assert_eq!(points, [(2048, "sparkle_mpich")]);
    assert_eq!(
        validation.skipped_points[0].why,
        "`sparkle_mpich` is no known algorithm of `all-gather`; known are `ring`, `recursive_doubling`, `bruck`, `brucks`"
    );
    let skipped: Vec<_> =
        validation.skipped.iter().map(|file| (file.id.as_str(), file.why.as_str())).collect();
    assert_eq!(
        skipped,
        [
            (
                "b",
                "`net` is `string`, which is not known; known are `infiniband`, `roce`, `efa`, `tcpx`, `slingshot`, \
                 `tofud`, `omnipath`"
            ),
            (
                "c",
                "cannot read the `placement` `no_lumi_2025_03_27___19_15_25.csv` in the folder `pico_alloc`: there is \
                 no such file"
            ),
        ]
    );
}

/// A run of hours for what takes microseconds: whatever the constants, predictions are off by 100 %.
#[test]
fn a_strict_validation_tells_the_targets_that_are_missed() {
    let folder = tempfile::tempdir().unwrap();
    let name = "pico_lumi_16n1p_all_gather.csv";
    let lumi = fs::read_to_string(measured().join(name)).unwrap();
    let slow: String = lumi
        .lines()
        .map(|line| match line.split(',').collect::<Vec<_>>()[..] {
            [size, _, .., algorithm, _, _, _] if size.parse::<u64>().is_ok() => {
                format!("{size},1e10,,,,,,{algorithm},,,\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    fs::write(folder.path().join(name), slow).unwrap();
    fs::create_dir(folder.path().join("pico_alloc")).unwrap();
    for entry in fs::read_dir(measured().join("pico_alloc")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join("pico_alloc").join(entry.file_name())).unwrap();
    }
    let out = folder.path().join("out");
    let (from, to) = (folder.path().to_str().unwrap(), out.to_str().unwrap());
    let told = |options: &[&str]| {
        let ran = railspine(&[&["validate", "--measured", from, "--out", to], options].concat());
        (ran.status.code(), String::from_utf8(ran.stderr).unwrap())
    };
    let wrote = format!("wrote validate.json, points.csv, groups.csv, files.csv to {to}");
    let missed = "error: MPI Slingshot all-gather: mape is 100.0 % by point and 100.0 % by file, expected at most 20 %\n";
    assert_eq!(told(&["--strict", "--no-plots"]), (Some(1), format!("{wrote}\n{missed}")));
    assert_eq!(told(&[]), (Some(0), format!("{wrote}, with 2 plots as SVG and PNG\n")));
}

#[test]
fn an_imposed_algorithm_says_nothing_of_sends() {
    let predicted = |forced: &str| {
        let text = header(&[("collective", "all_to_all"), ("algorithm_forced", forced)], 2, 8);
        play(text).unwrap().unwrap().into_iter().map(|(us, _)| us).collect::<Vec<_>>()
    };
    assert_eq!(predicted("none"), predicted("ring"));
    assert_eq!(predicted("none"), predicted("tree"));
}

/// A file of H100s with other values for some keys.
fn header(changed: &[(&str, &str)], nodes: u32, per_node: u32) -> String {
    let (nodes, per_node, ranks) = (nodes.to_string(), per_node.to_string(), (nodes * per_node).to_string());
    let keys = [
        ("collective", "all_reduce"),
        ("nodes", &nodes),
        ("gpus_per_node", &per_node),
        ("ranks", &ranks),
        ("accelerator", "H100"),
        ("scaleup", "unknown"),
        ("scaleup_domain", "unknown"),
        ("nics_per_node", "8"),
        ("nic_gbps", "400"),
        ("net", "infiniband"),
        ("fabric", "unknown"),
        ("library", "nccl"),
        ("library_version", "2.23.4"),
        ("algorithm_forced", "none"),
        ("protocol_forced", "none"),
        ("channels", "none"),
        ("procs", "per-gpu"),
        ("memory", "device"),
        ("torus_shape", "2x2"),
    ];
    let mut text = String::new();
    for (key, value) in keys {
        let value = changed.iter().find(|(other, _)| *other == key).map_or(value, |(_, value)| *value);
        if value != "DROP" {
            text.push_str(&format!("# {key} = {value}\n"));
        }
    }
    text + "size_bytes,time_us\n8,1e9\n1048576,1e9\n8589934592,1e9\n"
}

/// A file of the name `made.csv` in some folder.
fn made(folder: &Path, bytes: impl Into<Vec<u8>>) -> MeasuredFile {
    MeasuredFile { id: "made".into(), path: folder.join("made.csv"), bytes: bytes.into() }
}

/// Predicted times and bounds, or what was refused; `None` where the file is skipped.
fn play(text: String) -> Option<Result<Vec<(f64, f64)>, String>> {
    let run = match prepare(&made(Path::new(""), text)) {
        Ok(run) => run,
        Err(skipped) => {
            assert!(skipped.why.len() > 10, "{skipped:?}");
            return None;
        }
    };
    if run.told.points.is_empty() {
        assert!(run.told.skipped_points.iter().all(|point| point.why.len() > 10), "{:?}", run.told);
        assert_eq!(run.told.skipped_points.len(), 3);
        return None;
    }
    let played = run.play(None);
    Some(match played.refused.first() {
        Some((_, why)) => Err(why.clone()),
        None => Ok(played.times.into_iter().zip(played.bounds).collect()),
    })
}

const VALUES: &[(&str, &[&str])] = &[
    (
        "accelerator",
        &[
            "V100", "A100", "H100", "H800", "H20", "GH200", "B200", "B300", "GB200", "MI300X", "MI325X",
            "RTX4090", "none", "unknown",
        ],
    ),
    (
        "scaleup",
        &[
            "nvlink2-cube-mesh",
            "nvlink3-nvswitch",
            "nvlink4-nvswitch",
            "nvlink4-mesh",
            "nvlink5-nvswitch",
            "nvlink-c2c",
            "xgmi-mesh",
            "pcie",
            "none",
        ],
    ),
    ("scaleup_domain", &["1", "2", "4", "8", "72"]),
    ("nics_per_node", &["1", "2", "16", "none", "unknown"]),
    ("nic_gbps", &["25", "100", "200", "800", "none", "unknown"]),
    ("net", &["roce", "efa", "tcpx", "slingshot", "tofud", "omnipath", "none", "unknown"]),
    ("fabric", &["single-node", "fat-tree", "rail-optimized", "dragonfly-plus", "dragonfly", "torus"]),
    ("library", &["rccl", "mpi", "mscclpp"]),
    ("library_version", &["2.8.3", "2.12.12", "2.18.5", "2.28.9", "2", "unknown"]),
    ("algorithm_forced", &["ring", "tree", "nvls", "nvls-tree", "collnet", "pat", "unknown"]),
    ("protocol_forced", &["ll", "ll128", "simple", "unknown"]),
    ("channels", &["1", "8", "32", "64"]),
    ("procs", &["per-node", "unknown"]),
    ("memory", &["host", "unknown"]),
    ("collective", &["all_gather", "reduce_scatter", "broadcast", "reduce", "all_to_all", "send_recv"]),
];

const ODD: &[&str] = &[
    "0",
    "-1",
    "99999999999999999999",
    "4294967295",
    "65",
    "1000000",
    "abc",
    "",
    "1e9",
    "3.5",
    "nan",
    "inf",
    "none",
    "DROP",
    "8\n# channels = 7",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 60 } else { 600 }))]

    #[test]
    fn any_header_is_predicted_or_skipped_with_a_reason(
        nodes in prop::sample::select(vec![1_u32, 2, 3, 4]),
        per_node in prop::sample::select(vec![1_u32, 2, 4, 8]),
        picks in prop::collection::vec((0..VALUES.len(), any::<prop::sample::Index>()), 0..7),
        odd in prop::option::of((0..VALUES.len(), any::<prop::sample::Index>())),
    ) {
        let mut changed: Vec<(&str, &str)> = Vec::new();
        if let Some((key, value)) = odd {
            changed.push((VALUES[key].0, ODD[value.index(ODD.len())]));
        }
        for (key, value) in picks {
            let (key, values) = VALUES[key];
            changed.push((key, values[value.index(values.len())]));
        }
        match play(header(&changed, nodes, per_node)) {
            None => {}
            Some(Err(why)) => {
                // Named algorithms may not serve an operation or a number of ranks; nothing else goes wrong.
                let expected = ["does not do", "cannot serve", "needs"];
                prop_assert!(expected.iter().any(|part| why.contains(part)), "{why}: {changed:?}");
            }
            Some(Ok(points)) => {
                prop_assert_eq!(points.len(), 3);
                for (us, bound) in &points {
                    prop_assert!(us.is_finite() && *us > 0.0 && *us >= *bound * 0.999_999, "{points:?} {changed:?}");
                    prop_assert!(*us < 1e9, "{points:?} {changed:?}");
                }
                prop_assert!(points[0].0 <= points[1].0 * 1.001 && points[1].0 <= points[2].0, "{points:?} {changed:?}");
            }
        }
    }
}
