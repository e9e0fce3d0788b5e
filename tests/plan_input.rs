//! Plans and parts that are right: what comes of them.

use std::fs;
use std::process::{Command, Output};

use proptest::prelude::*;

use railspine::cli::render::render_all;
use railspine::collective::Op;
use railspine::fabric::parts::{MediumKind, Technology};
use railspine::input::plan::{Amount, FAMILIES, LoadKind, Objective, Plan, Room, Situations, SwitchPlace};
use railspine::input::{
    INIT_PLAN, LoadError, LoadOptions, Loaded, load_parts, load_plan, parts, parts_schema, plan_schema,
};
use railspine::units::{Bytes, EnergyPrice, Length, Mass, Money, Power, Time};
use railspine::workload::{Format, Sharding, Task};

#[path = "support/golden.rs"]
mod golden;

fn told<T>(result: Result<Loaded<T>, LoadError>) -> T {
    match result {
        Ok(loaded) => {
            assert!(loaded.warnings.is_empty(), "{}", render_all(&loaded.warnings, &loaded.sources, false));
            loaded.value
        }
        Err(LoadError::Rejected { sources, diagnostics }) => {
            panic!("{}", render_all(&diagnostics, &sources, false))
        }
        Err(error) => panic!("{error}"),
    }
}

fn options(text: &str) -> LoadOptions {
    LoadOptions { stdin: Some(text.to_owned()), ..LoadOptions::default() }
}

fn plan(text: &str) -> Plan {
    told(load_plan("-", &options(text)))
}

fn codes<T>(result: Result<Loaded<T>, LoadError>) -> Vec<&'static str> {
    match result {
        Ok(loaded) => loaded.warnings.iter().map(|warning| warning.code).collect(),
        Err(LoadError::Rejected { diagnostics, .. }) => diagnostics.iter().map(|fault| fault.code).collect(),
        Err(error) => panic!("{error}"),
    }
}

/// The smallest useful plan.
const SMALLEST: &str =
    "kind = \"plan\"\naccelerators = 1024\n[workload]\nmodel = \"llama3-70b\"\nbatch = 1024\n";

/// [`SMALLEST`] with more below.
fn with(more: &str) -> Plan {
    plan(&format!("{SMALLEST}{more}"))
}

#[test]
fn five_lines_are_a_plan() {
    assert_eq!(SMALLEST.lines().count(), 5);
    let plan = plan(SMALLEST);
    assert_eq!((plan.name.as_str(), plan.title.as_str(), plan.seed, plan.heavy), ("plan", "plan", 1, false));
    assert_eq!((plan.amount, plan.jobs), (Amount::Accelerators(1024), 1));
    assert_eq!(plan.accelerators(), ["h100"]);
    assert_eq!(plan.servers().map(|server| server.name.as_str()).collect::<Vec<_>>(), ["dgx-h100"]);
    assert_eq!(plan.families, FAMILIES);
    assert_eq!(plan.technologies, [Technology::InfiniBand, Technology::Roce]);
    assert_eq!(plan.media, MediumKind::ALL.map(|(_, kind)| kind));
    assert_eq!(plan.switch_places, SwitchPlace::ALL.map(|(_, place)| place));
    assert_eq!((plan.switches, plan.stack, plan.planes), (None, None, vec![1, 2]));
    assert_eq!((plan.most_oversubscribed, plan.pue, plan.years), (8.0, 1.2, 5.0));
    assert_eq!((plan.electricity, plan.upkeep, plan.utilisation), (EnergyPrice(80_000), 0.02, 0.85));
    assert_eq!(plan.room, Room::default());
    assert_eq!(plan.objectives, [Objective::StepTime, Objective::Capex, Objective::Power]);
    assert_eq!(plan.weights, [1.0 / 3.0; 3]);
    assert_eq!((plan.limits, plan.epsilon), (railspine::input::plan::Limits::default(), 0.0));
    assert_eq!(plan.situations, Situations::default());
    assert_eq!(*plan.catalogue, parts::builtin());
    // A server of 10.2 kW fits in every rack, also where it does not need the liquid.
    assert_eq!(plan.racks, (0..plan.catalogue.racks.len()).collect::<Vec<_>>());
    let [load] = &plan.loads[..] else { panic!("one load") };
    assert_eq!((load.name.as_str(), load.weight), ("llama3-70b", 1.0));
    let LoadKind::Train { each, open: true } = &load.kind else { panic!("an open step") };
    let [step] = &each[..] else { panic!("one accelerator") };
    assert_eq!((step.accelerator.name.as_str(), step.software.name.as_str()), ("h100", "megatron-2025"));
    assert_eq!((step.parallel.dp, step.parallel.tp, step.parallel.sharding), (1024, 1, Sharding::Optimizer));
    let Task::Train(training) = &step.task else { panic!("a training step") };
    assert_eq!((training.batch.sequences, training.batch.length, training.batch.micro), (1024, 8192, 1));
}

#[test]
fn every_value_is_read() {
    let plan = plan(
        r#"
kind = "plan"
name = "mine"
title = "My plan"
seed = 7
heavy = true
budget = "50 MUSD"
jobs = 2

[[workload]]
name = "dense"
weight = 3
model = "llama3-8b"
batch = 512
sequence = 4096
software = "megatron-2024"
precision = { matrices = "fp8" }

[[collective]]
op = "all-to-all"
size = "64 MiB"
group = 48

[fabric]
families = ["rail-only", "fat-tree"]
technologies = "roce"
accelerator = ["b200", "h200"]
switches = ["sn5600", "tomahawk5-64x800"]
media = ["single-mode"]
oversubscription = 3.5
planes = [4, 1]
switch_places = "end-of-row"
stack = "nccl-blackwell"

[room]
rows = 4
racks_per_row = 12
rack_pitch = "0.6 m"
row_pitch = "2.4 m"
tray = "0.3 m"
slack = "1 m"

[racks]
names = ["rack-48u-60kw", "rack-48u-20kw"]

[power]
pue = 1.54
electricity = "78 USD/MWh"
years = 4
upkeep = 0
utilisation = 0.7

[objective]
axes = ["tco", "step_time"]
weights = [1, 3]
epsilon = 0.01

[limits]
step_time = "2 s"
capex = "40 MUSD"
tco = "0.06 BUSD"
power = "5 MW"

[situations]
scattered = 1
failed = 3
"#,
    );
    assert_eq!(
        (plan.name.as_str(), plan.title.as_str(), plan.seed, plan.heavy),
        ("mine", "My plan", 7, true)
    );
    assert_eq!((plan.amount, plan.jobs), (Amount::Budget(Money(5_000_000_000)), 2));
    assert_eq!(plan.accelerators(), ["b200", "h200"]);
    assert_eq!(plan.families, ["rail-only", "fat-tree"]);
    assert_eq!((plan.technologies, plan.media), (vec![Technology::Roce], vec![MediumKind::SingleMode]));
    assert_eq!(plan.switches.unwrap(), ["sn5600", "tomahawk5-64x800"]);
    assert_eq!((plan.most_oversubscribed, plan.planes), (3.5, vec![1, 4]));
    assert_eq!(
        (plan.switch_places, plan.stack),
        (vec![SwitchPlace::EndOfRow], Some("nccl-blackwell".to_owned()))
    );
    let room = Room {
        rows: 4,
        racks_per_row: 12,
        rack_pitch: Length(600),
        row_pitch: Length(2_400),
        tray: Length(300),
        unit: Room::default().unit,
        slack: Length(1_000),
    };
    assert_eq!(plan.room, room);
    let racks: Vec<&str> = plan.racks.iter().map(|at| plan.catalogue.racks[*at].name.as_str()).collect();
    assert_eq!(racks, ["rack-48u-60kw", "rack-48u-20kw"]);
    assert_eq!((plan.pue, plan.electricity, plan.years), (1.54, EnergyPrice(78_000), 4.0));
    assert_eq!((plan.upkeep, plan.utilisation), (0.0, 0.7));
    assert_eq!((plan.objectives, plan.epsilon), (vec![Objective::Tco, Objective::StepTime], 0.01));
    assert_eq!(plan.weights, [0.25, 0.75]);
    assert_eq!(plan.limits.step_time, Some("2 s".parse::<Time>().unwrap()));
    assert_eq!(
        (plan.limits.capex, plan.limits.tco),
        (Some(Money(4_000_000_000)), Some(Money(6_000_000_000)))
    );
    assert_eq!(plan.limits.power, Some(Power(5_000_000_000)));
    assert_eq!(plan.situations, Situations { aligned: 0.0, scattered: 0.25, failed: 0.75 });
    let [dense, exchange] = &plan.loads[..] else { panic!("two loads") };
    assert_eq!((dense.name.as_str(), dense.weight), ("dense", 0.75));
    assert_eq!((exchange.name.as_str(), exchange.weight), ("all-to-all", 0.25));
    let LoadKind::Train { each, open: true } = &dense.kind else { panic!("an open step") };
    assert_eq!(each.iter().map(|step| step.accelerator.name.as_str()).collect::<Vec<_>>(), ["b200", "h200"]);
    assert!(each.iter().all(|step| step.precision.matrices == Format::Fp8 && step.parallel.dp == 1));
    assert_ne!(each[0].constants, each[1].constants, "of each accelerator's own");
    let LoadKind::Collective { op: Op::AllToAll, bytes: Bytes(67_108_864), group: Some(48) } = exchange.kind
    else {
        panic!("{:?}", exchange.kind)
    };
}

#[test]
fn a_division_is_of_one_job() {
    let text = SMALLEST.replace("1024\n[", "1024\njobs = 4\n[");
    let plan = plan(&format!("{text}[workload.parallel]\ntp = 8\npp = 2\n"));
    let LoadKind::Train { each, open: false } = &plan.loads[0].kind else { panic!("a divided step") };
    assert_eq!((each[0].parallel.tp, each[0].parallel.pp, each[0].parallel.dp), (8, 2, 16));
}

#[test]
fn loads_of_one_model_are_numbered() {
    let step = "[[workload]]\nmodel = \"llama3-8b\"\nbatch = 64\n";
    let text = format!(
        "kind = \"plan\"\naccelerators = 64\n{step}{step}{step}name = \"llama3-8b-2\"\n[[collective]]\nop = \"broadcast\"\nsize = \"1 B\"\nweight = 5\n"
    );
    let plan = plan(&text);
    let names: Vec<&str> = plan.loads.iter().map(|load| load.name.as_str()).collect();
    assert_eq!(names, ["llama3-8b", "llama3-8b-3", "llama3-8b-2", "broadcast"]);
    assert_eq!(plan.loads.iter().map(|load| load.weight).collect::<Vec<_>>(), [0.125, 0.125, 0.125, 0.625]);
}

#[test]
fn the_seed_of_the_command_line_is_over_that_of_the_file() {
    let text = format!("seed = 3\n{SMALLEST}");
    assert_eq!(plan(&text).seed, 3);
    assert_eq!(told(load_plan("-", &LoadOptions { seed: Some(9), ..options(&text) })).seed, 9);
}

/// The cheapest rack that provides a power is taken, with no more than that; liquid where servers need it.
#[test]
fn racks_are_limited_to_what_a_room_provides() {
    let names = |plan: &Plan| -> Vec<String> {
        plan.racks.iter().map(|at| plan.catalogue.racks[*at].name.clone()).collect()
    };
    let found = with("[racks]\npower = [\"40 kW\", \"35 kW\", \"130 kW\"]\n");
    assert_eq!(names(&found), ["rack-48u-40kw", "rack-48u-40kw-at-35kw", "rack-48u-130kw"]);
    let limited = &found.catalogue.racks[found.racks[1]];
    assert_eq!((limited.power, limited.height), (Power(35_000_000), 48));
    assert_eq!(limited.price, parts::builtin().racks[2].price);
    let found = with("[racks]\nheight = 42\nmass = \"1500 kg\"\n");
    assert_eq!(names(&found)[..2], ["rack-48u-15kw-at-42u", "rack-48u-20kw-at-42u"]);
    assert_eq!(names(&found)[2], "rack-48u-40kw-at-42u-1500kg");
    assert_eq!(found.catalogue.racks[found.racks[2]].mass, Mass(1_500_000));
    let both = "kind = \"plan\"\naccelerators = 72\n[workload]\nmodel = \"llama3-8b\"\nbatch = 72\n[fabric]\n\
                servers = [\"dgx-b200\", \"gb200-nvl72\"]\n[racks]\npower = [\"20 kW\", \"140 kW\"]\n";
    assert_eq!(names(&plan(both)), ["rack-48u-20kw", "rack-48u-150kw-at-140kw"]);
    let liquid = with("").racks.len();
    let text = SMALLEST.replace("1024\n[", "1008\n[").replace("batch = 1024", "batch = 1008");
    let found = plan(&format!("{text}[fabric]\nservers = \"gb200-nvl72\"\n"));
    assert_eq!(names(&found), ["rack-48u-150kw"]);
    assert!(liquid > 1);
}

#[test]
fn a_plan_names_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.toml");
    fs::copy("tests/plans/racks.toml", folder.path().join("racks.toml")).unwrap();
    let path = file.to_str().unwrap();
    fs::write(&file, format!("{SMALLEST}[parts]\nfile = \"racks.toml\"\n[racks]\nnames = \"own\"\n"))
        .unwrap();
    let found = told(load_plan(path, &LoadOptions::default()));
    assert_eq!(found.catalogue.racks[found.racks[0]].name, "own");
    assert_eq!(found.catalogue.servers, parts::builtin().servers);
    // Alone, its servers are the ones to choose from, whatever their accelerator.
    let server = "[[server]]\nname = \"own\"\naccelerator = \"mi300x\"\naccelerators = 8\nnics = 8\nnic_rate = \"400 Gbps\"\n\
                  scaleup = \"448 GB/s\"\npcie = \"64 GB/s\"\nheight = 8\nmax_power = \"10 kW\"\npower = \"8 kW\"\n\
                  mass = \"120 kg\"\nprice = \"200 kUSD\"\nyear = 2026\n";
    let racks = fs::read_to_string("tests/plans/racks.toml").unwrap();
    fs::write(folder.path().join("racks.toml"), racks + server).unwrap();
    fs::write(&file, format!("{SMALLEST}[parts]\nfile = \"racks.toml\"\nonly = true\n")).unwrap();
    let found = told(load_plan(path, &LoadOptions::default()));
    assert_eq!((found.accelerators(), found.racks.as_slice()), (vec!["mi300x"], &[0][..]));
    assert!(found.catalogue.switches.is_empty());
    assert!(!found.servers().next().unwrap().with_nics);
}

#[test]
fn the_template_is_a_plan_of_defaults() {
    let (template, smallest) = (plan(INIT_PLAN), plan(SMALLEST));
    assert_eq!(template.families, smallest.families);
    assert_eq!(
        (template.room, template.pue, template.electricity),
        (smallest.room, smallest.pue, smallest.electricity)
    );
    assert_eq!(
        (template.years, template.upkeep, template.utilisation),
        (smallest.years, smallest.upkeep, smallest.utilisation)
    );
    assert_eq!(
        (template.objectives, template.weights, template.epsilon),
        (smallest.objectives, smallest.weights, smallest.epsilon)
    );
    assert_eq!((template.planes, template.switch_places), (smallest.planes, smallest.switch_places));
    assert_eq!((template.media, template.technologies), (smallest.media, smallest.technologies));
    assert_eq!(
        (template.servers, template.jobs, template.most_oversubscribed),
        (smallest.servers, smallest.jobs, smallest.most_oversubscribed)
    );
    let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(near(template.situations.aligned, 0.6) && near(template.situations.failed, 0.1));
    assert_eq!(format!("{:?}", template.loads), format!("{:?}", smallest.loads));
}

#[test]
fn schemas_are_up_to_date() {
    for (name, schema) in [("plan", plan_schema()), ("parts", parts_schema())] {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        golden::check(format!("schemas/{name}.schema.json"), &text);
    }
}

/// The tables of a schema with their keys: the top is the first.
fn tables(schema: &serde_json::Value) -> Vec<(String, Vec<String>)> {
    let top = schema["properties"].as_object().unwrap();
    let mut found = vec![(String::new(), top.keys().cloned().collect())];
    for (key, value) in top {
        let (header, table) = match &value["anyOf"] {
            serde_json::Value::Array(list) => (format!("[[{key}]]"), &list[0]),
            _ => (format!("[{key}]"), value),
        };
        if let Some(own) = table["properties"].as_object() {
            found.push((header, own.keys().cloned().collect()));
        }
    }
    found
}

#[test]
fn schemas_know_the_same_keys_as_the_readers() {
    for (header, keys) in tables(&plan_schema()) {
        for key in keys {
            let kind = if key == "kind" { "" } else { "kind = \"plan\"\n" };
            let text = format!("{kind}{header}\n{key} = [[]]\n");
            assert!(!codes(load_plan("-", &options(&text))).contains(&"E0102"), "{text}");
        }
    }
    for (header, keys) in tables(&parts_schema()) {
        for key in keys {
            let text = format!("{header}\n{key} = [[]]\n");
            assert!(!codes(load_parts("-", &options(&text))).contains(&"E0102"), "{text}");
        }
    }
}

/// Every key stands in the docs, in the part of its table.
#[test]
fn docs_name_every_key() {
    let docs = fs::read_to_string("docs/plan.md").unwrap();
    for (header, keys) in tables(&plan_schema()).into_iter().chain(tables(&parts_schema())) {
        let part = match header.as_str() {
            "" => &docs[..],
            header => {
                let begin = docs
                    .find(&format!("### `{header}`"))
                    .unwrap_or_else(|| panic!("no {header} in the docs"));
                let rest = &docs[begin + 3..];
                &rest[..rest.find("\n##").unwrap_or(rest.len())]
            }
        };
        // What a step has as in scenarios stands in their docs.
        let elsewhere = if header == "[[workload]]" {
            fs::read_to_string("docs/workload.md").unwrap()
        } else {
            String::new()
        };
        for key in keys {
            let marked = format!("`{key}`");
            let headed = format!("`[{key}]`");
            let known =
                part.contains(&marked) || part.contains(&headed) || part.contains(&format!("`[[{key}]]`"));
            assert!(known || elsewhere.contains(&marked), "`{key}` of {header} is not in the docs");
        }
    }
}

fn railspine(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_railspine")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn commands_know_plans_and_parts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.toml");
    let path = file.to_str().unwrap();
    assert!(railspine(&["init", "plan", "-o", path]).status.success());
    let parts = "tests/plans/racks.toml";
    let ran = railspine(&["check", path, parts]);
    assert_eq!(
        text(&ran.stdout),
        format!(
            "{path}: ok, plan, 1 load on 1024 accelerators\n{parts}: ok, parts; with the built-in ones 7 switches, 5 adapters, \
             16 cables, 6 servers, 7 racks\n"
        ),
        "{}",
        text(&ran.stderr)
    );
    for command in [&["run", path][..], &["compare", path, path], &["tune", path], &["show", path]] {
        let ran = railspine(command);
        assert_eq!(ran.status.code(), Some(2), "{command:?}");
        assert!(text(&ran.stderr).contains("`railspine plan`"), "{command:?}: {}", text(&ran.stderr));
    }
    let ran = railspine(&["show", parts]);
    assert_eq!(
        text(&ran.stderr),
        format!("error: `{parts}` is a parts catalogue, which has no fabric to show\n")
    );
    for schema in ["plan", "parts"] {
        let value: serde_json::Value =
            serde_json::from_slice(&railspine(&["schema", schema]).stdout).unwrap();
        assert_eq!(value["title"], format!("railspine {schema}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// No text makes the readers panic, or point outside the file.
    #[test]
    fn broken_plans_are_told(at in 0usize..3_000, length in 0usize..60, put in "[a-z0-9 =\\[\\]\"\\n.-]{0,12}") {
        let letters: Vec<char> = INIT_PLAN.chars().collect();
        let at = at.min(letters.len());
        let end = (at + length).min(letters.len());
        let broken: String =
            letters[..at].iter().copied().chain(put.chars()).chain(letters[end..].iter().copied()).collect();
        for result in [
            load_plan("-", &options(&broken)).map(|_| ()),
            load_parts("-", &options(&broken)).map(|_| ()),
        ] {
            if let Err(LoadError::Rejected { sources, diagnostics }) = result {
                prop_assert!(!diagnostics.is_empty());
                for label in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
                    prop_assert!(sources.text(label.place.file).get(label.place.span.clone()).is_some());
                }
                render_all(&diagnostics, &sources, false);
            }
        }
    }
}
