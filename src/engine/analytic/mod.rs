//! The analytic engine: closed forms and a congestion bound.
