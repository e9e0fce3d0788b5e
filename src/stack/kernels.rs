//! What NCCL and RCCL do with a collective: the choice by their own table, and the kernels that then run.

use super::costs::{Costs, micros};
use super::nccl::{Protocol, Question};
use super::param::{self as p, Param};
use super::plan::{Plan, Stack};
use super::site::{Medium, Site};
use super::tables::nvls_efficiency;
use crate::collective::{Algorithm, Op};
use crate::units::Time;

/// The most segments of a pipeline: more of them change its time by less than their number tells.
const MOST_SEGMENTS: u64 = 256;

/// A kernel: what was chosen for a collective.
struct Kernel<'a> {
    site: &'a Site,
    op: Op,
    bytes: u64,
    algorithm: Algorithm,
    protocol: Protocol,
    /// The channels that it uses.
    channels: u32,
}

impl Kernel<'_> {
    fn is_ring(&self) -> bool {
        self.algorithm == Algorithm::Ring
    }

    /// Whether switches do the sums.
    fn is_reducing(&self) -> bool {
        matches!(self.algorithm, Algorithm::Nvls | Algorithm::NvlsTree)
    }

    /// The one of LL, LL128 and Simple.
    const fn pick(&self, row: [Param; 3]) -> Param {
        row[self.protocol as usize]
    }

    /// Into how many segments a pipeline cuts what each channel has.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "constants are in range")]
    fn segments(&self, chunk: f64) -> Option<u32> {
        let each = self.bytes.div_ceil(u64::from(self.channels).max(1));
        let count = each.div_ceil(chunk.max(1.0) as u64).clamp(1, MOST_SEGMENTS);
        Some(u32::try_from(count).unwrap_or(1))
    }
}

impl Stack {
    /// The library's plan.
    pub(super) fn nccl(&self, site: &Site, op: Op, asked: Algorithm, bytes: u64) -> Plan {
        let most = self.channels(of_site(site));
        let sends = matches!(op, Op::AllToAll | Op::AllToAllV | Op::SendRecv);
        let imposed = self.overrides.algorithm.filter(|_| !sends && asked == Algorithm::Auto);
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
        let fits = |protocol: Protocol| self.overrides.protocol.is_none_or(|wanted| wanted == protocol);
        let found = if sends { Vec::new() } else { question.predictions() };
        let best = found
            .into_iter()
            .filter(|(algorithm, protocol, _)| {
                // NVLS has Simple only: another protocol that is imposed rules it out, unless it is imposed too.
                let single =
                    matches!(algorithm, Algorithm::Nvls | Algorithm::NvlsTree) && asked == *algorithm;
                (asked == Algorithm::Auto || asked == *algorithm) && (single || fits(*protocol))
            })
            .min_by(|a, b| a.2.total_cmp(&b.2));
        let Some((algorithm, protocol, _)) = best else {
            return self.sends(site, if asked == Algorithm::Auto { Algorithm::Direct } else { asked });
        };
        let mut kernel = Kernel { site, op, bytes, algorithm, protocol, channels: most };
        kernel.channels = self.used(&kernel);
        self.pattern(&kernel)
    }

    /// How many channels the library has where it has `own` of itself.
    fn channels(&self, own: Param) -> u32 {
        let own = u32::try_from(self.profile.count(own)).unwrap_or(u32::MAX);
        let own = own.max(self.overrides.min_channels.unwrap_or(1));
        own.min(self.overrides.max_channels.unwrap_or(u32::MAX)).clamp(1, 64)
    }

    /// How many of its channels the library uses for so few bytes: one less as long as threads would have too little
    /// to do.
    fn used(&self, kernel: &Kernel<'_>) -> u32 {
        if kernel.is_reducing() {
            return self.channels(p::CHANNELS_NVLS);
        }
        let threads = u64::from(self.overrides.threads.unwrap_or(match kernel.protocol {
            Protocol::Ll128 => 640,
            Protocol::Ll | Protocol::Simple => 512,
        }));
        let each = match kernel.protocol {
            Protocol::Ll if kernel.is_ring() => 8 * u64::from(kernel.site.ranks),
            Protocol::Ll | Protocol::Ll128 => 8,
            Protocol::Simple => 64,
        };
        let most = kernel.channels;
        let least = self.overrides.min_channels.unwrap_or(1).clamp(1, most);
        u32::try_from(kernel.bytes / (threads.max(1) * each)).unwrap_or(u32::MAX).clamp(least, most)
    }

    /// Added to steps over the network, and what is got of its raw rate.
    fn transport(&self, site: &Site) -> (f64, f64) {
        let (extra, part) = match site.transport.as_str() {
            "roce" => (Some(p::EXTRA_ROCE), p::PART_NETWORK),
            "efa" => (Some(p::EXTRA_EFA), p::PART_EFA),
            "slingshot" => (Some(p::EXTRA_SLINGSHOT), p::PART_SLINGSHOT),
            "ethernet" | "tcpx" => (Some(p::EXTRA_ETHERNET), p::PART_ETHERNET),
            _ => (None, p::PART_NETWORK),
        };
        (extra.map_or(0.0, |extra| self.at(extra)), self.at(part))
    }

    /// Rings, trees and NVLS.
    fn pattern(&self, kernel: &Kernel<'_>) -> Plan {
        let (extra, network) = self.transport(kernel.site);
        let mut steps = self.steps(kernel);
        steps[Medium::Network as usize] += extra;
        let (rate, segments) = self.pace(kernel, steps[kernel.site.inside() as usize]);
        // Channels cross the network too, but for those of reducing switches, whose rate is the switches'.
        let channels = if kernel.is_reducing() { f64::INFINITY } else { self.moved(kernel) };
        let outside = match kernel.protocol {
            Protocol::Ll => self.rate(p::RATE_LL_NET),
            Protocol::Ll128 if kernel.site.network > 0.0 => {
                kernel.site.network * network * self.at(p::PART_LL128_NET)
            }
            Protocol::Ll128 | Protocol::Simple => f64::INFINITY,
        };
        Plan {
            algorithm: kernel.algorithm,
            protocol: Some(kernel.protocol),
            channels: kernel.channels,
            segments,
            launch: self.launch(kernel),
            costs: Costs {
                step: steps.map(micros),
                most: [rate, rate, outside.min(channels)],
                fraction: [
                    // Reducing switches have their own rate, which is more than kernels get through plain copies.
                    if kernel.is_reducing() { None } else { Some(self.at(p::PART_SCALEUP)) },
                    Some(self.at(p::PART_PCIE)),
                    Some(network),
                ],
                flowing: kernel.is_ring() && kernel.protocol == Protocol::Ll,
                messages: None,
            },
        }
    }

    /// Launch and synchronisation.
    fn launch(&self, kernel: &Kernel<'_>) -> Time {
        let own = if kernel.is_reducing() {
            p::LAUNCH_NVLS
        } else {
            kernel.pick([p::LAUNCH_LL, p::LAUNCH_LL128, p::LAUNCH_SIMPLE])
        };
        let shared = if self.shared_process { self.at(p::LAUNCH_SHARED) } else { 0.0 };
        micros(self.at(own) + shared)
    }

    /// Microseconds of software a step, by medium.
    fn steps(&self, kernel: &Kernel<'_>) -> [f64; 3] {
        let rows = if kernel.is_ring() {
            [
                [p::RING_LL, p::RING_LL128, p::RING_SIMPLE],
                [p::PCIE_RING_LL, p::PCIE_RING_LL128, p::PCIE_RING_SIMPLE],
                [p::NET_RING_LL, p::NET_RING_LL128, p::NET_RING_SIMPLE],
            ]
        } else {
            [
                if kernel.is_reducing() {
                    [p::NVLS_STEP; 3]
                } else {
                    [p::TREE_LL, p::TREE_LL128, p::TREE_SIMPLE]
                },
                [p::PCIE_TREE_LL, p::PCIE_TREE_LL128, p::PCIE_TREE_SIMPLE],
                [p::NET_TREE_LL, p::NET_TREE_LL128, p::NET_TREE_SIMPLE],
            ]
        };
        rows.map(|row| self.at(kernel.pick(row)))
    }

    /// What all channels of a rank move within its server, in bytes per second, where a step there takes `step`
    /// microseconds; and the segments of a pipeline.
    fn pace(&self, kernel: &Kernel<'_>, step: f64) -> (f64, Option<u32>) {
        let site = kernel.site;
        let links = match site.inside() {
            Medium::Scaleup => site.scaleup * self.at(p::PART_SCALEUP),
            Medium::Pcie => site.pcie * self.at(p::PART_PCIE),
            Medium::Network => f64::INFINITY,
        };
        if kernel.is_reducing() {
            return self.switched(kernel, links);
        }
        let all = self.moved(kernel);
        let rate = match kernel.protocol {
            Protocol::Ll => all.min(self.rate(p::RATE_LL_ALL)),
            Protocol::Ll128 => all.min(links * self.at(p::PART_LL128)),
            Protocol::Simple => all,
        };
        let chunk = |simple: Param| {
            kernel.segments(self.at(kernel.pick([p::CHUNK_TREE_LL, p::CHUNK_TREE_LL128, simple])))
        };
        match (kernel.is_ring(), kernel.op.is_rooted(), kernel.protocol) {
            (true, true, _) => (rate.min(links), chunk(p::CHUNK_ROOTED)),
            (true, false, Protocol::Simple) => (self.chunked(kernel, rate.min(links), step), None),
            (true, false, _) => (rate.min(links), None),
            (false, ..) => (rate, chunk(p::CHUNK_TREE)),
        }
    }

    /// What the channels of a ring or tree move each way.
    fn moved(&self, kernel: &Kernel<'_>) -> f64 {
        let (each, ways) = match (kernel.is_ring(), kernel.protocol) {
            // Half of the threads go up the tree, half down.
            (false, Protocol::Simple) => (p::RATE_TREE, 2.0),
            _ => (kernel.pick([p::RATE_LL, p::RATE_LL128, p::RATE_SIMPLE]), 1.0),
        };
        f64::from(kernel.channels) * self.rate(each) / ways
    }

    /// The rate of a ring whose chunks beyond the first of every block cost another step each.
    fn chunked(&self, kernel: &Kernel<'_>, rate: f64, step: f64) -> f64 {
        let block = kernel.bytes as f64 / f64::from(kernel.site.ranks.max(1)) / f64::from(kernel.channels);
        let more = (block / self.at(p::CHUNK_RING) - 1.0).max(0.0);
        let alone = block * f64::from(kernel.channels) / rate;
        if alone <= 0.0 { rate } else { rate * alone / (alone + more * step / 1e6) }
    }

    /// The rate and segments of NVLS: chunks are smaller for small sizes, so that all channels and heads have some.
    fn switched(&self, kernel: &Kernel<'_>, links: f64) -> (f64, Option<u32>) {
        let heads = u64::from(kernel.site.per_server.max(1));
        let places = u64::from(kernel.channels) * heads;
        let mut chunk = self.profile.count(p::CHUNK_NVLS);
        for (times, smaller) in [(64, 64 << 10), (8, 32 << 10), (2, 16 << 10)] {
            if chunk > smaller && kernel.bytes < times * places * chunk {
                chunk = smaller;
            }
        }
        let all = (places * chunk) as f64;
        // Products with fewer links than others of their generation (H800) get no more than the library counts on.
        let own = self.rate(p::RATE_NVLS).min(links * nvls_efficiency(self.profile.generation));
        let rate = all / (all / own + self.at(p::COST_NVLS) / 1e6);
        (rate, kernel.segments((heads * chunk) as f64))
    }

    /// Grouped sends and receives, and algorithms that the library does not have itself.
    fn sends(&self, site: &Site, algorithm: Algorithm) -> Plan {
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
            channels: self.channels(of_site(site)),
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
                flowing: false,
                messages: None,
            },
        }
    }
}

/// The constant that tells how many channels there are.
const fn of_site(site: &Site) -> Param {
    if site.servers > 1 { p::CHANNELS_NET } else { p::CHANNELS }
}
