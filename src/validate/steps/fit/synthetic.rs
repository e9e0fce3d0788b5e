//! Rows that nobody measured, for tests.

use crate::exchange::step_times;
use crate::validate::steps::{Catalogue, StepCase};

/// Steps of several models, divided in several ways, of one kind of accelerator and framework.
pub(super) fn cases(catalogue: &Catalogue, gpu: &str, framework: &str) -> Vec<StepCase> {
    let mut text = String::from(
        "id,quality,group,model,L,h,ffn,heads,vocab,act,seq,gbs,gpus,gpu_type,tp,pp,mbs,recompute,step_time_s,framework\n",
    );
    for (layers, hidden, heads) in [(24, 2048, 16), (32, 4096, 32), (48, 8192, 64)] {
        for (tp, pp) in [(1, 1), (2, 1), (4, 1), (8, 1), (2, 4), (8, 4)] {
            for micro in [1, 4] {
                text.push_str(&format!(
                    "{framework} {layers} {tp} {pp} {micro},A,x,m{layers},{layers},{hidden},{},{heads},51200,gelu,2048,512,64,\
                     {gpu},{tp},{pp},{micro},full,1,{framework}\n",
                    4 * hidden
                ));
            }
        }
    }
    let rows = step_times::read("synthetic.csv", text.as_bytes()).unwrap().rows;
    rows.iter().map(|row| StepCase::of_row(row, catalogue).unwrap()).collect()
}

/// The cases as if their times had been measured with the constants of a catalogue.
pub(super) fn measured_with(catalogue: &Catalogue, mut cases: Vec<StepCase>) -> Vec<StepCase> {
    for case in &mut cases {
        case.measured = case.time(catalogue).total();
    }
    cases
}
