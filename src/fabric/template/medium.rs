//! Cables as parameters describe them: a class, a rate, and optionally a latency and a length.

use super::{Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Cable};

/// The names of the parameters that describe one sort of cable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Medium {
    /// Of kind [`ParamKind::Class`].
    pub(super) class: &'static str,
    /// Of kind [`ParamKind::Bandwidth`].
    pub(super) bandwidth: &'static str,
    /// Of kind [`ParamKind::Time`], if there is one.
    pub(super) latency: Option<&'static str>,
    /// Of kind [`ParamKind::Length`], if there is one.
    pub(super) length: Option<&'static str>,
}

impl Medium {
    /// The names that families with one sort of cable use.
    pub(super) const ONLY: Self =
        Self { class: "class", bandwidth: "bandwidth", latency: Some("latency"), length: Some("length") };

    /// Reads the cable into `faults` or returns it.
    pub(super) fn cable(
        self,
        values: &Values<'_>,
        builder: &Builder,
        faults: &mut Vec<Fault>,
    ) -> Option<Cable> {
        let word = values.word(self.class);
        let class = builder.class(word);
        if class.is_none() {
            faults.push(Fault::new(self.class, format!("there is no link class named `{word}`")));
        }
        let bandwidth = values.bandwidth(self.bandwidth);
        if bandwidth.bits_per_sec() == 0 {
            faults.push(Fault::new(self.bandwidth, "a bandwidth of zero carries nothing"));
            return None;
        }
        let cable = Cable::new(class?, bandwidth)
            .latency(self.latency.and_then(|name| values.time(name)))
            .length(self.length.and_then(|name| values.length(name)));
        Some(cable)
    }
}

/// The rate of every cable, 400 Gbps unless given.
pub(super) const BANDWIDTH: Param =
    Param::new("bandwidth", ParamKind::Bandwidth, "400 Gbps", "rate of a cable, each direction");

/// The link class, `ideal` unless given.
pub(super) const IDEAL: Param = Param::new("class", ParamKind::Class, "ideal", "link class of the cables");

/// The latency of every hop.
pub(super) const LATENCY: Param =
    Param::optional("latency", ParamKind::Time, "latency of a hop; the class's where left out");

/// The length of every cable.
pub(super) const LENGTH: Param = Param::optional("length", ParamKind::Length, "length of a cable");
