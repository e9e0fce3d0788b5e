//! Published costs of networks: what our counts and prices come to, through templates, plans and `price`.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use railspine::cli::render::render_all;
use railspine::fabric::parts::Price;
use railspine::fabric::template::{Counts, Value, Values, family};
use railspine::input::plan::Plan;
use railspine::input::{LoadError, LoadOptions, load_plan, parts};
use railspine::planner::design::family::{FAMILIES, structures};
use railspine::planner::design::{Base, Structure, Yard};
use railspine::result::PlannedDesign;
use railspine::units::Money;

/// Unit prices of the rail-only paper (arXiv 2307.12169), in dollars: of a switch by port, of a transceiver.
const PORT: u64 = 1_090;
const TRANSCEIVER: u64 = 374;

/// A row of the paper's comparison of 32,768 GPUs in domains of 256: ports of a switch; switches and transceivers of a
/// Clos network of full bisection and of the rail-only network; the saving in percent at those unit prices.
type Row = (u32, [u64; 2], [u64; 2], i64);

/// Counts and savings follow from the paper's networks. Of radix 128 its abstract (v5) says 77 % where these round to 76.
const ROWS: [Row; 3] = [
    (64, [2_560, 196_608], [1_536, 131_072], 38),
    (128, [1_280, 196_608], [256, 65_536], 76),
    // 128 switches: each serves two rails.
    (256, [384, 131_072], [128, 65_536], 61),
];

/// What switches, by their ports, and transceivers cost, in dollars.
fn cost(ports: u64, transceivers: u64) -> u64 {
    ports * PORT + transceivers * TRANSCEIVER
}

/// A saving in tenths of a percent, rounded.
fn saved(before: u64, after: u64) -> i64 {
    let (before, after) = (before.cast_signed(), after.cast_signed());
    (1_000 * (before - after) + before / 2) / before
}

/// A saving in tenths of a percent as whole percent.
fn rounded(tenths: i64) -> i64 {
    (tenths + 5) / 10
}

/// GPUs of a domain: a Clos network is the same whatever they are, and that of eight takes any of these switches.
fn domain(family: &str) -> u32 {
    if family == "rail-only" { 256 } else { 8 }
}

/// The closed forms of a template for 32,768 GPUs.
fn counts(name: &str, radix: u32) -> Counts {
    let (family, gpus) = (family(name).unwrap(), domain(name));
    let given = [("servers", 32_768 / gpus), ("gpus_per_server", gpus), ("radix", radix)];
    let given: BTreeMap<&str, Value> = given.map(|(name, own)| (name, Value::Count(own))).into();
    let values = Values::new(family.params, given).unwrap();
    (family.counts.unwrap())(&values).unwrap_or_else(|faults| panic!("{faults:?}"))
}

#[test]
fn rail_only_saves_what_its_paper_says() {
    for (radix, clos, rail_only, percent) in ROWS {
        let ports = u64::from(radix);
        let before = counts("rail-optimised", radix);
        assert_eq!([before.switches(), 2 * before.cables()], clos, "{radix}");
        let after = counts("rail-only", radix);
        assert_eq!(2 * after.cables(), rail_only[1], "{radix}");
        if radix == 256 {
            // Of ours, each rail has a switch of its own, and half of its ports are free: 256 switches for 128.
            assert_eq!((after.leaves, after.switches()), (256, 2 * rail_only[0]));
        } else {
            assert_eq!(after.switches(), rail_only[0]);
        }
        // By the ports that are bought in the paper.
        let dear = cost(before.switches() * ports, 2 * before.cables());
        let used = if radix == 256 { after.switches() * 128 } else { after.switches() * ports };
        let own = rounded(saved(dear, cost(used, 2 * after.cables())));
        assert_eq!(own, percent, "{radix}");
        assert_eq!(used, rail_only[0] * ports);
    }
    // A network that shares no switch among rails saves less at radix 256: 39 %, not 61.
    let (before, after) = (counts("rail-optimised", 256), counts("rail-only", 256));
    let all = |own: &Counts| cost(own.switches() * 256, 2 * own.cables());
    assert_eq!(saved(all(&before), all(&after)), 386);
}

/// Parts whose prices are made up, but for those of switches and transceivers.
const PARTS: &str = r#"
[[server]]
name = "domain"
accelerator = "h100"
accelerators = GPUS
nics = GPUS
nic_rate = "400 Gbps"
with_nics = true
scaleup = "450 GB/s"
pcie = "64 GB/s"
height = 8
max_power = "60 kW"
power = "50 kW"
mass = "500 kg"
price = "10 MUSD"
year = 2024
source = "made up"

[[rack]]
name = "rack"
height = 48
power = "400 kW"
mass = "4 t"
price = "10 kUSD"
year = 2024
source = "made up"

[[medium]]
name = "fibre"
kind = "single-mode"
technologies = ["infiniband"]
rate = "400 Gbps"
reach = "500 m"
cable = "0 USD"
metre = "0 USD"
transceiver = "module"
transceiver_price = "PRICE USD"
end_power = "8 W"
year = 2024
source = "arXiv 2307.12169 (transceiver)"
"#;

fn switch(radix: u64, price: u64) -> String {
    format!(
        "[[switch]]\nname = \"switch\"\ntechnology = \"infiniband\"\nports = {radix}\nrate = \"400 Gbps\"\nheight = 4\n\
         power = \"2 kW\"\nmax_power = \"8 kW\"\nmass = \"50 kg\"\nlatency = \"450 ns\"\nprice = \"{price} USD\"\n\
         year = 2024\nsource = \"arXiv 2307.12169 (a port)\"\n"
    )
}

/// A plan of 32,768 GPUs on such parts alone; `free` for switches and transceivers that cost nothing.
fn plan(family: &str, radix: u64, free: bool) -> Plan {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    let (port, transceiver) = if free { (0, 0) } else { (PORT, TRANSCEIVER) };
    let text = PARTS.replace("PRICE", &transceiver.to_string()).replace("GPUS", &domain(family).to_string());
    write!(file, "{text}{}", switch(radix, port * radix)).unwrap();
    let text = format!(
        "kind = \"plan\"\naccelerators = 32768\n[[collective]]\nop = \"all-reduce\"\nsize = \"1 GiB\"\n\
         [parts]\nfile = {:?}\nonly = true\n[room]\nracks_per_row = 40\n\
         [fabric]\nfamilies = \"{family}\"\noversubscription = 1\nplanes = 1\n\
         switch_places = \"network-racks\"\nmedia = \"single-mode\"\n",
        file.path()
    );
    let options = LoadOptions { stdin: Some(text), ..LoadOptions::default() };
    match load_plan("-", &options) {
        Ok(loaded) => loaded.value,
        Err(LoadError::Rejected { sources, diagnostics }) => {
            panic!("{}", render_all(&diagnostics, &sources, false))
        }
        Err(error) => panic!("{error}"),
    }
}

/// The cheapest network of a plan, and its capital cost in the fullest racks.
fn capital(plan: &Plan) -> (Structure, Money) {
    let networks: Vec<Structure> = Base::all(plan, 32_768).iter().flat_map(structures).collect();
    let rates = networks.iter().map(|own| (own.wiring.technology, own.wiring.port_rate)).take(1);
    let yard = Yard::new(plan, rates);
    let price = |own: &Structure| {
        let capex = yard.variants(own).iter().rev().find_map(|variant| yard.price(own, variant).ok())?.capex;
        Some((*own, capex.mid))
    };
    networks.iter().filter_map(price).min_by_key(|(_, capex)| *capex).unwrap()
}

/// The same savings by the prices of whole designs in a plan: what of their capital is of switches and transceivers.
#[test]
fn plans_price_what_rail_only_saves() {
    for (radix, clos, rail_only, percent) in ROWS {
        let network = |family: &str| {
            let [(structure, all), (same, rest)] =
                [false, true].map(|free| capital(&plan(family, radix.into(), free)));
            assert_eq!(structure, same, "{radix} {family}");
            assert_eq!(FAMILIES[structure.family].name, family);
            let switches = [structure.leaf, structure.spine, structure.core];
            let switches: u64 = switches.iter().flatten().map(|own| u64::from(own.count)).sum();
            let transceivers = 2 * structure.cables.iter().sum::<u64>();
            let cents = all.0 - rest.0;
            assert_eq!(cents, 100 * cost(switches * u64::from(radix), transceivers), "{radix} {family}");
            (switches, transceivers, cents)
        };
        let (before, after) = (network("rail-optimised"), network("rail-only"));
        assert_eq!([before.0, before.1], clos, "{radix}");
        let tenths = saved(before.2, after.2);
        if radix == 256 {
            assert_eq!((after.0, after.1, tenths), (2 * rail_only[0], rail_only[1], 386));
        } else {
            assert_eq!(([after.0, after.1], rounded(tenths)), (rail_only, percent));
        }
    }
}

/// A price as low, likely and high dollars.
fn dollars(price: Price) -> [f64; 3] {
    [price.low, price.mid, price.high].map(Money::usd)
}

/// A cost sheet of August 2024 ("H100 Freakonomics") for clusters of H100: what a link of 400G costs with both its ends,
/// and what networks of two and three tiers without oversubscription cost a GPU.
const LINK: [f64; 2] = [1_267.0, 1_320.0];
const TWO_TIERS: f64 = 4_247.0;
const THREE_TIERS: f64 = 6_612.0;

#[test]
fn a_link_costs_what_is_published() {
    let catalogue = parts::builtin();
    // As many metres as links have that leave a pod, at most.
    let link = |name: &str, metres: u64| {
        let own = catalogue.media.iter().find(|own| own.name == name).unwrap();
        // A module has two cables, so that the two ends of one are one module's price.
        assert_eq!(own.cables_per_transceiver, 2);
        dollars(own.cable + own.metre.times(metres) + own.transceiver_price)
    };
    for metres in [5, 20, 50] {
        let multimode = link("sr-400", metres);
        assert!(multimode[0] < LINK[0] && LINK[1] < multimode[2], "{metres} {multimode:?}");
        let single_mode = link("dr-400", metres);
        assert!(single_mode[0] < LINK[0] && LINK[1] < single_mode[2], "{metres} {single_mode:?}");
    }
}

/// What `price` says of a topology.
fn priced(topology: &str, more: &[&str]) -> PlannedDesign {
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_railspine"));
    command.args(["price", "-", "--no-plots", "--format", "json", "--out"]).arg(place.path().join("out"));
    command.args(more).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(topology.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Rail-optimised, without oversubscription, with so many tiers of switches.
fn rails(servers: u32, tiers: u32) -> String {
    format!(
        "name = \"rails\"\ntemplate = \"rail-optimised\"\n[params]\nservers = {servers}\nradix = 64\ntiers = {tiers}\n\
         class = \"infiniband\"\nnvlink_bandwidth = \"450 GB/s\"\nnvswitch_in_network = true\n"
    )
}

/// Switches, transceivers and cables by accelerator, without labour.
fn network(own: &PlannedDesign) -> [f64; 3] {
    let parts =
        own.design.cost.iter().filter(|part| ["switches", "transceivers", "cables"].contains(&&*part.what));
    let sum = parts
        .fold([0.0; 3], |sum, part| [sum[0] + part.usd.low, sum[1] + part.usd.mid, sum[2] + part.usd.high]);
    sum.map(|all| all / own.design.accelerators as f64)
}

#[test]
fn networks_cost_a_gpu_what_is_published() {
    // The sheet has optical links alone: copper that reaches nothing, at the catalogue's prices of all else.
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    for name in ["dac-400", "acc-400"] {
        write!(file, "[[medium]]\nname = \"{name}\"\nreach = \"1 mm\"\n").unwrap();
    }
    let optical = ["--parts", file.path().to_str().unwrap()];
    for (servers, tiers, switches, published) in
        [(32, 2, [8, 4, 0], TWO_TIERS), (64, 3, [16, 16, 8], THREE_TIERS)]
    {
        let own = priced(&rails(servers, tiers), &optical);
        let counted: Vec<u64> = switches.into_iter().filter(|count| *count > 0).collect();
        assert_eq!((own.design.tiers, &own.design.switch_counts), (tiers, &counted));
        assert_eq!(own.design.switches, vec!["qm9790"; counted.len()]);
        let [low, mid, high] = network(&own);
        assert!(low < published && published < high, "{tiers}: {low} {mid} {high}");
        // What is likely is lower, as transceivers have become cheaper since.
        assert!((0.8 * published..published).contains(&mid), "{tiers}: {low} {mid} {high}");
    }
}

/// With copper where it reaches, two tiers of neighbouring racks cost less than the sheet's, even where all is dear.
#[test]
fn copper_is_cheaper_than_what_is_published() {
    let own = priced(&rails(32, 2), &[]);
    let [low, mid, high] = network(&own);
    assert!(low < mid && mid < 0.7 * TWO_TIERS && high < TWO_TIERS, "{low} {mid} {high}");
}
