//! What a library publishes of a generation, as constants of a profile.

use super::nccl::Version;
use super::param::{self as p, Param};
use super::profile::Generation;
use super::tables;

/// What NCCL's newest release takes for a generation inside a server: the part of links, caps of LL, LL128 and trees, and
/// what NVLS moves where switches reduce. In the units of their constants.
pub fn published(generation: Generation) -> Vec<(Param, f64)> {
    let newest = Version::NEWEST;
    let part = tables::part_of_links(generation, newest);
    let mut found = vec![
        (p::PART_SCALEUP, part),
        (p::PART_P2P, part),
        (p::RATE_LL_ALL, tables::ll(generation, newest, 1)),
        (p::RATE_LL128, tables::ring_ll128(generation, newest)),
        (p::RATE_TREE, tables::tree(generation, newest).0[0]),
    ];
    // 18 links a chip.
    let links = match generation {
        Generation::Volta | Generation::Ampere => return found,
        Generation::Hopper => 18.0 * 25.0,
        Generation::Blackwell => 18.0 * 50.0,
    };
    let channels = tables::nvls_channels(generation, 1);
    let nvls = links * part * tables::nvls_efficiency(generation) * (channels - 1.0) / channels;
    found.push((p::RATE_NVLS, nvls));
    found
}
