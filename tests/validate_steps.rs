//! `validate --steps` on a few rows of published step times, with their sources beside them, and on files that make no
//! sense.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

#[path = "support/golden.rs"]
mod golden;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;
use railspine::cli::render::render_all;
use railspine::exchange::step_times;
use railspine::report::{json, validate::steps as report};
use railspine::result::{PairOrder, StepValidation};
use railspine::validate::Quiet;
use railspine::validate::steps::{Catalogue, Options, RULES, predict_file, predict_rows};

const ROWS: &str = "tests/validate_steps/rows.csv";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn validate(threads: usize, leave_out: bool) -> StepValidation {
    let options = Options { threads: Some(threads), leave_out };
    predict_file(&root().join(ROWS), &options, &Quiet).unwrap()
}

fn predicted(text: &str) -> StepValidation {
    predict_rows(&step_times::read("a.csv", text.as_bytes()).unwrap(), &Catalogue::built_in()).0
}

fn railspine(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_railspine")).args(args).current_dir(root()).output().unwrap()
}

/// To the last digit: what a change of the model or of constants moves is seen here.
#[test]
fn predictions_are_those_that_are_kept() {
    let validation = validate(1, false);
    golden::check("tests/validate_steps/steps.csv", &report::rows(&validation));
    golden::check("tests/validate_steps/groups.csv", &report::groups(&validation));
    golden::check("tests/validate_steps/families.csv", &report::families(&validation));
    golden::check("tests/validate_steps/table.txt", &report::table(&validation, None));
    assert!(validation.rows.len() >= 12);
    for row in &validation.rows {
        assert!((0.3..3.0).contains(&(row.predicted_s / row.measured_s)), "{}", row.id);
        let parts = serde_json::to_value(row.parts).unwrap();
        let sum: f64 = parts.as_object().unwrap().values().map(|part| part.as_f64().unwrap()).sum();
        assert!((sum / row.predicted_s - 1.0).abs() < 1e-9, "{}: parts are all of it", row.id);
    }
    let why: Vec<(&str, u64)> =
        validation.incomplete.iter().map(|rows| (rows.why.as_str(), rows.count)).collect();
    assert_eq!(
        why,
        [("no `L`, and no model `Nemotron_3_Super` is known", 1), ("no accelerator `L40S` is known", 1)]
    );
}

#[test]
fn threads_change_nothing_and_results_round_trip() {
    let one = json::validate_steps(&validate(1, true));
    assert_eq!(one, json::validate_steps(&validate(3, true)));
    let read: StepValidation = serde_json::from_str(&one).unwrap();
    assert_eq!(json::validate_steps(&read), one);
    let left_out = read.leave_out.unwrap();
    assert!(left_out.iter().any(|group| group.group == "vTrain-multi" && group.count == 4));
    assert!(left_out.iter().all(|group| group.mae_pct_after.is_finite()));
}

/// Three configurations of one model; the one that is predicted fastest is the second as measured.
#[test]
fn families_groups_and_regret_are_those_counted_by_hand() {
    let head = "id,quality,group,model,L,h,ffn,heads,vocab,act,seq,gbs,gpus,gpu_type,tp,pp,mbs,recompute,step_time_s,framework";
    let row = |id: &str, quality: &str, tp: u32, time: &str| {
        format!(
            "{id},{quality},vTrain-multi,m,32,4096,16384,32,51200,gelu,2048,512,64,A100-80GB,{tp},1,1,full,{time},\
             Megatron-LM 2022\n"
        )
    };
    let probe = predicted(&format!(
        "{head}\n{}{}{}",
        row("a", "A", 1, "1"),
        row("b", "A", 2, "1"),
        row("c", "A", 4, "1")
    ));
    let times: Vec<f64> = probe.rows.iter().map(|row| row.predicted_s).collect();
    assert!(times[0] < times[1] && times[1] < times[2], "{times:?}");
    // Measured: b is fastest, then a, then c; d is a again; e is of quality C and so not chosen.
    let told = predicted(&format!(
        "{head}\n{}{}{}{}{}",
        row("a", "A", 1, "10.0"),
        row("b", "A", 2, "8.0"),
        row("c", "B", 4, "16.0"),
        row("d", "A", 1, "12.0"),
        row("e", "C", 8, "1.0")
    ));
    assert_eq!(told.families.len(), 1);
    let family = &told.families[0];
    assert_eq!((family.configurations, family.chosen_s, family.best_s), (3, 11.0, 8.0));
    assert!((family.regret_pct - 37.5).abs() < 1e-9 && told.mean_regret_pct == Some(family.regret_pct));
    assert_eq!((family.order.pairs, family.order.right), (3, 2));
    let group =
        |quality: &str| told.groups.iter().find(|own| own.group.is_some() && own.quality == quality).unwrap();
    // Of the three rows of A: a and d are one configuration, and b is wrong beside both.
    let pairs = |order: &PairOrder| (order.pairs, order.right);
    assert_eq!((group("A").count, pairs(&group("A").family_pairs)), (3, (2, 0)));
    assert_eq!(pairs(&group("A").all_pairs), (3, 0), "a and d are predicted alike");
    let errors: Vec<f64> =
        told.rows.iter().filter(|row| row.quality == "A").map(|row| row.error_pct).collect();
    let bias = errors.iter().sum::<f64>() / 3.0;
    assert!((group("A").bias_pct - bias).abs() < 1e-9);
    let targets: Vec<(&str, u64, bool)> =
        told.targets.iter().map(|target| (target.what.name(), target.count, target.met)).collect();
    assert_eq!(targets[2..], [("vtrain-multi-order", 2, false), ("regret-64", 1, false)]);
    assert_eq!((targets[0].1, targets[1].1), (4, 4));
}

#[test]
fn rows_that_do_not_suit_say_why() {
    let head = "model,L,h,ffn,heads,vocab,seq,gbs,gpus,gpu_type,tp,pp,step_time_s,dp\n";
    let told = predicted(&format!(
        "{head}m,8,1024,4096,16,50000,2048,64,8,H100,2,2,1.5,\nm,8,1024,4096,16,50000,2048,64,8,H100,2,2,1.5,4\n\
         m,8,1024,4096,16,50000,2048,64,8,H100,,2,1.5,\nm,8,1024,4096,16,50000,2048,64,16,H100,1,16,1.5,\n"
    ));
    assert_eq!(told.rows.len(), 1);
    assert_eq!((told.rows[0].id.as_str(), told.rows[0].task.as_str()), ("line 2", "pretrain"));
    assert_eq!(told.rows[0].software, "megatron-2026-mid", "the newest of its accelerator");
    let why: Vec<&str> = told.incomplete.iter().map(|rows| rows.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "`pp` 16 is more than the model has layers",
            "no `tp`",
            "tp 2 x pp 2 x cp 1 x dp 4 is not 8 accelerators"
        ]
    );
}

#[test]
fn the_program_writes_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let to = out.to_str().unwrap();
    let ran = railspine(&["validate", "--steps", ROWS, "--out", to, "--format", "json", "--leave-out"]);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(fs::read(out.join("validate.json")).unwrap(), ran.stdout);
    let told: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(told["schema"], "railspine.validate-steps/1");
    for key in ["rows", "groups", "families", "incomplete", "skipped", "targets", "leave_out"] {
        assert!(told[key].is_array(), "{key}");
    }
    for row in told["rows"].as_array().unwrap() {
        assert!(row["id"].is_string() && row["measured_s"].is_f64() && row["predicted_s"].is_f64(), "{row}");
    }
    for (file, head) in [
        ("steps.csv", "id,group,quality,"),
        ("step_groups.csv", "group,quality,count,mae_pct,"),
        ("step_families.csv", "model,gpus,"),
        ("step_incomplete.csv", "why,count,"),
        ("step_leave_out.csv", "group,count,"),
    ] {
        let text = fs::read_to_string(out.join(file)).unwrap();
        assert!(text.starts_with(head), "{file}: {text}");
    }
    for kind in ["svg", "png"] {
        assert!(fs::metadata(out.join(format!("scatter.{kind}"))).is_ok_and(|drawn| drawn.len() > 1_000));
    }
}

#[test]
fn strict_ends_with_missed_targets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    let text = "model,L,h,ffn,heads,vocab,seq,gbs,gpus,gpu_type,tp,pp,step_time_s,quality,group\n\
                m,32,4096,16384,32,50000,2048,512,64,H100,1,1,1000,A,vTrain-multi\n";
    fs::write(&file, text).unwrap();
    let out = folder.path().join("out");
    let args = ["validate", "--steps", file.to_str().unwrap(), "--out", out.to_str().unwrap(), "--no-plots"];
    let ran = railspine(&args);
    assert_eq!(ran.status.code(), Some(0));
    let ran = railspine(&[&args[..], &["--strict"]].concat());
    assert_eq!(ran.status.code(), Some(1));
    let told = String::from_utf8_lossy(&ran.stderr);
    let value = format!("{:.2}", predicted(text).targets[0].value_pct);
    assert!(
        told.contains(&format!("error: pretrain-64-mae is {value} %, expected at most 10 %\n")),
        "{told}"
    );
    assert!(
        told.contains(&format!("error: vtrain-multi-mae is {value} %, expected less than 9 %\n")),
        "{told}"
    );
    fs::write(&file, text.replace(",32,4096,", ",,4096,")).unwrap();
    let ran = railspine(&[&args[..], &["--strict"]].concat());
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("error: no row could be predicted\n"));
}

#[test]
fn one_of_two_things_is_validated() {
    let told = |args: &[&str]| {
        let ran = railspine(args);
        assert_eq!(ran.status.code(), Some(2));
        String::from_utf8(ran.stderr).unwrap()
    };
    assert_eq!(
        told(&["validate"]),
        "error: the following required arguments were not provided:\n  <--measured <DIR>|--steps <CSV>>\n\n\
         Usage: railspine validate <--measured <DIR>|--steps <CSV>>\n\nFor more information, try '--help'.\n"
    );
    assert_eq!(
        told(&["validate", "--steps", "a", "--measured", "b"]),
        "error: the argument '--steps <CSV>' cannot be used with '--measured <DIR>'\n\n\
         Usage: railspine validate <--measured <DIR>|--steps <CSV>>\n\nFor more information, try '--help'.\n"
    );
    for (flag, other) in [("--leave-out", "--measured"), ("--cross-validate", "--steps")] {
        let text = told(&["validate", other, "a", flag]);
        assert!(text.contains(flag) && text.contains("cannot be used with"), "{text}");
    }
}

#[test]
fn wrong_files_give_exactly_their_messages() {
    for name in ["wrong_columns", "wrong_no_row", "wrong_text", "wrong_empty"] {
        let file = format!("tests/validate_steps/{name}.csv");
        let rejected = step_times::read(&file, &fs::read(root().join(&file)).unwrap()).unwrap_err();
        let text = render_all(&rejected.diagnostics, &rejected.sources, false);
        golden::check(format!("tests/validate_steps/{name}.stderr"), &text);
        let ran = railspine(&["validate", "--steps", &file, "--out", "/nonexistent/never"]);
        assert!(matches!(ran.status.code(), Some(2 | 3)));
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let ran = railspine(&["validate", "--steps", "tests/validate_steps/none.csv", "--out", out]);
    assert_eq!(ran.status.code(), Some(3));
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(told.starts_with("error: cannot read `tests/validate_steps/none.csv`: "), "{told}");
    let ran = railspine(&["validate", "--steps", "tests/validate_steps/wrong_columns.csv", "--out", out]);
    assert_eq!(ran.status.code(), Some(2));
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(
        told.trim_end(),
        fs::read_to_string(root().join("tests/validate_steps/wrong_columns.stderr")).unwrap().trim_end()
    );
}

#[test]
fn the_schema_is_the_one_that_is_kept() {
    golden::check("schemas/validate-steps.schema.json", &json::validate_steps_schema());
    let ran = railspine(&["schema", "validate-steps"]);
    assert_eq!(String::from_utf8_lossy(&ran.stdout), json::validate_steps_schema());
}

/// The rules of generations as the page tells them.
#[test]
fn the_page_lists_the_rules_of_generations() {
    let words =
        |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
    let mut table = String::from(
        "| `framework` has | accelerator's family begins with | released before | generation |\n|---|---|---|---|\n",
    );
    for rule in RULES {
        let mut named = words(rule.words);
        if rule.compiled {
            named.push_str(", and `compile` is told");
        }
        let before = match rule.before {
            Some(date) if date.is_infinite() => "any date".to_owned(),
            Some(date) if date.fract() == 0.0 => format!("{date}"),
            Some(date) => format!("{date:.2}").replace('.', "-"),
            None => String::new(),
        };
        table.push_str(&format!(
            "| {named} | {} | {before} | `{}` |\n",
            words(rule.families),
            rule.generation
        ));
    }
    let page = fs::read_to_string(root().join("docs/steps.md")).unwrap();
    let open = "<!-- generations: written by tests/validate_steps.rs -->\n";
    let (before, rest) = page.split_once(open).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    golden::check(root().join("docs/steps.md"), &format!("{before}{open}{table}<!-- end -->{after}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever numbers a row has, it is predicted, incomplete or skipped.
    #[test]
    fn no_numbers_make_it_panic(
        numbers in proptest::collection::vec(prop_oneof![
            Just(String::new()),
            (0u32..30).prop_map(|power| (1u64 << power).to_string()),
            (1u32..200).prop_map(|number| number.to_string()),
        ], 24),
        gpu in prop_oneof!["H100", "GB200", "V100", "TPUv4", "MI300X"],
        precision in prop_oneof!["bf16", "fp8", "nvfp4", ""],
        sharding in prop_oneof!["FSDP 8", "FSDP2", "ZeRO-1", "none", ""],
        division in (0u32..6, 0u32..6, 0u32..6, 0u32..3),
    ) {
        let (tp, pp, dp, cp) = (1 << division.0, 1 << division.1, 1 << division.2, 1 << division.3);
        let names = "L,h,ffn,heads,kv_heads,head_dim,vocab,experts,topk,expert_ffn,shared_experts,seq,gbs,mbs,\
                     microbatches,gpus_per_scaleup,scaleup_GBps_dir,scaleout_Gbps_per_gpu,vpp,ep";
        let text = format!(
            "{names},model,gpus,gpu_type,precision,sharding,tp,pp,dp,cp,step_time_s\n{},m,{},{gpu},{precision},\
             {sharding},{tp},{pp},{dp},{cp},1.5\n",
            numbers[..20].join(","),
            tp * pp * dp * cp,
        );
        if let Ok(told) = step_times::read("a.csv", text.as_bytes()) {
            let (validation, _) = predict_rows(&told, &Catalogue::built_in());
            prop_assert!(validation.rows.iter().all(|row| row.predicted_s > 0.0));
        }
    }
}
