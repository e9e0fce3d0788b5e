//! Identifiers: one newtype over `u32` for each kind of thing, so that they cannot be mixed up.

/// Makes an id newtype.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// From a position in an array.
            ///
            /// # Panics
            /// Where the position does not fit in 32 bits; builders check their sizes before.
            pub fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).expect("ids fit in 32 bits"))
            }

            /// The position in an array.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id! {
    /// A node of a fabric.
    NodeId
}
id! {
    /// A directed link of a fabric.
    LinkId
}
id! {
    /// A class of links of a fabric.
    ClassId
}
id! {
    /// What flows share: a directed link, or one lane of it where lanes are chosen one by one.
    ResourceId
}
id! {
    /// A path in a route table.
    PathId
}
id! {
    /// A member of a collective, numbered from 0 within it.
    Rank
}
id! {
    /// A task of a step: compute, or a whole collective.
    TaskId
}
id! {
    /// What running tasks share: a row of capacities.
    RowId
}
id! {
    /// A queue of tasks that run one at a time, in order.
    QueueId
}

/// A position or a count in 32 bits; what does not fit is the largest there is, which nothing has.
pub fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
