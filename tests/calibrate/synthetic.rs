//! A machine whose constants are known, and the logs that nccl-tests would print on it.

use std::sync::Arc;

use railspine::collective::{Algorithm, Op, Spread};
use railspine::engine::{EngineKind, Steps};
use railspine::fabric::Fabric;
use railspine::ids::Rank;
use railspine::input::{LoadOptions, load_topology};
use railspine::rng::stream;
use railspine::run::{CollectiveSpec, Quiet, RunOptions, Scenario, run};
use railspine::stack::{Profile, Stack, Version};
use railspine::units::{Bytes, Time};
use railspine::workload::Space;
use rand::RngExt;

/// From 1 KiB to 1 GiB.
pub(crate) const POWERS: [u32; 21] =
    [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30];

/// The topology of the machine, as a user has it.
pub(crate) const TOPOLOGY: &str = r#"name = "lab"
template = "rail-optimised"
[params]
servers = 16
gpus_per_server = 8
pod_servers = 16
radix = 40
bandwidth = "200 Gbps"
class = "infiniband"
nvlink_bandwidth = "300 GB/s"
pcie_bandwidth = "32 GB/s"
"#;

/// The machine.
pub(crate) struct Lab {
    pub(crate) fabric: Arc<Fabric>,
    pub(crate) truth: Profile,
    /// Of the logarithm of times.
    scatter: f64,
}

impl Lab {
    pub(crate) fn new(truth: Profile, scatter: f64) -> Self {
        let options = LoadOptions { stdin: Some(TOPOLOGY.into()), ..LoadOptions::default() };
        let fabric = Arc::new(load_topology("-", &options).unwrap().value);
        Self { fabric, truth, scatter }
    }

    /// Times in microseconds on the first servers under a profile.
    pub(crate) fn times(&self, profile: &Profile, op: Op, servers: u32, powers: &[u32]) -> Vec<f64> {
        let spec = CollectiveSpec {
            group: String::new(),
            op,
            algorithms: vec![Algorithm::Auto],
            sizes: powers.iter().map(|power| Bytes(1 << power)).collect(),
            nodes: self.fabric.endpoints()[..8 * servers as usize].to_vec(),
            root: Rank(0),
            start: Time::ZERO,
            steps: Steps::Receipt,
            channels: None,
            segments: None,
            spread: Spread::new(0.0, 1, 0),
        };
        let stack = Stack { version: Version { major: 2, minor: 18 }, ..Stack::new(profile.clone()) };
        let scenario = Scenario {
            name: "lab".into(),
            title: "lab".into(),
            seed: 1,
            heavy: false,
            fabric: self.fabric.clone(),
            engines: vec![EngineKind::Fluid],
            stack: Some(stack),
            collectives: vec![spec],
            workload: None,
            tune: Space::default(),
            together: false,
            expect: Vec::new(),
            step_expect: Vec::new(),
            plots: Vec::new(),
            timeline_ranks: Vec::new(),
        };
        let result = run(&scenario, &RunOptions::default(), &Quiet).unwrap();
        result.cases.iter().map(|case| Time::from_ps(case.time_ps).as_secs() * 1e6).collect()
    }

    /// What nccl-tests prints.
    pub(crate) fn log(&self, op: Op, servers: u32, powers: &[u32], seed: u64) -> String {
        let ranks = 8 * servers;
        let program = match op {
            Op::AllReduce => "all_reduce_perf",
            Op::AllGather => "all_gather_perf",
            _ => panic!("no log of {op} is needed"),
        };
        let mut out = format!(
            "# Collective test starting: {program}\n# nThread 1 nGpus 1 minBytes 1024 maxBytes 1073741824 step: 2(factor) \
             warmup iters: 5 iters: 20 agg iters: 1 validation: 1 graph: 0\n#\n# Using devices\n"
        );
        for rank in 0..ranks {
            let (host, device) = (rank / 8, rank % 8);
            out.push_str(&format!(
                "#  Rank {rank:2} Group  0 Pid {:6} on     node{host} device {device:2} [0x{device:02x}] NVIDIA A100-SXM4-80GB\n",
                1000 + rank
            ));
        }
        out.push_str("NCCL version 2.18.5+cuda12.2\n#\n");
        out.push_str(
            "#                                                              out-of-place                       in-place          \n\
             #       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong\n\
             #        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)       \n",
        );
        let mut random = stream(seed, "scatter", u64::from(servers));
        // Twelve even numbers come near enough to normal.
        let mut normal = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        let times = self.times(&self.truth, op, servers, powers);
        let redop = if op == Op::AllReduce { "sum" } else { "none" };
        for (power, time) in powers.iter().zip(times) {
            let bytes = 1u64 << power;
            let mut cells = || {
                let time = time * (self.scatter * normal()).exp();
                let algbw = bytes as f64 / time / 1e3;
                let told = if time < 100.0 { format!("{time:.2}") } else { format!("{time:.1}") };
                format!("{told:>8} {algbw:>7.2} {:>7.2}      0", algbw * op.bus_factor(ranks))
            };
            let (out_of_place, in_place) = (cells(), cells());
            out.push_str(&format!(
                "{bytes:>12} {:>13}     float {redop:>7}      -1 {out_of_place} {in_place}\n",
                bytes / 4
            ));
        }
        out.push_str("# Out of bounds values : 0 OK\n# Avg bus bandwidth    : 0\n#\n");
        out
    }
}
