//! Scenarios over the whole core, with a server or without: one folder for each thing that is shown.

mod attacks;
mod doors;
mod durability;
mod house;
mod people;
mod sync;
mod teams;
