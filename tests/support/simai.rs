//! The loop of SimAI over the layers of a workload (`iterate_hybrid_parallel_Transformer_fwd_in_bckwd` of its
//! `Workload.cc`), written anew, state by state: the slow twin of the trace that a workload becomes. A collective takes
//! as many picoseconds as it has bytes.

/// Compute time in nanoseconds, and the bytes of the collective, if there is one.
type Phase = (u64, Option<u64>);

/// A layer.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) forward: Phase,
    pub(crate) input: Phase,
    pub(crate) weight: Phase,
    pub(crate) update: u64,
}

/// The workload as text, with all-reduce everywhere.
pub(crate) fn text(header: &str, layers: &[Layer]) -> String {
    let phase = |(compute, comm): Phase| match comm {
        Some(bytes) => format!("{compute} ALLREDUCE {bytes}"),
        None => format!("{compute} NONE 0"),
    };
    let mut text = format!("{header}\n{}\n", layers.len());
    for layer in layers {
        let phases = [layer.forward, layer.input, layer.weight].map(phase).join(" ");
        text.push_str(&format!("layer -1 {phases} {}\n", layer.update));
    }
    text
}

enum State {
    Forward,
    InputGradient,
    WeightGradient,
    ForwardAgain,
}

/// How long one step takes, in picoseconds.
pub(crate) fn step_ps(layers: &[Layer], kept: &[usize], again: &[usize]) -> u64 {
    let (mut now, mut last_weight_gradient) = (0_u64, 0_u64);
    let (mut state, mut index, mut done_again) = (State::Forward, 0_usize, false);
    let comm = |layer: &Layer, (_, comm): Phase| comm.map_or(0, |bytes| bytes + layer.update * 1000);
    loop {
        let layer = &layers[index];
        match state {
            State::Forward => {
                now += layer.forward.0 * 1000 + comm(layer, layer.forward);
                if index + 1 == layers.len() {
                    state = State::InputGradient;
                } else {
                    index += 1;
                }
            }
            State::InputGradient if again.contains(&index) && !done_again => {
                done_again = true;
                while !kept.contains(&index) {
                    index -= 1;
                }
                state = State::ForwardAgain;
            }
            State::InputGradient => {
                now += layer.input.0 * 1000 + comm(layer, layer.input);
                done_again = false;
                state = State::WeightGradient;
            }
            State::WeightGradient => {
                now += layer.weight.0 * 1000;
                last_weight_gradient = last_weight_gradient.max(now + comm(layer, layer.weight));
                if index == 0 {
                    return now.max(last_weight_gradient);
                }
                index -= 1;
                state = State::InputGradient;
            }
            State::ForwardAgain => {
                now += layer.forward.0 * 1000 + comm(layer, layer.forward);
                index += 1;
                if again.contains(&index) {
                    state = State::InputGradient;
                }
            }
        }
    }
}
