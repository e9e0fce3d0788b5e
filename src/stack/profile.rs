//! A stack profile: the constants of a communication library on a generation of hardware.

use super::param::{self, Param, SPECS};

/// Which library it is, and so which model its constants belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Library {
    /// None: links at their own rates, and nothing is added.
    Ideal,
    /// NVIDIA's.
    Nccl,
    /// AMD's, which has the same structure.
    Rccl,
    /// An MPI on host memory (or on device memory that its adapters reach).
    Mpi,
}

impl Library {
    /// Whether it chooses as NCCL does: by its table, which generations, releases, processes and protocols are for, and
    /// along rings that it looks for in the links between accelerators, where others go through ranks in order.
    pub const fn chooses_as_nccl(self) -> bool {
        matches!(self, Self::Nccl | Self::Rccl)
    }

    /// All, with the names that files use.
    pub const ALL: [(&'static str, Self); 4] =
        [("ideal", Self::Ideal), ("nccl", Self::Nccl), ("rccl", Self::Rccl), ("mpi", Self::Mpi)];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ideal => "ideal",
            Self::Nccl => "nccl",
            Self::Rccl => "rccl",
            Self::Mpi => "mpi",
        }
    }

    /// Whether its model reads a constant.
    pub fn reads(self, param: Param) -> bool {
        let own = param.spec().key.starts_with("mpi.");
        match self {
            Self::Ideal => false,
            Self::Nccl | Self::Rccl => !own,
            Self::Mpi => own || [param::PART_SCALEUP, param::PART_PCIE, param::PART_NETWORK].contains(&param),
        }
    }
}

/// The generation of accelerators that the library's own table of predictions knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// V100.
    Volta,
    /// A100 and the consumer cards of its time and the next.
    Ampere,
    /// H100, H200, H800, H20, GH200.
    Hopper,
    /// B200, B300, GB200, GB300.
    Blackwell,
}

impl Generation {
    /// All, with the names that files use.
    pub const ALL: [(&'static str, Self); 4] = [
        ("volta", Self::Volta),
        ("ampere", Self::Ampere),
        ("hopper", Self::Hopper),
        ("blackwell", Self::Blackwell),
    ];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Volta => "volta",
            Self::Ampere => "ampere",
            Self::Hopper => "hopper",
            Self::Blackwell => "blackwell",
        }
    }

    /// Whether its switches reduce and multicast for the library.
    pub(super) const fn has_nvls(self) -> bool {
        matches!(self, Self::Hopper | Self::Blackwell)
    }
}

/// The constants of a communication library on a generation of hardware.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name: `nccl-hopper`.
    pub name: String,
    /// What it is of, in a line.
    pub title: String,
    /// Where its constants come from.
    pub sources: Vec<String>,
    /// The library.
    pub software: Library,
    /// The generation, as the library's own table of predictions counts it.
    pub generation: Generation,
    /// The constants, by [`Param`], in their own units.
    values: Vec<f64>,
}

impl Profile {
    /// A profile whose constants are all at their defaults.
    pub fn new(name: impl Into<String>, library: Library, generation: Generation) -> Self {
        Self {
            name: name.into(),
            title: String::new(),
            sources: Vec::new(),
            software: library,
            generation,
            values: SPECS.iter().map(|spec| spec.default).collect(),
        }
    }

    /// The profile that adds nothing.
    pub fn ideal() -> Self {
        let mut profile = Self::new("ideal", Library::Ideal, Generation::Hopper);
        "links at their own rates, and nothing added".clone_into(&mut profile.title);
        profile
    }

    /// A constant, in its own unit: microseconds, 10^9 bytes per second, bytes, or a plain number.
    pub fn get(&self, param: Param) -> f64 {
        self.values[param.index()]
    }

    /// Sets a constant.
    pub fn set(&mut self, param: Param, value: f64) {
        self.values[param.index()] = value;
    }

    /// A constant that counts bytes or channels, at least 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "constants are in range")]
    pub fn count(&self, param: Param) -> u64 {
        self.get(param).round().max(1.0) as u64
    }
}
