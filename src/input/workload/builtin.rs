//! The libraries of models, accelerators and software: files of this crate.

use super::accelerator::{WHAT as ACCELERATOR, read as read_accelerator};
use super::model::{WHAT as MODEL, read as read_model};
use super::software::{WHAT as GENERATION, read as read_software};
use crate::diag::SourceMap;
use crate::input::load;
use crate::input::reader::{Faults, Source};
use crate::input::section::Section;
use crate::workload::{Accelerator, Model, Software};

type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($folder:literal, $($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../workload/", $folder, "/", $name, ".toml")))),*]
    };
}

const MODELS: Files = files! {
    "models",
    "gpt3-175b",
    "palm-540b",
    "mpt-7b",
    "mpt-30b",
    "mpt-70b",
    "llama2-70b",
    "llama3-8b",
    "llama3-70b",
    "llama3-405b",
    "nemotron4-15b",
    "nemotron4-340b",
    "mixtral-8x7b",
    "mixtral-8x22b",
    "qwen3-30b-a3b",
    "qwen3-235b-a22b",
    "gpt-oss-120b",
    "deepseek-v3",
    "deepseek-v3-mtp",
    "kimi-k2",
};

const ACCELERATORS: Files = files! {
    "accelerators",
    "v100-16",
    "v100-32",
    "a100-40",
    "a100-80",
    "h100",
    "h100-96",
    "h200",
    "h800",
    "gh200",
    "b200",
    "b300",
    "gb200",
    "gb300",
    "mi250x",
    "mi300x",
    "mi325x",
    "mi355x",
    "tpu-v4",
    "tpu-v5e",
    "tpu-v5p",
    "tpu-v6e",
    "tpu7x",
    "gaudi2",
};

const SOFTWARE: Files = files! {
    "software",
    "ideal",
    "megatron-2020",
    "megatron-2021",
    "megatron-deepspeed",
    "megatron-2022",
    "megatron-2024",
    "nemo-2023",
    "nemo-2024",
    "nemo-2025",
    "megatron-2025",
    "megatron-2026",
    "megatron-2026-mid",
    "torchtitan",
    "torchtitan-compiled",
    "composer-fsdp",
    "maxtext",
    "rocm-2025",
};

/// Families that have no accelerator of their name: others may be like them, too.
const FAMILIES: [&str; 3] = ["v100", "a100", "tpu"];

fn names(files: Files) -> impl Iterator<Item = &'static str> + Clone {
    files.iter().map(|(name, _)| *name)
}

fn get<T>(files: Files, name: &str, what: &str, read: fn(Section<'_>, &str) -> Option<T>) -> Option<T> {
    let (name, text) = files.iter().find(|(own, _)| *own == name)?;
    let faults = Faults::default();
    let file = SourceMap::default().add(*name, *text);
    let source = Source { file, text, faults: &faults };
    load::parse(source, what, |root| read(root, name)).flatten()
}

/// The names of the built-in models, from the oldest on.
pub fn model_names() -> impl Iterator<Item = &'static str> + Clone {
    names(MODELS)
}

/// The names of the built-in accelerators.
pub fn accelerator_names() -> impl Iterator<Item = &'static str> + Clone {
    names(ACCELERATORS)
}

/// What accelerators may be like, and factors may be of: built-in accelerators and families of them.
pub fn accelerator_likes() -> impl Iterator<Item = &'static str> + Clone {
    FAMILIES.into_iter().chain(accelerator_names())
}

/// The names of the built-in generations of software.
pub fn software_names() -> impl Iterator<Item = &'static str> + Clone {
    names(SOFTWARE)
}

/// The built-in model of that name.
pub fn model(name: &str) -> Option<Model> {
    get(MODELS, name, MODEL, read_model)
}

/// The built-in accelerator of that name.
pub fn accelerator(name: &str) -> Option<Accelerator> {
    get(ACCELERATORS, name, ACCELERATOR, read_accelerator)
}

/// The built-in generation of software of that name.
pub fn software(name: &str) -> Option<Software> {
    get(SOFTWARE, name, GENERATION, read_software)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound<T>(files: Files, what: &str, read: fn(Section<'_>, &str) -> Option<T>, name: fn(&T) -> &str) {
        for (own, text) in files {
            let faults = Faults::default();
            let file = SourceMap::default().add(*own, *text);
            let source = Source { file, text, faults: &faults };
            let value = load::parse(source, what, |root| read(root, own)).flatten();
            let told = faults.into_sorted();
            assert!(told.is_empty(), "{own}: {told:?}");
            assert_eq!(name(&value.unwrap()), *own, "named as its file");
        }
    }

    #[test]
    fn all_built_in_files_load_without_a_warning() {
        sound(MODELS, MODEL, read_model, |model| &model.name);
        sound(ACCELERATORS, ACCELERATOR, read_accelerator, |accelerator| &accelerator.name);
        for family in FAMILIES {
            let mut all = accelerator_names().filter_map(accelerator);
            assert!(all.any(|own| own.like == family), "nothing is like {family}");
        }
        sound(SOFTWARE, GENERATION, read_software, |software| &software.name);
    }
}
