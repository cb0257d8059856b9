//! The promises, as conditions on what phones and server hold.

use anydoor_core::base::ids::TeamId;
use anydoor_core::delivery::Outbox as _;
use anydoor_core::delivery::Truth;
use anydoor_core::fhir::{Document, Revision};
use anydoor_core::views::teams::Teams as _;
use anydoor_core::views::{queue, teams};

use crate::phone::Phone;
use crate::server::Server;

/// The slim rows say what the views say of the documents: the phone reads the table, a gateway computes.
pub fn slim_rows_are_what_the_views_say(phone: &Phone) {
    let Some(store) = &phone.store else { return };
    let (Ok(rows), Ok(tasks), Ok(teams)) = (store.queue(10_000), store.of_kind("Task"), store.teams()) else { return };
    for task in tasks.iter().filter(|task| anydoor_core::fhir::assignment::is_assignment(task)) {
        let shown = rows.iter().find(|shown| shown.row.assignment.as_str() == task.id()).map(|shown| &shown.row);
        assert_eq!(shown, queue::row(store, task).ok().as_ref(), "{}: the queue's row of {}", phone.name, task.id());
    }
    assert_eq!(Ok(teams), teams::computed(store), "{}: the teams' rows", phone.name);
}

/// What must hold of a phone at every step.
pub fn at_every_step(phone: &mut Phone, server: &Server) {
    let Some(store) = &phone.store else { return };
    for (reference, text) in &phone.told.made {
        let (kind, id) = reference.split_once('/').unwrap();
        // What cannot be read at all is noticed elsewhere: the disk may be failing just now.
        let Ok(stored) = store.stored(kind, id) else { return };
        let Some(stored) = stored else {
            // It has left scope: then the agency has it (P5, P6).
            assert!(server.current(reference).is_some(), "{}: {reference} was accepted and is nowhere", phone.name);
            continue;
        };
        if let Some(version) = stored.version.as_deref().filter(|_| store.truth_of(kind, id).is_ok_and(|t| t == Truth::AtTheAgency)) {
            // "At the agency" is said with a version that the server holds (P12).
            let there = server.version(reference, version);
            assert!(there.is_some(), "{}: {reference} is said to be at the agency as version {version}, which is not there", phone.name);
            if kind == "DocumentReference" && !text.is_empty() {
                for element in ["/content", "/subject"] {
                    let same = there.is_some_and(|there| meant(there.pointer(element)) == meant(stored.document.at(element)));
                    assert!(same, "{}: {reference} at the agency says something else in {element}", phone.name);
                }
            }
        } else if store.truth_of(kind, id).is_ok_and(|t| t == Truth::OnThisPhone) && stored.version.is_none() {
            let waits = store.unsent().is_ok_and(|all| all.iter().any(|i| i.kind == kind && i.id == id));
            assert!(waits, "{}: {reference} is not at the agency and nothing is left to send it (P5)", phone.name);
        }
    }
    nothing_acknowledges_itself(phone, server);
    nothing_strange_is_on_the_disk(phone);
    // Signed never changes (P13).
    for (reference, _) in phone.told.made.iter().filter(|(reference, _)| reference.starts_with("DocumentReference/")) {
        let mut contents = server.history(reference).map(|body| body.get("content"));
        if let Some(first) = contents.next() {
            assert!(contents.all(|content| content == first), "{reference} has been changed after it was signed");
        }
    }
}

/// An element as it is meant: references of this server's are the same absolute and not.
fn meant(element: Option<&serde_json::Value>) -> Option<String> {
    element.map(|element| element.to_string().replace(&format!("{}/", crate::server::BASE), ""))
}

/// No file but those that are known, whatever was done and whatever failed; and none that is temporary (P25).
fn nothing_strange_is_on_the_disk(phone: &Phone) {
    const KNOWN: [&str; 4] = ["work.db", "work.journal", "work.attachment-", "help."];
    for name in phone.disk.names() {
        assert!(KNOWN.iter().any(|known| name.starts_with(known)), "{}: {name} is on the disk", phone.name);
    }
    assert_eq!(phone.disk.temporary_files(), 0, "{}: a temporary file", phone.name);
}

/// A call for help is said to be acknowledged where somebody at the agency said so (P8).
fn nothing_acknowledges_itself(phone: &Phone, server: &Server) {
    let Some(lane) = &phone.lane_store else { return };
    for reference in &phone.told.help {
        let Some(row) = lane.get(reference.strip_prefix("Task/").unwrap()) else { continue };
        let said = |body: &serde_json::Value| body.to_string().contains("urn:anydoor:1:acknowledged");
        let shown = anydoor_core::fhir::escalation::acknowledgement(&row.task).is_some();
        assert!(!shown || server.history(reference).any(said), "{}: {reference} is said to be acknowledged by nobody", phone.name);
    }
}

/// Of the teams that ask for a visit one is told that it has it (P15).
pub fn one_team_is_told_that_it_has_a_visit(phone: &Phone, told: &mut std::collections::BTreeMap<String, TeamId>) {
    let Some(store) = &phone.store else { return };
    let mine = format!("CareTeam/{}", phone.team);
    for reference in &phone.told.claims {
        let id = reference.strip_prefix("Task/").unwrap();
        let own = store.document("Task", id).is_ok_and(|task| task.is_some_and(|task| task.target("/owner") == Some(mine.as_str())));
        if own && store.truth_of("Task", id).is_ok_and(|truth| truth == Truth::AtTheAgency) {
            let first = told.entry(reference.clone()).or_insert_with(|| phone.team.clone());
            assert_eq!(*first, phone.team, "{}: {reference} is said to be this team's, and was another's", phone.name);
        }
    }
}

/// What must hold of a phone that has just been opened again after a crash.
pub fn after_opening(phone: &Phone) {
    slim_rows_are_what_the_views_say(phone);
    let Some(store) = &phone.store else { return };
    let drafts = store.drafts().unwrap();
    for (id, text) in &phone.told.drafts {
        let kept = drafts.iter().find(|draft| draft.id.as_str() == id);
        let kept = kept.unwrap_or_else(|| panic!("{}: a draft is gone: {text}", phone.name));
        assert!(
            kept.body.text() == text || phone.told.unclear.iter().any(|said| said == kept.body.text()),
            "{}: the draft says {}, told {text}",
            phone.name,
            kept.body.text()
        );
    }
    let lane = phone.lane_store.as_ref().unwrap();
    for reference in &phone.told.help {
        let id = reference.strip_prefix("Task/").unwrap();
        assert!(lane.get(id).is_some(), "{}: a call for help is gone", phone.name);
    }
    assert_eq!(store.first_break_in_audit().unwrap(), None, "{}: the audit chain", phone.name);
    assert_eq!(lane.first_break(), None, "{}: the escalations' chain", phone.name);
}

/// What must hold when all faults have ended and everybody has synced.
pub fn at_rest(phones: &[Phone], server: &Server) {
    phones.iter().for_each(slim_rows_are_what_the_views_say);
    for phone in phones {
        let store = phone.store.as_ref().unwrap();
        let kept_back: Vec<String> =
            store.parked().unwrap().iter().map(|held| format!("{}/{}", held.intent.kind, held.intent.id)).collect();
        for intent in store.unsent().unwrap() {
            let reference = format!("{}/{}", intent.kind, intent.id);
            assert!(kept_back.contains(&reference), "{}: {reference} still waits: {:?}", phone.name, intent.state);
        }
        for (reference, text) in phone.told.made.iter().filter(|(reference, _)| !kept_back.contains(reference)) {
            let there = server.current(reference);
            assert!(there.is_some(), "{}: {reference} ({text}) never reached the agency", phone.name);
        }
        for reference in &phone.told.help {
            assert!(server.current(reference).is_some(), "{}: a call for help never reached the agency", phone.name);
            let row = phone.lane_store.as_ref().unwrap().get(reference.strip_prefix("Task/").unwrap()).unwrap();
            assert!(row.version.is_some(), "{}: the call for help is not said to be sent", phone.name);
        }
        for (reference, content) in phone.told.contents.iter().filter(|(reference, _)| !kept_back.contains(reference)) {
            let there = server.current(reference).as_ref().and_then(anydoor_core::fhir::attachment::data);
            assert_eq!(there.as_ref(), Some(content), "{}: {reference} is not at the agency as it was taken", phone.name);
        }
        for (words, task) in &phone.told.words {
            let said = |body: &serde_json::Value| body.get("description").and_then(serde_json::Value::as_str) == Some(words);
            // Words that the same member wrote over before they left were theirs to change.
            let later = phone.told.words.iter().any(|(other, on)| on == task && number(other) > number(words))
                || phone.told.unclear.iter().any(|other| number(other) > number(words));
            let given_up = phone.told.given_up.contains(words) || kept_back.contains(task) || later;
            let all: Vec<_> = server.history(task).map(|body| body.get("description").cloned().unwrap_or_default()).collect();
            assert!(given_up || server.history(task).any(said), "{}: {words} was lost without a word; {task} said {all:?}", phone.name);
        }
        after_opening(phone);
    }
    one_note_once(server);
    nothing_hangs_on_an_offer(phones, server);
    one_holder(phones, server);
    nobody_elses_visits(phones);
    every_stamp_is_shown(phones, server);
}

/// A phone whose team never had a call holds nothing of it but the offer (P26).
fn nothing_hangs_on_an_offer(phones: &[Phone], server: &Server) {
    for phone in phones {
        let (store, mine) = (phone.store.as_ref().unwrap(), format!("CareTeam/{}", phone.team));
        for task in store.of_kind("Task").unwrap().iter().filter(|task| anydoor_core::fhir::assignment::is_open_offer(task)) {
            let had = |version: &serde_json::Value| version.pointer("/owner/reference").and_then(serde_json::Value::as_str) == Some(&mine);
            let Some(focus) = task.target("/focus").filter(|_| !server.history(&task.reference()).any(had)) else { continue };
            assert!(store.referenced(focus).unwrap().is_none(), "{}: holds {focus} of an open offer", phone.name);
        }
    }
}

/// The number in "words 7 of phone1".
fn number(text: &str) -> u64 {
    text.strip_prefix("words ").and_then(|rest| rest.split(' ').next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// No text stands under two ids (P18).
fn one_note_once(server: &Server) {
    let mut seen = std::collections::BTreeSet::new();
    for body in server.all("DocumentReference") {
        let text = body.pointer("/content/0/attachment/data").map(ToString::to_string).unwrap_or_default();
        if !text.is_empty() {
            assert!(seen.insert(text), "a note stands twice at the agency");
        }
    }
}

/// A phone holds the visits of its own team, open offers, and what it has not sent (P26).
fn nobody_elses_visits(phones: &[Phone]) {
    for phone in phones {
        let (store, mine) = (phone.store.as_ref().unwrap(), format!("CareTeam/{}", phone.team));
        for task in store.of_kind("Task").unwrap().iter().filter(|task| anydoor_core::fhir::assignment::is_assignment(task)) {
            let fits = task.target("/owner").is_none_or(|owner| owner == mine);
            let unsent = store.truth_of_visit(task.id()).is_ok_and(|truth| truth != Truth::AtTheAgency);
            assert!(fits || unsent, "{}: {} is another team's, and here", phone.name, task.reference());
        }
    }
}

/// What a mate did is on every phone of the team: no watermark has passed a stamp by.
fn every_stamp_is_shown(phones: &[Phone], server: &Server) {
    for phone in phones {
        let store = phone.store.as_ref().unwrap();
        let open = store.open_assignments().unwrap();
        for stamp in server.all("Provenance") {
            let stamp = Document::from_value(stamp.clone()).unwrap();
            let Some(task) = stamp.target("/target/0").and_then(|target| target.strip_prefix("Task/")) else { continue };
            let mine = format!("CareTeam/{}", phone.team);
            let ours = server.current(&format!("Task/{task}")).is_some_and(|task| task.target("/owner") == Some(mine.as_str()));
            if ours && open.iter().any(|open| open == task) {
                let here = store.document("Provenance", stamp.id()).unwrap();
                assert!(here.is_some(), "{}: {} of Task/{task} was never read", phone.name, stamp.reference());
            }
        }
    }
}

/// Every Task has the owner that every phone which shows it agrees on (P15), and all have converged (P20).
fn one_holder(phones: &[Phone], server: &Server) {
    for body in server.all("Task") {
        let reference = format!("Task/{}", body.get("id").and_then(serde_json::Value::as_str).unwrap());
        let Some(there) = server.current(&reference) else { continue };
        if !anydoor_core::fhir::assignment::is_assignment(&there) {
            continue;
        }
        for phone in phones {
            let store = phone.store.as_ref().unwrap();
            let Some(here) = store.document("Task", there.id()).unwrap() else { continue };
            let held = store.parked().unwrap().iter().any(|held| held.intent.kind == "Task" && held.intent.id == there.id());
            if held {
                continue;
            }
            let mine = format!("CareTeam/{}", phone.team);
            let theirs = there.text("/owner/reference").is_some_and(|owner| owner != mine);
            if theirs {
                // Kept for what is held of it; no longer in this phone's scope, and never shown as its own.
                assert_ne!(here.text("/owner/reference"), Some(mine.as_str()), "{}: {reference} is another team's", phone.name);
                continue;
            }
            assert_eq!(here.at("/owner"), there.at("/owner"), "{}: {reference} has another owner here", phone.name);
            let version = store.stored("Task", there.id()).unwrap().and_then(|stored| stored.version);
            let differs = here.first_difference(&there);
            assert_eq!(
                differs,
                None,
                "{}: {reference} differs from the agency's: version {version:?} here, {:?} there",
                phone.name,
                there.version()
            );
        }
    }
}

/// No version that a gateway wrote takes a Task from the team that had it, or begins a visit anew. A late copy of what
/// stood there before is the network's, and phones put it right.
pub fn nothing_is_taken_from_a_team(server: &Server) {
    for kind in ["Task", "Encounter"] {
        for body in server.all(kind) {
            let reference = format!("{kind}/{}", body.get("id").and_then(serde_json::Value::as_str).unwrap());
            let mut seen: Vec<String> = Vec::new();
            let mut before: Option<&serde_json::Value> = None;
            for version in server.history(&reference) {
                let revision = Document::from_value(version.clone()).ok().as_ref().and_then(Revision::of);
                let name = revision.map(|revision| revision.name()).unwrap_or_default();
                if let Some(before) = before.filter(|_| name.starts_with("gateway-") && !seen.contains(&name)) {
                    for element in ["owner", "period", "participant"] {
                        let (was, is) = (before.get(element), version.get(element));
                        assert!(was.is_none() || was == is, "the county took {element} of {reference} from its team");
                    }
                }
                seen.push(name);
                before = Some(version);
            }
        }
    }
}
