//! Readers of other programs' files: what they read, what they leave out and why, and that they never panic.

use proptest::prelude::*;
use railspine::collective::Op;
use railspine::exchange::nccl_tests::{self, Host};
use railspine::exchange::{Given, measured, placement};
use railspine::validate::{names, system};

const MEASURED: &str = "# id = h100_2n8g\n# collective = all_gather\n# nodes = 2\n# gpus_per_node = 8\n# ranks = 16\n\
    # accelerator = H100\n# scaleup = nvlink4-nvswitch\n# scaleup_domain = 8\n# nics_per_node = 8\n# nic_gbps = 400\n\
    # net = infiniband\n# fabric = rail-optimized\n# notes = a = b, and so on\n# healthy = yes\n# just a remark\n\
    size_bytes,time_us,algbw_GBps,busbw_GBps,time_inplace_us,algorithm\n\
    1024,20.5,0.05,0.05,19.5,ring_over\n\
    1048576,99,10.6,9.9,,\n";

/// Two servers under mpirun, with marks of the launcher and lines of the library between.
const LOG: &str = include_str!("exchange/two_servers.log");
/// The form before `root` and `#wrong`.
const OLD_LOG: &str = include_str!("exchange/old.log");

#[test]
fn a_measured_file_is_read_by_column_name() {
    let found = measured::read("runs/x.csv", MEASURED.as_bytes()).unwrap();
    assert_eq!((found.id.as_str(), found.op), ("h100_2n8g", Op::AllGather));
    assert_eq!((found.nodes, found.gpus_per_node, found.ranks), (2, 8, 16));
    assert_eq!(found.header["notes"], "a = b, and so on");
    assert_eq!(found.count("nics_per_node"), Ok(Given::Is(8)));
    assert_eq!(found.number("nic_gbps"), Ok(Given::Is(400.0)));
    assert_eq!((found.key("channels"), found.key("torus_shape")), (Given::Unknown, Given::Unknown));
    let [first, second] = &found.points[..] else { panic!("{:?}", found.points) };
    assert_eq!((first.bytes, first.time_us, first.time_inplace_us), (1024, 20.5, Some(19.5)));
    assert_eq!((first.algorithm.as_deref(), first.in_place), (Some("ring_over"), false));
    assert_eq!((second.bytes, second.time_us, second.time_inplace_us), (1 << 20, 99.0, None));
    assert_eq!(second.algorithm, None);
    assert!(found.skipped.is_empty() && found.notes.is_empty());
}

#[test]
fn windows_line_ends_marks_and_order_of_columns_change_nothing() {
    let plain = measured::read("x.csv", MEASURED.as_bytes()).unwrap();
    let windows = format!("\u{feff}{}", MEASURED.replace('\n', "\r\n"));
    assert_eq!(measured::read("x.csv", windows.as_bytes()).unwrap(), plain);
    let turned = "# collective = all_gather\n# nodes=1\n#gpus_per_node = 8\n# ranks = 8\n\
        Algorithm , extra,TIME_US,size_bytes\nring_over,,20.5,1.024e3\n";
    let turned = measured::read("runs/turned.v2.csv", turned.as_bytes()).unwrap();
    assert_eq!(turned.id, "turned.v2");
    assert_eq!((turned.points[0].bytes, turned.points[0].time_us), (1024, 20.5));
}

#[test]
fn rows_that_give_no_point_say_why() {
    let header =
        "# collective = reduce\n# nodes = 1\n# gpus_per_node = 4\n# ranks = 4\n# gpu = a\n# gpu = b\n";
    let rows = "size_bytes,time_us,time_inplace_us,algorithm\n\
        8,,21.5,\n8,N/A,22,\n0,1,1,\n16,,n/a,ring\n-8,1,,\n1.5,1,,\n99999999999999999999,1,,\n16,inf,,\n\
        16,0,,\n16,1e300,,\n16,5,oops,\n16,5,6,\n16,5,6,x,y\n16,5,6,x,,\n16,\"5\",6,\"a,b\"\n16,5";
    let found = measured::read("x.csv", format!("{header}{rows}").as_bytes()).unwrap();
    let why: Vec<&str> = found.skipped.iter().map(|row| row.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "line 10, column `size_bytes`: a size of 0 measures no transfer",
            "line 11: there is no time",
            "line 12, column `size_bytes`: expected a whole number of bytes up to 1125899906842624, found `-8`",
            "line 13, column `size_bytes`: expected a whole number of bytes up to 1125899906842624, found `1.5`",
            "line 14, column `size_bytes`: expected a whole number of bytes up to 1125899906842624, found \
             `99999999999999999999`",
            "line 15, column `time_us`: expected microseconds from 0.000001 to 864000000000, found `inf`",
            "line 16, column `time_us`: expected microseconds from 0.000001 to 864000000000, found `0`",
            "line 17, column `time_us`: expected microseconds from 0.000001 to 864000000000, found `1e300`",
            "line 20: expected 4 cells, found 5",
            "line 23: expected 4 cells, found 2",
        ]
    );
    assert_eq!((found.skipped[1].bytes, found.skipped[1].algorithm.as_deref()), (Some(16), Some("ring")));
    assert_eq!((found.skipped[1].line, found.skipped[2].bytes), (11, None));
    let points: Vec<(u64, f64, bool)> =
        found.points.iter().map(|point| (point.bytes, point.time_us, point.in_place)).collect();
    let five = (16, 5.0, false);
    assert_eq!(points, [(8, 21.5, true), (8, 22.0, true), five, five, five, five]);
    assert_eq!(
        found.notes,
        [
            "line 6: `gpu` stands twice; the first, in line 5, is used",
            "line 18, column `time_inplace_us`: expected microseconds from 0.000001 to 864000000000, found `oops`; only the time out of \
             place is used",
            "2 points have only a time in place, which is used",
            "2 sizes stand in several rows, each of which is a point",
        ]
    );
    assert!(!found.in_place_only());
}

#[test]
fn files_of_times_in_place_say_so() {
    let text = "# collective = all_reduce\n# nodes = 1\n# gpus_per_node = 8\n# ranks = 8\n\
        size_bytes,time_us,time_inplace_us\n8,,21.5\n16,,22\n";
    let found = measured::read("x.csv", text.as_bytes()).unwrap();
    assert!(found.in_place_only());
    assert_eq!(found.notes, ["all points have only a time in place, which is used"]);
}

#[test]
fn keys_of_the_wrong_kind_are_told() {
    let text = format!("{MEASURED}# channels = many\n# busbw_factor = -1\n");
    let found = measured::read("x.csv", text.as_bytes()).unwrap();
    assert_eq!(
        found.count("channels"),
        Err("`channels` is `many`, expected a whole number up to 1048576".into())
    );
    let told = Err("`busbw_factor` is `-1`, expected a number from 0.001 to 1000000".into());
    assert_eq!(found.number("busbw_factor"), told);
}

#[test]
fn a_rejected_file_tells_why_in_one_line() {
    let one = measured::read("x.csv", b"").unwrap_err();
    assert_eq!(
        one.why(),
        "line 1, column 1: the file is empty; below the `#` lines, a line of column names such as `size_bytes,time_us` and \
         rows are expected"
    );
    let two =
        "# collective = reduce\n# nodes = 0\n# gpus_per_node = 8\n# ranks = x\nsize_bytes,time_us\n8,1\n";
    let two = measured::read("x.csv", two.as_bytes()).unwrap_err();
    assert_eq!(
        two.why(),
        "line 2, column 11: `nodes` is `0`, expected a whole number from 1 to 1048576; and one more fault"
    );
    let many = measured::read("x.csv", b"size_bytes,time_us\n8,1\n").unwrap_err();
    assert_eq!(
        many.to_string(),
        "line 1, column 1: the header has no `collective`; add a line such as `# collective = all_reduce` above the names \
         of the columns; and 3 more faults"
    );
}

#[test]
fn a_log_of_two_servers_is_read_between_other_lines() {
    let log = nccl_tests::read("job.log", LOG.as_bytes(), None).unwrap();
    assert_eq!((log.op, log.ranks), (Op::AllReduce, Some(4)));
    let host = |name: &str| Host { name: name.into(), ranks: 2 };
    assert_eq!(log.hosts, [host("gpu-a"), host("gpu-b")]);
    assert_eq!(log.device.as_deref(), Some("NVIDIA H100 80GB HBM3"));
    assert_eq!(log.release.as_deref(), Some("2.18.5"));
    assert_eq!(log.per_process, Some(1));
    let points: Vec<(u64, f64, Option<f64>, bool)> = log
        .points
        .iter()
        .map(|point| (point.bytes, point.time_us, point.time_inplace_us, point.in_place))
        .collect();
    assert_eq!(
        points,
        [
            (8, 28.31, Some(27.94), false),
            (1_048_576, 61.2, Some(60.1), false),
            (33_554_432, 500.0, None, false),
            (67_108_864, 1000.0, Some(1000.0), true),
        ]
    );
    let why: Vec<&str> = log.skipped.iter().map(|row| row.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "line 14: expected 13 cells, found 7",
            "line 18: expected an algbw of 67.11 GB/s from size and time, found 6.71",
            "line 19: there is no time",
            "line 20: a size of 0 measures no transfer",
        ]
    );
    assert_eq!(log.notes, ["1 of 4 points have only a time in place, which is used"]);
}

#[test]
fn an_old_log_tells_its_operation_by_its_ratio() {
    let log = nccl_tests::read("job.log", OLD_LOG.as_bytes(), None).unwrap();
    assert_eq!((log.op, log.ranks), (Op::AllReduce, Some(8)));
    assert_eq!(log.device.as_deref(), Some("Tesla V100-SXM2-16GB"));
    assert_eq!((log.release, log.points.len(), log.skipped.len()), (None, 2, 0));
    assert_eq!((log.points[1].time_us, log.points[1].time_inplace_us), (1848.0, Some(1850.0)));
    assert_eq!(log.hosts, [Host { name: "p3dn".into(), ranks: 8 }]);
}

#[test]
fn an_operation_is_told_printed_named_or_derived() {
    let row = |ratio: f64, redop: &str, root: i32| {
        let devices: String = (0..8)
            .map(|rank| format!("#  Rank {rank} Group 0 Pid 7 on n device {rank} [0x07] X\n"))
            .collect();
        format!(
            "{devices}#  size count type redop root time algbw busbw #wrong\n\
             100000000 25000000 float {redop} {root} 1000.0 100.00 {:.2} 0\n",
            100.0 * ratio
        )
    };
    let of = |text: &str, name: &str, told| nccl_tests::read(name, text.as_bytes(), told).map(|log| log.op);
    let of = |text: String, name: &str, told| of(&text, name, told);
    assert_eq!(of(row(1.75, "sum", -1), "x", None).unwrap(), Op::AllReduce);
    assert_eq!(of(row(0.875, "sum", -1), "x", None).unwrap(), Op::ReduceScatter);
    assert_eq!(of(row(1.0, "sum", 0), "x", None).unwrap(), Op::Reduce);
    assert_eq!(of(row(1.0, "none", 0), "x", None).unwrap(), Op::Broadcast);
    assert_eq!(of(row(1.0, "none", -1), "x", None).unwrap(), Op::SendRecv);
    assert_eq!(of(row(0.875, "none", -1), "a/alltoall_8.log", None).unwrap(), Op::AllToAll);
    assert_eq!(of(row(0.875, "none", -1), "all_gather.log", None).unwrap(), Op::AllGather);
    let told = of(row(0.875, "none", -1), "x", Some(Op::AllGather));
    assert_eq!(told.unwrap(), Op::AllGather);
    let printed = format!("$ srun ./all_gather_perf_mpi -b 8\n{}", row(0.875, "none", -1));
    assert_eq!(of(printed, "x", None).unwrap(), Op::AllGather);
    let ambiguous = of(row(0.875, "none", -1), "x", None).unwrap_err();
    assert_eq!(
        ambiguous.why(),
        "line 9, column 1: the log does not tell which operation was measured; say which operation was measured, with `--op`"
    );
}

#[test]
fn a_log_that_may_be_of_anything_says_so() {
    let table = "#  size count type redop root time algbw busbw #wrong\n8 2 float sum -1 20.0 0.00 0.00 3\n";
    let rejected = nccl_tests::read("x", table.as_bytes(), None).unwrap_err();
    let fault = &rejected.diagnostics[0];
    assert_eq!(fault.message, "the log does not tell which operation was measured");
    assert_eq!(fault.labels[0].text, "these columns may be of any operation");
    assert_eq!(fault.help, ["say which operation was measured, with `--op`"]);
}

#[test]
fn what_a_log_leaves_open_is_noted() {
    let table = "#  size count type redop root time algbw busbw #wrong\n8 2 float sum -1 20.0 0.00 0.00 3\n";
    let alone = nccl_tests::read("all_reduce.txt", table.as_bytes(), None).unwrap();
    assert_eq!(alone.notes, ["the log does not list its devices, so the number of ranks is not known"]);
    let info = format!("n1:1:2 [0] NCCL INFO comm 0x1 rank 0 nranks 16 cudaDev 0 - Init COMPLETE\n{table}");
    let info = nccl_tests::read("all_reduce.txt", info.as_bytes(), None).unwrap();
    assert_eq!((info.ranks, info.notes.len()), (Some(16), 0));
    let groups = format!(
        "#  Rank  0 Group  0 Pid 1 on a device 0 [0x1b] X\n#  Rank  1 Group  1 Pid 1 on a device 1 [0x1c] Y\n\
         #  Rank  2 Group  0 Pid 1 on b device 0 [0x1b] X\n#  Rank  3 Group  1 Pid 1 on b device 1 [0x1c] X\n\
         n1 NCCL INFO ncclCommInitRank comm 0x1 rank 0 nranks 4\n{table}# Out of bounds values : 3 FAILED\n"
    );
    let groups = nccl_tests::read("all_reduce.txt", groups.as_bytes(), None).unwrap();
    assert_eq!((groups.ranks, groups.device), (Some(2), None));
    assert_eq!(
        groups.notes,
        [
            "2 groups ran side by side; the ranks are those of one",
            "2 ranks of a group are listed, but the library speaks of 4",
            "the devices are of 2 kinds, such as `X`",
            "the log counts 3 values out of bounds: its results were wrong",
        ]
    );
}

#[test]
fn a_placement_gives_each_node_once() {
    let text = "rank,node,rack,leaf_switch\n0,b,4,x1\n1,b,4,x1\n2,a,,x2\n3,,5,x3\n";
    let found = placement::read("p.csv", text.as_bytes()).unwrap();
    assert_eq!(found.nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(found.nodes[0].columns.get("rack").map(String::as_str), Some("4"));
    assert_eq!(found.nodes[1].columns.get("rack"), None);
    assert_eq!((0..4).map(|rank| found.node_of(rank, 4)).collect::<Vec<_>>(), [0, 0, 1, 1]);
    assert_eq!(found.node_of(7, 0), 14, "a caller's slip is no panic");
}

/// A text with a few slips: bytes replaced, taken out, doubled, or the end cut off.
fn slips(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let slip = (0..text.len(), 0_u8..4, any::<u8>());
    prop::collection::vec(slip, 1..12).prop_map(move |slips| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, kind, byte) in slips {
            let at = at % bytes.len().max(1);
            match kind {
                _ if bytes.is_empty() => bytes.push(byte),
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, bytes[at]),
                _ => bytes.truncate(at.max(bytes.len() / 2)),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn slips_in_measured_files_never_panic(bytes in slips(MEASURED)) {
        match measured::read("x.csv", &bytes) {
            Ok(found) => {
                prop_assert!(!found.points.is_empty());
                if found.ranks <= 4096 && let Ok(system) = system::map(&found, None) {
                    prop_assert_eq!(system.rank_nodes.len(), found.ranks as usize);
                }
                for name in found.points.iter().filter_map(|point| point.algorithm.as_deref()) {
                    let _ = names::named(name, found.op);
                }
            }
            Err(rejected) => prop_assert!(!rejected.why().contains('\n')),
        }
    }

    #[test]
    fn slips_in_logs_never_panic(bytes in slips(LOG)) {
        if let Err(rejected) = nccl_tests::read("x.log", &bytes, None) {
            prop_assert!(!rejected.diagnostics.is_empty());
        }
    }

    #[test]
    fn any_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), name in "\\PC{0,20}") {
        let _ = measured::read("x", &bytes);
        let _ = nccl_tests::read("x", &bytes, None);
        let _ = placement::read("x", &bytes);
        for op in Op::ALL {
            let _ = names::named(&name, op);
        }
    }
}
