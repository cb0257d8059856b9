//! Drafts, saved as typed: one author, one phone (P4).
//!
//! Rule: a save is on disk, and in the journal, when it returns; a draft ends with the act that signs it. Neighbours: `commit`
//! ends them, `roll_forward` and `salvage` bring them back.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::database::Store;
use super::error::StoreError;
use super::frame::{DraftText, TEXT, What};
use crate::base::ids::{IncidentId, MemberId, NoteId, PersonId};
use crate::note::{Draft, DraftBody};

pub(super) fn save(tx: &Connection, draft: &DraftText) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO drafts (id, incident, person, author, text, changed, body, saved)
         VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(saved), 0) + 1 FROM drafts))
         ON CONFLICT DO UPDATE SET text = excluded.text, changed = excluded.changed, body = excluded.body, saved = excluded.saved",
    )?
    .execute(params![draft.id, draft.incident, draft.person, draft.author, draft.text, draft.changed, draft.body])?;
    Ok(())
}

impl Store {
    /// Saves a draft as typed; on disk, and in the journal, when it returns (P3, P4).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_draft(&mut self, draft: &Draft) -> Result<(), StoreError> {
        self.keep(|tx| {
            let text = DraftText::from(draft);
            save(tx, &text)?;
            Ok((What::Draft(text), 1))
        })
    }

    /// One draft.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft(&self, id: &NoteId) -> Result<Option<Draft>, StoreError> {
        let found = self
            .connection
            .prepare_cached("SELECT id, incident, person, author, text, changed, body FROM drafts WHERE id = ?")?
            .query_row([id.as_str()], draft_texts)
            .optional()?;
        found.map(draft).transpose()
    }

    /// Every draft here, the last saved first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, incident, person, author, text, changed, body FROM drafts ORDER BY saved DESC")?;
        let rows: Vec<[String; 7]> = statement.query_map([], draft_texts)?.collect::<Result<_, _>>()?;
        rows.into_iter().map(draft).collect()
    }
}

fn draft_texts(row: &Row<'_>) -> rusqlite::Result<[String; 7]> {
    Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?])
}

fn draft([id, incident, person, author, text, changed, body]: [String; 7]) -> Result<Draft, StoreError> {
    let bad = |_| StoreError::Missing { kind: "draft" };
    Ok(Draft {
        id: NoteId::parse(&id).map_err(bad)?,
        incident: IncidentId::parse(&incident).map_err(bad)?,
        person: PersonId::parse(&person).map_err(bad)?,
        author: MemberId::parse(&author).map_err(bad)?,
        body: if body == TEXT { DraftBody::Text(text) } else { return Err(StoreError::Missing { kind: "draft" }) },
        changed: changed.parse().map_err(|_| StoreError::Missing { kind: "draft" })?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Key;

    #[test]
    fn drafts_stand_in_the_order_of_saving_whatever_the_clock_shows_and_never_change_hands() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        let draft = |id: &str, person: &str, text: &str, changed: &str| Draft {
            id: NoteId::derived(id),
            incident: IncidentId::derived("i"),
            person: PersonId::derived(person),
            author: MemberId::derived("ana"),
            body: DraftBody::Text(text.into()),
            changed: changed.parse().unwrap(),
        };
        // The clock runs years ahead, then is set right.
        store.save_draft(&draft("a", "lena", "first", "2031-01-01T00:00:00Z")).unwrap();
        store.save_draft(&draft("b", "lena", "second", "2026-11-25T02:00:00Z")).unwrap();
        let order = |store: &Store| store.drafts().unwrap().iter().map(|draft| draft.body.text().to_owned()).collect::<Vec<_>>();
        assert_eq!(order(&store), ["second", "first"]);
        store.save_draft(&draft("a", "somebody else", "first again", "2026-11-25T02:01:00Z")).unwrap();
        assert_eq!(order(&store), ["first again", "second"]);
        assert_eq!(store.draft(&NoteId::derived("a")).unwrap().unwrap().person, PersonId::derived("lena"));
    }
}
