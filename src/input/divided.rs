//! A scenario whose training step is divided in another way, as a file.

use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};

use crate::result::TuneDivision;

/// Keys that name files, by table.
const FILES: [(&str, &str); 5] = [
    ("fabric", "file"),
    ("stack", "file"),
    ("workload", "model_file"),
    ("workload", "accelerator_file"),
    ("workload", "software_file"),
];

/// The scenario of `text`, whose names of files are relative to `from`, with its step divided in the way of `division` and
/// without `[tune]`: for a file in the folder `to`. Comments are not kept.
///
/// # Errors
/// In lower case, where the text is not TOML or has no workload.
pub fn divided(text: &str, from: &Path, to: &Path, division: &TuneDivision) -> Result<String, String> {
    let mut root: Table =
        text.parse().map_err(|error: toml::de::Error| format!("not TOML: {}", error.message()))?;
    root.remove("tune");
    for (table, key) in FILES {
        let file = root.get_mut(table).and_then(Value::as_table_mut).and_then(|table| table.get_mut(key));
        if let Some(file) = file
            && let Some(name) = file.as_str()
        {
            *file = Value::String(seen_from(to, &from.join(name)));
        }
    }
    let workload =
        root.get_mut("workload").and_then(Value::as_table_mut).ok_or("there is no `[workload]`")?;
    workload.insert("micro_batch".into(), division.micro_batch.into());
    workload.insert("recompute".into(), division.recompute.as_str().into());
    let old = workload.remove("parallel");
    let kept = |key: &str| old.as_ref().and_then(|old| old.get(key)).cloned();
    let mut parallel = Table::new();
    let degrees = [
        ("tp", division.tp),
        ("pp", division.pp),
        ("cp", division.cp),
        ("dp", division.dp),
        ("ep", division.ep),
        ("etp", division.etp),
    ];
    for (key, value) in degrees {
        parallel.insert(key.into(), value.into());
    }
    parallel.insert("sharding".into(), division.sharding.as_str().into());
    if division.tp > 1 {
        parallel.insert("sequence_parallel".into(), division.sequence_parallel.into());
    }
    if division.pp > 1 {
        let several = division.vpp > 1 && division.schedule == "1f1b";
        let schedule = if several { "interleaved" } else { &division.schedule };
        parallel.insert("schedule".into(), schedule.into());
        if several {
            parallel.insert("vpp".into(), division.vpp.into());
        }
    }
    if let Some(context) = kept("context").filter(|_| division.cp > 1) {
        parallel.insert("context".into(), context);
    }
    if let Some(order) = kept("order") {
        parallel.insert("order".into(), order);
    }
    workload.insert("parallel".into(), Value::Table(parallel));
    Ok(format!("# As `railspine tune` divides it.\n{root}"))
}

/// A file as named in a folder: relative where both can be found on the disk.
fn seen_from(folder: &Path, file: &Path) -> String {
    let (Ok(folder), Ok(full)) = (folder.canonicalize(), file.canonicalize()) else {
        return slashes(file);
    };
    let (base, parts): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (folder.components().collect(), full.components().collect());
    let shared = base.iter().zip(&parts).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return slashes(&full);
    }
    let up = base.iter().skip(shared).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(parts.iter().skip(shared).copied()).collect();
    slashes(&path)
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
