//! Pictures: sane for any result, the same bytes each time, and no text on another.
//!
//! The PNGs are left in `target/tmp/report` to be looked at.

use std::collections::BTreeMap;

use railspine::report::draw::{DrawError, Picture, default_plots, draw, draw_compare};
use railspine::result::{PlotKind, PlotSpec, RunResult, StackSummary};
use railspine::stack::Version;

use crate::synthetic::{
    HIERARCHICAL, Model, RING, TREE, auto, case, plot, result, ring_timeline, sizes, superpod, with_timeline,
};

const KINDS: [PlotKind; 5] =
    [PlotKind::Busbw, PlotKind::Time, PlotKind::Bars, PlotKind::Utilisation, PlotKind::Timeline];

fn check(label: &str, picture: &Picture) {
    crate::picture::check("report", label, picture);
}

fn check_all(label: &str, result: &RunResult) -> usize {
    let mut drawn = 0;
    for kind in KINDS {
        match draw(result, &plot(kind)) {
            Ok(picture) => {
                check(&format!("{label}-{}", picture.name), &picture);
                drawn += 1;
            }
            Err(DrawError::Nothing(_)) => {}
            Err(error) => panic!("{label}: {error}"),
        }
    }
    drawn
}

/// Ten algorithms of long names that end close together.
fn many() -> RunResult {
    let names = [
        "ring",
        "ring-bidirectional",
        "recursive-doubling",
        "halving-doubling",
        "binomial",
        "double-tree",
        "chain",
        "direct",
        "hierarchical",
        "synthesised-by-a-tool-with-a-very-long-name-that-cannot-fit-anywhere",
    ];
    let models: Vec<Model> = (0u8..)
        .zip(names)
        .map(|(i, name)| Model {
            name,
            latency_us: 20.0 * f64::from(i + 1),
            gigabytes_per_sec: 180.0 + f64::from(i),
            sharing: 0.03 * f64::from(i % 4),
        })
        .collect();
    let sizes = sizes(10, 33);
    let mut cases: Vec<_> =
        models.iter().flat_map(|&model| sizes.iter().map(move |&bytes| case(model, bytes))).collect();
    cases.extend(sizes.iter().map(|&bytes| auto(&models, bytes)));
    let title = "Ten algorithms of which one has a name that is longer than anything that a heading can hold in one line";
    result("many", title, cases)
}

#[test]
fn the_main_job_is_drawn() {
    let run = superpod();
    let plots = default_plots(&run);
    let kinds: Vec<PlotKind> = plots.iter().map(|plot| plot.kind).collect();
    assert_eq!(kinds, [PlotKind::Busbw, PlotKind::Time, PlotKind::Bars, PlotKind::Utilisation]);
    for plot in &plots {
        let picture = draw(&run, plot).unwrap();
        assert_eq!(picture.name, plot.name);
        assert!(picture.png.starts_with(b"\x89PNG"));
        check(&format!("superpod-{}", picture.name), &picture);
        assert_eq!(draw(&run, plot).unwrap(), picture, "the same bytes again");
    }
    let svg = draw(&run, &plots[0]).unwrap().svg;
    for text in
        ["Bus bandwidth (GB/s)", "1 KiB", "32 MiB", ">ring<", ">double-tree<", ">auto<", "upper bound"]
    {
        assert!(svg.contains(text), "no {text}");
    }
}

#[test]
fn a_plot_has_the_title_and_size_that_it_asks_for() {
    let run = superpod();
    let spec = PlotSpec {
        name: "small".into(),
        kind: PlotKind::Bars,
        bytes: Some(1 << 20),
        title: Some("What happens at 1 MiB & below <here>".into()),
    };
    let picture = draw(&run, &spec).unwrap();
    check("superpod-bars-1mib", &picture);
    assert!(picture.svg.contains("What happens at 1 MiB &amp; below &lt;here&gt;"));
    assert!(picture.svg.contains("double-tree = auto"), "auto is not drawn beside its own choice");
    let none = PlotSpec { bytes: Some(3), ..spec };
    assert_eq!(draw(&run, &none), Err(DrawError::Nothing("no case of 3 B has what this plot shows".into())));
}

#[test]
fn bars_say_what_auto_chose_where_that_is_not_there_itself() {
    let mut run = superpod();
    run.cases.retain(|case| case.requested_algorithm != "double-tree");
    run.stack = Some(crate::synthetic::stack());
    let spec = PlotSpec { bytes: Some(1 << 20), ..plot(PlotKind::Bars) };
    let picture = draw(&run, &spec).unwrap();
    assert!(picture.svg.contains("auto → double-tree"), "{}", picture.svg);
}

#[test]
fn pictures_say_what_stood_between_program_and_fabric() {
    let mut run = superpod();
    let own = crate::synthetic::stack();
    let facts =
        |run: &RunResult| draw(run, &PlotSpec { bytes: Some(1 << 20), ..plot(PlotKind::Bars) }).unwrap().svg;
    let head = "dgx-h100-superpod · fluid engine";
    run.stack = Some(own.clone());
    let told = facts(&run);
    let all = "mine: nccl 2.20, per-gpu, max_channels 8, chunk.ring 1 MiB, fraction.scaleup 0.81<";
    assert!(told.contains(&format!("{head} · {all}")), "{told}");
    let newest = Some(Version::NEWEST.to_string());
    let plain = StackSummary { version: newest, max_channels: None, set: BTreeMap::new(), ..own };
    run.stack = Some(plain.clone());
    assert!(facts(&run).contains(&format!("{head} · mine<")), "all as it is unless told");
    run.stack = Some(StackSummary { process: Some("per-node".into()), ..plain });
    let newest = Version::NEWEST;
    assert!(
        facts(&run).contains(&format!("{head} · mine: nccl {newest}, per-node<")),
        "a shared process is told"
    );
}

#[test]
fn timelines_are_drawn() {
    check_all("timeline", &with_timeline());
    let mut crowded = with_timeline();
    crowded.cases[0].timeline = ring_timeline(256, 8, &(0..24).collect::<Vec<_>>());
    crowded.cases.truncate(1);
    crowded.cases[0].time_ps = 9_000_000_000;
    check_all("timeline-crowded", &crowded);
    let picture = draw(&crowded, &plot(PlotKind::Timeline)).unwrap();
    assert!(picture.svg.len() < 6_000_000, "{} bytes", picture.svg.len());
    let mut tall = with_timeline();
    tall.cases[1].timeline = ring_timeline(128, 1, &(0..128).collect::<Vec<_>>());
    check_all("timeline-tall", &tall);
}

#[test]
fn ten_algorithms_with_long_names_do_not_collide() {
    assert_eq!(check_all("many", &many()), 4);
}

#[test]
fn lines_that_coincide_are_all_seen() {
    let sizes = sizes(12, 20);
    let mut cases: Vec<_> = sizes.iter().map(|&bytes| case(RING, bytes)).collect();
    cases.extend(sizes.iter().map(|&bytes| {
        let mut twin = case(RING, bytes);
        twin.engine = "analytic".into();
        twin
    }));
    let run = result("engines", "Two engines that agree", cases);
    check_all("engines", &run);
    let svg = draw(&run, &plot(PlotKind::Busbw)).unwrap().svg;
    assert!(svg.contains(">ring (fluid)<") || svg.contains(">(fluid)<"), "series are named by engine");
}

#[test]
fn one_size_and_one_algorithm_are_enough() {
    let run = result("one", "", vec![case(TREE, 1 << 20)]);
    assert_eq!(check_all("one", &run), 4);
    let kinds: Vec<PlotKind> = default_plots(&run).iter().map(|plot| plot.kind).collect();
    assert_eq!(kinds, [PlotKind::Utilisation]);
}

#[test]
fn operations_in_groups_have_names_and_bounds_of_their_own() {
    let mut cases = Vec::new();
    for (op, group, model) in [("all-reduce", "data", RING), ("all-to-all", "experts", TREE)] {
        for bytes in sizes(16, 30) {
            let mut case = case(model, if op == "all-reduce" { bytes } else { bytes / 3 });
            case.op = op.into();
            case.group = group.into();
            cases.push(case);
        }
    }
    assert_eq!(check_all("groups", &result("groups", "Two groups at once", cases)), 4);
}

#[test]
fn extremes_are_an_error_or_a_picture_but_never_a_panic() {
    assert_eq!(check_all("empty", &result("empty", "", vec![])), 0);
    assert!(default_plots(&result("empty", "", vec![])).is_empty());

    let mut zero = case(RING, 0);
    zero.time_ps = 0;
    zero.bound_ps = 0;
    zero.busbw_gbps = f64::NAN;
    zero.algbw_gbps = f64::INFINITY;
    check_all("zero", &result("zero", "", vec![zero.clone()]));

    let mut instant = case(RING, 1024);
    (instant.time_ps, instant.busbw_gbps, instant.bound_ps) = (0, 0.0, 0);
    instant.tiers.iter_mut().for_each(|tier| {
        (tier.bytes, tier.mean_utilisation, tier.max_utilisation) = (0, 0.0, f64::NAN);
    });
    check_all("instant", &result("instant", "", vec![instant]));

    let mut huge = case(RING, u64::MAX);
    (huge.time_ps, huge.busbw_gbps) = (u64::MAX, 1e300);
    huge.timeline = ring_timeline(4, 1, &[0, 1]);
    huge.timeline[0].received_ps = u64::MAX;
    check_all("huge", &result("huge", "", vec![huge.clone(), case(TREE, 1)]));

    let mut tiny = case(RING, 1);
    (tiny.time_ps, tiny.busbw_gbps, tiny.bound_ps) = (1, 1e-12, 1);
    tiny.timeline = ring_timeline(4, 1, &[0]);
    tiny.timeline.truncate(1);
    (tiny.timeline[0].start_ps, tiny.timeline[0].sent_ps, tiny.timeline[0].received_ps) = (0, 0, 0);
    check_all("tiny", &result("tiny", "", vec![tiny]));

    let odd = "line\nbreak \u{0} & <b> \"quoted\" 'x' 日本語 →";
    let mut strange = result(odd, odd, sizes(10, 14).into_iter().map(|bytes| case(RING, bytes)).collect());
    strange.cases[0].algorithm = odd.into();
    strange.cases[0].requested_algorithm = odd.into();
    strange.cases[0].tiers[0].tier = odd.into();
    strange.fabric.name = odd.into();
    strange.cases[1].tiers[1].tier = "long".repeat(50_000);
    strange.cases[2].requested_algorithm = "long-".repeat(50_000);
    check_all("strange", &strange);
}

#[test]
fn results_are_drawn_side_by_side() {
    let mut other = superpod();
    other.scenario = "superpod-h100-one-rail-cut".into();
    for case in &mut other.cases {
        case.time_ps = case.time_ps * 5 / 4;
        case.busbw_gbps *= 0.8;
    }
    let results = [superpod(), other];
    for kind in [PlotKind::Busbw, PlotKind::Time, PlotKind::Bars, PlotKind::Utilisation] {
        let picture = draw_compare(&results, kind).unwrap();
        check(&picture.name, &picture);
    }
    let single: Vec<RunResult> = [("a", RING), ("b", HIERARCHICAL)]
        .map(|(name, model)| result(name, "", sizes(20, 30).into_iter().map(|b| case(model, b)).collect()))
        .into();
    check("compare-single", &draw_compare(&single, PlotKind::Busbw).unwrap());
    assert_eq!(
        draw_compare(&results, PlotKind::Timeline),
        Err(DrawError::NotComparable { kind: "timeline" })
    );
    assert!(matches!(draw_compare(&[], PlotKind::Busbw), Err(DrawError::Nothing(_))));
}
