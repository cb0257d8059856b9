//! Somebody asks for records who is never a receiver: police, a subpoena, a court's order, an employer, the press.
//!
//! Rule: nothing is disclosed, and the crew decides nothing. What was asked waits for the agency's privacy officer as a Task that
//! holds who asks and nothing of any person (45 CFR 164.512(e), (f); 42 CFR 2.13(c)). Neighbours: `sharing::Demand`.

use serde_json::json;

use super::{ActError, Actor, Never, Plan};
use crate::base::Code;
use crate::fhir::Document;
use crate::fhir::element::{concept, reference};
use crate::records::Records;
use crate::sharing::Demand;

/// Parks a demand for the privacy officer. Returns its Task's id.
///
/// # Errors
/// Never its own.
pub fn park<R: Records + ?Sized>(_records: &R, demand: Demand, actor: &Actor) -> Result<(Plan, String), ActError<Never>> {
    let id: crate::base::ids::AttemptId = actor.id("demand");
    let mut task = Document::new("Task", id.as_str());
    task.set("status", json!("requested")).set("intent", json!("order")).set("code", concept("task", "demand"));
    task.set("businessStatus", concept("demand", demand.code())).set("authoredOn", json!(actor.time().to_string()));
    task.set("requester", reference("Practitioner", actor.member.as_str()));
    task.set("owner", reference("Organization", actor.agency.as_str()));
    Ok((actor.plan("park demand", id.as_str()).create(task), id.to_string()))
}
