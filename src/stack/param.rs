//! The constants of a stack profile: one list, from which files are read, docs written and constants fitted.

/// What a constant is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Microseconds; `"2.5 us"` in files.
    Time,
    /// 10^9 bytes per second; `"20 GB/s"` in files.
    Rate,
    /// A plain number, such as 0.8.
    Fraction,
    /// Bytes; `"2 MiB"` in files.
    Bytes,
    /// A whole number.
    Count,
}

impl Unit {
    /// A value as files say it: `9.5 us`, `2 MiB`, `0.8`.
    pub fn told(self, value: f64) -> String {
        match self {
            Self::Time => format!("{value} us"),
            Self::Rate => format!("{value} GB/s"),
            Self::Fraction => value.to_string(),
            Self::Count => value.round().to_string(),
            Self::Bytes => {
                let units = [(1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1_024.0, "KiB")];
                let whole = units
                    .iter()
                    .find(|(size, _)| value % size == 0.0 && (1.0..65_536.0).contains(&(value / size)));
                match whole {
                    Some((size, unit)) => format!("{} {unit}", value / size),
                    None => format!("{value} B"),
                }
            }
        }
    }
}

/// Which part of a machine a constant belongs to: what can be measured on the floor without the network, and what
/// cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Processor, driver and library: paid once a collective.
    Host,
    /// Accelerators and the links between those of one server.
    Server,
    /// Adapters and the network between servers.
    Network,
}

impl Part {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Server => "server",
            Self::Network => "network",
        }
    }
}

/// A constant of a profile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spec {
    /// Its key in files: `step.scaleup.ring.ll`.
    pub key: &'static str,
    /// What it is measured in.
    pub unit: Unit,
    /// Where it belongs.
    pub part: Part,
    /// Its value where a profile says nothing.
    pub default: f64,
    /// The least and the most that make sense.
    pub range: (f64, f64),
    /// What it is.
    pub about: &'static str,
}

/// A constant by its place in [`SPECS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Param(u8);

impl Param {
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
        Self::all().find(|param| param.spec().key == key)
    }
}

const TIMES: (f64, f64) = (0.0, 1e5);
const RATES: (f64, f64) = (1e-3, 1e5);
const PARTS: (f64, f64) = (0.01, 1.0);
/// LL128 has 120 bytes of data in a line of 128.
const LINES: (f64, f64) = (0.01, 120.0 / 128.0);
const SIZES: (f64, f64) = (1.0, 1e12);
const COUNTS: (f64, f64) = (1.0, 1024.0);

macro_rules! params {
    ($($name:ident $key:literal $unit:ident $part:ident $default:literal $range:ident $about:literal;)*) => {
        /// All constants, in the order in which files and docs list them.
        pub const SPECS: &[Spec] = &[$(Spec {
            key: $key,
            unit: Unit::$unit,
            part: Part::$part,
            default: $default,
            range: $range,
            about: $about,
        }),*];
        params!(@number 0; $($name $about,)*);
    };
    (@number $at:expr; $name:ident $about:literal, $($rest:tt)*) => {
        #[doc = $about]
        pub const $name: Param = Param($at);
        params!(@number $at + 1; $($rest)*);
    };
    (@number $at:expr;) => {};
}

params! {
    LAUNCH_LL "launch.ll" Time Host 6.6 TIMES "launch and synchronisation of a collective in protocol LL";
    LAUNCH_LL128 "launch.ll128" Time Host 14.0 TIMES "launch and synchronisation in protocol LL128";
    LAUNCH_SIMPLE "launch.simple" Time Host 8.4 TIMES "launch and synchronisation in protocol Simple";
    LAUNCH_NVLS "launch.nvls" Time Host 8.4 TIMES "launch and synchronisation of NVLS and NVLS-tree";
    LAUNCH_P2P "launch.p2p" Time Host 10.0 TIMES "launch and synchronisation of grouped sends and receives";
    LAUNCH_SHARED "launch.shared_process" Time Host 17.0 TIMES "added where one process drives all accelerators of its server";
    LAUNCH_SHARED_P2P "launch.shared_process_p2p" Time Host 0.0 TIMES "the same for grouped sends and receives, for each peer";
    RING_LL "step.scaleup.ring.ll" Time Server 0.6 TIMES "software latency of a ring step over scale-up links, LL";
    RING_LL128 "step.scaleup.ring.ll128" Time Server 1.9 TIMES "the same, LL128";
    RING_SIMPLE "step.scaleup.ring.simple" Time Server 7.0 TIMES "the same, Simple";
    TREE_LL "step.scaleup.tree.ll" Time Server 0.6 TIMES "software latency of a hop of a tree or chain over scale-up links, LL";
    TREE_LL128 "step.scaleup.tree.ll128" Time Server 1.25 TIMES "the same, LL128";
    TREE_SIMPLE "step.scaleup.tree.simple" Time Server 4.0 TIMES "the same, Simple";
    NVLS_STEP "step.scaleup.nvls" Time Server 10.0 TIMES "software latency of a hop into or out of a reducing switch";
    P2P_STEP "step.scaleup.p2p" Time Server 3.4 TIMES "software latency of a send and receive over scale-up links";
    PCIE_RING_LL "step.pcie.ring.ll" Time Server 1.0 TIMES "software latency of a ring step over PCIe, LL";
    PCIE_RING_LL128 "step.pcie.ring.ll128" Time Server 2.5 TIMES "the same, LL128";
    PCIE_RING_SIMPLE "step.pcie.ring.simple" Time Server 5.7 TIMES "the same, Simple";
    PCIE_TREE_LL "step.pcie.tree.ll" Time Server 1.0 TIMES "software latency of a hop of a tree or chain over PCIe, LL";
    PCIE_TREE_LL128 "step.pcie.tree.ll128" Time Server 1.9 TIMES "the same, LL128";
    PCIE_TREE_SIMPLE "step.pcie.tree.simple" Time Server 4.0 TIMES "the same, Simple";
    PCIE_P2P "step.pcie.p2p" Time Server 5.7 TIMES "software latency of a send and receive over PCIe";
    NET_RING_LL "step.network.ring.ll" Time Network 2.7 TIMES "software latency of a ring step over the network, LL";
    NET_RING_LL128 "step.network.ring.ll128" Time Network 4.0 TIMES "the same, LL128";
    NET_RING_SIMPLE "step.network.ring.simple" Time Network 14.0 TIMES "the same, Simple";
    NET_TREE_LL "step.network.tree.ll" Time Network 5.0 TIMES "software latency of a hop of a tree over the network, LL";
    NET_TREE_LL128 "step.network.tree.ll128" Time Network 8.5 TIMES "the same, LL128";
    NET_TREE_SIMPLE "step.network.tree.simple" Time Network 14.0 TIMES "the same, Simple; of NVLS-tree too";
    NET_P2P "step.network.p2p" Time Network 14.0 TIMES "software latency of a send and receive over the network";
    EXTRA_ROCE "extra.roce" Time Network 0.0 TIMES "added to every step over RoCE";
    EXTRA_EFA "extra.efa" Time Network 20.0 TIMES "added to every step over EFA";
    EXTRA_SLINGSHOT "extra.slingshot" Time Network 0.0 TIMES "added to every step over Slingshot";
    EXTRA_ETHERNET "extra.ethernet" Time Network 20.0 TIMES "added to every step over Ethernet with TCP (tcpx too)";
    PART_SCALEUP "fraction.scaleup" Fraction Server 0.8 PARTS "what kernels get of the raw rate of scale-up links";
    PART_P2P "fraction.scaleup_p2p" Fraction Server 0.8 PARTS "the same for sends and receives";
    PART_PCIE "fraction.pcie" Fraction Server 0.75 PARTS "what kernels get of the raw rate of PCIe";
    PART_NETWORK "fraction.network" Fraction Network 0.95 PARTS "what is got of the raw rate of the network";
    PART_EFA "fraction.efa" Fraction Network 0.85 PARTS "the same over EFA";
    PART_SLINGSHOT "fraction.slingshot" Fraction Network 0.92 PARTS "the same over Slingshot";
    PART_ETHERNET "fraction.ethernet" Fraction Network 0.85 PARTS "the same over Ethernet with TCP (tcpx too)";
    PART_LL128 "fraction.ll128" Fraction Server 0.75 LINES "what LL128 gets of what Simple would inside a server, its flags included";
    PART_LL128_NET "fraction.ll128_network" Fraction Network 0.75 LINES "what LL128 gets of what Simple would over the network";
    RATE_LL "rate.channel.ll" Rate Server 7.0 RATES "what a channel moves in LL";
    RATE_LL_ALL "rate.server.ll" Rate Server 88.0 RATES "what all channels of an accelerator move in LL";
    RATE_LL128 "rate.channel.ll128" Rate Server 20.0 RATES "what a channel moves in LL128";
    RATE_SIMPLE "rate.channel.simple" Rate Server 24.0 RATES "what a channel moves in Simple";
    RATE_TREE "rate.channel.tree" Rate Server 24.0 RATES "what a channel moves up and down a tree in Simple, together";
    RATE_LL_NET "rate.network.ll" Rate Network 20.4 RATES "what all channels of a server move in LL over the network";
    RATE_NVLS "rate.nvls" Rate Server 298.0 RATES "what an accelerator moves each way through reducing switches";
    CHUNK_RING "chunk.ring" Bytes Server 2097152.0 SIZES "the largest chunk of a ring in Simple; each further one costs another step";
    CHUNK_ROOTED "chunk.rooted" Bytes Server 65536.0 SIZES "the chunk of a broadcast or reduce along a ring in Simple";
    CHUNK_TREE "chunk.tree.simple" Bytes Server 262144.0 SIZES "the largest chunk of a tree in Simple";
    CHUNK_TREE_LL128 "chunk.tree.ll128" Bytes Server 16384.0 SIZES "how finely LL128 passes data on in trees and chains";
    CHUNK_TREE_LL "chunk.tree.ll" Bytes Server 2048.0 SIZES "how finely LL passes data on in trees and chains";
    CHUNK_NVLS "chunk.nvls" Bytes Server 131072.0 SIZES "the largest chunk of NVLS of one channel and head";
    COST_NVLS "cost.nvls_chunk" Time Server 4.5 TIMES "what each chunk of NVLS costs beside its bytes";
    CHANNELS "channels.server" Count Server 24.0 COUNTS "channels within one server";
    CHANNELS_NET "channels.network" Count Network 16.0 COUNTS "channels across servers";
    CHANNELS_NVLS "channels.nvls" Count Server 16.0 COUNTS "channels of NVLS";
    MPI_LAUNCH "mpi.launch" Time Host 1.0 TIMES "what a collective of MPI costs once";
    MPI_STEP "mpi.step" Time Network 1.2 TIMES "software latency of a small message";
    MPI_PARTNER "mpi.partner" Time Network 0.5 TIMES "added to a message whose partner is not that of the step before";
    MPI_MESSAGE "mpi.message" Time Host 1.0 TIMES "what a rank takes for each further message of many that it starts at once, or a root awaits at once";
    MPI_COPY "mpi.copy" Rate Host 5.0 RATES "what is copied through buffers of small messages";
    MPI_PACK "mpi.pack" Rate Host 8.0 RATES "what is moved within memory, where blocks must be put in order or together";
    MPI_PACKING "mpi.packing" Time Host 2.0 TIMES "added to a message whose blocks must be put together";
    MPI_EAGER "mpi.eager" Bytes Network 8192.0 SIZES "the largest message that goes without asking first";
    MPI_ASK "mpi.rendezvous" Time Network 3.0 TIMES "software latency of a message that asks first";
    MPI_RATE "mpi.rate" Rate Network 12.0 RATES "what the ranks of a server move each way at most, together";
    MPI_RAILS "mpi.rails" Count Network 2.0 COUNTS "adapters that the messages of a server use at once";
    MPI_LARGE "mpi.large" Bytes Host 33554432.0 SIZES "messages from here on no longer fit caches and registrations";
    MPI_RATE_LARGE "mpi.rate_large" Rate Host 6.0 RATES "what they move each way at most in such messages";
    MPI_REDUCE "mpi.reduce" Rate Host 8.0 RATES "what a processor sums, in bytes of one operand";
    MPI_REDUCE_LARGE "mpi.reduce_large" Rate Host 3.0 RATES "the same for such messages";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_defaults_in_range() {
        for param in Param::all() {
            let spec = param.spec();
            assert_eq!(Param::from_key(spec.key), Some(param));
            assert!(spec.range.0 <= spec.default && spec.default <= spec.range.1, "{}", spec.key);
        }
        assert_eq!(MPI_REDUCE_LARGE.index() + 1, SPECS.len());
    }

    #[test]
    fn sizes_are_told_in_the_largest_unit_that_is_whole() {
        assert_eq!(Unit::Bytes.told(2_097_152.0), "2 MiB");
        assert_eq!(Unit::Bytes.told(1_500.0), "1500 B");
        assert_eq!(Unit::Bytes.told(1536.0 * 1024.0), "1536 KiB");
        assert_eq!(Unit::Time.told(0.1 + 0.2), "0.30000000000000004 us");
    }
}
