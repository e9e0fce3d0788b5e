//! Parameters of a family and their values.

use std::collections::BTreeMap;

use crate::units::{Bandwidth, Length, Time};

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// A whole number in a range, both ends included.
    Count {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// A list of 1 to 4 whole numbers of at least 1, such as `[4, 4, 4]`.
    Sides,
    /// A rate.
    Bandwidth,
    /// A time.
    Time,
    /// A length.
    Length,
    /// The name of a link class.
    Class,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
}

/// A parameter of a family.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// The key in files.
    pub name: &'static str,
    /// What it holds.
    pub kind: ParamKind,
    /// The default as a file would write it (`"400 Gbps"` without the quotes, `8`, `true`); `None`
    /// where it must be given; `Some("")` where it may be left out and then has no value.
    pub default: Option<&'static str>,
    /// One sentence for documentation.
    pub about: &'static str,
}

impl Param {
    /// A parameter that must be given.
    pub const fn required(name: &'static str, kind: ParamKind, about: &'static str) -> Self {
        Self { name, kind, default: None, about }
    }

    /// A parameter with a default.
    pub const fn new(
        name: &'static str,
        kind: ParamKind,
        default: &'static str,
        about: &'static str,
    ) -> Self {
        Self { name, kind, default: Some(default), about }
    }

    /// A parameter that may be left out and then has no value.
    pub const fn optional(name: &'static str, kind: ParamKind, about: &'static str) -> Self {
        Self { name, kind, default: Some(""), about }
    }
}

/// A value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Of [`ParamKind::Count`].
    Count(u32),
    /// Of [`ParamKind::Sides`].
    Sides(Vec<u32>),
    /// Of [`ParamKind::Bandwidth`].
    Bandwidth(Bandwidth),
    /// Of [`ParamKind::Time`].
    Time(Time),
    /// Of [`ParamKind::Length`].
    Length(Length),
    /// Of [`ParamKind::Class`] and [`ParamKind::Choice`].
    Word(String),
    /// Of [`ParamKind::Flag`].
    Flag(bool),
}

impl ParamKind {
    /// Reads a default as [`Param::default`] writes it.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(self, text: &str) -> Result<Value, String> {
        let told = |e: &dyn std::fmt::Display| e.to_string();
        match self {
            Self::Count { min, max } => match text.parse::<u32>() {
                Ok(n) if (min..=max).contains(&n) => Ok(Value::Count(n)),
                _ => Err(format!("expected a whole number from {min} to {max}")),
            },
            Self::Sides => text
                .split(',')
                .map(|side| side.trim().parse::<u32>().map_err(|e| told(&e)))
                .collect::<Result<_, _>>()
                .map(Value::Sides),
            Self::Bandwidth => text.parse().map(Value::Bandwidth).map_err(|e| told(&e)),
            Self::Time => text.parse().map(Value::Time).map_err(|e| told(&e)),
            Self::Length => text.parse().map(Value::Length).map_err(|e| told(&e)),
            Self::Class | Self::Choice(_) => Ok(Value::Word(text.into())),
            Self::Flag => text.parse().map(Value::Flag).map_err(|e| told(&e)),
        }
    }
}

/// A fault of a family's build that concerns a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which parameter.
    pub param: &'static str,
    /// What is wrong, in one lower-case sentence.
    pub message: String,
}

impl Fault {
    /// A fault of a parameter.
    pub fn new(param: &'static str, message: impl Into<String>) -> Self {
        Self { param, message: message.into() }
    }
}

/// The values of a family's parameters, defaults filled in.
#[derive(Debug, Clone)]
pub struct Values<'a> {
    params: &'a [Param],
    given: BTreeMap<&'a str, Value>,
}

impl<'a> Values<'a> {
    /// Values of `params`; those not `given` have their defaults.
    ///
    /// # Errors
    /// The names of required parameters that were not given.
    ///
    /// # Panics
    /// Where a family's own default cannot be read, which a test rules out.
    pub fn new(params: &'a [Param], mut given: BTreeMap<&'a str, Value>) -> Result<Self, Vec<&'a str>> {
        let mut missing = Vec::new();
        for param in params {
            if given.contains_key(param.name) {
                continue;
            }
            match param.default {
                None => missing.push(param.name),
                Some("") => {}
                Some(text) => {
                    given.insert(param.name, param.kind.parse(text).expect("defaults can be read"));
                }
            }
        }
        if missing.is_empty() { Ok(Self { params, given }) } else { Err(missing) }
    }

    /// The value of a parameter, if it has one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        debug_assert!(self.params.iter().any(|param| param.name == name), "`{name}` is not a parameter");
        self.given.get(name)
    }

    /// A count; 0 where it has no value.
    pub fn count(&self, name: &str) -> u32 {
        self.optional_count(name).unwrap_or(0)
    }

    /// A count that may be left out.
    pub fn optional_count(&self, name: &str) -> Option<u32> {
        match self.get(name) {
            Some(Value::Count(n)) => Some(*n),
            _ => None,
        }
    }

    /// Side lengths.
    pub fn sides(&self, name: &str) -> &[u32] {
        match self.get(name) {
            Some(Value::Sides(sides)) => sides,
            _ => &[],
        }
    }

    /// A rate; zero where it has no value.
    pub fn bandwidth(&self, name: &str) -> Bandwidth {
        match self.get(name) {
            Some(Value::Bandwidth(bandwidth)) => *bandwidth,
            _ => Bandwidth::default(),
        }
    }

    /// A time that may be left out.
    pub fn time(&self, name: &str) -> Option<Time> {
        match self.get(name) {
            Some(Value::Time(time)) => Some(*time),
            _ => None,
        }
    }

    /// A length that may be left out.
    pub fn length(&self, name: &str) -> Option<Length> {
        match self.get(name) {
            Some(Value::Length(length)) => Some(*length),
            _ => None,
        }
    }

    /// A word (class or choice); empty where it has no value.
    pub fn word(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Value::Word(word)) => word,
            _ => "",
        }
    }

    /// A flag; false where it has no value.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Flag(true)))
    }
}
