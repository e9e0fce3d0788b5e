//! Why files and points are skipped, each reason word by word.

use std::fs;
use std::path::Path;

use railspine::validate::{Options, Prediction, Quiet, predict_folder, prepare};

use crate::{MSCCLPP, header, made, validate};

/// Why a file is skipped.
fn skipped(bytes: impl Into<Vec<u8>>) -> String {
    prepare(&made(Path::new(""), bytes)).unwrap_err().why
}

/// Why a file is skipped that could be mapped.
fn unpredicted(text: String) -> String {
    match prepare(&made(Path::new(""), text)).unwrap().predict() {
        Prediction::Skipped(file) => file.why,
        Prediction::Predicted(told) => panic!("{told:?}"),
    }
}

/// Sizes, names and reasons of the points that are skipped of a file that has others.
fn points_skipped(text: String) -> Vec<(u64, String, String)> {
    match prepare(&made(Path::new(""), text)).unwrap().predict() {
        Prediction::Predicted(told) => {
            told.skipped_points.into_iter().map(|point| (point.bytes, point.algorithm, point.why)).collect()
        }
        Prediction::Skipped(file) => panic!("{file:?}"),
    }
}

/// A file of two servers with a row of 8 bytes for each name.
fn rows(changed: &[(&str, &str)], names: &[&str]) -> String {
    let keys: String = header(changed, 2, 8)
        .lines()
        .take_while(|line| line.starts_with('#'))
        .fold(String::new(), |keys, line| keys + line + "\n");
    let rows: String = names.iter().map(|name| format!("8,1e9,{name}\n")).collect();
    format!("{keys}size_bytes,time_us,algorithm\n{rows}")
}

#[test]
fn every_reason_to_skip_a_file_says_what_would_do() {
    const OVER: &str =
        "constants of `mpi` are known only over `infiniband`, `omnipath`, `roce`, `slingshot` and `tofud`";
    let cases: [(&[(&str, &str)], String); 14] = [
        (&[("library", "mscclpp")], MSCCLPP.into()),
        (
            &[("library", "DROP")],
            "the header has no `library`, which says what ran: expected `mpi`, `nccl` or `rccl`".into(),
        ),
        (&[("library", "ncll")], "`library` is `ncll`, which is not known; did you mean `nccl`?".into()),
        (
            &[("library", "gloo")],
            "`library` is `gloo`, which is not known; known are `mpi`, `nccl`, `rccl`, `mscclpp`".into(),
        ),
        (
            &[("memory", "host")],
            "`library` is `nccl`, but buffers are in host memory, where only `mpi` is known".into(),
        ),
        (&[("library", "mpi"), ("net", "efa")], format!("`net` is `efa`, but {OVER}")),
        (
            &[("library", "mpi"), ("scaleup_domain", "16")],
            format!("all ranks share a node or a scale-up domain, but {OVER}"),
        ),
        (
            &[("protocol_forced", "ll64")],
            "`protocol_forced` is `ll64`, which is not known; did you mean `ll`?".into(),
        ),
        (
            &[("protocol_forced", "eager")],
            "`protocol_forced` is `eager`, which is not known; known are `ll`, `ll128`, `simple`".into(),
        ),
        (&[("channels", "many")], "`channels` is `many`, expected a whole number up to 1048576".into()),
        (&[("channels", "0")], "`channels` is 0, expected 1 or more, or `none`".into()),
        (
            &[("collective", "all_reduces")],
            "line 1, column 16: `all_reduces` is no operation; did you mean `all_reduce`?".into(),
        ),
        (
            &[("ranks", "-2")],
            "line 4, column 11: `ranks` is `-2`, expected a whole number from 1 to 1048576".into(),
        ),
        (
            &[("scaleup", "nvlink4-\u{202e}nvswitch")],
            "`scaleup` is `nvlink4-\\u{202e}nvswitch`, which is not known; did you mean `nvlink4-nvswitch`?"
                .into(),
        ),
    ];
    for (changed, why) in cases {
        assert_eq!(skipped(header(changed, 2, 8)), why, "{changed:?}");
    }
}

#[test]
fn bytes_that_are_no_text_skip_a_file() {
    assert_eq!(
        skipped(*b"# id = x\n# gpu = \xff\n"),
        "line 2, column 9: the file is not text in UTF-8; save it as UTF-8"
    );
    assert_eq!(
        skipped("# id = \u{1b}[31mx\n"),
        "line 1, column 8: the file holds a control character; take it out"
    );
    assert_eq!(
        skipped(""),
        "line 1, column 1: the file is empty; below the `#` lines, a line of column names such as \
         `size_bytes,time_us` and rows are expected"
    );
}

#[test]
fn placements_are_plain_names_of_files_that_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let beside = folder.path().join("pico_alloc");
    fs::create_dir(&beside).unwrap();
    fs::write(folder.path().join("outside.csv"), "rank,node\n0,a\n1,b\n").unwrap();
    for (name, text) in [
        ("hosts.csv", "rank,host\n0,a\n1,b\n"),
        ("nodes.csv", "rank,nodes\n0,a\n1,b\n"),
        ("none.csv", "rank,node\n"),
        ("one.csv", "rank,node\n0,a\n"),
        ("two.csv", "rank,node\n0,a\n1,b\n"),
    ] {
        fs::write(beside.join(name), text).unwrap();
    }
    let prepared = |name: &str| {
        let text = format!("# placement = {name}\n{}", header(&[], 2, 8));
        prepare(&made(folder.path(), text)).map_err(|skipped| skipped.why)
    };
    assert!(prepared("two.csv").is_ok());
    for name in ["../outside.csv", "..", ".", "./two.csv", "two.csv/", "x/../../outside.csv", "/two.csv"] {
        let why = format!(
            "`placement` is `{name}`, expected the name of a file in the folder `pico_alloc` beside this one"
        );
        assert_eq!(prepared(name).unwrap_err(), why);
    }
    for (name, why) in [
        (
            "gone.csv",
            "cannot read the `placement` `gone.csv` in the folder `pico_alloc`: there is no such file",
        ),
        (
            "hosts.csv",
            "the `placement` `hosts.csv`: line 1, column 1: there is no column `node`; a first line may be \
             `rank,node,leaf_switch`",
        ),
        (
            "nodes.csv",
            "the `placement` `nodes.csv`: line 1, column 1: there is no column `node`; rename `nodes` to `node`",
        ),
        (
            "none.csv",
            "the `placement` `none.csv`: line 2, column 1: the placement has no nodes; each row below the names gives \
             the node of a rank",
        ),
        (
            "one.csv",
            "the placement has 1 nodes, which do not hold 16 ranks on 2 nodes; expected 2 nodes, or a multiple",
        ),
    ] {
        assert_eq!(prepared(name).unwrap_err(), why);
    }
}

#[test]
fn every_reason_to_skip_a_point_says_why_it_cannot_be() {
    let told = |library: &str, names: &[&str]| -> Vec<String> {
        let found = points_skipped(rows(&[("library", library)], names));
        assert!(found.iter().all(|(bytes, ..)| *bytes == 8));
        found.into_iter().map(|(_, name, why)| format!("{name}: {why}")).collect()
    };
    assert_eq!(
        told(
            "mpi",
            &[
                "ring_ompi",
                "RING-B_CONT-UTOFU-0-6",
                "default-default",
                "nccl_ring",
                "default-trix6",
                "rings_ompi"
            ]
        ),
        [
            "RING-B_CONT-UTOFU-0-6: it uses 6 interfaces at once, of which only one is modelled",
            "default-default: `default-default` is what the vendor's library chose, which it does not tell",
            "nccl_ring: `nccl_ring` is of NCCL, but `library` is `mpi`, whose constants say nothing of it",
            "default-trix6: `default-trix6` is the vendor's own, without a public description",
            "rings_ompi: `rings_ompi` is no known algorithm of `all-reduce`; did you mean `ring`?",
        ]
    );
    let foreign = [
        ("ring_ompi", "Open MPI"),
        ("ring_mpich", "MPICH"),
        ("ring_over", "sends and receives of MPI"),
        ("default-ring", "the MPI of Fugaku"),
        ("RING-B-UTOFU-0-1", "uTofu"),
    ];
    assert_eq!(
        told("nccl", &["", "ring_ompi", "ring_mpich", "ring_over", "default-ring", "RING-B-UTOFU-0-1"]),
        foreign.map(|(name, ran)| format!(
            "{name}: `{name}` is of {ran}, but `library` is `nccl`, whose constants say nothing of it"
        ))
    );
}

#[test]
fn an_algorithm_imposed_must_be_one() {
    let forced = |library: &str, name: &str| {
        unpredicted(rows(&[("library", library), ("algorithm_forced", name)], &[""]))
    };
    assert_eq!(
        forced("mpi", "rign"),
        "`algorithm_forced` is `rign`, which is not known; did you mean `ring`?"
    );
    assert_eq!(
        forced("mpi", "rabenseifner"),
        "`algorithm_forced` is `rabenseifner`, which is not known; expected an algorithm such as `ring`, or `none`"
    );
    assert_eq!(
        forced("nccl", "trees"),
        "`algorithm_forced` is `trees`: NCCL has no algorithm `trees`; known are `ring`, `tree`, `nvls`, `nvlstree`, \
         `collnet`, `collnetdirect`, `collnetchain`, `pat`"
    );
}

#[test]
fn a_time_that_no_schedule_reaches_is_no_measurement() {
    let text = header(&[], 1, 8).replace("8589934592,1e9", "8589934592,100");
    let [(bytes, _, why)] = &points_skipped(text)[..] else { panic!() };
    assert_eq!(*bytes, 8 << 30);
    let bound = why.split(' ').filter_map(|word| word.parse::<f64>().ok()).find(|us| *us > 100.0).unwrap();
    // A switch that reduces needs all that a rank has once, at 450 GB/s of which headers take some.
    assert!((19e3..22e3).contains(&bound), "{bound}");
    assert_eq!(
        *why,
        format!(
            "100 us measured cannot be: no schedule on this fabric takes less than {bound:.3} us, so the time or the \
             header is wrong"
        )
    );
    let why = unpredicted(header(&[], 1, 8).replace("1e9", "1e-6"));
    assert!(
        why.starts_with("0.000001 us measured cannot be: no schedule on this fabric takes less than"),
        "{why}"
    );
}

#[test]
fn a_size_that_cannot_be_played_takes_no_other_with_it() {
    for (forced, ran) in [("none", "ring"), ("ring", "ring"), ("tree", "double-tree")] {
        let text = header(
            &[
                ("algorithm_forced", forced),
                ("scaleup", "none"),
                ("nics_per_node", "1"),
                ("nic_gbps", "0.001"),
            ],
            8,
            1,
        );
        let text = text.replace("8589934592", "1125899906842624");
        let played = prepare(&made(Path::new(""), text)).unwrap().play(None);
        assert!(played.times[0] > 0.0 && played.times[2].is_nan(), "{played:?}");
        let why =
            format!("`all-reduce` by `{ran}` of 1024 TiB does not end within 213 days of simulated time");
        assert_eq!(played.refused, [(2, why)]);
    }
}

#[test]
fn a_file_that_needs_too_much_memory_says_so() {
    let text = header(&[("collective", "all_to_all")], 2, 8);
    let run = prepare(&made(Path::new(""), text)).unwrap().within(Some(1 << 10));
    let Prediction::Skipped(file) = run.predict() else { panic!() };
    let (start, end) =
        ("the simulation would need about ", " of memory, more than the 1 KiB that it may have");
    let need = file.why.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    assert!(need.is_some_and(|need| need.ends_with(" MiB")), "{}", file.why);
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_ends_the_validation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::os::unix::fs::symlink(folder.path().join("gone"), &path).unwrap();
    let error = predict_folder(folder.path(), &Options::default(), &Quiet).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read `{}`: there is no such file", path.display()));
    // What has no end is not read to it.
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    let error = predict_folder(folder.path(), &Options::default(), &Quiet).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read `{}`: it has more than 64 MiB", path.display()));
}

#[test]
fn an_id_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("# id = same\n{}", header(&[], 1, 8));
    fs::write(folder.path().join("a.csv"), &text).unwrap();
    fs::write(folder.path().join("b.csv"), &text).unwrap();
    let validation = validate(folder.path(), 1);
    assert_eq!(validation.files.len(), 1);
    assert_eq!(
        (validation.skipped[0].id.as_str(), validation.skipped[0].why.as_str()),
        ("same", "another file has its id too, and counts alone; give each an `# id` of its own")
    );
}

#[test]
fn keys_that_are_left_open_are_told_and_not_guessed_in_silence() {
    let run =
        |changed: &[(&str, &str)]| prepare(&made(Path::new(""), header(changed, 2, 8))).unwrap().told.run;
    let told = run(&[("library_version", "2.23.4"), ("procs", "Per-Node")]);
    for (key, value, note) in [
        ("library_version", "unknown", "`library_version` is not known; 2.30 is assumed"),
        ("library_version", "DROP", "`library_version` is not known; 2.30 is assumed"),
        ("library_version", "new", "`library_version` is `new`, which is not known; 2.30 is assumed"),
        ("procs", "unknown", "`procs` is not known; a process to each accelerator is assumed"),
        (
            "procs",
            "per-socket",
            "`procs` is `per-socket`, which is not known; a process to each accelerator is assumed",
        ),
    ] {
        let mut other = run(&[(key, value)]);
        other.assumed.retain(|assumed| !told.assumed.contains(assumed));
        other.notes.retain(|other| !told.notes.contains(other));
        assert_eq!((other.assumed, other.notes), (vec![key.to_owned()], vec![note.to_owned()]));
    }
}
