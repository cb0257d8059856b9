//! A county on one machine, for trying and testing Anydoor: never for production.

pub mod county;
pub mod desks;
pub mod fhir_server;
