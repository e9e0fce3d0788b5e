//! What rows may name.

use crate::input::workload;
use crate::workload::{Accelerator, Model, Software};

use super::generation::GENERATIONS;

/// What rows may name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Models.
    pub models: Vec<Model>,
    /// Accelerators.
    pub accelerators: Vec<Accelerator>,
    /// Generations of software.
    pub software: Vec<Software>,
}

impl Catalogue {
    /// The built-in libraries: all models and accelerators, and the generations of software that rows may belong to.
    pub fn built_in() -> Self {
        Self {
            models: workload::model_names().filter_map(workload::model).collect(),
            accelerators: workload::accelerator_names().filter_map(workload::accelerator).collect(),
            software: GENERATIONS.into_iter().filter_map(workload::software).collect(),
        }
    }

    /// The same without any factor: where every fit begins.
    #[must_use]
    pub fn without_factors(mut self) -> Self {
        for accelerator in &mut self.accelerators {
            accelerator.factors.clear();
        }
        for software in &mut self.software {
            software.factors.clear();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generation_has_a_file() {
        let catalogue = Catalogue::built_in();
        let names: Vec<&str> = catalogue.software.iter().map(|software| software.name.as_str()).collect();
        assert_eq!(names, GENERATIONS);
        assert!(catalogue.models.len() > 10 && catalogue.accelerators.len() > 10);
    }

    #[test]
    fn a_fit_begins_without_factors() {
        let catalogue = Catalogue::built_in().without_factors();
        assert!(catalogue.accelerators.iter().all(|own| own.factors.is_empty()));
        assert!(catalogue.software.iter().all(|own| own.factors.is_empty()));
    }
}
