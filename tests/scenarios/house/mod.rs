//! The house itself: the edges between its modules, and its pages.

mod docs;
mod edges;
