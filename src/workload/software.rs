//! A generation of training software: its habits, and what it gets of accelerators.

use super::accelerator::Accelerator;
use super::constant::{Constant, Constants};
use super::precision::Format;
use super::step::{Habits, Overlap};

/// Where factors on constants hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// On accelerators of that name, or that are like it; on all where `None`.
    pub accelerator: Option<String>,
    /// For matrices in that format; for all where `None`.
    pub format: Option<Format>,
}

impl Scope {
    /// Whether it takes in an accelerator and a format.
    pub fn holds(&self, accelerator: &Accelerator, format: Format) -> bool {
        let named = |name: &String| *name == accelerator.name || *name == accelerator.like;
        self.accelerator.as_ref().is_none_or(named) && self.format.is_none_or(|own| own == format)
    }
}

/// What is multiplied with constants somewhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Factors {
    /// Where.
    pub scope: Scope,
    /// Factors on constants.
    pub factors: Vec<(Constant, f64)>,
}

/// A generation of training software.
#[derive(Debug, Clone, PartialEq)]
pub struct Software {
    /// Its name in the library or its file.
    pub name: String,
    /// A line for headings.
    pub title: String,
    /// Where its figures are from.
    pub sources: Vec<String>,
    /// How it does things.
    pub habits: Habits,
    /// What it runs beside computation unless told.
    pub overlap: Overlap,
    /// Factors of this software.
    pub factors: Vec<Factors>,
}

impl Software {
    /// Its constants on an accelerator with matrices in `format`: the defaults, times the accelerator's own factors, times
    /// those of this software that hold there, each kept within its range.
    pub fn constants(&self, accelerator: &Accelerator, format: Format) -> Constants {
        let mut constants = Constants::default();
        for factors in accelerator.factors.iter().chain(&self.factors) {
            if factors.scope.holds(accelerator, format) {
                for (constant, factor) in &factors.factors {
                    constants.set(*constant, constants[*constant] * factor);
                }
            }
        }
        for constant in Constant::all() {
            let (least, most) = constant.spec().range;
            constants.set(constant, constants[constant].clamp(least, most));
        }
        constants
    }
}
