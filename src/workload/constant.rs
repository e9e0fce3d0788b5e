//! The constants of a software generation: one list, from which files are read, docs written and constants fitted.

/// A constant of how software uses an accelerator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spec {
    /// Its key in files.
    pub key: &'static str,
    /// What it is measured in; nothing for plain numbers.
    pub unit: &'static str,
    /// Its value where nothing else is said.
    pub default: f64,
    /// The least and the most that make sense.
    pub range: (f64, f64),
    /// How far a generation's value may reasonably be from the default: a factor, or a sum for those in `[0, 1]`.
    pub spread: f64,
    /// What it is.
    pub about: &'static str,
}

/// A constant by its place in [`SPECS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Constant(u8);

impl Constant {
    /// Its place in [`SPECS`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// All constants.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SPECS.len()).filter_map(|at| u8::try_from(at).ok().map(Self))
    }

    /// What is known of it.
    pub const fn spec(self) -> &'static Spec {
        &SPECS[self.0 as usize]
    }

    /// The constant of that key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::all().find(|constant| constant.spec().key == key)
    }
}

const PART: (f64, f64) = (0.01, 1.0);
const HIDDEN: (f64, f64) = (0.0, 1.0);
const FACTOR: (f64, f64) = (0.0, 100.0);
const TIME: (f64, f64) = (0.0, 10.0);
const DEPTH: (f64, f64) = (1.0, 100_000.0);

macro_rules! constants {
    ($($name:ident $key:literal $unit:literal $default:literal $range:ident $spread:literal $about:literal;)*) => {
        /// All constants, in the order in which files and docs list them.
        pub const SPECS: &[Spec] = &[$(Spec {
            key: $key, unit: $unit, default: $default, range: $range, spread: $spread, about: $about,
        }),*];

        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "named as the constants")]
        #[derive(Clone, Copy)]
        enum At { $($name),* }

        impl Constant {
            $(#[doc = $about] pub const $name: Self = Self(At::$name as u8);)*
        }
    };
}

constants! {
    GEMM "gemm" "" 0.85 PART 0.25 "what large products get, as a part of the most that was measured";
    GEMM_DEPTH "gemm_depth" "" 200.0 DEPTH 1.0 "inner width at which a product gets half of it";
    GEMM_WAVE "gemm_wave" "" 0.5 HIDDEN 0.3 "how much of the last wave's idle processors is lost, as a power";
    EXPERTS "experts" "" 0.7 PART 0.35 "what products of experts get, as a part of `gemm`";
    ATTENTION "attention" "" 0.5 PART 0.35 "what attention's core gets forward, as a part of the 16-bit peak";
    ATTENTION_BACK "attention_back" "" 0.8 PART 0.25 "what it gets backward, as a part of forward";
    SCORES "scores" "B" 12.0 FACTOR 0.4 "bytes moved for a score of attention that is not fused, forward";
    MEMORY "memory" "" 0.6 PART 0.35 "what kernels that only move data get of memory bandwidth";
    CAST "cast" "B" 4.0 FACTOR 0.5 "bytes moved to convert a number for a product in a narrow format";
    PERMUTE "permute" "B" 12.0 FACTOR 0.5 "bytes moved for each number of a token on its way to experts and back";
    ACCUMULATE "accumulate" "" 0.5 FACTOR 0.7 "what adding a micro-batch's gradients of weights to the step's takes, as a part of what its bytes would take alone";
    KERNEL "kernel" "s" 8e-6 TIME 1.2 "host's time for a kernel; the accelerator waits where its own are shorter";
    TP "tp" "" 0.7 PART 0.3 "what tensor-parallel collectives get of scale-up links";
    TP_HIDDEN "tp_hidden" "" 0.4 HIDDEN 0.3 "part of tensor-parallel collectives that is hidden behind products, with overlap";
    EP "ep" "" 0.6 PART 0.4 "what exchanges of tokens get of links";
    EP_HIDDEN "ep_hidden" "" 0.4 HIDDEN 0.3 "part of exchanges of tokens that is hidden, with overlap";
    DP "dp" "" 0.75 PART 0.3 "what data-parallel collectives get of links";
    DP_HIDDEN "dp_hidden" "" 0.8 HIDDEN 0.2 "part of the work at hand that hides data-parallel collectives, with overlap";
    PP "pp" "" 0.7 PART 0.4 "what messages between stages get of links";
    SLOWDOWN "slowdown" "" 0.15 HIDDEN 0.1 "how much longer work takes while a collective runs beside it";
    OPTIMIZER "optimizer" "" 1.0 FACTOR 0.5 "the optimiser's time, as a multiple of what its bytes take";
    MICROBATCH "microbatch" "s" 1e-3 TIME 1.0 "fixed time of a micro-batch on a rank";
    STEP "step" "s" 2e-2 TIME 1.0 "fixed time of a step";
    SHARED "shared" "" 0.03 HIDDEN 0.7 "part by which a pipeline is slower whose tensor-parallel groups share a domain with others";
    PRESSURE "pressure" "" 0.4 FACTOR 0.5 "part by which a step is slower for each part of memory beyond three quarters";
    STRAGGLE "straggle" "" 0.01 HIDDEN 0.02 "part by which the slowest rank is slower, for each doubling of ranks beyond 8";
}

/// A value for each constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Constants(pub Vec<f64>);

impl Default for Constants {
    fn default() -> Self {
        Self(SPECS.iter().map(|spec| spec.default).collect())
    }
}

impl std::ops::Index<Constant> for Constants {
    type Output = f64;

    fn index(&self, constant: Constant) -> &f64 {
        &self.0[constant.index()]
    }
}

impl Constants {
    /// Sets a constant.
    pub fn set(&mut self, constant: Constant, value: f64) {
        self.0[constant.index()] = value;
    }
}
