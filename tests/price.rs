//! `price`: topologies priced and drawn up, held against counts and a published cost, and what is told where that cannot be.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use railspine::result::PlannedDesign;

/// Runs `price` on stdin's text or a file, with results in a folder of its own.
fn price(input: &str, more: &[&str]) -> (Output, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_railspine"));
    let (file, text) = if input.contains('\n') { ("-", input) } else { (input, "") };
    command.args(["price", file, "--no-plots", "--out"]).arg(place.path().join("out")).args(more);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A file is read without stdin, which may be closed by then.
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    (child.wait_with_output().unwrap(), place)
}

fn design(input: &str, more: &[&str]) -> (PlannedDesign, String) {
    let (output, _place) = price(input, &[&["--format", "json"], more].concat());
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    (serde_json::from_slice(&output.stdout).unwrap(), told)
}

/// The exit code and what is told.
fn fault(input: &str, more: &[&str]) -> (i32, String) {
    let (output, place) = price(input, more);
    assert!(!place.path().join("out").exists(), "nothing is left of what could not be priced");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn count(own: &PlannedDesign, kind: &str) -> u64 {
    own.bill.iter().filter(|line| line.kind == kind).map(|line| line.count).sum()
}

const SUPERPOD: &str = "topologies/dgx-h100-superpod.toml";

#[test]
fn a_superpod_counts_as_its_reference_architecture() {
    let (own, told) = design(SUPERPOD, &[]);
    let short = &own.design;
    assert!(!told.contains("note"), "{told}");
    // NVIDIA RA-11333-001, table 4: 8 leaves, 4 spines, 256 cables on either tier (here all 32 places hold servers).
    assert_eq!((short.server.as_str(), short.servers, short.accelerators), ("dgx-h100", 32, 256));
    assert_eq!(
        (&*short.switches, &*short.switch_counts),
        (&["qm9790".into(), "qm9790".into()][..], &[8, 4][..])
    );
    assert_eq!((short.tiers, short.planes, short.oversubscription), (2, 1, Some(1.0)));
    assert_eq!((short.family.as_str(), short.technology.as_str()), ("rail-optimised", "infiniband"));
    assert_eq!((count(&own, "server"), count(&own, "switch"), count(&own, "cable")), (32, 12, 512));
    assert_eq!(count(&own, "labour"), 512);
    let tiers: Vec<_> = short.cables.iter().map(|tier| (tier.tier.as_str(), tier.cables)).collect();
    assert_eq!(tiers, [("server-leaf", 256), ("leaf-spine", 256)]);
    // Half a module an end of 400G; odd ones of a device are rounded up.
    let optical: u64 = short
        .cables
        .iter()
        .flat_map(|tier| &tier.lengths)
        .filter(|own| own.medium.starts_with("sr-"))
        .map(|own| own.cables)
        .sum();
    assert!((optical..=optical + 44).contains(&count(&own, "transceiver")));
    // Servers of 10.2 kW, one a rack of 15 kW, which is the cheapest that holds one.
    assert_eq!((short.servers_per_rack, short.rack.as_str()), (1, "rack-48u-15kw"));
    assert_eq!(short.racks, u64::try_from(own.racks.len()).unwrap());
    // What only a step tells is not told.
    assert_eq!((short.step_time_ps, short.lower_bound_ps, short.on_front_at), (0, 0, [false; 3]));
    let sum: f64 = short.cost.iter().map(|part| part.usd.mid).sum();
    assert!((sum - short.capex_usd).abs() < 0.5);
}

/// The prices of a cost sheet of August 2024 for clusters of H100: 36 kUSD a switch of 64 ports of 400G, and 1,267 to
/// 1,320 USD an optical link with both its ends; they come to 4,247 USD a GPU for a network of two tiers.
const SHEET: f64 = 4_247.0;

#[test]
fn the_network_of_a_superpod_costs_what_is_published() {
    // Ours is cheaper: leaves and spines are joined by copper, as they stand side by side, and transceivers have the
    // prices of 2025. It cannot cost more than the sheet, nor less than its host links and switches at such prices.
    let (own, _) = design(SUPERPOD, &[]);
    let each = own.design.network_usd_per_accelerator;
    assert!((0.6 * SHEET..0.85 * SHEET).contains(&each), "{each}");
    // With the sheet's prices (of the module that cables of 200G share, too), and copper that reaches nothing, counts must make up its figure.
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    let copper =
        ["dac-400", "acc-400"].map(|name| format!("[[medium]]\nname = \"{name}\"\nreach = \"1 mm\"\n"));
    let rest = "[[medium]]\nname = \"sr-400\"\ncable = \"93 USD\"\nmetre = \"0 USD\"\ntransceiver_price = \"1.2 kUSD\"\n\
                [[medium]]\nname = \"sr-200\"\ntransceiver_price = \"1.2 kUSD\"\n\
                [[switch]]\nname = \"qm9790\"\nprice = \"36 kUSD\"\n";
    write!(file, "{}{rest}", copper.concat()).unwrap();
    let (own, _) = design(SUPERPOD, &["--parts", file.path().to_str().unwrap()]);
    let each = own.design.network_usd_per_accelerator;
    assert!((each / SHEET - 1.0).abs() < 0.03, "{each}");
}

#[test]
fn planes_split_ports() {
    let (own, told) = design("topologies/dual-plane-128.toml", &[]);
    let short = &own.design;
    assert!(!told.contains("note"), "{told}");
    // Two planes of two pods of 8 leaves; 8 spines a plane. Two cables of 200G an adapter.
    assert_eq!((short.planes, short.tiers, &*short.switch_counts), (2, 2, &[32, 16][..]));
    let tiers: Vec<_> = short.cables.iter().map(|tier| (tier.tier.as_str(), tier.cables)).collect();
    assert_eq!(tiers, [("server-leaf", 256), ("leaf-spine", 256)]);
    assert!(short.cables.iter().flat_map(|tier| &tier.lengths).all(|own| own.medium.ends_with("-200")));
    assert_eq!((short.switches[0].as_str(), count(&own, "switch")), ("qm9790", 48));
}

#[test]
fn what_is_asked_for_is_taken() {
    let more = [
        "--rack",
        "rack-48u-60kw",
        "--servers-per-rack",
        "4",
        "--place",
        "network-racks",
        "--leaf",
        "q3400-ra",
    ];
    let (own, _) = design(SUPERPOD, &more);
    let short = &own.design;
    assert_eq!(
        (short.servers_per_rack, short.rack.as_str(), short.switch_place.as_str()),
        (4, "rack-48u-60kw", "network-racks")
    );
    assert_eq!(short.switches, ["q3400-ra", "qm9790"]);
    // As many as fit: five of 10.2 kW in 60 kW.
    let (own, _) = design(SUPERPOD, &["--rack", "rack-48u-60kw"]);
    assert_eq!(own.design.servers_per_rack, 5);
    let (own, _) = design(SUPERPOD, &["--technology", "roce", "--pue", "1.5"]);
    let short = &own.design;
    assert_eq!((short.switches[0].as_str(), short.technology.as_str()), ("sn5400", "roce"));
    let cooling = short.power.iter().find(|part| part.what == "cooling").unwrap().watts;
    assert!((cooling / short.power_w - 1.0 / 3.0).abs() < 1e-9);
}

#[test]
fn pods_have_racks_of_their_own() {
    let text = "name = \"pods\"\ntemplate = \"rail-optimised\"\n[params]\nservers = 8\npod_servers = 4\nradix = 8\n\
                class = \"roce\"\nnvlink_bandwidth = \"450 GB/s\"\n";
    let (own, _) = design(text, &["--servers-per-rack", "3"]);
    let pods: Vec<_> = own.racks.iter().filter(|rack| rack.kind == "servers").map(|rack| rack.pod).collect();
    assert_eq!(pods.iter().filter(|pod| **pod == Some(0)).count(), 2, "{pods:?}");
    assert_eq!(pods.iter().filter(|pod| **pod == Some(1)).count(), 2, "{pods:?}");
}

/// A topology written out, whose devices stand where the last lines say.
fn placed() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/explicit-two-servers.toml");
    let mut text = std::fs::read_to_string(path).unwrap();
    for (node, row, rack, unit) in [
        ("host0/nvswitch", 0, 2, 4),
        ("host1/nvswitch", 1, 5, 0),
        ("leaf0", 0, 3, 40),
        ("leaf1", 0, 3, 41),
        ("spine0", 0, 3, 42),
    ] {
        text += &format!("[[position]]\nnode = \"{node}\"\nrow = {row}\nrack = {rack}\nunit = {unit}\n");
    }
    text
}

#[test]
fn positions_are_kept() {
    let (own, told) = design(&placed(), &["--server", "dgx-h100"]);
    let racks: Vec<_> = own.racks.iter().map(|rack| (rack.name.as_str(), rack.devices.len())).collect();
    assert_eq!(racks, [("r01-03", 1), ("r01-04", 3), ("r02-06", 1)]);
    let unit = |name: &str| {
        own.racks.iter().flat_map(|rack| &rack.devices).find(|own| own.name == name).unwrap().unit
    };
    assert_eq!((unit("host0"), unit("host1"), unit("leaf0"), unit("spine0")), (5, 1, 41, 43));
    assert_eq!((own.design.switch_place.as_str(), own.design.family.as_str()), ("as-told", "explicit"));
    let notes: Vec<&str> = told.lines().filter(|line| line.starts_with("note")).collect();
    assert_eq!(
        notes,
        [
            "note: servers of the topology have 4 accelerators and 2 adapters of 200 Gbps; bought is `dgx-h100`: 8 \
             accelerators and 8 adapters of 400 Gbps",
            "note: accelerators of the topology have 300 GB/s to others of their server, those of `dgx-h100` 450 GB/s: see \
             that it is the server that is meant",
        ]
    );
    let some = placed().replacen("node = \"leaf0\"", "node = \"host0/gpu0\"", 1);
    let (own, told) = design(&some, &["--server", "dgx-h100"]);
    assert!(
        told.contains("note: 4 of 5 devices have a position, so none is kept: give all or none\n"),
        "{told}"
    );
    assert_eq!(own.design.switch_place, "middle-of-row");
}

#[test]
fn what_does_not_suit_is_told() {
    let explicit = "topologies/explicit-two-servers.toml";
    assert_eq!(
        fault(explicit, &[]),
        (1, "error: no server of the catalogue is as those of the topology, which have 4 accelerators and 2 adapters of 200 \
             Gbps\nhelp: nearest comes `dgx-h100`: 8 accelerators and 8 adapters of 400 Gbps\nhelp: name one with \
             `--server`, or add one in a file for `--parts`\n".into())
    );
    assert_eq!(
        fault(SUPERPOD, &["--leaf", "qm979"]),
        (2, "error: the catalogue has no switch named `qm979`\nhelp: did you mean `qm9790`?\n".into())
    );
    assert_eq!(
        fault(SUPERPOD, &["--server", "zebra"]),
        (2, "error: the catalogue has no server named `zebra`\nhelp: there are `dgx-h100`, `dgx-h200`, `dgx-b200`, \
             `dgx-b300`, `gb200-nvl72`, `gb300-nvl72`\n".into())
    );
    let racks = "help: take fewer with `--servers-per-rack`, or another rack with `--rack`\n";
    assert_eq!(
        fault(SUPERPOD, &["--rack", "rack-48u-15kw", "--servers-per-rack", "2"]),
        (
            1,
            format!(
                "error: `rack-48u-15kw` does not hold 2 of `dgx-h100`, which need 16 U, 20.4 kW and 260 kg: it has 48 U, 15 \
             kW and 1360 kg\n{racks}"
            )
        )
    );
    assert_eq!(
        fault(SUPERPOD, &["--servers-per-rack", "7"]),
        (
            1,
            format!(
                "error: no rack of the catalogue holds 7 of `dgx-h100`, which need 56 U, 71.4 kW and 910 kg\n{racks}"
            )
        )
    );
    assert_eq!(
        fault(SUPERPOD, &["--core", "qm9790"]),
        (2, "error: the topology has no core, so `qm9790` is for nothing\n".into())
    );
    assert_eq!(
        fault(SUPERPOD, &["--leaf", "sn5600"]),
        (2, "error: `sn5600` does not speak infiniband, which the cables are of\n".into())
    );
    assert_eq!(
        fault(SUPERPOD, &["--nic", "connectx-7"]),
        (
            2,
            "error: the topology has no server without adapters of its own, so `connectx-7` is for nothing\n"
                .into()
        )
    );
    let ideal =
        "name = \"x\"\ntemplate = \"rail-optimised\"\n[params]\nservers = 2\nradix = 16\nclass = \"ideal\"\n";
    let (code, told) = fault(ideal, &[]);
    assert_eq!(code, 2);
    assert!(
        told.starts_with("error: the cables between `host0/nic0` and `leaf0` are of the class `ideal`, which is neither \
                          InfiniBand nor RoCE\nhelp: say with `--technology` what to price it as: `infiniband` or `roce`\n"),
        "{told}"
    );
    let wide = "name = \"x\"\ntemplate = \"rail-optimised\"\n[params]\nservers = 256\nradix = 512\npod_servers = 256\nclass = \"infiniband\"\n";
    assert_eq!(
        fault(wide, &[]),
        (1, "error: no infiniband switch of the catalogue has 512 ports of up to 400 Gbps, which `leaf0` uses\nhelp: add one \
             in a file for `--parts`\n".into())
    );
    assert_eq!(
        fault("topologies/single-switch-8.toml", &[]),
        (2, "error: `gpu0` is a gpu of no server, so it is nothing that could be bought\n".into())
    );
    assert_eq!(
        fault("scenarios/../src/input/parts/racks.toml", &[]),
        (2, "error: `scenarios/../src/input/parts/racks.toml` is a parts catalogue, which has no fabric to price\n".into())
    );
}

#[test]
fn a_folder_has_all_of_it_and_table_and_bill_are_told() {
    let (output, place) = price(SUPERPOD, &["--format", "csv"]);
    let bill = std::fs::read(place.path().join("out/bill.csv")).unwrap();
    assert!(bill == output.stdout && !bill.is_empty());
    for name in ["bill.csv", "cables.csv", "racks.txt", "why.md", "design.json"] {
        assert!(place.path().join("out").join(name).exists(), "{name}");
    }
    let why = std::fs::read_to_string(place.path().join("out/why.md")).unwrap();
    assert!(
        !why.contains("step") && !why.contains("front") && why.contains("## What placement saves"),
        "{why}"
    );
    let (output, _place) = price(SUPERPOD, &[]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.starts_with(
        "dgx-h100-superpod\nrail-optimised, 2 tiers, 1:1, InfiniBand 400 Gbps, 1 a rack of 15 kW, "
    ));
    assert!(
        !table.contains("step time") && !table.contains("limited by") && !table.contains("front at"),
        "{table}"
    );
}
