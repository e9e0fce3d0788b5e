//! Stack profiles as files, and `[stack]` in scenarios: what is read, what is written, and that `ideal` adds nothing.

use std::fs;

use proptest::prelude::*;

use railspine::cli::render::render_all;
use railspine::collective::{Algorithm, Op};
use railspine::input::stack::{builtin, builtin_names, to_toml};
use railspine::input::{LoadError, LoadOptions, Loaded, load_profile, load_scenario};
use railspine::report::table;
use railspine::run::{Quiet, RunOptions, Scenario, run};
use railspine::stack::param::{self, Param, Unit};
use railspine::stack::{Generation, Library, Overrides, Profile, Protocol, Stack, Version};

#[path = "support/golden.rs"]
mod golden;

fn told<T>(result: Result<Loaded<T>, LoadError>) -> T {
    match result {
        Ok(loaded) => {
            let warnings = render_all(&loaded.warnings, &loaded.sources, false);
            assert!(loaded.warnings.is_empty(), "{warnings}");
            loaded.value
        }
        Err(LoadError::Rejected { sources, diagnostics }) => {
            panic!("{}", render_all(&diagnostics, &sources, false))
        }
        Err(error @ LoadError::Io { .. }) => panic!("{error}"),
    }
}

fn options(text: &str) -> LoadOptions {
    LoadOptions { stdin: Some(text.to_owned()), ..LoadOptions::default() }
}

fn profile(text: &str) -> Profile {
    told(load_profile("-", &options(text)))
}

/// A scenario of two servers of eight A100, with `stack` and `collectives` as they are.
fn scenario(stack: &str, collectives: &str) -> Scenario {
    let text = format!(
        "kind = \"run\"\nname = \"stacked\"\n[fabric]\nfile = \"topologies/dgx-a100-superpod.toml\"\n\
         params = {{ servers = 2 }}\n{stack}\n{collectives}"
    );
    told(load_scenario("-", &options(&text)))
}

const ALL_REDUCE: &str = "[[collective]]\nop = \"all-reduce\"\nsize = [\"1 KiB\", \"64 MiB\"]\n";

#[test]
fn a_profile_says_its_constants_and_defaults_fill_the_rest() {
    let own = profile(
        "name = \"mine\"\ntitle = \"My cluster\"\nlibrary = \"rccl\"\ngeneration = \"ampere\"\nsources = \"a log\"\n\
         launch.ll = \"600 ns\"\n[step.scaleup.ring]\nsimple = \"2.25 us\"\n[rate.channel]\nll = \"32 Gbps\"\n\
         [chunk]\nring = \"512 KiB\"\n[fraction]\nscaleup = 1\npcie = 0.5\n[channels]\nserver = 12\n",
    );
    assert_eq!((own.name.as_str(), own.title.as_str()), ("mine", "My cluster"));
    assert_eq!((own.software, own.generation), (Library::Rccl, Generation::Ampere));
    assert_eq!(own.sources, ["a log"]);
    let mut wanted = Profile::new("mine", Library::Rccl, Generation::Ampere);
    "My cluster".clone_into(&mut wanted.title);
    wanted.sources = vec!["a log".into()];
    for (param, value) in [
        (param::LAUNCH_LL, 0.6),
        (param::RING_SIMPLE, 2.25),
        (param::RATE_LL, 4.0),
        (param::CHUNK_RING, 524_288.0),
        (param::PART_SCALEUP, 1.0),
        (param::PART_PCIE, 0.5),
        (param::CHANNELS, 12.0),
    ] {
        wanted.set(param, value);
    }
    assert_eq!(own, wanted);
}

#[test]
fn a_profile_may_begin_with_a_built_in_one() {
    let base = builtin("nccl-hopper").unwrap();
    let own = profile("name = \"mine\"\nbased_on = \"nccl-hopper\"\n[launch]\nll = \"5.5 us\"\n");
    assert_eq!((own.software, own.generation), (Library::Nccl, Generation::Hopper));
    let mut wanted = base.clone();
    "mine".clone_into(&mut wanted.name);
    wanted.set(param::LAUNCH_LL, 5.5);
    assert_eq!(own, wanted, "all else, title and sources too, is the base's");
    let other =
        profile("based_on = \"nccl-hopper\"\nlibrary = \"rccl\"\ngeneration = \"volta\"\ntitle = \"x\"\n");
    assert_eq!((other.software, other.generation), (Library::Rccl, Generation::Volta));
    assert_eq!(
        (other.name.as_str(), other.title.as_str()),
        ("profile", "x"),
        "named as its file, here stdin"
    );
}

/// The lines of a profile without comments, empty ones and spaces around.
fn lines(text: &str) -> Vec<&str> {
    let plain = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    plain.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Files of built-in profiles have the lines that the writer gives them, whatever their comments: every constant that
/// the library reads, one a line. `RAILSPINE_BLESS=1` writes them anew below the comments at their top.
#[test]
fn built_in_files_say_every_constant() {
    for name in builtin_names() {
        let path = format!("src/stack/profiles/{name}.toml");
        let text = fs::read_to_string(&path).unwrap();
        let comments: String =
            text.lines().take_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        assert!(comments.lines().count() >= 2, "{path} says where its constants come from");
        let written = to_toml(&profile(&text));
        if lines(&text) != lines(&written) {
            golden::check(&path, &(comments + &written));
        }
    }
}

#[test]
fn built_in_profiles_are_there_by_name() {
    for name in builtin_names() {
        let found = builtin(name).unwrap();
        assert_eq!(found.name, name);
        assert_eq!(found, profile(&to_toml(&found)), "{name}");
    }
    assert_eq!(builtin("nccl-hoper"), None);
    assert_eq!(builtin("ideal"), Some(Profile::ideal()));
    let generation = |name: &str| builtin(name).unwrap().generation;
    assert_eq!(generation("nccl-volta"), Generation::Volta);
    assert_eq!(generation("nccl-blackwell"), Generation::Blackwell);
}

/// A value in the range of a constant: of any precision, but whole for counts.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let one = |param: Param| {
        let (spec, (least, most)) = (param.spec(), param.spec().range);
        let value = prop_oneof![
            3 => Just(spec.default),
            1 => Just(least),
            1 => Just(most),
            // Small values are the likely ones.
            4 => (0.0..1.0f64).prop_map(move |part| least + (most - least) * part.powi(6)),
        ];
        value.prop_map(move |value| if spec.unit == Unit::Count { value.round() } else { value })
    };
    Param::all().map(one).collect::<Vec<_>>()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_written_profile_reads_back_to_the_last_bit(
        values in values(),
        library in prop::sample::select(vec![Library::Nccl, Library::Rccl, Library::Mpi]),
        name in "\\PC{0,10}[!-~]\\PC{0,10}",
        title in any::<String>(),
        sources in prop::collection::vec(any::<String>(), 0..3),
    ) {
        let generation = if library == Library::Mpi { Generation::Hopper } else { Generation::Volta };
        let mut own = Profile::new(name, library, generation);
        (own.title, own.sources) = (title, sources);
        Param::all().zip(values).for_each(|(param, value)| own.set(param, value));
        let text = to_toml(&own);
        // Constants that the library does not read are kept, with a warning.
        let read = load_profile("-", &options(&text)).unwrap_or_else(|error| panic!("{error:?}\n{text}")).value;
        for param in Param::all() {
            prop_assert_eq!(read.get(param).to_bits(), own.get(param).to_bits(), "{}", param.spec().key);
        }
        prop_assert_eq!(read, own);
    }
}

#[test]
fn a_stack_says_all_that_it_can() {
    let found = scenario(
        "[stack]\nprofile = \"nccl-ampere\"\nversion = \"2.18.5\"\nprocess = \"per-node\"\nalgorithm = \"double-tree\"\n\
         protocol = \"simple\"\nthreads = 256\nmin_channels = 2\nmax_channels = 16\n\
         [stack.set]\nlaunch.simple = \"9 us\"\nstep = { network.tree.simple = \"11 us\" }\n",
        ALL_REDUCE,
    );
    let mut profile = builtin("nccl-ampere").unwrap();
    profile.set(param::LAUNCH_SIMPLE, 9.0);
    profile.set(param::NET_TREE_SIMPLE, 11.0);
    let wanted = Stack {
        profile,
        version: Version { major: 2, minor: 18 },
        shared_process: true,
        overrides: Overrides {
            algorithm: Some(Algorithm::DoubleTree),
            protocol: Some(Protocol::Simple),
            threads: Some(256),
            min_channels: Some(2),
            max_channels: Some(16),
            rails: None,
        },
        set: vec![param::LAUNCH_SIMPLE, param::NET_TREE_SIMPLE],
    };
    let result = run(&found, &RunOptions::default(), &Quiet).unwrap();
    let summary = serde_json::json!({
        "profile": "nccl-ampere", "library": "nccl", "version": "2.18", "process": "per-node",
        "algorithm": "double-tree", "protocol": "simple", "threads": 256, "min_channels": 2, "max_channels": 16,
        "set": { "launch.simple": 9.0, "step.network.tree.simple": 11.0 },
    });
    assert_eq!(serde_json::to_value(&result.stack).unwrap(), summary);
    assert!(table::run(&result, None).contains(
        "\nstack nccl-ampere: nccl 2.18, per-node, algorithm double-tree, protocol simple, threads 256, \
         min_channels 2, max_channels 16, launch.simple 9 us, step.network.tree.simple 11 us\n"
    ));
    assert_eq!(found.stack, Some(wanted));
    let mpi = scenario("[stack]\nprofile = \"mpi-infiniband\"\nrails = 1\n", ALL_REDUCE).stack.unwrap();
    assert_eq!(mpi.overrides, Overrides { rails: Some(1), ..Overrides::default() });
    let plain = scenario("[stack]\nprofile = \"nccl-ampere\"\n", ALL_REDUCE).stack;
    assert_eq!(plain, Some(Stack::new(builtin("nccl-ampere").unwrap())));
    assert_eq!(scenario("", ALL_REDUCE).stack, None);
}

#[test]
fn a_stack_may_name_a_file_beside_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let root = env!("CARGO_MANIFEST_DIR");
    let text = format!(
        "kind = \"run\"\n[fabric]\nfile = \"{root}/topologies/dgx-a100-superpod.toml\"\nparams = {{ servers = 1 }}\n\
         [stack]\nfile = \"stacks/mine.toml\"\n{ALL_REDUCE}"
    );
    fs::create_dir(folder.path().join("stacks")).unwrap();
    fs::write(folder.path().join("run.toml"), text).unwrap();
    fs::write(folder.path().join("stacks/mine.toml"), "based_on = \"nccl-ampere\"\n").unwrap();
    let path = folder.path().join("run.toml");
    let loaded = load_scenario(path.to_str().unwrap(), &LoadOptions::default());
    let mut wanted = builtin("nccl-ampere").unwrap();
    "mine".clone_into(&mut wanted.name);
    assert_eq!(told(loaded).stack.unwrap().profile, wanted);
}

#[test]
fn an_imposed_algorithm_is_what_auto_takes_and_sends_keep_their_own() {
    let stack = "[stack]\nprofile = \"nccl-ampere\"\nalgorithm = \"ring\"\nprotocol = \"ll\"\n";
    let collectives = format!("{ALL_REDUCE}[[collective]]\nop = \"all-to-all\"\nsize = \"1 MiB\"\n");
    let result = run(&scenario(stack, &collectives), &RunOptions::default(), &Quiet).unwrap();
    for case in &result.cases {
        let wanted = if case.op == "all-reduce" { ("ring", "ll") } else { ("direct", "simple") };
        assert_eq!((case.algorithm.as_str(), case.protocol.as_str()), wanted, "{}", case.op);
        let path = case.critical_path;
        assert!(path.launch_ps > 0);
        assert_eq!(path.launch_ps + path.latency_ps + path.transfer_ps + path.sharing_ps, case.time_ps);
    }
}

/// Whatever a library chooses can be made and run, for every operation, on one server and two, on all ranks and on
/// a number that is no power of two.
#[test]
fn every_choice_of_every_profile_runs() {
    for name in builtin_names() {
        for ranks in [2, 6, 8, 12, 16] {
            let collectives: String = Op::ALL
                .iter()
                .filter(|op| **op != Op::SendRecv || ranks == 2)
                .map(|op| {
                    format!(
                        "[[collective]]\nop = \"{}\"\nsize = [\"1 KiB\", \"1 MiB\", \"256 MiB\"]\n\
                         ranks = {{ first = {ranks} }}\n",
                        op.name()
                    )
                })
                .collect();
            let scenario = scenario(&format!("[stack]\nprofile = \"{name}\"\n"), &collectives);
            let result = run(&scenario, &RunOptions::default(), &Quiet)
                .unwrap_or_else(|error| panic!("{name}, {ranks} ranks: {error}"));
            for case in &result.cases {
                assert!(case.bound_ps <= case.time_ps, "{name}, {ranks} ranks: {case:?}");
                assert_eq!(case.critical_path.launch_ps > 0, name != "ideal", "{name}");
            }
        }
    }
}
