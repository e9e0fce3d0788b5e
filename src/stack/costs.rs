//! What the transfers of a collective cost under a library.

use super::site::Medium;
use crate::units::Time;

/// What transfers cost, by medium: scale-up links, PCIe, network.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// Software latency of a transfer.
    pub step: [Time; 3],
    /// What all lanes that leave a rank (a server, for the network) move together at most, in bytes of data per second.
    pub most: [f64; 3],
    /// What is got of the raw rate of links; their own payload efficiency where `None`.
    pub fraction: [Option<f64>; 3],
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
        flowing: false,
        messages: None,
    };

    /// Software latency and highest rate of a transfer of so many bytes; `lanes` share what the rank moves,
    /// and the receiver adds so much of what arrives.
    pub(super) fn lane(&self, medium: Medium, bytes: u64, lanes: f64, reduces: f64) -> (Time, f64) {
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

/// A time of so many microseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "constants are in range")]
pub(super) fn micros(us: f64) -> Time {
    Time::from_ps((us * 1e6).round() as u64)
}
