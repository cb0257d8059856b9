//! What the phones see: one root object, [`Anydoor`], with screen-sized calls, and [`Lifeline`], which calls for help without it.
//! It translates, nothing more.
//!
//! Rule: no lock and no transaction is held across a call into Kotlin or Swift; asynchronous work runs on the root
//! object's own runtime, so that a dropped future on the shell's side stops nothing half-way.
//! Neighbours: `acts` decides, `views` show, `store` keeps, `sync` carries.
//!
//! A visit offline, from the first tap to the signed note, and the sync that finds no network:
//!
//! ```
//! use std::sync::Arc;
//!
//! use anydoor_core::api::{Anydoor, AnydoorError, Config, ItemTruth, OnViewInput};
//! use anydoor_core::base::clock::SystemClock;
//! use anydoor_core::http::NoToken;
//!
//! let folder = tempfile::tempdir()?;
//! let config = Config {
//!     folder: folder.path().to_string_lossy().into_owned(),
//!     server: "http://127.0.0.1:9/fhir".into(),
//!     agency: "agency".into(),
//!     member: "ana".into(),
//!     lead: false,
//!     team: "harbor-1".into(),
//! };
//! let client = Anydoor::open_with(config, &[7; 32], Arc::new(NoToken), Arc::new(SystemClock::default()))?;
//! let started = client.respond_on_view(OnViewInput {
//!     headline: "crying man at the bus stop".into(),
//!     urgency: "urgent".into(),
//!     address: Some("Main St and 2nd".into()),
//!     latitude: None,
//!     longitude: None,
//!     description: Some("about 40, red coat".into()),
//!     crew: vec!["ana".into(), "ben".into()],
//!     alone: None,
//! })?;
//! client.tap(&started.assignment, "on-scene", "")?;
//! client.tap(&started.assignment, "contact", "")?;
//! let draft = client.save_draft("", &started.incident, &started.person, "Breathing together helped.".into())?;
//! client.sign(&draft, &started.assignment)?;
//!
//! let synced = tokio::runtime::Runtime::new()?.block_on(client.sync(false));
//! assert_eq!(synced, Err(AnydoorError::Offline));
//! let screen = client.assignment(&started.assignment)?;
//! assert!(screen.visits[0].began);
//! assert_eq!(screen.notes[0].truth, ItemTruth::OnThisPhone);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assignment;
mod attachments;
mod client;
mod closures;
mod conflicts;
mod coverage;
mod disclosures;
mod error;
mod export;
mod follow_ups;
mod handoffs;
mod in_error;
mod input;
mod joins;
mod keys;
mod lifeline;
mod line;
mod map;
mod nearest;
mod needs_you;
mod notes;
mod people;
mod position;
mod queue;
mod reasons;
mod respond;
mod round;
mod route;
mod services;
mod step_downs;
mod storage;
mod sync;
mod truth;
mod visit;
mod watch;
mod words;

pub use assignment::{AlsoSentRow, AssignmentScreen, FactRow, StampRow, VisitRow};
pub use attachments::AttachmentRow;
pub use client::{Anydoor, Config};
pub use closures::ClosureRow;
pub use conflicts::ConflictRow;
pub use coverage::{CoverageScreen, IfGoneRow, ReachedRow, WithinRow};
pub use disclosures::{AccountingRow, DisclosureItem, DutyRow, ObservedInput, PreviewScreen, ToldRow, WithheldRow};
pub use error::{AnydoorError, Result};
pub use follow_ups::FollowUpItem;
pub use handoffs::{BasisInput, BasisItem, HandoffItem};
pub use in_error::InErrorRow;
pub use joins::ProposalRow;
pub use keys::{KeptKey, keep_key, kept_key, new_work_key, unsent_of_other_members};
pub use lifeline::{CallInput, EscalationItem, Lifeline, LifelineConfig, LifelineObserver, PhonePositionInput};
pub use map::{MapLayerRow, RoadsRow};
pub use nearest::{JurisdictionRow, NearestScreen, NeedsInput, Scene, SceneInput, TeamRow};
pub use needs_you::NeedsYouRow;
pub use notes::{DraftItem, NoteItem};
pub use people::{DependantRow, PersonRow, SafeContactRow, WishesRow};
pub use queue::{OfferScreen, QueueItem};
pub use reasons::ReasonRow;
pub use respond::{OnViewInput, StartedRow};
pub use round::{NotVisitedRow, PlannedVisitInput, RoundInput, RoundScreen, StopRow};
pub use route::RouteRow;
pub use services::ServiceRow;
pub use step_downs::StepDownItem;
pub use storage::StorageRow;
pub use sync::{SearchRemarkRow, SyncRow};
pub use truth::ItemTruth;
pub use visit::ClosingInput;
pub use watch::{QueueObserver, Watch};

use client::{Inner, lock};
