//! How it travels. Read top to bottom, this is the protocol:
//!
//! 1. The escalations go first and alone ([`escalations`]): it shares nothing with the rest but the server.
//! 2. What was sent and not answered is read back by id; a lost acknowledgement is normal (P19).
//! 3. What is new goes as one transaction of plain PUTs, in the order it was made. Before it leaves, its rows say
//!    "sent, no answer yet", so that a crash in between ends in step 2 and not in a second copy.
//! 4. A refused transaction is taken apart: by act, then by document. What is refused alone is parked in sight with
//!    its reason; what does not need it goes on (P5).
//! 5. Changes go one by one with If-Match. 409 and 412 both mean: fetch, [`reconcile`](crate::reconcile), try again. What no rule
//!    joins is kept whole on both sides for a person (P16).
//! 6. A claim is one PUT with If-Match, looked at at once and again after five seconds; until then it is "asked for".
//! 7. Then the pull: Tasks of this team and open offers, and from them everything they name ([`pull`]), in pages and at
//!    intervals that [`pace`] says.
//! 8. Behind everything else, in a run of their own, contents of photos and dictations ([`attachments`]).
//! 9. What was acknowledged and did not come back with a pull is read by id: only then does its second copy go (P3).
//!
//! Each of the three is a [`Run`]: a state machine without I/O, which asks for a request, hears the answer, and writes to the
//! store. The [`driver`] around it only carries. So a simulation can be the network, the server and the clock. What becomes of
//! a document that an answer brings is for [`arrive`](crate::arrive) to say.
//!
//! A whole exchange: one phone sends its visit to a tiny server in memory, a mate's phone of the same team reads it there.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use anydoor_core::acts::respond::{OnView, on_view};
//! use anydoor_core::acts::{Actor, Ledger};
//! use anydoor_core::assignment::AloneReason;
//! use anydoor_core::base::clock::Instant;
//! use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
//! use anydoor_core::http::{Answer, Method, Request};
//! use anydoor_core::incident::{Place, Urgency};
//! use anydoor_core::store::{Key, Store};
//! use anydoor_core::sync::{Engine, Next, Report, Scope};
//! use serde_json::{Value, json};
//!
//! /// It keeps what is put, under versions, and finds everything of a type: phones filter again.
//! #[derive(Default)]
//! struct Tiny(BTreeMap<String, Value>);
//!
//! impl Tiny {
//!     fn put(&mut self, reference: &str, mut body: Value) -> Value {
//!         let version = self.0.get(reference).map_or(1, |there| there["meta"]["versionId"].as_str().map_or(1, |v| v.len() + 1));
//!         body["meta"]["versionId"] = json!("i".repeat(version));
//!         body["meta"]["lastUpdated"] = json!("2026-11-23T05:00:00Z");
//!         self.0.insert(reference.to_owned(), body);
//!         json!({ "response": { "status": "200 OK", "etag": format!("W/\"{}\"", "i".repeat(version)) } })
//!     }
//!     fn read(&self, reference: &str) -> Value {
//!         match self.0.get(reference) {
//!             Some(found) => json!({ "resource": found, "response": { "status": "200 OK" } }),
//!             None => json!({ "response": { "status": "404 Not Found" } }),
//!         }
//!     }
//!     fn found(&self, kind: &str) -> Value {
//!         let of = |reference: &&String| reference.starts_with(&format!("{kind}/"));
//!         let all: Vec<Value> = self.0.keys().filter(of).map(|reference| self.read(reference)).collect();
//!         json!({ "resourceType": "Bundle", "type": "searchset", "entry": all })
//!     }
//!     fn answer(&mut self, request: &Request) -> Result<Answer, serde_json::Error> {
//!         let body: Option<Value> = request.body.as_deref().map(serde_json::from_str).transpose()?;
//!         let (mut answer, path) = (Answer { status: 200, ..Answer::default() }, request.path.as_str());
//!         let said = match (request.method, body) {
//!             (Method::Put, Some(body)) => {
//!                 answer.etag = self.put(path, body)["response"]["etag"].as_str().map(str::to_owned);
//!                 Value::Null
//!             }
//!             (Method::Post, Some(body)) => {
//!                 let entries = body["entry"].as_array().cloned().unwrap_or_default();
//!                 let each = entries.iter().map(|entry| match (&entry["request"]["url"], entry.get("resource")) {
//!                     (url, Some(resource)) => self.put(url.as_str().unwrap_or_default(), resource.clone()),
//!                     (url, None) => self.read(url.as_str().unwrap_or_default()),
//!                 });
//!                 json!({ "resourceType": "Bundle", "type": "batch-response", "entry": each.collect::<Vec<_>>() })
//!             }
//!             _ => match path.split_once('?') {
//!                 Some((kind, _)) => self.found(kind),
//!                 None => self.read(path)["resource"].clone(),
//!             },
//!         };
//!         answer.body = if said.is_null() { Vec::new() } else { said.to_string().into_bytes() };
//!         Ok(answer)
//!     }
//! }
//!
//! /// One run, from its first request to its report.
//! fn sync(store: &mut Store, server: &mut Tiny, team: &TeamId, now: Instant) -> Result<Report, Box<dyn std::error::Error>> {
//!     let mut engine = Engine::new(Scope { team: Some(team.clone()), full: false });
//!     loop {
//!         match engine.next(store, now)? {
//!             Next::Send(request) => {
//!                 let answer = server.answer(&request)?;
//!                 engine.hear(store, Ok(answer), now)?;
//!             }
//!             Next::Done(report) => return Ok(report),
//!         }
//!     }
//! }
//!
//! let (folder, key, team) = (tempfile::tempdir()?, Key::new(&[7; 32])?, TeamId::derived("harbor-1"));
//! let mut server = Tiny::default();
//! let mut ana = Store::open(&folder.path().join("ana.db"), &key, "agency")?;
//! let mut ben = Store::open(&folder.path().join("ben.db"), &key, "agency")?;
//! let now: Instant = "2026-11-23T05:01:00Z".parse()?;
//!
//! let actor = Actor::new(MemberId::derived("ana"), team.clone(), OrganizationId::derived("agency"), ana.writer(), now);
//! let started = on_view(
//!     OnView {
//!         headline: "crying man at the bus stop".into(),
//!         urgency: Urgency::Urgent,
//!         place: Place::default(),
//!         description: None,
//!         crew: vec![],
//!         alone: Some(AloneReason::NobodyElse),
//!     },
//!     &actor,
//! )?;
//! ana.commit(&started.plan)?;
//! let sent = sync(&mut ana, &mut server, &team, now)?;
//! assert_eq!((sent.stop, ana.unsent()?.len()), (None, 0));
//!
//! let read = sync(&mut ben, &mut server, &team, now)?;
//! assert!(read.received > 0);
//! assert_eq!(ben.queue(1)?[0].row.headline, "crying man at the bus stop");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod again;
mod answers;
pub mod attachments;
mod batch;
mod disclosing;
pub mod driver;
mod engine;
pub mod escalations;
mod outbox;
pub mod pace;
mod pages;
pub mod pull;
mod run;
mod sendings;

pub use engine::{Engine, Next};
pub use run::{Remark, Report, Run, Scope, StopReason};
