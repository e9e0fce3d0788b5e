//! Results out: tables, JSON, CSV and drawings.
