//! Traces: Chakra files in and out, workloads of AICB, and what does not fit together.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use railspine::diag::Diagnostic;
use railspine::exchange::aicb::{self, Lowering, Policy, Which};
use railspine::exchange::chakra::{self, RankFile};
use railspine::exchange::trace::{Group, RankTrace, Trace, TraceKind, TraceNode, TraceOp};
use railspine::units::{Bytes, Time};

#[path = "support/simai.rs"]
mod simai;

const EXPERTS: &str = include_str!("exchange/aicb/experts.txt");

fn node(id: u64, kind: TraceKind, data_deps: &[usize]) -> TraceNode {
    TraceNode { id, name: "n".into(), kind, data_deps: data_deps.to_vec(), ctrl_deps: Vec::new() }
}

fn compute(us: u64) -> TraceKind {
    TraceKind::Compute { duration: Some(Time(us * 1_000_000)), flops: None, bytes: None, host: false }
}

fn collective(op: TraceOp, bytes: u64, group: usize) -> TraceKind {
    TraceKind::Collective { op, bytes: Bytes(bytes), group }
}

fn files(trace: &Trace) -> (Vec<RankFile>, Option<Vec<u8>>) {
    let (mut ranks, mut groups) = (Vec::new(), None);
    for file in chakra::write(trace).unwrap() {
        if file.name.ends_with(".json") {
            groups = Some(file.bytes);
        } else {
            let rank = file.name.split('.').rev().nth(1).unwrap().parse().unwrap();
            ranks.push(RankFile { rank, path: file.name, bytes: file.bytes });
        }
    }
    (ranks, groups)
}

fn read_back(trace: &Trace) -> Trace {
    let (ranks, groups) = files(trace);
    chakra::read(&trace.name, ranks, groups.as_deref().map(|bytes| ("groups.json", bytes))).unwrap()
}

fn texts(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|fault| format!("{}: {} ({})", fault.code, fault.message, fault.help.join("; ")))
        .collect()
}

#[test]
fn a_folder_of_chakra_files_is_read() {
    let trace = chakra::read_folder(Path::new("tests/exchange/chakra"), None).unwrap();
    assert_eq!((trace.name.as_str(), trace.size, trace.is_whole()), ("step", 2, true));
    let groups: Vec<(&str, &[u32])> =
        trace.groups.iter().map(|group| (group.name.as_str(), group.ranks.as_slice())).collect();
    assert_eq!(groups, [("0", &[0, 1][..]), ("7", &[0, 1])]);
    for rank in &trace.ranks {
        let found: Vec<(u64, &str, TraceKind)> =
            rank.nodes.iter().map(|node| (node.id, node.name.as_ref(), node.kind)).collect();
        let last = if rank.rank == 0 {
            (14, "send", TraceKind::Send { to: 1, bytes: Bytes(512), tag: 3 })
        } else {
            (14, "recv", TraceKind::Receive { from: 0, bytes: Bytes(512), tag: 3 })
        };
        let forward = TraceKind::Compute {
            duration: Some(Time(5_000_000)),
            flops: Some(1000.0),
            bytes: Some(Bytes(64)),
            host: false,
        };
        let launch =
            TraceKind::Compute { duration: Some(Time(2_000_000)), flops: None, bytes: None, host: true };
        let wanted = [
            (3, "## process_group:init ##", TraceKind::Marker),
            (1, "forward", forward),
            // A mebibyte of each of two ranks.
            (10, "nccl:all_gather", collective(TraceOp::AllGather, 2 << 20, 1)),
            (5, "launch", launch),
            (11, "load", TraceKind::Memory { store: false, bytes: Bytes(4096) }),
            (12, "nccl:all_reduce", collective(TraceOp::AllReduce, 4096, 0)),
            (13, "barrier", collective(TraceOp::Barrier, 0, 0)),
            last,
            (15, "store", TraceKind::Memory { store: true, bytes: Bytes(8) }),
        ];
        assert_eq!(found, wanted);
        assert_eq!((&rank.nodes[2].data_deps[..], &rank.nodes[2].ctrl_deps[..]), (&[3][..], &[1][..]));
        assert_eq!(rank.order(), Some(vec![0, 1, 3, 2, 4, 5, 6, 7, 8]));
    }
    assert_eq!(trace.check(), Ok(()));
    assert_eq!(chakra::read_folder(Path::new("tests/exchange/chakra/step"), None).unwrap(), trace);
}

#[test]
fn a_trace_of_astra_sim_is_read_byte_by_byte() {
    // Its all-gather of one mebibyte on four ranks, as its converter writes it.
    let mut bytes = vec![7, 0x0a, 5, b'0', b'.', b'0', b'.', b'4'];
    let attribute = |name: &[u8], field: u8, value: &[u8]| {
        let mut body = vec![0x0a, name.len() as u8];
        body.extend(name);
        body.extend([field << 3]);
        body.extend(value);
        [vec![0x52, body.len() as u8], body].concat()
    };
    let mut message = vec![0x12, 10];
    message.extend(b"ALL_GATHER");
    message.extend([0x18, 7]);
    message.extend(attribute(b"comm_type", 9, &[2]));
    message.extend(attribute(b"comm_size", 9, &[0x80, 0x80, 0x40]));
    bytes.push(message.len() as u8);
    bytes.extend(message);
    let files =
        (0..4).map(|rank| RankFile { rank, path: format!("all_gather.{rank}.et"), bytes: bytes.clone() });
    let trace = chakra::read("all_gather", files, None).unwrap();
    assert_eq!(trace.groups, [Group { name: "0".into(), ranks: vec![0, 1, 2, 3] }]);
    let kind = collective(TraceOp::AllGather, 4 << 20, 0);
    for rank in &trace.ranks {
        let [found] = &rank.nodes[..] else { panic!("{:?}", rank.nodes) };
        assert_eq!((found.id, found.name.as_ref(), found.kind), (0, "ALL_GATHER", kind));
    }
}

#[test]
fn a_trace_is_written_as_these_bytes() {
    let nodes = vec![node(300, compute(5), &[]), node(1, collective(TraceOp::AllGather, 10, 0), &[0])];
    let ranks = vec![RankTrace { rank: 0, nodes: nodes.clone() }, RankTrace { rank: 1, nodes }];
    let groups = vec![Group { name: "tp".into(), ranks: vec![1, 0] }];
    let trace = Trace { name: "a.b".into(), size: 2, ranks, groups };
    let files = chakra::write(&trace).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["a.b.0.et", "a.b.1.et", "a.b.groups.json"]);
    let wanted: &[&[u8]] = &[
        &[7, 0x0a, 5],
        b"0.0.4",
        // Id 300, name, type 4, 5 microseconds, on the accelerator.
        &[26, 8, 0xac, 2, 0x12, 1, b'n', 0x18, 4, 0x38, 5, 0x52, 14, 0x0a, 9],
        b"is_cpu_op",
        &[0xd8, 1, 0],
        // Id 1, name, type 7, waits for 300; half of ten bytes from each of two ranks.
        &[73, 8, 1, 0x12, 1, b'n', 0x18, 7, 0x2a, 2, 0xac, 2, 0x52, 14, 0x0a, 9],
        b"is_cpu_op",
        &[0xd8, 1, 0, 0x52, 13, 0x0a, 9],
        b"comm_type",
        &[0x48, 2, 0x52, 13, 0x0a, 9],
        b"comm_size",
        &[0x48, 5, 0x52, 14, 0x0a, 7],
        b"pg_name",
        &[0xea, 1, 2, b't', b'p'],
    ];
    assert_eq!(files[0].bytes, wanted.concat());
    assert_eq!(files[0].bytes, files[1].bytes);
    assert_eq!(String::from_utf8_lossy(&files[2].bytes), "{\n  \"tp\": [1, 0]\n}\n");
    assert_eq!(chakra::write(&trace).unwrap(), files);
    assert_eq!(read_back(&trace), trace);
}

#[test]
fn what_the_fields_of_chakra_cannot_tell_is_kept() {
    let odd = |duration, flops, bytes| TraceKind::Compute { duration, flops, bytes, host: true };
    let kinds = [
        odd(Some(Time(1)), Some(0.5), None),
        odd(Some(Time(0)), Some(1e300), Some(Bytes(0))),
        odd(None, Some(0.0), None),
        collective(TraceOp::AllGather, 7, 0),
        collective(TraceOp::Gather, 1, 0),
        collective(TraceOp::Barrier, 7, 0),
        collective(TraceOp::ReduceScatter, 7, 0),
    ];
    let nodes: Vec<TraceNode> = (0..).zip(kinds).map(|(id, kind)| node(id, kind, &[])).collect();
    let ranks = (0..3).map(|rank| RankTrace { rank, nodes: nodes.clone() }).collect();
    let groups = vec![Group { name: "0".into(), ranks: vec![2, 1, 0] }];
    let trace = Trace { name: "x".into(), size: 3, ranks, groups };
    assert_eq!(read_back(&trace), trace);
}

/// A way out of every fault that has no place in a file.
#[test]
fn folders_without_one_trace_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let told = |path: &Path, groups: Option<&Path>| {
        let rejected = chakra::read_folder(path, groups).unwrap_err();
        texts(&rejected.diagnostics).join("\n").replace(&folder.path().display().to_string(), "FOLDER")
    };
    let hint = "(a trace is a folder with files such as `step.0.et`, one a rank)";
    assert_eq!(told(folder.path(), None), format!("E0503: there is no trace in `FOLDER` {hint}"));
    fs::write(path("step.0.et"), [0]).unwrap();
    assert_eq!(told(&path("stop"), None), "E0503: there is no trace `FOLDER/stop` (did you mean `step`?)");
    assert_eq!(told(&path("zebra"), None), format!("E0503: there is no trace `FOLDER/zebra` {hint}"));
    assert_eq!(told(&path("no/step"), None), "E0503: cannot read `FOLDER/no`: there is no such file ()");
    assert_eq!(
        told(folder.path(), Some(&path("groups"))),
        "E0503: cannot read `FOLDER/groups`: there is no such file ()"
    );
    fs::write(path("other.0.et"), [0]).unwrap();
    assert_eq!(
        told(folder.path(), None),
        "E0503: there are 2 traces in `FOLDER` (give one of them as `FOLDER/NAME`: names are `other`, `step`)"
    );
    fs::create_dir(path("other.1.et")).unwrap();
    assert_eq!(told(&path("other"), None), "E0503: cannot read `FOLDER/other.1.et`: it is a directory ()");
    fs::write(path("step.groups.json"), r#"{"3": [0]}"#).unwrap();
    assert_eq!(chakra::read_folder(&path("step"), None).unwrap().groups[0].name, "3");
    let none = chakra::read("x", Vec::new(), None).unwrap_err();
    assert_eq!(
        texts(&none.diagnostics),
        ["E0805: the trace has no ranks (a trace is files such as `step.0.et`, one a rank)"]
    );
}

#[test]
fn ranks_have_bounds_and_one_file_each() {
    let file = |rank, path: &str| RankFile { rank, path: path.into(), bytes: vec![0] };
    let told = |files: Vec<RankFile>| texts(&chakra::read("x", files, None).unwrap_err().diagnostics);
    assert_eq!(
        told(vec![file(4_000_000_000, "x.4000000000.et")]),
        ["E0805: there is a trace of rank 4000000000 (ranks go up to 1048575)"]
    );
    assert_eq!(
        told(vec![file(0, "x.0.et"), file(0, "x.00.et")]),
        ["E0805: there are two traces of rank 0: `x.0.et` and `x.00.et` (keep one of them)"]
    );
    assert_eq!(
        told(vec![file(1, "x.1.et")]),
        ["E0805: there is no trace of rank 0, but one of rank 1 (each rank from 0 to the last needs a file)"]
    );
}

#[test]
fn broken_messages_say_what_is_broken() {
    // No metadata to speak of, then a node with the id 1 and the name `n`.
    let told = |bytes: &[u8]| {
        let bytes = [&[0, 7, 8, 1, 0x12, 1, b'n', 0x18, 1], bytes].concat();
        let file = RankFile { rank: 0, path: "x.0.et".into(), bytes };
        chakra::read("x", [file], None).unwrap_err().why()
    };
    let help = "; write the trace again, or copy it again as binary";
    for (bytes, message) in [
        (
            &[0x80][..],
            "line 3, column 1: the trace of rank 0 breaks off after node 1 `n`: a number is cut off at byte 10",
        ),
        (
            &[5, 8],
            "line 3, column 1: the trace of rank 0 breaks off after node 1 `n`: a message of 5 bytes has only 1 at byte 10",
        ),
        (
            &[2, 0x0a, 0],
            "line 3, column 1: node 0 `` of rank 0 cannot be read: field 1 of a node has the wrong wire type at byte 10",
        ),
        (
            &[7, 8, 2, 0x25, 0, 0, 0, 0],
            "line 3, column 1: node 2 `` of rank 0 cannot be read: a list of dependencies has the wrong wire type at byte 12",
        ),
        (
            &[6, 0x2a, 1, 0x80, 0, 0, 0],
            "line 3, column 1: node 0 `` of rank 0 cannot be read: a number is cut off at byte 13",
        ),
    ] {
        assert_eq!(told(bytes), format!("{message}{help}"));
    }
    let file = RankFile { rank: 0, path: "x.0.et".into(), bytes: vec![0, 9] };
    assert_eq!(
        chakra::read("x", [file], None).unwrap_err().why(),
        format!(
            "line 2, column 1: the trace of rank 0 breaks off before its first node: a message of 9 bytes has only 0 at byte 2{help}"
        )
    );
}

#[test]
fn traces_that_do_not_fit_are_not_written() {
    let whole = |nodes: Vec<TraceNode>| Trace {
        name: "x".into(),
        size: 1,
        ranks: vec![RankTrace { rank: 0, nodes }],
        groups: vec![Group { name: "0".into(), ranks: vec![0] }],
    };
    let told = |trace: &Trace| texts(&chakra::write(trace).unwrap_err().diagnostics);
    for name in ["", ".x", "a/b", "a\\b", "a\nb"] {
        let trace = Trace { name: name.into(), ..whole(Vec::new()) };
        assert_eq!(chakra::write(&trace).unwrap_err().diagnostics[0].code, "E0110", "{name:?}");
    }
    assert_eq!(
        told(&Trace { name: "a/b".into(), ..whole(Vec::new()) }),
        ["E0110: `a/b` cannot be the name of files (a name has no `/`, `\\` or `:`, and no `.` in front)"]
    );
    assert_eq!(
        told(&Trace { size: 2, ..whole(Vec::new()) }),
        ["E0805: the trace holds 1 of 2 ranks (only a trace of all ranks can be written)"]
    );
    assert_eq!(
        told(&Trace { size: 0, ..whole(Vec::new()) }),
        [
            "E0804: group `0` lists rank 0, but ranks go from 0 to 0 (take it out, or add the trace of that rank)",
            "E0805: the trace holds 1 of 0 ranks (a trace needs at least one rank, of at most 1048576)",
        ]
    );
    let twice = Trace { ranks: vec![whole(Vec::new()).ranks[0].clone(); 2], size: 2, ..whole(Vec::new()) };
    assert_eq!(
        told(&twice),
        ["E0805: ranks are not in order, or not all below 2 (list each rank once, from the lowest)"]
    );
    let mut groups = whole(Vec::new());
    groups.groups.push(groups.groups[0].clone());
    assert_eq!(told(&groups), ["E0804: two groups are called `0` (give each group a name of its own)"]);
    let flops = TraceKind::Compute { duration: None, flops: Some(f64::NAN), bytes: None, host: false };
    let nodes = vec![
        node(0, flops, &[]),
        node(0, collective(TraceOp::AllReduce, 1, 5), &[9]),
        node(2, TraceKind::Memory { store: true, bytes: Bytes(u64::MAX) }, &[]),
    ];
    assert_eq!(
        told(&whole(nodes)),
        [
            "E0803: node 0 `n` of rank 0 has the id of another node (ids must differ within a file)",
            "E0803: node 0 `n` of rank 0 waits for node number 9 of 3 (dependencies are indices into the nodes of the rank)",
            "E0802: node 0 `n` of rank 0 has no finite number of operations (give a number from 0)",
            "E0802: node 0 `n` of rank 0 does a collective of group number 5 of 1 (only members of a group do its collectives)",
            "E0802: node 2 `n` of rank 0 is of 18446744073709551615 bytes (sizes go up to 1125899906842624 bytes)",
        ]
    );
}

#[test]
fn faults_are_bounded() {
    let nodes: Vec<TraceNode> = (0..150).map(|_| node(7, TraceKind::Marker, &[])).collect();
    let trace =
        Trace { name: "x".into(), size: 1, ranks: vec![RankTrace { rank: 0, nodes }], groups: Vec::new() };
    let told = trace.check().unwrap_err();
    assert_eq!(told.len(), 100);
    assert_eq!(told[99].help, ["ids must differ within a file", "49 more faults are not shown"]);
    let mut text = String::from("MICRO\n101\n");
    (0..101).for_each(|_| text.push_str("a b\n"));
    let told = aicb::read("x.txt", text.as_bytes()).unwrap_err().diagnostics;
    assert_eq!((told.len(), told[99].help[1].as_str()), (100, "1 more fault is not shown"));
}

#[test]
fn a_part_of_a_job_is_checked_as_far_as_it_goes() {
    let nodes = vec![
        node(0, collective(TraceOp::AllReduce, 8, 0), &[]),
        node(1, TraceKind::Send { to: 1, bytes: Bytes(8), tag: 0 }, &[]),
    ];
    let groups = vec![Group { name: "all".into(), ranks: vec![0, 1, 2] }];
    let trace = Trace { name: "x".into(), size: 3, ranks: vec![RankTrace { rank: 0, nodes }], groups };
    assert_eq!(trace.check(), Ok(()));
    assert!(!trace.is_whole());
}

#[test]
fn a_workload_is_read_word_by_word() {
    let workload = aicb::read("runs/experts.v1.txt", EXPERTS.as_bytes()).unwrap();
    assert_eq!(workload.name, "experts.v1");
    let header = &workload.header;
    assert_eq!(header.policy, Policy::TransformerRecompute);
    let counts =
        [header.tensor, header.expert, header.pipeline, header.chunks, header.micro_batches, header.ranks];
    assert_eq!(counts, [2, 2, 2, 1, 2, 16].map(Some));
    assert_eq!((header.pipeline_bytes, header.checkpoints.len()), (Bytes(65536), 0));
    assert_eq!(workload.layers.len(), 4);
    let layer = &workload.layers[2];
    assert_eq!(
        (layer.name.as_ref(), layer.forward.compute, layer.update),
        ("moelayer", Time(3_000_000), Time(0))
    );
    let comm = layer.weight_grad.comm.unwrap();
    assert_eq!(
        (comm.op, comm.scope, comm.bytes),
        (TraceOp::ReduceScatter, aicb::Scope::DataExpert, Bytes(16384))
    );
    assert_eq!(workload.layers[1].input_grad.comm, None);
    assert!((workload.bubble_share() - 0.5).abs() < 1e-12);
}

#[test]
fn older_headers_and_windows_line_ends_are_read() {
    let old = "HYBRID_TRANSFORMER_FWD_IN_BCKWD\tmodel_parallel_NPU_group: 8 checkpoints: 2 0 3 checkpoint_initiates: 1 3 \
        pp_comm 0\r\n1\r\nnorm\t-1\t0\tBROADCAST\t16384\t1\tNONE\t0\t1\tNONE\t0\t100\r\n\r\n";
    let workload = aicb::read("x.txt", old.as_bytes()).unwrap();
    assert_eq!((workload.header.tensor, workload.header.ranks), (Some(8), None));
    assert_eq!(
        (&workload.header.checkpoints[..], &workload.header.checkpoint_initiates[..]),
        (&[0, 3][..], &[3][..])
    );
    assert_eq!(workload.layers[0].forward.comm.unwrap().op, TraceOp::Broadcast);
}

#[test]
fn a_workload_becomes_what_each_rank_does() {
    let workload = aicb::read("experts.txt", EXPERTS.as_bytes()).unwrap();
    let trace = workload.lower(&Lowering { ranks: None, which: Which::All }).unwrap();
    assert_eq!((trace.size, trace.is_whole(), trace.check()), (16, true, Ok(())));
    let told: Vec<String> = trace.ranks[6]
        .nodes
        .iter()
        .map(|node| {
            let what = match node.kind {
                TraceKind::Compute { duration, .. } => duration.unwrap().to_string(),
                TraceKind::Collective { bytes, group, .. } => {
                    format!(
                        "{} B in {} {:?}",
                        bytes.get(),
                        trace.groups[group].name,
                        trace.groups[group].ranks
                    )
                }
                TraceKind::Send { to, bytes, tag } => format!("{} B to {to}, tag {tag}", bytes.get()),
                TraceKind::Receive { from, bytes, tag } => {
                    format!("{} B from {from}, tag {tag}", bytes.get())
                }
                other => panic!("{other:?}"),
            };
            format!("{}: {what} after {:?}", node.name, node.data_deps)
        })
        .collect();
    assert_eq!(
        told,
        [
            "grad_gather fwd: 1 us after []",
            "embedding_layer fwd: 2 us after [0]",
            "embedding_layer fwd all-reduce: 4096 B in tp6 [6, 7] after [1]",
            "embedding_layer fwd update: 100 ns after [2]",
            "moelayer fwd: 3 us after [3]",
            "moelayer fwd all-to-all: 8192 B in ep4 [4, 6] after [4]",
            "optimizer1 fwd all-reduce: 4 B in tp6 [6, 7] after [5]",
            "optimizer1 fwd update: 100 ns after [6]",
            "moelayer ig: 6 us after [7]",
            "moelayer ig all-to-all: 8192 B in ep4 [4, 6] after [8]",
            "moelayer wg reduce-scatter: 16384 B in dp_ep2 [2, 6] after [9]",
            "embedding_layer wg: 500 ns after [9]",
            "grad_gather ig: 1 us after [11]",
            "grad_gather wg: 1 us after [12]",
            "grad_gather wg all-gather: 1048576 B in dp0 [0, 2, 4, 6] after [13]",
            "grad_gather wg update: 100 ns after [14]",
            "pipeline forward send: 65536 B to 14, tag 0 after [13]",
            "pipeline forward receive: 65536 B from 14, tag 0 after [13]",
            "pipeline forward send: 65536 B to 14, tag 0 after [16, 17]",
            "pipeline forward receive: 65536 B from 14, tag 0 after [16, 17]",
            "pipeline backward send: 65536 B to 14, tag 1 after [18, 19]",
            "pipeline backward receive: 65536 B from 14, tag 1 after [18, 19]",
            "pipeline backward send: 65536 B to 14, tag 1 after [20, 21]",
            "pipeline backward receive: 65536 B from 14, tag 1 after [20, 21]",
        ]
    );
    let one = workload.lower(&Lowering { ranks: None, which: Which::One(6) }).unwrap();
    assert_eq!((one.size, one.ranks.len(), one.groups.len()), (16, 1, 4));
    let nodes = |trace: &Trace, at: usize| -> Vec<(u64, Arc<str>, Vec<usize>)> {
        trace.ranks[at]
            .nodes
            .iter()
            .map(|node| (node.id, node.name.clone(), node.data_deps.clone()))
            .collect()
    };
    assert_eq!(nodes(&one, 0), nodes(&trace, 6));
    assert_eq!(one.check(), Ok(()));
    assert_eq!(read_back(&trace), trace);
    let lost = workload.lower(&Lowering { ranks: None, which: Which::One(16) }).unwrap_err();
    assert_eq!(texts(&lost.diagnostics), ["E0807: there is no rank 16 (ranks go from 0 to 15)"]);
    let none = workload.lower(&Lowering { ranks: Some(0), which: Which::All }).unwrap_err();
    assert_eq!(
        texts(&none.diagnostics),
        ["E0807: the workload cannot be spread over 0 ranks (use from 1 to 1048576)"]
    );
}

#[test]
fn other_kinds_of_workloads_have_other_groups() {
    let lower = |kind: &str| {
        let text = format!("{kind}\n1\na -1 1 ALLREDUCE 8 1 ALLREDUCE 16 1 ALLREDUCE 32 0\n");
        let workload = aicb::read("x.txt", text.as_bytes()).unwrap();
        let trace = workload.lower(&Lowering { ranks: Some(4), which: Which::One(1) }).unwrap();
        let names: Vec<String> = trace.ranks[0].nodes.iter().map(|node| node.name.to_string()).collect();
        (names.join(", "), trace.groups)
    };
    let all = |name: &str| vec![Group { name: name.into(), ranks: vec![0, 1, 2, 3] }];
    assert_eq!(lower("DATA"), ("a fwd, a ig, a wg, a wg all-reduce".into(), all("dp0")));
    assert_eq!(lower("MODEL"), ("a fwd, a fwd all-reduce, a ig, a ig all-reduce, a wg".into(), all("tp0")));
    assert_eq!(lower("MICRO"), ("a wg all-reduce".into(), all("dp0")));
    let (names, groups) = lower("HYBRID_TRANSFORMER model_parallel_NPU_group: 4");
    assert_eq!(names, "a fwd, a fwd all-reduce, a ig, a ig all-reduce, a wg");
    assert_eq!(groups, all("tp0"));
}

/// When the last node ends, where a collective takes as many picoseconds as it has bytes.
fn longest_path(rank: &RankTrace) -> u64 {
    let mut ends = vec![0; rank.nodes.len()];
    for at in rank.order().unwrap() {
        let node = &rank.nodes[at];
        let start = node.data_deps.iter().map(|dep| ends[*dep]).max().unwrap_or(0);
        ends[at] = start
            + match node.kind {
                TraceKind::Compute { duration, .. } => duration.unwrap().ps(),
                TraceKind::Collective { bytes, .. } => bytes.get(),
                other => panic!("{other:?}"),
            };
    }
    ends.into_iter().max().unwrap_or(0)
}

fn any_layers() -> impl Strategy<Value = Vec<simai::Layer>> {
    let phase = || (0_u64..5, prop::option::of(1_u64..3000));
    let layer = (phase(), phase(), phase(), 0_u64..3);
    let layer =
        layer.prop_map(|(forward, input, weight, update)| simai::Layer { forward, input, weight, update });
    prop::collection::vec(layer, 1..8)
}

/// A trace whose ranks do everything together: what is done, and by whom.
fn any_trace() -> impl Strategy<Value = Trace> {
    let step = (0_usize..8, 0_u32..5, 1_u32..5, 0_u64..1 << 40, any::<u16>(), any::<bool>(), any::<bool>());
    (1_u32..5, prop::collection::vec(step, 0..30)).prop_map(|(size, steps)| {
        let mut groups = vec![Group { name: "0".into(), ranks: (0..size).collect() }];
        if size > 2 {
            groups.push(Group { name: "a\"b".into(), ranks: vec![2, 0] });
        }
        let mut ranks: Vec<RankTrace> = (0..size).map(|rank| RankTrace { rank, nodes: Vec::new() }).collect();
        let mut add = |rank: u32, kind: TraceKind, salt: u16, control: bool| {
            let nodes = &mut ranks[rank as usize].nodes;
            let count = nodes.len();
            let pick = |salt: usize| if count > 0 { vec![salt % count] } else { Vec::new() };
            let id = u64::MAX - 7 * count as u64 - u64::from(rank);
            let ctrl_deps = if control { pick(usize::from(salt) / 3) } else { Vec::new() };
            let name = format!("node {salt}").into();
            nodes.push(TraceNode { id, name, kind, data_deps: pick(usize::from(salt)), ctrl_deps });
        };
        for (what, first, second, amount, salt, flag, control) in steps {
            let (one, other) = (first % size, (first % size + second) % size);
            let bytes = Bytes(amount);
            match what {
                0 | 1 => {
                    let duration = flag.then_some(Time(amount));
                    let flops = control.then_some(f64::from(salt) / 2.0);
                    add(
                        one,
                        TraceKind::Compute { duration, flops, bytes: Some(bytes), host: flag },
                        salt,
                        control,
                    );
                }
                2 => add(one, TraceKind::Memory { store: flag, bytes }, salt, control),
                3 => add(one, TraceKind::Marker, salt, control),
                4 if one != other => {
                    let tag = u32::from(salt % 2);
                    add(one, TraceKind::Send { to: other, bytes, tag }, salt, control);
                    add(other, TraceKind::Receive { from: one, bytes, tag }, salt, control);
                }
                _ => {
                    let group = usize::from(flag) % groups.len();
                    let op = TraceOp::ALL[usize::from(salt) % TraceOp::ALL.len()];
                    for &rank in &groups[group].ranks {
                        add(rank, TraceKind::Collective { op, bytes, group }, salt, control);
                    }
                }
            }
        }
        Trace { name: "any".into(), size, ranks, groups }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn what_is_written_is_read_again(trace in any_trace()) {
        prop_assert_eq!(trace.check(), Ok(()));
        prop_assert_eq!(read_back(&trace), trace);
    }

    #[test]
    fn spoilt_files_are_refused_or_read_but_never_panic(
        trace in any_trace(),
        slips in prop::collection::vec((any::<u16>(), any::<u16>(), any::<u8>()), 1..4),
        cut in any::<Option<u16>>(),
    ) {
        let (mut ranks, groups) = files(&trace);
        for (rank, at, byte) in slips {
            let count = ranks.len();
            let bytes = &mut ranks[usize::from(rank) % count].bytes;
            let length = bytes.len();
            bytes[usize::from(at) % length] = byte;
        }
        if let Some(cut) = cut {
            let bytes = &mut ranks[0].bytes;
            bytes.truncate(usize::from(cut) % (bytes.len() + 1));
        }
        let groups = groups.as_deref().map(|bytes| ("groups.json", bytes));
        match chakra::read("spoilt", ranks, groups) {
            Ok(read) => prop_assert_eq!(read.check(), Ok(())),
            Err(rejected) => {
                prop_assert!(!rejected.diagnostics.is_empty());
                for fault in &rejected.diagnostics {
                    for label in &fault.labels {
                        prop_assert!(rejected.sources.text(label.place.file).get(label.place.span.clone()).is_some());
                    }
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes: Vec<u8>, json: Vec<u8>) {
        let file = RankFile { rank: 0, path: "x.0.et".into(), bytes: bytes.clone() };
        drop(chakra::read("x", [file.clone()], None));
        drop(chakra::read("x", [file], Some(("groups.json", &json))));
        drop(aicb::read("x.txt", &bytes));
    }

    #[test]
    fn spoilt_workloads_are_refused_or_lowered(at in any::<u16>(), byte: u8, cut in any::<Option<u16>>()) {
        let mut bytes = EXPERTS.as_bytes().to_vec();
        let length = bytes.len();
        bytes[usize::from(at) % length] = byte;
        if let Some(cut) = cut {
            bytes.truncate(usize::from(cut) % length);
        }
        if let Ok(workload) = aicb::read("x.txt", &bytes)
            && let Ok(trace) = workload.lower(&Lowering { ranks: None, which: Which::One(0) })
        {
            prop_assert_eq!(trace.check(), Ok(()));
        }
    }

    #[test]
    fn workloads_fit_together_on_all_ranks(
        layers in any_layers(),
        (tensor, expert, share, stages) in (1_u32..4, 1_u32..3, 1_u32..3, 1_u32..4),
    ) {
        let ranks = tensor * expert * share * stages;
        let header = format!(
            "HYBRID_TRANSFORMER model_parallel_NPU_group: {tensor} ep: {expert} pp: {stages} vpp: 2 ga: 2 pp_comm: 8"
        );
        let workload = aicb::read("x.txt", simai::text(&header, &layers).as_bytes()).unwrap();
        let trace = workload.lower(&Lowering { ranks: Some(ranks), which: Which::All }).unwrap();
        prop_assert_eq!(trace.check(), Ok(()));
    }

    /// Three ranks do the same collectives, each in an order of its own: either all can be played, or waits are told.
    #[test]
    fn waits_across_ranks_are_told_where_playing_gets_stuck(
        counts in prop::array::uniform4(0_usize..3),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 30),
    ) {
        let members = [vec![0_u32, 1], vec![1, 2], vec![0, 2], vec![0, 1, 2]];
        let mut picks = picks.into_iter().cycle();
        let orders: Vec<Vec<usize>> = (0..3)
            .map(|rank| {
                let mut left: Vec<usize> =
                    (0..4).filter(|group| members[*group].contains(&rank)).flat_map(|group| vec![group; counts[group]]).collect();
                let mut order = Vec::new();
                while !left.is_empty() {
                    let at = picks.next().unwrap().index(left.len());
                    order.push(left.swap_remove(at));
                }
                order
            })
            .collect();
        let ranks = (0..).zip(&orders).map(|(rank, order)| {
            let nodes = order.iter().enumerate().map(|(at, group)| {
                let deps: Vec<usize> = at.checked_sub(1).into_iter().collect();
                node(at as u64, collective(TraceOp::AllReduce, 8, *group), &deps)
            });
            RankTrace { rank, nodes: nodes.collect() }
        });
        let groups = (0..).zip(&members).map(|(at, ranks): (u32, _)| Group { name: at.to_string(), ranks: ranks.clone() });
        let trace = Trace { name: "x".into(), size: 3, ranks: ranks.collect(), groups: groups.collect() };
        // The slow twin plays it: a collective runs when it is next on all ranks of its group.
        let mut next = [0; 3];
        while let Some(group) = (0..4).find(|group| {
            members[*group].iter().all(|rank| orders[*rank as usize].get(next[*rank as usize]) == Some(group))
        }) {
            members[group].iter().for_each(|rank| next[*rank as usize] += 1);
        }
        let stuck = (0..3).any(|rank| next[rank] < orders[rank].len());
        prop_assert_eq!(trace.check().is_err(), stuck);
        if let Err(told) = trace.check() {
            prop_assert_eq!(told.len(), 1);
            prop_assert!(told[0].message.starts_with("ranks wait for each other: node "), "{}", told[0].message);
        }
    }

    /// The loop of SimAI, state by state, is the slow twin.
    #[test]
    fn a_workload_takes_as_long_as_in_the_loop_of_simai(
        layers in any_layers(),
        marks in prop::collection::vec((any::<bool>(), any::<bool>()), 8),
    ) {
        let mut kept: Vec<usize> = (0..layers.len()).filter(|at| marks[*at].0).collect();
        if !kept.contains(&0) {
            kept.insert(0, 0);
        }
        // Each with a kept input before it and none of the others between: otherwise the loop leaves gradients out.
        let mut again: Vec<usize> = Vec::new();
        for at in (0..layers.len()).filter(|at| marks[*at].1 && !kept.contains(at)) {
            let start = kept.iter().copied().filter(|kept| *kept < at).max().unwrap_or(0);
            if again.last().is_none_or(|last| *last <= start) {
                again.push(at);
            }
        }
        let list = |layers: &[usize]| {
            let words: Vec<String> = layers.iter().map(usize::to_string).collect();
            format!("{} {}", words.len(), words.join(" "))
        };
        let header = format!(
            "HYBRID_TRANSFORMER_FWD_IN_BCKWD model_parallel_NPU_group: 2 all_gpus: 4 checkpoints: {} checkpoint_initiates: {}",
            list(&kept),
            list(&again)
        );
        let workload = aicb::read("x.txt", simai::text(&header, &layers).as_bytes()).unwrap();
        let trace = workload.lower(&Lowering { ranks: None, which: Which::One(3) }).unwrap();
        prop_assert_eq!(longest_path(&trace.ranks[0]), simai::step_ps(&layers, &kept, &again));
    }
}
