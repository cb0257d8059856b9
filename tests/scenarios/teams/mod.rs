//! Who can go, and what leads see.

mod leads;
mod roads;
