//! A county on one machine, for trying and testing Anydoor: never for production.

pub mod clock;
pub mod county;
pub mod desks;
pub mod directory;
pub mod foreign;
pub mod gateway;
pub mod probe;
pub mod roads;
pub mod server;
pub mod shift;
