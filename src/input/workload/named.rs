//! Parts of a workload by their names in the libraries, or in files of one's own.

use super::{
    accelerator, accelerator_names, model, model_names, read_accelerator, read_model, read_software,
    software, software_names,
};
use crate::diag::{Diagnostic, SourceMap};
use crate::input::names::unknown_name;
use crate::input::reader::{Item, Source};
use crate::input::section::Section;
use crate::input::{beside, load};
use crate::workload::{Accelerator, Model, Software};

/// One of the libraries.
pub(super) struct Library<T> {
    /// The key of a name.
    key: &'static str,
    /// The key of a file.
    file: &'static str,
    /// What messages call a part.
    what: &'static str,
    /// A part by its name.
    get: fn(&str) -> Option<T>,
    names: fn() -> Vec<&'static str>,
    /// What messages call a file, and its reader.
    whole: &'static str,
    read: fn(Section<'_>, &str) -> Option<T>,
    /// The code of names that are not known.
    code: &'static str,
    example: &'static str,
}

pub(super) const MODELS: Library<Model> = Library {
    key: "model",
    file: "model_file",
    what: "model",
    get: model,
    names: || model_names().collect(),
    whole: super::MODEL,
    read: read_model,
    code: "E0603",
    example: "llama3-8b",
};

pub(super) const ACCELERATORS: Library<Accelerator> = Library {
    key: "accelerator",
    file: "accelerator_file",
    what: "accelerator",
    get: accelerator,
    names: || accelerator_names().collect(),
    whole: super::ACCELERATOR,
    read: read_accelerator,
    code: "E0604",
    example: "h100",
};

pub(super) const GENERATIONS: Library<Software> = Library {
    key: "software",
    file: "software_file",
    what: "software",
    get: software,
    names: || software_names().collect(),
    whole: super::SOFTWARE,
    read: read_software,
    code: "E0605",
    example: "nemo-2024",
};

impl<T> Library<T> {
    /// The part that a section names, or that of the `usual` name where it names none. `None` where faults were told.
    pub(super) fn choose_or(
        &self,
        usual: Option<&str>,
        section: &mut Section<'_>,
        path: &str,
        sources: &mut SourceMap,
    ) -> Option<T> {
        match usual {
            // Asked for, so that the keys are known.
            Some(usual) if section.item(self.key).is_none() && section.item(self.file).is_none() => {
                (self.get)(usual)
            }
            _ => self.choose(section, path, sources),
        }
    }

    /// The part that a section names. `None` where faults were told.
    pub(super) fn choose(&self, section: &mut Section<'_>, path: &str, sources: &mut SourceMap) -> Option<T> {
        let file = section.item(self.file);
        let both = section.exclusive(self.key, self.file, "");
        let name = match &file {
            Some(_) => section.item(self.key),
            None => section.require_with(
                self.key,
                &format!(
                    "add for example `{} = \"{}\"`, or `{} = \"my-{}.toml\"`",
                    self.key, self.example, self.file, self.key
                ),
            ),
        };
        match (name, file) {
            _ if both => None,
            (Some(name), _) => self.named(&name),
            (None, Some(file)) => self.of_file(&file, path, sources),
            (None, None) => None,
        }
    }

    fn named(&self, item: &Item<'_>) -> Option<T> {
        let name = item.string_as(&format!("the name of a built-in {}", self.what))?;
        let found = (self.get)(name.value);
        if found.is_none() && name.value.ends_with(".toml") {
            item.push(
                Diagnostic::error(
                    self.code,
                    format!("there is no built-in {} named `{}`", self.what, name.value),
                )
                .at(name.place, "this looks like the name of a file")
                .help(format!("one in a file is named by `{} = \"{}\"`", self.file, name.value)),
            );
        } else if found.is_none() {
            let names = (self.names)();
            let what = format!("built-in {}", self.what);
            unknown_name(self.code, &what, &name, names.iter().copied(), item.source.faults);
        }
        found
    }

    fn of_file(&self, item: &Item<'_>, path: &str, sources: &mut SourceMap) -> Option<T> {
        let named = beside::open(item, &format!("the name of a file with {}", self.whole), path, sources)?;
        let source = Source { file: named.file, text: &named.text, faults: item.source.faults };
        load::parse(source, self.whole, |root| (self.read)(root, &named.shown)).flatten()
    }
}
