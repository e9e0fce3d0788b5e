//! The one place where the stages are joined: a [`Scenario`] in, a [`crate::result::RunResult`] out.

mod scenario;

pub use scenario::{CollectiveSpec, ExpectSpec, ExpectWhat, Scenario};
