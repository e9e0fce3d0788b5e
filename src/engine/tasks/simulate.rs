//! Plays a job of tasks, event by event.

use super::calendar::Calendar;
use super::instant::Progress;
use super::job::TaskJob;
use super::outcome::{RowUse, TaskOutcome};
use super::sharing::Sharing;
use crate::engine::Probe;
use crate::units::Time;

/// Events between two words to the probe.
const PROGRESS_EVERY: u64 = 1 << 12;

/// Runs a job. The probe is told how many tasks are done, first before anything is; transfers are none.
///
/// Memory is proportional to tasks, demands and dependencies. An event costs the logarithm of how many tasks run, and,
/// where a row is oversubscribed, the size of the component of tasks that are linked through such rows. Times beyond
/// [`Time::MAX`] are that.
pub fn run<P: Probe>(job: &TaskJob, probe: &mut P) -> TaskOutcome {
    let mut play = Play::new(job);
    let complete = play.all(probe);
    play.outcome(complete)
}

/// What the time of a task in the calendar means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// It may start.
    Start,
    /// Its latency has passed.
    Work,
    /// It is done.
    Done,
}

/// A job in play.
struct Play<'a> {
    job: &'a TaskJob,
    now: u64,
    /// By task: for how many others it waits still.
    waits: Vec<u32>,
    next: Vec<Next>,
    start: Vec<Time>,
    finish: Vec<Time>,
    progress: Vec<Progress>,
    calendar: Calendar,
    sharing: Sharing<'a>,
    /// Tasks that are done now, whose followers were not told yet.
    done: Vec<u32>,
    count: u64,
    events: u64,
}

impl<'a> Play<'a> {
    fn new(job: &'a TaskJob) -> Self {
        Self {
            job,
            now: 0,
            waits: job.waits.clone(),
            next: vec![Next::Start; job.len()],
            start: vec![Time::MAX; job.len()],
            finish: vec![Time::MAX; job.len()],
            progress: vec![Progress::NONE; job.len()],
            calendar: Calendar::new(job.len()),
            sharing: Sharing::new(job),
            done: Vec::new(),
            count: 0,
            events: 0,
        }
    }

    /// Plays all events; false where the probe cancelled.
    fn all<P: Probe>(&mut self, probe: &mut P) -> bool {
        if !probe.progress(0, self.job.len() as u64) {
            return false;
        }
        for task in 0..self.job.len() as u32 {
            if self.waits[task as usize] == 0 {
                self.calendar.set(task, self.job.not_before[task as usize].0);
            }
        }
        while let Some(now) = self.calendar.next() {
            self.now = now;
            self.instant();
            self.events += 1;
            if self.events.is_multiple_of(PROGRESS_EVERY)
                && !probe.progress(self.count, self.job.len() as u64)
            {
                return false;
            }
        }
        true
    }

    /// Plays all that happens now.
    fn instant(&mut self) {
        // Tasks that need no time may have followers that happen now too: `follow` plays them, so that nothing in the
        // calendar is of now in the end.
        while let Some(task) = self.calendar.take(self.now) {
            match self.next[task as usize] {
                Next::Start => self.begin(task),
                Next::Work => self.work(task),
                Next::Done => {
                    self.sharing.leave(task);
                    self.end(task);
                }
            }
            self.follow();
        }
        let Self { now, progress, calendar, sharing, .. } = self;
        sharing.settle(*now, |task, rate| {
            if let Some(finish) = progress[task as usize].set_rate(*now, rate) {
                calendar.set(task, finish);
            }
        });
    }

    /// Tells the followers of tasks that are done, and of those that are done thereby.
    fn follow(&mut self) {
        while let Some(task) = self.done.pop() {
            for next in self.job.waiting.of(task as usize) {
                let waits = &mut self.waits[next.index()];
                *waits -= 1;
                if *waits == 0 {
                    let time = self.job.not_before[next.index()].0;
                    if time > self.now {
                        self.calendar.set(next.0, time);
                    } else {
                        self.begin(next.0);
                    }
                }
            }
        }
    }

    /// A task starts.
    fn begin(&mut self, task: u32) {
        self.start[task as usize] = Time(self.now);
        let latency = self.job.latency[task as usize].0;
        if latency == 0 {
            self.work(task);
        } else {
            self.next[task as usize] = Next::Work;
            self.calendar.set(task, self.now.saturating_add(latency));
        }
    }

    /// The latency of a task has passed.
    fn work(&mut self, task: u32) {
        let work = self.job.work[task as usize].0;
        if work == 0 {
            self.end(task);
        } else {
            let (progress, finish) = Progress::begin(self.now, work);
            self.progress[task as usize] = progress;
            self.next[task as usize] = Next::Done;
            self.calendar.set(task, finish);
            self.sharing.join(task);
        }
    }

    /// A task is done.
    fn end(&mut self, task: u32) {
        self.finish[task as usize] = Time(self.now);
        self.count += 1;
        self.done.push(task);
    }

    fn outcome(self, complete: bool) -> TaskOutcome {
        let (job, start, finish) = (self.job, self.start, self.finish);
        let mut rows: Vec<RowUse> = self
            .sharing
            .times()
            .map(|(busy, contended)| RowUse { used: 0.0, busy: Time(busy), contended: Time(contended) })
            .collect();
        let mut stretched = vec![Time::ZERO; job.len()];
        let mut makespan = Time::ZERO;
        for task in job.tasks() {
            let at = task.index();
            if finish[at] == Time::MAX {
                continue;
            }
            makespan = makespan.max(finish[at]);
            let alone = start[at].saturating_add(job.latency[at]).saturating_add(job.work[at]);
            stretched[at] = Time(finish[at].0.saturating_sub(alone.0));
            for (row, demand) in job.demands(task) {
                rows[row.index()].used += demand * super::instant::float(job.work[at].0);
            }
        }
        TaskOutcome {
            start,
            finish,
            makespan,
            stretched,
            rows,
            events: self.events,
            solves: self.sharing.solves,
            cancelled: !complete,
        }
    }
}
