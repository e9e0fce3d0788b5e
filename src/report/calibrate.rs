//! A calibration as a table for a terminal, as CSV, and as curves to draw.

mod points;
mod table;

pub use points::{curves, residuals};
pub use table::table;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{
        CALIBRATE_SCHEMA, CalibratedLog, Calibration, FittedConstant, FittedErrors, FittedPair, FittedPoint,
    };

    fn constant(key: &str, part: &str, standing: &str) -> FittedConstant {
        let determined = standing == "determined";
        FittedConstant {
            key: key.into(),
            part: part.into(),
            unit: if key.starts_with("fraction") { "" } else { "us" }.into(),
            start: 0.8,
            value: 0.7,
            standard_error: determined.then_some(0.01),
            low: determined.then_some(0.68),
            high: determined.then_some(0.72),
            standing: standing.into(),
            mixed_with: if standing == "mixed" { vec!["launch.ll".into()] } else { Vec::new() },
            at_limit: false,
        }
    }

    fn calibration() -> Calibration {
        let errors = FittedErrors {
            sizes: "all".into(),
            points: 2,
            mape_pct_before: 12.5,
            mape_pct_after: 5.5,
            bias_pct_before: -12.5,
            bias_pct_after: 4.5,
            worst_pct_after: 10.0,
        };
        let point = |bytes: u64, fitted_us: f64| FittedPoint {
            id: "one".into(),
            bytes,
            algorithm: "ring".into(),
            protocol: "ll".into(),
            measured_us: 20.0,
            start_us: 17.5,
            fitted_us,
        };
        Calibration {
            schema: CALIBRATE_SCHEMA.into(),
            profile: "mine".into(),
            start: "nccl-hopper".into(),
            software: "nccl".into(),
            logs: vec![CalibratedLog {
                id: "one".into(),
                op: "all-reduce".into(),
                ranks: 8,
                servers: 1,
                place: "8 of the first server of lab".into(),
                version: "2.18".into(),
                process: "per-node".into(),
                bus_factor: 1.75,
                errors: errors.clone(),
            }],
            constants: vec![
                constant("launch.ll", "host", "faint"),
                constant("step.scaleup.ring.ll", "server", "mixed"),
                constant("fraction.scaleup", "server", "determined"),
            ],
            pairs: vec![FittedPair {
                a: "launch.ll".into(),
                b: "step.scaleup.ring.ll".into(),
                correlation: -0.95,
            }],
            errors: vec![errors],
            scatter_pct: 3.0,
            degrees_of_freedom: 1.0,
            widening: 4.0,
            rounds: 3,
            settled: true,
            notes: vec!["a note".into()],
            points: vec![point(1024, 19.8), point(2048, 22.0)],
        }
    }

    #[test]
    fn the_table_tells_what_is_known_and_what_is_not() {
        let expected = "\
mine: nccl-hopper fitted to 2 points of 1 log; errors are of time, in percent of what was measured

logs
log        op          ranks  servers  release  points   MAPE    MAPE   bias    bias   worst
                                                        start  fitted  start  fitted  fitted
one        all-reduce      8        1  2.18          2   12.5     5.5  -12.5    +4.5   +10.0
all sizes                                            2   12.5     5.5  -12.5    +4.5   +10.0

constants of the host, paid once a collective
constant       start  fitted  95 % from  to  known
launch.ll  us  0.800   0.700          -   -  no: these times say too little of it

constants of the server: accelerators and the links between those of one server
constant                  start  fitted  95 % from     to  known
step.scaleup.ring.ll  us  0.800   0.700          -      -  no: not told apart from launch.ll
fraction.scaleup          0.800   0.700      0.680  0.720  yes

hardly told apart
more launch.ll with less step.scaleup.ring.ll would serve about as well (correlation -0.95)

points farthest off
log   size  algorithm  protocol  measured  fitted  error
                                       us      us      %
one  2 KiB  ring       ll           20.00   22.00  +10.0

notes
predictions scatter by 3.0 % about what was measured, outliers cut
errors of neighbouring sizes go together, so intervals are 2.0 times as wide
one: taken as 8 of the first server of lab, one process a server
a note
";
        assert_eq!(table(&calibration(), None), expected);
    }

    #[test]
    fn what_is_known_of_a_constant_is_told_in_words() {
        let own = |standing: &str| constant("fraction.scaleup", "server", standing);
        let limited = |standing: &str| FittedConstant { at_limit: true, ..own(standing) };
        let wide = FittedConstant { low: Some(0.2), high: Some(0.5), ..own("determined") };
        for (constant, told) in [
            (own("determined"), "yes"),
            (limited("determined"), "yes, at its limit"),
            (wide.clone(), "roughly, to a factor of 2.5"),
            (FittedConstant { at_limit: true, ..wide }, "roughly, to a factor of 2.5, at its limit"),
            (limited("faint"), "no: these times say too little of it, at its limit"),
            (limited("mixed"), "no: not told apart from launch.ll, at its limit"),
            (
                FittedConstant { mixed_with: Vec::new(), ..limited("mixed") },
                "no: not told apart from others, at its limit",
            ),
            (own("unseen"), "no: no time depends on it"),
            (own("searched"), "best of the whole numbers tried"),
            (limited("searched"), "best of the whole numbers tried, at its limit"),
        ] {
            let text = table(&Calibration { constants: vec![constant], ..calibration() }, None);
            let row = text.lines().find(|line| line.starts_with("fraction.scaleup")).unwrap();
            let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            assert_eq!(cells.last(), Some(&told), "{row}");
        }
    }

    #[test]
    fn residuals_and_curves_hold_every_point() {
        let csv = residuals(&calibration());
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].ends_with("fitted_error_pct,measured_busbw_GBps,fitted_busbw_GBps"), "{}", lines[0]);
        assert!(
            lines[2].starts_with("one,all-reduce,8,1,2048,ring,ll,20.0,17.5,22.0,-12.5,"),
            "{}",
            lines[2]
        );
        let curves = curves(&calibration());
        assert_eq!((curves.len(), curves[0].points.len()), (1, 2));
        assert_eq!(curves[0].points[0].algorithm, "ring ll");
        assert_eq!(
            curves[0].facts,
            "mine, all-reduce, 1 server, 8 ranks · marks measured, lines fitted · MAPE 5.5 %, bias +4.5 %"
        );
    }
}
