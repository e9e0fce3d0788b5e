//! Which generation of software a row's framework belongs to. The rules are listed in `docs/steps.md`.

/// The generations that rows may belong to.
pub const GENERATIONS: [&str; 16] = [
    "megatron-2020",
    "megatron-2021",
    "megatron-deepspeed",
    "megatron-2022",
    "megatron-2024",
    "megatron-2025",
    "megatron-2026",
    "megatron-2026-mid",
    "nemo-2023",
    "nemo-2024",
    "nemo-2025",
    "composer-fsdp",
    "torchtitan",
    "torchtitan-compiled",
    "maxtext",
    "rocm-2025",
];

/// A rule: where all that it asks for holds, a row is of its generation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Words of which the framework's name must have one, in lower case; any name where there are none.
    pub words: &'static [&'static str],
    /// Beginnings of which the accelerator's family must have one; any family where there are none.
    pub families: &'static [&'static str],
    /// The release must have a date and be before that one, a year with its month in hundredths.
    pub before: Option<f64>,
    /// Whether code must be compiled.
    pub compiled: bool,
    /// The generation.
    pub generation: &'static str,
}

const fn rule(
    words: &'static [&'static str],
    families: &'static [&'static str],
    before: Option<f64>,
    generation: &'static str,
) -> Rule {
    Rule { words, families, before, compiled: false, generation }
}

const MEGATRON: &[&str] = &["megatron-lm", "megatron-core"];
const DATED: Option<f64> = Some(f64::INFINITY);

/// The rules; the first that holds counts. The last asks for nothing.
pub const RULES: [Rule; 26] = [
    rule(&["composer", "mosaic"], &[], None, "composer-fsdp"),
    Rule { compiled: true, ..rule(&["torchtitan"], &[], None, "torchtitan-compiled") },
    rule(&["torchtitan"], &[], None, "torchtitan"),
    rule(&[], &["tpu"], None, "maxtext"),
    rule(&["maxtext", "pathways", "pax"], &[], None, "maxtext"),
    rule(&[], &["mi"], None, "rocm-2025"),
    rule(&["rocm", "llmboost"], &[], None, "rocm-2025"),
    rule(&["deepspeed"], &[], None, "megatron-deepspeed"),
    rule(&["bridge"], &[], Some(2026.0), "megatron-2025"),
    rule(&["bridge"], &[], Some(2026.05), "megatron-2026"),
    rule(&["bridge"], &[], None, "megatron-2026-mid"),
    rule(MEGATRON, &[], Some(2021.0), "megatron-2020"),
    rule(MEGATRON, &[], Some(2022.0), "megatron-2021"),
    rule(MEGATRON, &[], Some(2024.0), "megatron-2022"),
    rule(MEGATRON, &[], Some(2025.0), "megatron-2024"),
    rule(MEGATRON, &[], DATED, "megatron-2025"),
    rule(MEGATRON, &["v100"], None, "megatron-2020"),
    rule(MEGATRON, &["a100"], None, "megatron-2022"),
    rule(MEGATRON, &[], None, "megatron-2024"),
    rule(&[], &[], Some(2024.0), "nemo-2023"),
    rule(&[], &[], Some(2025.0), "nemo-2024"),
    rule(&[], &[], DATED, "nemo-2025"),
    rule(&["nemo"], &["h100"], None, "nemo-2023"),
    // The newest of what is left for an accelerator.
    rule(&[], &["v100"], None, "megatron-2020"),
    rule(&[], &["a100"], None, "megatron-2022"),
    rule(&[], &[], None, "megatron-2026-mid"),
];

/// The generation for a framework as a row names it, on an accelerator of that family.
///
/// Names of the program come first, then the date of its release: a year (`2021`) or a year and a month (`25.09`). Of
/// several dates the latest counts. A program without a date is of the generation that its accelerator came with.
pub fn generation(framework: &str, compiled: bool, family: &str) -> &'static str {
    let name = framework.to_ascii_lowercase();
    let compiled = compiled || name.contains("compile");
    let date = date(&name);
    let holds = |rule: &&Rule| {
        (rule.words.is_empty() || rule.words.iter().any(|word| name.contains(word)))
            && (rule.families.is_empty() || rule.families.iter().any(|own| family.starts_with(own)))
            && rule.before.is_none_or(|before| date.is_some_and(|date| date < before))
            && (compiled || !rule.compiled)
    };
    RULES.iter().find(holds).map_or("megatron-2026-mid", |rule| rule.generation)
}

/// The latest date in a name: a year, or a year with its month in hundredths: 2025.09.
fn date(name: &str) -> Option<f64> {
    let words = name.split(|letter: char| !(letter.is_ascii_digit() || letter == '.'));
    let of = |word: &str| {
        let word = word.trim_matches('.');
        if word.len() == 4 && !word.contains('.') {
            return word.parse::<f64>().ok().filter(|year| (2015.0..2100.0).contains(year));
        }
        let mut parts = word.split('.');
        let (year, month) = (parts.next()?, parts.next()?);
        let (year, month) = (
            year.parse::<f64>().ok()?,
            if month.len() == 2 { month.parse::<f64>().ok()? } else { return None },
        );
        let plausible = (18.0..60.0).contains(&year) && (1.0..=12.0).contains(&month);
        plausible.then_some(2000.0 + year + month / 100.0)
    };
    words.filter_map(of).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frameworks_of_published_rows() {
        for (framework, family, own) in [
            ("PyTorch FSDP / Composer", "a100", "composer-fsdp"),
            ("Megatron-LM 2020", "v100", "megatron-2020"),
            ("Megatron-LM 2021", "a100", "megatron-2021"),
            ("Megatron-LM", "a100", "megatron-2022"),
            ("Megatron-Core 0.8", "h100", "megatron-2024"),
            ("Megatron-Bridge 25.11", "b200", "megatron-2025"),
            ("Megatron-Bridge 26.04.01", "b200", "megatron-2026"),
            ("Megatron-Bridge 26.06", "b200", "megatron-2026-mid"),
            ("Megatron-Bridge", "b200", "megatron-2026-mid"),
            ("PyTorch NVIDIA Release 23.09", "h100", "nemo-2023"),
            (
                "PyTorch, Merlin HugeCTR NVIDIA Release 24.09; PyTorch NVIDIA Release 23.09",
                "h100",
                "nemo-2024",
            ),
            ("NVIDIA NeMo Framework Release 25.09", "b200", "nemo-2025"),
            ("NVIDIA NeMo Framework", "h100", "nemo-2023"),
            ("PyTorch 2.6.0, ROCm 6.4", "mi300x", "rocm-2025"),
            ("MaxText", "tpu", "maxtext"),
            ("", "a100", "megatron-2022"),
            ("", "b200", "megatron-2026-mid"),
        ] {
            assert_eq!(generation(framework, false, family), own, "{framework} on {family}");
        }
        assert_eq!(generation("torchtitan", false, "h100"), "torchtitan");
        assert_eq!(generation("torchtitan", true, "h100"), "torchtitan-compiled");
        assert_eq!(generation("PyTorch", true, "b200"), "megatron-2026-mid");
    }

    #[test]
    fn rules_name_generations_that_are_listed_and_the_last_always_holds() {
        assert!(RULES.iter().all(|rule| GENERATIONS.contains(&rule.generation)));
        assert!(GENERATIONS.iter().all(|own| RULES.iter().any(|rule| rule.generation == *own)));
        assert_eq!(RULES.last(), Some(&rule(&[], &[], None, "megatron-2026-mid")));
    }

    #[test]
    fn the_latest_date_counts() {
        assert_eq!(date("a 23.04, b 24.09"), Some(2024.09));
        assert_eq!(date("2021"), Some(2021.0));
        assert_eq!(date("pytorch 2.6.0"), None);
        assert_eq!(date("26.04.01"), Some(2026.04));
        assert_eq!(date("release 25.13"), None);
    }
}
