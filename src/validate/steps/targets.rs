//! What is to be reached, and whether it is.

use super::score::{is_trusted, mean};
use crate::result::{StepFamily, StepGroup, StepPrediction, StepTarget, StepTargetWhat};

/// The group of sources that has targets of its own.
const MULTI_NODE: &str = "vTrain-multi";

/// Accelerators from which on pretraining is judged.
const LEAST_GPUS: u32 = 64;

/// The limit and what is aimed at beyond, in percent.
const fn limit(what: StepTargetWhat) -> (f64, Option<f64>) {
    match what {
        StepTargetWhat::Pretrain => (10.0, Some(8.0)),
        StepTargetWhat::MultiNode => (9.0, None),
        StepTargetWhat::MultiNodeOrder => (85.0, Some(90.0)),
        StepTargetWhat::Regret => (1.5, None),
    }
}

/// The targets that have something to judge.
pub(super) fn targets(
    rows: &[StepPrediction],
    groups: &[StepGroup],
    families: &[StepFamily],
) -> Vec<StepTarget> {
    let mae = |judged: &dyn Fn(&StepPrediction) -> bool| {
        let errors = rows.iter().filter(|row| is_trusted(&row.quality) && judged(row));
        (errors.clone().count(), mean(errors.map(|row| row.error_pct.abs())))
    };
    let (large, large_mae) = mae(&|row| row.task == "pretrain" && row.gpus >= LEAST_GPUS);
    let (multi, multi_mae) = mae(&|row| row.group == MULTI_NODE);
    let multi_groups =
        groups.iter().filter(|own| own.group.as_deref() == Some(MULTI_NODE) && is_trusted(&own.quality));
    let (mut pairs, mut right) = (0, 0);
    for group in multi_groups {
        pairs += group.family_pairs.pairs;
        right += group.family_pairs.right;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of pairs are far below 2^53")]
    let order = (pairs > 0).then(|| 100.0 * right as f64 / pairs as f64);
    // Of one server no order is asked for: what it costs there is told beside.
    let judged = families.iter().filter(|family| family.gpus >= LEAST_GPUS);
    let (chosen, regret) = (judged.clone().count(), mean(judged.map(|family| family.regret_pct)));
    [
        (StepTargetWhat::Pretrain, large as u64, large_mae),
        (StepTargetWhat::MultiNode, multi as u64, multi_mae),
        (StepTargetWhat::MultiNodeOrder, pairs, order),
        (StepTargetWhat::Regret, chosen as u64, regret),
    ]
    .into_iter()
    .filter_map(|(what, count, value)| Some(target(what, count, value?)))
    .collect()
}

fn target(what: StepTargetWhat, count: u64, value_pct: f64) -> StepTarget {
    let (limit_pct, aim_pct) = limit(what);
    let met = match what {
        StepTargetWhat::Pretrain => value_pct <= limit_pct,
        StepTargetWhat::MultiNode | StepTargetWhat::Regret => value_pct < limit_pct,
        StepTargetWhat::MultiNodeOrder => value_pct >= limit_pct,
    };
    StepTarget { what, count, limit_pct, aim_pct, value_pct, met }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_kept_to_as_their_relation_says() {
        for (what, met, missed) in [
            (StepTargetWhat::Pretrain, 10.0, 10.01),
            (StepTargetWhat::MultiNode, 8.99, 9.0),
            (StepTargetWhat::MultiNodeOrder, 85.0, 84.99),
            (StepTargetWhat::Regret, 1.49, 1.5),
        ] {
            assert!(target(what, 1, met).met && !target(what, 1, missed).met, "{}", what.name());
        }
        assert_eq!(targets(&[], &[], &[]), []);
    }
}
