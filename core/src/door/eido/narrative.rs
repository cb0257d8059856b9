//! What an EIDO tells in words: the incident's type and status, notes, cautions, comments, numbers to call back.

use serde_json::Value;

use super::reading::{Reading, Telling};
use super::{CAUTION_TYPE, DISPOSITION, INCIDENT_STATUS, INCIDENT_TYPE, PRIORITY, carried, html, local, official_type};
use crate::base::Code;
use crate::base::ids::FactId;
use crate::door::xml;
use crate::door::{CautionGiven, Severity};
use crate::incident::{About, FactKind, Urgency};

/// Reads one incident component and returns its headline.
pub fn incident<'a>(reading: &mut Reading<'a>, component: &'a Value) -> Option<String> {
    let sheet = reading.sheet;
    let internal = sheet.text(component, "incidentTypeInternalText");
    let common = sheet.text(component, "incidentTypeCommonRegistryText");
    let headline = internal.or_else(|| common.map(|code| official_type(code).unwrap_or(code))).map(str::to_owned);
    if carried::is_ours(component) {
        return headline;
    }
    let here = local("type", &reading.issuer);
    let mut tell = |part: &str, kind, text: &str, code: Option<(&str, &str)>| {
        reading.tell(component, Telling { part, about: About::Incident, kind, text: text.to_owned(), code });
    };
    let words = headline.as_deref().unwrap_or_default();
    if !words.is_empty() {
        tell("type", FactKind::Complaint, words, common.map(|code| (INCIDENT_TYPE, code)));
    }
    if let Some(code) = sheet.text(component, "incidentTypeInternalCode") {
        tell("type here", FactKind::Complaint, if words.is_empty() { code } else { words }, Some((&here, code)));
    }
    for status in sheet.texts(component, "incidentStatusCommonRegistryText") {
        tell(&format!("status {status}"), FactKind::Status, &status, Some((INCIDENT_STATUS, &status)));
    }
    for status in sheet.texts(component, "incidentStatusInternalText") {
        tell(&format!("status here {status}"), FactKind::Status, &status, None);
    }
    if let Some(priority) = sheet.text(component, "incidentPriorityInternalText") {
        tell("priority here", FactKind::Status, priority, Some((PRIORITY, priority)));
    }
    if let Some(number) = component.get("incidentCommonPriorityNumber").filter(|n| n.is_number()) {
        sheet.mark(number);
        tell("priority", FactKind::Status, &number.to_string(), Some((PRIORITY, &number.to_string())));
    }
    dispositions(reading, component);
    headline
}

/// What a priority number says. NENA counts from 0 to 10, 10 being the highest; some senders count from 1 as the
/// highest, so a low number lowers nothing.
pub fn urgency(component: &Value) -> Option<Urgency> {
    match component.get("incidentCommonPriorityNumber")?.as_i64()? {
        8..=10 => Some(Urgency::Emergent),
        _ => None,
    }
}

fn dispositions<'a>(reading: &mut Reading<'a>, component: &'a Value) {
    let sheet = reading.sheet;
    for one in component.get("dispositionComponent").map(super::sheet::list).into_iter().flatten() {
        let code = sheet.text(one, "dispositionCommonRegistryCode");
        let words = sheet.text(one, "dispositionDescriptionText").or(code);
        if let Some(words) = words {
            let code = code.map(|code| (DISPOSITION, code));
            let telling = Telling { part: "disposition", about: About::Incident, kind: FactKind::Status, text: words.to_owned(), code };
            reading.tell(one, telling);
        }
    }
}

/// Reads the notes. One of ours brings its fact back; any other is a remark.
pub fn notes(reading: &mut Reading<'_>) {
    let sheet = reading.sheet;
    for note in sheet.components("notesComponent") {
        let said = sheet.peek(note, "notesActionComments").map(html::words);
        if let (Some(leaf), Some(true)) = (note.get("notesActionComments"), said.as_ref().map(|said| said.whole)) {
            sheet.mark(leaf);
        }
        let text = said.map(|said| said.text).unwrap_or_default();
        if comes_back(reading, note, text.clone()).is_some() {
            continue;
        }
        if text.trim().is_empty() {
            continue;
        }
        let about = reading.about(note);
        reading.tell(note, Telling { part: "note", about, kind: FactKind::Remark, text, code: None });
    }
}

/// A fact of ours that comes back. Of two with the same id the second is read as anybody's.
fn comes_back<'a>(reading: &mut Reading<'a>, component: &'a Value, text: String) -> Option<FactId> {
    let fact = carried::fact(reading, component, text)?;
    let id = fact.id.clone();
    (reading.uses(id.as_str()) == 1).then(|| {
        reading.carried.push(id.clone());
        reading.facts.push(fact);
        id
    })
}

/// Reads the cautions. Of each the words are a fact; how grave it is and since when stand beside it.
pub fn cautions(reading: &mut Reading<'_>) {
    let sheet = reading.sheet;
    for caution in sheet.components("cautionComponent") {
        let kind = sheet.text(caution, "cautionTypeCommonRegistryText");
        let Some(text) = sheet.text(caution, "cautionTypeInternalText").or(kind) else { continue };
        let severity = sheet.known(caution, "cautionSeverity", Severity::from_code).unwrap_or(Severity::Highest);
        let weapon = kind.is_some_and(is_weapon);
        let about = reading.about(caution);
        let fact_kind = if weapon { FactKind::Weapon } else { FactKind::Caution };
        let code = kind.map(|kind| (CAUTION_TYPE, kind));
        let since = sheet.time(caution, "startDate");
        let kinds = sheet.texts(caution, "cautionTypeCommonSubRegistryText");
        if let Some(fact) = comes_back(reading, caution, text.to_owned()) {
            reading.cautions.push(CautionGiven { fact, severity, since, kinds });
            continue;
        }
        let telling = Telling { part: "caution", about, kind: fact_kind, text: text.to_owned(), code };
        let id = reading.tell_by(caution, telling, sheet.text(caution, "cautionSource"));
        if let Some(fact) = reading.facts.last_mut() {
            // A weapon in hand or reach goes at once to those who would be hurt (practice.md, Sharing).
            fact.life_saving = weapon && severity <= Severity::High;
        }
        reading.cautions.push(CautionGiven { fact: id, severity, since, kinds });
    }
}

/// Only a type that is exactly a weapon: free words are not guessed at.
fn is_weapon(kind: &str) -> bool {
    ["weapon", "weapons", "firearm", "firearms", "gun", "knife"].iter().any(|word| kind.eq_ignore_ascii_case(word))
}

/// Reads the comments that additional data may hold (RFC 7852); everything else in it is also sent.
pub fn comments(reading: &mut Reading<'_>) {
    let sheet = reading.sheet;
    for component in sheet.components("additionalDataComponent") {
        let Some(leaf) = component.get("additionalDataByValue").filter(|leaf| leaf.as_str().is_some_and(xml::looks_like)) else { continue };
        let Ok(root) = xml::read(leaf.as_str().unwrap_or_default()) else { continue };
        if root.name == "EmergencyCallData.Comment"
            && let Some(comment) = root.take("Comment").map(str::to_owned)
        {
            reading.tell(component, Telling { part: "comment", about: About::Incident, kind: FactKind::Remark, text: comment, code: None });
        }
        sheet.mark_xml(leaf, root);
    }
}
