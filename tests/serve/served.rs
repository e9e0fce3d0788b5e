//! What is served in tests: scenarios on DGX H100 servers, and what graphs of them come to.

use std::sync::Arc;

use railspine::cli::render::render_all;
use railspine::engine::{Silent, tasks};
use railspine::input::{LoadError, LoadOptions, load_scenario};
use railspine::run::Scenario;
use railspine::units::Time;
use railspine::workload::{Network, Pattern, Served, Tier, Work, Workload, closed_costs, serve_graph};

/// H100 servers: tiers as round figures.
pub(crate) const NETWORK: Network = Network {
    scaleup: Tier { bandwidth: 360e9, latency: 1e-6, launch: 4e-6 },
    scaleout: Tier { bandwidth: 45e9, latency: 3e-6, launch: 6e-6 },
    domain: 8,
};

pub(crate) fn scenario(servers: u32, workload: &str) -> Scenario {
    let text = format!(
        "kind = \"run\"\nname = \"served\"\n[fabric]\nfile = \"topologies/dgx-h100-superpod.toml\"\n\
         params = {{ servers = {servers} }}\n[stack]\nprofile = \"nccl-hopper\"\n[workload]\n\
         kind_of_step = \"inference\"\naccelerator = \"h100\"\n{workload}"
    );
    match load_scenario("-", &LoadOptions { stdin: Some(text), ..LoadOptions::default() }) {
        Ok(loaded) => loaded.value,
        Err(LoadError::Rejected { sources, diagnostics }) => {
            panic!("{}", render_all(&diagnostics, &sources, false))
        }
        Err(error @ LoadError::Io { .. }) => panic!("{error}"),
    }
}

pub(crate) fn workload(servers: u32, text: &str) -> Arc<Workload> {
    scenario(servers, text).workload.unwrap()
}

pub(crate) const LLAMA: &str = "model = \"llama3-70b\"\nsoftware = \"nemo-2025\"\nprompt = 2000\noutput = 200\n\
    batch = [1, 64]\n[workload.parallel]\ntp = 8\n";
pub(crate) const DEEPSEEK: &str = "model = \"deepseek-v3\"\nsoftware = \"nemo-2025\"\nprompt = 4000\noutput = 1000\n\
    batch = [32, 1024]\n[workload.precision]\nmatrices = \"fp8\"\ndispatch = \"fp8\"\n[workload.parallel]\nep = 32\n";

pub(crate) fn sent(served: &Served<'_>) -> Vec<(&'static str, Pattern, f64, f64)> {
    let graph = serve_graph(served);
    let count = |at: usize| -> f64 {
        let share = |work: &Work| match work {
            Work::Collective { class, share } if *class as usize == at => *share,
            _ => 0.0,
        };
        graph.tasks.iter().map(|task| share(&task.work)).sum()
    };
    let told = |(at, class): (usize, &railspine::workload::Class)| {
        (class.purpose.name(), class.pattern, class.bytes, count(at))
    };
    graph.classes.iter().enumerate().map(told).collect()
}

/// From the end of the last group's pass before to the end of its last.
pub(crate) fn played(served: &Served<'_>) -> (f64, usize) {
    let graph = serve_graph(served);
    let costs = closed_costs(&served.step, &graph);
    let job = graph.job(0, &costs).unwrap();
    let outcome = tasks::run(&job, &mut Silent);
    let end = |micro: u32| {
        let own = graph.tasks.iter().zip(&outcome.finish).filter(|(task, _)| task.micro == micro);
        own.map(|(_, finish)| *finish).max().unwrap()
    };
    let last = graph.tasks.iter().map(|task| task.micro).max().unwrap();
    let begin = last.checked_sub(served.groups).map_or(Time::ZERO, end);
    (Time::from_ps(end(last).ps() - begin.ps()).as_secs(), graph.tasks.len())
}

/// Ways to divide models over GPUs.
pub(crate) const DIVIDED: [(u32, &str, &str); 9] = [
    (1, "llama3-70b", "tp = 8"),
    (1, "llama3-8b", "tp = 1"),
    (2, "llama3-70b", "tp = 4\npp = 4"),
    (2, "llama3-405b", "tp = 8\npp = 2"),
    (1, "llama3-8b", "tp = 2\npp = 4"),
    (1, "mixtral-8x22b", "tp = 8"),
    (1, "mixtral-8x7b", "tp = 2\npp = 2\nep = 4"),
    (4, "deepseek-v3", "ep = 32"),
    (4, "deepseek-v3", "tp = 4\npp = 2\nep = 16"),
];

pub(crate) fn divided(at: usize, prompt: u32, output: u32) -> Arc<Workload> {
    let (servers, model, parallel) = DIVIDED[at];
    workload(
        servers,
        &format!(
            "model = \"{model}\"\nsoftware = \"nemo-2025\"\nprompt = {prompt}\noutput = {output}\nbatch = 32\n\
             [workload.parallel]\n{parallel}\n"
        ),
    )
}
