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
