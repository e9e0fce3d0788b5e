//! The files under `topologies/`.

use std::collections::BTreeMap;

use railspine::fabric::template::{Values, family};
use railspine::fabric::{Builder, Fabric, LinkClass};
use railspine::route::metrics::report;

use crate::{GBPS, cables, kind};

/// The template files under `topologies/` hold what their comments say.
#[test]
fn topology_files_are_the_systems_that_they_name() {
    let gpus: BTreeMap<&str, u32> = BTreeMap::from([
        ("dgx-a100-superpod", 160),
        ("dgx-h100-superpod", 256),
        ("dgx1-v100", 8),
        ("dragonfly-72", 72),
        ("dual-plane-128", 128),
        ("gb200-nvl72", 72),
        ("h200-roce-8gpu", 128),
        ("mi300x-box", 8),
        ("single-switch-8", 8),
        ("tpu-v4-slice", 64),
    ]);
    for (name, gpus) in gpus {
        let report = report(&load(name));
        assert_eq!((report.name.as_str(), report.gpus), (name, gpus));
        match name {
            "dgx-h100-superpod" => {
                assert_eq!([kind(&report, "leaf"), kind(&report, "spine")], [8, 4]);
                assert_eq!([cables(&report, "nic", "leaf"), cables(&report, "leaf", "spine")], [256, 256]);
                assert_eq!(report.bisection.bits_per_sec, Some(128 * 400 * GBPS));
            }
            "dragonfly-72" => {
                assert_eq!((kind(&report, "switch"), cables(&report, "switch", "switch")), (36, 90));
                assert_eq!(report.kinds.iter().find(|kind| kind.kind == "switch").unwrap().ports_max, 7);
            }
            "dual-plane-128" => {
                assert_eq!([kind(&report, "leaf"), kind(&report, "spine")], [32, 16]);
                assert_eq!([cables(&report, "nic", "leaf"), cables(&report, "leaf", "spine")], [256, 256]);
                assert_eq!(report.bisection.bits_per_sec, Some(64 * 400 * GBPS));
            }
            "dgx-a100-superpod" => assert_eq!([kind(&report, "leaf"), kind(&report, "spine")], [8, 4]),
            "h200-roce-8gpu" => {
                assert_eq!([kind(&report, "leaf"), kind(&report, "spine")], [16, 2]);
                assert_eq!(report.oversubscription[0].worst, 1.0);
            }
            _ => {}
        }
    }
}

/// Builds a file of a template without overrides of classes.
fn load(name: &str) -> Fabric {
    let path = format!("{}/topologies/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let file: toml::Table = text.parse().unwrap();
    let family = family(file["template"].as_str().unwrap()).unwrap();
    let mut given = BTreeMap::new();
    for (key, value) in file["params"].as_table().unwrap() {
        let param = family.params.iter().find(|param| param.name == key).unwrap_or_else(|| panic!("{key}"));
        let text = match value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string().trim_matches(['[', ']']).to_owned(),
        };
        given.insert(param.name, param.kind.parse(&text).unwrap());
    }
    let mut builder = Builder::new(file["name"].as_str().unwrap(), LinkClass::builtin());
    (family.build)(&Values::new(family.params, given).unwrap(), &mut builder).unwrap();
    builder.finish().unwrap()
}
