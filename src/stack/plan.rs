//! What a library does with a collective: algorithm, protocol, channels, and what each costs.

use super::nccl::{Protocol, Question, Version, nvls_efficiency};
use super::param::{self, Param};
use super::profile::{Library, Profile};
use super::site::{Medium, Site};
use crate::collective::{Algorithm, Op};
use crate::units::Time;

/// What its user imposes on a library, as environment variables do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overrides {
    /// The algorithm, as `NCCL_ALGO`.
    pub algorithm: Option<Algorithm>,
    /// The protocol, as `NCCL_PROTO`.
    pub protocol: Option<Protocol>,
    /// Threads of a channel, as `NCCL_NTHREADS`.
    pub threads: Option<u32>,
    /// Least channels, as `NCCL_MIN_CTAS` (`NCCL_MIN_NCHANNELS`).
    pub min_channels: Option<u32>,
    /// Most channels, as `NCCL_MAX_CTAS` (`NCCL_MAX_NCHANNELS`).
    pub max_channels: Option<u32>,
    /// Most adapters that one message uses, as `UCX_MAX_RNDV_RAILS`.
    pub rails: Option<u32>,
}

/// A library on a host: its constants, its release, and what its user imposes on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// The constants.
    pub profile: Profile,
    /// The release.
    pub version: Version,
    /// Whether one process drives all accelerators of its server.
    pub shared_process: bool,
    /// What its user imposes.
    pub overrides: Overrides,
}

/// What a library does with a collective of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The protocol, where the library has several.
    pub protocol: Option<Protocol>,
    /// How many channels the library uses.
    pub channels: u32,
    /// Into how many segments pipelines cut their data, where the library says.
    pub segments: Option<u32>,
    /// What it costs before anything moves.
    pub launch: Time,
    /// What transfers cost.
    pub costs: Costs,
}

/// What transfers cost, by medium: scale-up links, PCIe, network.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// Software latency of a transfer.
    pub step: [Time; 3],
    /// What all lanes that leave a rank (a server, for the network) move together at most, in bytes of data per second.
    pub most: [f64; 3],
    /// What is got of the raw rate of links; their own payload efficiency where `None`.
    pub fraction: [Option<f64>; 3],
    /// Bytes on the wire and bytes of data among them.
    pub wire: (u32, u32),
    /// Whether data are passed on as they arrive, so that a transfer's latency hides what of it takes longer.
    pub flowing: bool,
    /// What messages of MPI cost beside that.
    pub messages: Option<Messages>,
}

/// What messages of MPI cost by size. Rates are bytes per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Messages {
    /// The largest that goes without asking first.
    pub eager: u64,
    /// Software latency of one that asks first.
    pub ask: Time,
    /// The rate of copies through buffers, for those that do not ask.
    pub copy: f64,
    /// The rate at which they are packed and unpacked; infinite where they need not be.
    pub pack: f64,
    /// From which size they are large.
    pub large: u64,
    /// The rate of large ones.
    pub large_rate: f64,
    /// The rate of sums.
    pub reduce: f64,
    /// The rate of sums of large ones.
    pub reduce_large: f64,
}

impl Costs {
    /// What costs nothing.
    pub const FREE: Self = Self {
        step: [Time::ZERO; 3],
        most: [f64::INFINITY; 3],
        fraction: [None; 3],
        wire: (1, 1),
        flowing: false,
        messages: None,
    };

    /// Software latency and highest rate of a transfer of so many bytes; `lanes` share what the rank moves,
    /// and the receiver adds so much of what arrives.
    pub fn lane(&self, medium: Medium, bytes: u64, lanes: f64, reduces: f64) -> (Time, f64) {
        let at = medium as usize;
        let (mut step, mut rate) = (self.step[at], self.most[at] / lanes);
        if self.flowing {
            step = step - step.min(micros(bytes as f64 / rate * 1e6));
        }
        if let Some(messages) = &self.messages {
            let large = bytes >= messages.large;
            let mut per_byte = 1.0 / if large { rate.min(messages.large_rate / lanes) } else { rate };
            if bytes > messages.eager {
                step = messages.ask;
            } else {
                per_byte += 1.0 / messages.copy;
            }
            per_byte += 1.0 / messages.pack;
            per_byte += reduces / if large { messages.reduce_large } else { messages.reduce };
            rate = 1.0 / per_byte;
        }
        (step, rate)
    }
}

impl Stack {
    /// A library of the newest release with one process an accelerator, nothing imposed.
    pub fn new(profile: Profile) -> Self {
        Self { profile, version: Version::NEWEST, shared_process: false, overrides: Overrides::default() }
    }

    /// What the library does with a collective for which `asked` was named; its own choice for [`Algorithm::Auto`].
    /// `None` where it has no choice of its own for the operation.
    pub fn plan(&self, site: &Site, op: Op, asked: Algorithm, bytes: u64) -> Option<Plan> {
        match self.profile.software {
            Library::Ideal => None,
            Library::Mpi => Some(self.mpi(site, op, asked, bytes)),
            Library::Nccl | Library::Rccl => Some(self.nccl(site, op, asked, bytes)),
        }
    }

    fn at(&self, param: Param) -> f64 {
        self.profile.get(param)
    }

    fn rate(&self, param: Param) -> f64 {
        self.profile.get(param) * 1e9
    }

    fn nccl(&self, site: &Site, op: Op, asked: Algorithm, bytes: u64) -> Plan {
        let most = self.channels(site);
        let collective = !matches!(op, Op::AllToAll | Op::AllToAllV | Op::SendRecv);
        let imposed = self.overrides.algorithm.filter(|_| collective && asked == Algorithm::Auto);
        let asked = imposed.unwrap_or(asked);
        let question = Question {
            op,
            bytes,
            site,
            generation: self.profile.generation,
            version: self.version,
            channels: most,
            imposed: self.overrides.protocol,
        };
        let found = question.predictions();
        let fits = |protocol: Protocol| self.overrides.protocol.is_none_or(|wanted| wanted == protocol);
        let best = found
            .iter()
            .filter(|(algorithm, protocol, _)| {
                // NVLS has Simple only: another protocol that is imposed rules it out, unless it is imposed too.
                let single =
                    matches!(algorithm, Algorithm::Nvls | Algorithm::NvlsTree) && asked == *algorithm;
                (asked == Algorithm::Auto || asked == *algorithm) && (single || fits(*protocol))
            })
            .min_by(|a, b| a.2.total_cmp(&b.2));
        match best {
            Some((algorithm, protocol, _)) if collective => {
                self.pattern(site, op, *algorithm, *protocol, bytes, most)
            }
            _ => {
                let own = if asked == Algorithm::Auto { Algorithm::Direct } else { asked };
                self.sends(site, own, bytes)
            }
        }
    }

    /// How many channels the library has.
    fn channels(&self, site: &Site) -> u32 {
        let own = if site.servers > 1 { param::CHANNELS_NET } else { param::CHANNELS };
        #[expect(clippy::cast_possible_truncation, reason = "constants are in range")]
        let own = self.profile.count(own) as u32;
        let own = own.max(self.overrides.min_channels.unwrap_or(1));
        own.min(self.overrides.max_channels.unwrap_or(u32::MAX)).clamp(1, 64)
    }

    /// How many of its channels the library uses for so few bytes: one less as long as threads would have too little
    /// to do.
    fn used(&self, site: &Site, ring: bool, protocol: Protocol, bytes: u64, most: u32) -> u32 {
        let threads = u64::from(self.overrides.threads.unwrap_or(match protocol {
            Protocol::Ll128 => 640,
            Protocol::Ll | Protocol::Simple => 512,
        }));
        let each = match protocol {
            Protocol::Ll if ring => 8 * u64::from(site.ranks),
            Protocol::Ll | Protocol::Ll128 => 8,
            Protocol::Simple => 64,
        };
        let least = self.overrides.min_channels.unwrap_or(1).clamp(1, most);
        u32::try_from(bytes / (threads.max(1) * each)).unwrap_or(u32::MAX).clamp(least, most)
    }

    /// Added to steps over the network, and what is got of its raw rate.
    fn transport(&self, site: &Site) -> (f64, f64) {
        let (extra, part) = match site.transport.as_str() {
            "roce" => (Some(param::EXTRA_ROCE), param::PART_NETWORK),
            "efa" => (Some(param::EXTRA_EFA), param::PART_EFA),
            "slingshot" => (Some(param::EXTRA_SLINGSHOT), param::PART_SLINGSHOT),
            "ethernet" | "tcpx" => (Some(param::EXTRA_ETHERNET), param::PART_ETHERNET),
            _ => (None, param::PART_NETWORK),
        };
        (extra.map_or(0.0, |extra| self.at(extra)), self.at(part))
    }

    fn launch(&self, param: Param) -> Time {
        let shared = if self.shared_process { self.at(param::LAUNCH_SHARED) } else { 0.0 };
        micros(self.at(param) + shared)
    }

    /// Rings, trees and NVLS.
    fn pattern(
        &self,
        site: &Site,
        op: Op,
        algorithm: Algorithm,
        protocol: Protocol,
        bytes: u64,
        most: u32,
    ) -> Plan {
        use param as p;
        let (extra, network) = self.transport(site);
        let ring = algorithm == Algorithm::Ring;
        let pick = |row: [Param; 3]| self.at(row[protocol as usize]);
        let reducing = matches!(algorithm, Algorithm::Nvls | Algorithm::NvlsTree);
        let steps = match algorithm {
            Algorithm::Ring => [
                pick([p::RING_LL, p::RING_LL128, p::RING_SIMPLE]),
                pick([p::PCIE_RING_LL, p::PCIE_RING_LL128, p::PCIE_RING_SIMPLE]),
                pick([p::NET_RING_LL, p::NET_RING_LL128, p::NET_RING_SIMPLE]) + extra,
            ],
            _ => [
                if reducing {
                    self.at(p::NVLS_STEP)
                } else {
                    pick([p::TREE_LL, p::TREE_LL128, p::TREE_SIMPLE])
                },
                pick([p::PCIE_TREE_LL, p::PCIE_TREE_LL128, p::PCIE_TREE_SIMPLE]),
                pick([p::NET_TREE_LL, p::NET_TREE_LL128, p::NET_TREE_SIMPLE]) + extra,
            ],
        };
        let channels = if reducing {
            #[expect(clippy::cast_possible_truncation, reason = "constants are in range")]
            let own = self.profile.count(p::CHANNELS_NVLS) as u32;
            own
        } else {
            self.used(site, ring, protocol, bytes, most)
        };
        let each = match protocol {
            Protocol::Ll => p::RATE_LL,
            Protocol::Ll128 => p::RATE_LL128,
            Protocol::Simple if ring => p::RATE_SIMPLE,
            Protocol::Simple => p::RATE_TREE,
        };
        let links = match site.inside() {
            Medium::Scaleup => site.scaleup * self.at(p::PART_SCALEUP),
            Medium::Pcie => site.pcie * self.at(p::PART_PCIE),
            Medium::Network => f64::INFINITY,
        };
        let mut rate = f64::from(channels) * self.rate(each);
        match protocol {
            Protocol::Ll => rate = rate.min(self.rate(p::RATE_LL_ALL)),
            Protocol::Ll128 => rate = rate.min(links * self.at(p::PART_LL128)),
            Protocol::Simple => {}
        }
        let mut segments = None;
        if ring {
            rate = rate.min(links);
            if protocol == Protocol::Simple && !op.is_rooted() {
                rate = self.chunked(site, bytes, channels, rate, steps[site.inside() as usize]);
            }
            if op.is_rooted() {
                segments = Some(pieces(
                    bytes,
                    channels,
                    pick([p::CHUNK_TREE_LL, p::CHUNK_TREE_LL128, p::CHUNK_ROOTED]),
                ));
            }
        } else if reducing {
            let heads = u64::from(site.per_server.max(1));
            let chunk = self.nvls_chunk(bytes, u64::from(channels) * heads);
            let all = (u64::from(channels) * heads * chunk) as f64;
            // Products with fewer links than others of their generation (H800) get no more than the library counts on.
            let own = self.rate(p::RATE_NVLS).min(links * nvls_efficiency(self.profile.generation));
            rate = all / (all / own + self.at(p::COST_NVLS) / 1e6);
            segments = Some(pieces(bytes, channels, (heads * chunk) as f64));
        } else {
            if protocol == Protocol::Simple {
                rate /= 2.0;
            }
            segments =
                Some(pieces(bytes, channels, pick([p::CHUNK_TREE_LL, p::CHUNK_TREE_LL128, p::CHUNK_TREE])));
        }
        let outside = match protocol {
            Protocol::Ll => self.rate(p::RATE_LL_NET),
            Protocol::Ll128 if site.network > 0.0 => site.network * network * self.at(p::PART_LL128_NET),
            Protocol::Ll128 => f64::INFINITY,
            Protocol::Simple => f64::INFINITY,
        };
        let launch = match protocol {
            Protocol::Ll => p::LAUNCH_LL,
            Protocol::Ll128 => p::LAUNCH_LL128,
            Protocol::Simple if reducing => p::LAUNCH_NVLS,
            Protocol::Simple => p::LAUNCH_SIMPLE,
        };
        Plan {
            algorithm,
            protocol: Some(protocol),
            channels,
            segments,
            launch: self.launch(launch),
            costs: Costs {
                step: steps.map(micros),
                most: [rate, rate, outside],
                fraction: [
                    // Reducing switches have their own rate, which is more than kernels get through plain copies.
                    if reducing { None } else { Some(self.at(p::PART_SCALEUP)) },
                    Some(self.at(p::PART_PCIE)),
                    Some(network),
                ],
                wire: match protocol {
                    // What flags take of links and channels is in the rates of LL and LL128.
                    Protocol::Ll | Protocol::Ll128 => (1, 1),
                    Protocol::Simple => protocol.wire(),
                },
                flowing: ring && protocol != Protocol::Simple,
                messages: None,
            },
        }
    }

    /// The rate of a ring whose chunks beyond the first of every block cost another step each.
    fn chunked(&self, site: &Site, bytes: u64, channels: u32, rate: f64, step: f64) -> f64 {
        let block = bytes as f64 / f64::from(site.ranks.max(1)) / f64::from(channels);
        let more = (block / self.at(param::CHUNK_RING) - 1.0).max(0.0);
        let alone = block * f64::from(channels) / rate;
        if alone <= 0.0 { rate } else { rate * alone / (alone + more * step / 1e6) }
    }

    /// The chunk of NVLS: smaller for small sizes, so that all channels and heads have some.
    fn nvls_chunk(&self, bytes: u64, places: u64) -> u64 {
        let mut chunk = self.profile.count(param::CHUNK_NVLS);
        for (times, smaller) in [(64, 64 << 10), (8, 32 << 10), (2, 16 << 10)] {
            if chunk > smaller && bytes < times * places * chunk {
                chunk = smaller;
            }
        }
        chunk
    }

    /// Grouped sends and receives, and algorithms that the library does not have itself.
    fn sends(&self, site: &Site, algorithm: Algorithm, _bytes: u64) -> Plan {
        use param as p;
        let (extra, network) = self.transport(site);
        let peers = f64::from(site.ranks.saturating_sub(1));
        let shared = if self.shared_process {
            self.at(p::LAUNCH_SHARED) + peers * self.at(p::LAUNCH_SHARED_P2P)
        } else {
            0.0
        };
        Plan {
            algorithm,
            protocol: Some(Protocol::Simple),
            channels: self.channels(site),
            segments: None,
            launch: micros(self.at(p::LAUNCH_P2P) + shared),
            costs: Costs {
                step: [
                    micros(self.at(p::P2P_STEP)),
                    micros(self.at(p::PCIE_P2P)),
                    micros(self.at(p::NET_P2P) + extra),
                ],
                most: [f64::INFINITY; 3],
                fraction: [Some(self.at(p::PART_P2P)), Some(self.at(p::PART_PCIE)), Some(network)],
                wire: (1, 1),
                flowing: false,
                messages: None,
            },
        }
    }

    fn mpi(&self, site: &Site, op: Op, asked: Algorithm, bytes: u64) -> Plan {
        use param as p;
        let algorithm = if asked == Algorithm::Auto { mpi_choice(site, op, bytes) } else { asked };
        let further =
            if algorithm == Algorithm::Direct { f64::from(site.ranks.saturating_sub(2)) } else { 0.0 };
        // One message goes over few adapters at once.
        let rails = f64::from(self.overrides.rails.unwrap_or(u32::MAX)).min(self.at(p::MPI_RAILS));
        let rail = site.network / f64::from(site.adapters.max(1)) * self.at(p::PART_NETWORK);
        // Bruck's exchange begins and ends with blocks put in order, and packs what is no row of blocks.
        let pack = self.at(p::MPI_PACK) * 1e3;
        let (rotated, packs) = match (algorithm, op) {
            (Algorithm::Bruck, Op::AllGather) => (bytes as f64 / pack, 0.0),
            (Algorithm::Bruck, _) => (2.0 * bytes as f64 / pack, 1.0),
            _ => (0.0, 0.0),
        };
        let packing = if packs > 0.0 { self.at(p::MPI_PACKING) } else { 0.0 };
        // A ring or chain talks to the same two all the time.
        let same = matches!(
            algorithm,
            Algorithm::Ring
                | Algorithm::RingBidirectional
                | Algorithm::Chain
                | Algorithm::MultiRing
                | Algorithm::Direct
        );
        let partner = if same { 0.0 } else { self.at(p::MPI_PARTNER) };
        let step = micros(self.at(p::MPI_STEP) + packing + partner);
        let rate = self.rate(p::MPI_RATE).min(if rail > 0.0 { rails * rail } else { f64::INFINITY });
        Plan {
            algorithm,
            protocol: None,
            channels: 1,
            // Unless told, libraries do not cut what goes along a chain.
            segments: (algorithm == Algorithm::Chain).then_some(1),
            launch: micros(self.at(p::MPI_LAUNCH) + further * self.at(p::MPI_MESSAGE) + rotated),
            costs: Costs {
                step: [step; 3],
                most: [rate; 3],
                fraction: [
                    Some(self.at(p::PART_SCALEUP)),
                    Some(self.at(p::PART_PCIE)),
                    Some(self.at(p::PART_NETWORK)),
                ],
                wire: (1, 1),
                flowing: false,
                messages: Some(Messages {
                    eager: self.profile.count(p::MPI_EAGER),
                    ask: micros(self.at(p::MPI_ASK) + packing + partner),
                    copy: self.rate(p::MPI_COPY),
                    pack: if packs > 0.0 { self.rate(p::MPI_PACK) / packs } else { f64::INFINITY },
                    large: self.profile.count(p::MPI_LARGE),
                    large_rate: self.rate(p::MPI_RATE_LARGE),
                    reduce: self.rate(p::MPI_REDUCE),
                    reduce_large: self.rate(p::MPI_REDUCE_LARGE),
                }),
            },
        }
    }
}

/// What MPICH does where nothing is imposed (R. Thakur, R. Rabenseifner and W. Gropp, "Optimization of collective
/// communication operations in MPICH", IJHPCA 2005); Open MPI's rules come to much the same.
fn mpi_choice(site: &Site, op: Op, bytes: u64) -> Algorithm {
    let power = site.ranks.is_power_of_two();
    match op {
        Op::AllReduce if bytes <= 2 << 10 => Algorithm::RecursiveDoubling,
        Op::AllReduce => Algorithm::HalvingDoubling,
        Op::AllGather if bytes >= 512 << 10 => Algorithm::Ring,
        Op::AllGather if power => Algorithm::RecursiveDoubling,
        Op::AllGather => Algorithm::Bruck,
        Op::ReduceScatter if bytes < 512 << 10 && power => Algorithm::HalvingDoubling,
        Op::ReduceScatter => Algorithm::Pairwise,
        // Its scatter and ring of other numbers is no algorithm here.
        Op::Broadcast if bytes < 12 << 10 || !power => Algorithm::Binomial,
        Op::Broadcast => Algorithm::HalvingDoubling,
        Op::Reduce if bytes <= 2 << 10 || !power => Algorithm::Binomial,
        Op::Reduce => Algorithm::HalvingDoubling,
        Op::AllToAll if bytes / u64::from(site.ranks.max(1)) <= 256 => Algorithm::Bruck,
        Op::AllToAll | Op::AllToAllV if bytes / u64::from(site.ranks.max(1)) <= 32 << 10 => Algorithm::Direct,
        Op::AllToAll | Op::AllToAllV => Algorithm::Pairwise,
        Op::SendRecv => Algorithm::Direct,
    }
}

/// The most segments of a pipeline: more of them change its time by less than their number tells.
const MOST_SEGMENTS: u64 = 256;

/// Into how many segments a pipeline cuts what each channel has.
fn pieces(bytes: u64, channels: u32, chunk: f64) -> u32 {
    let each = bytes.div_ceil(u64::from(channels).max(1));
    u32::try_from(each.div_ceil((chunk.max(1.0)) as u64).clamp(1, MOST_SEGMENTS)).unwrap_or(1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "constants are in range")]
fn micros(us: f64) -> Time {
    Time::from_ps((us * 1e6).round() as u64)
}
