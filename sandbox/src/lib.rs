//! A county on one machine.
