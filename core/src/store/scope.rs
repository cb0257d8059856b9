//! What is in this team's scope, and what leaves it (P26).
//!
//! Rule: what is unsent, was not given back since, or never was at the agency, stays. Neighbours: `sync::pull` says what is no
//! longer this team's.

use super::database::Store;
use super::error::StoreError;
use super::projections::changed;
use super::references::contents_named;
use crate::fhir::{Document, assignment, attachment, incident};

/// What hangs on a person.
const ON_PEOPLE: [(&str, &str); 3] = [("Flag", "subject"), ("Consent", "patient"), ("Communication", "subject")];
/// What hangs on a document, of whichever kind.
const ON_WHAT_LEAVES: [(&str, &str); 4] =
    [("Communication", "partOf"), ("Communication", "basedOn"), ("Communication", "about"), ("AuditEvent", "entity")];

impl Store {
    /// Removes what has left scope. What is unsent, was not read back since, or never was at the agency, stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn leave_scope(&mut self, references: &[String]) -> Result<usize, StoreError> {
        let tx = self.connection.transaction()?;
        let (mut gone, mut contents) = (0, Vec::new());
        for reference in references {
            if let Some((kind, id)) = reference.split_once('/') {
                let removed = tx
                    .prepare_cached(
                        "DELETE FROM documents WHERE kind = ?1 AND id = ?2 AND version IS NOT NULL
                         AND NOT EXISTS (SELECT 1 FROM intents WHERE kind = ?1 AND id = ?2)
                         AND NOT EXISTS (SELECT 1 FROM unproven WHERE kind = ?1 AND id = ?2)",
                    )?
                    .execute([kind, id])?;
                gone += removed;
                if removed > 0 && kind == attachment::CONTENT {
                    contents.push(id.to_owned());
                }
                // Should it come back, it is read whole: what was read of it before says nothing any more.
                tx.prepare_cached("DELETE FROM watermarks WHERE substr(search, instr(search, '=') + 1) = ?")?.execute([reference])?;
                changed::forget(&tx, kind, id)?;
            }
        }
        tx.commit()?;
        for id in contents {
            // A file that cannot be removed now is one that nothing names; a wipe removes it.
            let _ = self.forget_attachment(&id);
        }
        Ok(gone)
    }

    /// `Type/id` of the documents of a kind that no document here points at.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unreferenced(&self, kind: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT kind || '/' || id FROM documents d WHERE kind = ?
             AND NOT EXISTS (SELECT 1 FROM refs r WHERE r.target = d.kind || '/' || d.id) ORDER BY row",
        )?;
        Ok(statement.query_map([kind], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The ids of open assignments.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_assignments(&self) -> Result<Vec<String>, StoreError> {
        self.fresh(|store| {
            let mut statement = store.connection.prepare_cached("SELECT id FROM assignments WHERE open = 1 ORDER BY id")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
    }

    /// An assignment with all that hangs on it and on its incident alone, as `Type/id`: what leaves scope together.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all_of(&self, task: &Document) -> Result<Vec<String>, StoreError> {
        let mut all = vec![task.reference()];
        all.extend(self.pointing_at("Provenance", "target", &task.reference())?.iter().map(Document::reference));
        all.extend(self.pointing_at("Task", "partOf", &task.reference())?.iter().map(Document::reference));
        let Some(request) = task.target("/focus").map(|r| self.referenced(r)).transpose()?.flatten() else { return Ok(all) };
        let others = self.pointing_at("Task", "focus", &request.reference())?;
        if others.iter().any(|other| other.id() != task.id() && assignment::is_assignment(other)) {
            return Ok(all);
        }
        for (kind, element) in [("Observation", "focus"), ("Encounter", "basedOn"), ("DocumentReference", "context"), ("Task", "focus")] {
            for document in self.pointing_at(kind, element, &request.reference())? {
                all.extend(contents_named(&document));
                all.push(document.reference());
            }
        }
        for (kind, element) in [("ServiceRequest", "basedOn"), ("Communication", "about")] {
            all.extend(self.pointing_at(kind, element, &request.reference())?.iter().map(Document::reference));
        }
        let others: Vec<Document> = self.of_kind("ServiceRequest")?.into_iter().filter(|other| other.id() != request.id()).collect();
        let listed = |person: &str| others.iter().any(|o| incident::listed_people(o).iter().any(|(p, _)| p == person));
        let people: Vec<String> =
            incident::listed_people(&request).into_iter().map(|(person, _)| person).filter(|person| !listed(person)).collect();
        for (kind, element) in ON_PEOPLE {
            for person in &people {
                all.extend(self.pointing_at(kind, element, person)?.iter().map(Document::reference));
            }
        }
        all.extend(people);
        for join in self.pointing_at("Linkage", "item", &request.reference())? {
            let beside = |target: &String| *target != request.reference() && others.iter().any(|other| other.reference() == *target);
            if !join.references().iter().any(|(_, target)| beside(target)) {
                all.push(join.reference());
            }
        }
        if let Some(place) = request.target("/locationReference/0") {
            all.extend(self.pointing_at("Flag", "subject", place)?.iter().map(Document::reference));
            all.push(place.to_owned());
        }
        all.push(request.reference());
        // What hangs on what leaves: words on a referral or a follow-up, and the accounts of what went out.
        for reference in all.clone() {
            for (kind, element) in ON_WHAT_LEAVES {
                all.extend(self.pointing_at(kind, element, &reference)?.iter().map(Document::reference));
            }
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::acts::{Ledger, Plan};
    use crate::arrive::{Incoming, Source};
    use crate::base::ids::MemberId;
    use crate::delivery::Act;
    use crate::store::{Arrival, Key};

    /// How far a document of this phone has come, or whose it is.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Came {
        Unsent,
        Acknowledged,
        ChangedSince,
        GivenBack,
        Lost,
        FromTheServer,
    }

    const ALL: [Came; 6] = [Came::Unsent, Came::Acknowledged, Came::ChangedSince, Came::GivenBack, Came::Lost, Came::FromTheServer];

    fn document(version: Option<&str>) -> Document {
        let mut document = Document::new("Basic", "b");
        document.set("author", json!({ "reference": "Practitioner/p" }));
        if let Some(version) = version {
            document.set("meta", json!({ "versionId": version, "lastUpdated": "2026-11-25T02:00:00Z" }));
        }
        document
    }

    fn says(store: &mut Store, incoming: Incoming<'_>, source: Source<'_>) {
        store.arrive(&[Arrival { kind: "Basic", id: "b", incoming, source }]).unwrap();
    }

    /// A store in which the document has come so far.
    fn store(came: Came) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        if came == Came::FromTheServer {
            says(&mut store, Incoming::Document(&document(Some("1"))), Source::Read);
            return (folder, store);
        }
        let at = "2026-11-25T02:00:00Z".parse().unwrap();
        let plan = || Plan::new("test", &MemberId::derived("ana"), at, "v");
        store.commit(&plan().create(document(None))).unwrap();
        if came == Came::Unsent {
            return (folder, store);
        }
        let seq = store.unsent().unwrap()[0].seq;
        says(&mut store, Incoming::Accepted { version: Some("1") }, Source::Acknowledgement { seq });
        match came {
            Came::ChangedSince => store.commit(&plan().change(store.document("Basic", "b").unwrap().unwrap())).unwrap(),
            Came::GivenBack => says(&mut store, Incoming::Document(&document(Some("1"))), Source::Confirmation),
            Came::Lost => says(&mut store, Incoming::Absent, Source::Confirmation),
            _ => {}
        }
        (folder, store)
    }

    #[test]
    fn only_what_the_server_has_given_back_leaves_and_nothing_else_does() {
        for came in ALL {
            let (_folder, mut store) = store(came);
            let leaves = matches!(came, Came::GivenBack | Came::FromTheServer);
            assert_eq!(store.leave_scope(&["Basic/b".to_owned()]).unwrap(), usize::from(leaves), "{came:?}");
            assert_eq!(store.document("Basic", "b").unwrap().is_none(), leaves, "{came:?}");
        }
    }

    #[test]
    fn a_look_at_what_has_left_scope_removes_it_only_where_the_answer_says_so() {
        let refused = Incoming::Refused { reason: crate::delivery::ParkReason::NotAllowed, detail: None };
        for (incoming, gone) in [
            (Incoming::Absent, true),
            (Incoming::Withheld, true),
            (Incoming::Unclear, false),
            (refused, false),
            (Incoming::Outdated, false),
            (Incoming::Accepted { version: Some("2") }, false),
        ] {
            let (_folder, mut store) = store(Came::FromTheServer);
            let arrival = Arrival { kind: "Basic", id: "b", incoming, source: Source::Scope { team: "CareTeam/mine" } };
            let decision = store.arrive(&[arrival]).unwrap().remove(0);
            assert_eq!(decision == crate::arrive::Decision::LeaveScope, gone, "{incoming:?}");
        }
    }

    #[test]
    fn what_was_acknowledged_and_is_not_there_goes_out_again_as_new() {
        for came in ALL.into_iter().filter(|came| !matches!(came, Came::Unsent | Came::FromTheServer)) {
            let (_folder, mut store) = store(came);
            let before = store.unsent().unwrap().len();
            says(&mut store, Incoming::Absent, Source::Confirmation);
            let unsent = store.unsent().unwrap();
            let creates = unsent.iter().filter(|intent| intent.act == Act::Create).count();
            assert_eq!(creates, 1, "{came:?}: {before} before, now {unsent:?}");
            assert_eq!(store.leave_scope(&["Basic/b".to_owned()]).unwrap(), 0, "{came:?}");
        }
    }
}
