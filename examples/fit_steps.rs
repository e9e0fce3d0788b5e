//! Fits the constants of accelerators and of generations of software to measured step times, and writes them into the
//! files of the libraries: `cargo run --release --example fit_steps -- step_times.csv`.
//!
//! Every fit begins without factors, whatever the files hold, so that running it again on the same rows writes the same
//! bytes. The tables of results in `docs/steps.md` are written anew too. `--report` fits nothing and only writes those, with
//! the factors of the files; `--leave-out` leaves each group of sources out in turn as well, which takes as many fits.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use railspine::exchange::step_times;
use railspine::input::workload::{accelerator_to_toml, software_to_toml};
use railspine::input::{LoadOptions, load_accelerator, load_software};
use railspine::report::validate::steps::table;
use railspine::result::StepValidation;
use railspine::validate::Quiet;
use railspine::validate::steps::fit::{Problem, weight};
use railspine::validate::steps::{Catalogue, StepCase, leave_out, predict_rows};

/// Rounds of the fit: it has settled before.
const ROUNDS: usize = 30;

/// What stands above fitted factors in a file.
const FITTED: &str = "# Fitted to published step times: see docs/steps.md.";

/// What stands in files that have none yet.
const UNFITTED: &str = "# Defaults until step times are fitted.\n";

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let [path] = paths.as_slice() else {
        return Err("expected one file: fit_steps step_times.csv [--report] [--leave-out]".into());
    };
    let told = step_times::read(path, &fs::read(path)?)?;
    let mut catalogue = Catalogue::built_in();
    if !flags.iter().any(|flag| flag == "--report") {
        let start = catalogue.clone().without_factors();
        let cases: Vec<StepCase> =
            told.rows.iter().filter_map(|row| StepCase::of_row(row, &start).ok()).collect();
        catalogue = fit(&start, &cases)?;
        write_files(&catalogue)?;
    }
    let (mut validation, cases) = predict_rows(&told, &catalogue);
    if flags.iter().any(|flag| flag == "--leave-out") {
        let begun = Instant::now();
        validation.leave_out = Some(leave_out(&catalogue, &cases, &validation, &Quiet)?);
        writeln!(io::stderr(), "left every group out in {:.1?}", begun.elapsed())?;
    }
    writeln!(io::stdout(), "{}", table(&validation, None))?;
    write_docs(&validation)
}

/// The catalogue with factors fitted to all cases.
fn fit(start: &Catalogue, cases: &[StepCase]) -> Result<Catalogue, Box<dyn Error>> {
    let begun = Instant::now();
    let problem = Problem::new(start, cases, cases.iter().map(weight).collect());
    let fitted = problem.fit(ROUNDS);
    let (factors, rows) = (problem.free().len(), cases.len());
    writeln!(io::stderr(), "{factors} factors fitted to {rows} rows in {:.1?}", begun.elapsed())?;
    Ok(fitted.apply(start))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Writes the factors into the files, and sees that they read back to the same.
fn write_files(catalogue: &Catalogue) -> Result<(), Box<dyn Error>> {
    let file = |folder: &str, name: &str| root().join(format!("src/workload/{folder}/{name}.toml"));
    let told = |path: &Path| path.display().to_string();
    for accelerator in &catalogue.accelerators {
        let path = file("accelerators", &accelerator.name);
        replace_factors(&path, &accelerator_to_toml(accelerator))?;
        if load_accelerator(&told(&path), &LoadOptions::default())?.value.factors != accelerator.factors {
            return Err(format!("{} does not read back to its factors", path.display()).into());
        }
    }
    for software in &catalogue.software {
        let path = file("software", &software.name);
        replace_factors(&path, &software_to_toml(software))?;
        if load_software(&told(&path), &LoadOptions::default())?.value.factors != software.factors {
            return Err(format!("{} does not read back to its factors", path.display()).into());
        }
    }
    Ok(())
}

/// Puts the factors of a written file in place of those of the file at `path`, of which the rest stays as it is.
fn replace_factors(path: &PathBuf, written: &str) -> Result<(), Box<dyn Error>> {
    let old = fs::read_to_string(path)?;
    let begins = |text: &str| {
        ["[factors]", "[[on]]", FITTED].iter().filter_map(|head| text.find(&format!("\n{head}"))).min()
    };
    let kept = old.get(..begins(&old).unwrap_or(old.len())).unwrap_or_default().trim_end();
    let factors = begins(written).and_then(|at| written.get(at..)).unwrap_or_default();
    let mut new = format!("{kept}\n");
    if !factors.is_empty() {
        new = format!("{}\n{FITTED}{factors}", new.replace(UNFITTED, ""));
    }
    if new != old {
        fs::write(path, new)?;
        writeln!(io::stderr(), "wrote {}", path.display())?;
    }
    Ok(())
}

/// Writes the tables of results into the page.
fn write_docs(validation: &StepValidation) -> Result<(), Box<dyn Error>> {
    let path = root().join("docs/steps.md");
    let mut page = fs::read_to_string(&path)?;
    page = filled(&page, "results", &results(validation))?;
    page = filled(&page, "targets", &targets(validation))?;
    if validation.leave_out.is_some() {
        page = filled(&page, "leave-out", &left_out(validation))?;
    }
    fs::write(&path, page)?;
    Ok(())
}

/// The page with another text between two marks.
fn filled(page: &str, name: &str, text: &str) -> Result<String, Box<dyn Error>> {
    let (open, close) = (format!("<!-- {name}: written by examples/fit_steps.rs -->\n"), "<!-- end -->");
    let (before, rest) = page.split_once(&open).ok_or_else(|| format!("docs/steps.md has no mark {name}"))?;
    let (_, after) = rest.split_once(close).ok_or_else(|| format!("the mark {name} has no end"))?;
    Ok(format!("{before}{open}{text}{close}{after}"))
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.1}"))
}

fn results(validation: &StepValidation) -> String {
    let mut out = String::from(
        "| group | quality | rows | MAE % | bias % | pairs of a family | right % | all pairs right % | tau-b |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for group in &validation.groups {
        out.push_str(&format!(
            "| {} | {} | {} | {:.1} | {:+.1} | {} | {} | {} | {} |\n",
            group.group.as_deref().unwrap_or("all"),
            group.quality,
            group.count,
            group.mae_pct,
            group.bias_pct,
            group.family_pairs.pairs,
            percent(group.family_pairs.right_pct),
            percent(group.all_pairs.right_pct),
            group.all_pairs.tau_b.map_or_else(String::new, |tau| format!("{tau:.2}")),
        ));
    }
    out
}

fn targets(validation: &StepValidation) -> String {
    let mut out =
        String::from("| target | of | is % | must be % | aim % | met |\n|---|---|---|---|---|---|\n");
    for target in &validation.targets {
        out.push_str(&format!(
            "| `{}` | {} | {:.2} | {} {} | {} | {} |\n",
            target.what.name(),
            target.count,
            target.value_pct,
            target.what.relation(),
            target.limit_pct,
            target.aim_pct.map_or_else(String::new, |aim| aim.to_string()),
            if target.met { "yes" } else { "no" },
        ));
    }
    out
}

fn left_out(validation: &StepValidation) -> String {
    let mut out = String::from(
        "| group | rows | MAE % | MAE % left out | bias % | bias % left out |\n|---|---|---|---|---|---|\n",
    );
    for group in validation.leave_out.iter().flatten() {
        out.push_str(&format!(
            "| {} | {} | {:.1} | {:.1} | {:+.1} | {:+.1} |\n",
            group.group,
            group.count,
            group.mae_pct_before,
            group.mae_pct_after,
            group.bias_pct_before,
            group.bias_pct_after,
        ));
    }
    out
}
