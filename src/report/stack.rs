//! A stack in a line.

use std::collections::BTreeMap;

use crate::result::StackSummary;
use crate::stack::param::Param;
use crate::stack::{PROCESSES, Version};

/// What was taken for the library and the host: `nccl-hopper: nccl 2.20, per-gpu, protocol simple, launch.simple 9 us`.
pub(super) fn line(stack: &StackSummary) -> String {
    let library = match &stack.version {
        Some(version) => format!("{} {version}", stack.software),
        None => stack.software.clone(),
    };
    let counts = [
        ("threads", stack.threads),
        ("min_channels", stack.min_channels),
        ("max_channels", stack.max_channels),
        ("rails", stack.rails),
    ];
    let mut facts = vec![library];
    facts.extend(stack.process.clone());
    facts.extend(stack.algorithm.iter().map(|name| format!("algorithm {name}")));
    facts.extend(stack.protocol.iter().map(|name| format!("protocol {name}")));
    facts.extend(counts.iter().filter_map(|(key, count)| Some(format!("{key} {}", (*count)?))));
    facts.extend(stack.set.iter().map(|(key, value)| match Param::from_key(key) {
        Some(param) => format!("{key} {}", param.spec().unit.told(*value)),
        None => format!("{key} {value}"),
    }));
    format!("{}: {}", stack.profile, facts.join(", "))
}

/// The same for where there is little room: the profile alone where all else is what a stack takes unless told.
pub(super) fn short(stack: &StackSummary) -> String {
    let plain = StackSummary {
        profile: stack.profile.clone(),
        software: stack.software.clone(),
        version: stack.version.as_ref().map(|_| Version::NEWEST.to_string()),
        process: stack.process.as_ref().map(|_| PROCESSES[0].0.into()),
        algorithm: None,
        protocol: None,
        threads: None,
        min_channels: None,
        max_channels: None,
        rails: None,
        set: BTreeMap::new(),
    };
    if *stack == plain { plain.profile } else { line(stack) }
}
