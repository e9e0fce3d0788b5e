//! Plans: from what is asked for to a front of designs, each of which can be drawn up.

mod amount;
mod describe;
mod draw;
mod error;
mod loads;
mod memory;
mod sensitivity;
mod topology;

pub use draw::Drawing;
pub use error::PlanError;
pub use topology::topology;

use crate::input::plan::Plan;
use crate::planner::front::{Axes, Found, Journal, Space, search};
use crate::planner::score::{Failure, Score, Scorer, Situation, Wiring};
use crate::result::PlanResult;
use crate::run::{RunOptions, Watch, threads};

/// How far a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Steps are divided, and designs enumerated.
    Enumerating,
    /// So many networks of so many are decided.
    Searching(usize, usize),
    /// So many designs of so many on the front are looked at more closely.
    Describing(usize, usize),
    /// So many designs of so many are drawn up.
    Drawing(usize, usize),
}

/// A plan whose front is known.
pub struct Planned<'a> {
    plan: &'a Plan,
    space: Space<'a>,
    found: Found,
    scorers: Vec<Scorer>,
    /// What it came to.
    pub result: PlanResult,
}

/// Searches the front of a plan, and tells of each design on it what limits it.
///
/// # Errors
/// As [`certify`].
pub fn plan<'a>(
    plan: &'a Plan,
    options: &RunOptions,
    journal: &dyn Journal,
    watch: &dyn Watch,
    progress: &(dyn Fn(Stage) + Sync),
) -> Result<Planned<'a>, PlanError> {
    let mut planned = certify(plan, options, journal, watch, progress)?;
    planned.describe(options, watch, progress)?;
    Ok(planned)
}

/// Searches the front of a plan: [`Planned::describe`] tells of it.
///
/// # Errors
/// Where nothing can be bought, a step cannot be divided, a network cannot be played, or `watch` says stop.
pub fn certify<'a>(
    plan: &'a Plan,
    options: &RunOptions,
    journal: &dyn Journal,
    watch: &dyn Watch,
    progress: &(dyn Fn(Stage) + Sync),
) -> Result<Planned<'a>, PlanError> {
    pool(options)?.install(|| {
        progress(Stage::Enumerating);
        let counts = amount::counts(plan)?;
        let space = Space::new(plan, &counts);
        if space.structures.is_empty() {
            return Err(PlanError::NoNetwork);
        }
        let mut scorers = Vec::with_capacity(space.courses.len());
        let mut divisions = Vec::with_capacity(space.courses.len());
        for course in &space.courses {
            let (scorer, divided) = loads::scorer(plan, *course, options, watch)?;
            scorers.push(scorer);
            divisions.push(divided);
        }
        let step = |done, all| progress(Stage::Searching(done, all));
        let found = search(plan, &space, &mut scorers, journal, watch, &step)?;
        let mut result = describe::frame(plan, &divisions);
        result.notes = memory::unfit(plan, &space.courses, &divisions);
        Ok(Planned { plan, space, found, scorers, result })
    })
}

/// The threads of a plan.
fn pool(options: &RunOptions) -> Result<rayon::ThreadPool, PlanError> {
    Ok(threads(options.threads).map_err(|message| crate::run::RunError::Threads { message })?)
}

impl Planned<'_> {
    /// Designs on the front.
    pub fn designs(&self) -> usize {
        self.found.front.len()
    }

    /// Networks that were simulated, of how many.
    pub fn networks(&self) -> (u64, usize) {
        (self.found.networks, self.space.networks.len())
    }

    /// Tells of each design on the front what it comes to and what limits it.
    ///
    /// # Errors
    /// Where a network cannot be played, or `watch` says stop.
    pub fn describe(
        &mut self,
        options: &RunOptions,
        watch: &dyn Watch,
        progress: &(dyn Fn(Stage) + Sync),
    ) -> Result<(), PlanError> {
        let front = pool(options)?.install(|| self.front(watch, progress))?;
        describe::finish(self, front);
        Ok(())
    }

    /// How many collectives were played for it.
    pub fn collectives(&self) -> usize {
        self.scorers.iter().map(Scorer::played).sum()
    }

    /// All situations of a network, also those that do not count.
    fn whole(&self, at: usize, watch: &dyn Watch) -> Result<Score, PlanError> {
        let network = &self.space.networks[at];
        let scorer = &self.scorers[self.space.course_of[network.base]];
        let mut collected = scorer.collect(&network.wiring, true)?;
        Ok(scorer.score(&mut collected, watch)?.0)
    }

    fn scorer(&self, at: usize) -> &Scorer {
        &self.scorers[self.space.course_of[self.space.networks[at].base]]
    }

    fn wiring(&self, at: usize) -> &Wiring {
        &self.space.networks[at].wiring
    }

    fn axes(&self) -> Axes {
        Axes::new(self.plan)
    }
}

/// What is failed in a situation, in words; empty where nothing is.
fn failed(situation: Situation) -> String {
    match situation {
        Situation::Failed(failure) => Failure::words(failure).to_owned(),
        Situation::Aligned | Situation::Scattered => String::new(),
    }
}
