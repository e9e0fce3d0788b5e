//! Results that look like those of a 256-GPU rail-optimised cluster, made from closed forms.

use railspine::result::{
    BusyLink, Case, CriticalPath, Expectation, FabricSummary, PlotKind, PlotSpec, RUN_SCHEMA, RunResult,
    StackSummary, TierUse, TimelineEntry,
};

/// An algorithm as `time = latency + bytes / rate`, slowed where links are shared.
#[derive(Clone, Copy)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) latency_us: f64,
    pub(crate) gigabytes_per_sec: f64,
    pub(crate) sharing: f64,
}

pub(crate) const RING: Model =
    Model { name: "ring", latency_us: 1_100.0, gigabytes_per_sec: 197.0, sharing: 0.02 };
pub(crate) const TREE: Model =
    Model { name: "double-tree", latency_us: 42.0, gigabytes_per_sec: 151.0, sharing: 0.19 };
pub(crate) const HIERARCHICAL: Model =
    Model { name: "hierarchical", latency_us: 96.0, gigabytes_per_sec: 189.0, sharing: 0.04 };

pub(crate) const TIERS: [(&str, u32, f64); 8] = [
    ("gpu -> nvswitch", 256, 0.81),
    ("nvswitch -> gpu", 256, 0.80),
    ("gpu -> pcie", 256, 0.62),
    ("nic -> leaf", 256, 0.97),
    ("leaf -> nic", 256, 0.96),
    ("leaf -> spine", 32, 0.41),
    ("spine -> leaf", 32, 0.40),
    ("pcie -> cpu", 64, 0.0),
];

pub(crate) fn sizes(from: u32, to: u32) -> Vec<u64> {
    (from..=to).map(|exponent| 1 << exponent).collect()
}

pub(crate) fn case(model: Model, bytes: u64) -> Case {
    let latency_ps = (model.latency_us * 1e6) as u64;
    let transfer_ps = (bytes as f64 / model.gigabytes_per_sec * 1e3) as u64;
    let sharing_ps = (transfer_ps as f64 * model.sharing) as u64;
    let time_ps = latency_ps.saturating_add(transfer_ps).saturating_add(sharing_ps);
    let algbw = if time_ps == 0 { 0.0 } else { bytes as f64 / time_ps as f64 * 1e3 };
    let bound_ps = ((bytes as f64 / 200.0 * 1e3) as u64).saturating_add(6_000_000);
    let part = transfer_ps as f64 / time_ps.max(1) as f64;
    let busy = |link: &str, share: f64| BusyLink {
        link: link.into(),
        bytes: (bytes as f64 * 1.99) as u64,
        utilisation: share * part,
    };
    Case {
        op: "all-reduce".into(),
        algorithm: model.name.into(),
        requested_algorithm: model.name.into(),
        engine: "fluid".into(),
        group: String::new(),
        ranks: 256,
        channels: 8,
        steps: "receipt".into(),
        bytes,
        start_ps: 0,
        time_ps,
        algbw_gbps: algbw,
        busbw_gbps: algbw * 2.0 * 255.0 / 256.0,
        bound_ps,
        bound_kind: if bytes < 1 << 20 { "latency" } else { "injection" }.into(),
        bound_detail: "leaving the GPUs of server 0".into(),
        bound_percent: 100.0 * bound_ps as f64 / time_ps.max(1) as f64,
        protocol: String::new(),
        critical_path: CriticalPath { launch_ps: 0, latency_ps, transfer_ps, sharing_ps },
        busiest_links: vec![
            busy("server12.nic3 -> leaf3", 0.982),
            busy("server31.nic3 -> leaf3", 0.981),
            busy("leaf3 -> server13.nic3", 0.97),
            busy("leaf0 -> spine1 #2", 0.41),
        ],
        tiers: TIERS
            .iter()
            .map(|&(tier, links, share)| TierUse {
                tier: tier.into(),
                links,
                bytes: if share == 0.0 { 0 } else { bytes.saturating_mul(u64::from(links)) },
                mean_utilisation: share * part * (1.0 - 2.0 * model.sharing),
                max_utilisation: share * part,
            })
            .collect(),
        flows: 130_560,
        timeline: Vec::new(),
    }
}

/// What `auto` would be: the fastest of `models` at each size.
pub(crate) fn auto(models: &[Model], bytes: u64) -> Case {
    let mut best = models
        .iter()
        .map(|&model| case(model, bytes))
        .min_by_key(|case| case.time_ps)
        .expect("there are models");
    best.requested_algorithm = "auto".into();
    best
}

pub(crate) fn result(name: &str, title: &str, cases: Vec<Case>) -> RunResult {
    RunResult {
        schema: RUN_SCHEMA.into(),
        scenario: name.into(),
        title: title.into(),
        seed: 1,
        fabric: FabricSummary { name: "dgx-h100-superpod".into(), gpus: 256, nodes: 1_100, links: 5_248 },
        stack: None,
        cases,
        expectations: Vec::new(),
        plots: Vec::new(),
    }
}

/// A library with a profile of one's own, of which two constants were changed.
pub(crate) fn stack() -> StackSummary {
    StackSummary {
        profile: "mine".into(),
        software: "nccl".into(),
        version: Some("2.20".into()),
        process: Some("per-gpu".into()),
        algorithm: None,
        protocol: None,
        threads: None,
        min_channels: None,
        max_channels: Some(8),
        rails: None,
        set: [("fraction.scaleup".into(), 0.81), ("chunk.ring".into(), 1_048_576.0)].into(),
    }
}

/// The main job: three algorithms and `auto`, 1 KiB to 8 GiB.
pub(crate) fn superpod() -> RunResult {
    let models = [RING, TREE, HIERARCHICAL];
    let sizes = sizes(10, 33);
    let mut cases: Vec<Case> =
        models.iter().flat_map(|&model| sizes.iter().map(move |&bytes| case(model, bytes))).collect();
    cases.extend(sizes.iter().map(|&bytes| auto(&models, bytes)));
    let mut result =
        result("superpod-h100-all-reduce", "All-reduce on 32 DGX H100 servers, rail-optimised NDR", cases);
    result.expectations = vec![
        Expectation {
            what: "all-reduce ring 8 GiB busbw".into(),
            expected: "380 GB/s ± 5 %".into(),
            found: "375.1 GB/s".into(),
            met: true,
        },
        Expectation {
            what: "all-reduce double-tree 8 GiB time".into(),
            expected: "60 ms ± 5 %".into(),
            found: "67.7 ms".into(),
            met: false,
        },
    ];
    result
}

/// A ring of `ranks` ranks, reduce-scatter then all-gather, with `channels` side by side.
pub(crate) fn ring_timeline(ranks: u32, channels: u32, shown: &[u32]) -> Vec<TimelineEntry> {
    let mut entries = Vec::new();
    for step in 0..2 * (ranks - 1) {
        for &src in shown {
            for channel in 0..channels {
                let slow = if src % 4 == 3 { 12_000_000 } else { 10_000_000 };
                let start_ps =
                    u64::from(step) * 15_000_000 + u64::from(channel) * 700_000 + u64::from(src) * 90_000;
                entries.push(TimelineEntry {
                    src,
                    dst: (src + 1) % ranks,
                    phase: if step < ranks - 1 { "reduce-scatter" } else { "all-gather" }.into(),
                    step,
                    channel,
                    bytes: 1 << 20,
                    start_ps,
                    sent_ps: start_ps + slow,
                    received_ps: start_ps + slow + 2_400_000,
                });
            }
        }
    }
    entries
}

/// 16 MiB on 16 ranks by two algorithms, with timelines.
pub(crate) fn with_timeline() -> RunResult {
    let mut ring = case(RING, 16 << 20);
    ring.ranks = 16;
    ring.timeline = ring_timeline(16, 1, &[0, 1, 2, 3, 4, 5, 6, 7]);
    let mut tree = case(TREE, 16 << 20);
    tree.ranks = 16;
    tree.timeline = ring_timeline(8, 2, &[0, 1, 2, 3, 4, 5, 6, 7]);
    for case in [&mut ring, &mut tree] {
        case.time_ps = case.timeline.iter().map(|entry| entry.received_ps).max().unwrap_or(0);
    }
    result("timeline", "All-reduce of 16 MiB on 16 ranks", vec![ring, tree])
}

pub(crate) fn plot(kind: PlotKind) -> PlotSpec {
    PlotSpec { name: format!("{kind:?}").to_lowercase(), kind, bytes: None, title: None }
}
