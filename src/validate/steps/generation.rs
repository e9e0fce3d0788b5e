//! Which generation of software a row's framework belongs to. The rule is told in `docs/steps.md`.

/// The name of the generation for a framework as a row names it, on an accelerator of that family.
///
/// Names of the program come first, then the date of its release: a year (`2021`) or a year and a month (`25.09`). Of
/// several dates the latest counts. A program without a date is of the generation that its accelerator came with.
pub fn generation(framework: &str, family: &str) -> &'static str {
    let name = framework.to_ascii_lowercase();
    let has = |word: &str| name.contains(word);
    let date = date(&name);
    let amd = family.starts_with("mi");
    if has("composer") || has("mosaic") {
        "composer-fsdp"
    } else if has("torchtitan") {
        if has("compile") { "torchtitan-compiled" } else { "torchtitan" }
    } else if family.starts_with("tpu") || has("maxtext") || has("pathways") || has("pax") {
        "maxtext"
    } else if amd || has("rocm") || has("llmboost") {
        "rocm-2025"
    } else if has("deepspeed") {
        "megatron-deepspeed"
    } else if has("bridge") {
        match date {
            Some(date) if date < 2026.0 => "megatron-2025",
            Some(date) if date < 2026.05 => "megatron-2026",
            _ => "megatron-2026-mid",
        }
    } else if has("megatron-lm") || has("megatron-core") {
        match date {
            Some(date) if date < 2021.0 => "megatron-2020",
            Some(date) if date < 2022.0 => "megatron-2021",
            Some(date) if date < 2024.0 => "megatron-2022",
            Some(date) if date < 2025.0 => "megatron-2024",
            Some(_) => "megatron-2025",
            None if family == "v100" => "megatron-2020",
            None if family == "a100" => "megatron-2022",
            None => "megatron-2024",
        }
    } else {
        match date {
            Some(date) if date < 2024.0 => "nemo-2023",
            Some(date) if date < 2025.0 => "nemo-2024",
            Some(_) => "nemo-2025",
            None if has("nemo") && family == "h100" => "nemo-2023",
            None => newest(family),
        }
    }
}

/// The newest generation of an accelerator's family.
fn newest(family: &str) -> &'static str {
    match family {
        "v100" => "megatron-2020",
        "a100" => "megatron-2022",
        _ => "megatron-2026-mid",
    }
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
