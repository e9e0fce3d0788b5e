//! Arguments as typed.

mod price;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::units::Bytes;

pub(super) use price::PriceArgs;

/// How long a collective takes on a given fabric, and why.
#[derive(Debug, Parser)]
#[command(
    name = "railspine",
    version,
    about,
    after_help = "Exit codes: 0 ok; 1 ran, but an expectation was missed or nothing fits; 2 wrong use or a wrong file; \
                  3 a file could not be read or written; 4 incomplete; 130 interrupted.\n\
                  Results go to stdout, everything else to stderr."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options that every command takes.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Table, global = true)]
    pub(super) format: Format,
    /// Colours on stderr; `NO_COLOR` is honoured
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub(super) color: Color,
}

/// How to print a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Table,
    /// One JSON object
    Json,
    /// One line a case; of `validate` and `calibrate`, one a measured point or step; of `tune`, one a division
    Csv,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario: print a table, write JSON, CSV and plots
    Run(RunArgs),
    /// Run several scenarios and show them side by side
    Compare(CompareArgs),
    /// Check files without running them
    Check(CheckArgs),
    /// Show what a fabric is: counts, radix, diameter, bisection, oversubscription, cables
    Show(ShowArgs),
    /// Predict measured runs and tell how far off the predictions are
    Validate(ValidateArgs),
    /// Fit a stack profile to logs of nccl-tests, and tell how well its constants are known
    Calibrate(CalibrateArgs),
    /// Play a trace of a step on a fabric: Chakra files, or a workload of AICB
    Replay(ReplayArgs),
    /// Write the training step of a scenario as Chakra files
    Export(ExportArgs),
    /// Search how to divide a training step over its ranks, and simulate the best
    Tune(TuneArgs),
    /// Search the networks, parts and racks that nothing beats on step time, cost and power
    Plan(PlanArgs),
    /// Price one topology: parts that suit it, racks, cables, what they cost and the power that they take
    Price(PriceArgs),
    /// Draw the plots of a saved result again
    Plot(PlotArgs),
    /// Print a commented template of a scenario or topology file
    Init(InitArgs),
    /// Explain an error code
    Explain(ExplainArgs),
    /// Print the JSON schema of a format
    Schema(SchemaArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
}

/// How a run is carried out.
#[derive(Debug, Args)]
pub(super) struct Carry {
    /// Folder for results [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Draw no plots
    #[arg(long)]
    pub(super) no_plots: bool,
    /// Simulate every lane on its own: the result is the same, to check it
    #[arg(long)]
    pub(super) no_symmetry: bool,
    /// Simulate every round: the result is the same, to check it
    #[arg(long)]
    pub(super) no_skip: bool,
    /// Seed of random choices, instead of the scenario's
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Threads [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Memory that a run may need, such as "8 GiB" [default: 80 % of the machine's]
    #[arg(long, value_name = "SIZE")]
    pub(super) max_memory: Option<Bytes>,
    /// Show no progress, and no forecast of a long run
    #[arg(long)]
    pub(super) no_progress: bool,
    /// Tell what a run will cost before it starts, and after it how much of it was simulated one by one
    #[arg(long, short)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Scenario file; `-` is stdin
    pub(super) file: String,
    /// Print what the run will cost (transfers, lanes, memory, time) and simulate nothing
    #[arg(long)]
    pub(super) forecast: bool,
    #[command(flatten)]
    pub(super) carry: Carry,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// Scenario files; ratios are to the first
    #[arg(required = true, num_args = 2..)]
    pub(super) files: Vec<String>,
    #[command(flatten)]
    pub(super) carry: Carry,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Scenarios, topologies or stack profiles; `-` is stdin
    #[arg(required = true)]
    pub(super) files: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Topology or scenario file; `-` is stdin
    pub(super) file: String,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Folder of `NAME.RANK.et` files, `FOLDER/NAME` where it has several traces, or a workload of AICB (`.txt`)
    pub(super) trace: PathBuf,
    /// What it is played on: a topology, or a scenario with its fabric and its stack
    #[arg(long, visible_alias = "scenario", value_name = "FILE")]
    pub(super) topology: String,
    /// Stack profile, built-in or a file [default: the scenario's, or none]
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) profile: Option<String>,
    /// Accelerator for nodes that tell operations or bytes and no time, built-in or a file
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) accelerator: Option<String>,
    /// Groups of the trace's collectives [default: NAME.groups.json beside it]
    #[arg(long, value_name = "FILE")]
    pub(super) groups: Option<PathBuf>,
    /// Ranks of a workload of AICB [default: those of its header]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) ranks: Option<u32>,
    /// Play one rank of a workload of AICB, which stands for the others
    #[arg(long, value_name = "RANK")]
    pub(super) one: Option<u32>,
    /// Folder for results [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Threads [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Show no progress
    #[arg(long)]
    pub(super) no_progress: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Scenario file with a `[workload]`; `-` is stdin
    pub(super) file: String,
    /// Folder for the files [default: out/NAME-chakra]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["measured", "steps"])))]
pub(super) struct ValidateArgs {
    /// Folder of measured runs: its files `*.csv` that do not begin with `aux_`
    #[arg(long, value_name = "DIR")]
    pub(super) measured: Option<PathBuf>,
    /// Measured times of training steps: a CSV file with a row a run
    #[arg(long, value_name = "CSV")]
    pub(super) steps: Option<PathBuf>,
    /// Folder for results [default: out/validate, of steps out/validate-steps]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Draw no plots
    #[arg(long)]
    pub(super) no_plots: bool,
    /// Leave out each generation's largest scale and each source in turn, and predict it with constants fitted on the
    /// rest: many fits, which take minutes to hours
    #[arg(long, conflicts_with = "steps")]
    pub(super) cross_validate: bool,
    /// Leave out each group of sources in turn, and predict it with constants fitted to all others
    #[arg(long, conflicts_with = "measured")]
    pub(super) leave_out: bool,
    /// End with exit code 1 where a target is missed or nothing could be predicted
    ///
    /// Targets of collectives are for each generation and collective with three judged files or more (healthy, trust A or B): the mean
    /// error of time is at most 25 %, at most 10 % for sizes of 64 MiB and over, and its bias less than 5 %. For all-gather
    /// and all-to-all of MPI on host memory the error is at most 20 %, whatever the number of files. Means over points and
    /// means over files must both keep to them.
    ///
    /// Targets of steps: the mean error of pretraining on 64 accelerators and more (quality A or B) is at most 10 %; that of
    /// the group `vTrain-multi` is less than 9 %, and at least 85 % of its pairs of configurations are in the right order;
    /// choosing the configuration that is predicted fastest costs less than 1.5 % on average.
    #[arg(long)]
    pub(super) strict: bool,
    /// Threads [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Show no progress
    #[arg(long)]
    pub(super) no_progress: bool,
}

#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// Logs of nccl-tests as printed; `LOG=FILE` where a log has a topology of its own
    #[arg(required = true, value_name = "LOG[=FILE]")]
    pub(super) logs: Vec<String>,
    /// What the logs were measured on: a topology, of which the first servers are taken, or a scenario that places the
    /// ranks
    #[arg(long, visible_alias = "scenario", value_name = "FILE")]
    pub(super) topology: Option<String>,
    /// Stack profile to start from, built-in or a file [default: that of the scenario, or of the devices in the logs]
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) profile: Option<String>,
    /// Operation, where a log does not tell
    #[arg(long, value_name = "OP")]
    pub(super) op: Option<String>,
    /// Release of the library, such as 2.18.5 [default: what the logs print]
    #[arg(long, value_name = "RELEASE")]
    pub(super) release: Option<String>,
    /// Whether a process drives one accelerator or all of its server [default: the scenario's, or per-gpu]
    #[arg(long, value_enum)]
    pub(super) process: Option<Process>,
    /// Constants to fit, and no others [default: all that the logs depend on]
    #[arg(long, value_name = "KEY,...", value_delimiter = ',')]
    pub(super) free: Vec<String>,
    /// Constants to leave as they are
    #[arg(long, value_name = "KEY,...", value_delimiter = ',')]
    pub(super) fix: Vec<String>,
    /// Name of the fitted profile [default: that of the start and `-calibrated`]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Folder for results [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Draw no plots
    #[arg(long)]
    pub(super) no_plots: bool,
    /// Threads [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Show no progress
    #[arg(long)]
    pub(super) no_progress: bool,
}

/// What a process drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Process {
    /// One accelerator
    PerGpu,
    /// All accelerators of its server
    PerNode,
}

#[derive(Debug, Args)]
pub(super) struct TuneArgs {
    /// Scenario with a `[workload]`, and perhaps a `[tune]`; `-` is stdin
    pub(super) file: String,
    /// Simulate so many of the best on the fabric; 0 for closed forms alone
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub(super) confirm: u16,
    /// Folder for results [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Draw no plot
    #[arg(long)]
    pub(super) no_plots: bool,
    /// Seed of random choices, instead of the scenario's
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Threads [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Memory that a simulation may need, such as "8 GiB" [default: 80 % of the machine's]
    #[arg(long, value_name = "SIZE")]
    pub(super) max_memory: Option<Bytes>,
    /// Show no progress
    #[arg(long)]
    pub(super) no_progress: bool,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Plan (`kind = "plan"`); `-` is stdin
    pub(super) file: String,
    /// Folder for results [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Draw no plot
    #[arg(long)]
    pub(super) no_plots: bool,
    /// Draw no design up: no folders with bills, cables and racks
    #[arg(long)]
    pub(super) no_designs: bool,
    /// Begin anew, whatever an interrupted search has finished
    #[arg(long)]
    pub(super) fresh: bool,
    /// Seed of random choices, instead of the plan's
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Threads [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Memory that a simulation may need, such as "8 GiB" [default: 80 % of the machine's]
    #[arg(long, value_name = "SIZE")]
    pub(super) max_memory: Option<Bytes>,
    /// Show no progress
    #[arg(long)]
    pub(super) no_progress: bool,
}

#[derive(Debug, Args)]
pub(super) struct PlotArgs {
    /// A saved result (`result.json`); `-` is stdin
    pub(super) file: String,
    /// Folder for the plots [default: the result's own]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Which template
    #[arg(value_enum, default_value_t = Template::Scenario)]
    pub(super) template: Template,
    /// File to write, which must not exist yet [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Template {
    /// A scenario
    Scenario,
    /// A topology
    Topology,
    /// A plan
    Plan,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A code such as E0102; all codes are listed where it is left out
    pub(super) code: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which format
    #[arg(value_enum)]
    pub(super) which: SchemaName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaName {
    /// Scenario files
    Scenario,
    /// Plan files
    Plan,
    /// Parts catalogues
    Parts,
    /// Topology files
    Topology,
    /// Stack profiles
    StackProfile,
    /// Models of workloads
    Model,
    /// Accelerators of workloads
    Accelerator,
    /// Generations of training software
    Software,
    /// What `run --format json` prints
    Run,
    /// What `run --format json` prints of inference
    Serve,
    /// What `run --format json` prints of a training step
    Step,
    /// What `compare --format json` prints
    Compare,
    /// What `compare --format json` prints of training steps
    StepCompare,
    /// What `run --forecast --format json` prints
    Forecast,
    /// What `run --forecast --format json` prints of a training step
    StepForecast,
    /// What `show --format json` prints
    Show,
    /// What `validate --format json` prints
    Validate,
    /// What `validate --steps FILE --format json` prints
    ValidateSteps,
    /// What `calibrate --format json` prints
    Calibrate,
    /// What `tune --format json` prints
    Tune,
    /// What `plan --format json` prints
    PlanResult,
    /// What `price --format json` prints, and `design.json` of a plan
    Design,
    /// What `check --format json` prints
    Check,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}
