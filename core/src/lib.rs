//! Anydoor's core: the field client for mobile crisis teams, without a screen.
//!
//! The way of a call is the reading order: [`incident`] → [`sharing`] → [`door`] → [`assignment`] → [`roads`] → [`team`] → [`planning`] →
//! [`note`] → [`safety`] → [`handoff`] are values and rules, over what [`base`] holds for all.
//!
//! Then: [`fhir`] is how they are written, [`records`] how they are read, [`delivery`] where an item is. [`acts`] are what a
//! person does, [`views`] what a screen shows, [`arrive`] what becomes of a document that arrives, with [`reconcile`] for
//! what changed on both sides. [`http`] carries requests, `store` is where documents rest, `sync` how they travel,
//! [`words`] says codes in English and Spanish, and `api` is what the phones see. `store`, `sync` and `api` stand behind
//! the feature `phone`: a gateway runs the same acts and views without them.

pub mod acts;
#[cfg(feature = "phone")]
pub mod api;
pub mod arrive;
pub mod assignment;
pub mod base;
pub mod delivery;
pub mod door;
pub mod fhir;
pub mod handoff;
pub mod http;
pub mod incident;
pub mod note;
pub mod planning;
pub mod reconcile;
pub mod records;
pub mod roads;
pub mod safety;
pub mod sharing;
#[cfg(feature = "phone")]
pub mod store;
#[cfg(feature = "phone")]
pub mod sync;
pub mod team;
pub mod views;
pub mod words;

/// What is freed is wiped: no key, token or note stays behind in memory that nobody uses any more (P25).
#[cfg(feature = "phone")]
#[global_allocator]
static FREED_IS_WIPED: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

#[cfg(feature = "phone")]
uniffi::setup_scaffolding!("anydoor");
