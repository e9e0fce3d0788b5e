//! Fits the constants of built-in profiles to the measured runs of a folder, as those of this release were fitted:
//! `cargo run --release --example fit_profiles -- MEASURED OUT` writes `OUT/NAME.toml` for each profile that has runs.
//! With `src/stack/profiles` as `OUT`, the comments at the top of its files stay.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use railspine::input::stack::{builtin, builtin_names, to_toml};
use railspine::stack::Profile;
use railspine::stack::param::{Param, Unit};
use railspine::validate::{MeasuredFile, Run, constants, fit, prepare, runs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (Some(measured), Some(out)) = (args.next(), args.next()) else {
        return Err("expected a folder of measured runs and one to write to".into());
    };
    let mut found = Vec::new();
    for path in runs(Path::new(&measured))? {
        found.extend(prepare(&MeasuredFile::read(&path)?).ok().filter(Run::is_sound));
    }
    let sound: Vec<&Run> = found.iter().collect();
    let options = fit::Options { rounds: 20, ..fit::Options::default() };
    fs::create_dir_all(&out)?;
    for name in builtin_names() {
        let Some(mut profile) = constants::fit_profile(name, &sound, &options) else { continue };
        round(&mut profile, name);
        let path = Path::new(&out).join(format!("{name}.toml"));
        let comments: String = fs::read_to_string(&path)
            .unwrap_or_default()
            .lines()
            .take_while(|line| line.starts_with('#'))
            .map(|line| format!("{line}\n"))
            .collect();
        fs::write(&path, comments + &to_toml(&profile))?;
        writeln!(io::stdout(), "wrote {}", path.display())?;
    }
    Ok(())
}

/// Rounds constants that a fit may have moved to three digits.
fn round(profile: &mut Profile, name: &str) {
    let Some(before) = builtin(name) else { return };
    let told = constants::told_by_runs(profile);
    for param in told.into_iter().filter(|param| param.spec().unit != Unit::Count) {
        let (value, range) = (profile.get(param), param.spec().range);
        let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
        let rounded = rounded.clamp(range.0, range.1);
        // What did not move stays as it was written.
        let same = |param: Param| (value - before.get(param)).abs() <= 5e-4 * value.abs();
        profile.set(param, if same(param) { before.get(param) } else { rounded });
    }
}
