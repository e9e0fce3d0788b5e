//! Closed forms for the collectives of a step on two tiers: scale-up domains, and a network between them.

/// One tier: what an accelerator gets of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tier {
    /// Bytes per second of an accelerator, one way, after what protocols take.
    pub bandwidth: f64,
    /// Seconds of a step of a collective.
    pub latency: f64,
    /// Seconds to begin a collective.
    pub launch: f64,
}

/// Two tiers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Network {
    /// Within a domain.
    pub scaleup: Tier,
    /// Between domains.
    pub scaleout: Tier,
    /// Accelerators of a domain.
    pub domain: u32,
}

/// A group of ranks, as the tiers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Group {
    /// Ranks.
    pub ranks: u32,
    /// Of them, in one domain.
    pub near: u32,
}

impl Group {
    /// A group of ranks `stride` apart in domains of `domain`.
    pub fn new(ranks: u32, stride: u64, domain: u32) -> Self {
        let fit = (u64::from(domain.max(1)) / stride.max(1)).max(1);
        let near = u32::try_from(fit).unwrap_or(u32::MAX).min(ranks);
        // Domains are filled as evenly as the group allows.
        let domains = ranks.div_ceil(near.max(1)).max(1);
        Self { ranks, near: ranks.div_ceil(domains).max(1) }
    }

    /// Domains that it reaches into.
    pub const fn domains(&self) -> u32 {
        self.ranks.div_ceil(if self.near == 0 { 1 } else { self.near })
    }
}

/// A collective, as a step uses it. Sizes are those of the project: the whole output of an all-gather, the whole input
/// of a reduce-scatter, the buffer of an all-reduce, what one rank sends in all in an all-to-all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// Sum for all.
    AllReduce,
    /// All parts for all.
    AllGather,
    /// A part of the sum for each.
    ReduceScatter,
    /// A part of each for each.
    AllToAll,
    /// From one rank to another.
    Send,
}

impl Network {
    /// Seconds of a collective alone, all groups of its kind at work at once.
    ///
    /// Rings, where every rank sends `(n - 1) / n` of the size once or twice over the slower of two tiers: within a domain
    /// at its own rate, between domains through the adapters of all its ranks there. Latency is that of a ring or of a
    /// tree, whichever is less. Exchanges by pair use both tiers at once.
    pub fn time(&self, pattern: Pattern, group: Group, bytes: f64) -> f64 {
        let n = f64::from(group.ranks);
        if group.ranks <= 1 || bytes <= 0.0 {
            return 0.0;
        }
        let near = f64::from(group.near);
        let domains = f64::from(group.domains());
        let crosses = group.domains() > 1;
        let (up, out) = (&self.scaleup, &self.scaleout);
        let launch = if crosses { out.launch } else { up.launch };
        if pattern == Pattern::Send {
            let tier = if group.near < group.ranks { out } else { up };
            return tier.launch + tier.latency + bytes / tier.bandwidth;
        }
        if pattern == Pattern::AllToAll {
            let inside = (near - 1.0) / n * bytes / up.bandwidth + (near - 1.0).min(8.0) * up.latency;
            if !crosses {
                return launch + inside;
            }
            let outside = (n - near) / n * bytes / out.bandwidth + (domains - 1.0).min(16.0) * out.latency;
            return launch + inside.max(outside);
        }
        let passes = if pattern == Pattern::AllReduce { 2.0 } else { 1.0 };
        let sent = (n - 1.0) / n * bytes;
        let rate = if !crosses {
            up.bandwidth
        } else if group.near > 1 {
            up.bandwidth.min(near * out.bandwidth)
        } else {
            out.bandwidth
        };
        let ring = (n - domains) * up.latency + if crosses { domains * out.latency } else { 0.0 };
        let depth = |count: f64| count.log2().ceil();
        let tree = depth(near) * up.latency + if crosses { depth(domains) * out.latency } else { 0.0 };
        launch + passes * (ring.min(2.0 * tree) + sent / rate)
    }
}
