//! Joining two incidents by a person's word, and undoing it: one Linkage; no ServiceRequest is rewritten.

use super::{Actor, Plan};
use crate::fhir::{self, Document};
use crate::incident::{Incident, Join};

/// Joins `other` to `kept` because the actor says that they are one.
pub fn join(kept: &Incident, other: &Incident, lane: &str, actor: &Actor) -> (Plan, Join) {
    let at = actor.time();
    let join = Join::by_word(kept, other, actor.member.clone(), at);
    let plan = Plan::new("join", &actor.member, actor.now, lane).create(fhir::join::write(&join));
    (plan, join)
}

/// Undoes a join. The record of it stays, inactive.
pub fn undo(linkage: &Document, lane: &str, actor: &Actor) -> Plan {
    let mut changed = linkage.clone();
    changed.set("active", serde_json::json!(false));
    Plan::new("undo join", &actor.member, actor.now, lane).change(changed)
}
