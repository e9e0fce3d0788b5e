//! Plausible plans and designs of any size, for what shows them: made by rule, not by the planner.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

use std::collections::BTreeMap;

use railspine::result::{
    BillLine, DESIGN_SCHEMA, PLAN_SCHEMA, PlanCable, PlanCost, PlanCount, PlanDesign, PlanDevice,
    PlanDiagramTier, PlanEnd, PlanFloor, PlanLength, PlanLoad, PlanPlacement, PlanPower, PlanRack,
    PlanResult, PlanRun, PlanSensitivity, PlanSpace, PlanTier, PlanTime, PlanWeight, PlannedDesign, UsdRange,
};

const FAMILIES: [&str; 5] = ["rail-optimised", "fat-tree", "rail-only", "multi-plane", "dragonfly"];
/// Racks of a row, height units of a rack, and servers that go in.
const ROW: u32 = 20;
const HEIGHT: u32 = 42;
const SERVERS: u32 = 4;
/// Adapters of a server, and height units of it.
const RAILS: u32 = 8;
const SERVER_HEIGHT: u32 = 8;

fn range(mid: f64, spread: f64) -> UsdRange {
    UsdRange { low: mid * (1.0 - spread), mid, high: mid * (1.0 + 1.4 * spread) }
}

/// Shares of cost with how uncertain each is.
fn costs(servers: f64, network: f64) -> Vec<PlanCost> {
    [
        ("servers", servers, 0.1),
        ("adapters", 0.24 * network, 0.15),
        ("switches", 0.36 * network, 0.2),
        ("transceivers", 0.27 * network, 0.35),
        ("cables", 0.08 * network, 0.25),
        ("racks", 0.03 * network, 0.2),
        ("labour", 0.02 * network, 0.5),
    ]
    .map(|(what, mid, spread)| PlanCost { what: what.into(), usd: range(mid, spread) })
    .into()
}

fn sum(costs: &[PlanCost]) -> UsdRange {
    let all = |of: fn(&UsdRange) -> f64| costs.iter().map(|own| of(&own.usd)).sum();
    UsdRange { low: all(|own| own.low), mid: all(|own| own.mid), high: all(|own| own.high) }
}

fn powers(servers: f64, network: f64) -> Vec<PlanPower> {
    [
        ("servers", servers),
        ("adapters", 0.22 * network),
        ("switches", 0.48 * network),
        ("transceivers", 0.3 * network),
        ("cooling", 0.25 * (servers + network)),
    ]
    .map(|(what, watts)| PlanPower { what: what.into(), watts })
    .into()
}

/// The `at`-th of `count` designs: the later the slower and the cheaper.
pub fn design(at: u32, count: u32) -> PlanDesign {
    let along = f64::from(at) / f64::from(count.max(2) - 1);
    let family = FAMILIES[(at * 7 / 3) as usize % FAMILIES.len()];
    let tiers = if family == "rail-only" { 1 } else { 2 };
    // Steep where it is fast, flat where it is cheap.
    let seconds = 6.1 + 1.9 * along.powi(2) + 0.02 * f64::from(at % 3);
    let network = 18.0e6 * (1.0 - 0.7 * along.sqrt());
    let cost = costs(38.4e6, network);
    let capex = sum(&cost);
    let power = powers(1.305e6, 0.012 * network);
    let oversubscription = [1.0, 2.0, 4.0][at as usize % 3];
    let technology = if at.is_multiple_of(2) { "infiniband" } else { "roce" };
    let ps = |factor: f64| (seconds * factor * 1e12).round() as u64;
    let time = |situation: &str, failed: &str, factor| PlanTime {
        load: "llama3-70b".into(),
        situation: situation.into(),
        failed: failed.into(),
        time_ps: ps(factor),
    };
    PlanDesign {
        id: format!("d{}", at + 1),
        family: family.into(),
        summary: format!(
            "{family}, {tiers} {}, {}, {} 400 Gbps, {SERVERS} servers a rack",
            if tiers == 1 { "tier" } else { "tiers" },
            if tiers == 1 { "no uplinks".into() } else { format!("{oversubscription}:1") },
            if technology == "roce" { "RoCE" } else { "InfiniBand" },
        ),
        technology: technology.into(),
        accelerators: 1024,
        servers: 128,
        server: "dgx-h100".into(),
        tiers,
        planes: if family == "multi-plane" { 2 } else { 1 },
        oversubscription: (tiers > 1).then_some(oversubscription),
        switches: ["qm9700", "qm9700"][..tiers as usize].iter().map(|&name| name.into()).collect(),
        switch_counts: [32, 16][..tiers as usize].into(),
        switch_place: "middle-of-row".into(),
        servers_per_rack: SERVERS,
        rack: "rack-42u".into(),
        racks: 38,
        step_time_ps: ps(1.0),
        lower_bound_ps: ps(0.91),
        times: vec![
            time("aligned", "", 0.98),
            time("scattered", "", 1.03),
            time("failed", "one leaf-spine cable", 1.05),
        ],
        capex_usd: capex.mid,
        capex,
        tco: range(capex.mid * 1.31, 0.14),
        power_w: power.iter().map(|own| own.watts).sum(),
        network_usd_per_accelerator: 0.95 * network / 1024.0,
        cables: vec![
            tier("server-leaf", 1024, &[("dac-400", 2.0, 256), ("aoc-400", 10.0, 768)]),
            tier("leaf-spine", 1024, &[("sm-400", 20.0, 512), ("sm-400", 30.0, 512)]),
        ][..tiers as usize]
            .into(),
        cost,
        power,
        on_front_at: [at % 4 != 1, true, at % 3 != 2],
        limited_by: format!(
            "computation; {:.1} % of the step waits for data-parallel all-reduces",
            2.0 + 9.0 * along
        ),
        sensitivity: [
            ("twice the leaf-spine bandwidth", 0.01 + 0.08 * along),
            ("twice the server-leaf bandwidth", 0.006 + 0.02 * along),
            ("half the latency", 0.001),
            ("no oversubscription", 0.0),
            ("half the leaf-spine bandwidth", -0.09),
        ]
        .map(|(change, saves)| PlanSensitivity {
            change: change.into(),
            step_time_ps: ps(1.0 - saves),
            saves,
        })
        .into(),
    }
}

fn tier(name: &str, cables: u64, lengths: &[(&str, f64, u64)]) -> PlanTier {
    PlanTier {
        tier: name.into(),
        cables,
        lengths: lengths
            .iter()
            .map(|&(medium, metres, cables)| PlanLength { medium: medium.into(), metres, cables })
            .collect(),
        metres: lengths
            .iter()
            .map(|&(_, metres, cables)| metres * f64::from(u32::try_from(cables).unwrap()))
            .sum(),
    }
}

/// A plan with a front of so many designs.
pub fn plan(count: u32) -> PlanResult {
    let counted = |by: &str, about: &str, designs| PlanCount { by: by.into(), about: about.into(), designs };
    PlanResult {
        schema: PLAN_SCHEMA.into(),
        plan: "plan-70b-1024".into(),
        title: "Llama 3 70B on 1,024 H100".into(),
        loads: vec![PlanLoad {
            name: "llama3-70b".into(),
            weight: 1.0,
            about: "llama3-70b, 1024 sequences of 8192, megatron-2024".into(),
        }],
        objectives: ["step_time", "capex", "power"].map(Into::into).into(),
        epsilon: 0.0,
        situations: [("aligned", 0.6), ("scattered", 0.3), ("failed", 0.1)]
            .map(|(name, weight)| PlanWeight { name: name.into(), weight })
            .into(),
        jobs: 1,
        space: PlanSpace {
            designs: 1_204_224,
            pruned: 1_000_000,
            simulated: 224,
            infeasible: 204_000,
            networks: 3_012,
            networks_simulated: 118,
            pruned_by: vec![
                counted("dominated-by-bound", "another is no worse in all than their lower bounds", 900_000),
                counted("cheaper-twin", "another with the same network is cheaper and takes no more power", 100_000),
            ],
            infeasible_by: vec![
                counted("reach", "a cable is longer than any medium of its rate reaches", 4_000),
                counted("rack-power", "a rack takes more power than it provides", 200_000),
            ],
        },
        certificate: "No design that was not simulated can be on the front: each is dominated by a simulated one even at \
                      its lower bounds on step time, cost and power."
            .into(),
        front: (0..count).map(|at| design(at, count)).collect(),
        recommended: (count > 0).then(|| format!("d{}", count.div_ceil(2))),
        notes: vec!["Prices of `qm9700` are of resellers.".into()],
    }
}

/// A plan without a feasible design.
pub fn nothing() -> PlanResult {
    let mut plan = plan(0);
    plan.space.designs = plan.space.infeasible;
    (plan.space.pruned, plan.space.simulated) = (0, 0);
    (plan.space.networks, plan.space.networks_simulated) = (12, 0);
    plan.space.pruned_by.clear();
    plan.notes.clear();
    plan.certificate = "Every design breaks a limit.".into();
    plan
}

fn device(name: String, part: &str, kind: &str, unit: u32, height: u32) -> PlanDevice {
    PlanDevice { name, part: part.into(), kind: kind.into(), unit, height }
}

/// What stands at a place: servers, leaves in the middle of each row, spines beside those of the middle row.
#[derive(Clone, Copy, PartialEq)]
enum What {
    Servers,
    Leaves,
    Spines,
}

fn what(at: u32, racks: u32) -> What {
    let (row, place) = (at / ROW, at % ROW);
    let rows = racks.div_ceil(ROW);
    let wide = if row + 1 == rows { racks - row * ROW } else { ROW };
    match place {
        _ if racks < 4 => What::Servers,
        _ if place == wide / 2 => What::Leaves,
        _ if row == (rows - 1) / 2 && (place == wide / 2 + 1 || (racks > 100 && place + 1 == wide / 2)) => {
            What::Spines
        }
        _ => What::Servers,
    }
}

/// A design of so many racks, drawn up; below 4 racks each has servers and a leaf.
pub fn drawn_up(racks: u32) -> PlannedDesign {
    let (mut all, mut leaves, mut spines, mut hosts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for at in 0..racks {
        let (row, place) = (at / ROW, at % ROW);
        let mut devices = Vec::new();
        let sort = what(at, racks);
        match sort {
            What::Servers => {
                for slot in 0..SERVERS {
                    let unit = 1 + slot * SERVER_HEIGHT;
                    hosts.push((at, unit));
                    let name = format!("host{}", hosts.len() - 1);
                    devices.push(device(name, "dgx-h100", "server", unit, SERVER_HEIGHT));
                }
                if racks < 4 {
                    leaves.push((at, 36));
                    devices.push(device(format!("leaf{at}"), "qm9700", "switch", 36, 1));
                }
            }
            What::Leaves | What::Spines => {
                let (units, kind) = if sort == What::Leaves { (RAILS, "leaf") } else { (12, "spine") };
                for slot in 0..units {
                    let unit = 10 + 2 * slot;
                    let known = if sort == What::Leaves { &mut leaves } else { &mut spines };
                    known.push((at, unit));
                    devices.push(device(format!("{kind}{}", known.len() - 1), "qm9700", kind, unit, 1));
                }
            }
        }
        all.push(PlanRack {
            name: format!("r{:02}-{:02}", row + 1, place + 1),
            row,
            place,
            kind: match sort {
                What::Servers if racks < 4 => "mixed".into(),
                What::Servers => "servers".into(),
                _ => "network".into(),
            },
            pod: (sort == What::Servers).then_some(row),
            height: HEIGHT,
            power_w: if sort == What::Servers {
                40_800.0 + 1_700.0 * f64::from(u32::from(racks < 4))
            } else {
                13_600.0
            },
            power_limit_w: 44_000.0,
            mass_kg: if sort == What::Servers { 672.0 } else { 210.0 },
            devices,
        });
    }
    let cables = cables(&all, &hosts, &leaves, &spines);
    planned(all, cables, [hosts.len(), leaves.len(), spines.len()])
}

/// Each server to the leaves of its row, each leaf to each spine.
fn cables(
    racks: &[PlanRack],
    hosts: &[(u32, u32)],
    leaves: &[(u32, u32)],
    spines: &[(u32, u32)],
) -> Vec<PlanCable> {
    let place = |rack: u32| (racks[rack as usize].row, racks[rack as usize].place);
    let cable = |tier: &'static str, from: PlanEnd, to: PlanEnd| {
        let ((row, at), (other_row, other)) = (place(from.rack), place(to.rack));
        let mm = u64::from(row.abs_diff(other_row)) * 3_000 + u64::from(at.abs_diff(other)) * 700 + 2_500;
        let stock = [1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 50_000, 100_000];
        let length_mm = stock.into_iter().find(|stock| *stock >= mm).unwrap();
        let medium = match length_mm {
            0..=3_000 => "dac-400",
            3_001..=5_000 => "acc-400",
            5_001..=30_000 => "mm-400",
            _ => "sm-400",
        };
        PlanCable { tier, from, to, medium: medium.into(), length_mm }
    };
    let end = |(rack, unit): (u32, u32), device: String, port: String| PlanEnd { rack, unit, device, port };
    let mut told = Vec::new();
    for (host, own) in hosts.iter().enumerate() {
        let near: Vec<usize> =
            (0..leaves.len()).filter(|leaf| place(leaves[*leaf].0).0 == place(own.0).0).collect();
        for rail in 0..RAILS {
            let leaf = near[rail as usize % near.len()];
            let (from, to) = (format!("host{host}"), format!("leaf{leaf}"));
            let port = format!("{}", 1 + host % 64);
            told.push(cable(
                "server-leaf",
                end(*own, from, format!("nic{rail}/1")),
                end(leaves[leaf], to, port),
            ));
        }
    }
    for (leaf, own) in leaves.iter().enumerate() {
        for (spine, other) in spines.iter().enumerate() {
            let (from, to) = (format!("leaf{leaf}"), format!("spine{spine}"));
            let ports = (format!("{}", 33 + spine), format!("{}", 1 + leaf));
            told.push(cable("leaf-spine", end(*own, from, ports.0), end(*other, to, ports.1)));
        }
    }
    told
}

fn runs(cables: &[PlanCable]) -> Vec<PlanRun> {
    let mut found: BTreeMap<(&str, u32, u32), (u32, &str)> = BTreeMap::new();
    for cable in cables {
        let kind = match cable.medium.as_str() {
            "dac-400" => "copper",
            "acc-400" => "active-copper",
            "mm-400" => "multimode",
            _ => "single-mode",
        };
        found.entry((cable.tier, cable.from.rack, cable.to.rack)).or_insert((0, kind)).0 += 1;
    }
    let run = |((tier, from, to), (cables, kind)): ((&str, u32, u32), (u32, &str))| PlanRun {
        tier: tier.into(),
        from,
        to,
        cables,
        kind: kind.into(),
    };
    found.into_iter().filter(|((_, from, to), _)| from != to).map(run).collect()
}

fn planned(
    racks: Vec<PlanRack>,
    cables: Vec<PlanCable>,
    [hosts, leaves, spines]: [usize; 3],
) -> PlannedDesign {
    let count = |of: usize| u64::try_from(of).unwrap();
    let line = |part: &str, title: &str, kind: &str, number: u64, each: f64| {
        let all = each * f64::from(u32::try_from(number).unwrap());
        BillLine {
            part: part.into(),
            title: title.into(),
            kind: kind.into(),
            count: number,
            unit_usd: range(each, 0.12),
            total_usd: range(all, 0.12),
        }
    };
    let rows = racks.iter().map(|rack| rack.row).max().map_or(0, |row| row + 1);
    let mut design = design(0, 8);
    let used = if spines == 0 { 1 } else { 2 };
    (design.servers, design.accelerators) = (count(hosts), 8 * count(hosts));
    design.racks = count(racks.len());
    let accelerators = f64::from(u32::try_from(8 * hosts).unwrap());
    design.network_usd_per_accelerator = 0.3 * design.capex_usd / accelerators;
    design.switch_counts = [count(leaves), count(spines)][..used].into();
    design.switches.truncate(used);
    let tier = |tier: &str, part: &str, number, groups, group: &str, up: u64| PlanDiagramTier {
        tier: tier.into(),
        part: part.into(),
        count: number,
        groups,
        group: group.into(),
        up_each: up / number.max(1),
        up,
        up_gbps: if up > 0 { 400.0 } else { 0.0 },
        ports: 64,
    };
    let between = |name: &str| count(cables.iter().filter(|cable| cable.tier == name).count());
    let mut diagram = vec![
        tier("servers", "dgx-h100", count(hosts), rows.into(), "pod", between("server-leaf")),
        tier("leaves", "qm9700", count(leaves), rows.into(), "pod", between("leaf-spine")),
    ];
    if spines > 0 {
        diagram.push(tier("spines", "qm9700", count(spines), 1, "", 0));
    }
    let metres = cables.iter().filter(|cable| cable.medium == "mm-400").count();
    PlannedDesign {
        schema: DESIGN_SCHEMA.into(),
        title: "Llama 3 70B on 1,024 H100".into(),
        bill: vec![
            line("dgx-h100", "Server with 8 H100", "server", count(hosts), 280_000.0),
            line("qm9700", "InfiniBand switch, 64 x 400 Gbps", "switch", count(leaves + spines), 38_000.0),
            line("mm-400-10m", "Multimode cable, 10 m", "cable", count(metres), 95.5),
            line("rack-42u", "Rack, 42 U", "rack", count(racks.len()), 4_000.0),
        ],
        floor: PlanFloor { rows, racks_per_row: ROW, rack_pitch_m: 0.7, row_pitch_m: 3.0 },
        runs: runs(&cables),
        racks,
        cables,
        diagram,
        placement: PlanPlacement { row_major_usd: 1.42e6, placed_usd: 1.05e6 },
        design,
    }
}

/// Three tiers with many groups, as large plans have them.
pub fn three_tiers() -> Vec<PlanDiagramTier> {
    let tier = |tier: &str, part: &str, count, groups, group: &str, up: u64| PlanDiagramTier {
        tier: tier.into(),
        part: part.into(),
        count,
        groups,
        group: group.into(),
        up_each: up / count,
        up,
        up_gbps: if up > 0 { 400.0 } else { 0.0 },
        ports: 64,
    };
    vec![
        tier("servers", "dgx-h100", 2_048, 16, "pod", 16_384),
        tier("leaves", "qm9700", 512, 16, "pod", 16_384),
        tier("spines", "qm9700", 512, 16, "pod", 16_384),
        tier("cores", "qm9700", 256, 32, "plane", 0),
    ]
}
