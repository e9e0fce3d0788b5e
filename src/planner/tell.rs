//! What is told of a search.

use super::why::{Parts, sharding, why};
use super::{Found, Question, Rated, TuneError};
use crate::ids::number;
use crate::result::{
    FabricSummary, StepBytes, StepResult, TUNE_SCHEMA, TuneCandidate, TuneCounts, TuneDivision, TuneFacts,
    TuneGiven, TuneNearest, TunePart, TuneResult,
};
use crate::run::stack_summary;
use crate::units::Time;
use crate::workload::{Recompute, Step, memory, step_time};

/// From where on the order of closed forms and that of simulations are told to differ, in percent of the time.
const DIFFERS: f64 = 5.0;

/// One of the best, with all that is known of it.
struct Known<'a> {
    closed_rank: usize,
    step: Step<'a>,
    rated: Rated,
    closed: Parts,
    simulated: Option<(f64, Parts)>,
}

/// Puts the best in order, the simulated first, and tells why each but the first is not.
pub(super) fn tell(
    question: &Question<'_>,
    found: &Found,
    simulated: Vec<StepResult>,
) -> Result<TuneResult, TuneError> {
    let base = question.base().ok_or(TuneError::NoStep)?;
    let mut results = simulated.into_iter().map(Some).collect::<Vec<_>>();
    results.resize(found.best.len(), None);
    let mut known: Vec<Known<'_>> = found
        .best
        .iter()
        .zip(results)
        .enumerate()
        .map(|(at, (rated, result))| {
            let step = rated.candidate.step(&base);
            let simulated = result.map(|result| {
                let seconds = Time::from_ps(result.step_ps).as_secs();
                let parts = result.breakdown.into_iter();
                (seconds, parts.map(|part| (part.part, Time::from_ps(part.time_ps).as_secs())).collect())
            });
            Known { closed_rank: at + 1, step, rated: *rated, closed: closed_parts(&step), simulated }
        })
        .collect();
    // Those that were simulated are the first already; the order is stable.
    let order = |one: &Known<'_>| one.simulated.as_ref().map_or(f64::INFINITY, |(seconds, _)| *seconds);
    known.sort_by(|a, b| order(a).total_cmp(&order(b)));
    let confirmed = known.iter().filter(|own| own.simulated.is_some()).count();
    known.truncate(question.scenario.tune.top.max(1));
    let best: Vec<TuneCandidate> =
        known.iter().enumerate().map(|(at, own)| candidate(question, at, own, known.first())).collect();
    let given = found.given.map(|(rated, before)| TuneGiven {
        reason: known.first().map_or_else(String::new, |first| {
            let step = rated.candidate.step(&base);
            if rated.candidate == first.rated.candidate {
                return "the first itself".to_owned();
            }
            why((&first.step, &first.closed), (&step, &closed_parts(&step)))
        }),
        division: division(&rated.candidate.step(&base)),
        closed_s: rated.seconds,
        memory_bytes: whole(rated.bytes),
        fits: rated.bytes <= question.limit(),
        before,
    });
    let nearest = found.nearest.filter(|_| found.best.is_empty()).map(|rated| {
        let step = rated.candidate.step(&base);
        TuneNearest {
            division: division(&step),
            memory: kinds(&step),
            memory_bytes: whole(rated.bytes),
            excess_bytes: whole(rated.bytes - question.limit()),
        }
    });
    let scenario = question.scenario;
    let fabric = &scenario.fabric;
    let counts = found.counts;
    Ok(TuneResult {
        schema: TUNE_SCHEMA.into(),
        scenario: scenario.name.clone(),
        title: scenario.title.clone(),
        fabric: FabricSummary {
            name: fabric.name().into(),
            gpus: number(fabric.endpoints().len()),
            nodes: number(fabric.nodes().len()),
            links: number(fabric.links().len()),
        },
        stack: scenario.stack.as_ref().and_then(stack_summary),
        workload: TuneFacts {
            model: base.model.name.clone(),
            parameters: base.model.params(),
            accelerator: base.accelerator.name.clone(),
            software: question.workload.software.name.clone(),
            format: base.precision.matrices.name().into(),
            sequences: base.batch.sequences,
            sequence_length: base.batch.length,
        },
        memory_limit: whole(question.limit()),
        counts: TuneCounts {
            configurations: counts.configurations,
            valid: counts.valid,
            unfilled: counts.unfilled,
            unfit: counts.unfit,
            pruned: counts.pruned,
            evaluated: counts.evaluated,
        },
        confirmed: number(confirmed),
        notes: notes(&best),
        best,
        given,
        nearest,
    })
}

fn candidate(
    question: &Question<'_>,
    at: usize,
    own: &Known<'_>,
    first: Option<&Known<'_>>,
) -> TuneCandidate {
    let reason = match first {
        Some(first) if at > 0 => match (&first.simulated, &own.simulated) {
            (Some((_, best)), Some((_, parts))) => why((&first.step, best), (&own.step, parts)),
            // Like is compared with like: one that was simulated with one that was not by closed forms.
            _ => why((&first.step, &first.closed), (&own.step, &own.closed)),
        },
        _ => String::new(),
    };
    let seconds = own.simulated.as_ref().map_or(own.rated.seconds, |(seconds, _)| *seconds);
    let tokens = f64::from(own.step.batch.sequences) * f64::from(own.step.batch.length);
    #[expect(clippy::cast_precision_loss, reason = "ranks are few")]
    let ranks = question.ranks() as f64;
    let parts = |parts: &Parts| -> Vec<TunePart> {
        let nonzero = parts.iter().filter(|(_, seconds)| *seconds > 0.0);
        nonzero.map(|(part, seconds)| TunePart { part: part.clone(), seconds: *seconds }).collect()
    };
    TuneCandidate {
        rank: number(at + 1),
        closed_rank: number(own.closed_rank),
        division: division(&own.step),
        closed_s: own.rated.seconds,
        simulated_s: own.simulated.as_ref().map(|(seconds, _)| *seconds),
        difference_percent: own
            .simulated
            .as_ref()
            .map(|(seconds, _)| (seconds / own.rated.seconds - 1.0) * 100.0),
        tokens_per_s_per_gpu: tokens / seconds / ranks,
        closed: parts(&own.closed),
        simulated: own.simulated.as_ref().map(|(_, of)| parts(of)).unwrap_or_default(),
        memory: kinds(&own.step),
        memory_bytes: whole(own.rated.bytes),
        reason,
    }
}

/// Where closed forms and simulations disagree.
fn notes(best: &[TuneCandidate]) -> Vec<String> {
    let mut notes = Vec::new();
    let differences: Vec<f64> = best.iter().filter_map(|own| own.difference_percent).collect();
    if let (Some(least), Some(most)) = (
        differences.iter().copied().min_by(f64::total_cmp),
        differences.iter().copied().max_by(f64::total_cmp),
    ) && (most - least > DIFFERS || most.abs().max(least.abs()) > 2.0 * DIFFERS)
    {
        notes.push(format!(
            "simulated times are {least:+.1} % to {most:+.1} % off closed forms: what lost by less than that in closed \
             forms may be as good"
        ));
    }
    if let Some(first) = best.first().filter(|own| own.simulated_s.is_some() && own.closed_rank > 1) {
        notes.push(format!(
            "the first is only number {} by closed forms: a larger `--confirm` may find better ones",
            first.closed_rank
        ));
    }
    notes
}

fn closed_parts(step: &Step<'_>) -> Parts {
    step_time(step).parts().into_iter().map(|(name, seconds)| (name.to_owned(), seconds)).collect()
}

fn kinds(step: &Step<'_>) -> Vec<StepBytes> {
    let parts = memory(step).parts().into_iter();
    parts.map(|(kind, bytes)| StepBytes { kind: kind.into(), bytes: whole(bytes) }).collect()
}

fn division(step: &Step<'_>) -> TuneDivision {
    let parallel = &step.parallel;
    let again = Recompute::ALL.iter().find(|(_, own)| *own == step.recompute).map_or("", |(name, _)| name);
    TuneDivision {
        tp: parallel.tp,
        sequence_parallel: parallel.sequence,
        pp: parallel.pp,
        vpp: parallel.vpp,
        cp: parallel.cp,
        dp: parallel.dp,
        ep: parallel.ep,
        etp: parallel.etp,
        sharding: sharding(parallel.sharding),
        schedule: parallel.schedule.name().into(),
        micro_batch: step.batch.micro,
        micro_batches: step.micro_batches(),
        recompute: again.into(),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and below 2^53")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}
