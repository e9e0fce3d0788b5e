//! Profiles fitted to logs: synthetic machines whose constants are known, and what is said of wrong use.

#[path = "calibrate/synthetic.rs"]
mod synthetic;

use std::path::Path;
use std::process::{Command, Output};

use railspine::collective::Op;
use railspine::exchange::nccl_tests;
use railspine::input::stack::builtin;
use railspine::result::{Calibration, FittedConstant};
use railspine::run::Quiet;
use railspine::stack::Profile;
use railspine::stack::param::{self, Param};
use railspine::validate::calibrate::{Calibrated, Machine, Measurement, Settings, calibrate};
use synthetic::{Lab, POWERS};

fn measure(lab: &Lab, id: &str, op: Op, servers: u32, seed: u64) -> Measurement {
    let text = lab.log(op, servers, &POWERS, seed);
    let log = nccl_tests::read(id, text.as_bytes(), None).unwrap();
    assert_eq!((log.op, log.ranks, log.hosts.len()), (op, Some(8 * servers), servers as usize));
    Measurement { id: id.into(), log, machine: Machine::Fabric(lab.fabric.clone()) }
}

fn start() -> Profile {
    builtin("nccl-ampere").unwrap()
}

fn fit(measurements: &[Measurement], settings: Settings) -> Calibrated {
    let settings = Settings { name: "mine".into(), ..settings };
    calibrate(&start(), measurements, &settings, &Quiet).unwrap()
}

fn constant<'a>(calibration: &'a Calibration, param: Param) -> &'a FittedConstant {
    calibration.constants.iter().find(|constant| constant.key == param.spec().key).unwrap()
}

#[test]
fn what_a_machine_is_made_of_is_found_again() {
    let mut truth = start();
    for (param, value) in [
        (param::LAUNCH_LL, 9.0),
        (param::PART_SCALEUP, 0.7),
        (param::RING_SIMPLE, 4.5),
        (param::NET_TREE_LL, 7.0),
        (param::PART_NETWORK, 0.88),
    ] {
        truth.set(param, value);
    }
    let lab = Lab::new(truth.clone(), 0.015);
    let measurements = [
        measure(&lab, "one", Op::AllReduce, 1, 1),
        measure(&lab, "one-gather", Op::AllGather, 1, 2),
        measure(&lab, "two", Op::AllReduce, 2, 3),
        measure(&lab, "four", Op::AllReduce, 4, 4),
    ];
    let Calibrated { profile, calibration } = fit(&measurements, Settings::default());
    eprintln!("{}", railspine::report::calibrate::table(&calibration, None));
    let all = &calibration.errors[0];
    assert!(all.mape_pct_before > 6.0 && all.mape_pct_after < 2.0, "{all:?}");
    let _ = (profile, constant(&calibration, param::PART_SCALEUP));
}
