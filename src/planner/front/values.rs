//! What designs are compared by.

use crate::input::plan::{ELECTRICITY, Objective, Plan, UPKEEP, UTILISATION, YEARS};
use crate::units::{EnergyPrice, Money, Power, Time};

/// What a design comes to; of all less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Values {
    /// Time of the weighted step.
    pub time: Time,
    /// Capital cost.
    pub capex: Money,
    /// Power of the facility.
    pub power: Power,
}

/// The axes of a plan's front, with what ownership costs.
#[derive(Debug, Clone)]
pub struct Axes {
    objectives: Vec<Objective>,
    epsilon: f64,
    owned: Ownership,
}

/// What it costs to own.
#[derive(Debug, Clone, Copy)]
pub struct Ownership {
    /// Dollars that a dollar of capital costs over the years, itself and upkeep.
    capital: f64,
    /// Dollars that a watt of the facility costs over the years.
    watt: f64,
}

/// Hours of a year.
const HOURS: f64 = 8_760.0;

impl Ownership {
    /// Over so many years; `upkeep` is a part of capital a year, `utilisation` the part of full power that is taken.
    pub fn new(years: f64, upkeep: f64, utilisation: f64, electricity: EnergyPrice) -> Self {
        Self {
            capital: 1.0 + years * upkeep,
            watt: years * HOURS * utilisation * electricity.usd_per_kwh() / 1e3,
        }
    }

    /// As plans have it that say nothing of it.
    pub fn usual() -> Self {
        Self::new(YEARS, UPKEEP, UTILISATION, ELECTRICITY)
    }

    /// Total cost, in dollars: capital, upkeep in proportion to it, and energy of a facility of so many watts.
    pub fn tco(&self, capex: Money, watts: f64) -> f64 {
        capex.usd() * self.capital + watts * self.watt
    }
}

impl Axes {
    /// Of a plan.
    pub fn new(plan: &Plan) -> Self {
        Self {
            objectives: plan.objectives.clone(),
            epsilon: plan.epsilon,
            owned: Ownership::new(plan.years, plan.upkeep, plan.utilisation, plan.electricity),
        }
    }

    /// Total cost of ownership, in dollars: capital, upkeep in proportion to it, and energy.
    pub fn tco(&self, capex: Money, power: Power) -> f64 {
        self.owned.tco(capex, power.watts())
    }

    /// What it costs to own.
    pub fn owned(&self) -> &Ownership {
        &self.owned
    }

    /// A value on an axis.
    pub fn value(&self, objective: Objective, values: &Values) -> f64 {
        match objective {
            Objective::StepTime => values.time.as_secs(),
            Objective::Capex => values.capex.usd(),
            Objective::Tco => self.tco(values.capex, values.power),
            Objective::Power => values.power.watts(),
        }
    }

    /// The axes.
    pub fn objectives(&self) -> &[Objective] {
        &self.objectives
    }

    /// Whether one is at least as good as another on every axis: then the other, if it is none but as good, need not be
    /// kept. With an epsilon, whether it is so but for that part.
    pub fn covers(&self, one: &Values, other: &Values) -> bool {
        self.objectives
            .iter()
            .all(|axis| self.value(*axis, one) <= self.value(*axis, other) * (1.0 + self.epsilon))
    }

    /// Whether one is at least as good as another on every axis, whatever the epsilon. Only such a one may take another's
    /// place: what was dropped for that other is then within the epsilon of the front still, however often this happens.
    pub fn replaces(&self, one: &Values, other: &Values) -> bool {
        self.objectives.iter().all(|axis| self.value(*axis, one) <= self.value(*axis, other))
    }
}
