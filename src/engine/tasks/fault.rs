//! Why a job of tasks cannot be built.

use thiserror::Error;

use crate::ids::{QueueId, RowId, TaskId};

/// What is wrong with a job of tasks.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TaskFault {
    /// A capacity that is not a number above 0.
    #[error("row {} has a capacity of {capacity}: it must be more than 0, and finite", row.0)]
    Capacity {
        /// The row.
        row: RowId,
        /// What was given.
        capacity: f64,
    },
    /// A demand outside (0, 1].
    #[error("task {} demands {demand} of row {}: a demand is more than 0 and at most 1", task.0, row.0)]
    Demand {
        /// The task.
        task: TaskId,
        /// The row.
        row: RowId,
        /// What was given.
        demand: f64,
    },
    /// A demand of a row that there is not.
    #[error("task {} demands row {}, but there {}", task.0, row.0, are(*rows, "row"))]
    NoSuchRow {
        /// The task.
        task: TaskId,
        /// The row.
        row: RowId,
        /// How many there are.
        rows: usize,
    },
    /// Two demands of one row.
    #[error("task {} demands row {} twice", task.0, row.0)]
    RowTwice {
        /// The task.
        task: TaskId,
        /// The row.
        row: RowId,
    },
    /// A place in a queue that there is not.
    #[error("task {} is in queue {}, but there {}", task.0, queue.0, are(*queues, "queue"))]
    NoSuchQueue {
        /// The task.
        task: TaskId,
        /// The queue.
        queue: QueueId,
        /// How many there are.
        queues: usize,
    },
    /// Two places in one queue.
    #[error("task {} is in queue {} twice", task.0, queue.0)]
    QueueTwice {
        /// The task.
        task: TaskId,
        /// The queue.
        queue: QueueId,
    },
    /// A dependency of, or on, a task that there is not, or a place in a queue for it.
    #[error("task {} is named, but there {}", task.0, are(*tasks, "task"))]
    NoSuchTask {
        /// The task.
        task: TaskId,
        /// How many there are.
        tasks: usize,
    },
    /// Tasks that wait for each other, through dependencies and the order of queues: each for the one before it, the
    /// first for the last.
    #[error("tasks wait for each other in a circle: {}", circle(.0))]
    Cycle(Vec<TaskId>),
    /// More than 32 bits can number.
    #[error("there are {count} {what}: {} is the most", u32::MAX)]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
    },
}

/// How many there are, in words.
fn are(count: usize, what: &str) -> String {
    match count {
        0 => format!("is no {what}"),
        1 => format!("is 1 {what}"),
        _ => format!("are {count} {what}s"),
    }
}

/// The most tasks of a circle that are named.
const NAMED: usize = 8;

/// A circle in words, from the first task back to it.
fn circle(tasks: &[TaskId]) -> String {
    let mut text = String::new();
    for task in tasks.iter().take(NAMED) {
        text += &format!("{} -> ", task.0);
    }
    if tasks.len() > NAMED {
        text += &format!("{} more -> ", tasks.len() - NAMED);
    }
    text + &tasks.first().map_or(0, |first| first.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_built_in_a_test_is_told_too() {
        let fault = TaskFault::TooMany { what: "dependencies", count: 5_000_000_000 };
        assert_eq!(are(0, "row"), "is no row");
        assert_eq!(fault.to_string(), "there are 5000000000 dependencies: 4294967295 is the most");
    }
}
