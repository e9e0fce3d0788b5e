//! Which constants are free.

use rayon::prelude::*;

use super::error::CalibrateError;
use super::model::Model;
use crate::diag::nearest;
use crate::stack::Profile;
use crate::stack::param::{Param, SPECS, Unit};

/// A constant matters where half of it or twice of it changes some time by more than this part.
const MATTERS: f64 = 1e-3;

/// The constant of a key.
///
/// # Errors
/// Where there is none; with the nearest.
pub fn constant(key: &str) -> Result<Param, CalibrateError> {
    Param::from_key(key).ok_or_else(|| CalibrateError::UnknownConstant {
        key: key.into(),
        near: nearest(key, SPECS.iter().map(|spec| spec.key)),
    })
}

/// The constants to fit: those asked for, or else all of the library that some time depends on. Those that cut data or
/// count channels are left alone unless asked for: they belong to the library, not to the machine.
pub(super) fn free(
    start: &Profile,
    before: &[f64],
    model: &Model<'_>,
    asked: Option<&[Param]>,
    fixed: &[Param],
) -> Result<Vec<Param>, CalibrateError> {
    let mut free: Vec<Param> = match asked {
        Some(asked) => {
            if let Some(both) = asked.iter().find(|param| fixed.contains(param)) {
                return Err(CalibrateError::FreeAndFixed { key: both.spec().key });
            }
            asked.to_vec()
        }
        None => {
            let candidates: Vec<Param> = Param::all()
                .filter(|param| start.software.reads(*param) && !fixed.contains(param))
                .filter(|param| !matches!(param.spec().unit, Unit::Bytes | Unit::Count))
                .collect();
            let matters: Vec<bool> =
                candidates.par_iter().map(|param| matters(start, before, model, *param)).collect();
            candidates
                .into_iter()
                .zip(matters)
                .filter(|(_, matters)| *matters)
                .map(|(param, _)| param)
                .collect()
        }
    };
    free.sort_unstable_by_key(|param| (param.spec().part, param.index()));
    free.dedup();
    if free.is_empty() { Err(CalibrateError::NothingFree) } else { Ok(free) }
}

fn matters(start: &Profile, before: &[f64], model: &Model<'_>, param: Param) -> bool {
    let (value, range) = (start.get(param), param.spec().range);
    // Times that start at nothing are looked at with what such additions come to.
    let others = if value > 0.0 { [0.5 * value, 2.0 * value] } else { [10.0, 10.0] };
    others.into_iter().map(|other| other.clamp(range.0, range.1)).any(|other| {
        let mut moved = start.clone();
        moved.set(param, other);
        let times = model.times(&moved);
        times.iter().zip(before).any(|(there, here)| (there / here - 1.0).abs() > MATTERS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_constants_have_a_nearest() {
        let error = constant("launch.l1").unwrap_err();
        assert_eq!(error.to_string(), "there is no constant named `launch.l1`");
        assert_eq!(error.help(), ["did you mean `launch.ll`?"]);
        let error = constant("colour").unwrap_err();
        assert_eq!(
            error.help(),
            ["keys are those of stack profiles, such as `launch.ll` or `fraction.network`"]
        );
    }
}
