//! The fluid engine: event-driven flows with exact max-min fair sharing.
