//! Arguments of `price`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::fabric::parts::Technology;
use crate::input::plan::SwitchPlace;

#[derive(Debug, Args)]
pub(in crate::cli) struct PriceArgs {
    /// Topology or scenario file; `-` is stdin
    pub(in crate::cli) file: String,
    /// Parts catalogue that goes over the built-in one
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) parts: Option<String>,
    /// Server [default: the one that is as those of the topology]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) server: Option<String>,
    /// Adapter of servers that come without [default: the cheapest that suits]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) nic: Option<String>,
    /// Switch for leaves [default: the cheapest with enough ports, as for all switches]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) leaf: Option<String>,
    /// Switch for spines
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) spine: Option<String>,
    /// Switch for cores
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) core: Option<String>,
    /// Switch for those that are of no tier
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) switch: Option<String>,
    /// Rack [default: the cheapest that holds a server, or as many as are asked for]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) rack: Option<String>,
    /// Servers of a rack [default: as many as fit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(in crate::cli) servers_per_rack: Option<u32>,
    /// Where switches stand [default: middle-of-row, or network-racks where they do not fit there]
    #[arg(long, value_parser = PossibleValuesParser::new(SwitchPlace::ALL.map(|(name, _)| name)))]
    pub(in crate::cli) place: Option<String>,
    /// What cables carry [default: what their classes say]
    #[arg(long, value_parser = PossibleValuesParser::new(Technology::ALL.map(|(name, _)| name)))]
    pub(in crate::cli) technology: Option<String>,
    /// Power of the facility over that of equipment, from 1 to 10 [default: 1.2]
    #[arg(long, value_parser = pue)]
    pub(in crate::cli) pue: Option<f64>,
    /// Seed of random choices where racks are placed
    #[arg(long, default_value_t = 1)]
    pub(in crate::cli) seed: u64,
    /// Folder for results [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Draw no pictures
    #[arg(long)]
    pub(in crate::cli) no_plots: bool,
}

fn pue(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (1.0..=10.0).contains(number));
    number.ok_or_else(|| "expected a number from 1 to 10, such as 1.2".to_owned())
}
