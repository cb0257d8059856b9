//! Anydoor's core: the field client for mobile crisis teams, without a screen.
//!
//! The way of a call is the reading order: [`incident`] → [`door`] → [`assignment`] → [`roads`] → [`team`] → [`note`] → [`safety`]
//! → [`handoff`] are values and rules. [`fhir`] is how they are written, [`store`] where they rest, [`acts`] what a
//! person does, [`sync`] how it travels, [`api`] what the phones see. [`words`] says codes in English and Spanish.

pub mod acts;
pub mod api;
pub mod assignment;
pub mod chance;
pub mod clock;
pub mod door;
pub mod fhir;
pub mod handoff;
pub mod ids;
pub mod incident;
pub mod json;
pub mod note;
pub mod roads;
pub mod safety;
pub mod store;
pub mod sync;
pub mod team;
pub mod words;

uniffi::setup_scaffolding!("anydoor");
