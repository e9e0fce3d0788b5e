//! What the user imposes on a library, and whether it has an effect.

use super::constants::{self, Given};
use crate::collective::{Algorithm, Op};
use crate::diag::{Diagnostic, Place};
use crate::input::collective::{Draft, algorithms};
use crate::input::reader::{At, Item};
use crate::input::section::Section;
use crate::stack::{Library, Overrides, PROCESSES, Protocol, Version};

/// The most channels of the library.
pub(super) const MAX_CHANNELS: u32 = 64;

/// The most adapters of a server.
pub(super) const MAX_RAILS: u32 = 64;

/// Least and most threads of a channel.
pub(super) const THREADS: (u32, u32) = (64, 640);

/// Words for algorithms that may be imposed.
pub(super) fn words() -> Vec<(&'static str, Algorithm)> {
    let mut words = algorithms();
    words.retain(|(_, algorithm)| *algorithm != Algorithm::Auto);
    words
}

/// The keys of `[stack]` beside the profile.
#[derive(Debug)]
pub(super) struct Imposed {
    pub(super) version: Option<At<Version>>,
    pub(super) process: Option<At<bool>>,
    pub(super) algorithm: Option<At<Algorithm>>,
    protocol: Option<At<Protocol>>,
    threads: Option<At<u32>>,
    min_channels: Option<At<u32>>,
    max_channels: Option<At<u32>>,
    rails: Option<At<u32>>,
    pub(super) set: Vec<Given>,
}

/// Reads them.
pub(super) fn read(section: &mut Section<'_>) -> Imposed {
    let imposed = Imposed {
        version: section.item("version").and_then(|item| {
            let text = item.string_as("a release such as \"2.18.5\"")?;
            let version = Version::parse(text.value).filter(|version| version.major == 2);
            if version.is_none() {
                item.push(
                    Diagnostic::error("E0602", format!("`{}` is not a release of the library", text.value))
                        .at(text.place.clone(), "expected a release such as \"2.18.5\""),
                );
            }
            version.map(|version| item.at(version))
        }),
        process: section.item("process").and_then(|item| item.word("a kind of process", &PROCESSES)),
        algorithm: section.item("algorithm").and_then(|item| imposable(&item)),
        protocol: section.item("protocol").and_then(|item| item.word("a protocol", &Protocol::ALL)),
        threads: section.item("threads").and_then(|item| item.count(THREADS.0, THREADS.1)),
        min_channels: section.item("min_channels").and_then(|item| item.count(1, MAX_CHANNELS)),
        max_channels: section.item("max_channels").and_then(|item| item.count(1, MAX_CHANNELS)),
        rails: section.item("rails").and_then(|item| item.count(1, MAX_RAILS)),
        set: section
            .item("set")
            .and_then(|item| item.section("`[stack.set]`"))
            .map(|table| constants::read(&table, &[]))
            .unwrap_or_default(),
    };
    if let (Some(least), Some(most)) = (&imposed.min_channels, &imposed.max_channels)
        && least.value > most.value
    {
        section.source.faults.push(
            Diagnostic::error("E0106", "`min_channels` is above `max_channels`")
                .at(least.place.clone(), format!("at least {}", least.value))
                .at(most.place.clone(), format!("and at most {}", most.value)),
        );
    }
    imposed
}

/// An algorithm that can be imposed.
fn imposable(item: &Item<'_>) -> Option<At<Algorithm>> {
    if item.value.as_str() != Some(Algorithm::Auto.name()) {
        return item.word("an algorithm", &words());
    }
    item.push(
        Diagnostic::error("E0107", "`auto` cannot be imposed")
            .at(item.place(), "this leaves the choice to the library")
            .help("leave `algorithm` out of `[stack]`: collectives that ask for `auto` then get the library's choice"),
    );
    None
}

impl Imposed {
    /// What the library is told.
    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            algorithm: self.algorithm.as_ref().map(|found| found.value),
            protocol: self.protocol.as_ref().map(|found| found.value),
            threads: self.threads.as_ref().map(|found| found.value),
            min_channels: self.min_channels.as_ref().map(|found| found.value),
            max_channels: self.max_channels.as_ref().map(|found| found.value),
            rails: self.rails.as_ref().map(|found| found.value),
        }
    }

    /// The keys that are given, and where.
    fn keys(&self) -> Vec<(&'static str, Place)> {
        let mut keys = Vec::new();
        let mut add = |key, place: Option<Place>| keys.extend(place.map(|place| (key, place)));
        add("version", self.version.as_ref().map(|at| at.place.clone()));
        add("process", self.process.as_ref().map(|at| at.place.clone()));
        add("algorithm", self.algorithm.as_ref().map(|at| at.place.clone()));
        add("protocol", self.protocol.as_ref().map(|at| at.place.clone()));
        add("threads", self.threads.as_ref().map(|at| at.place.clone()));
        add("min_channels", self.min_channels.as_ref().map(|at| at.place.clone()));
        add("max_channels", self.max_channels.as_ref().map(|at| at.place.clone()));
        add("rails", self.rails.as_ref().map(|at| at.place.clone()));
        keys
    }

    /// Warns of keys that have no effect under that library.
    pub(super) fn warn_by_library(&self, section: &Section<'_>, library: Library) {
        constants::warn_idle(section, &self.set, library);
        let reads = |key: &str| match library {
            Library::Ideal => false,
            Library::Nccl | Library::Rccl => key != "rails",
            Library::Mpi => key == "rails",
        };
        for (key, place) in self.keys().into_iter().filter(|(key, _)| !reads(key)) {
            section.source.faults.push(idle(key, place, &format!("`{}` has no such choice", library.name())));
        }
    }

    /// Warns of keys that have no effect on these collectives, under a library that has choices.
    pub(super) fn warn_by_collectives(&self, section: &Section<'_>, drafts: &[Draft<'_>]) {
        let chosen = |draft: &Draft<'_>| draft.op.as_ref().is_none_or(|op| has_choice(op.value));
        if drafts.is_empty() {
            return;
        }
        if !drafts.iter().any(chosen) {
            for (key, place) in self.keys() {
                if matches!(key, "algorithm" | "protocol" | "threads") {
                    let label =
                        "all collectives here are sends and receives, for which there is no such choice";
                    section.source.faults.push(idle(key, place, label));
                }
            }
        } else if let Some(algorithm) = &self.algorithm
            && !drafts.iter().any(|draft| chosen(draft) && draft.asks_auto())
        {
            let label = "it is for collectives that ask for `auto`, and none here does";
            section.source.faults.push(idle("algorithm", algorithm.place.clone(), label));
        }
    }
}

/// Whether the library chooses how to do an operation: all-to-all and send-recv are grouped sends and receives.
pub(in crate::input) fn has_choice(op: Op) -> bool {
    !op.is_all_to_all() && op != Op::SendRecv
}

fn idle(key: &str, place: Place, label: &str) -> Diagnostic {
    Diagnostic::warning("W0301", format!("`{key}` has no effect here")).at(place, label)
}
