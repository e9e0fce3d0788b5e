use railspine::{
    fabric::parts::Technology,
    input::{LoadOptions, load_scenario, plan::Situations},
    planner::score::*,
    run,
    units::*,
};
use std::time::Instant;
fn main() {
    let f = std::env::args().nth(1).unwrap();
    let sc = load_scenario(&f, &LoadOptions::default()).unwrap().value;
    let w = sc.workload.clone().unwrap();
    let ranks = w.parallel.ranks() as u32;
    let t = Instant::now();
    let mut s = Scorer::of_loads(
        &[(1.0, ScoredLoad::Step(w.clone()))],
        ranks,
        8,
        Situations::default(),
        sc.stack.clone(),
        run::RunOptions {
            fluid: railspine::engine::fluid::Options { symmetry: true, skip: true },
            ..Default::default()
        },
    )
    .unwrap();
    println!("scorer {:?}", t.elapsed());
    let server = ServerWiring {
        gpus: 8,
        nics: 8,
        scaleup: "450 GB/s".parse().unwrap(),
        in_network: true,
        pcie: "64 GB/s".parse().unwrap(),
    };
    let rate: Bandwidth = "400 Gbps".parse().unwrap();
    for up in [32u32, 31, 30, 24, 16, 8] {
        for (len, tiers) in [(10_000u64, 3u32), (20_000, 3)] {
            let wi = Wiring {
                server,
                servers: ranks / 8,
                technology: Technology::InfiniBand,
                nic_rate: rate,
                hop: Time::from_ps(450_000),
                attach: Attach::Rail,
                separate: false,
                relay: false,
                planes: 1,
                pod_servers: 32,
                tiers,
                port_rate: rate,
                leaf_up: up,
                spine_lanes: 1,
                block_pods: 16,
                by_rail: true,
                group_up: 16 * up,
                core_lanes: 16,
                lengths: [Length(5000), Length(len), Length(50_000)],
            };
            let t = Instant::now();
            let c = s.collect(&wi, false).unwrap();
            let t1 = t.elapsed();
            let least = s.least(&c);
            let t2 = t.elapsed();
            let (r, l) = s.score(&c, &run::Quiet).unwrap();
            s.learn(l);
            let t3 = t.elapsed();
            println!(
                "up {up} len {len}: collect {t1:?} least {:?} score {:?}: least {:.4} time {:.4} played {}",
                t2 - t1,
                t3 - t2,
                least.as_secs(),
                r.time.as_secs(),
                s.played()
            );
            for (l, s, t) in r.times {
                println!("    {l} {s:?} {:.6}", t.as_secs());
            }
        }
    }
}
