//! Files that are right: what comes of them. And that no text whatever makes the reader panic or point
//! outside the file.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use railspine::cli::render::render_all;
use railspine::collective::{Algorithm, Op};
use railspine::diag::{Diagnostic, SourceMap};
use railspine::engine::{EngineKind, Steps};
use railspine::fabric::{Fabric, InNetwork, NodeKind, Routing};
use railspine::ids::Rank;
use railspine::input::{
    INIT_SCENARIO, INIT_TOPOLOGY, LoadError, LoadOptions, accelerator_schema, load_plan, load_profile,
    load_scenario, load_topology, model_schema, scenario_schema, software_schema, stack_profile_schema,
    topology_schema,
};
use railspine::run::{ExpectWhat, Scenario};
use railspine::units::{Bandwidth, Bytes, Time};

#[path = "support/golden.rs"]
mod golden;

fn options(text: &str) -> LoadOptions {
    LoadOptions { stdin: Some(text.to_owned()), ..LoadOptions::default() }
}

fn scenario(text: &str) -> Scenario {
    told(load_scenario("-", &options(text)).map(|loaded| loaded.value))
}

fn topology(text: &str) -> Fabric {
    told(load_topology("-", &options(text)).map(|loaded| loaded.value))
}

fn told<T>(result: Result<T, LoadError>) -> T {
    result.unwrap_or_else(|error| match error {
        LoadError::Rejected { sources, diagnostics } => {
            panic!("{}", render_all(&diagnostics, &sources, false))
        }
        error @ LoadError::Io { .. } => panic!("{error}"),
    })
}

fn codes(text: &str) -> Vec<&'static str> {
    match load_scenario("-", &options(text)) {
        Ok(loaded) => loaded.warnings.iter().map(|warning| warning.code).collect(),
        Err(LoadError::Rejected { diagnostics, .. }) => diagnostics.iter().map(|fault| fault.code).collect(),
        Err(error) => panic!("{error}"),
    }
}

/// Two servers of four GPUs on one switch, inline.
const FABRIC: &str = r#"
[[fabric.node]]
name = "host{h=0..1}/gpu{0..3}"
kind = "gpu"
server = "{h}"

[[fabric.node]]
name = "switch"
kind = "switch"

[[fabric.link]]
from = "host{0..1}/gpu{0..3}"
to = "switch"
class = "ideal"
bandwidth = "400 Gbps"
latency = "1 us"
"#;

/// A scenario on [`FABRIC`] with one all-reduce by `auto`.
fn with(top: &str, collective: &str) -> String {
    format!("kind = \"run\"\n{top}\n[fabric]\n{FABRIC}\n[[collective]]\nop = \"all-reduce\"\n{collective}\n")
}

fn rank_names(scenario: &Scenario) -> Vec<&str> {
    let nodes = &scenario.collectives[0].nodes;
    nodes.iter().map(|id| scenario.fabric.node(*id).name.as_str()).collect()
}

#[test]
fn the_init_templates_load() {
    let fabric = topology(INIT_TOPOLOGY);
    assert_eq!(fabric.endpoints().len(), 8);
    assert_eq!(fabric.name(), "two-servers");
    let leaf = fabric.nodes().iter().position(|node| node.name == "leaf3").unwrap();
    assert_eq!(fabric.out_links(railspine::ids::NodeId::from_index(leaf)).len(), 2);
}

#[test]
fn a_topology_becomes_the_fabric_that_it_describes() {
    let fabric = topology(
        r#"
name = "small"
routing = "ecmp"
[class.infiniband]
latency = "300 ns"
[class.fast]
like = "roce"
per_metre = "4 ns"
efficiency = 0.5
routing = "static"
cost = 7
flow_control = "drop"
[[node]]
name = "gpu{g=0..3}"
kind = "gpu"
server = "{g/2}"
rail = "{g%2}"
[[node]]
name = "leaf{0..1}"
kind = "leaf"
forwards = true
in_network = "multicast"
[[link]]
from = "gpu{g=0..3}"
to = "leaf{g%2}"
class = "fast"
bandwidth = "100 Gbps"
reverse_bandwidth = "50 Gbps"
lanes = 2
length = "10 m"
[[link]]
from = "leaf0"
to = "leaf1"
class = "infiniband"
bandwidth = "50 GB/s"
latency = "2 us"
efficiency = 0.25
[[position]]
node = "leaf{l=0..1}"
row = 1
rack = "{l+2}"
unit = 40
"#,
    );
    assert_eq!((fabric.name(), fabric.nodes().len(), fabric.links().len()), ("small", 6, 10));
    let gpu3 = &fabric.nodes()[3];
    assert_eq!(
        (gpu3.name.as_str(), gpu3.server, gpu3.rail, gpu3.forwards),
        ("gpu3", Some(1), Some(1), false)
    );
    let leaf1 = &fabric.nodes()[5];
    assert_eq!(leaf1.kind, NodeKind::Leaf);
    assert_eq!(leaf1.in_network, InNetwork { multicast: true, reduce: false });
    assert_eq!(gpu3.in_network, InNetwork::NONE);
    let position = leaf1.position.unwrap();
    assert_eq!((position.row, position.rack, position.unit), (1, 3, 40));
    let (up, down) = (&fabric.links()[0], &fabric.links()[1]);
    assert_eq!(
        (up.bandwidth, down.bandwidth, up.lanes),
        (Bandwidth::from_gbps(100), Bandwidth::from_gbps(50), 2)
    );
    assert_eq!(up.latency, Time::from_ps(1_000_000 + 40_000), "the class's latency and 10 m of 4 ns");
    let class = fabric.class(up.class);
    assert_eq!((class.name.as_str(), class.routing, class.cost), ("fast", Routing::Static, 7));
    let across = &fabric.links()[8];
    assert_eq!((across.latency, across.bandwidth), (Time::from_ps(2_000_000), Bandwidth::from_gbps(400)));
    assert_eq!(fabric.class(across.class).routing, Routing::Ecmp);
    assert_eq!(fabric.class(across.class).latency, Time::from_ps(300_000));
}

#[test]
fn removals_leave_the_rest_in_order() {
    let fabric = topology(
        r#"
[[node]]
name = "gpu{0..3}"
kind = "gpu"
[[node]]
name = "switch{0..1}"
kind = "switch"
[[link]]
from = "gpu{0..3}"
to = "switch{0..1}"
class = "ideal"
bandwidth = "1 Gbps"
[[remove]]
node = "gpu1"
[[remove]]
link = ["switch1", "gpu{0..1}"]
"#,
    );
    let names: Vec<_> = fabric.nodes().iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["gpu0", "gpu2", "gpu3", "switch0", "switch1"]);
    assert_eq!(fabric.links().len(), 2 * 5);
    assert_eq!(fabric.link_name(railspine::ids::LinkId(0)), "gpu0 -> switch0");
    assert_eq!(fabric.link_name(railspine::ids::LinkId(2)), "gpu2 -> switch0");
}

#[test]
fn a_scenario_has_its_defaults() {
    let scenario = scenario(&with("", "size = \"1 MiB\""));
    assert_eq!((scenario.seed, scenario.heavy, scenario.together), (1, false, false));
    assert_eq!(scenario.engines, [EngineKind::Fluid]);
    let collective = &scenario.collectives[0];
    assert_eq!((collective.op, &collective.algorithms[..]), (Op::AllReduce, &[Algorithm::Auto][..]));
    assert_eq!((collective.sizes.as_slice(), collective.nodes.len()), (&[Bytes(1 << 20)][..], 8));
    assert_eq!((collective.root, collective.start, collective.steps), (Rank(0), Time::ZERO, Steps::Receipt));
    assert_eq!((collective.channels, collective.segments), (None, None));
}

#[test]
fn a_scenario_says_all_that_it_can() {
    let text = with(
        "name = \"n\"\ntitle = \"T\"\nseed = 9\nheavy = true\nengine = [\"analytic\", \"fluid\"]\ntogether = true\nsteps = \"lockstep\"",
        "size = { from = \"1 KiB\", to = \"5 KiB\", factor = 2 }\ngroup = \"tp\"\nstart = \"3 us\"\nchannels = 4\nsegments = 8",
    ) + "[expect]\nsize = \"2 KiB\"\nalgbw = \"1 GB/s\"\ntolerance = \"5 %\"\n[[plot]]\nkind = \"timeline\"\nranks = [3, 1]\n";
    let scenario = scenario(&text);
    assert_eq!((scenario.name.as_str(), scenario.title.as_str(), scenario.seed), ("n", "T", 9));
    assert!(scenario.heavy && scenario.together);
    assert_eq!(scenario.engines, [EngineKind::Analytic, EngineKind::Fluid]);
    let collective = &scenario.collectives[0];
    assert_eq!(collective.sizes, [Bytes(1024), Bytes(2048), Bytes(4096)]);
    assert_eq!((collective.group.as_str(), collective.start), ("tp", Time::from_ps(3_000_000)));
    assert_eq!((collective.channels, collective.segments), (Some(4), Some(8)));
    assert_eq!(collective.steps, Steps::Lockstep);
    let expect = &scenario.expect[0];
    assert_eq!(expect.what, ExpectWhat::Algbw(Bandwidth::from_gigabytes(1)));
    assert!((expect.tolerance - 0.05).abs() < 1e-12);
    assert_eq!(scenario.timeline_ranks, [Rank(1), Rank(3)]);
    assert_eq!(scenario.plots[0].name, "timeline");
}

#[test]
fn ranks_can_be_chosen_and_ordered() {
    let ranks = |keys: &str| {
        let scenario = scenario(&with("", &format!("size = \"1 B\"\n{keys}")));
        rank_names(&scenario).join(" ").replace("host", "").replace("/gpu", ".")
    };
    assert_eq!(ranks(""), "0.0 0.1 0.2 0.3 1.0 1.1 1.2 1.3");
    assert_eq!(ranks("order = \"rail\""), "0.0 1.0 0.1 1.1 0.2 1.2 0.3 1.3");
    assert_eq!(ranks("ranks = { first = 3 }"), "0.0 0.1 0.2");
    assert_eq!(ranks("ranks = { every = 3, offset = 1 }"), "0.1 1.0 1.3");
    assert_eq!(ranks("ranks = \"host{0..1}/gpu0\""), "0.0 1.0");
    assert_eq!(ranks("ranks = [\"host1/gpu{2..3}\", \"host0/gpu1\"]"), "1.2 1.3 0.1");
    assert_eq!(ranks("ranks = [\"host1/gpu{2..3}\", \"host0/gpu1\"]\norder = \"fabric\""), "0.1 1.2 1.3");
    let shuffled = ranks("order = \"shuffled\"");
    assert_eq!(shuffled, ranks("order = \"shuffled\""), "the seed decides");
    assert_ne!(shuffled, ranks(""));
    let mut sorted: Vec<_> = shuffled.split(' ').collect();
    sorted.sort_unstable();
    assert_eq!(sorted.join(" "), ranks(""));
}

#[test]
fn requests_number_the_servers_of_ranks() {
    let scenario = scenario(&with("", "size = \"1 B\"\nranks = [\"host1/gpu{0..1}\", \"host0/gpu0\"]"));
    let request = scenario.collectives[0].request(&scenario.fabric, Bytes(1));
    assert_eq!((request.ranks, request.servers, request.torus), (3, vec![0, 0, 1], None));
}

#[test]
fn the_command_line_puts_its_seed_over_the_file() {
    let options = LoadOptions { seed: Some(77), ..options(&with("seed = 3", "size = \"1 B\"")) };
    assert_eq!(told(load_scenario("-", &options)).value.seed, 77);
}

#[test]
fn a_missing_file_is_not_a_fault_of_its_text() {
    let error = load_scenario("no/such/file.toml", &LoadOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `no/such/file.toml`: there is no such file");
    let error = load_topology("tests", &LoadOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `tests`: it is a directory");
}

#[test]
fn windows_line_ends_and_byte_order_marks_are_read() {
    let text = with("", "size = \"1 MiB\"").replace('\n', "\r\n");
    assert_eq!(codes(&text), Vec::<&str>::new());
    assert_eq!(codes(&format!("\u{feff}{text}")), Vec::<&str>::new());
}

#[test]
fn deep_and_long_texts_end_in_a_message() {
    let deep = format!("kind = {}", "[".repeat(100_000));
    assert!(codes(&deep).contains(&"E0101"));
    let tables = format!("kind = {}", "{a=".repeat(100_000));
    assert!(codes(&tables).contains(&"E0101"));
    let dotted = format!("{}a = 1", "a.".repeat(100_000));
    assert!(!codes(&dotted).is_empty());
    let long = with("", &format!("size = [{}]", "\"1 MiB\", ".repeat(200_000)));
    assert_eq!(codes(&long), ["E0106"]);
    let names = with("", &format!("size = \"1 B\"\nranks = [{}]", "\"x\", ".repeat(20_000)));
    assert!(codes(&names).iter().all(|code| *code == "E0301"));
    let links =
        "[[fabric.link]]\nfrom = \"x{0..9}\"\nto = \"y\"\nclass = \"ideal\"\nbandwidth = \"1 Gbps\"\n";
    let links = with("", "size = \"1 B\"") + &links.repeat(5_000);
    assert!(!codes(&links).is_empty());
}

/// The schemas of `schemas/` are those that the program prints.
#[test]
fn schemas_are_up_to_date() {
    for (name, schema) in [
        ("scenario", scenario_schema()),
        ("topology", topology_schema()),
        ("stack-profile", stack_profile_schema()),
        ("model", model_schema()),
        ("accelerator", accelerator_schema()),
        ("software", software_schema()),
    ] {
        let path = format!("schemas/{name}.schema.json");
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        golden::check(&path, &text);
    }
}

/// Every key that the schemas know is known to the readers: a file with all of them has no unknown key.
#[test]
fn schemas_know_the_same_keys_as_the_readers() {
    let keys = |schema: &serde_json::Value| {
        schema["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    let ring = |constants: &serde_json::Value| {
        ["step", "scaleup", "ring"]
            .iter()
            .fold(constants.clone(), |table, key| table["properties"][key].clone())
    };
    let scenario = scenario_schema();
    let one = |name: &str| scenario["properties"][name]["anyOf"][0].clone();
    for (header, schema) in [
        ("", scenario.clone()),
        ("[[collective]]\n", one("collective")),
        ("[[expect]]\n", one("expect")),
        ("[[plot]]\n", one("plot")),
        ("[stack]\n", scenario["properties"]["stack"].clone()),
        ("[stack.set.step.scaleup.ring]\n", ring(&scenario["properties"]["stack"]["properties"]["set"])),
    ] {
        for key in keys(&schema) {
            let text = if header.is_empty() {
                format!(
                    "kind = \"run\"\n{}",
                    if key == "kind" { String::new() } else { format!("{key} = 1\n") }
                )
            } else {
                format!("kind = \"run\"\n{header}{key} = 1\n")
            };
            assert!(!codes(&text).contains(&"E0102"), "`{key}` below `{header}` is unknown to the reader");
        }
    }
    let topology = topology_schema();
    let one = |name: &str| topology["properties"][name]["anyOf"][0].clone();
    for (header, schema) in [
        ("node", one("node")),
        ("link", one("link")),
        ("remove", one("remove")),
        ("position", one("position")),
    ] {
        for key in keys(&schema) {
            let text = format!("[[{header}]]\n{key} = 1\n");
            let Err(LoadError::Rejected { diagnostics, .. }) = load_topology("-", &options(&text)) else {
                panic!("{text} cannot load")
            };
            assert!(diagnostics.iter().all(|fault| fault.code != "E0102"), "{text}: {diagnostics:?}");
        }
    }
    let profile = stack_profile_schema();
    for (header, schema) in [("", profile.clone()), ("[step.scaleup.ring]\n", ring(&profile))] {
        assert!(keys(&schema).len() >= 3);
        for key in keys(&schema) {
            let library = if header.is_empty() && key == "library" { "" } else { "library = \"mpi\"\n" };
            let text = format!("{library}{header}{key} = true\n");
            let Err(LoadError::Rejected { diagnostics, .. }) = load_profile("-", &options(&text)) else {
                panic!("{text} cannot load")
            };
            assert!(diagnostics.iter().all(|fault| fault.code != "E0102"), "{text}: {diagnostics:?}");
        }
    }
}

fn check_spans(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    assert!(!diagnostics.is_empty());
    for label in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        let text = sources.text(label.place.file);
        assert!(text.get(label.place.span.clone()).is_some(), "{label:?} is outside of its file");
    }
    for diagnostic in diagnostics {
        // No final stop, but what is quoted may have been cut.
        let message = &diagnostic.message;
        assert!(!message.ends_with('.') || message.ends_with("..."), "{diagnostic:?}");
        assert!(!message.contains(char::is_control), "{diagnostic:?}");
        assert!(!diagnostic.labels.is_empty(), "{diagnostic:?} has no place");
    }
    render_all(diagnostics, sources, false);
}

fn never_panics(text: &str) {
    let options = options(text);
    if let Err(LoadError::Rejected { sources, diagnostics }) = load_scenario("-", &options) {
        check_spans(&sources, &diagnostics);
    }
    if let Err(LoadError::Rejected { sources, diagnostics }) = load_topology("-", &options) {
        check_spans(&sources, &diagnostics);
    }
    if let Err(LoadError::Rejected { sources, diagnostics }) = load_profile("-", &options) {
        check_spans(&sources, &diagnostics);
    }
}

const HOPPER: &str = include_str!("../src/stack/profiles/nccl-hopper.toml");

/// Texts that are nearly right: the template with bytes cut out, doubled and replaced.
fn mutated(base: &'static str) -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "",
        "\"",
        "[",
        "]",
        "{",
        "}",
        "=",
        "\n",
        "0",
        "-1",
        "{0..3}",
        "{h=0..9}",
        "{h/0}",
        "µs",
        "\u{1F680}",
        "[[link]]\n",
        "1e400",
        "true",
        "\\u0041",
        "..",
        ",",
    ]);
    prop::collection::vec((0..base.len(), 0usize..12, pieces), 1..6).prop_map(move |edits| {
        let mut text = base.to_owned();
        for (at, cut, piece) in edits {
            let floor = |mut at: usize| {
                at = at.min(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let (start, end) = (floor(at), floor(at + cut));
            text.replace_range(start..end, piece);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_gives_a_value_or_places(text in any::<String>()) {
        never_panics(&text);
    }

    #[test]
    fn nearly_right_scenarios_give_a_value_or_places(text in mutated(INIT_SCENARIO)) {
        never_panics(&text);
    }

    #[test]
    fn nearly_right_stack_profiles_give_a_value_or_places(text in mutated(HOPPER)) {
        never_panics(&text);
    }

    #[test]
    fn nearly_right_topologies_give_a_value_or_places(text in mutated(INIT_TOPOLOGY)) {
        never_panics(&text);
    }
}

/// Every scenario of the collection loads without a warning, and so does every topology.
#[test]
fn the_collection_loads() {
    let all = |folder: &str| {
        let mut files: Vec<_> = fs::read_dir(folder)
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default();
        files.retain(|path: &std::path::PathBuf| path.extension().is_some_and(|e| e == "toml"));
        files.sort();
        files
    };
    let show = |path: &Path| path.to_str().unwrap().to_owned();
    let options = LoadOptions::default();
    for path in all("topologies") {
        let loaded = told(load_topology(&show(&path), &options));
        assert!(loaded.warnings.is_empty(), "{}", render_all(&loaded.warnings, &loaded.sources, false));
    }
    for path in all("scenarios") {
        let text = fs::read_to_string(&path).unwrap();
        if text.contains("\nkind = \"plan\"") {
            let loaded = told(load_plan(&show(&path), &options));
            assert!(loaded.warnings.is_empty(), "{}", render_all(&loaded.warnings, &loaded.sources, false));
            continue;
        }
        let loaded = told(load_scenario(&show(&path), &options));
        assert!(loaded.warnings.is_empty(), "{}", render_all(&loaded.warnings, &loaded.sources, false));
    }
    let loaded = told(load_scenario("-", &LoadOptions { stdin: Some(INIT_SCENARIO.into()), ..options }));
    assert!(loaded.warnings.is_empty(), "{}", render_all(&loaded.warnings, &loaded.sources, false));
}
